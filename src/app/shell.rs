//! The frame around every page: rail, bar, routes, keys.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    base::time::{Refresh, TimeError, TimeSpec},
    model::config::SourceKind,
    pages::{alerts, dashboard::DashboardPage, dashboards, not_found, status, trace, traces},
    platform::{clipboard, clock, dom, events},
    state::{
        alerts::Rules,
        chunks::Chunk,
        dashboards::Dashboards,
        page::PageInfo,
        reactive::{Callback, Memo, Signal, effect, signal},
        refresh::use_beat,
        router::{Route, Router},
        sources::{SourceHealth, Sources},
        theme::{Theme, ThemeChoice},
        time::{TimeContext, fallback_spec},
        url::Params,
        zone::Zone,
    },
    ui::{
        dialog::Dialog,
        icon::{Icon, IconView},
        later::Later,
        popover::Popover,
        refresh_picker::RefreshPicker,
        time_picker::TimePicker,
        views::Views,
    },
};

use super::keyboard::{Action, BINDINGS, Pressed, key_label};

/// What a link to another page takes along.
const CARRIED: [&str; 4] = ["from", "to", "tz", "refresh"];
/// Charts are about as wide as this; the automatic refresh is the range divided by it.
const TYPICAL_WIDTH_PX: u32 = 640;

#[component]
pub fn Shell() -> impl IntoView {
    let router = Router::provide();
    let first =
        Dashboards::expect().files().first().map_or_else(|| "/dashboards".to_owned(), |f| format!("/d/{}", f.name));
    // Before anything is asked for the start page, it is the first dashboard.
    let leave_start = move || {
        if router.route() == Route::Start {
            router.go(&first, true);
        }
    };
    untrack(&leave_start);
    effect(leave_start);

    let time = provide_time(router);
    let page = PageInfo::expect();
    let (is_help, set_help) = signal(false);
    use_keys(time, Callback::new(move |()| set_help.set(true)));
    let brand = Sources::expect().with_config(|config| config.branding.title.clone());

    let rules = Rules::expect();
    effect({
        let brand = brand.clone();
        move || {
            let (firing, _) = rules.firing();
            let title = page.title.get();
            let lead = if firing > 0 { format!("{firing} firing · ") } else { String::new() };
            dom::set_title(&if title.is_empty() {
                format!("{lead}{brand}")
            } else {
                format!("{lead}{title} · {brand}")
            });
        }
    });

    let main = NodeRef::<html::Main>::new();
    view! {
        <a class="skip-link" href="#page" on:click=move |event| {
            event.prevent_default();
            if let Some(main) = main.get_untracked() { dom::focus(&main); }
        }>"Skip to the page"</a>
        <div class="shell">
            <Rail brand=brand/>
            <Bar time=time/>
            <main class="page" id="page" tabindex="-1" node_ref=main>
                <Page router=router/>
            </main>
        </div>
        {move || is_help.get().then(|| view! { <Help on_close=Callback::new(move |()| set_help.set(false))/> }).views()}
    }
    .into_any()
}

/// The page of the address. From one dashboard to another it stays and is told the name.
#[component]
fn Page(router: Router) -> impl IntoView {
    let route = Memo::new(move |_| router.route());
    // On the way to another page the name is still the old one: nobody loads a dashboard without a name.
    let name = Memo::new(move |before: Option<&String>| match route.get() {
        Route::Dashboard(name) => name,
        _ => before.cloned().unwrap_or_default(),
    });
    let kind = Memo::new(move |_| route.with(std::mem::discriminant));
    move || {
        kind.track();
        match route.get_untracked() {
            Route::Start => ().into_any(),
            Route::Dashboard(_) => view! { <DashboardPage name=name/> }.into_any(),
            Route::Dashboards => later(Chunk::Pages, dashboards::open),
            Route::Alerts => later(Chunk::Pages, alerts::open),
            Route::Traces => later(Chunk::Traces, traces::open),
            Route::Trace(_) => later(Chunk::Traces, trace::open),
            Route::Status => later(Chunk::Pages, status::open),
            Route::Unknown => later(Chunk::Pages, not_found::open),
        }
    }
}

fn later(chunk: Chunk, open: fn() -> AnyView) -> AnyView {
    view! { <Later chunk=chunk open=Arc::new(open)/> }.into_any()
}

/// The time range of the app, read from the URL and written to it.
fn provide_time(router: Router) -> TimeContext {
    let search = router.search();
    let page = PageInfo::expect();

    let params = Memo::new(move |_| search.with(|search| Params::parse(search)));
    let zone = Memo::new(move |_| params.with(|p| p.get("tz").and_then(Zone::parse).unwrap_or_default()));
    let asked = Memo::new(move |_| -> Option<Result<TimeSpec, TimeError>> {
        params.with(|p| {
            let from = p.get("from")?;
            let to = p.get("to").unwrap_or("now");
            Some(zone.with(|zone| {
                zone.with(|zone| {
                    let spec = TimeSpec::parse(from, to, zone)?;
                    spec.resolve(clock::now_ms(), zone)?;
                    Ok(spec)
                })
            }))
        })
    });
    let spec = Memo::new(move |_| match asked.get() {
        Some(Ok(spec)) => spec,
        _ => page.default_spec.get().unwrap_or_else(fallback_spec),
    });
    let refresh = Memo::new(move |_| params.with(|p| p.get("refresh").and_then(Refresh::parse).unwrap_or_default()));
    let interval_ms = Signal::derive(move || {
        let spec = spec.get();
        if !spec.is_live() {
            return None;
        }
        let range = zone.with(|zone| zone.with(|zone| spec.resolve(clock::now_ms(), zone))).ok()?;
        refresh.get().interval_ms(range, TYPICAL_WIDTH_PX)
    });
    let (beat, refresh_now) = use_beat(interval_ms);

    let write = move |changes: &[(&str, Option<String>)], is_replacing: bool| {
        let mut params = params.get_untracked();
        for (name, value) in changes {
            params = params.with(name, value.as_deref());
        }
        router.set_search(&params.to_query(), is_replacing);
    };
    let context = TimeContext {
        spec: spec.into(),
        problem: Signal::derive(move || asked.get().and_then(Result::err)),
        zone: zone.into(),
        refresh: refresh.into(),
        beat,
        set_spec: Callback::new(move |spec: TimeSpec| {
            write(&[("from", Some(spec.from.to_string())), ("to", Some(spec.to.to_string()))], false);
        }),
        set_zone: Callback::new(move |zone: Zone| {
            let value = (zone != Zone::Local).then(|| zone.to_string());
            write(&[("tz", value)], true);
        }),
        set_refresh: Callback::new(move |refresh: Refresh| {
            let value = (refresh != Refresh::default()).then(|| refresh.to_string());
            write(&[("refresh", value)], true);
        }),
        refresh_now,
    };
    provide_context(context);
    context
}

fn use_keys(time: TimeContext, on_help: Callback<()>) {
    let theme = Theme::expect();
    let router = Router::expect();
    let pressed = StoredValue::new(Pressed::default());
    let listener = events::on_key(move |event| {
        if dom::is_typing(&event) || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let action = pressed.try_update_value(|p| p.press(&event.key(), clock::monotonic_ms())).flatten();
        let Some(action) = action else { return };
        event.prevent_default();
        match action {
            Action::Help => on_help.run(()),
            Action::Refresh => time.refresh_now.run(()),
            Action::ToggleTheme => theme.toggle(),
            Action::Go(path) => {
                let query = Params::parse(&router.search().get_untracked()).keep(&CARRIED).to_query();
                router.go(&format!("{path}{query}"), false);
            }
            Action::Earlier => time.change(TimeSpec::shifted_back),
            Action::Later => time.change(TimeSpec::shifted_forward),
            Action::ZoomOut => time.change(TimeSpec::zoomed_out),
            Action::MakeAbsolute => time.change(TimeSpec::made_absolute),
            Action::CopyRange => clipboard::copy(&time.spec.with_untracked(ToString::to_string)),
            Action::PasteRange => clipboard::paste(move |text| {
                let spec = time.zone.with_untracked(|zone| zone.with(|zone| TimeSpec::parse_text(&text, zone)));
                // What is on the clipboard need not be a range; then nothing happens, as with any paste elsewhere.
                if let Ok(spec) = spec {
                    time.set_spec.run(spec);
                }
            }),
        }
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || drop(listener.try_update_value(Option::take)));
}

#[component]
fn Rail(brand: String) -> impl IntoView {
    let search = Router::expect().search();
    let query = Memo::new(move |_| search.with(|s| Params::parse(s).keep(&CARRIED).to_query()));
    let dashboards = Dashboards::expect().files();
    let links = dashboards
        .into_iter()
        .map(|file| {
            let icon = Icon::from_name(file.icon.as_deref().unwrap_or_default());
            let path = format!("/d/{}", file.name);
            view! { <RailLink path=path query=query icon=icon label=file.title/> }
        })
        .views();
    // A source that is not configured hides its pages.
    let has_traces = Sources::expect().of_kind(SourceKind::Jaeger, None).is_some();
    let rules = Rules::expect();
    let firing = Memo::new(move |_| rules.firing());
    let count = ViewFn::from(move || {
        move || {
            let (count, severity) = firing.get();
            (count > 0).then(|| {
                view! {
                    <span class="rail__count" data-severity=severity data-testid="firing-count" title=format!("{count} firing")>
                        {count}
                    </span>
                }
            })
        }
    });
    view! {
        <nav class="rail" aria-label="Pages">
            <div class="rail__brand">
                <svg class="rail__logo" viewBox="0 0 20 20" aria-hidden="true">
                    <rect class="rail__bar-1" x="1" y="10" width="4" height="9" rx="1.5"></rect>
                    <rect class="rail__bar-2" x="8" y="5" width="4" height="14" rx="1.5"></rect>
                    <rect class="rail__bar-3" x="15" y="1" width="4" height="18" rx="1.5"></rect>
                </svg>
                <span class="rail__brand-name">{brand}</span>
            </div>
            {links}
            <RailLink path="/dashboards" query=query icon=Icon::Dashboards label="Dashboards"/>
            <RailLink path="/alerts" query=query icon=Icon::Alerts label="Alerts" extra=count/>
            {has_traces.then(|| view! { <RailLink path="/traces" query=query icon=Icon::Traces label="Traces"/> }).views()}
            <RailLink path="/status" query=query icon=Icon::Status label="Status"/>
            <SourceDot/>
        </nav>
    }
    .into_any()
}

#[component]
fn RailLink(
    #[prop(into)] path: String,
    query: Memo<String>,
    icon: Icon,
    #[prop(into)] label: String,
    #[prop(optional, into)] extra: ViewFn,
) -> impl IntoView {
    let title = label.clone();
    let router = Router::expect();
    let path = router.href(&path);
    let pathname = router.path();
    let current = {
        let path = path.clone();
        move || pathname.with(|at| *at == path).then_some("page")
    };
    view! {
        <a class="rail__link" href=move || format!("{path}{}", query.get()) title=title aria-current=current>
            <IconView icon=icon/>
            <span class="rail__label">{label}</span>
            {extra.run()}
        </a>
    }
    .into_any()
}

/// How many sources are well.
#[component]
fn SourceDot() -> impl IntoView {
    let healths: Vec<_> = Sources::expect().handles().into_iter().map(|h| h.health).collect();
    let summary = Memo::new(move |_| {
        let states: Vec<Option<bool>> = healths.iter().map(|health| health.with(SourceHealth::is_well)).collect();
        let well = states.iter().filter(|s| **s == Some(true)).count();
        let failing = states.iter().filter(|s| **s == Some(false)).count();
        (well, failing, states.len())
    });
    let state = move || match summary.get() {
        (_, failing, _) if failing > 0 => "failed",
        (0, _, _) => "unknown",
        _ => "ok",
    };
    let text = move || match summary.get() {
        (_, failing, total) if failing > 0 => format!("{failing} of {total} sources failing"),
        (well, _, total) => format!("{well} of {total} sources"),
    };
    view! {
        <a class="rail__foot" href=Router::expect().href("/status")>
            <span class="dot" data-state=state aria-hidden="true"></span>
            <span class="rail__foot-text" data-testid="source-summary">{text}</span>
        </a>
    }
    .into_any()
}

#[component]
fn Bar(time: TimeContext) -> impl IntoView {
    let page = PageInfo::expect();
    let title = page.title;
    view! {
        <header class="bar">
            <h1 class="bar__title">{move || title.get()}</h1>
            <span class="bar__spacer"></span>
            <Show when=move || page.has_time.get()>
                <div class="control-group">
                    <TimePicker
                        spec=time.spec
                        zone=time.zone
                        problem=Signal::derive(move || time.problem.get().map(|problem| problem.to_string()))
                        on_choose=time.set_spec
                        on_zone=time.set_zone
                        on_shift=Callback::new(move |is_later| time.change(if is_later { TimeSpec::shifted_forward } else { TimeSpec::shifted_back }))
                        on_zoom_out=Callback::new(move |()| time.change(TimeSpec::zoomed_out))
                        on_make_absolute=Callback::new(move |()| time.change(TimeSpec::made_absolute))
                    />
                </div>
                <div class="control-group">
                    <RefreshPicker
                        refresh=time.refresh
                        on_choose=time.set_refresh
                        on_refresh=time.refresh_now
                    />
                </div>
                <ShareMenu time=time/>
            </Show>
            <ThemeMenu/>
        </header>
    }
    .into_any()
}

#[component]
fn ShareMenu(time: TimeContext) -> impl IntoView {
    let router = Router::expect();
    let copy = move |from: String, to: String| {
        let params = Params::parse(&router.search().get_untracked()).with("from", Some(&from)).with("to", Some(&to));
        clipboard::copy(&format!("{}{}{}", dom::page_origin(), router.path().get_untracked(), params.to_query()));
    };
    let copy_live = move || {
        let spec = time.spec.get_untracked();
        copy(spec.from.to_string(), spec.to.to_string());
    };
    let copy_frozen = move || {
        if let Ok(range) = time.resolve_now() {
            copy(range.start_ms.to_string(), range.end_ms.to_string());
        }
    };
    let sheet = move |close: Callback<()>| {
        view! {
            <div class="menu" role="menu" aria-label="Share">
                <button type="button" class="menu__item" role="menuitem" on:click=move |_| { copy_live(); close.run(()); }>
                    "Copy live link"<span class="menu__note">"moves with the clock"</span>
                </button>
                <button type="button" class="menu__item" role="menuitem" on:click=move |_| { copy_frozen(); close.run(()); }>
                    "Copy frozen link"<span class="menu__note">"shows these minutes for ever"</span>
                </button>
            </div>
        }
        .into_any()
    };
    view! {
        <Popover
            label=Signal::stored("Share this page".to_owned())
            control=ViewFn::from(|| view! { <IconView icon=Icon::Share is_small=true/><span class="bar__word">"Share"</span> })
            sheet=Arc::new(sheet)
        />
    }
    .into_any()
}

#[component]
fn ThemeMenu() -> impl IntoView {
    let theme = Theme::expect();
    let sheet = move |close: Callback<()>| {
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
    };
    view! {
        <Popover
            label=Signal::stored("Theme".to_owned())
            control=ViewFn::from(|| view! { <IconView icon=Icon::Theme is_small=true/> })
            variant="ghost"
            sheet=Arc::new(sheet)
        />
    }
    .into_any()
}

#[component]
fn Help(on_close: Callback<()>) -> impl IntoView {
    let rows = move || {
        BINDINGS
            .iter()
            .map(|binding| {
                let keys = binding.keys.iter().map(|key| view! { <kbd class="key">{key_label(key)}</kbd>" " }).views();
                view! { <dt>{keys}</dt><dd>{binding.label}</dd> }
            })
            .views()
    };
    view! {
        <Dialog title="Keys" on_close=on_close>
            <dl class="key-list">{rows()}</dl>
            <p class="card__text">"On a chart: arrows move the cursor, Home and End jump, dragging chooses a time, a double click zooms out."</p>
            <p class="card__text">"In a list of traces: j and k move, Enter opens. In a trace: j and k or arrows move through rows, Enter opens a span, Esc closes it, a and d pan, + and - zoom, w and s scroll, [ and ] fold and unfold a level, / finds, n and N go to the next and previous match."</p>
        </Dialog>
    }
    .into_any()
}
