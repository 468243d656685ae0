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
    /// Pages that are seldom the first: alerts, the list of dashboards, status.
    Pages,
    Traces,
    /// The start page has none.
    Heatmap,
    /// Kinds of panels that few dashboards have.
    Panels,
    /// What a chart over time has beyond its lines: exemplars, annotations, a pinned tooltip, the legend as a table.
    Charts,
}

impl Chunk {
    fn id(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Traces => "traces",
            Self::Heatmap => "heatmap",
            Self::Panels => "panels",
            Self::Charts => "charts",
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
pub struct Chunks([RwSignal<Option<ChunkState>>; 5]);

impl Chunks {
    pub fn provide() {
        provide_context(Self(std::array::from_fn(|_| RwSignal::new(None))));
    }

    pub fn expect() -> Self {
        expect_context()
    }

    fn signal(self, chunk: Chunk) -> RwSignal<Option<ChunkState>> {
        let [pages, traces, heatmap, panels, charts] = self.0;
        match chunk {
            Chunk::Pages => pages,
            Chunk::Traces => traces,
            Chunk::Heatmap => heatmap,
            Chunk::Panels => panels,
            Chunk::Charts => charts,
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
        let state = self.signal(chunk);
        state.set(Some(ChunkState::Loading));
        spawn(async move {
            let result = chunk::load(chunk.id()).await;
            state.set(Some(result.map_or_else(ChunkState::Failed, |()| ChunkState::Ready)));
        });
    }
}
