//! Many views as one.

use leptos::prelude::*;

/// What there is any number of: lists, table rows, and what may be missing.
///
/// Leptos compiles building, updating and removing anew for a list of each type of element; here all lists are of one
/// type (docs/adr/0003-small-before-fast.md).
pub trait Views {
    /// The views, one after the other.
    fn views(self) -> AnyView;
}

impl<I: IntoIterator<Item: IntoAny>> Views for I {
    fn views(self) -> AnyView {
        let mut views = Vec::new();
        for view in self {
            views.push(view.into_any());
        }
        views.into_any()
    }
}
