//! Large data in memos: shared, and compared by identity.

use std::sync::Arc;

use leptos::prelude::*;

/// A memo whose readers run again when the data are others, not when they are equal: comparing a million points costs more
/// than drawing them.
pub fn shared_memo<T: Send + Sync + 'static>(
    read: impl Fn() -> Option<Arc<T>> + Send + Sync + 'static,
) -> Memo<Option<Arc<T>>> {
    Memo::new_with_compare(
        move |_| read(),
        |before, now| match (before.and_then(Option::as_ref), now.and_then(Option::as_ref)) {
            (Some(before), Some(now)) => !Arc::ptr_eq(before, now),
            (None, None) => false,
            _ => true,
        },
    )
}
