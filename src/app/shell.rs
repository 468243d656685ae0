//! The frame around every page: rail, bar, routes, keys.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    base::time::{Refresh, TimeError, TimeSpec},
    model::config::SourceKind,
    pages::{alerts, dashboard::DashboardPage, dashboards, not_found, status, trace, traces},
    platform::{clipboard, clock, dom, events, timer},
    state::{
        alerts::Rules,
        chunks::Chunk,
        dashboards::Dashboards,
        page::PageInfo,
        reactive::{Callback, Memo, RwSignal, Signal, effect},
        refresh::use_beat,
        router::{Route, Router},
        sources::{SourceHealth, Sources},
        theme::Theme,
        time::{TimeContext, fallback_spec},
        tools::{Tool, Tools},
        url::Params,
        zone::Zone,
    },
    ui::{
        icon::{Icon, IconView},
        later::{Later, later_over, later_tool},
        popover::Popover,
        refresh_picker::RefreshPicker,
        time_picker::TimePicker,
        views::Views,
    },
};

use super::{
    keyboard::{Action, BINDINGS, PALETTE_KEY, Pressed},
    tools,
};

/// What a link to another page takes along.
const CARRIED: [&str; 4] = ["from", "to", "tz", "refresh"];
/// Charts are about as wide as this; the automatic refresh is the range divided by it.
const TYPICAL_WIDTH_PX: u32 = 640;
/// By then a page has asked what it shows.
const TOOLS_AFTER_MS: i32 = 1_500;
/// Begins the fragment of a link that carries a dashboard.
pub(super) const IMPORT_SIGN: &str = "import=";

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
    let asked_tools = Tools::provide();
    use_keys(time, asked_tools);
    // A page that is on its way goes first, and a link that carries a dashboard at once.
    let delay_ms = if router.fragment().starts_with(IMPORT_SIGN) { 0 } else { TOOLS_AFTER_MS };
    let later = timer::after(delay_ms, move || asked_tools.is_wanted.set(true));
    let later = StoredValue::new_local(Some(later));
    on_cleanup(move || drop(later.try_update_value(Option::take)));
    let open_tools = move || {
        let close = Callback::new(move |()| asked_tools.asked.set(None));
        asked_tools.is_wanted.get().then(|| later_over(move || tools::open(time), close))
    };
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
        // Before the page: what stands at the head of a printed one is among it.
        {open_tools}
        <div class="shell">
            <Rail brand=brand/>
            <Bar time=time/>
            <main class="page" id="page" tabindex="-1" node_ref=main>
                <Page router=router/>
            </main>
        </div>
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
            Route::Dashboards => later(Chunk::Tools, dashboards::open),
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
    // What the page opens with; the address need not say it.
    let usual_zone = Memo::new(move |_| page.opening.with(|opening| opening.zone.clone()).unwrap_or_default());
    let usual_refresh = Memo::new(move |_| page.opening.with(|opening| opening.refresh).unwrap_or_default());
    let zone =
        Memo::new(move |_| params.with(|p| p.get("tz").and_then(Zone::parse)).unwrap_or_else(|| usual_zone.get()));
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
        _ => page.opening.with(|opening| opening.spec.clone()).unwrap_or_else(fallback_spec),
    });
    let refresh = Memo::new(move |_| {
        params.with(|p| p.get("refresh").and_then(Refresh::parse)).unwrap_or_else(|| usual_refresh.get())
    });
    let interval_ms = Signal::derive(move || {
        let spec = spec.get();
        if !spec.is_live() {
            return None;
        }
        let range = zone.with(|zone| zone.with(|zone| spec.resolve(clock::now_ms(), zone))).ok()?;
        refresh.get().interval_ms(range, TYPICAL_WIDTH_PX)
    });
    let (beat, beat_now) = use_beat(interval_ms);
    let pressed = RwSignal::new(0_u64);
    let refresh_now = Callback::new(move |()| {
        pressed.update(|count| *count += 1);
        beat_now.run(());
    });

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
        pressed: pressed.into(),
        set_spec: Callback::new(move |spec: TimeSpec| {
            write(&[("from", Some(spec.from.to_string())), ("to", Some(spec.to.to_string()))], false);
        }),
        set_zone: Callback::new(move |zone: Zone| {
            let value = (zone != usual_zone.get_untracked()).then(|| zone.to_string());
            write(&[("tz", value)], true);
        }),
        set_refresh: Callback::new(move |refresh: Refresh| {
            let value = (refresh != usual_refresh.get_untracked()).then(|| refresh.to_string());
            write(&[("refresh", value)], true);
        }),
        refresh_now,
    };
    provide_context(context);
    context
}

/// Whether what a key does is there: pages are where the configuration says so.
pub(super) fn is_there(action: Action) -> bool {
    match action {
        Action::Go("/traces") => Sources::expect().of_kind(SourceKind::Jaeger, None).is_some(),
        Action::Go(path) => path.strip_prefix("/d/").is_none_or(|name| Dashboards::expect().file(name).is_some()),
        _ => true,
    }
}

fn use_keys(time: TimeContext, tools: Tools) {
    let theme = Theme::expect();
    let router = Router::expect();
    let there: [bool; BINDINGS.len()] = std::array::from_fn(|at| BINDINGS.get(at).is_some_and(|b| is_there(b.action)));
    let pressed = StoredValue::new(Pressed::default());
    let listener = events::on_key(move |event| {
        if event.default_prevented() || dom::is_typing(&event) || event.alt_key() {
            return;
        }
        let has_command = event.ctrl_key() || event.meta_key();
        let key =
            if has_command { if event.key() == "k" { PALETTE_KEY.to_owned() } else { return } } else { event.key() };
        let action = pressed.try_update_value(|p| p.press(&key, clock::monotonic_ms())).flatten();
        let is_there =
            |action: &Action| BINDINGS.iter().zip(there).any(|(b, is_there)| b.action == *action && is_there);
        let Some(action) = action.filter(is_there) else { return };
        // A trace's page has its own keys for its rows and its search.
        let is_trace = matches!(untrack(|| router.route()), Route::Trace(_));
        if is_trace && matches!(action, Action::Search | Action::NextRow | Action::PreviousRow) {
            return;
        }
        event.prevent_default();
        match action {
            Action::Help => tools.ask(Tool::Help),
            Action::Palette => tools.ask(Tool::Palette),
            Action::Search => match dom::find("main input[type=search], main [role=searchbox], main [role=combobox]") {
                Some(field) => dom::focus(&field),
                None => tools.ask(Tool::Palette),
            },
            Action::Refresh => time.refresh_now.run(()),
            Action::ToggleTheme => theme.toggle(),
            Action::Go(path) => go_to(router, path),
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
            Action::NextRow | Action::PreviousRow => {
                if let Some(main) = dom::find("main") {
                    dom::move_focus(&main, "[data-row]", if action == Action::NextRow { 1 } else { -1 });
                }
            }
        }
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || drop(listener.try_update_value(Option::take)));
}

/// Opens a page, with the time range and what else goes along.
pub(super) fn go_to(router: Router, path: &str) {
    let query = Params::parse(&router.search().get_untracked()).keep(&CARRIED).to_query();
    router.go(&format!("{path}{query}"), false);
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
    let tools = Tools::expect();
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
            <button
                type="button"
                class="control"
                data-variant="ghost"
                aria-label="Go to anything"
                title="Go to anything (Ctrl+K)"
                on:click=move |_| tools.ask(Tool::Palette)
            >
                <IconView icon=Icon::Search is_small=true/>
            </button>
            <ThemeMenu/>
        </header>
    }
    .into_any()
}

#[component]
fn ShareMenu(time: TimeContext) -> impl IntoView {
    let sheet = move |close: Callback<()>| later_tool(move || tools::open_share(time, close));
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
    let sheet = move |close: Callback<()>| later_tool(move || tools::open_theme(close));
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
