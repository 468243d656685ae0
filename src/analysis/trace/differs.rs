//! What is different about these? Attributes that selected traces have more often, or more rarely, than the others.
//!
//! For each attribute the counts in both groups are put to Fisher's exact test (R. A. Fisher, "On the interpretation of χ²
//! from contingency tables", 1922; two-sided by doubling), which holds for few traces too. Hundreds of attributes are
//! tested at once, so that some would stand out by chance: the false discovery rate is kept at 5 % (Benjamini and
//! Hochberg, "Controlling the false discovery rate", 1995). What is left is ranked by the difference of shares, which is
//! what a person sees, not by significance, which grows with the number of traces.
//!
//! Attributes that always come together (a pod and its host) are one test and one row.
//!
//! Not here: causes. A difference is where to look.

use super::{
    at,
    intern::{Names, Pairs},
    words::{Sentence, counted},
};
use crate::{
    base::order,
    model::{
        notice::Notice,
        trace::{TagValue, Trace},
    },
};

/// The share of what is reported that may be chance.
const FALSE_DISCOVERIES: f64 = 0.05;
/// Smaller differences of shares are of no use to anybody.
const MIN_DIFFERENCE: f64 = 0.05;
/// A key is left out that has so many values …
const MANY_VALUES: usize = 12;
/// … and one for so few of the traces that have it.
const TRACES_A_VALUE: usize = 2;
/// Longer texts are messages and documents.
const MAX_VALUE_BYTES: usize = 120;

/// What a trace has, each once: `service`, `operation`, `error` and its spans' tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(pub Vec<(String, String)>);

/// The attributes of a trace's spans and processes, of the first so many spans. Ids, times, numbers with a fraction and long
/// texts are left out: they tell traces apart, not kinds of traces.
pub fn attributes_of(trace: &Trace, max_details: usize) -> Attributes {
    let mut all: Vec<(String, String)> = Vec::new();
    for span in 0..trace.len() {
        all.push(("service".to_owned(), trace.service(span).to_owned()));
        all.push(("operation".to_owned(), trace.operation(span).to_owned()));
        if trace.is_error(span) {
            all.push(("error".to_owned(), "true".to_owned()));
            all.push(("failed operation".to_owned(), trace.operation(span).to_owned()));
        }
        // Large traces repeat themselves.
        if all.len() > 4096 {
            make_unique(&mut all);
        }
    }
    for span in 0..trace.len().min(max_details) {
        let detail = trace.detail(span);
        let tags = detail.tags.iter().chain(&detail.process_tags);
        for tag in tags.filter(|tag| !is_id_key(&tag.key) && tag.key != "error") {
            let value = match &tag.value {
                TagValue::Float(_) | TagValue::Binary(_) => continue,
                value => value.to_string(),
            };
            if !value.is_empty() && value.len() <= MAX_VALUE_BYTES && !is_id(&value) {
                all.push((tag.key.clone(), value));
            }
        }
        if all.len() > 4096 {
            make_unique(&mut all);
        }
    }
    make_unique(&mut all);
    Attributes(all)
}

fn make_unique(all: &mut Vec<(String, String)>) {
    order::sort_by(all, Ord::cmp);
    all.dedup();
}

/// Whether a key says that its values are ids or moments.
fn is_id_key(key: &str) -> bool {
    let last = key.rsplit(['.', '_', '-', ' ']).next().unwrap_or(key);
    let is_word = [
        "id",
        "ids",
        "uuid",
        "guid",
        "timestamp",
        "time",
        "date",
        "stacktrace",
        "arguments",
        "messages",
        "port",
        "pid",
    ]
    .iter()
    .any(|word| last.eq_ignore_ascii_case(word));
    is_word || last.ends_with("Id") || last.ends_with("ID")
}

/// Whether a value is an id and nothing else: hexadecimal digits, eight or more, with a decimal one among them. The name of
/// a pod has such a part, but pods are what one wants to see.
fn is_id(value: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    value.len() >= 8 && value.bytes().all(is_part) && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// An attribute that sets the selection apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub key: String,
    pub value: String,
    /// How many traces have it.
    pub in_selection: usize,
    pub in_rest: usize,
    /// Shares of the selection and of the rest (0–1).
    pub selection_ratio: f64,
    pub rest_ratio: f64,
    /// How likely chance alone does as much, corrected for the number of attributes.
    pub q_value: f64,
    /// Attributes that exactly the same traces have.
    pub also: Vec<(String, String)>,
}

impl Difference {
    /// `pod = api-2: 20 of 20 selected, 0 of 80 others`.
    pub fn sentence(&self, all: &Differences) -> Sentence {
        let Self { key, value, in_selection, in_rest, also, .. } = self;
        let Differences { selection_count, rest_count, .. } = all;
        let sentence = Sentence::default()
            .name(key.clone())
            .text(" = ")
            .code(value.clone())
            .text(format!(": {in_selection} of {selection_count} selected, {in_rest} of {rest_count} others"));
        match also.len() {
            0 => sentence,
            count => sentence.text(format!("; always with {}", counted(count, "other attribute", "other attributes"))),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Differences {
    pub selection_count: usize,
    pub rest_count: usize,
    /// More frequent in the selection; the largest difference first.
    pub more: Vec<Difference>,
    /// Rarer in the selection.
    pub less: Vec<Difference>,
    pub notices: Vec<Notice>,
}

/// What all and only the same traces have.
struct Candidate {
    /// Traces by number, the selected ones first.
    traces: Vec<u32>,
    attributes: Vec<u32>,
    in_selection: usize,
    p_value: f64,
}

/// Compares the attributes of selected traces with those of the rest.
pub fn differs(selection: &[&Attributes], rest: &[&Attributes]) -> Differences {
    let (selection_count, rest_count) = (selection.len(), rest.len());
    let mut result = Differences { selection_count, rest_count, ..Differences::default() };
    if selection.is_empty() || rest.is_empty() {
        return result;
    }
    let (mut names, mut pairs) = (Names::default(), Pairs::default());
    let mut traces_of: Vec<Vec<u32>> = Vec::new();
    for (trace, attributes) in (0_u32..).zip(selection.iter().chain(rest)) {
        for (key, value) in &attributes.0 {
            let pair = pairs.number((names.number(key), names.number(value))) as usize;
            traces_of.resize_with(pairs.len().max(traces_of.len()), Vec::new);
            if let Some(traces) = traces_of.get_mut(pair).filter(|traces| traces.last() != Some(&trace)) {
                traces.push(trace);
            }
        }
    }
    let left_out = many_valued_keys(&pairs, &traces_of, names.len());
    if let Some(notice) = notice_of(&left_out, &names) {
        result.notices.push(notice);
    }
    let is_tested = |pair: &usize| !at(&left_out, pairs.pair(*pair as u32).0 as usize);
    let mut candidates = candidates(&traces_of, (0..pairs.len()).filter(is_tested), selection_count, rest_count);

    let logs = log_factorials(selection_count + rest_count);
    for candidate in &mut candidates {
        candidate.p_value = fisher(&logs, candidate, selection_count, rest_count);
    }
    order::sort_by(&mut candidates, |a, b| a.p_value.total_cmp(&b.p_value));
    let q_values = q_values(&candidates);
    let least = logs_choose(&logs, selection_count + rest_count, selection_count);
    if (-least).exp() * 2.0 * candidates.len() as f64 > FALSE_DISCOVERIES {
        result.notices.push(Notice::info("Too few traces are selected, or left, to tell differences from chance."));
    }
    let text = |pair: u32| {
        let (key, value) = pairs.pair(pair);
        (names.text(key).to_owned(), names.text(value).to_owned())
    };
    for (candidate, q_value) in candidates.into_iter().zip(q_values) {
        let in_rest = candidate.traces.len() - candidate.in_selection;
        let selection_ratio = candidate.in_selection as f64 / selection_count as f64;
        let rest_ratio = in_rest as f64 / rest_count as f64;
        if q_value > FALSE_DISCOVERIES || (selection_ratio - rest_ratio).abs() < MIN_DIFFERENCE {
            continue;
        }
        let mut attributes: Vec<(String, String)> = candidate.attributes.into_iter().map(text).collect();
        // The shortest name speaks for the others.
        order::sort_by(&mut attributes, |a, b| (a.0.len() + a.1.len(), a).cmp(&(b.0.len() + b.1.len(), b)));
        let mut attributes = attributes.into_iter();
        let Some((key, value)) = attributes.next() else { continue };
        let difference = Difference {
            key,
            value,
            in_selection: candidate.in_selection,
            in_rest,
            selection_ratio,
            rest_ratio,
            q_value,
            also: attributes.collect(),
        };
        let list = if selection_ratio > rest_ratio { &mut result.more } else { &mut result.less };
        list.push(difference);
    }
    for list in [&mut result.more, &mut result.less] {
        let size = |d: &Difference| (d.selection_ratio - d.rest_ratio).abs();
        order::sort_by(list, |a, b| size(b).total_cmp(&size(a)).then(a.q_value.total_cmp(&b.q_value)));
    }
    result
}

/// For each name whether it is a key that has nearly as many values as traces have it.
fn many_valued_keys(pairs: &Pairs, traces_of: &[Vec<u32>], name_count: usize) -> Vec<bool> {
    let (mut values, mut traces) = (vec![0_usize; name_count], vec![0_usize; name_count]);
    for (pair, of_pair) in traces_of.iter().enumerate() {
        let (key, _) = pairs.pair(pair as u32);
        let key = key as usize;
        if let Some((values, traces)) = values.get_mut(key).zip(traces.get_mut(key)) {
            *values += 1;
            *traces += of_pair.len();
        }
    }
    let is_many = |(values, traces): (usize, usize)| values >= MANY_VALUES && traces < values * TRACES_A_VALUE;
    values.into_iter().zip(traces).map(is_many).collect()
}

fn notice_of(left_out: &[bool], names: &Names) -> Option<Notice> {
    let mut keys: Vec<&str> =
        (0_u32..).zip(left_out).filter(|(_, is_out)| **is_out).map(|(key, _)| names.text(key)).collect();
    order::sort_by(&mut keys, Ord::cmp);
    let shown = keys.get(..keys.len().min(5)).unwrap_or_default().join(", ");
    let more = if keys.len() > 5 { format!(" and {} more", keys.len() - 5) } else { String::new() };
    (!keys.is_empty())
        .then(|| Notice::info(format!("Left out, because nearly every trace has another value: {shown}{more}")))
}

/// Attributes with equal traces as one; without those that all traces have, or only one.
fn candidates(
    traces_of: &[Vec<u32>],
    tested: impl Iterator<Item = usize>,
    selection_count: usize,
    rest_count: usize,
) -> Vec<Candidate> {
    let traces = |pair: usize| traces_of.get(pair).map_or(&[][..], Vec::as_slice);
    let is_telling = |pair: &usize| (2..selection_count + rest_count).contains(&traces(*pair).len());
    let mut tested: Vec<usize> = tested.filter(is_telling).collect();
    order::sort_by(&mut tested, |a, b| traces(*a).cmp(traces(*b)));
    let groups = tested.chunk_by(|a, b| traces(*a) == traces(*b));
    let candidate = |group: &[usize]| {
        let traces = group.first().map(|pair| traces(*pair).to_vec()).unwrap_or_default();
        let in_selection = traces.partition_point(|trace| (*trace as usize) < selection_count);
        Candidate { traces, attributes: group.iter().map(|pair| *pair as u32).collect(), in_selection, p_value: 1.0 }
    };
    groups.map(candidate).collect()
}

/// The logarithms of 0!, 1!, … `max`!
fn log_factorials(max: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let mut logs = vec![0.0];
    logs.extend((1..=max).map(|n| {
        sum += (n as f64).ln();
        sum
    }));
    logs
}

fn logs_choose(logs: &[f64], n: usize, k: usize) -> f64 {
    at(logs, n) - at(logs, k) - at(logs, n.saturating_sub(k))
}

/// How likely a table at least as far from what is expected is by chance: twice the smaller tail.
fn fisher(logs: &[f64], candidate: &Candidate, selection_count: usize, rest_count: usize) -> f64 {
    let with = candidate.traces.len();
    let all = logs_choose(logs, selection_count + rest_count, with);
    let probability = |in_selection: usize| {
        (logs_choose(logs, selection_count, in_selection) + logs_choose(logs, rest_count, with - in_selection) - all)
            .exp()
    };
    let least = with.saturating_sub(rest_count);
    let most = with.min(selection_count);
    let above: f64 = (candidate.in_selection..=most).map(probability).sum();
    let below: f64 = (least..=candidate.in_selection).map(probability).sum();
    (2.0 * above.min(below)).min(1.0)
}

/// The smallest false discovery rate at which each would be reported; candidates are sorted by p-value.
fn q_values(candidates: &[Candidate]) -> Vec<f64> {
    let count = candidates.len() as f64;
    let mut least = 1.0_f64;
    let mut q_values: Vec<f64> = (1_u32..)
        .zip(candidates)
        .map(|(rank, candidate)| (candidate.p_value * count / f64::from(rank)).min(1.0))
        .collect();
    for q_value in q_values.iter_mut().rev() {
        least = least.min(*q_value);
        *q_value = least;
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{analysis::trace::random::Random, model::trace::drawn};

    fn attributes(text: &str) -> Attributes {
        let mut all: Vec<(String, String)> = text
            .split_whitespace()
            .map(|word| word.split_once('=').unwrap())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        make_unique(&mut all);
        Attributes(all)
    }

    fn compare(selection: &[String], rest: &[String]) -> Differences {
        let read = |texts: &[String]| texts.iter().map(|text| attributes(text)).collect::<Vec<_>>();
        let (selection, rest) = (read(selection), read(rest));
        differs(&selection.iter().collect::<Vec<_>>(), &rest.iter().collect::<Vec<_>>())
    }

    fn shown(list: &[Difference]) -> Vec<String> {
        let row = |d: &Difference| {
            let also = d.also.iter().map(|(key, value)| format!(" +{key}={value}"));
            let also = also.collect::<Vec<_>>().concat();
            format!("{}={} {}:{}{also}", d.key, d.value, d.in_selection, d.in_rest)
        };
        list.iter().map(row).collect()
    }

    #[test]
    fn what_sets_a_selection_apart_is_found() {
        let selection: Vec<String> =
            (0..20).map(|n| format!("pod=api-2 host=node-b version={} user={n} region=eu", 1 + n % 2)).collect();
        let rest: Vec<String> = (0..80)
            .map(|n| {
                format!(
                    "pod=api-{p} host=node-{h} version={} user=r{n} region=eu",
                    1 + n % 2,
                    p = n % 2,
                    h = if n % 2 == 0 { "a" } else { "c" }
                )
            })
            .collect();
        let result = compare(&selection, &rest);
        assert_eq!(shown(&result.more), ["pod=api-2 20:0 +host=node-b"]);
        assert_eq!(shown(&result.less), ["pod=api-0 0:40 +host=node-a", "pod=api-1 0:40 +host=node-c"]);
        assert_eq!(
            result.more[0].sentence(&result).to_string(),
            "pod = api-2: 20 of 20 selected, 0 of 80 others; always with 1 other attribute"
        );
        assert!(result.more[0].q_value < 1e-9);
        assert_eq!((result.more[0].selection_ratio, result.more[0].rest_ratio), (1.0, 0.0));
        let notices: Vec<&str> = result.notices.iter().map(|notice| notice.message.as_str()).collect();
        assert_eq!(notices, ["Left out, because nearly every trace has another value: user"]);
    }

    #[test]
    fn few_traces_tell_nothing() {
        let result = compare(&["a=1".to_owned(), "a=1".to_owned()], &["a=2".to_owned(), "a=2".to_owned()]);
        assert_eq!((result.more.len(), result.less.len(), result.notices.len()), (0, 0, 1));
        assert_eq!(compare(&[], &["a=1".to_owned()]).more, []);
        assert_eq!(compare(&["a=1".to_owned()], &[]).more, []);
    }

    /// Fisher's own: the lady tasting tea, 3 of 4 right, is 0.243 on one side.
    #[test]
    fn the_test_is_fishers() {
        let logs = log_factorials(30);
        let p = |in_selection, with, n1, n2| {
            let candidate = Candidate { traces: (0..with).collect(), attributes: vec![], in_selection, p_value: 1.0 };
            fisher(&logs, &candidate, n1, n2)
        };
        assert!((p(3, 4, 4, 4) - 2.0 * 17.0 / 70.0).abs() < 1e-12);
        assert!((p(4, 4, 4, 4) - 2.0 / 70.0).abs() < 1e-12);
        // From R: fisher.test(matrix(c(1, 9, 11, 3), 2), alternative = "less") gives 0.001380.
        assert!((p(1, 12, 10, 14) - 2.0 * 0.001_379_728).abs() < 1e-8);
    }

    /// Of groups drawn from the same traces hardly ever anything is said to differ.
    #[test]
    fn chance_is_not_reported() {
        let mut random = Random(41);
        let mut reported = 0;
        for _ in 0..200 {
            let mut texts = |count| -> Vec<String> {
                let mut text =
                    || (0..20).map(|key| format!("k{key}={}", random.below(3))).collect::<Vec<_>>().join(" ");
                (0..count).map(|_| text()).collect()
            };
            let (selection, rest) = (texts(30), texts(100));
            let result = compare(&selection, &rest);
            reported += usize::from(!result.more.is_empty() || !result.less.is_empty());
        }
        assert!(reported <= 20, "{reported} of 200");
    }

    #[test]
    fn attributes_of_a_trace() {
        let trace = drawn::trace(
            "
            api GET /     |=====|  http.status_code=500 user.id=17 pod=api-7f3a91c2b-x region=eu request=7f3a91c2-0b1d
              db SELECT    |==|    !error db.system=postgresql region=eu trace_id=abc
            ",
        );
        let text: Vec<String> =
            attributes_of(&trace, 10).0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            text,
            [
                "db.system=postgresql",
                "error=true",
                "failed operation=SELECT",
                "http.status_code=500",
                "operation=GET /",
                "operation=SELECT",
                "pod=api-7f3a91c2b-x",
                "region=eu",
                "service=api",
                "service=db",
            ]
        );
        assert_eq!(attributes_of(&trace, 0).0.len(), 6);
    }
}
