//! Signals, memos, callbacks and effects of Leptos, with their machinery compiled once.
//!
//! Leptos compiles a graph node's whole machinery anew for each type of value: two to four kilobytes of WebAssembly apiece,
//! and this app has some sixty types (docs/adr/0003-small-before-fast.md). Here a value is behind one pointer, so that one
//! copy of the machinery serves all; what is left per type is a cast. The names and meanings are Leptos' own, and only
//! what the app uses is here.
//!
//! Invariant: a handle of type `T` only ever holds a `T`; [`cast`] stands on that.

use std::{any::Any, marker::PhantomData, sync::Arc};

use leptos::prelude::{
    Effect, Get, GetUntracked, GetValue, Memo as GraphMemo, RwSignal as GraphSignal, Set, StoredValue, With,
    WithUntracked, untrack,
};

type Value = Arc<dyn Any + Send + Sync>;
type Read = Arc<dyn Fn() -> Value + Send + Sync>;
/// Computes a value, given the one before.
type ReadFrom = Box<dyn Fn(Option<&Value>) -> Value + Send + Sync>;

/// A value of a memo, with the way to tell whether another one is the same.
#[derive(Clone)]
struct Compared {
    value: Value,
    is_same: fn(&Value, &Value) -> bool,
}

impl PartialEq for Compared {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&self.value, &other.value)
    }
}

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Source {
    Cell(GraphSignal<Value>),
    Memo(GraphMemo<Compared>),
    Derived(StoredValue<Read>),
}

impl Source {
    #[inline(never)]
    fn read(self) -> Value {
        match self {
            Self::Cell(cell) => cell.get(),
            Self::Memo(memo) => memo.with(|compared| Arc::clone(&compared.value)),
            Self::Derived(read) => read.get_value()(),
        }
    }

    #[inline(never)]
    fn read_untracked(self) -> Value {
        match self {
            Self::Cell(cell) => cell.get_untracked(),
            Self::Memo(memo) => memo.with_untracked(|compared| Arc::clone(&compared.value)),
            Self::Derived(read) => untrack(|| read.get_value()()),
        }
    }
}

#[expect(clippy::expect_used, reason = "the module's invariant, kept by its private fields")]
fn cast<T: 'static>(value: &Value) -> &T {
    value.downcast_ref().expect("a handle holds its own type")
}

fn is_equal<T: PartialEq + 'static>(a: &Value, b: &Value) -> bool {
    cast::<T>(a) == cast::<T>(b)
}

/// Compares by identity: comparing a million points costs more than drawing them.
fn is_same_pointer<T: 'static>(a: &Value, b: &Value) -> bool {
    match (cast::<Option<Arc<T>>>(a), cast::<Option<Arc<T>>>(b)) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

fn memo_of(read: ReadFrom, is_same: fn(&Value, &Value) -> bool) -> Source {
    Source::Memo(GraphMemo::new(move |before: Option<&Compared>| Compared {
        value: read(before.map(|before| &before.value)),
        is_same,
    }))
}

/// Everything that reads: of any type, from any source.
macro_rules! reading {
    ($($name:ident),+) => {$(
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $name<T> {}

        impl<T: Send + Sync + 'static> $name<T> {
            /// The value. Who reads it here runs again when it changes.
            pub fn get(self) -> T
            where
                T: Clone,
            {
                cast::<T>(&self.source.read()).clone()
            }

            /// The same, without copying the value.
            pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
                read(cast(&self.source.read()))
            }

            /// The value as it is now, and no more.
            pub fn get_untracked(self) -> T
            where
                T: Clone,
            {
                cast::<T>(&self.source.read_untracked()).clone()
            }

            /// The same, without copying the value.
            pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
                read(cast(&self.source.read_untracked()))
            }

            /// Runs the reader again when the value changes.
            pub fn track(self) {
                self.source.read();
            }
        }
    )+};
}

reading!(RwSignal, Signal, Memo);

/// A value that is set.
pub struct RwSignal<T> {
    source: Source,
    cell: GraphSignal<Value>,
    holds: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> RwSignal<T> {
    pub fn new(value: T) -> Self {
        let cell = GraphSignal::<Value>::new(Arc::new(value));
        Self { source: Source::Cell(cell), cell, holds: PhantomData }
    }

    pub fn set(self, value: T) {
        self.cell.set(Arc::new(value));
    }

    pub fn update(self, change: impl FnOnce(&mut T))
    where
        T: Clone,
    {
        let mut value = self.get_untracked();
        change(&mut value);
        self.set(value);
    }

    /// Sets the value if its owner is still there; says whether it is.
    pub fn try_set(self, value: T) -> bool {
        self.cell.try_set(Arc::new(value)).is_none()
    }

    /// Changes the value if its owner is still there; says whether it is.
    pub fn try_update(self, change: impl FnOnce(&mut T)) -> bool
    where
        T: Clone,
    {
        let Some(value) = self.cell.try_get_untracked() else { return false };
        let mut value = cast::<T>(&value).clone();
        change(&mut value);
        self.try_set(value)
    }
}

/// A value that is computed from others when they change, and told on only when it differs from the one before.
pub struct Memo<T> {
    source: Source,
    holds: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Memo<T> {
    /// `read` is given the value before.
    pub fn new(read: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self
    where
        T: PartialEq,
    {
        Self::compared(read, is_equal::<T>)
    }

    /// A memo whose every value is news.
    pub fn always_new(read: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        Self::compared(read, |_, _| false)
    }

    fn compared(read: impl Fn(Option<&T>) -> T + Send + Sync + 'static, is_same: fn(&Value, &Value) -> bool) -> Self {
        let read = move |before: Option<&Value>| -> Value { Arc::new(read(before.map(cast))) };
        Self { source: memo_of(Box::new(read), is_same), holds: PhantomData }
    }
}

impl<T: Send + Sync + 'static> Memo<Option<Arc<T>>> {
    /// A memo of large data, whose readers run again when the data are others, not when they are equal.
    pub fn shared(read: impl Fn() -> Option<Arc<T>> + Send + Sync + 'static) -> Self {
        Self::compared(move |_| read(), is_same_pointer::<T>)
    }
}

/// A value that is read, wherever it comes from.
pub struct Signal<T> {
    source: Source,
    holds: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Signal<T> {
    /// Computed anew by each reader.
    pub fn derive(read: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let read: Read = Arc::new(move || Arc::new(read()));
        Self { source: Source::Derived(StoredValue::new(read)), holds: PhantomData }
    }

    /// A value that never changes.
    pub fn stored(value: T) -> Self {
        let value: Value = Arc::new(value);
        let read: Read = Arc::new(move || Arc::clone(&value));
        Self { source: Source::Derived(StoredValue::new(read)), holds: PhantomData }
    }
}

impl<T: Default + Send + Sync + 'static> Default for Signal<T> {
    fn default() -> Self {
        Self::stored(T::default())
    }
}

impl<T> From<RwSignal<T>> for Signal<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Self { source: signal.source, holds: PhantomData }
    }
}

impl<T> From<Memo<T>> for Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        Self { source: memo.source, holds: PhantomData }
    }
}

/// A value that is set, as its reader and its writer.
pub fn signal<T: Send + Sync + 'static>(value: T) -> (Signal<T>, RwSignal<T>) {
    let signal = RwSignal::new(value);
    (signal.into(), signal)
}

/// What a view calls when something happens in it.
pub struct Callback<In, Out = ()> {
    run: StoredValue<Value>,
    takes: PhantomData<fn(In) -> Out>,
}

impl<In, Out> Clone for Callback<In, Out> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<In, Out> Copy for Callback<In, Out> {}

type Run<In, Out> = Box<dyn Fn(In) -> Out + Send + Sync>;

impl<In: 'static, Out: 'static> Callback<In, Out> {
    pub fn new(run: impl Fn(In) -> Out + Send + Sync + 'static) -> Self {
        let run: Run<In, Out> = Box::new(run);
        let run: Value = Arc::new(run);
        Self { run: StoredValue::new(run), takes: PhantomData }
    }

    pub fn run(self, input: In) -> Out {
        cast::<Run<In, Out>>(&self.run.get_value())(input)
    }
}

/// Runs now, and again when something that it reads changes.
pub fn effect(run: impl FnMut() + 'static) {
    effect_of(Box::new(run));
}

fn effect_of(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}
