//! A panel with its variables filled in.

use std::sync::Arc;

use crate::{
    analysis::variables::{
        adhoc::with_filters,
        fill::{ALL_VARIABLES, Bound, Purpose, Surroundings, fill, in_address},
        order::undefined,
    },
    base::time::{DurationError, Range, TimeError, TimeSpec, Utc, parse_duration_ms},
    model::{
        dashboard::{Dashboard, FieldMatcher, LateVariables, LegendFormat, Panel, PanelOptions, variable_names},
        notice::Notice,
        variables::{AdHocFilter, Choice, VariableKind},
    },
    panels::{Filled, Outcome, PanelProps, PanelRange},
    platform::clock,
    state::{
        reactive::{Memo, Signal},
        sources::Sources,
        time::TimeContext,
    },
};

use super::values::{Live, State, Values, range_now, source_of};

/// Every text of a panel in which variables may stand, in an order of its own.
fn each_text(panel: &mut Panel, change: &mut dyn FnMut(&mut String, Purpose)) {
    change(&mut panel.title, Purpose::Text);
    for text in [&mut panel.description, &mut panel.field.display_name].into_iter().flatten() {
        change(text, Purpose::Text);
    }
    for target in &mut panel.targets {
        change(&mut target.expr, Purpose::Query);
        if let LegendFormat::Template(template) = &mut target.legend_format {
            change(template, Purpose::Text);
        }
    }
    for field in &mut panel.overrides {
        if let Some(text) = &mut field.display_name {
            change(text, Purpose::Text);
        }
        if let FieldMatcher::Name(name) = &mut field.matcher {
            change(name, Purpose::Text);
        }
    }
    if let PanelOptions::Text(text) | PanelOptions::Marked(text) = &mut panel.options {
        change(text, Purpose::Text);
    }
}

/// What a panel's links need to know. They are filled when they are shown.
pub fn late_variables(bound: Vec<Bound>, dashboard: &Dashboard, time: TimeContext) -> LateVariables {
    let mut state = String::new();
    for Bound { name, values, all, .. } in &bound {
        state.extend(["\n", name, if all.is_some() { "*" } else { "=" }]);
        state.extend(values.iter().flat_map(|choice| [choice.value.as_str(), "\t"]));
    }
    let (title, uid) = (dashboard.title.clone(), dashboard.uid.clone().unwrap_or_default());
    let words = move |name: &str, format: &str| {
        let zone = time.zone.get_untracked();
        zone.with(|zone| {
            let around = Surroundings { title: &title, uid: &uid, range: range_now(time), zone };
            in_address(name, format, &bound, &around)
        })
    };
    LateVariables { words: Some(Arc::new(words)), state }
}

/// The panel as its variables are, in a scope where some have one value. It is the same one while nothing in it changes.
/// `None`: the dashboard has no panel of that index.
pub fn filled(values: &Values, index: usize, id: u32, scope: Vec<(String, Choice)>) -> Option<PanelProps> {
    let time = TimeContext::expect();
    let sources = Sources::expect();
    let mut panel = values.dashboard.panels.get(index)?.clone();
    panel.id = id;
    let ways = values.arrangement.panels.get(index).cloned().unwrap_or_default();
    let source = ways.source.clone().or_else(|| panel.source.clone());
    let mut names: Vec<String> = [&source, &ways.time_from, &ways.time_shift]
        .into_iter()
        .flatten()
        .flat_map(|text| variable_names(text))
        .collect();
    each_text(&mut panel.clone(), &mut |text, _| names.extend(variable_names(text)));
    let has_late = !ways.links.is_empty();
    let names_all = ways.links.iter().any(|name| name == ALL_VARIABLES);
    names.extend(ways.links.iter().cloned());
    panel.notices.extend(undefined(&panel, &values.arrangement.variables));
    let needed: Vec<Live> = values
        .all
        .iter()
        .filter(|live| names_all || names.contains(&live.variable.name))
        .filter(|live| scope.iter().all(|(name, _)| *name != live.variable.name))
        .cloned()
        .collect();
    let follows_range = names.iter().any(|name| name == "__from" || name == "__to");
    let of_scope: Vec<Bound> = scope.into_iter().map(|(name, choice)| Bound::one(&name, choice)).collect();
    let panel = Arc::new(panel);
    let plain = Arc::clone(&panel);
    let values = values.clone();
    let fill_panel = move || -> Result<(Panel, OwnTime), Outcome> {
        let mut bound = of_scope.clone();
        for live in &needed {
            match live.state.get() {
                State::Waiting => return Err(Outcome::Waiting),
                State::Settled(settled) | State::Failed(_, Some(settled)) => bound.push(settled.bound(&live.variable)),
                State::Failed(why, None) => return Err(Outcome::Failed(why.error(&live.variable.name))),
            }
        }
        if follows_range {
            time.spec.track();
        }
        let mut filled = Panel::clone(&plain);
        let mut own_time = OwnTime::default();
        time.zone.with(|zone| {
            zone.with(|zone| {
                let Values { dashboard, .. } = &values;
                let (title, uid) = (dashboard.title.as_str(), dashboard.uid.as_deref().unwrap_or_default());
                let around = Surroundings { title, uid, range: range_now(time), zone };
                each_text(&mut filled, &mut |text, purpose| *text = fill(text, purpose, &bound, &around));
                filled.source = source_of(source.as_deref(), &bound, &around);
                let filters = filters_for(filled.source.as_deref(), &values, sources, &bound, &around);
                put_filters(&mut filled, &filters);
                if has_late {
                    filled.variables = late_variables(bound.clone(), dashboard, time);
                }
                let text =
                    |text: &Option<String>| text.as_ref().map(|text| fill(text, Purpose::Query, &bound, &around));
                own_time = OwnTime { from: text(&ways.time_from), shift: text(&ways.time_shift) };
                filled.notices.extend(own_time.notices(ways.hides_time));
            });
        });
        Ok((filled, own_time))
    };
    let made = Memo::new(move |before: Option<&Made>| made_of(fill_panel(), before, time));
    Some(PanelProps { panel, filled: Signal::derive(move || made.with(|made| made.filled.clone())), reshape: None })
}

/// What a panel is filled to, and what it was last filled to: while a variable loads, that is what is on screen.
#[derive(Clone)]
struct Made {
    filled: Filled,
    texts: Texts,
}

/// What a panel shows and asks, by which one is known from another.
#[derive(Clone, PartialEq, Default)]
struct Texts {
    asked: Vec<String>,
    shown: Vec<String>,
    failure: Option<String>,
}

impl PartialEq for Made {
    fn eq(&self, other: &Self) -> bool {
        let is_waiting = |made: &Self| matches!(made.filled.outcome, Outcome::Waiting);
        is_waiting(self) == is_waiting(other) && self.texts == other.texts
    }
}

fn made_of(result: Result<(Panel, OwnTime), Outcome>, before: Option<&Made>, time: TimeContext) -> Made {
    let mut range = None;
    let (question, known) = before.map_or((0, Texts::default()), |made| (made.filled.question, made.texts.clone()));
    let (outcome, texts) = match result {
        Err(Outcome::Waiting) => (Outcome::Waiting, known.clone()),
        Err(outcome) => {
            let failure = if let Outcome::Failed(error) = &outcome { Some(error.to_string()) } else { None };
            (outcome, Texts { failure, ..Texts::default() })
        }
        Ok((panel, own_time)) => {
            let mut texts = texts_of(&panel);
            texts.asked.extend([&own_time.from, &own_time.shift].into_iter().flatten().cloned());
            range = own_time.range(time);
            match before.map(|made| &made.filled.outcome) {
                Some(Outcome::Ready(same)) if texts == known => (Outcome::Ready(Arc::clone(same)), texts),
                _ => (Outcome::Ready(Arc::new(panel)), texts),
            }
        }
    };
    let is_new = texts.asked != known.asked || texts.failure != known.failure;
    let question = if is_new { question.wrapping_add(1) } else { question };
    Made { filled: Filled { outcome, question, range }, texts }
}

fn texts_of(panel: &Panel) -> Texts {
    let mut texts = Texts::default();
    texts.asked.extend(panel.source.clone());
    for target in &panel.targets {
        texts.asked.push(target.expr.clone());
        if let LegendFormat::Template(template) = &target.legend_format {
            texts.asked.push(template.clone());
        }
    }
    each_text(&mut panel.clone(), &mut |text, _| texts.shown.push(text.clone()));
    texts.shown.extend(panel.notices.iter().map(|notice| notice.message.clone()));
    texts.shown.push(panel.variables.state.clone());
    texts
}

/// A panel's own range, its variables filled in.
#[derive(Default)]
struct OwnTime {
    from: Option<String>,
    shift: Option<String>,
}

impl OwnTime {
    /// `1h` is the last hour, `now/d` today so far.
    fn spec(&self) -> Option<Result<TimeSpec, TimeError>> {
        let from = self.from.as_deref()?.trim();
        let from = if from.starts_with("now") { from.to_owned() } else { format!("now-{from}") };
        Some(TimeSpec::parse(&from, "now", &Utc))
    }

    fn shift_ms(&self) -> Option<Result<i64, DurationError>> {
        self.shift.as_deref().map(|shift| parse_duration_ms(shift.trim().trim_start_matches('-')))
    }

    /// What the panel says about its range, and what of it is not understood.
    fn notices(&self, is_hidden: bool) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut words = Vec::new();
        match (self.spec(), &self.from) {
            (Some(Err(error)), _) => {
                notices.push(Notice::warning(format!("timeFrom: {error}; the page's range is used")));
            }
            (Some(Ok(_)), Some(from)) => {
                words.push(format!("the last {from}, where the page's range is a relative one"));
            }
            _ => {}
        }
        match (self.shift_ms(), &self.shift) {
            (Some(Err(error)), _) => notices.push(Notice::warning(format!("timeShift: {error}; not shifted"))),
            (Some(Ok(_)), Some(shift)) => words.push(format!("{} earlier", shift.trim_start_matches('-'))),
            _ => {}
        }
        if !words.is_empty() && !is_hidden {
            notices.push(Notice::info(format!("This panel has a range of its own: {}.", words.join(", "))));
        }
        notices
    }

    fn range(&self, time: TimeContext) -> Option<PanelRange> {
        let spec = self.spec().and_then(Result::ok);
        let shift_ms = self.shift_ms().and_then(Result::ok).unwrap_or(0);
        if spec.is_none() && shift_ms == 0 {
            return None;
        }
        Some(Arc::new(move |range: Range| {
            // As in Grafana, a range that the reader has fixed is kept.
            let own = spec.as_ref().filter(|_| time.spec.with_untracked(|spec| spec.from.is_relative()));
            let resolve = |spec: &TimeSpec| {
                time.zone.with_untracked(|zone| zone.with(|zone| spec.resolve(clock::now_ms(), zone).ok()))
            };
            let Range { start_ms, end_ms } = own.and_then(resolve).unwrap_or(range);
            Range { start_ms: start_ms - shift_ms, end_ms: end_ms - shift_ms }
        }))
    }
}

/// The ad hoc filters that a panel of that source gets. Names of other installations all mean the default source.
fn filters_for(
    source: Option<&str>,
    values: &Values,
    sources: Sources,
    bound: &[Bound],
    around: &Surroundings<'_>,
) -> Vec<AdHocFilter> {
    let meant = |name: Option<&str>| sources.prometheus(name).map(|handle| handle.source.name);
    let mut filters = Vec::new();
    for live in values.all.iter() {
        let VariableKind::AdHoc { source: of, base, .. } = &live.variable.kind else { continue };
        let of = source_of(of.as_deref(), bound, around);
        if meant(of.as_deref()) == meant(source) {
            filters.extend(base.iter().cloned());
            filters.extend(values.filters(&live.variable));
        }
    }
    filters
}

fn put_filters(panel: &mut Panel, filters: &[AdHocFilter]) {
    if filters.is_empty() {
        return;
    }
    let mut notices = Vec::new();
    for target in &mut panel.targets {
        match with_filters(&target.expr, filters) {
            Some(expr) => target.expr = expr,
            None => notices.push(Notice::warning(format!(
                "query {}: the filters are not applied, as it cannot be told where its selectors are",
                target.ref_id
            ))),
        }
    }
    panel.notices.extend(notices);
}
