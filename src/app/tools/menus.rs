//! The menus of the bar: sharing and the theme.

use leptos::prelude::*;

use crate::{
    platform::{clipboard, dom},
    state::{
        dashboards::KEPT_SIGN,
        reactive::Callback,
        router::{Route, Router},
        theme::{Theme, ThemeChoice},
        time::TimeContext,
        tools::{Tool, Tools},
        url::Params,
    },
    ui::views::Views,
};

/// Copies the address of the page as it is: live, or frozen at what is shown.
pub fn copy_link(router: Router, time: TimeContext, is_frozen: bool) {
    let spec = time.spec.get_untracked();
    let ends = if is_frozen {
        time.resolve_now().ok().map(|range| (range.start_ms.to_string(), range.end_ms.to_string()))
    } else {
        Some((spec.from.to_string(), spec.to.to_string()))
    };
    let Some((from, to)) = ends else { return };
    let params = Params::parse(&router.search().get_untracked()).with("from", Some(&from)).with("to", Some(&to));
    clipboard::copy(&format!("{}{}{}", dom::page_origin(), router.path().get_untracked(), params.to_query()));
}

pub fn share(time: TimeContext, close: Callback<()>) -> AnyView {
    let tools = Tools::expect();
    let router = Router::expect();
    let is_kept = matches!(untrack(|| router.route()), Route::Dashboard(name) if name.starts_with(KEPT_SIGN));
    let copy = move |is_frozen: bool| {
        copy_link(router, time, is_frozen);
        close.run(());
    };
    let note = is_kept.then(|| {
        view! { <p class="menu__hint">"Links lead to a dashboard of this browser: others need the link that carries it, above the dashboard."</p> }
    });
    view! {
        <div class="menu" role="menu" aria-label="Share">
            <button type="button" class="menu__item" role="menuitem" on:click=move |_| copy(false)>
                "Copy live link"<span class="menu__note">"moves with the clock"</span>
            </button>
            <button type="button" class="menu__item" role="menuitem" on:click=move |_| copy(true)>
                "Copy frozen link"<span class="menu__note">"shows these minutes for ever"</span>
            </button>
            <button type="button" class="menu__item" role="menuitem" on:click=move |_| { close.run(()); tools.ask(Tool::Print); }>
                "Print"<span class="menu__note">"on light paper"</span>
            </button>
        </div>
        {note.views()}
    }
    .into_any()
}

pub fn theme(close: Callback<()>) -> AnyView {
    let theme = Theme::expect();
    let items = ThemeChoice::ALL
        .into_iter()
        .map(|choice| {
            let is_chosen = theme.choice.get_untracked() == choice;
            view! {
                <button
                    type="button"
                    class="menu__item"
                    role="menuitemradio"
                    aria-checked=if is_chosen { "true" } else { "false" }
                    on:click=move |_| {
                        theme.choose.run(choice);
                        close.run(());
                    }
                >
                    {choice.label()}
                </button>
            }
        })
        .views();
    view! { <div class="menu" role="menu" aria-label="Theme">{items}</div> }.into_any()
}
