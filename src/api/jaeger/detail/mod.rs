//! What only an opened span shows, read from the answer's bytes when somebody looks.
//!
//! Invariant: both dialects give the same details of the same span: what the old one keeps as tags (`span.kind`,
//! `otel.status_code`, `otel.scope.name` and their kin) and the new one as fields is a tag here, and what the new one keeps as
//! an attribute (`@jaeger@warnings`) is what it means. What cannot be read is left out.

mod legacy;
mod otlp;
mod value;

use std::sync::Arc;

use super::{
    scan::{Dialect, Owner},
    view::View,
};
use crate::{
    api::jaeger::pretty::formatted,
    model::trace::{SpanDetail, SpanDetails},
};

/// The spans of one trace, in one answer, which other traces may be in too.
pub(super) struct Details {
    pub body: Arc<Vec<u8>>,
    pub dialect: Dialect,
    /// Where each span stands, and whose it is.
    pub places: Vec<(u32, u32)>,
    pub owner_of: Vec<u32>,
    pub owners: Arc<[Owner]>,
}

impl Details {
    fn view(&self, (from, to): (u32, u32)) -> View<'_> {
        View(self.body.get(from as usize..to as usize).unwrap_or_default())
    }

    fn span(&self, origin: usize) -> View<'_> {
        self.view(self.places.get(origin).copied().unwrap_or_default())
    }
}

impl SpanDetails for Details {
    fn detail(&self, origin: usize) -> SpanDetail {
        let owner = self.owner_of.get(origin).and_then(|owner| self.owners.get(*owner as usize));
        let Owner { process, scope, .. } = owner.copied().unwrap_or_default();
        let (span, process) = (self.span(origin), self.view(process));
        match self.dialect {
            Dialect::Legacy => legacy::detail(span, process),
            Dialect::V3 => otlp::detail(span, process, self.view(scope)),
        }
    }

    fn document(&self, origin: usize) -> String {
        formatted(self.span(origin).0)
    }
}
