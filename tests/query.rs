//! `state::query` on a native executor: nothing here is timed, the test answers each load itself.

#![cfg(all(feature = "app", not(target_arch = "wasm32")))]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test stops at what is not as it should be")]

use std::{cell::RefCell, rc::Rc, sync::Arc};

use agentarea_observability::{
    api::http::ApiError,
    platform::clock,
    state::{
        query::{Query, Remote, use_query},
        reactive::RwSignal,
    },
};
use any_spawner::Executor;
use futures_channel::oneshot;
use leptos::prelude::*;

/// One call of the loader.
struct Load {
    question: &'static str,
    previous: Option<i32>,
    answer: Option<oneshot::Sender<Result<i32, ApiError>>>,
}

#[derive(Default)]
struct Backend {
    loads: RefCell<Vec<Load>>,
    /// Places in `loads` whose future was dropped before it ended.
    aborted: RefCell<Vec<usize>>,
}

/// Lives in a load's future, as the guard of a request does.
struct Guard {
    backend: Rc<Backend>,
    at: usize,
    is_finished: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.is_finished {
            self.backend.aborted.borrow_mut().push(self.at);
        }
    }
}

impl Backend {
    async fn load(self: Rc<Self>, question: &'static str, previous: Option<Arc<i32>>) -> Result<i32, ApiError> {
        let (answer, answered) = oneshot::channel();
        let previous = previous.map(|value| *value);
        let at = self.loads.borrow().len();
        self.loads.borrow_mut().push(Load { question, previous, answer: Some(answer) });
        let mut guard = Guard { backend: Rc::clone(&self), at, is_finished: false };
        let result = answered.await.expect("the test answers or aborts");
        guard.is_finished = true;
        result
    }
}

/// A view with one query in it.
struct Stage {
    owner: Owner,
    question: RwSignal<Option<&'static str>>,
    beat: RwSignal<u64>,
    query: Query<i32>,
    backend: Rc<Backend>,
}

impl Stage {
    fn asking(question: Option<&'static str>) -> Self {
        // Whichever test comes first sets the process's executor; each thread has its own queue.
        drop(Executor::init_futures_executor());
        let owner = Owner::new();
        let backend = Rc::new(Backend::default());
        let (question, beat, query) = owner.with(|| {
            let (question, beat) = (RwSignal::new(question), RwSignal::new(0));
            let loader = Rc::clone(&backend);
            let query =
                use_query(question.into(), beat.into(), move |q, previous| Rc::clone(&loader).load(q, previous));
            (question, beat, query)
        });
        Executor::poll_local();
        Self { owner, question, beat, query, backend }
    }

    fn ask(&self, question: Option<&'static str>) {
        self.question.set(question);
        Executor::poll_local();
    }

    fn beat(&self) {
        self.beat.update(|n| *n += 1);
        Executor::poll_local();
    }

    fn retry(&self) {
        self.query.retry.run(());
        Executor::poll_local();
    }

    fn answer(&self, at: usize, result: Result<i32, ApiError>) {
        let answer = self.backend.loads.borrow_mut()[at].answer.take().expect("answered once");
        // An aborted load no longer listens.
        drop(answer.send(result));
        Executor::poll_local();
    }

    fn remote(&self) -> Remote<i32> {
        self.query.remote.get_untracked()
    }

    fn value(&self) -> Option<i32> {
        self.remote().value.map(|value| *value)
    }

    /// Question and previous value of each load so far.
    fn loads(&self) -> Vec<(&'static str, Option<i32>)> {
        self.backend.loads.borrow().iter().map(|load| (load.question, load.previous)).collect()
    }

    fn aborted(&self) -> Vec<usize> {
        self.backend.aborted.borrow().clone()
    }
}

fn failure() -> ApiError {
    ApiError::Truncated { source_name: "Prometheus".to_owned(), received_bytes: Some(7) }
}

#[test]
fn the_first_answer_is_current() {
    clock::start_at(5_000, true);
    let stage = Stage::asking(Some("a"));
    assert_eq!(stage.loads(), [("a", None)]);
    let loading = stage.remote();
    assert!(loading.is_first_load() && loading.is_loading() && !loading.is_stale());
    assert_eq!(loading.loading_since_ms, Some(5_000));

    clock::start_at(6_000, true);
    stage.answer(0, Ok(1));
    let ready = stage.remote();
    assert_eq!(ready.value.as_deref(), Some(&1));
    assert!(ready.is_current && !ready.is_loading() && !ready.is_stale() && !ready.is_first_load());
    assert_eq!((ready.loaded_at_ms, ready.failure), (6_000, None));
}

#[test]
fn the_latest_question_wins() {
    let stage = Stage::asking(Some("a"));
    stage.ask(Some("b"));
    assert_eq!(stage.aborted(), [0]);
    stage.ask(Some("c"));
    assert_eq!(stage.aborted(), [0, 1]);
    assert_eq!(stage.loads(), [("a", None), ("b", None), ("c", None)]);

    // Answers to what nobody asks any more, early or late, change nothing.
    stage.answer(0, Ok(1));
    assert_eq!(stage.value(), None);
    stage.answer(2, Ok(3));
    stage.answer(1, Ok(2));
    assert_eq!(stage.value(), Some(3));
    assert!(stage.remote().is_current);
    assert_eq!(stage.loads().len(), 3);
}

#[test]
fn a_value_stays_while_the_next_question_loads() {
    let stage = Stage::asking(Some("a"));
    stage.answer(0, Ok(1));
    stage.ask(Some("b"));
    let remote = stage.remote();
    assert_eq!(remote.value.as_deref(), Some(&1));
    assert!(!remote.is_current && remote.is_loading() && remote.is_stale() && !remote.is_first_load());

    stage.answer(1, Ok(2));
    let remote = stage.remote();
    assert_eq!(remote.value.as_deref(), Some(&2));
    assert!(remote.is_current && !remote.is_stale());
}

#[test]
fn a_value_stays_current_while_the_same_question_is_asked_again() {
    let stage = Stage::asking(Some("a"));
    stage.answer(0, Ok(1));
    stage.beat();
    let remote = stage.remote();
    assert!(remote.is_current && remote.is_loading() && !remote.is_stale());
    stage.answer(1, Ok(2));
    assert_eq!(stage.value(), Some(2));
}

#[test]
fn a_failure_keeps_the_value_and_a_retry_mends_it() {
    let stage = Stage::asking(Some("a"));
    stage.answer(0, Ok(1));
    stage.beat();
    stage.answer(1, Err(failure()));
    let remote = stage.remote();
    assert_eq!(remote.value.as_deref(), Some(&1));
    assert_eq!(remote.failure, Some(failure()));
    assert!(remote.is_stale() && !remote.is_loading());

    // While the retry runs the failure is still the truth.
    stage.retry();
    assert_eq!(stage.loads().len(), 3);
    assert_eq!(stage.remote().failure, Some(failure()));
    stage.answer(2, Ok(2));
    assert_eq!((stage.value(), stage.remote().failure), (Some(2), None));
}

#[test]
fn a_first_load_that_fails_has_no_value_and_is_over() {
    let stage = Stage::asking(Some("a"));
    stage.answer(0, Err(failure()));
    let remote = stage.remote();
    assert!(remote.value.is_none() && !remote.is_loading() && !remote.is_first_load() && !remote.is_stale());
    assert_eq!(remote.failure, Some(failure()));
    assert_eq!(stage.aborted(), [0_usize; 0]);
}

#[test]
fn a_new_question_forgets_the_failure_of_the_old_one() {
    let stage = Stage::asking(Some("a"));
    stage.answer(0, Err(failure()));
    stage.ask(Some("b"));
    assert_eq!(stage.remote().failure, None);
    assert!(stage.remote().is_first_load());
}

#[test]
fn beats_during_a_load_start_one_more_after_it() {
    let stage = Stage::asking(Some("a"));
    stage.beat();
    stage.beat();
    stage.retry();
    assert_eq!(stage.loads(), [("a", None)]);
    assert_eq!(stage.aborted(), [0_usize; 0]);

    stage.answer(0, Ok(1));
    assert_eq!(stage.loads(), [("a", None), ("a", Some(1))]);
    stage.answer(1, Ok(2));
    assert_eq!(stage.loads().len(), 2, "one more, not one per beat");
    assert_eq!(stage.value(), Some(2));
}

#[test]
fn a_beat_is_not_carried_over_to_another_question() {
    let stage = Stage::asking(Some("a"));
    stage.beat();
    stage.ask(Some("b"));
    stage.answer(1, Ok(2));
    assert_eq!(stage.loads(), [("a", None), ("b", None)]);
}

#[test]
fn what_a_load_may_build_on_answers_the_same_question() {
    let stage = Stage::asking(Some("a"));
    stage.answer(0, Ok(1));
    stage.beat();
    stage.answer(1, Ok(2));
    stage.ask(Some("b"));
    assert_eq!(stage.loads(), [("a", None), ("a", Some(1)), ("b", None)]);
    // The value on screen is still the one of `a`: a repeated beat must not build on it.
    stage.answer(2, Err(failure()));
    stage.beat();
    assert_eq!(stage.value(), Some(2));
    assert_eq!(stage.loads().last(), Some(&("b", None)));
}

#[test]
fn no_question_stops_and_forgets() {
    let stage = Stage::asking(Some("a"));
    stage.answer(0, Ok(1));
    stage.beat();
    stage.ask(None);
    assert_eq!(stage.aborted(), [1]);
    let remote = stage.remote();
    assert!(remote.value.is_none() && !remote.is_loading() && !remote.is_current && remote.failure.is_none());
    stage.beat();
    stage.retry();
    assert_eq!(stage.loads().len(), 2);

    stage.ask(Some("a"));
    assert_eq!(stage.loads().last(), Some(&("a", None)));
    stage.answer(2, Ok(3));
    assert_eq!(stage.value(), Some(3));
}

#[test]
fn a_view_that_goes_away_aborts() {
    let stage = Stage::asking(Some("a"));
    stage.owner.cleanup();
    Executor::poll_local();
    assert_eq!(stage.aborted(), [0]);
    // An answer that was already on its way finds nobody.
    stage.answer(0, Ok(1));
    assert_eq!(stage.loads().len(), 1);
}

#[test]
fn an_answer_that_arrives_after_the_view_is_gone_is_dropped() {
    let stage = Stage::asking(Some("a"));
    let answer = stage.backend.loads.borrow_mut()[0].answer.take().expect("asked");
    answer.send(Ok(1)).expect("the load listens");
    stage.owner.cleanup();
    Executor::poll_local();
    assert_eq!(stage.loads().len(), 1);
}
