use super::{
    super::tests::{drawn, numbers, table, texts, times},
    *,
};
use crate::{
    analysis::table::{CellType, Column},
    model::{frame::MISSING, labels::Labels},
};

fn check(tables: &[Table], transformation: Transformation, expect: &str) {
    let step = Step { transformation, only_ref_ids: vec![] };
    assert_eq!(drawn(&apply(tables.to_vec(), &[step])), expect);
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A series as its own table.
fn series(job: &str, x_ms: &[f64], values: &[f64]) -> Table {
    let mut value = numbers("Value", values);
    value.labels = Labels::from_pairs([("job", job), ("zone", "a")]);
    value.title = Some(job.to_owned());
    table(vec![times(x_ms), value])
}

fn pods() -> Table {
    table(vec![
        texts("pod", &["api-1", "api-2", "mcp-1"]),
        texts("job", &["api", "api", "mcp"]),
        numbers("Value", &[1.0, 3.0, MISSING]),
    ])
}

#[test]
fn organize() {
    let organize = Organize {
        excluded: owned(&["Time"]),
        places: vec![("Value".to_owned(), 0.0), ("pod".to_owned(), 1.0)],
        names: vec![("Value".to_owned(), "CPU".to_owned()), ("job".to_owned(), String::new())],
        ..Organize::default()
    };
    check(
        &[pods()],
        Transformation::Organize(organize),
        "CPU | pod | job\n1 | api-1 | api\n3 | api-2 | api\n- | mcp-1 | mcp",
    );
    let only = Organize { included: owned(&["job"]), ..Organize::default() };
    check(&[pods()], Transformation::Organize(only), "job\napi\napi\nmcp");
}

#[test]
fn merge() {
    let a = table(vec![texts("pod", &["x", "y"]), numbers("Value #A", &[1.0, 2.0])]);
    let b = table(vec![texts("pod", &["y", "z"]), numbers("Value #B", &[20.0, 30.0])]);
    check(&[a.clone(), b], Transformation::Merge, "pod | Value #A | Value #B\nx | 1 | -\ny | 2 | 20\nz | - | 30");
    // The same columns: rows that differ stay apart, rows that do not are one.
    let more = table(vec![texts("pod", &["x", "y"]), numbers("Value #A", &[1.0, 5.0])]);
    check(&[a.clone(), more], Transformation::Merge, "pod | Value #A\nx | 1\ny | 2\ny | 5");
    // Nothing in common.
    let other = table(vec![texts("node", &["n"])]);
    check(&[a.clone(), other], Transformation::Merge, "pod | Value #A | node\nx | 1 | -\ny | 2 | -\n- | - | n");
    check(&[a], Transformation::Merge, "pod | Value #A\nx | 1\ny | 2");
    check(&[], Transformation::Merge, "");
}

#[test]
fn reduce_to_rows_and_to_cells() {
    let both = [series("api", &[1.0, 2.0], &[4.0, 6.0]), series("mcp", &[1.0], &[7.0])];
    let reduce = Reduce { reducers: vec![Reducer::Max, Reducer::LastNotNull], ..Reduce::default() };
    check(&both, Transformation::Reduce(reduce.clone()), "Field | Max | Last *\napi | 6 | 6\nmcp | 7 | 7");
    check(
        &both,
        Transformation::Reduce(Reduce { has_labels: true, reducers: vec![Reducer::Sum], ..reduce.clone() }),
        "Field | job | zone | Total\nValue | api | a | 10\nValue | mcp | a | 7",
    );
    check(
        &both,
        Transformation::Reduce(Reduce { keeps_columns: true, ..reduce.clone() }),
        "api Max | api Last *\n6 | 6\n\nmcp Max | mcp Last *\n7 | 7",
    );
    check(
        &both[..1],
        Transformation::Reduce(Reduce { keeps_columns: true, has_times: true, reducers: vec![Reducer::Max], ..reduce }),
        "Time | api\n2 | 6",
    );
}

#[test]
fn filter_rows() {
    let filter = |conditions: Vec<(&str, Condition)>, needs_all: bool, is_exclusive: bool| {
        let conditions = conditions.into_iter().map(|(name, condition)| (name.to_owned(), condition)).collect();
        Transformation::FilterRows(RowFilter { conditions, needs_all, is_exclusive })
    };
    let pod = |transformation: Transformation, expect: &str| {
        let tables = apply(vec![pods()], &[Step { transformation, only_ref_ids: vec![] }]);
        let shown = (0..tables[0].row_count()).filter_map(|row| tables[0].columns[0].cells.get(row).text());
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expect);
    };
    let api = || ("job", Condition::Equal("api".to_owned()));
    pod(filter(vec![api()], true, false), "api-1 api-2");
    pod(filter(vec![api()], true, true), "mcp-1");
    pod(filter(vec![api(), ("Value", Condition::Greater(2.0))], true, false), "api-2");
    pod(
        filter(vec![("pod", Condition::Contains("MCP".to_owned())), ("Value", Condition::Lower(2.0))], false, false),
        "api-1 mcp-1",
    );
    pod(filter(vec![("Value", Condition::IsNone)], true, false), "mcp-1");
    pod(filter(vec![("Value", Condition::IsSome)], true, false), "api-1 api-2");
    pod(filter(vec![("Value", Condition::Equal("3.0".to_owned()))], true, false), "api-2");
    pod(filter(vec![("Value", Condition::NotEqual("3".to_owned()))], true, false), "api-1 mcp-1");
    pod(filter(vec![("Value", Condition::Between(0.5, 3.0))], true, false), "api-1");
    pod(filter(vec![("Value", Condition::GreaterOrEqual(3.0))], true, false), "api-2");
    pod(filter(vec![("Value", Condition::LowerOrEqual(1.0))], true, false), "api-1");
    pod(filter(vec![("pod", Condition::Matches(Pattern::anywhere("-2$").unwrap()))], true, false), "api-2");
    pod(filter(vec![("pod", Condition::ContainsNot("api".to_owned()))], true, false), "mcp-1");
    // A column that is not there filters nothing.
    pod(filter(vec![("no", Condition::IsNone)], true, false), "api-1 api-2 mcp-1");
}

#[test]
fn group() {
    let roles = vec![
        ("job".to_owned(), GroupRole::Key),
        ("Value".to_owned(), GroupRole::Aggregate(vec![Reducer::Sum, Reducer::Count])),
        ("pod".to_owned(), GroupRole::Aggregate(vec![Reducer::LastNotNull, Reducer::DistinctCount])),
    ];
    check(
        &[pods()],
        Transformation::Group(roles),
        "job | pod (lastNotNull) | pod (distinctCount) | Value (sum) | Value (count)\napi | api-2 | 2 | 4 | 2\nmcp | mcp-1 | 1 | - | 0",
    );
    check(&[pods()], Transformation::Group(vec![("no".to_owned(), GroupRole::Key)]), "");
    // Times stay times.
    let log = table(vec![times(&[5.0, 9.0]), texts("job", &["a", "a"])]);
    let roles = vec![
        ("job".to_owned(), GroupRole::Key),
        ("Time".to_owned(), GroupRole::Aggregate(vec![Reducer::Max, Reducer::Count])),
    ];
    let grouped = apply(vec![log], &[Step { transformation: Transformation::Group(roles), only_ref_ids: vec![] }]);
    let kinds: Vec<_> = grouped[0].columns.iter().map(|column| column.cells.kind()).collect();
    assert_eq!(kinds, [CellType::Text, CellType::Time, CellType::Number]);
}

#[test]
fn sort_and_limit() {
    let sort = |by: &str, is_descending: bool| Transformation::Sort { by: by.to_owned(), is_descending };
    check(&[pods()], sort("Value", true), "pod | job | Value\nmcp-1 | mcp | -\napi-2 | api | 3\napi-1 | api | 1");
    check(&[pods()], sort("no", true), "pod | job | Value\napi-1 | api | 1\napi-2 | api | 3\nmcp-1 | mcp | -");
    check(&[pods()], Transformation::Limit { rows: 1, is_from_end: false }, "pod | job | Value\napi-1 | api | 1");
    check(&[pods()], Transformation::Limit { rows: 1, is_from_end: true }, "pod | job | Value\nmcp-1 | mcp | -");
}

#[test]
fn calculate() {
    let base =
        || table(vec![texts("pod", &["x", "y"]), numbers("used", &[1.0, MISSING]), numbers("limit", &[4.0, 8.0])]);
    let check = |kind: Calculation, expect: &str| {
        let calculate = Calculate { kind, alias: None, replaces: false };
        let tables =
            apply(vec![base()], &[Step { transformation: Transformation::Calculate(calculate), only_ref_ids: vec![] }]);
        let column = tables[0].columns.last().unwrap();
        assert_eq!(drawn(&[table(vec![column.clone()])]).replace('\n', " ; "), expect);
    };
    let column = |name: &str| Operand::Column(name.to_owned());
    check(Calculation::Row { reducer: Reducer::Sum, columns: vec![] }, "Total ; 5 ; 8");
    check(Calculation::Row { reducer: Reducer::Max, columns: owned(&["used"]) }, "Max ; 1 ; -");
    let binary = |operator: Operator| Calculation::Binary { left: column("used"), operator, right: column("limit") };
    check(binary(Operator::Divide), "used / limit ; 0.25 ; -");
    check(binary(Operator::Subtract), "used - limit ; -3 ; -");
    check(
        Calculation::Binary { left: column("limit"), operator: Operator::Power, right: Operand::Number(2.0) },
        "limit ** 2 ; 16 ; 64",
    );
    check(
        Calculation::Binary { left: column("no"), operator: Operator::Add, right: Operand::Number(2.0) },
        "limit ; 4 ; 8",
    );
    check(Calculation::Unary { function: Function::Round, column: "used".to_owned() }, "round(used) ; 1 ; -");
    check(Calculation::Index { is_ratio: false }, "Row ; 0 ; 1");
    check(Calculation::Cumulative { is_mean: false, column: "limit".to_owned() }, "cumulative sum(limit) ; 4 ; 12");
}

#[test]
fn calculating_over_series_puts_them_side_by_side() {
    let both = [series("api", &[1.0, 2.0], &[4.0, 6.0]), series("mcp", &[2.0], &[7.0])];
    let kind = Calculation::Row { reducer: Reducer::Sum, columns: vec![] };
    let keep = Calculate { kind: kind.clone(), alias: Some("all".to_owned()), replaces: false };
    check(&both, Transformation::Calculate(keep), "Time | api | mcp | all\n1 | 4 | - | 4\n2 | 6 | 7 | 13");
    let replace = Calculate { kind, alias: None, replaces: true };
    check(&both, Transformation::Calculate(replace), "Time | Total\n1 | 4\n2 | 13");
}

#[test]
fn series_to_rows_and_joined() {
    let both = [series("api", &[1.0, 2.0], &[4.0, 6.0]), series("mcp", &[2.0, 3.0], &[7.0, 8.0])];
    check(
        &both,
        Transformation::SeriesToRows,
        "Time | Metric | Value\n3 | mcp | 8\n2 | api | 6\n2 | mcp | 7\n1 | api | 4",
    );
    check(
        &both,
        Transformation::Join { by: None, is_inner: false },
        "Time | api | mcp\n1 | 4 | -\n2 | 6 | 7\n3 | - | 8",
    );
    check(&both, Transformation::Join { by: None, is_inner: true }, "Time | api | mcp\n2 | 6 | 7");
    let left = table(vec![texts("pod", &["x", "y"]), numbers("a", &[1.0, 2.0])]);
    let right = table(vec![numbers("b", &[5.0, 6.0, 7.0]), texts("pod", &["y", "y", "z"])]);
    check(
        &[left, right],
        Transformation::Join { by: Some("pod".to_owned()), is_inner: false },
        "pod | a | b\nx | 1 | -\ny | 2 | 5\ny | 2 | 6\nz | - | 7",
    );
    check(&[pods()], Transformation::Join { by: None, is_inner: false }, "");
}

#[test]
fn labels() {
    let both = [series("api", &[1.0], &[4.0]), series("mcp", &[1.0], &[7.0])];
    let columns = |keep: &[&str], value_label: Option<&str>| Transformation::LabelsToColumns {
        keep: owned(keep),
        value_label: value_label.map(str::to_owned),
    };
    check(&both, columns(&[], None), "Time | job | zone | Value\n1 | api | a | 4\n1 | mcp | a | 7");
    check(&both, columns(&["job"], None), "Time | job | Value\n1 | api | 4\n1 | mcp | 7");
    check(&both, columns(&[], Some("job")), "Time | zone | api | mcp\n1 | a | 4 | 7");
    check(&both[..1], Transformation::LabelsToRows { keep: vec![] }, "label | value\njob | api\nzone | a");
}

#[test]
fn columns_and_tables_are_chosen_and_renamed() {
    let names = |list: &[&str], pattern: Option<&str>| {
        Some(Names { names: owned(list), pattern: pattern.map(|pattern| Pattern::new(pattern).unwrap()) })
    };
    let filter = |include, exclude| Transformation::FilterColumns { include, exclude };
    check(&[pods()], filter(names(&["job"], None), None), "job\napi\napi\nmcp");
    check(&[pods()], filter(names(&[], Some("/^(pod|job)/")), names(&["pod"], None)), "job\napi\napi\nmcp");
    check(&[pods()], filter(names(&[], None), None), "");
    let rename = Transformation::Rename { pattern: Pattern::new("/^(.)o./").unwrap(), by: "$1".to_owned() };
    check(&[pods()], rename, "p | j | Value\napi-1 | api | 1\napi-2 | api | 3\nmcp-1 | mcp | -");
    let other = Table { ref_id: "B".to_owned(), columns: vec![texts("b", &["1"])] };
    let tables = [pods(), other];
    check(&tables, Transformation::FilterTables { ref_ids: owned(&["B"]), is_exclusive: false }, "b\n1");
    // A step for one query leaves the others as they are.
    let step =
        Step { transformation: Transformation::Limit { rows: 0, is_from_end: false }, only_ref_ids: owned(&["A"]) };
    assert_eq!(drawn(&apply(tables.to_vec(), &[step])), "b\n1\n\npod | job | Value");
}

#[test]
fn trends() {
    let both = [series("api", &[1.0, 2.0], &[4.0, 6.0]), series("mcp", &[1.0], &[7.0])];
    check(
        &both,
        Transformation::Trends { stats: vec![("A".to_owned(), Reducer::Mean)] },
        "job | zone | Trend\napi | a | [4.0, 6.0]\nmcp | a | [7.0]",
    );
}

#[test]
fn nothing_breaks_on_tables_without_columns_or_rows() {
    let empty = [Table::default(), table(vec![]), table(vec![times(&[]), numbers("Value", &[])])];
    let calculate = Calculate { kind: Calculation::Index { is_ratio: true }, alias: None, replaces: true };
    for transformation in [
        Transformation::Organize(Organize::default()),
        Transformation::Merge,
        Transformation::Reduce(Reduce { reducers: vec![Reducer::Last], has_labels: true, ..Reduce::default() }),
        Transformation::Sort { by: "Value".to_owned(), is_descending: true },
        Transformation::Calculate(calculate),
        Transformation::SeriesToRows,
        Transformation::LabelsToColumns { keep: vec![], value_label: None },
        Transformation::Join { by: None, is_inner: true },
        Transformation::Limit { rows: 5, is_from_end: true },
        Transformation::Trends { stats: vec![] },
    ] {
        for table in apply(empty.to_vec(), &[Step { transformation, only_ref_ids: vec![] }]) {
            assert!(table.columns.iter().all(|column: &Column| column.cells.len() == table.row_count()));
        }
    }
}
