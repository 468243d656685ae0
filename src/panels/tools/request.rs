//! The requests behind a panel: as they were sent, or as they would be sent now where nothing has been answered.

use crate::{
    api::{http::HttpRequest, prometheus::RangeQuery},
    base::time::{Grid, MAX_POINTS},
    model::dashboard::{Intervals, Panel, interpolate},
    panels::{card::CardTools, data::Part},
    platform::dom,
    state::{sources::Sources, time::TimeContext},
};

/// A chart is about as wide as this.
const TYPICAL_WIDTH_PX: u32 = 800;
const TYPICAL_STEP_MS: i64 = 15_000;

/// One query of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub ref_id: String,
    /// Variables filled.
    pub expr: String,
    /// Its address is absolute.
    pub request: HttpRequest,
}

/// Where the panel's source is.
pub fn source_url(panel: &Panel) -> String {
    Sources::expect().prometheus(panel.source.as_deref()).map_or_else(String::new, |handle| handle.absolute_url)
}

/// As they were sent.
pub fn sent(panel: &Panel, parts: &[Part]) -> Vec<Asked> {
    parts
        .iter()
        .map(|part| Asked {
            ref_id: panel.targets.get(part.target).map_or_else(String::new, |target| target.ref_id.clone()),
            expr: part.expr.clone(),
            request: HttpRequest { url: dom::absolute_url(&part.request.url), ..part.request.clone() },
        })
        .collect()
}

/// As they would be sent now. Untracked.
pub fn requests(card: &CardTools) -> Vec<Asked> {
    let panel = card.panel.get_untracked();
    let client = Sources::expect().prometheus(panel.source.as_deref()).and_then(|handle| handle.prometheus);
    let Some((client, range)) = client.zip(TimeContext::expect().resolve_now().ok()) else { return Vec::new() };
    panel
        .targets
        .iter()
        .filter(|target| !target.is_hidden && !target.expr.trim().is_empty())
        .map(|target| {
            let least_ms = target.min_interval_ms.or(panel.min_interval_ms).unwrap_or(TYPICAL_STEP_MS);
            let grid = Grid::for_range(range, TYPICAL_WIDTH_PX, least_ms, MAX_POINTS);
            let intervals = Intervals {
                step_ms: grid.step_ms,
                range_ms: range.duration_ms(),
                end_ms: range.end_ms,
                scrape_interval_ms: TYPICAL_STEP_MS,
            };
            let expr = interpolate(&target.expr, intervals);
            let request = client.range_request(&RangeQuery::new(expr.clone(), grid));
            let request = HttpRequest { url: dom::absolute_url(&request.url), ..request };
            Asked { ref_id: target.ref_id.clone(), expr, request }
        })
        .collect()
}
