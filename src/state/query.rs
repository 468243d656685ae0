//! Asking a backend from a view: the latest question wins.
//!
//! Leptos' own resources finish a running load before they start the newest one, so a dragged time range would queue
//! behind a slow query. [`use_query`] instead drops the old future the moment the question changes, which aborts its
//! request, and keeps the last value on screen while the next one loads or fails.
//!
//! Invariants: this is the only place that spawns. A repeated beat of an unchanged question never starts a second
//! load while the first one runs. A value once shown is never replaced by nothing.

use std::{future::Future, sync::Arc};

use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;

use crate::{api::http::ApiError, platform::clock};

/// What a view knows about something that is loaded from elsewhere.
#[derive(Debug)]
pub struct Remote<T> {
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

impl<T> Clone for Remote<T> {
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

impl<T> Default for Remote<T> {
    fn default() -> Self {
        Self { value: None, is_current: false, loaded_at_ms: 0, loading_since_ms: None, failure: None }
    }
}

impl<T> Remote<T> {
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

struct Running<K> {
    question: K,
    abort: Option<AbortHandle>,
    /// A beat came while the load ran: ask once more when it ends.
    is_beat_due: bool,
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
    let remote = RwSignal::new(Remote::<T>::default());
    let running = StoredValue::new_local(None::<Running<K>>);
    let again = RwSignal::new(0_u64);

    Effect::new(move |_| {
        beat.track();
        again.track();
        let Some(question) = question.get() else {
            abort(running);
            running.set_value(None);
            remote.set(Remote::default());
            return;
        };
        let (is_same, is_in_flight) =
            running.with_value(|r| r.as_ref().map_or((false, false), |r| (r.question == question, r.abort.is_some())));
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
        let previous = remote.with_untracked(|r| r.value.clone().filter(|_| is_same && r.is_current));
        let (handle, registration) = AbortHandle::new_pair();
        running.set_value(Some(Running { question: question.clone(), abort: Some(handle), is_beat_due: false }));
        remote.update(|r| {
            r.is_current = r.is_current && is_same;
            r.loading_since_ms = Some(clock::now_ms());
            if !is_same {
                r.failure = None;
            }
        });
        let work = Abortable::new(load(question, previous), registration);
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
            let _gone = remote.try_update(|r| {
                r.loading_since_ms = None;
                match result {
                    Ok(value) => {
                        *r = Remote {
                            value: Some(Arc::new(value)),
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
                let _gone = again.try_update(|n| *n += 1);
            }
        });
    });

    on_cleanup(move || abort(running));

    Query { remote: remote.into(), retry: Callback::new(move |()| again.update(|n| *n += 1)) }
}

fn abort<K: 'static>(running: StoredValue<Option<Running<K>>, LocalStorage>) {
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
