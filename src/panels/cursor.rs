//! What a pointer and a keyboard do on a chart over time, alike for all kinds of charts.

use std::sync::Arc;

use crate::{
    base::time::{Range, TimeSpec, date_time_text},
    chart::{Scene, TimeHit, TimeLayout},
    state::{
        cursor::{CursorAt, SharedCursor},
        reactive::{Callback, Memo, RwSignal, Signal},
        time::TimeContext,
    },
    ui::{
        chart_canvas::ChartEvent,
        tooltip::{TooltipData, TooltipRow},
    },
};

/// A chart as laid out, with what the cursor needs.
pub struct Drawn<L> {
    pub layout: L,
    pub scene: Arc<Scene>,
    /// The instants that the keyboard steps through, ascending.
    pub rows_ms: Arc<[f64]>,
}

/// How a chart's pixels and rows relate to time, whatever it draws.
trait TimeGeometry {
    fn ms_from_px(&self, x_px: f64) -> f64;
    fn rows_ms(&self) -> &[f64];
}

impl<L: TimeLayout> TimeGeometry for Drawn<L> {
    fn ms_from_px(&self, x_px: f64) -> f64 {
        self.layout.ms_from_px(x_px)
    }

    fn rows_ms(&self) -> &[f64] {
        &self.rows_ms
    }
}

/// A chart with a cursor: what it shows and says follows from what is drawn and where the cursor is.
pub struct ChartWithCursor<L: TimeLayout> {
    pub cursor: ChartCursor,
    drawn: Memo<Option<Arc<Drawn<L>>>>,
    /// What is under this chart's pointer or keyboard, or at the instant that another panel's points at.
    hit: Signal<Option<L::Hit>>,
}

impl<L: TimeLayout> Clone for ChartWithCursor<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: TimeLayout> Copy for ChartWithCursor<L> {}

impl<L> ChartWithCursor<L>
where
    L: TimeLayout<Hit: Clone + Send + Sync + 'static> + Send + Sync + 'static,
{
    pub fn new(panel_id: u32, drawn: Memo<Option<Arc<Drawn<L>>>>) -> Self {
        let cursor = ChartCursor::new(panel_id);
        let hit = Signal::derive(move || {
            let drawn = drawn.get()?;
            let pinned_ms = cursor.pinned_ms.get();
            if let Some(pointer) = cursor.pointer.get().filter(|_| pinned_ms.is_none()) {
                return drawn.layout.hit(pointer.x_px, pointer.y_px);
            }
            drawn.layout.hit_ms(pinned_ms.or_else(|| cursor.led_ms(&drawn.rows_ms))?)
        });
        Self { cursor, drawn, hit }
    }

    /// What the cursor is on.
    pub fn hit_now(self) -> Option<L::Hit> {
        self.hit.get_untracked()
    }

    pub fn scene(self) -> Signal<Option<Arc<Scene>>> {
        Signal::derive(move || self.drawn.get().map(|drawn| Arc::clone(&drawn.scene)))
    }

    /// The cursor and the selection.
    pub fn overlay(self) -> Signal<Option<Arc<Scene>>> {
        Signal::derive(move || {
            let drawn = self.drawn.get()?;
            Some(Arc::new(drawn.layout.cursor_scene(self.hit.get().as_ref(), self.cursor.selection_px.get())))
        })
    }

    /// What stands beside the pointer, by `rows`; `None` where there is nothing to say.
    pub fn tooltip(
        self,
        rows: impl Fn(&L::Hit) -> Option<Vec<TooltipRow>> + Send + Sync + 'static,
    ) -> Signal<Option<TooltipData>> {
        Signal::derive(move || {
            let pointer = self.cursor.pointer.get().filter(|_| self.cursor.pinned_ms.get().is_none())?;
            let hit = self.hit.get()?;
            let rows = rows(&hit)?;
            let title = self.cursor.instant_text(hit.x_ms());
            Some(TooltipData { title, rows, x_px: pointer.window_x_px, y_px: pointer.window_y_px })
        })
    }

    /// What a screen reader is told of the keyboard's place, by `words`, which are given the instant.
    pub fn announcement(
        self,
        words: impl Fn(&str, &L::Hit) -> Option<String> + Send + Sync + 'static,
    ) -> Signal<String> {
        Signal::derive(move || {
            if self.cursor.keyboard_row.get().is_none() {
                return String::new();
            }
            let Some(hit) = self.hit.get() else { return "no samples here".to_owned() };
            words(&self.cursor.instant_text(hit.x_ms()), &hit).unwrap_or_default()
        })
    }

    pub fn on_event(self) -> Callback<ChartEvent> {
        Callback::new(move |event| {
            let drawn = self.drawn.get_untracked();
            self.cursor.handle(event, drawn.as_deref().map(|drawn| drawn as &dyn TimeGeometry));
        })
    }
}

/// Place of the pointer: on the chart, and in the window.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::struct_field_names, reason = "every number says its unit")]
struct Pointer {
    x_px: f64,
    y_px: f64,
    window_x_px: f64,
    window_y_px: f64,
}

/// The state of a chart's interaction.
#[derive(Clone, Copy)]
pub struct ChartCursor {
    pointer: RwSignal<Option<Pointer>>,
    selection_px: RwSignal<Option<(f64, f64)>>,
    /// The row that the keyboard reads.
    keyboard_row: RwSignal<Option<usize>>,
    /// The instant that a pinned tooltip holds the cursor at.
    pub pinned_ms: RwSignal<Option<f64>>,
    /// The last click, Enter, Escape or move of the range, for whoever answers it.
    pub acted: RwSignal<Option<ChartEvent>>,
    shared: SharedCursor,
    time: TimeContext,
    panel_id: u32,
}

impl ChartCursor {
    fn new(panel_id: u32) -> Self {
        Self {
            pointer: RwSignal::new(None),
            selection_px: RwSignal::new(None),
            keyboard_row: RwSignal::new(None),
            pinned_ms: RwSignal::new(None),
            acted: RwSignal::new(None),
            shared: SharedCursor::expect(),
            time: TimeContext::expect(),
            panel_id,
        }
    }

    /// The instant that another panel's pointer or this one's keyboard points at.
    fn led_ms(self, rows_ms: &[f64]) -> Option<f64> {
        if let Some(row) = self.keyboard_row.get() {
            return rows_ms.get(row).copied();
        }
        self.shared.0.get().filter(|at| at.panel_id != self.panel_id).map(|at| at.x_ms)
    }

    pub fn instant_text(self, x_ms: f64) -> String {
        self.time.zone.with(|zone| zone.with(|zone| date_time_text(x_ms as i64, zone)))
    }

    /// Carries out what a person did. `geometry` is `None` while nothing is drawn.
    fn handle(self, event: ChartEvent, geometry: Option<&dyn TimeGeometry>) {
        match event {
            ChartEvent::Hover { x_px, y_px, window_x_px, window_y_px } => {
                self.keyboard_row.set(None);
                self.pointer.set(Some(Pointer { x_px, y_px, window_x_px, window_y_px }));
                if let Some(geometry) = geometry {
                    let x_ms = geometry.ms_from_px(x_px);
                    self.shared.0.set(Some(CursorAt { x_ms, panel_id: self.panel_id }));
                }
            }
            ChartEvent::Leave => self.leave(),
            ChartEvent::Escape => {
                self.leave();
                self.acted.set(Some(event));
            }
            ChartEvent::Select { from_px, to_px, .. } => self.selection_px.set(Some((from_px, to_px))),
            ChartEvent::SelectCancelled => self.selection_px.set(None),
            ChartEvent::SelectDone { from_px, to_px, .. } => {
                self.selection_px.set(None);
                if let Some(geometry) = geometry {
                    let start_ms = geometry.ms_from_px(from_px.min(to_px)).round() as i64;
                    let end_ms = geometry.ms_from_px(from_px.max(to_px)).round() as i64;
                    if end_ms > start_ms {
                        self.leave();
                        self.time.set_spec.run(TimeSpec::absolute(Range { start_ms, end_ms }));
                    }
                }
            }
            ChartEvent::Click { .. } | ChartEvent::Enter | ChartEvent::Pan { .. } => self.acted.set(Some(event)),
            ChartEvent::DoubleClick => self.time.change(|spec, now_ms, zone| spec.zoomed_out(now_ms, zone)),
            ChartEvent::Step(step) => self.move_to(geometry, |row, count| match row {
                Some(row) => row.saturating_add_signed(step as isize).min(count - 1),
                None if step > 0 => 0,
                None => count - 1,
            }),
            ChartEvent::ToStart => self.move_to(geometry, |_, _| 0),
            ChartEvent::ToEnd => self.move_to(geometry, |_, count| count - 1),
        }
    }

    fn leave(self) {
        self.pointer.set(None);
        self.keyboard_row.set(None);
        self.shared.0.set(None);
    }

    fn move_to(self, geometry: Option<&dyn TimeGeometry>, next: impl FnOnce(Option<usize>, usize) -> usize) {
        let Some(rows_ms) = geometry.map(TimeGeometry::rows_ms).filter(|rows| !rows.is_empty()) else { return };
        let row = next(self.keyboard_row.get_untracked(), rows_ms.len());
        self.keyboard_row.set(Some(row));
        if let Some(x_ms) = rows_ms.get(row) {
            self.shared.0.set(Some(CursorAt { x_ms: *x_ms, panel_id: self.panel_id }));
        }
    }
}
