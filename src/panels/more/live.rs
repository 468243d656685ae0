//! What the kinds that show single numbers share: options, loading, numbers, and what the card must know.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    api::grafana::more::ShownValues,
    chart::Size,
    model::{
        dashboard::{FieldColour, FieldOptions, Panel, PanelDocument},
        frame::is_missing,
        notice::Notice,
    },
    panels::{
        PanelProps,
        card::{Frame, Live},
        data::{PanelData, use_panel_data},
        export::Sheet,
        leads::cover_view,
    },
    state::{
        query::Query,
        reactive::{Callback, Memo, RwSignal, Signal},
        time::TimeContext,
    },
};

use super::{
    figures::{Figure, Figures, ROWS, figures_of, summary_of},
    room::watch_room,
};

/// A panel of numbers, read and loading.
pub struct Reading<O> {
    pub options: Arc<O>,
    pub figures: Memo<Figures>,
    pub live: Live,
}

/// `read` reads the options, `shown` says which numbers they ask for, `usual` is the colour mode where the file names none,
/// `most` how many numbers can be shown.
pub fn use_figures<O: Send + Sync + 'static>(
    props: &PanelProps,
    read: impl FnOnce(&PanelDocument, &mut FieldOptions) -> (O, Vec<Notice>),
    shown: impl Fn(&O) -> &ShownValues,
    (usual, most): (FieldColour, usize),
) -> Reading<O> {
    let mut field = props.panel.field.clone();
    let (options, remarks) = read(&props.panel.document, &mut field);
    let query = use_panel_data(props, Signal::stored(Some(ROWS)), 1.0);
    let time = TimeContext::expect();
    let filled = props.shown();
    let figures = {
        let shown = shown(&options).clone();
        Memo::new(move |_| {
            let zone = time.zone.get();
            let variables = filled.with(|panel| panel.variables.clone());
            query.remote.with(|remote| {
                let data = remote.value.as_ref();
                data.map(|data| {
                    // What was read late, and the name with its variables filled in.
                    let panel = data.shown_panel();
                    let display_name = panel.field.display_name.clone();
                    let field = FieldOptions { display_name, ..field.clone() };
                    let panel = Panel { field, variables: variables.clone(), ..Panel::clone(panel) };
                    figures_of(&panel, &shown, data, (&usual, most), &zone)
                })
                .unwrap_or_default()
            })
        })
    };
    let live = Live {
        query,
        sheet: sheet_of(query),
        remarks: Signal::derive(move || {
            let drawn = figures.with(|found| found.notices.clone());
            remarks.iter().cloned().chain(drawn).collect()
        }),
        is_empty: Signal::derive(move || figures.with(|found| found.list.iter().all(|f| is_missing(f.value)))),
    };
    Reading { options: Arc::new(options), figures, live }
}

/// The numbers in words, below the panel's title.
pub fn summary_signal(props: &PanelProps, figures: Memo<Figures>) -> Signal<String> {
    let shown = props.shown();
    Signal::derive(move || figures.with(|found| summary_of(&shown.get().title, &found.list)))
}

/// The series as they are shown.
pub fn sheet_of(query: Query<PanelData>) -> Callback<(), Option<Sheet>> {
    Callback::new(move |()| {
        query.remote.with(|remote| {
            let data = remote.value.as_ref()?;
            Some(Sheet::of(data))
        })
    })
}

/// A meter with what its number leads to lying over it.
pub fn led_view(meter: AnyView, figure: &Figure) -> AnyView {
    if figure.leads.is_empty() {
        return meter;
    }
    let cover = cover_view(&figure.name, figure.leads.clone());
    view! { <div class="led">{meter} {cover}</div> }.into_any()
}

/// The card of meters, which are drawn anew when their room changes.
pub fn meters_frame(
    props: PanelProps,
    live: Live,
    summary: Signal<String>,
    room: RwSignal<Option<Size>>,
    meters: impl Fn() -> Option<AnyView> + Send + Sync + 'static,
) -> AnyView {
    let root = NodeRef::<html::Div>::new();
    watch_room(root, Callback::new(move |size| room.set(Some(size))));
    view! {
        <Frame props=props live=live>
            <div class="gauges" node_ref=root>
                <div class="gauges__scroller" tabindex="0" role="group" aria-label=move || summary.get()>
                    {move || meters().into_any()}
                </div>
            </div>
        </Frame>
    }
    .into_any()
}
