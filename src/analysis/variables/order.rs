//! In which order variables get their values, as one may ask by another's.

use super::joined;
use crate::model::{
    dashboard::{Panel, is_built_in, variable_names},
    notice::Notice,
    variables::{Variable, VariableKind},
};

/// Indices in an order in which each comes after those that it depends on, and those that depend on themselves, each with
/// the way around: `a → b → a`.
pub fn in_order(variables: &[Variable]) -> (Vec<usize>, Vec<(usize, String)>) {
    let needs: Vec<Vec<usize>> = variables
        .iter()
        .map(|variable| {
            let names = names_in(variable);
            (0..variables.len()).filter(|at| variables.get(*at).is_some_and(|v| names.contains(&v.name))).collect()
        })
        .collect();
    let mut order: Vec<usize> = Vec::new();
    loop {
        let next = (0..variables.len()).find(|at| {
            !order.contains(at) && needs.get(*at).is_some_and(|needs| needs.iter().all(|need| order.contains(need)))
        });
        let Some(next) = next else { break };
        order.push(next);
    }
    let left: Vec<usize> = (0..variables.len()).filter(|at| !order.contains(at)).collect();
    let cycles = left.iter().filter_map(|at| Some((*at, around(*at, &needs, variables)?))).collect();
    // Those that only depend on a cycle come after it, as they wait for it.
    order.extend(left);
    (order, cycles)
}

/// Names of the variables that one asks by.
pub fn names_in(variable: &Variable) -> Vec<String> {
    let source = match &variable.kind {
        VariableKind::Query { query, source } => format!("{query} {}", source.as_deref().unwrap_or_default()),
        VariableKind::AdHoc { source, .. } => source.clone().unwrap_or_default(),
        _ => String::new(),
    };
    variable_names(&format!("{source} {}", variable.regex.as_deref().unwrap_or_default()))
}

/// Which variables a panel's queries name that nobody knows.
pub fn undefined(panel: &Panel, variables: &[Variable]) -> Vec<Notice> {
    let mut notices: Vec<Notice> = Vec::new();
    for target in &panel.targets {
        for name in variable_names(&target.expr) {
            let is_known = is_built_in(&name) || variables.iter().any(|variable| variable.name == name);
            let notice = Notice::warning(format!("query {}: the variable ${name} is not defined", target.ref_id));
            if !is_known && !notices.contains(&notice) {
                notices.push(notice);
            }
        }
    }
    notices
}

/// The way from a variable back to itself. Looks at each variable once.
fn around(start: usize, needs: &[Vec<usize>], variables: &[Variable]) -> Option<String> {
    let mut came_from = vec![None; needs.len()];
    let mut waiting = vec![start];
    while let Some(at) = waiting.pop() {
        for need in needs.get(at)? {
            if *need == start {
                let mut way = vec![start, at];
                while let Some(before) = way.last().copied().filter(|at| *at != start) {
                    way.push(came_from.get(before).copied().flatten()?);
                }
                way.reverse();
                let names = way.iter().filter_map(|at| variables.get(*at)).map(|v| format!("${}", v.name));
                return Some(joined(names, " \u{2192} "));
            }
            if let Some(slot) = came_from.get_mut(*need).filter(|slot| slot.is_none()) {
                *slot = Some(at);
                waiting.push(*need);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::variables::{Hide, Refresh, Sort};

    fn variables(queries: &[(&str, &str)]) -> Vec<Variable> {
        let variable = |(name, query): &(&str, &str)| Variable {
            name: (*name).to_owned(),
            label: None,
            description: None,
            kind: VariableKind::Query { query: (*query).to_owned(), source: None },
            current: Vec::new(),
            is_multi: false,
            has_all: false,
            all_value: None,
            hide: Hide::Nothing,
            sort: Sort::None,
            regex: None,
            refresh: Refresh::OnLoad,
            saved: Vec::new(),
        };
        queries.iter().map(variable).collect()
    }

    #[test]
    fn what_is_depended_on_comes_first() {
        let check = |queries: &[(&str, &str)], order: &[usize], cycles: &[(usize, &str)]| {
            let got = in_order(&variables(queries));
            let got_cycles: Vec<_> = got.1.iter().map(|(at, way)| (*at, way.as_str())).collect();
            assert_eq!((got.0.as_slice(), got_cycles.as_slice()), (order, cycles), "{queries:?}");
        };
        check(&[("c", "f($b)"), ("b", "f([[a]], $none)"), ("a", "f()")], &[2, 1, 0], &[]);
        check(&[("a", "f($a)")], &[0], &[(0, "$a \u{2192} $a")]);
        check(
            &[("a", "$b"), ("b", "${c}"), ("c", "$a"), ("d", "$a"), ("e", "")],
            &[4, 0, 1, 2, 3],
            &[
                (0, "$a \u{2192} $b \u{2192} $c \u{2192} $a"),
                (1, "$b \u{2192} $c \u{2192} $a \u{2192} $b"),
                (2, "$c \u{2192} $a \u{2192} $b \u{2192} $c"),
            ],
        );
    }
}
