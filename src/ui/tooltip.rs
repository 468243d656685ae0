//! The values under the pointer. It never covers the point it speaks of, and never leaves the window.

use leptos::{html, prelude::*};

use crate::{
    base::colour::Ink,
    platform::dom,
    state::reactive::{Signal, effect, signal},
};

use super::{legend::Swatch, views::Views};

#[derive(Debug, Clone, PartialEq)]
pub struct TooltipRow {
    pub name: String,
    pub ink: Option<Ink>,
    pub value: String,
    pub is_near: bool,
}

/// What a tooltip says, and the point of the window (CSS pixels) that it speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct TooltipData {
    pub title: String,
    pub rows: Vec<TooltipRow>,
    pub x_px: f64,
    pub y_px: f64,
}

/// More rows than this do not fit on a screen; the nearest is always among those shown.
const ROWS_MAX: usize = 14;
/// Between the point and the sheet.
const GAP_PX: f64 = 14.0;

#[component]
pub fn Tooltip(data: Signal<Option<TooltipData>>) -> impl IntoView {
    let sheet = NodeRef::<html::Div>::new();
    let (place, set_place) = signal((0.0, 0.0));
    effect(move || {
        let point = data.with(|d| d.as_ref().map(|d| (d.x_px, d.y_px)));
        let (Some(point), Some(sheet)) = (point, sheet.get()) else { return };
        let size = (f64::from(sheet.offset_width()), f64::from(sheet.offset_height()));
        set_place.set(place_beside(point, size, dom::viewport_px()));
    });
    view! {
        <div
            class="tooltip"
            role="presentation"
            node_ref=sheet
            hidden=move || data.with(Option::is_none)
            style:transform=move || {
                let (x, y) = place.get();
                format!("translate({x:.0}px, {y:.0}px)")
            }
        >
            {move || data.get().map(|data| {
                let TooltipData { title, rows, .. } = data;
                let hidden_count = rows.len().saturating_sub(ROWS_MAX);
                let rows = shown_rows(rows)
                    .into_iter()
                    .map(|row| {
                        let TooltipRow { name, ink, value, is_near } = row;
                        view! {
                            <div class="tooltip__row" data-near=is_near.then_some("true")>
                                {ink.map(|ink| view! { <Swatch ink=ink is_square=true/> }).views()}
                                <span class="tooltip__name">{name}</span>
                                <span class="tooltip__value">{value}</span>
                            </div>
                        }
                    })
                    .views();
                view! {
                    <span class="tooltip__time">{title}</span>
                    {rows}
                    {(hidden_count > 0).then(|| view! { <div class="tooltip__more">{format!("{hidden_count} more")}</div> }).views()}
                }
            })}
        </div>
    }
    .into_any()
}

/// The first rows, with the nearest one in place of the last if it would be cut off.
fn shown_rows(mut rows: Vec<TooltipRow>) -> Vec<TooltipRow> {
    let near = rows.iter().position(|r| r.is_near).filter(|at| *at >= ROWS_MAX);
    if let Some(at) = near {
        let row = rows.remove(at);
        rows.insert(ROWS_MAX - 1, row);
    }
    rows.truncate(ROWS_MAX);
    rows
}

/// Where the sheet's top left corner goes: right of the point, or left of it where there is no room.
fn place_beside(point: (f64, f64), size: (f64, f64), window: (f64, f64)) -> (f64, f64) {
    let right = point.0 + GAP_PX;
    let fits_right = right + size.0 <= window.0 - 4.0;
    let x = if fits_right { right } else { point.0 - GAP_PX - size.0 };
    let y = point.1 - size.1 / 2.0;
    (x.clamp(4.0, (window.0 - size.0 - 4.0).max(4.0)), y.clamp(4.0, (window.1 - size.1 - 4.0).max(4.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_stays_in_the_window_and_off_the_point() {
        let check = |point: (f64, f64), expect: (f64, f64)| {
            let (x, y) = place_beside(point, (100.0, 60.0), (400.0, 300.0));
            assert_eq!((x, y), expect);
            assert!(x > point.0 || x + 100.0 < point.0, "covers the point");
        };
        check((50.0, 100.0), (64.0, 70.0));
        check((390.0, 100.0), (276.0, 70.0));
        check((50.0, 5.0), (64.0, 4.0));
        check((50.0, 299.0), (64.0, 236.0));
    }

    #[test]
    fn the_nearest_row_is_always_shown() {
        let rows: Vec<TooltipRow> = (0..20)
            .map(|n| TooltipRow { name: n.to_string(), ink: None, value: String::new(), is_near: n == 17 })
            .collect();
        let shown = shown_rows(rows);
        assert_eq!(shown.len(), ROWS_MAX);
        assert_eq!(shown.last().map(|r| r.name.as_str()), Some("17"));
    }
}
