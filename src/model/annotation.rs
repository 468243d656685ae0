//! What happened, to be pointed at on charts over time: an alert that fired, a deployment.

use std::sync::Arc;

use crate::base::{colour::Ink, time::Range};

/// One event. It may have lasted.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Equal ends for an instant.
    pub range: Range,
    pub ink: Ink,
    /// Of the annotation that found it, as the dashboard calls it.
    pub kind: Arc<str>,
    pub title: String,
    pub text: String,
    pub tags: Vec<String>,
    pub panels: PanelFilter,
}

/// On which panels the events of an annotation are shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum PanelFilter {
    #[default]
    All,
    Only(Arc<[u32]>),
    Except(Arc<[u32]>),
}

impl PanelFilter {
    pub fn covers(&self, panel_id: u32) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&panel_id),
            Self::Except(ids) => !ids.contains(&panel_id),
        }
    }
}
