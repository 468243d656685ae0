//! When requests go out: few at a time, again when the backend asks for patience, never for ever, and once where two
//! panels ask the same.
//!
//! Invariant: dropping a future of this module gives back everything it held: its place in the queue, its slot, its
//! request.
//!
//! Not here: what an answer means, and when to ask again on a schedule (`state`).

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
    task::{Poll, Waker},
};

use futures_util::{
    FutureExt,
    future::{self, Either, LocalBoxFuture, Shared, WeakShared},
};

use super::http::{ApiError, BodySink, Delivery, HttpRequest, ResponseHead, Transport, origin_of};

/// Browsers open six connections to an HTTP/1.1 host. More would queue inside the browser, where a request that is not
/// wanted any more still takes its turn.
pub const MAX_IN_FLIGHT_PER_ORIGIN: usize = 6;

/// How the first requests to an origin go ahead of those after them: two of them are answered sooner than six, and with
/// them the first chart is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadStart {
    pub request_count: usize,
    /// The others wait for the first answer, and so long at most.
    pub most_ms: u32,
}

/// How often one request is sent at most.
const MAX_TRIES: u32 = 3;

/// Pause before the second try; doubled for the third.
const FIRST_PAUSE_MS: f64 = 400.0;

/// A 503 that took longer is a query that ran out of time; asking it again would only make the backend more tired.
const MAX_RETRIED_MS: f64 = 5_000.0;

/// Kept of a 503's body while it is not known whether there will be another try.
const MAX_HELD_BYTES: usize = 64 * 1024;

type Sleep = Box<dyn Fn(u32) -> LocalBoxFuture<'static, ()>>;

/// A transport around another one. The app has one, shared by all clients.
pub struct Scheduler {
    transport: Rc<dyn Transport>,
    sleep: Sleep,
    random: Box<dyn Fn() -> f64>,
    head_start: Option<HeadStart>,
    /// By origin; a page speaks to a handful.
    lanes: RefCell<Vec<(String, Rc<Lane>)>>,
}

impl Scheduler {
    /// `sleep` waits that many milliseconds; `random` gives numbers in 0..1.
    pub fn new(
        transport: Rc<dyn Transport>,
        sleep: impl Fn(u32) -> LocalBoxFuture<'static, ()> + 'static,
        random: impl Fn() -> f64 + 'static,
    ) -> Self {
        let (sleep, random) = (Box::new(sleep), Box::new(random));
        Self { transport, sleep, random, head_start: None, lanes: RefCell::default() }
    }

    #[must_use]
    pub fn with_head_start(self, head_start: HeadStart) -> Self {
        Self { head_start: Some(head_start), ..self }
    }

    /// Requests that wait for a slot, over all origins.
    pub fn queued_count(&self) -> usize {
        self.lanes.borrow().iter().map(|(_, lane)| lane.waiting.borrow().len()).sum()
    }

    /// One lane for each origin; relative URLs share the page's.
    fn lane(&self, url: &str) -> Rc<Lane> {
        let origin = origin_of(url).unwrap_or_default();
        let mut lanes = self.lanes.borrow_mut();
        if let Some((_, lane)) = lanes.iter().find(|(known, _)| *known == origin) {
            return Rc::clone(lane);
        }
        let slot_count = self.head_start.map_or(MAX_IN_FLIGHT_PER_ORIGIN, |head_start| head_start.request_count.max(1));
        let lane = Rc::new(Lane { slot_count: Cell::new(slot_count), ..Lane::default() });
        lanes.push((origin, Rc::clone(&lane)));
        lane
    }

    async fn run(&self, request: &HttpRequest, sink: &mut dyn BodySink) -> Result<Delivery, ApiError> {
        let lane = self.lane(&request.url);
        let mut tries = 1;
        loop {
            // Given back before a pause, so that waiting for a tired backend does not block its neighbours.
            let slot = self.slot(&lane).await;
            let mut attempt = Attempt { sink: &mut *sink, held: None };
            let result = self.with_timeout(request, &mut attempt).await;
            let held = attempt.held.take();
            drop(slot);
            let (Some(held), Ok(delivery)) = (held, &result) else { return result };
            if tries == MAX_TRIES || delivery.head.is_stopping || delivery.elapsed_ms > MAX_RETRIED_MS {
                sink.on_head(&held.head);
                sink.on_chunk(&held.body);
                return result;
            }
            // Full jitter around the doubling pause: panels that failed together do not come back together.
            let pause_ms = FIRST_PAUSE_MS * f64::from(1 << (tries - 1)) * (0.5 + (self.random)().clamp(0.0, 1.0));
            tries += 1;
            (self.sleep)(pause_ms as u32).await;
        }
    }

    async fn slot(&self, lane: &Rc<Lane>) -> Slot {
        let asked = Lane::acquire(lane);
        let Some(HeadStart { most_ms, .. }) = self.head_start.filter(|_| !lane.is_open()) else { return asked.await };
        match future::select(Box::pin(asked), (self.sleep)(most_ms)).await {
            Either::Left((slot, _)) => slot,
            Either::Right(((), asked)) => {
                lane.open();
                asked.await
            }
        }
    }

    async fn with_timeout(&self, request: &HttpRequest, sink: &mut dyn BodySink) -> Result<Delivery, ApiError> {
        let sending = self.transport.send(request, sink);
        match future::select(sending, (self.sleep)(request.timeout_ms)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => Err(ApiError::TimedOut {
                source_name: request.source_name.clone(),
                url: request.url.clone(),
                timeout_ms: request.timeout_ms,
            }),
        }
    }
}

impl Transport for Scheduler {
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
        Box::pin(self.run(request, sink))
    }
}

/// Holds a 503 back, as the next try may replace it; everything else passes through.
struct Attempt<'a> {
    sink: &'a mut dyn BodySink,
    held: Option<Held>,
}

struct Held {
    head: ResponseHead,
    body: Vec<u8>,
}

impl BodySink for Attempt<'_> {
    fn on_head(&mut self, head: &ResponseHead) {
        if head.status == 503 {
            self.held = Some(Held { head: head.clone(), body: Vec::new() });
        } else {
            self.sink.on_head(head);
        }
    }

    fn on_chunk(&mut self, bytes: &[u8]) {
        match &mut self.held {
            Some(held) => {
                let room = MAX_HELD_BYTES.saturating_sub(held.body.len());
                held.body.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
            }
            None => self.sink.on_chunk(bytes),
        }
    }

    fn body(&mut self, byte_count: usize) -> Option<&mut Vec<u8>> {
        if self.held.is_some() { None } else { self.sink.body(byte_count) }
    }

    fn on_appended(&mut self) {
        self.sink.on_appended();
    }
}

/// The slots of one origin, given out in the order of asking.
#[derive(Default)]
struct Lane {
    in_flight_count: Cell<usize>,
    slot_count: Cell<usize>,
    next_ticket: Cell<u64>,
    waiting: RefCell<VecDeque<Waiting>>,
}

struct Waiting {
    ticket: u64,
    waker: Option<Waker>,
}

/// A slot in use; free again when dropped.
struct Slot {
    lane: Rc<Lane>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.lane.in_flight_count.set(self.lane.in_flight_count.get().saturating_sub(1));
        self.lane.open();
    }
}

/// A place in the queue; dropped, it makes room.
struct Place {
    lane: Rc<Lane>,
    ticket: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lane.waiting.borrow_mut().retain(|waiting| waiting.ticket != self.ticket);
        // The wake-up for a free slot may have been this place's: hand it on.
        self.lane.wake_first();
    }
}

impl Lane {
    async fn acquire(lane: &Rc<Self>) -> Slot {
        let ticket = lane.next_ticket.get();
        lane.next_ticket.set(ticket + 1);
        lane.waiting.borrow_mut().push_back(Waiting { ticket, waker: None });
        let place = Place { lane: Rc::clone(lane), ticket };
        future::poll_fn(|context| {
            let mut waiting = lane.waiting.borrow_mut();
            let is_first = waiting.front().is_some_and(|first| first.ticket == ticket);
            if is_first && lane.in_flight_count.get() < lane.slot_count.get() {
                lane.in_flight_count.set(lane.in_flight_count.get() + 1);
                return Poll::Ready(());
            }
            if let Some(own) = waiting.iter_mut().find(|waiting| waiting.ticket == ticket) {
                own.waker = Some(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
        let slot = Slot { lane: Rc::clone(lane) };
        drop(place);
        slot
    }

    fn is_open(&self) -> bool {
        self.slot_count.get() >= MAX_IN_FLIGHT_PER_ORIGIN
    }

    /// Nobody has a head start any more.
    fn open(&self) {
        self.slot_count.set(MAX_IN_FLIGHT_PER_ORIGIN);
        self.wake_first();
    }

    fn wake_first(&self) {
        if self.in_flight_count.get() >= self.slot_count.get() {
            return;
        }
        let waker = self.waiting.borrow_mut().front_mut().and_then(|first| first.waker.take());
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

type Work<T> = LocalBoxFuture<'static, Result<T, ApiError>>;

/// Joins those who ask the same at the same time. The work is dropped, and with it its request, when the last of them
/// is.
pub struct Sharing<T> {
    in_flight: Rc<RefCell<Vec<Entry<T>>>>,
    next_id: Cell<u64>,
}

struct Entry<T> {
    key: String,
    id: u64,
    shared: WeakShared<Work<T>>,
}

impl<T> Default for Sharing<T> {
    fn default() -> Self {
        Self { in_flight: Rc::default(), next_id: Cell::default() }
    }
}

/// Takes the entry out when the work ends or is dropped.
struct Registration<T> {
    in_flight: Weak<RefCell<Vec<Entry<T>>>>,
    id: u64,
}

impl<T> Drop for Registration<T> {
    fn drop(&mut self) {
        if let Some(in_flight) = self.in_flight.upgrade() {
            // Bound first: dropping the entry must not happen while the list is borrowed.
            let removed = {
                let mut entries = in_flight.borrow_mut();
                entries.iter().position(|entry| entry.id == self.id).map(|at| entries.swap_remove(at))
            };
            drop(removed);
        }
    }
}

impl<T: Clone + 'static> Sharing<T> {
    /// Starts `work`, or waits for the one with the same key that is already running. Equal keys must mean equal work.
    pub fn share(&self, key: String, work: impl FnOnce() -> Work<T>) -> Shared<Work<T>> {
        let running =
            self.in_flight.borrow().iter().filter(|entry| entry.key == key).find_map(|entry| entry.shared.upgrade());
        if let Some(running) = running {
            return running;
        }
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        let registration = Registration { in_flight: Rc::downgrade(&self.in_flight), id };
        let work = work();
        let shared = async move {
            let _registration = registration;
            work.await
        }
        .boxed_local()
        .shared();
        if let Some(weak) = shared.downgrade() {
            self.in_flight.borrow_mut().push(Entry { key, id, shared: weak });
        }
        shared
    }

    /// Distinct pieces of work that are running.
    pub fn in_flight_count(&self) -> usize {
        self.in_flight.borrow().len()
    }
}
