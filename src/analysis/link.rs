//! Links that a dashboard's file gives: filled with what they are about, and only where they lead to web pages.
//!
//! What Grafana documents as "data links": `${__value.raw}`, `${__field.labels.pod}` and their kin are escaped in an address unless
//! one is all of it or asks for `:raw`; a dashboard's own variables come in the format that is asked for, or as a part of an address.

use crate::{
    base::{
        link::{is_foreign, safe_href},
        time::Range,
    },
    model::{
        dashboard::{LateVariables, Link, replace_variables},
        labels::Labels,
    },
};

/// A link that is filled: where it leads, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    pub href: String,
    pub title: String,
    pub opens_new: bool,
}

impl Lead {
    /// Where it opens, as an anchor says it: pages that are not of this app do so beside it.
    pub fn target(&self) -> Option<&'static str> {
        (self.opens_new || is_foreign(&self.href)).then_some("_blank")
    }
}

/// What the variables of a link are about.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// What `${name}` stands for in the place of the link.
    pub value_of: &'a dyn Fn(&str) -> Option<String>,
    pub variables: &'a LateVariables,
    pub range: Option<Range>,
}

/// A value of a series, in the words that links have for it.
#[derive(Clone, Copy)]
pub struct ValueFacts<'a> {
    /// The series' name as it is shown.
    pub name: &'a str,
    pub labels: &'a Labels,
    pub value: f64,
    pub text: &'a str,
    pub time_ms: Option<f64>,
}

impl ValueFacts<'_> {
    /// What `${name}` stands for at this value.
    pub fn value_of(&self, name: &str) -> Option<String> {
        let Self { name: series, labels, value, text, time_ms } = *self;
        Some(match name {
            "__value.raw" | "__value.numeric" => value.to_string(),
            "__value.text" => text.to_owned(),
            "__value.time" => time_ms.map(|ms| (ms as i64).to_string()).unwrap_or_default(),
            "__field.name" | "__field.displayName" | "__series.name" => series.to_owned(),
            name => labels.get(name.strip_prefix("__field.labels.")?).unwrap_or_default().to_owned(),
        })
    }
}

/// The links that lead somewhere. Their titles are filled, too; one without has its address for a name.
pub fn leads(links: &[Link], around: Surroundings<'_>) -> Vec<Lead> {
    let lead = |Link { title, url, opens_new }: &Link| {
        // A path of Grafana's to a dashboard is one of this app.
        let url = url.strip_prefix("/d/").map_or_else(|| url.clone(), |rest| format!("d/{rest}"));
        let href = href(&url, around)?;
        let title = filled(title, around);
        let title = if title.is_empty() { href.clone() } else { title };
        Some(Lead { href, title, opens_new: *opens_new })
    };
    links.iter().filter_map(lead).collect()
}

/// What every link may name, with whether it is a part of an address as it stands.
fn known(name: &str, format: &str, around: Surroundings<'_>) -> Option<(String, bool)> {
    if let Some(range) = around.range {
        let Range { start_ms, end_ms } = range;
        match name {
            "__from" => return Some((start_ms.to_string(), true)),
            "__to" => return Some((end_ms.to_string(), true)),
            "__url_time_range" => return Some((format!("from={start_ms}&to={end_ms}"), true)),
            _ => {}
        }
    }
    let own = (around.value_of)(name).map(|value| (value, format == "raw"));
    own.or_else(|| around.variables.value(name, format).map(|value| (value, true)))
}

/// The text with each variable replaced that is known; a format behind a colon is for the dashboard's own variables.
pub fn filled(template: &str, around: Surroundings<'_>) -> String {
    let plain = |text: &str| replace_variables(text, &mut |name, format| around.variables.value(name, or_text(format)));
    let braced = |name: &str, format: &str| known(name, or_text(format), around).map(|(value, _)| value);
    replaced(template, &plain, &|whole, name, format| braced(name, format).unwrap_or_else(|| whole.to_owned()))
}

fn or_text(format: &str) -> &str {
    if format.is_empty() { "text" } else { format }
}

/// The address of a link, its variables filled. `None` where it does not lead to a web page.
fn href(template: &str, around: Surroundings<'_>) -> Option<String> {
    let template = template.trim();
    let is_all = template.strip_prefix("${").is_some_and(|rest| rest.find('}') == Some(rest.len() - 1));
    let plain = |text: &str| replace_variables(text, &mut |name, format| around.variables.value(name, format));
    let braced = |name: &str, format: &str| match known(name, format, around) {
        Some((value, is_ready)) if is_all || is_ready => value,
        Some((value, _)) => escaped(&value),
        None => String::new(),
    };
    let out = replaced(template, &plain, &|_, name, format| braced(name, format));
    safe_href(&out).map(str::to_owned)
}

/// The template with `braced` in place of each `${name:format}`, which it is told whole and in parts, and `plain` of what is
/// between them.
fn replaced(template: &str, plain: &dyn Fn(&str) -> String, braced: &dyn Fn(&str, &str, &str) -> String) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, inside)) = rest.split_once("${") {
        let Some((name, after)) = inside.split_once('}') else { break };
        out.push_str(&plain(before));
        let whole = rest.get(before.len()..rest.len() - after.len()).unwrap_or_default();
        let (name, format) = bare(name);
        out.push_str(&braced(whole, name, format));
        rest = after;
    }
    out.push_str(&plain(rest));
    out
}

/// A variable's name without its format, and the format.
fn bare(name: &str) -> (&str, &str) {
    // A name in quotes may have a colon.
    let from = name.rfind(']').unwrap_or(0);
    match name.get(from..).and_then(|tail| tail.find(':')) {
        Some(at) => (name.get(..from + at).unwrap_or(name), name.get(from + at + 1..).unwrap_or_default()),
        None => (name, ""),
    }
}

/// As a part of an address: all but RFC 3986's unreserved characters by their bytes.
pub fn escaped(value: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0')));
            }
        }
    }
    out
}

/// The column that `__data.fields` names behind it: `.name`, `["a name"]`, `[2]`.
pub fn field_named(variable: &str) -> Option<FieldName<'_>> {
    let rest = variable.strip_prefix("__data.fields")?;
    if let Some(inside) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let name = inside.trim_matches(['"', '\'']);
        return Some(if name.len() == inside.len() {
            name.parse().map_or(FieldName::Name(name), FieldName::Place)
        } else {
            FieldName::Name(name)
        });
    }
    rest.strip_prefix('.').map(FieldName::Name)
}

/// Which column of the row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldName<'a> {
    Name(&'a str),
    Place(usize),
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn value(name: &str) -> Option<String> {
        Some(match name {
            "__value.raw" => "a b/c&d".to_owned(),
            "__data.fields.url" => "https://example.test/x?y=1".to_owned(),
            "__data.fields.bad" => "javascript:alert(1)".to_owned(),
            "__data.fields[\"a:b\"]" => "odd".to_owned(),
            _ => return None,
        })
    }

    fn variables() -> LateVariables {
        let words = |name: &str, format: &str| {
            Some(match (name, format) {
                ("service", "" | "raw") => "api".to_owned(),
                ("service", "text") => "The API".to_owned(),
                ("service", "queryparam") => "var-service=api".to_owned(),
                _ => return None,
            })
        };
        LateVariables { words: Some(Arc::new(words)), state: String::new() }
    }

    fn with_around<T>(work: impl FnOnce(Surroundings<'_>) -> T) -> T {
        let range = Some(Range { start_ms: 1_000, end_ms: 2_000 });
        work(Surroundings { value_of: &value, variables: &variables(), range })
    }

    #[test]
    fn addresses_are_filled_and_escaped() {
        let check = |template: &str, expect: Option<&str>| {
            assert_eq!(with_around(|around| href(template, around)).as_deref(), expect, "{template}");
        };
        check("https://x.test/?q=${__value.raw}", Some("https://x.test/?q=a%20b%2Fc%26d"));
        check("https://x.test/${__value.raw:raw}", Some("https://x.test/a b/c&d"));
        check("traces?service=${__value.raw:percentencode}", Some("traces?service=a%20b%2Fc%26d"));
        check("${__data.fields.url}", Some("https://example.test/x?y=1"));
        check("${__data.fields.bad}", None);
        check("${nothing}", None);
        check("d/x?${nothing}", Some("d/x?"));
        check("d/x?q=${__data.fields[\"a:b\"]}", Some("d/x?q=odd"));
        check("d/x?${", Some("d/x?${"));
    }

    #[test]
    fn addresses_have_the_dashboards_variables_and_range() {
        let check = |template: &str, expect: &str| {
            assert_eq!(with_around(|around| href(template, around)).as_deref(), Some(expect), "{template}");
        };
        check("d/x?s=$service&t=[[service]]&u=${service}", "d/x?s=api&t=api&u=api");
        check("d/x?${service:queryparam}&${__url_time_range}", "d/x?var-service=api&from=1000&to=2000");
        check("d/x?from=${__from}&to=${__to}&q=$other", "d/x?from=1000&to=2000&q=$other");
        assert_eq!(
            with_around(|around| filled("$service: ${__value.raw}, ${x} ${", around)),
            "The API: a b/c&d, ${x} ${"
        );
    }

    #[test]
    fn a_value_says_what_it_is() {
        let labels = Labels::from_pairs([("pod", "api-1")]);
        let facts = ValueFacts { name: "p95", labels: &labels, value: 0.25, text: "250 ms", time_ms: Some(1_500.0) };
        let check = |name: &str, expect: Option<&str>| assert_eq!(facts.value_of(name).as_deref(), expect, "{name}");
        check("__value.raw", Some("0.25"));
        check("__value.text", Some("250 ms"));
        check("__value.time", Some("1500"));
        check("__series.name", Some("p95"));
        check("__field.labels.pod", Some("api-1"));
        check("__field.labels.none", Some(""));
        check("other", None);
    }

    #[test]
    fn links_without_a_way_are_left_out() {
        let link = |title: &str, url: &str| Link { title: title.to_owned(), url: url.to_owned(), opens_new: false };
        let links =
            [link("Of ${service}", "/d/operations?s=${service}"), link("", "https://a.test"), link("x", "data:x")];
        let found = with_around(|around| leads(&links, around));
        let told: Vec<(&str, &str)> = found.iter().map(|lead| (lead.title.as_str(), lead.href.as_str())).collect();
        assert_eq!(told, [("Of The API", "d/operations?s=api"), ("https://a.test", "https://a.test")]);
    }

    #[test]
    fn fields_are_named_in_three_ways() {
        let check = |text: &str, expect: Option<FieldName<'_>>| assert_eq!(field_named(text), expect);
        check("__data.fields.pod", Some(FieldName::Name("pod")));
        check("__data.fields[\"a b\"]", Some(FieldName::Name("a b")));
        check("__data.fields[2]", Some(FieldName::Place(2)));
        check("__value.raw", None);
        assert_eq!(bare("__data.fields[\"a:b\"]:raw"), ("__data.fields[\"a:b\"]", "raw"));
    }
}
