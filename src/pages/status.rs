//! How each source is: version, latency, what it said last, and what to do about it.

use leptos::prelude::*;

use crate::{
    api::{http::ApiError, probe},
    base::{
        time::{ago_text, date_time_text, duration_words},
        units,
    },
    model::{
        config::SourceKind,
        target::{Target, TargetHealth, Targets},
    },
    panels::FailureText,
    platform::clock,
    state::{
        page::{Opening, PageInfo},
        query::{Query, use_query},
        reactive::{Callback, Signal},
        refresh::use_beat,
        sources::{SourceHandle, SourceHealth, Sources},
        time::TimeContext,
    },
    ui::views::Views,
};

const INTERVAL_MS: i64 = 15_000;

/// What a Prometheus says about itself.
struct Probe {
    version: String,
    revision: String,
    started_ms: Option<i64>,
    retention: String,
    targets: Option<Targets>,
}

/// The page's door: called from outside its part of the app (`xtask/js/chunks.json`).
#[inline(never)]
pub fn open() -> AnyView {
    view! { <StatusPage/> }.into_any()
}

#[component]
fn StatusPage() -> impl IntoView {
    PageInfo::expect().announce("Status", false, Opening::default());
    let sources = Sources::expect();
    let (beat, check) = use_beat(Signal::stored(Some(INTERVAL_MS)));
    let notices = sources.with_config(|config| config.notices.clone());
    let notices = (!notices.is_empty()).then(|| {
        let items = notices.into_iter().map(|n| view! { <li class="card__text">{n.message}</li> }).views();
        view! { <section class="card"><h2 class="card__title">"Remarks on config.json"</h2><ul>{items}</ul></section> }
    });
    let cards =
        sources.handles().into_iter().map(|handle| view! { <SourceCard handle=handle beat=beat check=check/> }).views();
    view! { <div class="sheet">{notices}{cards}</div> }.into_any()
}

async fn ask(handle: SourceHandle) -> Result<Probe, ApiError> {
    let Some(client) = handle.prometheus.clone() else {
        return Err(ApiError::Cancelled { source_name: handle.source.name });
    };
    let build = client.buildinfo().await;
    match &build {
        Ok(answer) => handle.observe(Some(answer.stats.elapsed_ms), None),
        Err(error) => handle.observe(None, Some(error)),
    }
    let build = build?.value;
    // Old servers and other engines lack these: what is missing is not shown.
    let runtime = client.runtimeinfo().await.ok().map(|a| a.value);
    let targets = client.targets().await.ok().map(|a| a.value);
    let _gone = handle.health.try_update(|h| h.version = Some(build.version.clone()));
    Ok(Probe {
        version: build.version,
        revision: build.revision,
        started_ms: runtime.as_ref().and_then(|r| r.started_ms),
        retention: runtime.map(|r| r.retention).unwrap_or_default(),
        targets,
    })
}

#[component]
fn SourceCard(handle: SourceHandle, beat: Signal<u64>, check: Callback<()>) -> impl IntoView {
    let kind = handle.source.kind;
    let is_prometheus = kind == SourceKind::Prometheus;
    let is_asked = is_prometheus || probe::is_known(kind);
    let probed = handle.clone();
    let query: Query<Probe> =
        use_query(Signal::stored(is_prometheus.then_some(())), beat, move |(), _| ask(probed.clone()));
    let reached = handle.clone();
    let transport = StoredValue::new_local(Sources::expect().transport());
    let is_probed = is_asked && !is_prometheus;
    let _answer: Query<f64> = use_query(Signal::stored(is_probed.then_some(())), beat, move |(), _| {
        let (handle, transport) = (reached.clone(), transport.get_value());
        async move {
            let result = probe::answers(kind, &handle.endpoint, transport.as_ref()).await;
            match &result {
                Ok(elapsed_ms) => handle.observe(Some(*elapsed_ms), None),
                Err(error) => handle.observe(None, Some(error)),
            }
            result
        }
    });
    let health = handle.health;
    let state = move || match health.with(SourceHealth::is_well) {
        Some(true) => ("ok", "● reachable"),
        Some(false) => ("failed", "▲ failing"),
        None => ("unknown", if is_asked { "asking" } else { "no page uses it yet" }),
    };
    let facts = move || {
        let mut facts: Vec<(&'static str, String)> = Vec::new();
        health.with(|h| {
            if let Some(ms) = h.latency_ms {
                facts.push(("Latency", format!("{ms:.0} ms")));
            }
            if let Some(at) = h.last_success_ms {
                facts.push(("Last answer", ago(at)));
            }
        });
        query.remote.with(|r| {
            let Some(probe) = &r.value else { return };
            facts.push(("Version", probe.version.clone()));
            if !probe.revision.is_empty() {
                facts.push(("Revision", short_revision(&probe.revision)));
            }
            if let Some(at) = probe.started_ms {
                facts.push(("Running for", duration_words((clock::now_ms() - at).max(0))));
            }
            if !probe.retention.is_empty() {
                facts.push(("Retention", probe.retention.clone()));
            }
        });
        facts
            .into_iter()
            .map(|(name, value)| view! { <div><div class="facts__name">{name}</div><div class="facts__value">{value}</div></div> })
            .views()
    };
    let url = handle.absolute_url.clone();
    let diagnosis_url = url.clone();
    let failure = move || {
        health.with(|h| {
            let error = h.failure.clone()?;
            Some(view! {
                <div role="alert" data-testid="source-failure">
                    <FailureText error=error source_url=diagnosis_url.clone()/>
                </div>
            })
        })
    };
    let earlier = move || {
        health.with(|h| {
            let (at, error) = h.last_failure.clone().filter(|_| h.failure.is_none())?;
            let when = TimeContext::expect().zone.with(|zone| zone.with(|zone| date_time_text(at, zone)));
            Some(view! { <p class="card__note">{format!("Last error, {when}: {error}")}</p> })
        })
    };
    let targets = move || query.remote.with(|r| r.value.as_ref().and_then(|p| p.targets.as_ref().map(targets_view)));
    let name = handle.source.name.clone();
    let source_name = name.clone();
    let kind = handle.source.kind.label();
    view! {
        <section class="card" data-testid="source" data-source=source_name>
            <div class="card__head">
                <h2 class="card__title">{name}</h2>
                <span class="badge" data-state=move || state().0>{move || state().1}</span>
                <span class="card__note">{kind}" · "{url}</span>
                <button type="button" class="control card__end" on:click=move |_| check.run(())>"Check now"</button>
            </div>
            <div class="facts">{facts}</div>
            {failure}
            {earlier}
            {targets}
        </section>
    }
    .into_any()
}

fn ago(at_ms: i64) -> String {
    ago_text(clock::now_ms() - at_ms)
}

/// A commit as people write it; a revision that is a name stays whole.
fn short_revision(revision: &str) -> String {
    let is_hash = revision.len() >= 20 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash { revision.chars().take(12).collect() } else { revision.to_owned() }
}

fn targets_view(targets: &Targets) -> AnyView {
    let mut active: Vec<&Target> = targets.active.iter().collect();
    crate::base::order::sort_by(&mut active, |a, b| {
        a.health.cmp(&b.health).then_with(|| a.pool.cmp(&b.pool)).then_with(|| a.scrape_url.cmp(&b.scrape_url))
    });
    let up = active.iter().filter(|t| t.health == TargetHealth::Up).count();
    let rows = active
        .iter()
        .map(|target| {
            let (state, text) = match target.health {
                TargetHealth::Up => ("ok", "● up"),
                TargetHealth::Down => ("failed", "▲ down"),
                TargetHealth::Unknown => ("unknown", "? unknown"),
            };
            let last = target.last_scrape_ms.map_or_else(|| "never".to_owned(), ago);
            view! {
                <tr>
                    <td class="data-table__cell"><span class="badge" data-state=state>{text}</span></td>
                    <td class="data-table__cell">{target.pool.clone()}</td>
                    <td class="data-table__cell">{target.labels.get("instance").unwrap_or_default().to_owned()}</td>
                    <td class="data-table__cell">{last}</td>
                    <td class="data-table__cell">{format!("{}", units::format("s", target.last_scrape_secs, None))}</td>
                    <td class="data-table__cell">{target.last_error.clone().unwrap_or_default()}</td>
                </tr>
            }
        })
        .views();
    let heads = ["State", "Job", "Instance", "Last scrape", "Took", "Error"]
        .map(|name| view! { <th class="data-table__head" scope="col">{name}</th> });
    view! {
        <h3 class="card__note">{format!("{up} of {} scrape targets up", active.len())}</h3>
        <div class="data-table" tabindex="0" role="region" aria-label="Scrape targets">
            <table class="data-table__table"><thead><tr>{heads.views()}</tr></thead><tbody>{rows}</tbody></table>
        </div>
    }
    .into_any()
}
