//! The variables of the open dashboard with their options and values.

use std::sync::Arc;

use crate::{
    analysis::variables::{
        adhoc,
        fill::{Bound, Purpose, Surroundings, fill},
        options,
        order::{in_order, names_in},
        settle::{AUTO_PREFIX, Settled, settle},
    },
    base::time::{Range, TimeSpec, duration_text, nice_step_ms},
    model::{
        dashboard::{Dashboard, variable_names},
        variables::{AdHocFilter, Arrangement, AutoInterval, Choice, Hide, Refresh, Variable, VariableKind},
    },
    platform::clock,
    state::{
        query::use_query,
        reactive::{Callback, Memo, Signal},
        router::Router,
        sources::Sources,
        time::TimeContext,
        url::Params,
    },
};

use super::ask::{Why, expression, options_of};

/// What is known about a variable.
#[derive(Clone, PartialEq)]
pub enum State {
    /// It is asked for, or another is that it asks by.
    Waiting,
    Settled(Arc<Settled>),
    /// With the values that it keeps where there are any.
    Failed(Why, Option<Arc<Settled>>),
}

impl State {
    pub fn settled(&self) -> Option<&Arc<Settled>> {
        match self {
            Self::Waiting => None,
            Self::Settled(settled) => Some(settled),
            Self::Failed(_, settled) => settled.as_ref(),
        }
    }
}

/// A variable while its dashboard is open.
#[derive(Clone)]
pub struct Live {
    pub variable: Arc<Variable>,
    pub state: Memo<State>,
    pub is_loading: Signal<bool>,
    pub retry: Callback<()>,
}

impl Live {
    pub fn is_in_bar(&self) -> bool {
        self.variable.hide != Hide::Variable && !self.is_adhoc()
    }

    pub fn is_adhoc(&self) -> bool {
        matches!(self.variable.kind, VariableKind::AdHoc { .. })
    }
}

/// All of a dashboard's.
#[derive(Clone)]
pub struct Values {
    pub all: Arc<[Live]>,
    pub dashboard: Arc<Dashboard>,
    pub arrangement: Arc<Arrangement>,
    pub params: Memo<Params>,
}

/// What a variable's options depend on.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    query: String,
    source: Option<String>,
    /// Where the options are asked again with the range.
    spec: Option<TimeSpec>,
}

/// An answer with its question: while the next one is on its way, nobody takes this for its answer.
struct Answered {
    asked: Asked,
    options: Result<Vec<Choice>, Why>,
}

/// The key of a variable's values in the address.
pub fn key_of(name: &str) -> String {
    format!("var-{name}")
}

impl Values {
    pub fn new(dashboard: Arc<Dashboard>, arrangement: Arc<Arrangement>) -> Self {
        let search = Router::expect().search();
        let params = Memo::new(move |_| search.with(|search| Params::parse(search)));
        let (order, cycles) = in_order(&arrangement.variables);
        let mut made: Vec<(usize, Live)> = Vec::new();
        for at in order {
            let Some(variable) = arrangement.variables.get(at).cloned().map(Arc::new) else { continue };
            let key = key_of(&variable.name);
            let asked = Memo::new(move |_| params.with(|params| params.all(&key)));
            let cycle = cycles.iter().find(|(in_cycle, _)| *in_cycle == at).map(|(_, way)| way.clone());
            let live = if let Some(way) = cycle {
                failing(variable, asked, format!("It asks by itself: {way}."))
            } else {
                let names = names_in(&variable);
                let is_parent = |live: &&Live| names.contains(&live.variable.name);
                let parents: Vec<Live> = made.iter().map(|(_, live)| live).filter(is_parent).cloned().collect();
                live_of(variable, asked, parents, &dashboard)
            };
            made.push((at, live));
        }
        crate::base::order::sort_by_key(&mut made, |(at, _)| *at);
        Self { all: made.into_iter().map(|(_, live)| live).collect(), dashboard, arrangement, params }
    }

    pub fn find(&self, name: &str) -> Option<&Live> {
        self.all.iter().find(|live| live.variable.name == name)
    }

    /// The values of a variable for what is repeated by it. None: it is not known, or not yet.
    pub fn repeated(&self, name: &str) -> Option<Vec<Choice>> {
        let live = self.find(name)?;
        live.state.with(|state| state.settled().map(|settled| settled.bound(&live.variable).values))
    }

    /// A query that belongs to no panel, its variables filled in. `None` while one of them loads; one that has no value stays as
    /// it is written. Tracked.
    pub fn query(&self, text: &str) -> Option<String> {
        let time = TimeContext::expect();
        let mut bound = Vec::new();
        for name in variable_names(text) {
            let Some(live) = self.find(&name).filter(|live| !live.is_adhoc()) else { continue };
            match live.state.get() {
                State::Waiting => return None,
                State::Settled(settled) | State::Failed(_, Some(settled)) => bound.push(settled.bound(&live.variable)),
                State::Failed(_, None) => {}
            }
        }
        let (title, uid) = (self.dashboard.title.as_str(), self.dashboard.uid.as_deref().unwrap_or_default());
        let filled = time.zone.with(|zone| {
            let range = range_now(time);
            zone.with(|zone| fill(text, Purpose::Query, &bound, &Surroundings { title, uid, range, zone }))
        });
        Some(filled)
    }

    /// The filters of an ad hoc variable: those of the address, else those of the file. Tracked.
    pub fn filters(&self, variable: &Variable) -> Vec<AdHocFilter> {
        let VariableKind::AdHoc { filters, .. } = &variable.kind else { return Vec::new() };
        let asked = self.params.with(|params| params.all(&key_of(&variable.name)));
        if asked.is_empty() {
            return filters.clone();
        }
        asked.iter().filter_map(|text| adhoc::from_address(text)).collect()
    }
}

/// Writes a variable's values into the address, where everyone reads them.
pub fn choose(name: &str, values: Vec<String>) {
    let router = Router::expect();
    let query = Params::parse(&router.search().get_untracked()).with_each(&key_of(name), values).to_query();
    router.set_search(&query, false);
}

/// The name of the source that a text means, its variables filled in.
pub fn source_of(text: Option<&str>, bound: &[Bound], around: &Surroundings<'_>) -> Option<String> {
    text.map(|text| fill(text, Purpose::Query, bound, around)).filter(|name| !name.is_empty() && name != "default")
}

/// The range as it is now; an impossible one from the address falls back to the last hour, as on panels.
pub fn range_now(time: TimeContext) -> Range {
    let now_ms = clock::now_ms();
    time.resolve_now().unwrap_or(Range { start_ms: now_ms - 3_600_000, end_ms: now_ms })
}

fn failing(variable: Arc<Variable>, asked: Memo<Vec<String>>, words: String) -> Live {
    let why = Why::Words(words);
    let of = Arc::clone(&variable);
    let state = Memo::new(move |_| State::Failed(why.clone(), asked.with(|asked| kept(&of, asked))));
    Live { variable, state, is_loading: Signal::stored(false), retry: Callback::new(|()| ()) }
}

/// What a variable is while its options cannot be had. Every option is nothing then, unless the file has a word for it.
fn kept(variable: &Variable, asked: &[String]) -> Option<Arc<Settled>> {
    let options = if variable.saved.is_empty() { variable.current.clone() } else { variable.saved.clone() };
    let options = options.into_iter().filter(|choice| choice.value != crate::model::variables::ALL).collect();
    let mut settled = settle(variable, options, asked);
    settled.gone.clear();
    let is_known = if settled.is_all { variable.all_value.is_some() } else { !settled.chosen.is_empty() };
    is_known.then(|| Arc::new(settled))
}

fn live_of(variable: Arc<Variable>, asked: Memo<Vec<String>>, parents: Vec<Live>, dashboard: &Arc<Dashboard>) -> Live {
    let still = |options: Vec<Choice>| {
        let of = Arc::clone(&variable);
        let state = Memo::new(move |_| State::Settled(Arc::new(settle(&of, options.clone(), &asked.get()))));
        Live {
            variable: Arc::clone(&variable),
            state,
            is_loading: Signal::stored(false),
            retry: Callback::new(|()| ()),
        }
    };
    match &variable.kind {
        VariableKind::Custom(options) => still(options.clone()),
        VariableKind::Text(_) | VariableKind::Constant(_) | VariableKind::AdHoc { .. } => still(Vec::new()),
        VariableKind::Fixed => still(variable.saved.clone()),
        VariableKind::Source { kind } => match sources_of(kind, variable.regex.as_deref()) {
            Ok(options) => still(options),
            Err(why) => failing(variable, asked, why.text()),
        },
        VariableKind::Interval { steps, auto } => interval(&variable, asked, steps.clone(), *auto),
        VariableKind::Query { .. } if variable.refresh == Refresh::Never && !variable.saved.is_empty() => {
            still(variable.saved.iter().filter(|o| o.value != crate::model::variables::ALL).cloned().collect())
        }
        VariableKind::Query { query, source } => {
            let texts = (query.clone(), source.clone());
            queried(variable, texts, asked, parents, Arc::clone(dashboard))
        }
    }
}

/// Those of `config.json` that are of a kind, by Grafana's name for it.
fn sources_of(kind: &str, regex: Option<&str>) -> Result<Vec<Choice>, Why> {
    let expression = match regex {
        Some(regex) => {
            let (pattern, flags) = options::split_pattern(regex);
            Some(expression(&pattern, &flags)?)
        }
        None => None,
    };
    // Plug-ins are called `grafana-NAME-datasource`.
    let kind = kind.strip_prefix("grafana-").unwrap_or(kind);
    let kind = kind.strip_suffix("-datasource").unwrap_or(kind);
    let handles = Sources::expect().handles();
    let of_kind = handles.iter().filter(|handle| handle.source.kind.id() == kind);
    // The default one first, as it is what opens.
    let (mut first, rest): (Vec<_>, Vec<_>) = of_kind.partition(|handle| handle.source.is_default);
    first.extend(rest);
    let names = first.into_iter().map(|handle| handle.source.name.clone());
    Ok(names.filter(|name| expression.as_ref().is_none_or(|e| e.is_match(name))).map(Choice::plain).collect())
}

/// Steps, and one that follows the range.
fn interval(
    variable: &Arc<Variable>,
    asked: Memo<Vec<String>>,
    steps: Vec<String>,
    auto: Option<AutoInterval>,
) -> Live {
    let time = TimeContext::expect();
    let of = Arc::clone(variable);
    let value = format!("{AUTO_PREFIX}_{}", variable.name);
    let choice = auto.map(|_| Choice { text: "auto".to_owned(), value });
    let options: Vec<Choice> = choice.into_iter().chain(steps.into_iter().map(Choice::plain)).collect();
    let state = Memo::new(move |_| {
        let settled = asked.with(|asked| settle(&of, options.clone(), asked));
        let length = |auto: AutoInterval| {
            time.spec.track();
            let step_ms = range_now(time).duration_ms() / i64::from(auto.count);
            duration_text(nice_step_ms(step_ms).max(auto.min_ms))
        };
        State::Settled(Arc::new(Settled { auto: auto.map(length), ..settled }))
    });
    Live { variable: Arc::clone(variable), state, is_loading: Signal::stored(false), retry: Callback::new(|()| ()) }
}

/// What those give that a variable asks by. None: one is still loading. An error names one that has no value.
fn bound_of(parents: &[Live]) -> Option<Result<Vec<Bound>, Why>> {
    let mut bound = Vec::new();
    for parent in parents {
        match parent.state.get() {
            State::Waiting => return None,
            State::Settled(settled) | State::Failed(_, Some(settled)) => bound.push(settled.bound(&parent.variable)),
            State::Failed(_, None) => {
                let name = &parent.variable.name;
                return Some(Err(Why::Words(format!("It asks by ${name}, which has no value."))));
            }
        }
    }
    Some(Ok(bound))
}

/// A variable whose options a source gives.
fn queried(
    variable: Arc<Variable>,
    (query, source): (String, Option<String>),
    asked: Memo<Vec<String>>,
    parents: Vec<Live>,
    dashboard: Arc<Dashboard>,
) -> Live {
    let time = TimeContext::expect();
    let sources = Sources::expect();
    let parents: Arc<[Live]> = parents.into();
    let follows_range = variable.refresh == Refresh::OnTimeRange;
    let with_around = {
        let dashboard = Arc::clone(&dashboard);
        move |run: &mut dyn FnMut(&Surroundings<'_>)| {
            time.zone.with_untracked(|zone| {
                zone.with(|zone| {
                    let (title, uid) = (dashboard.title.as_str(), dashboard.uid.as_deref().unwrap_or_default());
                    run(&Surroundings { title, uid, range: range_now(time), zone });
                });
            });
        }
    };
    let question = {
        let parents = Arc::clone(&parents);
        let with_around = with_around.clone();
        Memo::new(move |before: Option<&Option<Asked>>| {
            let bound = match bound_of(&parents) {
                // The options that are shown stay until the next ones are asked for.
                None => return before.cloned().flatten(),
                Some(Err(_)) => return None,
                Some(Ok(bound)) => bound,
            };
            let spec = follows_range.then(|| time.spec.get());
            let mut filled = None;
            with_around(&mut |around| {
                let query = fill(&query, Purpose::Query, &bound, around);
                filled = Some((query, source_of(source.as_deref(), &bound, around)));
            });
            filled.map(|(query, source)| Asked { query, source, spec })
        })
    };
    let answer = use_query(question.into(), Signal::stored(0), move |asked: Asked, _: Option<Arc<Answered>>| {
        let handle = sources.prometheus(asked.source.as_deref());
        let range = range_now(time);
        async move {
            let client = handle.as_ref().and_then(|handle| handle.prometheus.clone());
            let options = match client {
                None => Err(Why::Words("config.json names no source of kind “prometheus”.".to_owned())),
                Some(client) => {
                    let unknown = variable_names(&asked.query).into_iter().find(|name| !name.starts_with("__"));
                    match unknown {
                        Some(name) => Err(Why::Words(format!("The variable ${name} is not defined."))),
                        None => options_of(&client, &asked.query, range).await,
                    }
                }
            };
            if let Some(handle) = &handle {
                match &options {
                    Err(Why::Request(error)) => handle.observe(None, Some(error)),
                    Ok(_) => handle.observe(None, None),
                    Err(Why::Words(_)) => {}
                }
            }
            // A failure is an answer too: it must not be taken for that of another question.
            Ok(Answered { asked, options })
        }
    });
    let of = Arc::clone(&variable);
    let state = Memo::new(move |_| {
        let bound = match bound_of(&parents) {
            None => return State::Waiting,
            Some(Err(why)) => return State::Failed(why, asked.with(|asked| kept(&of, asked))),
            Some(Ok(bound)) => bound,
        };
        let answered = answer.remote.with(|remote| remote.value.clone());
        let Some(answered) = answered.filter(|a| question.with(|q| q.as_ref() == Some(&a.asked))) else {
            return State::Waiting;
        };
        let options = answered.options.clone().and_then(|options| {
            let Some(regex) = &of.regex else { return Ok(options) };
            let mut pattern = regex.clone();
            with_around(&mut |around| pattern = fill(regex, Purpose::Query, &bound, around));
            let (pattern, flags) = options::split_pattern(&pattern);
            let expression = expression(&pattern, &flags)?;
            let find = |text: &str| {
                let found = expression.find(text).into_iter();
                found.map(|f| options::Match { groups: f.groups, value: f.value, text: f.text }).collect()
            };
            Ok(options::each_once(options::picked(options, &find)))
        });
        match options {
            Ok(options) => {
                let options = options::sorted(options, of.sort);
                State::Settled(Arc::new(asked.with(|asked| settle(&of, options, asked))))
            }
            Err(why) => State::Failed(why, asked.with(|asked| kept(&of, asked))),
        }
    });
    let is_loading = Signal::derive(move || {
        answer.remote.with(crate::state::query::Remote::is_loading) || state.with(|state| *state == State::Waiting)
    });
    Live { variable, state, is_loading, retry: answer.retry }
}
