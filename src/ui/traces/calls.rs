//! The room in which boxes of a graph of calls lie, with the lines between them below.

use leptos::prelude::*;

/// `extent_px`: width and height. The boxes are the children, placed by their styles.
#[component]
pub fn CallsRoom(
    #[prop(into)] label: String,
    extent_px: (f64, f64),
    lines: AnyView,
    children: Children,
) -> impl IntoView {
    let (width, height) = extent_px;
    view! {
        <div class="calls" tabindex="0" role="region" aria-label=label>
            <div class="calls__room" style:width=format!("{width:.0}px") style:height=format!("{height:.0}px")>
                <svg class="calls__lines" viewBox=format!("0 0 {width:.0} {height:.0}") aria-hidden="true">{lines}</svg>
                {children()}
            </div>
        </div>
    }
    .into_any()
}
