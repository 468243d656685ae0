//! The traces found, one a row.

use std::sync::Arc;

use leptos::{html, prelude::*};

use crate::{
    analysis::trace::{
        duration_text, ratio,
        summary::{Sort, SortKey, TraceSummary},
        words::counted,
    },
    base::time::{ago_text, date_time_text},
    platform::{clock, dom, events},
    state::reactive::{Callback, Memo, RwSignal, Signal},
    ui::{
        icon::{Icon, IconView},
        traces::{ServiceDot, ShowMore, SortButton},
        views::Views,
    },
};

use super::search::{Found, Search};

/// More rows are drawn when they are wanted.
const ROWS_AT_FIRST: usize = 200;

#[component]
pub fn Table(search: Search) -> impl IntoView {
    let root = NodeRef::<html::Section>::new();
    let row_count = RwSignal::new(ROWS_AT_FIRST);
    // Places of the rows shown, in order.
    let order = Memo::new(move |_| {
        let Some(found) = search.shown().get() else { return Vec::new() };
        let mut order = search.sort().get().order(&found.rows);
        search.picked().with(|picked| {
            if !picked.is_empty() {
                order.retain(|at| picked.get(*at).copied().unwrap_or_default());
            }
        });
        order
    });
    let listener = events::on_key(move |event| {
        if dom::is_typing(&event) || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let step = match event.key().as_str() {
            "j" => 1,
            "k" => -1,
            "Escape" if search.selection().get_untracked().is_some() => {
                search.select(None);
                return;
            }
            _ => return,
        };
        if let Some(root) = root.get_untracked()
            && dom::move_focus(&root, ".traces__link", step)
        {
            event.prevent_default();
        }
    });
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || drop(listener.try_update_value(Option::take)));

    let longest_ns = Memo::new(move |_| {
        let found = search.shown().get();
        found.and_then(|found| found.rows.iter().map(|row| row.duration_ns).max()).unwrap_or_default()
    });
    // A row stays what it is while its trace is the same: a refresh takes the focus from nobody.
    let rows = move || {
        let Some(found) = search.shown().get() else { return Vec::new() };
        order.with(|order| {
            order
                .iter()
                .take(row_count.get())
                .filter(|at| **at < found.rows.len())
                .map(|at| (Arc::clone(&found), *at))
                .collect()
        })
    };
    let key =
        |(found, at): &(Arc<Found>, usize)| found.rows.get(*at).map(|row| (row.id, row.span_count, row.error_count));
    let row = move |(found, at): (Arc<Found>, usize)| {
        found.rows.get(at).map(|row| table_row(search, &found, row, longest_ns)).views()
    };
    let hidden_count = Memo::new(move |_| order.with(Vec::len).saturating_sub(row_count.get()));
    view! {
        <section class="card traces__list" aria-label="Traces" node_ref=root>
            <table class="traces__table">
                <thead>
                    <tr>
                        <Head search=search key=SortKey::Name name="Trace" column="name"/>
                        <th class="traces__column" data-column="id" scope="col">"Id"</th>
                        <Head search=search key=SortKey::Start name="Start" column="start"/>
                        <Head search=search key=SortKey::Duration name="Duration" column="duration"/>
                        <Head search=search key=SortKey::Spans name="Spans" column="spans"/>
                        <Head search=search key=SortKey::Services name="Services" column="services"/>
                        <Head search=search key=SortKey::Errors name="Errors" column="errors"/>
                    </tr>
                </thead>
                <tbody><For each=rows key=key children=row/></tbody>
            </table>
            {move || order.with(Vec::is_empty).then(|| view! {
                <p class="card__text traces__none">"No trace is in the selection. Drag over others, or press Esc to see all."</p>
            }).views()}
            <ShowMore hidden_count=hidden_count.into() name=("row", "rows") on_more=Callback::new(move |()| row_count.update(|count| *count *= 4))/>
        </section>
    }
    .into_any()
}

#[component]
fn Head(search: Search, key: SortKey, name: &'static str, column: &'static str) -> impl IntoView {
    let direction = Signal::derive(move || {
        let Sort { key: sorted, is_descending } = search.sort().get();
        (sorted == key).then_some(if is_descending { "descending" } else { "ascending" })
    });
    let press = Callback::new(move |()| {
        let sort = search.sort().get_untracked().pressed(key);
        let text = (sort != Sort::default()).then(|| sort.to_string());
        search.change(&[("sort", text.as_deref())], true);
    });
    view! {
        <th class="traces__column" data-column=column scope="col" aria-sort=move || direction.get()>
            <SortButton name=name direction=direction on_press=press/>
        </th>
    }
    .into_any()
}

fn table_row(search: Search, found: &Arc<Found>, row: &TraceSummary, longest_ns: Memo<i64>) -> AnyView {
    let TraceSummary { id, service, operation, start_ns, duration_ns, span_count, services, error_count, is_failed } =
        row;
    let (start_ms, duration_ns) = (start_ns.div_euclid(1_000_000), *duration_ns);
    let ago = move || {
        search.shown().track();
        ago_text(clock::now_ms() - start_ms)
    };
    let at = move || search.time().zone.with(|zone| zone.with(|zone| date_time_text(start_ms, zone)));
    let share = move || format!("{:.1}%", ratio(duration_ns, longest_ns.get()) * 100.0);
    let list = services
        .iter()
        .map(|(name, count)| {
            let title = format!("{name}: {}", counted(*count, "span", "spans"));
            view! {
                <span class="traces__service" title=title>
                    <ServiceDot ink=found.inks.slot(name)/>
                    <span class="traces__service-name">{name.clone()}</span>
                    <span class="card__note">{*count}</span>
                </span>
            }
        })
        .views();
    let errors = (*error_count > 0).then(|| {
        let title = if *is_failed { "The whole request failed" } else { "Failed within, the whole request did not" };
        let state = if *is_failed { "failed" } else { "warning" };
        view! {
            <span class="badge" data-state=state title=title>
                <IconView icon=Icon::Failed is_small=true/>
                {*error_count}
            </span>
        }
    });
    let operation = if operation.is_empty() { "(no name)".to_owned() } else { operation.clone() };
    let spans_text = counted(*span_count, "span", "spans");
    let brief = move || format!("{} \u{b7} {spans_text}", ago());
    view! {
        <tr class="traces__row" data-testid="trace-row">
            <th class="traces__cell" data-column="name" scope="row">
                <a class="traces__link" href={ let id = *id; move || search.trace_href(id) }>
                    <ServiceDot ink=found.inks.slot(service)/>
                    <span class="traces__operation">{operation}</span>
                    <span class="card__note traces__root">{service.clone()}</span>
                </a>
                <span class="card__note traces__brief">{brief}</span>
            </th>
            <td class="traces__cell" data-column="id"><code title=id.to_string()>{id.short()}</code></td>
            <td class="traces__cell" data-column="start"><span title=at>{ago}</span></td>
            <td class="traces__cell" data-column="duration">
                <span class="traces__duration">{duration_text(duration_ns)}</span>
                <span class="traces__track" aria-hidden="true">
                    <span class="traces__bar" data-state=(*error_count > 0).then_some("failed") style:width=share></span>
                </span>
            </td>
            <td class="traces__cell" data-column="spans">{*span_count}</td>
            <td class="traces__cell" data-column="services"><span class="traces__services">{list}</span></td>
            <td class="traces__cell" data-column="errors">{errors.views()}</td>
        </tr>
    }
    .into_any()
}
