//! A page for paper: light colours, charts painted in them, and a head that says what it shows.

use leptos::prelude::*;

use crate::{
    base::time::date_time_text,
    model::config::SourceKind,
    platform::{clock, dom, print, timer},
    state::{
        page::PageInfo,
        reactive::{RwSignal, effect},
        router::Router,
        sources::Sources,
        theme::Theme,
        time::TimeContext,
        tools::{Tool, Tools},
    },
    ui::views::Views,
};

/// Only on paper.
pub fn head(time: TimeContext, tools: Tools) -> AnyView {
    let theme = Theme::expect();
    let is_printing = RwSignal::new(false);
    let listeners = print::on_print(move |is_now| {
        // Both an event and the media query may tell.
        if is_printing.with_untracked(|is_printing| *is_printing == is_now) {
            return;
        }
        timer::set_printing(is_now);
        print::mark(is_now);
        theme.print.run(is_now);
        is_printing.set(is_now);
    });
    let listeners = StoredValue::new_local(listeners);
    on_cleanup(move || drop(listeners.try_update_value(std::mem::take)));
    effect(move || {
        if tools.asked.get() == Some(Tool::Print) {
            tools.asked.set(None);
            print::open();
        }
    });
    let page = PageInfo::expect();
    let router = Router::expect();
    let (brand, sources) = Sources::expect().with_config(|config| {
        let sources: Vec<String> = config
            .sources
            .iter()
            .filter(|source| source.kind == SourceKind::Prometheus)
            .map(|source| format!("{} ({})", source.name, dom::absolute_url(&source.url)))
            .collect();
        (config.branding.title.clone(), sources.join(", "))
    });
    // Written when it is needed: a range that moves with the clock changes with every second.
    let lines = move || {
        is_printing.track();
        let zone = time.zone.get();
        let now_ms = clock::now_ms();
        let now = zone.with(|zone| date_time_text(now_ms - now_ms.rem_euclid(1_000), zone));
        let range = page.has_time.get().then(|| view! { <div class="print-head__line">{time.words()}</div> });
        let address = format!("{}{}{}", dom::page_origin(), router.path().get(), router.search().get());
        view! {
            <div class="print-head__title">{move || page.title.get()}</div>
            {range.views()}
            <div class="print-head__line">{format!("Source: {sources}")}</div>
            <div class="print-head__line">{format!("{brand}, printed {now}, {address}")}</div>
        }
        .into_any()
    };
    view! { <div class="print-head" aria-hidden="true">{lines}</div> }.into_any()
}
