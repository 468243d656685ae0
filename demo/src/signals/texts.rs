//! What an agent is created with, for spans and log lines alike.

use super::ids;
use crate::sim::{CREATION_MODELS, MODELS, Request, TEMPLATES};

const NAMES: [&str; 8] = [
    "Invoice helper",
    "Release notes",
    "Churn watcher",
    "Travel planner",
    "Contract reader",
    "Lead scorer",
    "Standup notes",
    "Onboarding buddy",
];

/// The configuration that a creation asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Created {
    pub name: &'static str,
    pub model: &'static str,
    pub template: &'static str,
}

impl Created {
    /// `None` when the request creates nothing.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let creation = request.creation?;
        let model = CREATION_MODELS.get(creation.model).and_then(|index| MODELS.get(*index))?;
        Some(Self {
            name: ids::pick(&NAMES, ids::bits(request.trace_id, 0x6e61)),
            model: model.name,
            template: TEMPLATES.get(creation.template).copied()?,
        })
    }
}
