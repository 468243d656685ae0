//! The client of Prometheus's HTTP API (`/api/v1`), and of what speaks it: `VictoriaMetrics`, Mimir, Thanos, the demo.
//!
//! Invariant: wire shapes end here; callers get model types with the backend's warnings as notices. Query results are
//! read piece by piece, straight into `f64` columns ([`scan`]); the small answers are read as a tree ([`wire`]) and are
//! turned into the model in one place each ([`convert`]).
//!
//! Not here: how many requests run at once and what is tried again (`api::scheduler`); which step suits a panel
//! (`base::time`).

mod convert;
mod exchange;
mod scan;
mod wire;

use std::{
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::future::{self, LocalBoxFuture};

use crate::{
    api::{
        exchange::{self as sending, Exchange},
        http::{ApiError, Delivery, Endpoint, FormParams, HttpRequest, ResponseHead, Transport, path_segment},
        json::Node,
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
use exchange::Parser as _;
use scan::{ResultKind, ResultScanner, Scanned, ScannedValue};
use wire::{Faults, Item};

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
    sharing: Sharing<Answer<Body>>,
}

/// How a body is read.
#[derive(Clone, Copy)]
enum Ask {
    Range(Grid),
    Instant,
    Small,
    Ready,
}

/// What was read: one type for all endpoints, so that one kind of future is shared between those who asked the same.
#[derive(Clone)]
enum Body {
    Frame(Frame),
    Instant(InstantResult),
    /// `data`, not looked at yet.
    Small(Rc<Node>),
    Ready,
}

impl<T> Answer<T> {
    fn with_value<U>(self, value: U) -> Answer<U> {
        let Self { value: _, notices, stats, request } = self;
        Answer { value, notices, stats, request }
    }

    fn unexpected(&self, expected: &str) -> ApiError {
        decode_error(&self.request, self.stats.body_bytes, format!("{expected} as the result"))
    }
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
        let answer = self.shared(request, Ask::Range(*grid)).await?;
        match &answer.value {
            Body::Frame(frame) => {
                let frame = frame.clone();
                Ok(answer.with_value(frame))
            }
            _ => Err(answer.unexpected("a matrix")),
        }
    }

    /// A query at one instant (Unix milliseconds).
    pub async fn query(&self, expr: &str, time_ms: i64) -> Result<Answer<InstantResult>, ApiError> {
        let params = FormParams::default()
            .with("query", expr)
            .with("time", &secs_text(time_ms))
            .with("timeout", &self.server_timeout());
        let request = self.inner.endpoint.post("/api/v1/query", params);
        let answer = self.shared(request, Ask::Instant).await?;
        match &answer.value {
            Body::Instant(result) => {
                let result = result.clone();
                Ok(answer.with_value(result))
            }
            _ => Err(answer.unexpected("a result")),
        }
    }

    pub async fn labels(&self, filter: &SeriesFilter) -> Result<Answer<Vec<String>>, ApiError> {
        let request = self.inner.endpoint.post("/api/v1/labels", filter_params(filter));
        let limit = filter.limit;
        self.small(request, |data, notices| cut(data.texts(), limit, notices)).await
    }

    pub async fn label_values(&self, label: &str, filter: &SeriesFilter) -> Result<Answer<Vec<String>>, ApiError> {
        let path = format!("/api/v1/label/{}/values", path_segment(&convert::escaped_label_name(label)));
        let request = self.inner.endpoint.get(&path, &filter_params(filter));
        let limit = filter.limit;
        self.small(request, |data, notices| cut(data.texts(), limit, notices)).await
    }

    pub async fn series(&self, filter: &SeriesFilter) -> Result<Answer<Vec<Labels>>, ApiError> {
        let request = self.inner.endpoint.post("/api/v1/series", filter_params(filter));
        let limit = filter.limit;
        self.small(request, |data, notices| cut(convert::series(data), limit, notices)).await
    }

    /// Of all metrics, or of one. Sorted by metric; a metric may come more than once.
    pub async fn metadata(&self, metric: Option<&str>) -> Result<Answer<Vec<MetricMetadata>>, ApiError> {
        let params = FormParams::default().with_some("metric", metric);
        let request = self.inner.endpoint.get("/api/v1/metadata", &params);
        self.small(request, |data, _| convert::metadata(data)).await
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
            let page = self.small(request, |data, _| convert::rules(data)).await?;
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
        self.small(request, |data, _| convert::alerts(data)).await
    }

    pub async fn targets(&self) -> Result<Answer<Targets>, ApiError> {
        let request = self.inner.endpoint.get("/api/v1/targets", &FormParams::default());
        self.small(request, |data, _| convert::targets(data)).await
    }

    /// The cheap probe: does it answer, and which version is it.
    pub async fn buildinfo(&self) -> Result<Answer<BuildInfo>, ApiError> {
        let request = self.inner.endpoint.get("/api/v1/status/buildinfo", &FormParams::default());
        self.small(request, |data, _| convert::build_info(data)).await
    }

    pub async fn runtimeinfo(&self) -> Result<Answer<RuntimeInfo>, ApiError> {
        let request = self.inner.endpoint.get("/api/v1/status/runtimeinfo", &FormParams::default());
        self.small(request, |data, _| convert::runtime_info(data)).await
    }

    pub async fn query_exemplars(&self, expr: &str, range: Range) -> Result<Answer<Vec<ExemplarSeries>>, ApiError> {
        let params = FormParams::default()
            .with("query", expr)
            .with("start", &secs_text(range.start_ms))
            .with("end", &secs_text(range.end_ms));
        let request = self.inner.endpoint.post("/api/v1/query_exemplars", params);
        self.small(request, |data, _| convert::exemplars(data)).await
    }

    /// The expression as Prometheus would write it.
    pub async fn format_query(&self, expr: &str) -> Result<Answer<String>, ApiError> {
        let request = self.inner.endpoint.post("/api/v1/format_query", FormParams::default().with("query", expr));
        self.small(request, |data, _| data.text().to_owned()).await
    }

    /// `/-/ready`, which is outside the API and answers with text.
    pub async fn ready(&self) -> Result<Answer<()>, ApiError> {
        let request = self.inner.endpoint.get("/-/ready", &FormParams::default());
        Ok(self.shared(request, Ask::Ready).await?.with_value(()))
    }

    /// What the server may spend: a little less than we wait, so that its own error arrives before our time-out.
    fn server_timeout(&self) -> String {
        secs_text(i64::from(self.inner.endpoint.timeout_ms).saturating_mul(19) / 20)
    }

    async fn small<T>(
        &self,
        request: HttpRequest,
        convert: impl FnOnce(Item<'_>, &mut Vec<Notice>) -> T,
    ) -> Result<Answer<T>, ApiError> {
        let mut answer = self.shared(request, Ask::Small).await?;
        let data = match &answer.value {
            Body::Small(data) => Rc::clone(data),
            _ => Rc::default(),
        };
        let faults = Faults::default();
        let value = convert(Item::new(&data, &faults), &mut answer.notices);
        match faults.first() {
            Some((at, expected)) => Err(decode_error(&answer.request, at as u64, expected.to_owned())),
            None => Ok(answer.with_value(value)),
        }
    }

    /// Runs the request, or joins the same request that is already on its way.
    fn shared(&self, request: HttpRequest, ask: Ask) -> LocalBoxFuture<'static, Result<Answer<Body>, ApiError>> {
        let Inner { endpoint: _, transport, sharing } = &*self.inner;
        let key = format!("{}\n{}", request.url, request.body.as_deref().unwrap_or_default());
        Box::pin(sharing.share(key, || Box::pin(answered(request, Rc::clone(transport), ask))))
    }
}

/// Sends one request and reads its answer.
async fn answered(request: HttpRequest, transport: Rc<dyn Transport>, ask: Ask) -> Result<Answer<Body>, ApiError> {
    let mut scanner = match ask {
        Ask::Range(grid) => Some(ResultScanner::new(Some(grid))),
        Ask::Instant => Some(ResultScanner::new(None)),
        Ask::Small | Ask::Ready => None,
    };
    let mut whole = Vec::new();
    let mut push = |bytes: &[u8]| match &mut scanner {
        Some(scanner) => scanner.push(bytes),
        None => whole.extend_from_slice(bytes),
    };
    let wants_json = !matches!(ask, Ask::Ready);
    let sent = sending::run(&request, &*transport, wants_json, exchange::explain, &mut push);
    // In this order: the request leaves first.
    let (delivery, ()) = future::join(sent, async { rehearse() }).await;
    let delivery = delivery?;
    let stats = FetchStats::of(&delivery);
    let exchange = Exchange { request: &request, head: &delivery.head };
    let (value, notices) = match (ask, scanner) {
        (Ask::Range(_), Some(scanner)) => {
            let (frame, notices) = frame_from(scanned(scanner, &exchange)?, &request, stats)?;
            (Body::Frame(frame), notices)
        }
        (_, Some(scanner)) => {
            let (result, notices) = scanned(scanner, &exchange)?.into_instant();
            (Body::Instant(result), notices)
        }
        (Ask::Ready, None) => (Body::Ready, Vec::new()),
        (_, None) => {
            let opened = exchange::open(&whole, &exchange)?;
            (Body::Small(Rc::new(opened.data)), opened.notices)
        }
    };
    Ok(Answer { value, notices, stats, request })
}

/// Reads a small answer, once, while the first one is on its way: a browser compiles a function at its first call, and would else
/// do so when the first chart waits for it (docs/adr/0009-the-first-chart.md).
fn rehearse() {
    static IS_DONE: AtomicBool = AtomicBool::new(false);
    if !IS_DONE.swap(true, Ordering::Relaxed) {
        drop(parse_matrix(REHEARSED.as_bytes(), Some(REHEARSED_GRID)));
    }
}

/// Two series with values of all digits on a grid.
const REHEARSED: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[
{"metric":{"__name__":"a","job":"b"},"values":[[15,"0.12345678901234567"],[30,"1.5"],[45,"120.03"],[60,"0.00045"],[75,"7"]]},
{"metric":{"__name__":"a","job":"c"},"values":[[15,"98765.432109876543"],[30,"2e-05"],[60,"NaN"],[75,"1234567"]]}]}}"#;
const REHEARSED_GRID: Grid = Grid { start_ms: 15_000, end_ms: 75_000, step_ms: 15_000 };

/// Reads a whole `query_range` answer, as the client does piece by piece.
///
/// With a grid, the frame's rows are the grid's rows (and any timestamps beside it), so that frames of one grid line
/// up; without, they are the union of the series' timestamps. Linear in the bytes, and in series × rows.
pub fn parse_matrix(bytes: &[u8], grid_hint: Option<Grid>) -> Result<Answer<Frame>, ApiError> {
    let request = Endpoint::new("Prometheus", "").post("/api/v1/query_range", FormParams::default());
    let mut scanner = ResultScanner::new(grid_hint);
    scanner.push(bytes);
    let stats = FetchStats { status: 200, body_bytes: bytes.len() as u64, ..FetchStats::default() };
    let head = ResponseHead { status: 200, ..Default::default() };
    let scanned = scanner.finish(&Exchange { request: &request, head: &head })?;
    let (value, notices) = frame_from(scanned, &request, stats)?;
    Ok(Answer { value, notices, stats, request })
}

/// A 204 has nothing to read.
fn scanned(scanner: ResultScanner, exchange: &Exchange<'_>) -> Result<Scanned, ApiError> {
    if exchange.head.status == 204 { Ok(scanner.nothing()) } else { scanner.finish(exchange) }
}

fn frame_from(scanned: Scanned, request: &HttpRequest, stats: FetchStats) -> Result<(Frame, Vec<Notice>), ApiError> {
    let Scanned { value, mut notices } = scanned;
    match value {
        ScannedValue::Series(series) if series.kind != Some(ResultKind::Vector) => {
            let framed = series.into_frame();
            notices.extend(framed.notices);
            Ok((framed.frame, notices))
        }
        ScannedValue::Series(_) | ScannedValue::Scalar { .. } | ScannedValue::Text { .. } => {
            Err(decode_error(request, stats.body_bytes, "a matrix as the result".to_owned()))
        }
    }
}

fn decode_error(request: &HttpRequest, at_byte: u64, expected: String) -> ApiError {
    ApiError::Decode { source_name: request.source_name.clone(), at_byte, expected }
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
    fn what_is_rehearsed_is_a_whole_answer() {
        let answer = parse_matrix(REHEARSED.as_bytes(), Some(REHEARSED_GRID)).unwrap();
        assert_eq!((answer.value.x_ms.len(), answer.value.columns.len()), (5, 2));
        rehearse();
        rehearse();
    }

    #[test]
    fn seconds_are_written_without_needless_zeros() {
        for (ms, expect) in
            [(0, "0"), (1_700_000_000_000, "1700000000"), (500, "0.5"), (15_001, "15.001"), (-1_250, "-1.25")]
        {
            assert_eq!(secs_text(ms), expect);
        }
    }
}
