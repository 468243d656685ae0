//! Asking a backend from a view: the latest question wins.
//!
//! Leptos' own resources finish a running load before they start the newest one, so a dragged time range would queue
//! behind a slow query. [`use_query`] instead drops the old future the moment the question changes, which aborts its
//! request, and keeps the last value on screen while the next one loads or fails.
//!
//! Invariants: this is the only place that spawns. A repeated beat of an unchanged question never starts a second
//! load while the first one runs. A value once shown is never replaced by nothing.

use std::{any::Any, future::Future, sync::Arc};

use futures_util::{
    TryFutureExt,
    future::{AbortHandle, Abortable, LocalBoxFuture},
};
use leptos::prelude::*;

use crate::{api::http::ApiError, platform::clock};

use super::reactive::{Callback, RwSignal, Signal, effect};

/// What a view knows about something that is loaded from elsewhere.
#[derive(Debug)]
pub struct Remote<T: ?Sized> {
    /// The last value that arrived, possibly for an earlier question.
    pub value: Option<Arc<T>>,
    /// Whether `value` answers the present question.
    pub is_current: bool,
    /// When `value` arrived, Unix milliseconds.
    pub loaded_at_ms: i64,
    /// Since when a load runs, Unix milliseconds.
    pub loading_since_ms: Option<i64>,
    /// Why the last load failed; `None` after a success.
    pub failure: Option<ApiError>,
}

impl<T: ?Sized> Clone for Remote<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            is_current: self.is_current,
            loaded_at_ms: self.loaded_at_ms,
            loading_since_ms: self.loading_since_ms,
            failure: self.failure.clone(),
        }
    }
}

impl<T: ?Sized> Default for Remote<T> {
    fn default() -> Self {
        Self { value: None, is_current: false, loaded_at_ms: 0, loading_since_ms: None, failure: None }
    }
}

impl<T: ?Sized> Remote<T> {
    pub fn is_loading(&self) -> bool {
        self.loading_since_ms.is_some()
    }

    /// Whether nothing has arrived yet and something is under way.
    pub fn is_first_load(&self) -> bool {
        self.value.is_none() && self.failure.is_none()
    }

    /// Whether what is shown is not what was asked for: an older question's value, or a value whose renewal failed.
    pub fn is_stale(&self) -> bool {
        self.value.is_some() && (!self.is_current || self.failure.is_some())
    }
}

impl Remote<dyn Any + Send + Sync> {
    /// The same, knowing what was loaded.
    fn of_type<T: Send + Sync + 'static>(&self) -> Remote<T> {
        Remote {
            value: self.value.clone().and_then(|value| value.downcast().ok()),
            is_current: self.is_current,
            loaded_at_ms: self.loaded_at_ms,
            loading_since_ms: self.loading_since_ms,
            failure: self.failure.clone(),
        }
    }
}

/// A running question: its state, and a way to ask again.
pub struct Query<T: Send + Sync + 'static> {
    pub remote: Signal<Remote<T>>,
    /// Asks again now, unless a load of the same question runs already.
    pub retry: Callback<()>,
}

impl<T: Send + Sync + 'static> Clone for Query<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Query<T> {}

/// Something loaded, of whatever type.
type Loaded = Arc<dyn Any + Send + Sync>;
type Work = LocalBoxFuture<'static, Result<Loaded, ApiError>>;

struct Running {
    abort: Option<AbortHandle>,
    /// A beat came while the load ran: ask once more when it ends.
    is_beat_due: bool,
}

/// What the next load is to do.
enum Ask {
    /// The question went away.
    Nothing,
    /// The same one as before.
    Again,
    Anew,
}

/// Keeps `load`'s answer to `question` in a signal.
///
/// - A new question aborts the running load and starts the new one; `None` stops and forgets.
/// - A change of `beat` asks the same question again, once the running load has ended; `load` is then given the
///   value it may build on (to fetch only the tail of a range).
/// - Disposal of the reactive owner aborts.
pub fn use_query<K, T, L, F>(question: Signal<Option<K>>, beat: Signal<u64>, load: L) -> Query<T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
    L: Fn(K, Option<Arc<T>>) -> F + 'static,
    F: Future<Output = Result<T, ApiError>> + 'static,
{
    let asked = StoredValue::new_local(None::<K>);
    let compare = move || {
        let now = question.get();
        asked
            .try_update_value(|asked| {
                let ask = match (&now, &*asked) {
                    (None, _) => Ask::Nothing,
                    (Some(now), Some(before)) if now == before => Ask::Again,
                    _ => Ask::Anew,
                };
                *asked = now;
                ask
            })
            .unwrap_or(Ask::Nothing)
    };
    let start = move |known: Option<Loaded>| -> Option<Work> {
        let question = asked.with_value(Clone::clone)?;
        let work = load(question, known.and_then(|known| known.downcast().ok()));
        Some(Box::pin(work.map_ok(|value| -> Loaded { Arc::new(value) })))
    };
    let (remote, retry) = run_queries(Box::new(compare), beat, Box::new(start));
    let remote = Signal::derive(move || remote.with(Remote::of_type));
    Query { remote, retry }
}

/// [`use_query`] for every type: `compare` says how the question differs from the one before, `start` starts its load.
fn run_queries(
    compare: Box<dyn Fn() -> Ask>,
    beat: Signal<u64>,
    start: Box<dyn Fn(Option<Loaded>) -> Option<Work>>,
) -> (RwSignal<Remote<dyn Any + Send + Sync>>, Callback<()>) {
    let remote = RwSignal::new(Remote::default());
    let running = StoredValue::new_local(None::<Running>);
    let again = RwSignal::new(0_u64);

    effect(move || {
        beat.track();
        again.track();
        let is_same = match compare() {
            Ask::Nothing => {
                abort(running);
                running.set_value(None);
                remote.set(Remote::default());
                return;
            }
            Ask::Again => true,
            Ask::Anew => false,
        };
        let is_in_flight = running.with_value(|r| r.as_ref().is_some_and(|r| r.abort.is_some()));
        if is_same && is_in_flight {
            running.update_value(|r| {
                if let Some(r) = r {
                    r.is_beat_due = true;
                }
            });
            return;
        }
        abort(running);
        // What is on screen may still answer an earlier question, when the first load of this one failed.
        let known = remote.with_untracked(|r| r.value.clone().filter(|_| is_same && r.is_current));
        let (handle, registration) = AbortHandle::new_pair();
        running.set_value(Some(Running { abort: Some(handle), is_beat_due: false }));
        remote.update(|r| {
            r.is_current = r.is_current && is_same;
            r.loading_since_ms = Some(clock::now_ms());
            if !is_same {
                r.failure = None;
            }
        });
        let Some(work) = start(known) else { return };
        let work = Abortable::new(work, registration);
        spawn(async move {
            let Ok(result) = work.await else { return };
            let is_beat_due = running
                .try_update_value(|r| {
                    r.as_mut().is_some_and(|r| {
                        r.abort = None;
                        std::mem::take(&mut r.is_beat_due)
                    })
                })
                .unwrap_or(false);
            // The view may be gone by now: every access from here on is a `try_`.
            remote.try_update(|r| {
                r.loading_since_ms = None;
                match result {
                    Ok(value) => {
                        *r = Remote {
                            value: Some(value),
                            is_current: true,
                            loaded_at_ms: clock::now_ms(),
                            loading_since_ms: None,
                            failure: None,
                        };
                    }
                    Err(failure) => r.failure = Some(failure),
                }
            });
            if is_beat_due {
                again.try_update(|n| *n += 1);
            }
        });
    });

    on_cleanup(move || abort(running));

    (remote, Callback::new(move |()| again.update(|n| *n += 1)))
}

fn abort(running: StoredValue<Option<Running>, LocalStorage>) {
    let handle = running.try_update_value(|r| r.as_mut().and_then(|r| r.abort.take())).flatten();
    if let Some(handle) = handle {
        handle.abort();
    }
}

/// Starts a piece of work that belongs to no view, such as reading the configuration.
#[expect(clippy::disallowed_methods, reason = "this is its one home")]
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    leptos::task::spawn_local(work);
}
