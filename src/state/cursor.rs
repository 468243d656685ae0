//! What all charts of a page share: the instant under the pointer, and the events that are shown on them.

use std::{any::Any, sync::Arc};

use leptos::prelude::*;

use crate::model::dashboard::Dashboard;

use super::reactive::RwSignal;

/// Where the cursor is, and which chart leads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CursorAt {
    pub x_ms: f64,
    /// The panel whose pointer it is.
    pub panel_id: u32,
}

#[derive(Clone, Copy)]
pub struct SharedCursor(pub RwSignal<Option<CursorAt>>);

impl SharedCursor {
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    pub fn expect() -> Self {
        expect_context()
    }
}

type BarOf = fn(Arc<Dashboard>) -> AnyView;

/// Events on the charts of a page. What they are is known to a part of the app that comes after the first chart.
#[derive(Clone, Copy)]
pub struct PageEvents {
    /// A list of `model::annotation::Event`.
    pub shown: RwSignal<Option<Arc<dyn Any + Send + Sync>>>,
    /// What asks for them, with its switches: the door of that part, once it is there.
    pub bar: RwSignal<Option<BarOf>>,
    /// Fills the dashboard's variables into what they ask, where it has any.
    pub fill: RwSignal<Option<QueryFill>>,
}

/// A query with its variables filled in; `None` while one of them loads. Tracked.
pub type QueryFill = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

impl PageEvents {
    pub fn provide() {
        provide_context(Self { shown: RwSignal::new(None), bar: RwSignal::new(None), fill: RwSignal::new(None) });
    }

    pub fn expect() -> Self {
        expect_context()
    }
}
