//! The whole trace at a glance, with the part that the timeline shows: drag over it to choose another.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    analysis::trace::duration_text,
    chart::{
        Scene,
        trace::minimap::{brush_scene, minimap_scene},
    },
    state::reactive::{Callback, Memo, Signal, signal},
    ui::chart_canvas::{ChartCanvas, ChartEvent, ChartRoom},
};

use super::{context::TraceView, zoom::Zoom};

#[component]
pub fn Minimap(view: TraceView) -> impl IntoView {
    let (room, set_room) = signal(None::<ChartRoom>);
    let zoom = view.zoom();
    let (dragged, set_dragged) = signal(None::<Zoom>);
    let scene = Memo::shared(move || {
        let room = room.get()?;
        let explained = view.explained();
        Some(Arc::new(minimap_scene(&explained.trace, &explained.inks, (room.width_px, room.height_px))))
    });
    let overlay = Signal::derive(move || -> Option<Arc<Scene>> {
        let room = room.get()?;
        let shown = dragged.get().unwrap_or_else(|| zoom.get());
        Some(Arc::new(brush_scene((shown.start, shown.end), (room.width_px, room.height_px))))
    });
    let ratio = move |x_px: f64| room.get_untracked().map_or(0.0, |room| x_px / room.width_px.max(1.0));
    let on_event = Callback::new(move |event: ChartEvent| match event {
        ChartEvent::Select { from_px, to_px, .. } => {
            set_dragged.set(Some(Zoom::within(ratio(from_px).clamp(0.0, 1.0), ratio(to_px).clamp(0.0, 1.0))));
        }
        ChartEvent::SelectDone { .. } => {
            if let Some(zoom) = dragged.get_untracked() {
                view.set_zoom(zoom);
            }
            set_dragged.set(None);
        }
        ChartEvent::SelectCancelled => set_dragged.set(None),
        ChartEvent::DoubleClick | ChartEvent::Escape => view.set_zoom(Zoom::WHOLE),
        ChartEvent::Step(by) => view.set_zoom(zoom.get_untracked().moved(f64::from(by) * 0.1)),
        ChartEvent::ToStart => view.set_zoom(zoom.get_untracked().moved(-1e9)),
        ChartEvent::ToEnd => view.set_zoom(zoom.get_untracked().moved(1e9)),
        ChartEvent::Hover { .. }
        | ChartEvent::Leave
        | ChartEvent::Click { .. }
        | ChartEvent::Enter
        | ChartEvent::Pan { .. } => {}
    });
    let part = move || {
        let whole_ns = view.with(|explained| explained.trace.duration_ns()) as f64;
        let Zoom { start, end } = zoom.get();
        (duration_text((start * whole_ns) as i64), duration_text((end * whole_ns) as i64))
    };
    let summary = Signal::derive(move || {
        let (from, to) = part();
        format!(
            "The whole trace; the timeline shows {from} to {to}. Arrows move that part, a double click or Escape shows all."
        )
    });
    view! {
        <div class="minimap">
            <ChartCanvas scene=scene.into() overlay=overlay on_room=Callback::new(move |room| set_room.set(Some(room))) on_event=on_event summary=summary class="chart minimap__chart"/>
            {move || (!zoom.get().is_whole()).then(|| {
                let (from, to) = part();
                view! {
                    <div class="minimap__zoom">
                        <span class="minimap__part">{format!("{from} \u{2013} {to}")}</span>
                        <button type="button" class="control" on:click=move |_| view.set_zoom(Zoom::WHOLE)>"Whole trace"</button>
                    </div>
                }
            })}
        </div>
    }
    .into_any()
}
