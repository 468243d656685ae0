//! Which parts of the app are there (see `platform::chunk`).

use leptos::prelude::*;

use crate::platform::chunk;

use super::{
    query::spawn,
    reactive::{RwSignal, Signal},
};

/// The parts, as `xtask/js/chunks.json` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk {
    /// Pages that are seldom the first: alerts, status.
    Pages,
    Traces,
    /// The start page has none.
    Heatmap,
    /// Kinds of panels that few dashboards have.
    Panels,
    /// What a chart over time has beyond its lines: exemplars, annotations, a pinned tooltip, the legend as a table.
    Charts,
    /// What opens when somebody asks for it: menus, dialogs, the palette, imports.
    Tools,
    /// Dashboards with variables, rows or repeats.
    Variables,
}

impl Chunk {
    fn id(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Traces => "traces",
            Self::Heatmap => "heatmap",
            Self::Panels => "panels",
            Self::Charts => "charts",
            Self::Tools => "tools",
            Self::Variables => "variables",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkState {
    Loading,
    Ready,
    /// In the browser's words.
    Failed(String),
}

/// All parts. Cheap to copy; lives as long as the app.
#[derive(Clone, Copy)]
pub struct Chunks([RwSignal<Option<ChunkState>>; 7]);

impl Chunks {
    pub fn provide() {
        provide_context(Self(std::array::from_fn(|_| RwSignal::new(None))));
    }

    pub fn expect() -> Self {
        expect_context()
    }

    fn signal(self, chunk: Chunk) -> RwSignal<Option<ChunkState>> {
        let [pages, traces, heatmap, panels, charts, tools, variables] = self.0;
        match chunk {
            Chunk::Pages => pages,
            Chunk::Traces => traces,
            Chunk::Heatmap => heatmap,
            Chunk::Panels => panels,
            Chunk::Charts => charts,
            Chunk::Tools => tools,
            Chunk::Variables => variables,
        }
    }

    /// How a part is; asks for it unless that was done.
    pub fn want(self, chunk: Chunk) -> Signal<Option<ChunkState>> {
        if self.signal(chunk).with_untracked(Option::is_none) {
            self.load(chunk);
        }
        self.signal(chunk).into()
    }

    /// Asks for a part, again if need be.
    pub fn load(self, chunk: Chunk) {
        spawn(async move {
            // The state says how it went.
            drop(self.fetched(chunk).await);
        });
    }

    /// Waits until a part is there; at once where it is. The error is the browser's own words.
    pub async fn fetched(self, chunk: Chunk) -> Result<(), String> {
        let state = self.signal(chunk);
        if state.with_untracked(|state| *state == Some(ChunkState::Ready)) {
            return Ok(());
        }
        // Two may wait for it; what is there is told once, or what shows it would be made twice.
        let tell = move |now: ChunkState| {
            if state.with_untracked(|before| before.as_ref() != Some(&now)) {
                state.set(Some(now));
            }
        };
        tell(ChunkState::Loading);
        let result = chunk::load(chunk.id()).await;
        tell(result.clone().map_or_else(ChunkState::Failed, |()| ChunkState::Ready));
        result
    }
}
