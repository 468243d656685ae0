//! Which series of a panel a person has put aside, and how the page's address says so.

use leptos::prelude::*;

use crate::{
    panels::{PanelActions, timeseries::TimeChart},
    state::{reactive::effect, url::Params},
};

/// Names as the legend shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hidden {
    These(Vec<String>),
    /// One was chosen; what appears later stays out of its way.
    AllBut(Vec<String>),
}

impl Default for Hidden {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Hidden {
    pub fn covers(&self, name: &str) -> bool {
        match self {
            Self::These(names) => names.iter().any(|n| n == name),
            Self::AllBut(names) => names.iter().all(|n| n != name),
        }
    }

    /// What is put aside of all names, in fewer words.
    fn of(hidden: &[String], names: &[String]) -> Self {
        let shown: Vec<String> = names.iter().filter(|name| !hidden.contains(name)).cloned().collect();
        if shown.is_empty() || hidden.len() < shown.len() { Self::These(hidden.to_vec()) } else { Self::AllBut(shown) }
    }

    /// From the address: the values of `hide` and `show`.
    pub fn read(hide: Option<&str>, show: Option<&str>) -> Self {
        match show {
            Some(show) => Self::AllBut(names_of(show)),
            None => Self::These(hide.map(names_of).unwrap_or_default()),
        }
    }

    /// For the address: the values of `hide` and `show`.
    pub fn written(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::These(names) if names.is_empty() => (None, None),
            Self::These(names) => (Some(text_of(names)), None),
            Self::AllBut(names) => (None, Some(text_of(names))),
        }
    }
}

/// Writes into the page's address what is put aside, and puts aside what the address says: at first, and when it changes.
pub fn keep_in_address(chart: &TimeChart) {
    let Some(PanelActions { search, set_search, .. }) = PanelActions::find() else { return };
    let (hidden, prepared) = (chart.hidden, chart.prepared);
    let keys = ["hide", "show"].map(|word| format!("{word}.{}", chart.props.panel.id));
    let said = StoredValue::new(None::<Said>);
    effect(move || {
        let params = Params::parse(&search.get());
        let [hide, show] = keys.each_ref().map(|key| params.get(key).map(str::to_owned));
        let now = Said { hide, show };
        let aside = hidden.get();
        // Names are known when there are data.
        let Some(names) = prepared.with(|p| p.as_ref().map(|p| p.looks.iter().map(|l| l.name.clone()).collect()))
        else {
            return;
        };
        let names: Vec<String> = names;
        let is_told = said.with_value(|said| said.as_ref() == Some(&now));
        if !is_told {
            let wanted = Hidden::read(now.hide.as_deref(), now.show.as_deref());
            let wanted: Vec<String> = names.into_iter().filter(|name| wanted.covers(name)).collect();
            said.set_value(Some(now));
            if wanted != aside {
                hidden.set(wanted);
            }
            return;
        }
        let (hide, show) = Hidden::of(&aside, &names).written();
        let next = Said { hide, show };
        if next != now {
            said.set_value(Some(next.clone()));
            let [hide_key, show_key] = &keys;
            let params = params.with(hide_key, next.hide.as_deref()).with(show_key, next.show.as_deref());
            set_search.run(params.to_query());
        }
    });
}

/// What the address says of a panel.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    hide: Option<String>,
    show: Option<String>,
}

/// Names with commas between them; in a name a comma is `~.`, and `~` is `~~`.
fn text_of(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| name.replace('~', "~~").replace(',', "~.")).collect();
    names.join(",")
}

fn names_of(text: &str) -> Vec<String> {
    let name = |part: &str| {
        let mut name = String::new();
        let mut is_escaped = false;
        for c in part.chars() {
            match c {
                '~' if !is_escaped => {
                    is_escaped = true;
                    continue;
                }
                '.' if is_escaped => name.push(','),
                c => name.push(c),
            }
            is_escaped = false;
        }
        name
    };
    text.split(',').map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_said_where_it_is_shorter() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let check = |hidden: &[&str], expect: (Option<&str>, Option<&str>)| {
            let hidden: Vec<String> = hidden.iter().map(|name| (*name).to_owned()).collect();
            let (hide, show) = Hidden::of(&hidden, &names).written();
            assert_eq!((hide.as_deref(), show.as_deref()), expect);
            let read = Hidden::read(hide.as_deref(), show.as_deref());
            assert!(names.iter().all(|name| read.covers(name) == hidden.contains(name)), "{hidden:?}");
        };
        check(&[], (None, None));
        check(&["b"], (Some("b"), None));
        check(&["a", "b", "d"], (None, Some("c")));
        check(&["a", "b", "c", "d"], (Some("a,b,c,d"), None));
    }

    #[test]
    fn the_address_says_it_and_gives_it_back() {
        let names = ["a", "b,c", "~", "~.", "{x=\"1\", y=\"2\"}", "", "ü →", ",", "~~,"].map(str::to_owned).to_vec();
        for hidden in [Hidden::These(names.clone()), Hidden::AllBut(names), Hidden::default()] {
            let (hide, show) = hidden.written();
            assert_eq!(Hidden::read(hide.as_deref(), show.as_deref()), hidden);
        }
        assert_eq!(Hidden::These(vec!["a,b".to_owned(), "c".to_owned()]).written().0.as_deref(), Some("a~.b,c"));
    }
}
