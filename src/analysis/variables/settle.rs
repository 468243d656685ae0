//! Which value a variable has: the address says it, else the file, else it is the first option.

use super::{fill::Bound, joined};
use crate::model::variables::{ALL, Choice, Variable, VariableKind};

/// A variable with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub options: Vec<Choice>,
    /// Empty with `is_all`, which is every option.
    pub chosen: Vec<Choice>,
    pub is_all: bool,
    /// Chosen values that are no option any more.
    pub gone: Vec<String>,
    /// What stands for an interval's `auto` at this moment.
    pub auto: Option<String>,
}

/// How the value of an interval's `auto` begins, in files and addresses.
pub const AUTO_PREFIX: &str = "$__auto_interval";

/// `asked` are the values in the address. A value of theirs that is no option any more is kept, as who sent the link
/// meant it; one of the file gives way to the first option, as files travel between installations.
pub fn settle(variable: &Variable, options: Vec<Choice>, asked: &[String]) -> Settled {
    let current: Vec<String> = variable.current.iter().map(|choice| choice.value.clone()).collect();
    let typed = |text: &str| Settled {
        options: Vec::new(),
        chosen: vec![Choice::plain(text)],
        is_all: false,
        gone: Vec::new(),
        auto: None,
    };
    match &variable.kind {
        VariableKind::Text(default) => return typed(asked.first().or(current.first()).unwrap_or(default)),
        VariableKind::Constant(value) => return typed(value),
        VariableKind::Fixed => {
            let is_all = current.iter().any(|value| value == ALL);
            let chosen = if is_all { Vec::new() } else { variable.current.clone() };
            return Settled { options, chosen, is_all, gone: Vec::new(), auto: None };
        }
        _ => {}
    }
    let is_all = |values: &[String]| {
        variable.has_all && values.iter().any(|value| value == ALL || value == "All" && find(&options, "All").is_none())
    };
    let limit = if variable.is_multi { usize::MAX } else { 1 };
    if is_all(asked) || asked.is_empty() && is_all(&current) {
        return Settled { options, chosen: Vec::new(), is_all: true, gone: Vec::new(), auto: None };
    }
    if !asked.is_empty() {
        let mut chosen: Vec<Choice> = Vec::new();
        let mut gone = Vec::new();
        for value in asked.iter().take(limit) {
            let choice = find(&options, value).cloned().unwrap_or_else(|| {
                gone.push(value.clone());
                Choice::plain(value.clone())
            });
            if !chosen.contains(&choice) {
                chosen.push(choice);
            }
        }
        return Settled { options, chosen, is_all: false, gone, auto: None };
    }
    let mut chosen: Vec<Choice> =
        current.iter().filter_map(|value| find(&options, value)).take(limit).cloned().collect();
    let is_all = chosen.is_empty() && variable.has_all;
    if chosen.is_empty() && !is_all {
        chosen.extend(options.first().cloned());
    }
    Settled { options, chosen, is_all, gone: Vec::new(), auto: None }
}

/// By its value, else by its text.
fn find<'a>(options: &'a [Choice], wanted: &str) -> Option<&'a Choice> {
    options.iter().find(|o| o.value == wanted).or_else(|| options.iter().find(|o| o.text == wanted))
}

impl Settled {
    /// What stands for the variable in texts.
    pub fn bound(&self, variable: &Variable) -> Bound {
        let Self { options, chosen, is_all, gone: _, auto } = self;
        let all_value = variable.all_value.clone().or_else(|| options.is_empty().then(|| ".*".to_owned()));
        let mut values = if *is_all { options.clone() } else { chosen.clone() };
        if let Some(auto) = auto {
            let is_auto = |choice: &&mut Choice| choice.value.starts_with(AUTO_PREFIX);
            values.iter_mut().filter(is_auto).for_each(|choice| choice.value.clone_from(auto));
        }
        Bound { name: variable.name.clone(), values, all: is_all.then_some(all_value), is_list: variable.is_list() }
    }

    /// The values as the address has them.
    pub fn in_address(&self) -> Vec<String> {
        if self.is_all { vec![ALL.to_owned()] } else { self.chosen.iter().map(|choice| choice.value.clone()).collect() }
    }

    /// As the bar shows it.
    pub fn summary(&self) -> String {
        match self.chosen.as_slice() {
            _ if self.is_all => "All".to_owned(),
            [] => "None".to_owned(),
            chosen => joined(chosen.iter().map(|choice| choice.text.clone()), " + "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::variables::{Hide, Refresh, Sort};

    fn variable(current: &[&str], is_multi: bool, has_all: bool) -> Variable {
        Variable {
            name: "job".to_owned(),
            label: None,
            description: None,
            kind: VariableKind::Custom(Vec::new()),
            current: current.iter().map(|value| Choice::plain(*value)).collect(),
            is_multi,
            has_all,
            all_value: None,
            hide: Hide::Nothing,
            sort: Sort::None,
            regex: None,
            refresh: Refresh::OnLoad,
            saved: Vec::new(),
        }
    }

    fn settled(variable: &Variable, asked: &[&str]) -> Settled {
        let options = vec![Choice { text: "A".to_owned(), value: "a".to_owned() }, Choice::plain("b")];
        settle(variable, options, &asked.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_address_then_the_file_then_the_first() {
        let check = |variable: &Variable, asked: &[&str], expect: &[&str], gone: &[&str]| {
            let settled = settled(variable, asked);
            assert_eq!(
                (settled.in_address(), settled.gone),
                (
                    expect.iter().map(|v| (*v).to_owned()).collect(),
                    gone.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>()
                )
            );
        };
        check(&variable(&["b"], false, false), &["a", "b"], &["a"], &[]);
        check(&variable(&["b"], true, false), &["b", "A", "a"], &["b", "a"], &[]);
        check(&variable(&["b"], true, false), &["x", "a"], &["x", "a"], &["x"]);
        check(&variable(&["b"], false, false), &[], &["b"], &[]);
        check(&variable(&["x"], false, false), &[], &["a"], &[]);
        check(&variable(&["x"], true, true), &[], &[ALL], &[]);
        check(&variable(&[ALL], true, true), &[], &[ALL], &[]);
        check(&variable(&[ALL], true, true), &["b"], &["b"], &[]);
        check(&variable(&["b"], true, true), &["All"], &[ALL], &[]);
        // Without the choice of all there is none.
        check(&variable(&[ALL], true, false), &[], &["a"], &[]);
    }

    #[test]
    fn kinds_without_options() {
        let mut text = Variable { kind: VariableKind::Text("default".to_owned()), ..variable(&[], false, false) };
        assert_eq!(settled(&text, &[]).summary(), "default");
        assert_eq!(settled(&text, &["typed"]).summary(), "typed");
        assert_eq!(settled(&text, &[""]).in_address(), [""]);
        text.kind = VariableKind::Constant("c".to_owned());
        assert_eq!(settled(&text, &["typed"]).summary(), "c");
    }

    #[test]
    fn the_automatic_interval_is_a_length_in_queries_only() {
        let window = variable(&["$__auto_interval_window"], false, false);
        let options = vec![Choice { text: "auto".to_owned(), value: "$__auto_interval_window".to_owned() }];
        let settled = Settled { auto: Some("2m".to_owned()), ..settle(&window, options, &[]) };
        assert_eq!(
            (settled.summary().as_str(), settled.in_address()),
            ("auto", window.current.iter().map(|c| c.value.clone()).collect())
        );
        assert_eq!(settled.bound(&window).values, [Choice { text: "auto".to_owned(), value: "2m".to_owned() }]);
    }

    #[test]
    fn all_is_every_option_or_what_the_file_says() {
        let mut job = variable(&[ALL], true, true);
        let bound = settled(&job, &[]).bound(&job);
        assert_eq!((bound.values.len(), bound.all), (2, Some(None)));
        job.all_value = Some(".+".to_owned());
        assert_eq!(settled(&job, &[]).bound(&job).all, Some(Some(".+".to_owned())));
        job.all_value = None;
        assert_eq!(settle(&job, Vec::new(), &[]).bound(&job).all, Some(Some(".*".to_owned())));
        assert_eq!(settled(&job, &["a"]).bound(&job).all, None);
    }
}
