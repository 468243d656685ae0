//! `transformations` of a panel. One that is not understood is remarked on and left out.

use super::{
    super::read::Reader,
    fields::{pattern_from, reducer_from, reducers_from},
};
use crate::{
    analysis::table::{
        pattern::Pattern,
        transform::{
            Calculate, Calculation, Condition, Function, GroupRole, Names, Operand, Operator, Organize, Reduce,
            RowFilter, Step, Transformation,
        },
    },
    api::json::Value,
    model::dashboard::Reducer,
};

pub(super) fn steps_from(panel: &Reader<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for entry in panel.objects("transformations") {
        if entry.is_on("disabled") {
            entry.ignore_all();
            continue;
        }
        let id = entry.filled_text("id").unwrap_or_default();
        let only_ref_ids = only_from(&entry);
        let options = entry.object("options");
        let found = match &options {
            Some(options) => with_options(id, options, &entry),
            None => without_options(id),
        };
        if let Some(options) = options {
            if matches!(found, Found::Unknown) {
                options.ignore_all();
            }
            options.finish();
        }
        match found {
            Found::Some(transformation) => steps.push(Step { transformation: *transformation, only_ref_ids }),
            Found::Nothing => {}
            Found::Unknown => {
                entry.warn("id", &["the transformation \u{201c}", id, "\u{201d} is not supported; left out"]);
            }
        }
        entry.ignore(&["topic"]);
        entry.finish();
    }
    steps
}

/// The queries that a step is for.
fn only_from(entry: &Reader<'_>) -> Vec<String> {
    let Some(filter) = entry.object("filter") else { return Vec::new() };
    let found = match filter.filled_text("id") {
        Some("byRefId") => ref_ids(filter.text("options").unwrap_or_default()),
        other => {
            let other = other.unwrap_or_default();
            filter.warn("id", &["\u{201c}", other, "\u{201d} is not supported; it applies to all queries"]);
            Vec::new()
        }
    };
    filter.ignore(&["options"]);
    filter.finish();
    found
}

/// `A`, `A|B`, or `/^(?:A|B)$/`.
fn ref_ids(text: &str) -> Vec<String> {
    let text = text.trim().trim_start_matches("/^").trim_end_matches("$/");
    let text = text.trim_start_matches("(?:").trim_start_matches('(').trim_end_matches(')');
    text.split('|').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// What became of a transformation.
enum Found {
    Some(Box<Transformation>),
    /// It is known, and asks for nothing.
    Nothing,
    Unknown,
}

impl From<Option<Transformation>> for Found {
    fn from(found: Option<Transformation>) -> Self {
        found.map_or(Self::Nothing, |found| Self::Some(Box::new(found)))
    }
}

fn without_options(id: &str) -> Found {
    Found::Some(Box::new(match id {
        "merge" => Transformation::Merge,
        "seriesToRows" => Transformation::SeriesToRows,
        "seriesToColumns" | "joinByField" => Transformation::Join { by: None, is_inner: false },
        "labelsToFields" => Transformation::LabelsToColumns { keep: Vec::new(), value_label: None },
        "timeSeriesTable" => Transformation::Trends { stats: Vec::new() },
        _ => return Found::Unknown,
    }))
}

fn with_options(id: &str, options: &Reader<'_>, entry: &Reader<'_>) -> Found {
    let found = match id {
        "merge" | "seriesToRows" => return without_options(id),
        "organize" => Some(Transformation::Organize(organize_from(options))),
        "reduce" => reduce_from(options).map(Transformation::Reduce),
        "filterByValue" => row_filter_from(options).map(Transformation::FilterRows),
        "groupBy" => group_from(options).map(Transformation::Group),
        "sortBy" => {
            let keys = options.objects("sort");
            if keys.len() > 1 {
                options.info("sort", &["only the first column is sorted by"]);
            }
            options.ignore(&["fields"]);
            keys.first().and_then(|key| {
                let is_descending = key.is_on("desc");
                let by = key.owned_text("field");
                key.ignore(&["index"]);
                key.finish();
                by.map(|by| Transformation::Sort { by, is_descending })
            })
        }
        "calculateField" => calculate_from(options).map(Transformation::Calculate),
        "seriesToColumns" | "joinByField" => {
            let mode = options.word("mode", &[("outer", false), ("outerTabular", false), ("inner", true)]);
            Some(Transformation::Join { by: options.owned_text("byField"), is_inner: mode.unwrap_or_default() })
        }
        "labelsToFields" => {
            let keep = options.texts("keepLabels").into_iter().map(str::to_owned).collect();
            let value_label = options.owned_text("valueLabel");
            Some(match options.word("mode", &[("columns", false), ("rows", true)]) {
                Some(true) => Transformation::LabelsToRows { keep },
                _ => Transformation::LabelsToColumns { keep, value_label },
            })
        }
        "filterFieldsByName" => {
            let (include, exclude) = (names_from(options, "include"), names_from(options, "exclude"));
            options.ignore(&["byVariable"]);
            (include.is_some() || exclude.is_some()).then_some(Transformation::FilterColumns { include, exclude })
        }
        "filterByRefId" => {
            let include = options.filled_text("include").map(ref_ids);
            let exclude = options.filled_text("exclude").map(ref_ids);
            match (include, exclude) {
                (Some(ref_ids), _) => Some(Transformation::FilterTables { ref_ids, is_exclusive: false }),
                (None, Some(ref_ids)) => Some(Transformation::FilterTables { ref_ids, is_exclusive: true }),
                (None, None) => None,
            }
        }
        "limit" => {
            let rows = options.count("limitField").unwrap_or(10) as usize;
            let is_from_end = options.word("limitAt", &[("head", false), ("tail", true)]).unwrap_or_default();
            Some(Transformation::Limit { rows, is_from_end })
        }
        "renameByRegex" => {
            let by = options.text("renamePattern").unwrap_or_default().to_owned();
            pattern_from(options, "regex", Pattern::anywhere).map(|pattern| Transformation::Rename { pattern, by })
        }
        "timeSeriesTable" => {
            let mut stats = Vec::new();
            for ref_id in options.keys() {
                let Some(one) = options.object(ref_id) else { continue };
                let stat = one.filled_text("stat").and_then(|id| reducer_from(&one, "stat", id));
                stats.extend(stat.map(|stat| (ref_id.to_owned(), stat)));
                one.ignore(&["timeField"]);
                one.finish();
            }
            Some(Transformation::Trends { stats })
        }
        _ => {
            entry.ignore(&["options"]);
            return Found::Unknown;
        }
    };
    found.into()
}

fn organize_from(options: &Reader<'_>) -> Organize {
    let flagged = |key: &str| {
        let Some(map) = options.object(key) else { return Vec::new() };
        map.keys().filter(|name| map.flag(name) == Some(true)).map(str::to_owned).collect()
    };
    let mut organize =
        Organize { excluded: flagged("excludeByName"), included: flagged("includeByName"), ..Organize::default() };
    if let Some(map) = options.object("indexByName") {
        organize.places = map.keys().filter_map(|name| Some((name.to_owned(), map.number(name)?))).collect();
    }
    if let Some(map) = options.object("renameByName") {
        organize.names = map.keys().filter_map(|name| Some((name.to_owned(), map.owned_text(name)?))).collect();
    }
    if options.filled_text("orderByMode").is_some_and(|mode| mode != "manual") {
        options.info("orderByMode", &["the columns keep their order"]);
    }
    options.ignore(&["orderBy"]);
    organize
}

fn reduce_from(options: &Reader<'_>) -> Option<Reduce> {
    let reduce = Reduce {
        reducers: reducers_from(options, "reducers"),
        keeps_columns: options.word("mode", &[("seriesToRows", false), ("reduceFields", true)]).unwrap_or_default(),
        has_times: options.is_on("includeTimeField"),
        has_labels: options.is_on("labelsToFields"),
    };
    (!reduce.reducers.is_empty()).then_some(reduce)
}

fn row_filter_from(options: &Reader<'_>) -> Option<RowFilter> {
    let mut conditions = Vec::new();
    for filter in options.objects("filters") {
        let name = filter.text("fieldName").unwrap_or_default();
        if let Some(config) = filter.object("config") {
            conditions.extend(condition_from(&config).map(|condition| (name.to_owned(), condition)));
            config.finish();
        }
        filter.finish();
    }
    let is_exclusive = options.word("type", &[("include", false), ("exclude", true)]).unwrap_or_default();
    let needs_all = options.word("match", &[("any", false), ("all", true)]).unwrap_or_default();
    (!conditions.is_empty()).then_some(RowFilter { conditions, needs_all, is_exclusive })
}

fn condition_from(config: &Reader<'_>) -> Option<Condition> {
    let id = config.filled_text("id").unwrap_or_default();
    let options = config.object("options");
    let number = |key: &str| options.as_ref().and_then(|options| options.number(key));
    let text = || {
        let value = options.as_ref().and_then(|options| options.value("value"));
        value.map(|value| match value {
            Value::Bool(flag) => flag.to_string(),
            other => other.as_text().unwrap_or_default().to_owned(),
        })
    };
    let found = match id {
        "isNull" => Some(Condition::IsNone),
        "isNotNull" => Some(Condition::IsSome),
        "greater" => number("value").map(Condition::Greater),
        "greaterOrEqual" => number("value").map(Condition::GreaterOrEqual),
        "lower" => number("value").map(Condition::Lower),
        "lowerOrEqual" => number("value").map(Condition::LowerOrEqual),
        "between" => number("from").zip(number("to")).map(|(from, to)| Condition::Between(from, to)),
        "equal" => text().map(Condition::Equal),
        "notEqual" => text().map(Condition::NotEqual),
        "substring" => text().map(Condition::Contains),
        "notSubstring" => text().map(Condition::ContainsNot),
        "regex" => options
            .as_ref()
            .and_then(|options| pattern_from(options, "value", Pattern::anywhere))
            .map(Condition::Matches),
        other => {
            config.warn("id", &["the condition \u{201c}", other, "\u{201d} is not supported; left out"]);
            None
        }
    };
    if let Some(options) = options {
        if found.is_none() {
            options.ignore_all();
        }
        options.ignore(&["value"]);
        options.finish();
    }
    found
}

fn group_from(options: &Reader<'_>) -> Option<Vec<(String, GroupRole)>> {
    let fields = options.object("fields")?;
    let mut roles = Vec::new();
    for name in fields.keys() {
        let Some(field) = fields.object(name) else { continue };
        let reducers = reducers_from(&field, "aggregations");
        let role = match field.filled_text("operation") {
            Some("groupby") => Some(GroupRole::Key),
            Some("aggregate") => Some(GroupRole::Aggregate(reducers)),
            Some(other) => {
                field.warn("operation", &["\u{201c}", other, "\u{201d} is not supported; the column is left out"]);
                None
            }
            None => None,
        };
        field.finish();
        roles.extend(role.map(|role| (name.to_owned(), role)));
    }
    (!roles.is_empty()).then_some(roles)
}

fn names_from(options: &Reader<'_>, key: &str) -> Option<Names> {
    let reader = options.object(key)?;
    let names = reader.texts("names").into_iter().map(str::to_owned).collect::<Vec<_>>();
    let pattern = pattern_from(&reader, "pattern", Pattern::new);
    if reader.filled_text("variable").is_some() {
        reader.info("variable", &["names from a variable are not supported"]);
    }
    reader.finish();
    (!names.is_empty() || pattern.is_some()).then_some(Names { names, pattern })
}

fn calculate_from(options: &Reader<'_>) -> Option<Calculate> {
    let alias = options.owned_text("alias");
    let replaces = options.is_on("replaceFields");
    let mode = options.filled_text("mode").unwrap_or("reduceRow");
    // The editor keeps what was chosen in other modes.
    for (key, of) in [
        ("reduce", "reduceRow"),
        ("binary", "binary"),
        ("unary", "unary"),
        ("index", "index"),
        ("cumulative", "cumulativeFunctions"),
        ("window", "windowFunctions"),
    ] {
        if of != mode {
            options.ignore(&[key]);
        }
    }
    options.ignore(&["timeSeries"]);
    let kind = match mode {
        "reduceRow" => {
            let reduce = options.object("reduce");
            let id = reduce.as_ref().and_then(|reduce| reduce.filled_text("reducer")).unwrap_or("sum");
            let reducer = reducer_from(options, "reduce", id);
            let columns = reduce.as_ref().map(|reduce| reduce.texts("include")).unwrap_or_default();
            if let Some(reduce) = reduce {
                reduce.ignore(&["nullValueMode"]);
                reduce.finish();
            }
            let columns = columns.into_iter().map(str::to_owned).collect();
            reducer.map(|reducer| Calculation::Row { reducer, columns })
        }
        "binary" => binary_from(&options.object("binary")?),
        "unary" => {
            let unary = options.object("unary")?;
            let function = unary.word(
                "operator",
                &[
                    ("abs", Function::Absolute),
                    ("exp", Function::Exponent),
                    ("ln", Function::Logarithm),
                    ("floor", Function::Floor),
                    ("ceil", Function::Ceiling),
                    ("round", Function::Round),
                ],
            );
            let column = unary.owned_text("fieldName");
            unary.finish();
            function.zip(column).map(|(function, column)| Calculation::Unary { function, column })
        }
        "index" => {
            let is_ratio = options.object("index").is_some_and(|index| {
                let is_ratio = index.is_on("asPercentile");
                index.finish();
                is_ratio
            });
            Some(Calculation::Index { is_ratio })
        }
        "cumulativeFunctions" => {
            let cumulative = options.object("cumulative")?;
            let is_mean = cumulative.word("reducer", &[("sum", false), ("mean", true)]);
            let column = cumulative.owned_text("field");
            cumulative.finish();
            is_mean.zip(column).map(|(is_mean, column)| Calculation::Cumulative { is_mean, column })
        }
        other => {
            options.warn("mode", &["\u{201c}", other, "\u{201d} is not supported; no column is added"]);
            options.ignore(&["window"]);
            None
        }
    };
    kind.map(|kind| Calculate { kind, alias, replaces })
}

fn binary_from(binary: &Reader<'_>) -> Option<Calculation> {
    let operator = binary.word(
        "operator",
        &[
            ("+", Operator::Add),
            ("-", Operator::Subtract),
            ("*", Operator::Multiply),
            ("/", Operator::Divide),
            ("**", Operator::Power),
            ("%", Operator::Remainder),
        ],
    );
    let (left, right) = (operand_from(binary, "left"), operand_from(binary, "right"));
    // A word of Grafana 7, when a row's numbers were taken one at a time anyway.
    binary.ignore(&["reducer"]);
    binary.finish();
    let ((left, operator), right) = left.zip(operator).zip(right)?;
    Some(Calculation::Binary { left, operator, right })
}

/// A column's name or a number, bare or in the objects that newer versions write.
fn operand_from(binary: &Reader<'_>, key: &str) -> Option<Operand> {
    let of_text = |text: &str| {
        crate::base::number::parse(text.trim()).map_or_else(|| Operand::Column(text.to_owned()), Operand::Number)
    };
    match binary.value(key)? {
        Value::Object(_) => {
            let side = binary.object(key)?;
            let fixed = side.text("fixed").map(of_text);
            let matched = side.object("matcher").and_then(|matcher| {
                let name = matcher.owned_text("options");
                if matcher.filled_text("id").is_some_and(|id| id != "byName") {
                    matcher.warn("id", &["only \u{201c}byName\u{201d} is supported; no column is added"]);
                    return None;
                }
                name.map(Operand::Column)
            });
            side.finish();
            fixed.or(matched)
        }
        other => other.as_text().map(of_text),
    }
}

/// The columns that an old table made of aggregations, under the heads that it gave them.
pub(super) fn old_aggregations(reducers: &[(Reducer, String)]) -> Vec<Transformation> {
    let names = reducers
        .iter()
        .map(|(reducer, text)| (crate::analysis::table::transform::reducer_title(*reducer), text.clone()))
        .chain([("Field".to_owned(), "Metric".to_owned())])
        .collect();
    vec![
        Transformation::Reduce(Reduce {
            reducers: reducers.iter().map(|(reducer, _)| *reducer).collect(),
            ..Reduce::default()
        }),
        Transformation::Organize(Organize { names, ..Organize::default() }),
    ]
}
