//! Layer 6: one file per panel kind, from data and options to a view.
//!
//! Invariant: panels take props and callbacks and never touch the page's address. A new kind is one file and one line
//! in [`view_of`].

mod actions;
mod card;
mod charts;
mod cursor;
mod data;
mod export;
mod failure;
mod heatmap;
mod leads;
mod look;
mod more;
mod stat;
mod text;
mod timeseries;
mod tools;
mod unknown;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::http::ApiError,
    base::time::Range,
    model::dashboard::{Panel, PanelOptions, kinds},
    state::{chunks::Chunk, reactive::Signal},
    ui::later::Later,
};

pub use actions::PanelActions;
pub use data::Reshape;
pub use failure::{FailureDialog, FailureText, FailureView};
/// Doors: what is said above a dashboard of this browser, and in place of one that cannot be shown.
pub use tools::{open_load_failure, open_report};

/// What every kind of panel is given.
#[derive(Clone)]
pub struct PanelProps {
    /// As the file has it.
    pub panel: Arc<Panel>,
    /// With the dashboard's variables filled in: what is asked, and every text that is shown.
    pub filled: Signal<Filled>,
    /// Transformations, where the panel has any: applied to each answer.
    pub reshape: Option<Reshape>,
}

/// A panel whose variables are filled in.
#[derive(Clone)]
pub struct Filled {
    pub outcome: Outcome,
    /// Another number is another question: what was answered before is asked anew.
    pub question: u32,
    /// Where the panel's range is not the page's: from that to its own.
    pub range: Option<PanelRange>,
}

pub type PanelRange = Arc<dyn Fn(Range) -> Range + Send + Sync>;

/// What became of filling a panel.
#[derive(Clone)]
pub enum Outcome {
    /// A variable is still loading.
    Waiting,
    Ready(Arc<Panel>),
    /// A variable has no value, because asking for it failed.
    Failed(ApiError),
}

impl PanelProps {
    /// A panel of a dashboard without variables.
    pub fn plain(panel: &Panel) -> Self {
        let panel = Arc::new(panel.clone());
        let outcome = Outcome::Ready(Arc::clone(&panel));
        Self { panel, filled: Signal::stored(Filled { outcome, question: 0, range: None }), reshape: None }
    }

    /// The panel as it is shown now: filled as far as that is possible.
    pub fn shown(&self) -> Signal<Arc<Panel>> {
        let Self { panel, filled, reshape: _ } = self.clone();
        Signal::derive(move || match filled.get().outcome {
            Outcome::Ready(panel) => panel,
            _ => Arc::clone(&panel),
        })
    }
}

/// The registry: a panel's kind to its view. A kind that is not here says so on its card.
pub fn view_of(props: PanelProps) -> AnyView {
    match props.panel.kind.as_str() {
        kinds::STAT if !props.panel.is_read_late() => stat::view(props),
        kinds::TIMESERIES if !props.panel.is_read_late() => timeseries::view(props),
        kinds::HEATMAP => {
            let open = move || heatmap::open(props.clone());
            view! { <Later chunk=Chunk::Heatmap open=Arc::new(open)/> }.into_any()
        }
        kinds::TEXT if matches!(props.panel.options, PanelOptions::Text(_)) => text::view(props),
        // Transformations and patterns are there; kinds that nobody draws say so there, too.
        _ => {
            let open = move || more::open(props.clone());
            view! { <Later chunk=Chunk::Panels open=Arc::new(open)/> }.into_any()
        }
    }
}

/// What a chart over time has beyond its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChartPart {
    /// Exemplars, annotations, the pinned tooltip.
    Marks,
    /// The legend as a table, or with calculations, or at the side.
    Legend,
}

fn charts_later(part: ChartPart, chart: &Arc<timeseries::TimeChart>) -> AnyView {
    let chart = Arc::clone(chart);
    let open = move || charts::open(part, Arc::clone(&chart));
    view! { <Later chunk=Chunk::Charts open=Arc::new(open) is_addition={part == ChartPart::Marks}/> }.into_any()
}

/// Whether the registry draws this kind.
pub fn is_known(kind: &str) -> bool {
    matches!(kind, kinds::STAT | kinds::TIMESERIES | kinds::HEATMAP | kinds::TEXT) || kinds::MORE.contains(&kind)
}
