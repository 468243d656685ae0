//! Waiting.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use wasm_bindgen::{JsCast, closure::Closure};

use super::dom;

/// Calls back once after a while; dropping it cancels.
pub struct Timeout {
    id: Option<i32>,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for Timeout {
    fn drop(&mut self) {
        if let (Some(id), Some(window)) = (self.id, dom::window()) {
            window.clear_timeout_with_handle(id);
        }
    }
}

/// Calls `callback` in `delay_ms` milliseconds.
pub fn after(delay_ms: i32, callback: impl FnOnce() + 'static) -> Timeout {
    let closure = Closure::once(callback);
    let id = dom::window().and_then(|w| {
        w.set_timeout_with_callback_and_timeout_and_arguments_0(closure.as_ref().unchecked_ref(), delay_ms.max(0)).ok()
    });
    Timeout { id, _callback: closure }
}

/// Calls `callback` before the next frame is drawn; dropping it cancels.
pub struct Frame {
    id: Option<i32>,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let (Some(id), Some(window)) = (self.id, dom::window()) {
            dom::ignore(window.cancel_animation_frame(id));
        }
    }
}

thread_local! {
    static IS_PRINTING: Cell<bool> = const { Cell::new(false) };
}

/// While a page is printed there are no frames: what waits for one is done at once.
pub fn set_printing(is_printing: bool) {
    IS_PRINTING.set(is_printing);
}

pub fn is_printing() -> bool {
    IS_PRINTING.get()
}

pub fn next_frame(callback: impl FnOnce() + 'static) -> Frame {
    if IS_PRINTING.get() {
        callback();
        return Frame { id: None, _callback: Closure::new(|| {}) };
    }
    let closure = Closure::once(callback);
    let id = dom::window().and_then(|w| w.request_animation_frame(closure.as_ref().unchecked_ref()).ok());
    Frame { id, _callback: closure }
}

#[derive(Default)]
struct Shared {
    is_done: bool,
    waker: Option<Waker>,
}

/// A future that is ready after a while; dropping it cancels the timer.
pub struct Sleep {
    shared: Rc<RefCell<Shared>>,
    _timeout: Timeout,
}

/// Waits `delay_ms` milliseconds.
pub fn sleep(delay_ms: u32) -> Sleep {
    let shared = Rc::new(RefCell::new(Shared::default()));
    let seen = Rc::clone(&shared);
    let timeout = after(i32::try_from(delay_ms).unwrap_or(i32::MAX), move || {
        let waker = {
            let mut shared = seen.borrow_mut();
            shared.is_done = true;
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    Sleep { shared, _timeout: timeout }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.shared.borrow_mut();
        if shared.is_done {
            return Poll::Ready(());
        }
        shared.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
