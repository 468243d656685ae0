//! The client of Prometheus's HTTP API (`/api/v1`), and of what speaks it: `VictoriaMetrics`, Mimir, Thanos, the demo.
//!
//! Invariant: wire shapes end here; callers get model types with the backend's warnings as notices. Query results are
//! read while they arrive, straight into `f64` columns ([`scan`]); the small answers go through typed serde structs
//! ([`wire`]) and are turned into the model in one place each ([`convert`]).
//!
//! Not here: how many requests run at once and what is tried again (`api::scheduler`); which step suits a panel
//! (`base::time`).

mod convert;
mod exchange;
mod scan;
mod wire;

use std::rc::Rc;

use crate::{
    api::{
        http::{ApiError, Delivery, Endpoint, FormParams, HttpRequest, Transport, path_segment},
        scheduler::Sharing,
    },
    base::time::{Grid, Range},
    model::{
        alert::{Alert, RuleGroup},
        exemplar::ExemplarSeries,
        frame::{Frame, InstantSample},
        labels::Labels,
        notice::Notice,
        target::{BuildInfo, MetricMetadata, RuntimeInfo, Targets},
    },
};
use exchange::{Exchange, Whole};
use scan::{ResultKind, ResultScanner, ScannedValue};

/// Prometheus refuses a range query with more steps than this (`web/api/v1/api.go`).
pub const MAX_POINT_COUNT: u64 = 11_000;

/// An answer, what to know about it, what it cost, and what was asked.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    pub value: T,
    pub notices: Vec<Notice>,
    pub stats: FetchStats,
    pub request: HttpRequest,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FetchStats {
    pub status: u16,
    /// Bytes of the body after content decoding.
    pub body_bytes: u64,
    pub first_byte_ms: f64,
    pub elapsed_ms: f64,
}

impl FetchStats {
    fn of(delivery: &Delivery) -> Self {
        let Delivery { head, body_bytes, first_byte_ms, elapsed_ms } = delivery;
        Self { status: head.status, body_bytes: *body_bytes, first_byte_ms: *first_byte_ms, elapsed_ms: *elapsed_ms }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RangeQuery {
    /// PromQL.
    pub expr: String,
    pub grid: Grid,
    /// At most this many series; servers older than 3.2 ignore it.
    pub limit: Option<u32>,
}

impl RangeQuery {
    pub fn new(expr: impl Into<String>, grid: Grid) -> Self {
        Self { expr: expr.into(), grid, limit: None }
    }
}

/// What an instant query gives; which it is depends on the expression.
#[derive(Debug, Clone)]
pub enum InstantResult {
    /// In the backend's order: `topk` and `sort` rely on it.
    Vector(Vec<InstantSample>),
    Scalar {
        t_ms: f64,
        value: f64,
    },
    Text {
        t_ms: f64,
        text: String,
    },
    /// Of a range selector such as `up[5m]`.
    Matrix(Frame),
}

/// Narrows `labels`, `label_values` and `series`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SeriesFilter {
    /// Series selectors, of which one must match; `series` needs at least one.
    pub matchers: Vec<String>,
    /// Approximate: backends look at whole blocks (about two hours).
    pub range: Option<Range>,
    /// At most this many; kept here too, as older servers ignore it.
    pub limit: Option<u32>,
}

/// Cheap to clone; clones share what is in flight.
#[derive(Clone)]
pub struct PrometheusClient {
    inner: Rc<Inner>,
}

struct Inner {
    endpoint: Endpoint,
    transport: Rc<dyn Transport>,
    sharing: Sharing,
}

impl PrometheusClient {
    /// `transport` is normally the app's one `api::scheduler::Scheduler`.
    pub fn new(endpoint: Endpoint, transport: Rc<dyn Transport>) -> Self {
        Self { inner: Rc::new(Inner { endpoint, transport, sharing: Sharing::default() }) }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// The request that [`Self::query_range`] sends.
    pub fn range_request(&self, query: &RangeQuery) -> HttpRequest {
        let RangeQuery { expr, grid, limit } = query;
        let params = FormParams::default()
            .with("query", expr)
            .with("start", &secs_text(grid.start_ms))
            .with("end", &secs_text(grid.end_ms))
            .with("step", &secs_text(grid.step_ms))
            .with("timeout", &self.server_timeout())
            .with_some("limit", limit.map(|n| n.to_string()).as_deref());
        self.inner.endpoint.post("/api/v1/query_range", params)
    }

    /// A query at each row of a grid. The frame's rows are the grid's rows; see [`parse_matrix`].
    pub async fn query_range(&self, query: &RangeQuery) -> Result<Answer<Frame>, ApiError> {
        let grid = &query.grid;
        let source_name = &self.inner.endpoint.source_name;
        let point_count = scan::row_count(*grid);
        if point_count > MAX_POINT_COUNT {
            return Err(ApiError::TooManyPoints {
                source_name: source_name.clone(),
                point_count,
                max_point_count: MAX_POINT_COUNT,
            });
        }
        let request = self.range_request(query);
        let grid = *grid;
        self.shared(request, move |request, transport| async move {
            let (scanned, stats) = exchange::run(&request, &*transport, ResultScanner::new(Some(grid))).await?;
            let value = match scanned.value {
                ScannedValue::Series(series) if series.kind != Some(ResultKind::Vector) => series.into_frame(),
                ScannedValue::Series(_) | ScannedValue::Scalar { .. } | ScannedValue::Text { .. } => {
                    return Err(unexpected_result(&request, stats, "a matrix"));
                }
            };
            Ok(Answer { value: value.frame, notices: with(scanned.notices, value.notices), stats, request })
        })
        .await
    }

    /// A query at one instant (Unix milliseconds).
    pub async fn query(&self, expr: &str, time_ms: i64) -> Result<Answer<InstantResult>, ApiError> {
        let params = FormParams::default()
            .with("query", expr)
            .with("time", &secs_text(time_ms))
            .with("timeout", &self.server_timeout());
        let request = self.inner.endpoint.post("/api/v1/query", params);
        self.shared(request, |request, transport| async move {
            let (scanned, stats) = exchange::run(&request, &*transport, ResultScanner::new(None)).await?;
            let (value, notices) = scanned.into_instant();
            Ok(Answer { value, notices, stats, request })
        })
        .await
    }

    pub async fn labels(&self, filter: &SeriesFilter) -> Result<Answer<Vec<String>>, ApiError> {
        let request = self.inner.endpoint.post("/api/v1/labels", filter_params(filter));
        let limit = filter.limit;
        self.small(request, move |data: Vec<String>, notices| cut(data, limit, notices)).await
    }

    pub async fn label_values(&self, label: &str, filter: &SeriesFilter) -> Result<Answer<Vec<String>>, ApiError> {
        let path = format!("/api/v1/label/{}/values", path_segment(&convert::escaped_label_name(label)));
        let request = self.inner.endpoint.get(&path, &filter_params(filter));
        let limit = filter.limit;
        self.small(request, move |data: Vec<String>, notices| cut(data, limit, notices)).await
    }

    pub async fn series(&self, filter: &SeriesFilter) -> Result<Answer<Vec<Labels>>, ApiError> {
        let request = self.inner.endpoint.post("/api/v1/series", filter_params(filter));
        let limit = filter.limit;
        self.small(request, move |data: Vec<wire::LabelMap>, notices| {
            cut(data.into_iter().map(convert::labels_from_map).collect(), limit, notices)
        })
        .await
    }

    /// Of all metrics, or of one. Sorted by metric; a metric may come more than once.
    pub async fn metadata(&self, metric: Option<&str>) -> Result<Answer<Vec<MetricMetadata>>, ApiError> {
        let params = FormParams::default().with_some("metric", metric);
        let request = self.inner.endpoint.get("/api/v1/metadata", &params);
        self.small(request, |data: wire::Metadata, _| convert::metadata(data)).await
    }

    /// All groups, page by page where the server pages.
    pub async fn rules(&self) -> Result<Answer<Vec<RuleGroup>>, ApiError> {
        // Far above any real number of pages: a server that hands out the same token for ever must not hold us.
        const MAX_PAGES: usize = 100;
        let mut token: Option<String> = None;
        let mut groups = Vec::new();
        let mut notices = Vec::new();
        let mut page_count = 0;
        loop {
            let params = FormParams::default().with_some("group_next_token", token.as_deref());
            let request = self.inner.endpoint.get("/api/v1/rules", &params);
            let page = self.small(request, |data: wire::Rules, _| convert::rules(data)).await?;
            let Answer { value: (page_groups, next_token), notices: page_notices, stats, request } = page;
            groups.extend(page_groups);
            notices.extend(page_notices);
            page_count += 1;
            if next_token.is_none() || next_token == token {
                return Ok(Answer { value: groups, notices, stats, request });
            }
            if page_count == MAX_PAGES {
                notices.push(Notice::warning(format!("more than {MAX_PAGES} pages of rules: the rest is left out")));
                return Ok(Answer { value: groups, notices, stats, request });
            }
            token = next_token;
        }
    }

    /// Active alerts: pending and firing.
    pub async fn alerts(&self) -> Result<Answer<Vec<Alert>>, ApiError> {
        let request = self.inner.endpoint.get("/api/v1/alerts", &FormParams::default());
        self.small(request, |data: wire::Alerts, _| convert::alerts(data.alerts)).await
    }

    pub async fn targets(&self) -> Result<Answer<Targets>, ApiError> {
        let request = self.inner.endpoint.get("/api/v1/targets", &FormParams::default());
        self.small(request, |data: wire::Targets, _| convert::targets(data)).await
    }

    /// The cheap probe: does it answer, and which version is it.
    pub async fn buildinfo(&self) -> Result<Answer<BuildInfo>, ApiError> {
        let request = self.inner.endpoint.get("/api/v1/status/buildinfo", &FormParams::default());
        self.small(request, |data: wire::BuildInfo, _| convert::build_info(data)).await
    }

    pub async fn runtimeinfo(&self) -> Result<Answer<RuntimeInfo>, ApiError> {
        let request = self.inner.endpoint.get("/api/v1/status/runtimeinfo", &FormParams::default());
        self.small(request, |data: wire::RuntimeInfo, _| convert::runtime_info(data)).await
    }

    pub async fn query_exemplars(&self, expr: &str, range: Range) -> Result<Answer<Vec<ExemplarSeries>>, ApiError> {
        let params = FormParams::default()
            .with("query", expr)
            .with("start", &secs_text(range.start_ms))
            .with("end", &secs_text(range.end_ms));
        let request = self.inner.endpoint.post("/api/v1/query_exemplars", params);
        self.small(request, |data: Vec<wire::ExemplarSeries>, _| convert::exemplars(data)).await
    }

    /// The expression as Prometheus would write it.
    pub async fn format_query(&self, expr: &str) -> Result<Answer<String>, ApiError> {
        let request = self.inner.endpoint.post("/api/v1/format_query", FormParams::default().with("query", expr));
        self.small(request, |data: String, _| data).await
    }

    /// `/-/ready`, which is outside the API and answers with text.
    pub async fn ready(&self) -> Result<Answer<()>, ApiError> {
        let request = self.inner.endpoint.get("/-/ready", &FormParams::default());
        self.shared(request, |request, transport| async move {
            let ((), stats) = exchange::run_text(&request, &*transport).await?;
            Ok(Answer { value: (), notices: Vec::new(), stats, request })
        })
        .await
    }

    /// What the server may spend: a little less than we wait, so that its own error arrives before our time-out.
    fn server_timeout(&self) -> String {
        secs_text(i64::from(self.inner.endpoint.timeout_ms).saturating_mul(19) / 20)
    }

    async fn small<W, T>(
        &self,
        request: HttpRequest,
        convert: impl FnOnce(W, &mut Vec<Notice>) -> T + 'static,
    ) -> Result<Answer<T>, ApiError>
    where
        W: serde::de::DeserializeOwned + Default + 'static,
        T: Clone + 'static,
    {
        self.shared(request, move |request, transport| async move {
            let (envelope, stats) = exchange::run(&request, &*transport, Whole::<W>::default()).await?;
            let mut notices = envelope.notices;
            let value = convert(envelope.data, &mut notices);
            Ok(Answer { value, notices, stats, request })
        })
        .await
    }

    /// Runs the request, or joins the same request that is already on its way.
    async fn shared<T, F>(
        &self,
        request: HttpRequest,
        run: impl FnOnce(HttpRequest, Rc<dyn Transport>) -> F,
    ) -> Result<Answer<T>, ApiError>
    where
        T: Clone + 'static,
        F: Future<Output = Result<Answer<T>, ApiError>> + 'static,
    {
        let key = format!("{}\n{}", request.url, request.body.as_deref().unwrap_or_default());
        self.inner.sharing.share(key, || run(request, Rc::clone(&self.inner.transport))).await
    }
}

/// Reads a whole `query_range` answer, as the streaming client does chunk by chunk.
///
/// With a grid, the frame's rows are the grid's rows (and any timestamps beside it), so that frames of one grid line
/// up; without, they are the union of the series' timestamps. Linear in the bytes, and in series × rows.
pub fn parse_matrix(bytes: &[u8], grid_hint: Option<Grid>) -> Result<Answer<Frame>, ApiError> {
    let request = Endpoint::new("Prometheus", "").post("/api/v1/query_range", FormParams::default());
    let mut scanner = ResultScanner::new(grid_hint);
    exchange::Parser::push(&mut scanner, bytes);
    let stats = FetchStats { status: 200, body_bytes: bytes.len() as u64, ..FetchStats::default() };
    let head = crate::api::http::ResponseHead { status: 200, ..Default::default() };
    let scanned = exchange::Parser::finish(scanner, &Exchange { request: &request, head: &head })?;
    match scanned.value {
        ScannedValue::Series(series) if series.kind != Some(ResultKind::Vector) => {
            let framed = series.into_frame();
            Ok(Answer { value: framed.frame, notices: with(scanned.notices, framed.notices), stats, request })
        }
        ScannedValue::Series(_) | ScannedValue::Scalar { .. } | ScannedValue::Text { .. } => {
            Err(unexpected_result(&request, stats, "a matrix"))
        }
    }
}

fn unexpected_result(request: &HttpRequest, stats: FetchStats, expected: &str) -> ApiError {
    ApiError::Decode {
        source_name: request.source_name.clone(),
        at_byte: stats.body_bytes,
        expected: format!("{expected} as the result"),
    }
}

fn with(mut notices: Vec<Notice>, more: Vec<Notice>) -> Vec<Notice> {
    notices.extend(more);
    notices
}

fn filter_params(filter: &SeriesFilter) -> FormParams {
    let SeriesFilter { matchers, range, limit } = filter;
    FormParams::default()
        .with_each("match[]", matchers)
        .with_some("start", range.map(|r| secs_text(r.start_ms)).as_deref())
        .with_some("end", range.map(|r| secs_text(r.end_ms)).as_deref())
        .with_some("limit", limit.map(|n| n.to_string()).as_deref())
}

/// Cuts what a server that does not know `limit` sent in full, and says so.
fn cut<T>(mut items: Vec<T>, limit: Option<u32>, notices: &mut Vec<Notice>) -> Vec<T> {
    if let Some(limit) = limit
        && items.len() > limit as usize
    {
        notices.push(Notice::warning(format!("only the first {limit} of {} are shown", items.len())));
        items.truncate(limit as usize);
    }
    items
}

/// Milliseconds as the seconds that the API takes: `1700000000`, `0.5`, `-1.25`.
fn secs_text(ms: i64) -> String {
    let (secs, rest) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
    let sign = if ms < 0 { "-" } else { "" };
    if rest == 0 {
        format!("{sign}{secs}")
    } else {
        let decimals = format!("{rest:03}");
        format!("{sign}{secs}.{}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_without_needless_zeros() {
        for (ms, expect) in
            [(0, "0"), (1_700_000_000_000, "1700000000"), (500, "0.5"), (15_001, "15.001"), (-1_250, "-1.25")]
        {
            assert_eq!(secs_text(ms), expect);
        }
    }
}
