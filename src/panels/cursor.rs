//! What a pointer and a keyboard do on a chart over time, alike for all kinds of charts.

use crate::{
    base::time::{Range, TimeSpec},
    state::{
        cursor::{CursorAt, SharedCursor},
        reactive::RwSignal,
        time::TimeContext,
    },
    ui::chart_canvas::ChartEvent,
};

/// Where on the chart something is, and how its pixels and rows relate to time.
pub trait TimeGeometry: Send + Sync + 'static {
    fn ms_from_px(&self, x_px: f64) -> f64;
    fn rows_ms(&self) -> &[f64];
}

/// Place of the pointer: on the chart, and in the window.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::struct_field_names, reason = "every number says its unit")]
pub struct Pointer {
    pub x_px: f64,
    pub y_px: f64,
    pub window_x_px: f64,
    pub window_y_px: f64,
}

/// The state of a chart's interaction.
#[derive(Clone, Copy)]
pub struct ChartCursor {
    pub pointer: RwSignal<Option<Pointer>>,
    pub selection_px: RwSignal<Option<(f64, f64)>>,
    /// The row that the keyboard reads.
    pub keyboard_row: RwSignal<Option<usize>>,
    pub shared: SharedCursor,
    panel_id: u32,
}

impl ChartCursor {
    pub fn new(panel_id: u32) -> Self {
        Self {
            pointer: RwSignal::new(None),
            selection_px: RwSignal::new(None),
            keyboard_row: RwSignal::new(None),
            shared: SharedCursor::expect(),
            panel_id,
        }
    }

    /// The instant that another panel's pointer or this one's keyboard points at.
    pub fn led_ms(self, rows_ms: &[f64]) -> Option<f64> {
        if let Some(row) = self.keyboard_row.get() {
            return rows_ms.get(row).copied();
        }
        self.shared.0.get().filter(|at| at.panel_id != self.panel_id).map(|at| at.x_ms)
    }

    /// Carries out what a person did. `geometry` is `None` while nothing is drawn.
    pub fn handle(self, event: ChartEvent, geometry: Option<&dyn TimeGeometry>, time: TimeContext) {
        match event {
            ChartEvent::Hover { x_px, y_px, window_x_px, window_y_px } => {
                self.keyboard_row.set(None);
                self.pointer.set(Some(Pointer { x_px, y_px, window_x_px, window_y_px }));
                if let Some(geometry) = geometry {
                    let x_ms = geometry.ms_from_px(x_px);
                    self.shared.0.set(Some(CursorAt { x_ms, panel_id: self.panel_id }));
                }
            }
            ChartEvent::Leave | ChartEvent::Escape => self.leave(),
            ChartEvent::Select { from_px, to_px } => self.selection_px.set(Some((from_px, to_px))),
            ChartEvent::SelectCancelled => self.selection_px.set(None),
            ChartEvent::SelectDone { from_px, to_px } => {
                self.selection_px.set(None);
                if let Some(geometry) = geometry {
                    let start_ms = geometry.ms_from_px(from_px.min(to_px)).round() as i64;
                    let end_ms = geometry.ms_from_px(from_px.max(to_px)).round() as i64;
                    if end_ms > start_ms {
                        self.leave();
                        time.set_spec.run(TimeSpec::absolute(Range { start_ms, end_ms }));
                    }
                }
            }
            ChartEvent::DoubleClick => time.change(|spec, now_ms, zone| spec.zoomed_out(now_ms, zone)),
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
