//! What Jaeger does to a trace before it shows it: lists in order, spans told twice made one, clocks that disagree.
//!
//! The two dialects have an implementation each in Jaeger. They do the same but for what [`Dialect`] tells apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::go::duration_text;
use super::model::{Process, RefKind, Reference, Span, Tag, Value, find, sort};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Old,
    V3,
}

/// Span attributes that belong to the process.
const LIBRARY_KEYS: [&str; 5] = [
    "telemetry.sdk.language",
    "telemetry.sdk.name",
    "telemetry.sdk.version",
    "telemetry.distro.name",
    "telemetry.distro.version",
];

/// `max_skew_ns` is the most by which a span's clock is set right; 0 sets none and says so.
pub fn adjust(spans: &mut Vec<Span>, dialect: Dialect, max_skew_ns: i64) {
    part_client_from_server(spans);
    for span in spans.iter_mut() {
        sort_lists(span, dialect);
    }
    drop_repeated(spans);
    Clocks { dialect, max_skew_ns }.set_right(spans);
    for span in spans.iter_mut() {
        write_addresses(&mut span.tags);
        if span.process.tags.iter().any(|tag| is_packed_address(tag).is_some()) {
            write_addresses(&mut Arc::make_mut(&mut span.process).tags);
        }
    }
    match dialect {
        Dialect::Old => spans.iter_mut().for_each(move_library),
        Dialect::V3 => move_library_of_all(spans),
    }
    for span in spans {
        drop_empty_references(span, dialect);
        if dialect == Dialect::Old
            && let Some(place) = span.parent_place()
        {
            span.references.swap(0, place);
        }
    }
}

/// A server's span may share its id with the client's, as Zipkin has it: it gets one of its own below the client's.
fn part_client_from_server(spans: &mut [Span]) {
    let mut used: BTreeMap<u64, bool> = BTreeMap::new();
    for span in spans.iter() {
        *used.entry(span.span_id).or_default() |= span.kind() == "client";
    }
    let mut renamed: BTreeMap<u64, u64> = BTreeMap::new();
    let mut next = 1;
    for span in spans.iter_mut().filter(|span| span.kind() == "server") {
        if used.get(&span.span_id) != Some(&true) {
            continue;
        }
        while used.contains_key(&next) {
            next += 1;
        }
        renamed.insert(span.span_id, next);
        let client = span.span_id;
        set_parent(span, client);
        span.span_id = next;
        next += 1;
    }
    if renamed.is_empty() {
        return;
    }
    for span in spans {
        if let Some(new) = renamed.get(&span.parent_id()).filter(|new| **new != span.span_id) {
            set_parent(span, *new);
        }
    }
}

fn set_parent(span: &mut Span, parent: u64) {
    let place = span.parent_place();
    let trace_id = span.trace_id;
    match place.and_then(|place| span.references.get_mut(place)) {
        Some(reference) => reference.span_id = parent,
        None => span.references.insert(0, Reference { kind: RefKind::ChildOf, trace_id, span_id: parent }),
    }
}

fn sort_lists(span: &mut Span, dialect: Dialect) {
    sort(&mut span.tags);
    if !span.process.tags.is_sorted_by(|a, b| a.key <= b.key) {
        sort(&mut Arc::make_mut(&mut span.process).tags);
    }
    for log in &mut span.logs {
        let event = log.fields.iter().position(|field| field.key == "event" && matches!(field.value, Value::Text(_)));
        if let Some(place) = event {
            log.fields.swap(0, place);
        }
        if let Some(rest) = log.fields.get_mut(usize::from(event.is_some())..) {
            sort(rest);
        }
    }
    if dialect == Dialect::V3 {
        let name = |fields: &[Tag]| match find(fields, "event") {
            Some(Value::Text(name)) => name.to_string(),
            _ => String::new(),
        };
        span.logs.sort_by_cached_key(|log| name(&log.fields));
    }
}

fn drop_repeated(spans: &mut Vec<Span>) {
    let mut seen: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut is_kept = vec![true; spans.len()];
    for (index, (span, is_kept)) in spans.iter().zip(&mut is_kept).enumerate() {
        let same_id = seen.entry(span.span_id).or_default();
        if same_id.iter().any(|earlier| spans.get(*earlier) == Some(span)) {
            *is_kept = false;
        } else {
            same_id.push(index);
        }
    }
    let mut is_kept = is_kept.into_iter();
    spans.retain(|_| is_kept.next().unwrap_or(true));
}

struct Clocks {
    dialect: Dialect,
    max_skew_ns: i64,
}

/// What is known of a span while clocks are set right.
struct Node {
    children: Vec<usize>,
    /// What tells its machine from others; empty where nothing does.
    host: String,
}

impl Clocks {
    fn set_right(&self, spans: &mut [Span]) {
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        let mut nodes: Vec<Node> = Vec::with_capacity(spans.len());
        let mut is_first = Vec::with_capacity(spans.len());
        for (index, span) in spans.iter_mut().enumerate() {
            nodes.push(Node { children: Vec::new(), host: self.host_of(&span.process) });
            let is_new = !places.contains_key(&span.span_id);
            is_first.push(is_new);
            if is_new {
                places.insert(span.span_id, index);
            } else {
                span.warnings.push("duplicate span IDs; skipping clock skew adjustment".to_owned());
            }
        }
        let mut roots = Vec::new();
        for (index, (span, _)) in spans.iter_mut().zip(is_first).enumerate().filter(|(_, (_, is_first))| *is_first) {
            let parent_id = span.parent_id();
            if parent_id == 0 {
                roots.push(index);
            } else if let Some(parent) = places.get(&parent_id).and_then(|place| nodes.get_mut(*place)) {
                parent.children.push(index);
            } else {
                span.warnings.push(self.no_parent(parent_id));
                roots.push(index);
            }
        }
        // A stack of spans with their parents, and the skew of the machine on which the parent ran.
        let mut left: Vec<(usize, Option<usize>, i64)> = roots.into_iter().map(|root| (root, None, 0)).collect();
        while let Some((index, parent, parent_skew_ns)) = left.pop() {
            let Some(node) = nodes.get(index) else { continue };
            let differs =
                |parent: usize| node.host.is_empty() || nodes.get(parent).is_none_or(|parent| parent.host != node.host);
            let skew_ns = match parent.filter(|parent| differs(*parent)) {
                Some(parent) => {
                    spans.get(index).zip(spans.get(parent)).map_or(0, |(child, parent)| skew_ns(child, parent))
                }
                None => parent_skew_ns,
            };
            left.extend(node.children.iter().map(|child| (*child, Some(index), skew_ns)));
            if let Some(span) = spans.get_mut(index) {
                self.shift(span, skew_ns);
            }
        }
    }

    fn no_parent(&self, parent_id: u64) -> String {
        match self.dialect {
            Dialect::Old => format!("invalid parent span IDs={parent_id:016x}; skipping clock skew adjustment"),
            Dialect::V3 => {
                format!("parent span ID={parent_id:016x} is not in the trace; skipping clock skew adjustment")
            }
        }
    }

    fn host_of(&self, process: &Process) -> String {
        let keys: &[&str] = match self.dialect {
            Dialect::Old => &["ip"],
            Dialect::V3 => &["host.id", "host.ip", "host.name"],
        };
        match keys.iter().find_map(|key| find(&process.tags, key)) {
            Some(Value::Text(host)) => host.to_string(),
            Some(Value::Int(packed)) if self.dialect == Dialect::Old => address(*packed as u32),
            Some(Value::Binary(bytes)) if self.dialect == Dialect::Old => <[u8; 4]>::try_from(bytes.as_slice())
                .map_or_else(|_not_four| String::new(), |bytes| address(u32::from_be_bytes(bytes))),
            _ => String::new(),
        }
    }

    fn shift(&self, span: &mut Span, skew_ns: i64) {
        if skew_ns == 0 {
            return;
        }
        let delta = duration_text(skew_ns);
        if skew_ns.saturating_abs() <= self.max_skew_ns {
            span.start_ns = span.start_ns.saturating_add(skew_ns);
            if self.dialect == Dialect::V3 {
                // It leaves the end where it was.
                span.duration_ns = span.duration_ns.saturating_sub(skew_ns);
            }
            span.warnings.push(format!("This span's timestamps were adjusted by {delta}"));
            for log in &mut span.logs {
                log.time_ns = log.time_ns.saturating_add(skew_ns);
            }
        } else if self.max_skew_ns == 0 {
            span.warnings.push(format!("clock skew adjustment disabled; not applying calculated delta of {delta}"));
        } else {
            let most = duration_text(self.max_skew_ns);
            span.warnings.push(format!(
                "max clock skew adjustment delta of {most} exceeded; not applying calculated delta of {delta}"
            ));
        }
    }
}

/// By how much a child's clock is wrong, seen from its parent.
fn skew_ns(child: &Span, parent: &Span) -> i64 {
    if child.duration_ns > parent.duration_ns {
        // It was not waited for, or given up: it can only have begun after its parent.
        return parent.start_ns.saturating_sub(child.start_ns).max(0);
    }
    if child.start_ns >= parent.start_ns && child.end_ns() <= parent.end_ns() {
        return 0;
    }
    // The way there is taken to be as long as the way back.
    let latency_ns = (parent.duration_ns - child.duration_ns) / 2;
    parent.start_ns.saturating_add(latency_ns).saturating_sub(child.start_ns)
}

fn address(packed: u32) -> String {
    std::net::Ipv4Addr::from(packed).to_string()
}

/// The address that a number in a tag stands for.
fn is_packed_address(tag: &Tag) -> Option<u32> {
    match tag.value {
        _ if !matches!(tag.key.as_ref(), "ip" | "peer.ipv4") => None,
        Value::Int(packed) => Some(packed as u32),
        Value::Float(packed) => Some(packed as u32),
        _ => None,
    }
}

fn write_addresses(tags: &mut [Tag]) {
    for tag in tags {
        if let Some(packed) = is_packed_address(tag) {
            tag.value = Value::Text(address(packed).into());
        }
    }
}

fn is_of_library(tag: &Tag) -> bool {
    LIBRARY_KEYS.contains(&tag.key.as_ref())
}

/// Each span has a process of its own in the old API.
fn move_library(span: &mut Span) {
    if !span.tags.iter().any(is_of_library) {
        return;
    }
    let (moved, kept) = std::mem::take(&mut span.tags).into_iter().partition(is_of_library);
    span.tags = kept;
    let process = Arc::make_mut(&mut span.process);
    process.tags.extend::<Vec<Tag>>(moved);
    sort(&mut process.tags);
}

/// In v3 spans share the process: what one of them says of it holds for all.
fn move_library_of_all(spans: &mut [Span]) {
    for index in 0..spans.len() {
        let Some(span) = spans.get_mut(index).filter(|span| span.tags.iter().any(is_of_library)) else { continue };
        let before = Arc::clone(&span.process);
        let mut process = Process::clone(&before);
        let Span { tags, warnings, .. } = span;
        tags.retain(|tag| {
            if !is_of_library(tag) {
                return true;
            }
            match find(&process.tags, &tag.key) {
                Some(own) if *own != tag.value => {
                    let key = &tag.key;
                    warnings.push(format!("conflicting values between Span and Resource for attribute {key}"));
                    return true;
                }
                Some(_) => {}
                None => process.tags.push(tag.clone()),
            }
            false
        });
        let after = Arc::new(process);
        for span in spans.iter_mut().filter(|span| span.process == before) {
            span.process = Arc::clone(&after);
        }
    }
}

fn drop_empty_references(span: &mut Span, dialect: Dialect) {
    let Span { references, warnings, .. } = span;
    references.retain(|reference| {
        if reference.trace_id != 0 {
            return true;
        }
        warnings.push(match dialect {
            Dialect::Old => {
                let kind = super::legacy::kind_text(reference.kind);
                let id = reference.span_id;
                // Go prints the fields of its message that nobody should see as well.
                format!(
                    "Invalid span reference removed {{TraceID:{:016x} SpanID:{id:016x} RefType:{kind} \
                     XXX_NoUnkeyedLiteral:{{}} XXX_unrecognized:[] XXX_sizecache:0}}",
                    0
                )
            }
            Dialect::V3 => "Invalid span link removed".to_owned(),
        });
        false
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A span that lasts from one millisecond to another, on a machine.
    fn span(id: u64, parent: u64, (from_ms, to_ms): (i64, i64), host: &str) -> Span {
        let tags = [("ip", host), ("host.name", host)].map(|(key, host)| Tag::text(key, host.to_owned())).to_vec();
        let reference = Reference { kind: RefKind::ChildOf, trace_id: 1, span_id: parent };
        Span {
            trace_id: 1,
            span_id: id,
            name: "work".into(),
            references: if parent == 0 { Vec::new() } else { vec![reference] },
            start_ns: from_ms * 1_000_000,
            duration_ns: (to_ms - from_ms) * 1_000_000,
            tags: Vec::new(),
            logs: Vec::new(),
            process: Arc::new(Process { service: "api".into(), tags }),
            warnings: Vec::new(),
            has_early_warning: false,
        }
    }

    fn adjusted(mut spans: Vec<Span>, max_skew_ms: i64) -> Vec<Span> {
        adjust(&mut spans, Dialect::Old, max_skew_ms * 1_000_000);
        spans
    }

    #[test]
    fn a_clock_that_is_wrong_takes_its_whole_subtree_along() {
        let spans = || vec![span(1, 0, (0, 100), "a"), span(2, 1, (500, 550), "b"), span(3, 2, (510, 520), "b")];
        let found = adjusted(spans(), 1000);
        assert_eq!(found.iter().map(|span| span.start_ns / 1_000_000).collect::<Vec<_>>(), [0, 25, 35]);
        assert_eq!(found[2].warnings, ["This span's timestamps were adjusted by -475ms"]);
        for (max, words) in [(0, "clock skew adjustment disabled"), (100, "delta of 100ms exceeded")] {
            let found = adjusted(spans(), max);
            assert!(found[1].start_ns == 500_000_000 && found[1].warnings[0].contains(words), "{found:?}");
        }
    }

    #[test]
    fn on_one_machine_nothing_is_wrong() {
        let found = adjusted(vec![span(1, 0, (0, 100), "a"), span(2, 1, (500, 550), "a")], 1000);
        assert!(found[1].warnings.is_empty());
    }

    #[test]
    fn what_lasts_longer_than_its_parent_was_not_waited_for() {
        let found =
            adjusted(vec![span(1, 0, (10, 20), "a"), span(2, 1, (30, 90), "b"), span(3, 1, (0, 90), "b")], 1000);
        assert_eq!((found[1].start_ns, found[2].start_ns), (30_000_000, 10_000_000));
    }

    #[test]
    fn a_cycle_ends() {
        let found = adjusted(vec![span(1, 2, (0, 10), ""), span(2, 1, (50, 55), "")], 1000);
        assert!(found.iter().all(|span| span.warnings.is_empty()));
    }

    #[test]
    fn the_same_span_told_twice_is_one() {
        let one = span(1, 0, (0, 10), "a");
        let found = adjusted(vec![one.clone(), one, span(1, 0, (0, 11), "a")], 0);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].warnings, ["duplicate span IDs; skipping clock skew adjustment"]);
    }

    #[test]
    fn a_server_s_span_with_its_client_s_id_gets_its_own() {
        let kind = |mut span: Span, kind: &'static str| {
            span.tags.push(Tag::text("span.kind", kind));
            span
        };
        let spans = vec![
            kind(span(1, 0, (0, 10), "a"), "client"),
            kind(span(1, 0, (1, 9), "b"), "server"),
            span(2, 1, (2, 8), "b"),
        ];
        let ids: Vec<_> = adjusted(spans, 1000).iter().map(|span| (span.span_id, span.parent_id())).collect();
        assert_eq!(ids, [(1, 0), (3, 1), (2, 3)]);
    }

    #[test]
    fn numbers_become_addresses_and_library_tags_the_process_s() {
        let mut one = span(1, 0, (0, 10), "a");
        one.tags = vec![Tag::new("peer.ipv4", Value::Int(0x7f00_0001)), Tag::text("telemetry.sdk.name", "x")];
        let found = adjusted(vec![one], 0);
        assert_eq!(found[0].tags, [Tag::text("peer.ipv4", "127.0.0.1")]);
        assert_eq!(find(&found[0].process.tags, "telemetry.sdk.name"), Some(&Value::Text("x".into())));
    }
}
