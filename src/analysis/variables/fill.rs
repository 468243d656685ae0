//! Putting the values of variables into queries and texts: `$name`, `${name:format}`, `[[name]]`.
//!
//! The formats are those of Grafana's documentation ("Advanced variable format options"). In a query the default is what
//! Prometheus needs: several values are alternatives of a regular expression. Elsewhere it is the text that people see.

use super::{joined, replaced};
use crate::{
    analysis::link::escaped as percent_escaped,
    base::time::{CivilDateTime, Range, TimeZone, Utc, offset_text},
    model::{dashboard::replace_variables, variables::Choice},
};

/// A variable with what stands for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    pub name: String,
    pub values: Vec<Choice>,
    /// All of them are chosen, with what the dashboard writes for all, where it says so.
    pub all: Option<Option<String>>,
    /// It may have several values, so that each is written as a part of a regular expression.
    pub is_list: bool,
}

impl Bound {
    /// With a single value, as in a panel that is repeated.
    pub fn one(name: &str, choice: Choice) -> Self {
        Self { name: name.to_owned(), values: vec![choice], all: None, is_list: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Query,
    Text,
}

/// What is known without variables.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub title: &'a str,
    pub uid: &'a str,
    pub range: Range,
    pub zone: &'a dyn TimeZone,
}

/// The text with its variables replaced. In a query the ends of the range and what depends on the step stay, as they are
/// known when it is sent; a name that nobody knows stays everywhere.
pub fn fill(text: &str, purpose: Purpose, bound: &[Bound], around: &Surroundings<'_>) -> String {
    replace_variables(text, &mut |name, format| value_of(name, format, purpose, bound, around))
}

/// What stands for a variable, `None` for one that nobody knows.
pub fn value_of(
    name: &str,
    format: &str,
    purpose: Purpose,
    bound: &[Bound],
    around: &Surroundings<'_>,
) -> Option<String> {
    let (name, path) = name.split_once('.').unwrap_or((name, ""));
    if let Some(bound) = bound.iter().find(|bound| bound.name == name) {
        return Some(filled(bound, path, format, purpose, around.zone));
    }
    let instant_ms = match name {
        "__from" => around.range.start_ms,
        "__to" => around.range.end_ms,
        "__dashboard" => return Some(if path == "uid" { around.uid } else { around.title }.to_owned()),
        _ => return None,
    };
    match format {
        "" | "date:seconds" if purpose == Purpose::Query => None,
        "" | "raw" => Some(instant_ms.to_string()),
        format => Some(date(instant_ms, format.strip_prefix("date").unwrap_or_default(), around.zone)),
    }
}

/// What stands for a variable in an address: in the format that is asked for, or else as a part of an address.
/// `__all_variables` are all of them, as the address of a dashboard has them.
pub fn in_address(name: &str, format: &str, bound: &[Bound], around: &Surroundings<'_>) -> Option<String> {
    if name == ALL_VARIABLES {
        let each = bound.iter().map(|bound| filled(bound, "", "queryparam", Purpose::Text, around.zone));
        return Some(joined(each, "&"));
    }
    let format = if format.is_empty() { "uriencode" } else { format };
    value_of(name, format, Purpose::Text, bound, around)
}

pub const ALL_VARIABLES: &str = "__all_variables";

fn filled(bound: &Bound, path: &str, format: &str, purpose: Purpose, zone: &dyn TimeZone) -> String {
    let (format, argument) = format.split_once(':').unwrap_or((format, ""));
    let is_text =
        format == "text" || path == "text" || format.is_empty() && purpose == Purpose::Text && path != "value";
    match &bound.all {
        Some(_) if is_text => return "All".to_owned(),
        // What a dashboard writes for all is meant as it is written.
        Some(Some(all)) if format != "queryparam" => return all.clone(),
        _ => {}
    }
    let values: Vec<&str> = bound.values.iter().map(|choice| choice.value.as_str()).collect();
    let each =
        |write: &dyn Fn(&str) -> String, separator: &str| joined(values.iter().map(|value| write(value)), separator);
    let quoted =
        |quote: &str, escaped: &str| each(&|value| format!("{quote}{}{quote}", replaced(value, quote, escaped)), ",");
    let as_is = |value: &str| value.to_owned();
    let alternatives = |escape: &dyn Fn(&str) -> String| {
        if values.len() == 1 { each(escape, "") } else { format!("({})", each(escape, "|")) }
    };
    match format {
        _ if is_text => joined(bound.values.iter().map(|choice| choice.text.clone()), " + "),
        "" if !bound.is_list => each(&in_string, ","),
        "" => alternatives(&|value| in_string(&escaped(value, REGEX))),
        "csv" | "raw" => each(&as_is, ","),
        "pipe" => each(&as_is, "|"),
        "join" => each(&as_is, if argument.is_empty() { "," } else { argument }),
        "regex" => alternatives(&|value| escaped(value, REGEX)),
        "glob" if values.len() == 1 => each(&as_is, ""),
        "glob" => format!("{{{}}}", each(&as_is, ",")),
        "distributed" => {
            let rest = values.iter().skip(1).map(|value| format!(",{}={value}", bound.name));
            values.iter().take(1).map(|value| (*value).to_owned()).chain(rest).collect()
        }
        "lucene" if values.len() == 1 => each(&lucene, ""),
        "lucene" => format!("({})", each(&|value| format!("\"{}\"", lucene(value)), " OR ")),
        "singlequote" => quoted("'", "\\'"),
        "doublequote" => quoted("\"", "\\\""),
        "sqlstring" => quoted("'", "''"),
        "json" if values.len() == 1 => each(&json_text, ""),
        "json" => format!("[{}]", each(&json_text, ",")),
        "html" => each(&html, ", "),
        "percentencode" => {
            let list = if values.len() == 1 { each(&as_is, "") } else { format!("{{{}}}", each(&as_is, ",")) };
            percent_escaped(&list)
        }
        "uriencode" => percent_escaped(&each(&as_is, ",")),
        "queryparam" => {
            let name = percent_escaped(&bound.name);
            let write = |value: &str| format!("var-{name}={}", percent_escaped(value));
            if bound.all.is_some() { write(crate::model::variables::ALL) } else { each(&write, "&") }
        }
        "date" => each(&|value| value.parse().map_or_else(|_| value.to_owned(), |ms| date(ms, argument, zone)), ","),
        // As Grafana: a format that nobody knows is a list in braces.
        _ if values.len() == 1 => each(&as_is, ""),
        _ => format!("{{{}}}", each(&as_is, ",")),
    }
}

const REGEX: &str = "\\^$*+?.()[]{}|/";

fn escaped(text: &str, special: &str) -> String {
    text.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect()
}

/// As the inside of a string of PromQL.
pub fn in_string(text: &str) -> String {
    replaced(&escaped(text, "\\\""), "\n", "\\n")
}

fn lucene(value: &str) -> String {
    escaped(value, "+-=&|><!(){}[]^\"~*?:\\/ ")
}

fn json_text(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => out.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn html(value: &str) -> String {
    let signs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];
    signs.iter().fold(value.to_owned(), |text, (sign, name)| replaced(&text, sign, name))
}

/// An instant by a pattern after its colon: none or `iso`, `seconds`, or letters such as `YYYY-MM-DD HH:mm:ss`; what is in
/// brackets stays.
pub fn date(unix_ms: i64, pattern: &str, zone: &dyn TimeZone) -> String {
    let pattern = pattern.strip_prefix(':').unwrap_or(pattern);
    match pattern {
        // As JavaScript writes it.
        "" | "iso" => return date(unix_ms, "YYYY-MM-DD[T]HH:mm:ss.SSS[Z]", &Utc),
        "seconds" => return (unix_ms / 1000).to_string(),
        _ => {}
    }
    let wall = CivilDateTime::from_unix_ms(unix_ms, zone);
    let (date, hour) = (wall.date, wall.hour());
    let hour12 = (hour + 11) % 12 + 1;
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            out.push_str(inside);
            rest = after;
            continue;
        }
        let (token, after) = rest.split_at(rest.find(|c| c != first).unwrap_or(rest.len()));
        let written = match token {
            "YYYY" => format!("{:04}", date.year),
            "YY" => format!("{:02}", date.year.rem_euclid(100)),
            "MMM" => date.month_short().to_owned(),
            "MM" => format!("{:02}", date.month),
            "M" => date.month.to_string(),
            "DD" => format!("{:02}", date.day),
            "D" => date.day.to_string(),
            "ddd" => date.weekday().short().to_owned(),
            "HH" => format!("{hour:02}"),
            "H" => hour.to_string(),
            "hh" => format!("{hour12:02}"),
            "h" => hour12.to_string(),
            "mm" => format!("{:02}", wall.minute()),
            "m" => wall.minute().to_string(),
            "ss" => format!("{:02}", wall.second()),
            "s" => wall.second().to_string(),
            "SSS" => format!("{:03}", wall.millisecond()),
            "A" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            "a" => if hour < 12 { "am" } else { "pm" }.to_owned(),
            "Z" => offset_text(zone.offset_secs_at(unix_ms)),
            "X" => (unix_ms / 1000).to_string(),
            "x" => unix_ms.to_string(),
            other => other.to_owned(),
        };
        out.push_str(&written);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const AROUND: Surroundings<'static> = Surroundings {
        title: "Board",
        uid: "u1",
        range: Range { start_ms: 1_594_671_549_254, end_ms: 1_594_675_149_254 },
        zone: &Utc,
    };

    fn bound(values: &[&str], is_list: bool) -> Bound {
        Bound {
            name: "v".to_owned(),
            values: values.iter().map(|v| Choice { text: v.to_uppercase(), value: (*v).to_owned() }).collect(),
            all: None,
            is_list,
        }
    }

    fn query(text: &str, bound: &Bound) -> String {
        fill(text, Purpose::Query, std::slice::from_ref(bound), &AROUND)
    }

    #[test]
    fn in_an_address_values_are_a_part_of_it() {
        let bound =
            [bound(&["a b", "c"], true), Bound::one("w", Choice { text: "W".to_owned(), value: "&".to_owned() })];
        let check = |name: &str, format: &str, expect: Option<&str>| {
            assert_eq!(in_address(name, format, &bound, &AROUND).as_deref(), expect, "{name}:{format}");
        };
        check("v", "", Some("a%20b%2Cc"));
        check("w", "", Some("%26"));
        check("w", "text", Some("W"));
        check("v", "queryparam", Some("var-v=a%20b&var-v=c"));
        check(ALL_VARIABLES, "", Some("var-v=a%20b&var-v=c&var-w=%26"));
        check("x", "", None);
    }

    #[test]
    fn in_a_query_values_are_escaped() {
        let check =
            |bound: &Bound, expect: &str| assert_eq!(query("x{a=~\"$v\"}", bound), format!("x{{a=~\"{expect}\"}}"));
        check(&bound(&["a.b"], false), "a.b");
        check(&bound(&["a\"b\\c"], false), "a\\\"b\\\\c");
        check(&bound(&["a.b"], true), "a\\\\.b");
        check(&bound(&["a.b", "c(d"], true), "(a\\\\.b|c\\\\(d)");
        check(&bound(&["a\\b"], true), "a\\\\\\\\b");
        check(&bound(&[], false), "");
        check(&Bound { all: Some(None), ..bound(&["a", "b"], true) }, "(a|b)");
        check(&Bound { all: Some(Some(".+".to_owned())), ..bound(&["a", "b"], true) }, ".+");
    }

    #[test]
    fn formats() {
        let two = bound(&["a.b", "c d"], true);
        let one = bound(&["a'b"], false);
        for (format, of_two, of_one) in [
            ("csv", "a.b,c d", "a'b"),
            ("raw", "a.b,c d", "a'b"),
            ("pipe", "a.b|c d", "a'b"),
            ("join:; ", "a.b; c d", "a'b"),
            ("regex", "(a\\.b|c d)", "a'b"),
            ("glob", "{a.b,c d}", "a'b"),
            ("distributed", "a.b,v=c d", "a'b"),
            ("lucene", "(\"a.b\" OR \"c\\ d\")", "a'b"),
            ("singlequote", "'a.b','c d'", "'a\\'b'"),
            ("doublequote", "\"a.b\",\"c d\"", "\"a'b\""),
            ("sqlstring", "'a.b','c d'", "'a''b'"),
            ("json", "[\"a.b\",\"c d\"]", "\"a'b\""),
            ("html", "a.b, c d", "a&#39;b"),
            ("percentencode", "%7Ba.b%2Cc%20d%7D", "a%27b"),
            ("uriencode", "a.b%2Cc%20d", "a%27b"),
            ("queryparam", "var-v=a.b&var-v=c%20d", "var-v=a%27b"),
            ("text", "A.B + C D", "A'B"),
            ("nonsense", "{a.b,c d}", "a'b"),
        ] {
            assert_eq!(query(&format!("${{v:{format}}}"), &two), of_two, "{format} of two");
            assert_eq!(query(&format!("[[v:{format}]]"), &one), of_one, "{format} of one");
        }
        assert_eq!(query("${v.text} ${v.value:csv}", &two), "A.B + C D a.b,c d");
        let all = Bound { all: Some(Some(".*".to_owned())), ..two };
        assert_eq!(query("${v:text} ${v:csv} ${v:queryparam}", &all), "All .* var-v=%24__all");
    }

    #[test]
    fn in_a_text_people_see_texts() {
        let text = |text: &str, bound: &Bound| fill(text, Purpose::Text, std::slice::from_ref(bound), &AROUND);
        assert_eq!(text("Of $v, ${v:csv}, $w", &bound(&["a", "b"], true)), "Of A + B, a,b, $w");
        assert_eq!(text("$v", &Bound { all: Some(None), ..bound(&["a"], true) }), "All");
        assert_eq!(text("$__dashboard ${__dashboard.uid}", &bound(&[], false)), "Board u1");
        assert_eq!(text("$__from", &bound(&[], false)), "1594671549254");
    }

    #[test]
    fn dates() {
        let check = |format: &str, expect: &str| {
            assert_eq!(fill(&format!("${{__from:{format}}}"), Purpose::Text, &[], &AROUND), expect, "{format}");
        };
        check("date", "2020-07-13T20:19:09.254Z");
        check("date:iso", "2020-07-13T20:19:09.254Z");
        check("date:seconds", "1594671549");
        check("date:YYYY-MM", "2020-07");
        check("date:YYYY-MM-DD[T]HH:mm:ss.SSS", "2020-07-13T20:19:09.254");
        check("date:ddd D MMM YY, h:m:s a Z", "Mon 13 Jul 20, 8:19:9 pm +00:00");
        let days = bound(&["1594671549254"], false);
        assert_eq!(query("${v:date:DD} $v", &days), "13 1594671549254");
    }

    #[test]
    fn what_is_known_only_when_a_query_is_sent_stays() {
        for text in
            ["$__interval", "${__rate_interval}", "$__from", "${__to:date:seconds}", "$timeFilter", "$nope", "$1"]
        {
            assert_eq!(fill(text, Purpose::Query, &[], &AROUND), text);
        }
        assert_eq!(fill("${__to:date:YYYY}", Purpose::Query, &[], &AROUND), "2020");
    }
}
