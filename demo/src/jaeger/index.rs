//! What is known of a trace without telling its spans: enough to leave most traces of a search alone.

use std::collections::BTreeMap;

use super::model::{Span, Text, find};
use crate::signals;
use crate::sim::REPLICAS;

/// What the index needs of a span.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'s> {
    pub service: &'s str,
    pub name: &'s str,
    pub kind: &'static str,
    pub span_id: u64,
    pub parent_id: u64,
    pub start_ns: i64,
    pub duration_ns: i64,
    pub has_error_tag: bool,
}

impl<'s> Seen<'s> {
    pub fn of_told(span: &'s signals::Span) -> Self {
        Self {
            service: REPLICAS.get(span.process).map_or("", |replica| replica.service.name()),
            name: &span.name,
            kind: match span.kind {
                signals::SpanKind::Internal => "internal",
                signals::SpanKind::Server => "server",
                signals::SpanKind::Client => "client",
            },
            span_id: span.span_id,
            parent_id: span.parent_span_id.unwrap_or(0),
            start_ns: span.start_ns,
            duration_ns: span.duration_ns().max(1),
            has_error_tag: span.is_error() || span.attribute("error").is_some(),
        }
    }

    pub fn of_given(span: &'s Span) -> Self {
        let has_error = |tags| find(tags, "error").is_some();
        Self {
            service: span.service(),
            name: &span.name,
            kind: span.kind(),
            span_id: span.span_id,
            parent_id: span.parent_id(),
            start_ns: span.start_ns,
            duration_ns: span.duration_ns,
            has_error_tag: has_error(&span.tags)
                || has_error(&span.process.tags)
                || span.logs.iter().any(|log| has_error(&log.fields)),
        }
    }
}

/// A service's number in [`Catalogue`].
pub type ServiceId = u16;

/// The services and their operations, with each operation's kinds.
#[derive(Debug, Default)]
pub struct Catalogue {
    ids: BTreeMap<Text, ServiceId>,
    operations: Vec<BTreeMap<Text, Vec<&'static str>>>,
}

impl Catalogue {
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.ids.keys().map(Text::as_ref)
    }

    pub fn id(&self, service: &str) -> Option<ServiceId> {
        self.ids.get(service).copied()
    }

    pub fn name(&self, id: ServiceId) -> &str {
        self.ids.iter().find(|(_, own)| **own == id).map_or("", |(name, _)| name)
    }

    /// Names with kinds, in order; none of a service that is not there.
    pub fn operations(&self, service: &str) -> impl Iterator<Item = (&str, &'static str)> {
        let found = self.id(service).and_then(|id| self.operations.get(usize::from(id)));
        found.into_iter().flatten().flat_map(|(name, kinds)| kinds.iter().map(move |kind| (name.as_ref(), *kind)))
    }

    fn note(&mut self, span: Seen<'_>) -> ServiceId {
        let id = self.id(span.service).unwrap_or_else(|| {
            let id = self.operations.len() as ServiceId;
            self.ids.insert(Text::Owned(span.service.to_owned()), id);
            self.operations.push(BTreeMap::new());
            id
        });
        let Some(operations) = self.operations.get_mut(usize::from(id)) else { return id };
        match operations.get_mut(span.name) {
            Some(kinds) if kinds.contains(&span.kind) => {}
            Some(kinds) => kinds.push(span.kind),
            None => {
                operations.insert(Text::Owned(span.name.to_owned()), vec![span.kind]);
            }
        }
        id
    }
}

/// A service that called another one, and how often.
pub type Call = (ServiceId, ServiceId, u64);

/// The facts of one trace.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// When its first span began: by this traces are newer or older.
    pub first_ns: i64,
    /// When the earliest and when the latest of its spans began.
    pub earliest_ns: i64,
    pub latest_ns: i64,
    pub longest_ns: i64,
    pub shortest_ns: i64,
    /// Whether a span has a tag `error`, whatever its value.
    pub has_error_tag: bool,
    pub services: Vec<ServiceId>,
    pub calls: Vec<Call>,
}

impl Facts {
    /// Of all spans of a trace, whose services and operations are noted.
    pub fn of(spans: &[Seen<'_>], catalogue: &mut Catalogue) -> Self {
        let mut facts = Self {
            first_ns: spans.first().map_or(0, |span| span.start_ns),
            earliest_ns: i64::MAX,
            latest_ns: i64::MIN,
            shortest_ns: i64::MAX,
            ..Self::default()
        };
        let ids: Vec<ServiceId> = spans.iter().map(|span| catalogue.note(*span)).collect();
        for (span, id) in spans.iter().zip(&ids) {
            facts.earliest_ns = facts.earliest_ns.min(span.start_ns);
            facts.latest_ns = facts.latest_ns.max(span.start_ns);
            facts.longest_ns = facts.longest_ns.max(span.duration_ns);
            facts.shortest_ns = facts.shortest_ns.min(span.duration_ns);
            facts.has_error_tag |= span.has_error_tag;
            if !facts.services.contains(id) {
                facts.services.push(*id);
            }
            // Jaeger looks for a parent by its id, and finds one even where there is none to look for.
            let parent = spans.iter().zip(&ids).find(|(other, _)| other.span_id == span.parent_id);
            if let Some((_, parent)) = parent.filter(|(_, parent)| *parent != id) {
                match facts.calls.iter_mut().find(|(from, to, _)| (from, to) == (parent, id)) {
                    Some((_, _, count)) => *count += 1,
                    None => facts.calls.push((*parent, *id, 1)),
                }
            }
        }
        facts
    }
}
