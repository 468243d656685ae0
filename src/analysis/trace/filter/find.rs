//! Finding spans by what stands in them.
//!
//! The grammar, after Jaeger UI's ("filter spans"), where every further term narrows:
//!
//! | text | a span is found when |
//! | --- | --- |
//! | `pool` | its service, operation, kind, id, or any key, value, event or warning of it contains the word |
//! | `"two words"` | as a word, with its spaces |
//! | `key=value` | it has a tag, process tag or field of an event of that key whose value contains that one |
//! | `key="value"` | … is that one |
//! | `-key=value` | it has no such tag |
//! | `-key` | words are not looked for in tags of that key |
//!
//! Letters' case does not matter, beyond ASCII it does. `service`, `operation`, `kind`, `id` and `error` (`true`, `false`)
//! serve as keys where a span has no tag so named.
//!
//! Not here: redaction. What is not shown is found nevertheless.

use crate::model::trace::{Reference, SpanDetail, SpanEvent, Tag, Trace};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    Word(String),
    Tag {
        key: String,
        value: String,
        /// In quotes: all of it.
        is_exact: bool,
        /// Spans that have it are not found.
        is_negated: bool,
    },
}

/// What is looked for. Without terms, nothing is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Find {
    pub terms: Vec<Term>,
    /// Keys in whose tags words are not looked for.
    pub ignored_keys: Vec<String>,
}

impl Find {
    /// Never fails: what is half typed is looked for as far as it goes.
    pub fn parse(text: &str) -> Self {
        let mut find = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let is_negated = rest.starts_with('-') && rest.len() > 1;
            rest = if is_negated { rest.get(1..).unwrap_or_default() } else { rest };
            let (first, is_quoted, tail) = piece(rest, true);
            rest = tail;
            if let Some(tail) = rest.strip_prefix('=').filter(|_| !first.is_empty()) {
                let (value, is_exact, tail) = piece(tail, false);
                rest = tail;
                find.terms.push(Term::Tag { key: first, value, is_exact, is_negated });
            } else if is_negated && !first.is_empty() {
                find.ignored_keys.push(first);
            } else if !first.is_empty() {
                find.terms.push(Term::Word(first));
            } else if !is_quoted {
                // A sign that begins nothing.
                rest = rest.get(1..).unwrap_or_default();
            }
            rest = rest.trim_start();
        }
        find
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// A word or a text in quotes, whether it was in quotes, and what follows. A key ends before `=`.
fn piece(text: &str, is_key: bool) -> (String, bool, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut piece = String::new();
        let mut chars = quoted.char_indices();
        while let Some((place, c)) = chars.next() {
            match c {
                '"' => return (piece, true, quoted.get(place + 1..).unwrap_or_default()),
                '\\' => piece.extend(chars.next().map(|(_, c)| c)),
                c => piece.push(c),
            }
        }
        return (piece, true, "");
    }
    let end = text.find(|c: char| c.is_whitespace() || (is_key && c == '=')).unwrap_or(text.len());
    let (piece, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (piece.to_owned(), false, rest)
}

/// Whether a text contains another, whatever the case of ASCII letters.
pub fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some(first) = part.first() else { return true };
    let last = text.len().saturating_sub(part.len());
    text.len() >= part.len()
        && text.iter().take(last + 1).enumerate().any(|(place, byte)| {
            byte.eq_ignore_ascii_case(first)
                && text.get(place..place + part.len()).is_some_and(|some| some.eq_ignore_ascii_case(part))
        })
}

/// Looks through a trace in slices, so that a page stays responsive: names at once, details as the budget allows.
#[derive(Debug, Clone, Default)]
pub struct Search {
    find: Find,
    /// For each name of the trace, a bit for each of the first 32 terms that are words and stand in it.
    name_hits: Vec<u32>,
    next: usize,
    matches: Vec<u32>,
}

impl Search {
    pub fn start(find: Find, trace: &Trace) -> Self {
        let hits = |name: &str| {
            let words = find.terms.iter().take(32).enumerate();
            words.fold(0, |hits, (bit, term)| match term {
                Term::Word(word) if contains(name, word) => hits | 1 << bit,
                _ => hits,
            })
        };
        let name_hits = (0..trace.name_count()).map(|key| hits(trace.name(key as u32))).collect();
        Self { find, name_hits, next: 0, matches: Vec::new() }
    }

    /// Goes on until all spans were looked at or so many details were read. Returns whether it is done.
    ///
    /// The trace has to be the one it was started with.
    pub fn advance(&mut self, trace: &Trace, max_details: usize) -> bool {
        let mut details_left = max_details;
        if self.find.is_empty() {
            self.next = trace.len();
        }
        while self.next < trace.len() {
            let open = self.open_terms(trace, self.next);
            let is_match = if open.is_empty() {
                true
            } else if details_left == 0 {
                return false;
            } else {
                details_left -= 1;
                let detail = trace.detail(self.next);
                open.into_iter().all(|term| self.is_met(trace, self.next, term, &detail))
            };
            if is_match {
                self.matches.push(self.next as u32);
            }
            self.next += 1;
        }
        true
    }

    /// Found so far, in the order of the timeline.
    pub fn matches(&self) -> &[u32] {
        &self.matches
    }

    pub fn is_done(&self, trace: &Trace) -> bool {
        self.next >= trace.len()
    }

    /// How much was looked at (0–1).
    pub fn progress_ratio(&self, trace: &Trace) -> f64 {
        if trace.is_empty() { 1.0 } else { self.next.min(trace.len()) as f64 / trace.len() as f64 }
    }

    /// The terms that the columns do not answer.
    fn open_terms(&self, trace: &Trace, span: usize) -> Vec<&Term> {
        let of_name = |key: u32| super::super::at(&self.name_hits, key as usize);
        let hits = of_name(trace.service_key(span)) | of_name(trace.operation_key(span));
        let is_open = |(bit, term): &(usize, &Term)| match term {
            Term::Word(word) => {
                let by_name = *bit < 32 && hits & 1 << bit != 0;
                !by_name && !contains(trace.kind(span).id(), word) && !is_id(trace, span, word)
            }
            Term::Tag { .. } => true,
        };
        self.find.terms.iter().enumerate().filter(is_open).map(|(_, term)| term).collect()
    }

    fn is_met(&self, trace: &Trace, span: usize, term: &Term, detail: &SpanDetail) -> bool {
        match term {
            Term::Word(word) => {
                self.has_word(detail, word)
                    || contains(trace.service(span), word)
                    || contains(trace.operation(span), word)
            }
            Term::Tag { key, value, is_exact, is_negated } => {
                let is_value = |text: &str| {
                    if *is_exact { text.eq_ignore_ascii_case(value) } else { contains(text, value) }
                };
                let has = all_tags(detail)
                    .filter(|tag| tag.key.eq_ignore_ascii_case(key))
                    .any(|tag| is_value(&tag.value.to_string()));
                let is_it = has || column(trace, span, key).is_some_and(|text| is_value(&text));
                is_it != *is_negated
            }
        }
    }

    fn has_word(&self, detail: &SpanDetail, word: &str) -> bool {
        let is_ignored = |key: &str| self.find.ignored_keys.iter().any(|ignored| key.eq_ignore_ascii_case(ignored));
        let in_tag =
            |tag: &Tag| !is_ignored(&tag.key) && (contains(&tag.key, word) || contains(&tag.value.to_string(), word));
        let in_event = |event: &SpanEvent| contains(&event.name, word);
        let in_reference = |reference: &Reference| {
            contains(&reference.trace_id.to_string(), word) || contains(&reference.span_id.to_string(), word)
        };
        all_tags(detail).any(in_tag)
            || detail.events.iter().any(in_event)
            || detail.warnings.iter().any(|warning| contains(warning, word))
            || detail.references.iter().any(in_reference)
    }
}

fn all_tags(detail: &SpanDetail) -> impl Iterator<Item = &Tag> {
    let fields = detail.events.iter().flat_map(|event| event.fields.iter());
    detail.tags.iter().chain(&detail.process_tags).chain(fields)
}

/// Whether a word is the span's id, or the beginning of it that pages show.
fn is_id(trace: &Trace, span: usize, word: &str) -> bool {
    let is_hex = word.len() >= 7 && word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex && trace.span_id(span).to_string().get(..word.len()).is_some_and(|id| id.eq_ignore_ascii_case(word))
}

/// What a column says under a key.
fn column(trace: &Trace, span: usize, key: &str) -> Option<String> {
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    if is("service") || is("service.name") {
        Some(trace.service(span).to_owned())
    } else if is("operation") || is("name") {
        Some(trace.operation(span).to_owned())
    } else if is("kind") || is("span.kind") {
        Some(trace.kind(span).id().to_owned())
    } else if is("id") || is("span_id") {
        Some(trace.span_id(span).to_string())
    } else if is("error") {
        Some(trace.is_error(span).to_string())
    } else {
        None
    }
}

/// The first match behind a span; from the last on, the first of all.
pub fn next_match(matches: &[u32], after: Option<usize>) -> Option<usize> {
    let place = after.map_or(0, |span| matches.partition_point(|found| *found as usize <= span));
    matches.get(place).or(matches.first()).map(|found| *found as usize)
}

/// The last match before a span; from the first on, the last of all.
pub fn previous_match(matches: &[u32], before: Option<usize>) -> Option<usize> {
    let place = before.map_or(0, |span| matches.partition_point(|found| (*found as usize) < span));
    let found = place.checked_sub(1).and_then(|place| matches.get(place));
    found.or(matches.last()).map(|found| *found as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::drawn;

    fn written(find: &Find) -> String {
        let term = |term: &Term| match term {
            Term::Word(word) => format!("<{word}>"),
            Term::Tag { key, value, is_exact, is_negated } => {
                let (not, equals) = (if *is_negated { "!" } else { "" }, if *is_exact { "==" } else { "=" });
                format!("<{not}{key}{equals}{value}>")
            }
        };
        let ignored = find.ignored_keys.iter().map(|key| format!("<-{key}>"));
        find.terms.iter().map(term).chain(ignored).collect()
    }

    #[test]
    fn the_grammar() {
        let check = |text: &str, expect: &str| assert_eq!(written(&Find::parse(text)), expect, "{text}");
        check("", "");
        check("  pool  acquire ", "<pool><acquire>");
        check("\"two words\" x", "<two words><x>");
        check("http.status_code=500", "<http.status_code=500>");
        check("db=\"a b\" c", "<db==a b><c>");
        check("\"a key\"=v", "<a key=v>");
        check("-http.url x", "<x><-http.url>");
        check("-error=true", "<!error=true>");
        check("a=b=c", "<a=b=c>");
        check("- = \"\" k=", "<k=>");
        check("\"open \\\" end", "<open \" end>");
        check("größe=Ü", "<größe=Ü>");
    }

    const DRAWING: &str = "
        api POST /agents    |===========|   !server http.status_code=500
          api pool.acquire   |====|         pool=main
          db INSERT agents        |===|     !error db.system=postgresql db.statement=INSERT_INTO_agents
          mcp tools/list              |=|   session=abc note=postgresql
        ";

    fn found(text: &str) -> Vec<u32> {
        let trace = drawn::trace(DRAWING);
        let mut search = Search::start(Find::parse(text), &trace);
        let mut rounds = 0;
        while !search.advance(&trace, 1) {
            rounds += 1;
            assert!(rounds <= 4, "each round looks at one");
        }
        assert!(search.is_done(&trace) && (search.progress_ratio(&trace) - 1.0).abs() < 1e-9);
        let mut at_once = Search::start(Find::parse(text), &trace);
        assert!(at_once.advance(&trace, usize::MAX));
        assert_eq!(at_once.matches(), search.matches());
        search.matches().to_vec()
    }

    #[test]
    fn spans_are_found() {
        for (text, expect) in [
            ("", &[][..]),
            ("AGENTS", &[0, 2]),
            ("agents api", &[0]),
            ("postgresql", &[2, 3]),
            ("postgresql -note", &[2]),
            ("POOL=main", &[1]),
            ("http.status_code=50", &[0]),
            ("http.status_code=\"50\"", &[]),
            ("http.status_code=\"500\"", &[0]),
            ("db.statement", &[2]),
            ("\"into agents\"", &[2]),
            ("server", &[0]),
            ("error=true", &[2]),
            ("service=api -error=true", &[0, 1]),
            ("-service=api", &[2, 3]),
            ("0000000000000003", &[2]),
            ("nothing", &[]),
        ] {
            assert_eq!(found(text), expect, "{text}");
        }
    }

    #[test]
    fn from_one_to_the_next_and_round() {
        let matches = [2, 5, 9];
        assert_eq!(next_match(&matches, None), Some(2));
        assert_eq!(
            (next_match(&matches, Some(2)), next_match(&matches, Some(3)), next_match(&matches, Some(9))),
            (Some(5), Some(5), Some(2))
        );
        assert_eq!(
            (previous_match(&matches, Some(5)), previous_match(&matches, Some(2)), previous_match(&matches, None)),
            (Some(2), Some(9), Some(9))
        );
        assert_eq!((next_match(&[], Some(1)), previous_match(&[], None)), (None, None));
    }
}
