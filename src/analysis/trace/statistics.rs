//! A trace by groups of spans: how many, how long, how much of it by themselves, how many failed.
//!
//! Not here: quantiles. Within one trace groups are small; over many traces see [`super::usual`].

use super::{
    at,
    intern::{Names, Pairs},
    ratio,
    self_time::self_ns,
};
use crate::{base::order, model::trace::Trace};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    Service,
    Operation,
    ServiceOperation,
}

/// Which group each span belongs to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Groups {
    pub of_span: Vec<u32>,
    pub names: Vec<GroupName>,
}

/// What names a group; `None` where it is not grouped by that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct GroupName {
    pub service: Option<String>,
    pub operation: Option<String>,
    /// Of the tag. All are `None` for the spans that have no such tag.
    pub value: Option<String>,
}

/// Groups by what the columns hold.
pub fn groups(trace: &Trace, by: GroupBy) -> Groups {
    let mut pairs = Pairs::default();
    let of_span = (0..trace.len())
        .map(|span| {
            let service = if by == GroupBy::Operation { 0 } else { trace.service_key(span) };
            let operation = if by == GroupBy::Service { 0 } else { trace.operation_key(span) };
            pairs.number((service, operation))
        })
        .collect();
    let name = |number: usize| {
        let (service, operation) = pairs.pair(number as u32);
        GroupName {
            service: (by != GroupBy::Operation).then(|| trace.name(service).to_owned()),
            operation: (by != GroupBy::Service).then(|| trace.name(operation).to_owned()),
            value: None,
        }
    };
    Groups { of_span, names: (0..pairs.len()).map(name).collect() }
}

/// Groups by the value of a tag, or of a process tag where the span has none of that key. Reads the details of all spans,
/// in slices.
#[derive(Debug, Clone, Default)]
pub struct TagReading {
    key: String,
    of_span: Vec<u32>,
    values: Names,
}

/// The group of spans without the tag.
const WITHOUT: u32 = u32::MAX;

impl TagReading {
    pub fn start(key: &str) -> Self {
        Self { key: key.to_owned(), ..Self::default() }
    }

    /// Reads so many details more. Returns whether all were read.
    pub fn advance(&mut self, trace: &Trace, max_details: usize) -> bool {
        let until = self.of_span.len().saturating_add(max_details).min(trace.len());
        for span in self.of_span.len()..until {
            let detail = trace.detail(span);
            let process_tag =
                || detail.process_tags.iter().find(|tag| tag.key == self.key).map(|tag| tag.value.to_string());
            let value = detail.tag_text(&self.key).or_else(process_tag);
            self.of_span.push(value.map_or(WITHOUT, |value| self.values.number(&value)));
        }
        self.of_span.len() >= trace.len()
    }

    /// How much was read (0–1).
    pub fn progress_ratio(&self, trace: &Trace) -> f64 {
        if trace.is_empty() { 1.0 } else { self.of_span.len().min(trace.len()) as f64 / trace.len() as f64 }
    }

    /// Of what was read; spans that were not are in the group of those without the tag.
    pub fn groups(&self, trace: &Trace) -> Groups {
        let without = self.values.len() as u32;
        let group = |span: usize| self.of_span.get(span).map_or(without, |value| (*value).min(without));
        let of_span: Vec<u32> = (0..trace.len()).map(group).collect();
        let value = |value: u32| GroupName { value: Some(self.values.text(value).to_owned()), ..GroupName::default() };
        let mut names: Vec<GroupName> = (0..without).map(value).collect();
        if of_span.contains(&without) {
            names.push(GroupName::default());
        }
        Groups { of_span, names }
    }
}

/// The keys of the tags of the first so many spans, sorted: what one can group by.
pub fn tag_keys(trace: &Trace, max_details: usize) -> Vec<String> {
    let mut keys = Names::default();
    for span in 0..trace.len().min(max_details) {
        let detail = trace.detail(span);
        for tag in detail.tags.iter().chain(&detail.process_tags) {
            keys.number(&tag.key);
        }
    }
    let mut keys: Vec<String> = (0..keys.len()).map(|key| keys.text(key as u32).to_owned()).collect();
    order::sort_by(&mut keys, Ord::cmp);
    keys
}

/// One group. Times in nanoseconds, shares 0–1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    pub name: GroupName,
    pub count: usize,
    pub errors: usize,
    /// The sum of durations. Spans that contain each other both count.
    pub total_ns: i64,
    pub min_ns: i64,
    pub max_ns: i64,
    /// The sum of exclusive times, which count once.
    pub self_ns: i64,
    pub self_min_ns: i64,
    pub self_max_ns: i64,
    /// The time in which at least one of the spans ran.
    pub covered_ns: i64,
    /// `covered_ns` of the trace's duration.
    pub share: f64,
    /// `self_ns` of that of all spans; adds up to 1.
    pub self_share: f64,
    /// The first and the slowest of the spans.
    pub first_span: usize,
    pub slowest_span: usize,
}

impl Row {
    pub fn avg_ns(&self) -> i64 {
        average(self.total_ns, self.count)
    }

    pub fn self_avg_ns(&self) -> i64 {
        average(self.self_ns, self.count)
    }

    pub fn error_ratio(&self) -> f64 {
        ratio(self.errors as i64, self.count as i64)
    }
}

fn average(sum_ns: i64, count: usize) -> i64 {
    (sum_ns as f64 / count.max(1) as f64).round() as i64
}

/// One row a group, in the order of the groups' first spans. O(n log n).
pub fn statistics(trace: &Trace, groups: &Groups) -> Vec<Row> {
    let own = self_ns(trace);
    let mut rows: Vec<Row> = groups.names.iter().map(|name| Row { name: name.clone(), ..Row::default() }).collect();
    for span in 0..trace.len() {
        let (duration_ns, self_ns) = (trace.span_duration_ns(span), at(&own, span));
        let Some(row) = groups.of_span.get(span).and_then(|group| rows.get_mut(*group as usize)) else { continue };
        let is_first = row.count == 0;
        if is_first {
            row.first_span = span;
        }
        if is_first || duration_ns > row.max_ns {
            row.slowest_span = span;
        }
        row.min_ns = if is_first { duration_ns } else { row.min_ns.min(duration_ns) };
        row.self_min_ns = if is_first { self_ns } else { row.self_min_ns.min(self_ns) };
        row.max_ns = row.max_ns.max(duration_ns);
        row.self_max_ns = row.self_max_ns.max(self_ns);
        row.total_ns = row.total_ns.saturating_add(duration_ns);
        row.self_ns = row.self_ns.saturating_add(self_ns);
        row.count += 1;
        row.errors += usize::from(trace.is_error(span));
    }
    let by_start = order::order_of(trace.len(), &mut |a, b| trace.span_start_ns(a).cmp(&trace.span_start_ns(b)));
    let mut reach: Vec<i64> = vec![i64::MIN; rows.len()];
    for span in by_start {
        let group = groups.of_span.get(span).map_or(usize::MAX, |group| *group as usize);
        if let Some((row, reach)) = rows.get_mut(group).zip(reach.get_mut(group)) {
            let from = trace.span_start_ns(span).max(*reach);
            let to = trace.span_end_ns(span);
            if from < to {
                row.covered_ns = row.covered_ns.saturating_add(to.saturating_sub(from));
                *reach = to;
            }
        }
    }
    let own_sum = own.iter().fold(0_i64, |sum, own| sum.saturating_add(*own));
    for row in &mut rows {
        row.share = ratio(row.covered_ns, trace.duration_ns());
        row.self_share = ratio(row.self_ns, own_sum);
    }
    rows.retain(|row| row.count > 0);
    rows
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Count,
    Errors,
    Total,
    Avg,
    Min,
    Max,
    SelfTotal,
    SelfAvg,
    SelfMin,
    SelfMax,
    Share,
}

/// Sorts rows; those of equal value by name. Names descend where numbers would ascend.
pub fn sort(rows: &mut [Row], field: Field, is_descending: bool) {
    let number = |row: &Row| match field {
        Field::Name => 0,
        Field::Count => row.count as i64,
        Field::Errors => row.errors as i64,
        Field::Total => row.total_ns,
        Field::Avg => row.avg_ns(),
        Field::Min => row.min_ns,
        Field::Max => row.max_ns,
        Field::SelfTotal => row.self_ns,
        Field::SelfAvg => row.self_avg_ns(),
        Field::SelfMin => row.self_min_ns,
        Field::SelfMax => row.self_max_ns,
        Field::Share => row.covered_ns,
    };
    order::sort_by(rows, |a, b| {
        let by_name = a.name.cmp(&b.name);
        let by_field = if field == Field::Name { by_name } else { number(a).cmp(&number(b)) };
        let by_field = if is_descending { by_field.reverse() } else { by_field };
        by_field.then(by_name)
    });
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::{
        analysis::trace::random::{self, Random},
        model::trace::drawn,
    };

    const DRAWING: &str = "
        api GET /      |===========|
          api load      |===|
          db SELECT       |=====|     !error db.system=postgresql
          db SELECT              |==| db.system=postgresql
          redis GET      |            db.system=redis
        ";

    fn shown(rows: &[Row]) -> String {
        let mut out = String::new();
        for row in rows {
            let GroupName { service, operation, value } = &row.name;
            let name: Vec<&str> = [service, operation, value].into_iter().flatten().map(String::as_str).collect();
            let ms = |ns: i64| ns as f64 / 1e6;
            writeln!(
                out,
                "{} ×{} {}! {}={}..{}..{} self {}={}..{}..{} covered {} {:.0}% {:.0}%",
                if name.is_empty() { "-".to_owned() } else { name.join(" ") },
                row.count,
                row.errors,
                ms(row.total_ns),
                ms(row.min_ns),
                ms(row.avg_ns()),
                ms(row.max_ns),
                ms(row.self_ns),
                ms(row.self_min_ns),
                ms(row.self_avg_ns()),
                ms(row.self_max_ns),
                ms(row.covered_ns),
                row.share * 100.0,
                row.self_share * 100.0,
            )
            .unwrap();
        }
        out
    }

    #[test]
    fn by_service_operation_and_both() {
        let trace = drawn::trace(DRAWING);
        let of = |by| shown(&statistics(&trace, &groups(&trace, by)));
        assert_eq!(
            of(GroupBy::Service),
            "api ×2 0! 16=4..8..12 self 6=2..3..4 covered 12 92% 40%\n\
             redis ×1 0! 0=0..0..0 self 0=0..0..0 covered 0 0% 0%\n\
             db ×2 1! 9=3..4.5..6 self 9=3..4.5..6 covered 9 69% 60%\n"
        );
        assert!(of(GroupBy::Operation).contains("SELECT ×2 1!"));
        assert!(of(GroupBy::ServiceOperation).contains("db SELECT ×2 1!"));
    }

    #[test]
    fn by_a_tag_in_slices() {
        let trace = drawn::trace(DRAWING);
        let mut reading = TagReading::start("db.system");
        assert!(!reading.advance(&trace, 3));
        assert!((reading.progress_ratio(&trace) - 0.6).abs() < 1e-9);
        assert!(reading.advance(&trace, 99));
        let mut rows = statistics(&trace, &reading.groups(&trace));
        sort(&mut rows, Field::Total, true);
        let names: Vec<(Option<&str>, usize)> = rows.iter().map(|row| (row.name.value.as_deref(), row.count)).collect();
        assert_eq!(names, [(None, 2), (Some("postgresql"), 2), (Some("redis"), 1)]);
        assert_eq!(tag_keys(&trace, 10), ["db.system"]);
    }

    #[test]
    fn rows_are_sorted_by_any_field() {
        let trace = drawn::trace(DRAWING);
        let mut rows = statistics(&trace, &groups(&trace, GroupBy::ServiceOperation));
        let mut first = |field, is_descending| {
            sort(&mut rows, field, is_descending);
            rows[0].name.operation.clone().unwrap()
        };
        assert_eq!(first(Field::Name, false), "GET /");
        assert_eq!(first(Field::Name, true), "GET");
        assert_eq!(first(Field::Count, true), "SELECT");
        assert_eq!(first(Field::Errors, true), "SELECT");
        assert_eq!(first(Field::Total, true), "GET /");
        assert_eq!(first(Field::SelfTotal, true), "SELECT");
        assert_eq!(first(Field::Max, false), "GET");
    }

    #[test]
    fn of_any_trace_sums_agree() {
        let mut random = Random(9);
        for _ in 0..500 {
            let trace = random::trace(&mut random, 25);
            for by in [GroupBy::Service, GroupBy::Operation, GroupBy::ServiceOperation] {
                let rows = statistics(&trace, &groups(&trace, by));
                assert_eq!(rows.iter().map(|row| row.count).sum::<usize>(), trace.len());
                assert_eq!(rows.iter().map(|row| row.errors).sum::<usize>(), trace.error_count());
                for row in rows {
                    assert!(row.min_ns <= row.avg_ns() && row.avg_ns() <= row.max_ns);
                    assert!(row.covered_ns <= row.total_ns && (0.0..=1.0).contains(&row.share));
                }
            }
        }
    }
}
