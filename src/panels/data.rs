//! Loading what a panel shows.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::{
    analysis::merge::{join, merge_tail},
    api::{
        http::{ApiError, HttpRequest},
        prometheus::{FetchStats, InstantResult, PrometheusClient, RangeQuery},
    },
    base::time::{Grid, MAX_POINTS, Range, TimeSpec},
    model::{
        dashboard::{Intervals, Panel, Target, interpolate},
        frame::{Column, Frame, HistogramColumn, InstantSample, InstantValue, MISSING},
        notice::Notice,
    },
    platform::clock,
    state::{
        query::{Query, use_query},
        reactive::{Memo, Signal},
        sources::{SourceHandle, Sources},
        time::TimeContext,
        zone::Zone,
    },
};

use super::{
    Filled, Outcome, PanelProps,
    actions::beat_of,
    look::{SeriesLook, looks_of},
};

/// The guide's scrape interval; a finer step would show each sample twice.
const SCRAPE_INTERVAL_MS: i64 = 15_000;
/// How much of what is known is asked again with the tail: late scrapes and recording rules still change it.
const OVERLAP_MS: i64 = 600_000;
/// A chart that grows by some pixels asks nothing anew.
const WIDTH_BUCKET_PX: u32 = 64;

/// The answers to a panel's queries.
#[derive(Debug, Clone)]
pub struct PanelData {
    /// What was asked, variables filled in.
    pub panel: Arc<Panel>,
    /// What was asked for: the x axis.
    pub range: Range,
    pub grid: Grid,
    /// One per query that answered, in the panel's order.
    pub parts: Vec<Part>,
    pub notices: Vec<Notice>,
    /// Why some of the queries did not answer. Not empty only where others did.
    pub failures: Vec<ApiError>,
    /// What the panel's transformations made of the parts: shown in their place.
    pub reshaped: Option<Reshaped>,
}

/// Series that are not the answers themselves.
#[derive(Debug, Clone)]
pub struct Reshaped {
    /// The panel with a query for each column, by which that has its name and its options.
    pub panel: Arc<Panel>,
    pub frame: Frame,
    /// What the rows are called, where they are no instants.
    pub rows: Option<Arc<[String]>>,
}

/// What a panel's transformations make of its answers, with what there is to say about that.
pub type Reshape = Arc<dyn Fn(&PanelData) -> (Reshaped, Vec<Notice>) + Send + Sync>;

/// The answer to one query.
#[derive(Debug, Clone)]
pub struct Part {
    /// Index among the panel's targets.
    pub target: usize,
    /// As it was sent, variables filled.
    pub expr: String,
    pub frame: Frame,
    pub request: HttpRequest,
    pub stats: FetchStats,
}

impl PanelData {
    /// How many series are shown.
    pub fn series_count(&self) -> usize {
        if let Some(reshaped) = &self.reshaped {
            return reshaped.frame.columns.len();
        }
        self.parts.iter().map(|part| part.frame.columns.len()).sum()
    }

    /// The panel by which [`Self::joined`]'s series have their names and options.
    pub fn shown_panel(&self) -> &Arc<Panel> {
        self.reshaped.as_ref().map_or(&self.panel, |reshaped| &reshaped.panel)
    }

    /// The series that are shown, with how each looks.
    pub fn series(&self) -> (Frame, Vec<SeriesLook>) {
        let (frame, targets) = self.joined();
        let looks = looks_of(self.shown_panel(), &frame, &targets);
        (frame, looks)
    }

    /// What the rows are called, where they are no instants.
    pub fn rows(&self) -> Option<&Arc<[String]>> {
        self.reshaped.as_ref().and_then(|reshaped| reshaped.rows.as_ref())
    }

    /// The number at a row, by its series' name and the row's, as far as the row has one that tells it from others.
    pub fn name_at(&self, series_name: &str, row: usize) -> Option<String> {
        let row_name = self.rows()?.get(row).filter(|name| !name.is_empty())?;
        let is_alone = self.series_count() < 2;
        Some(if is_alone { row_name.clone() } else { format!("{row_name} {series_name}") })
    }

    /// All series of all queries, or what transformations made of them, and for each column the index of its query among
    /// the targets of [`Self::shown_panel`].
    pub fn joined(&self) -> (Frame, Vec<usize>) {
        if let Some(Reshaped { frame, .. }) = &self.reshaped {
            return (frame.clone(), (0..frame.columns.len()).collect());
        }
        let frames: Vec<&Frame> = self.parts.iter().map(|p| &p.frame).collect();
        let (frame, origins) = join(&frames);
        let targets = origins.into_iter().map(|at| self.parts.get(at).map_or(0, |p| p.target)).collect();
        (frame, targets)
    }
}

/// What decides the answer, apart from the clock.
#[derive(Debug, Clone, PartialEq)]
struct Question {
    spec: TimeSpec,
    zone: Zone,
    width_px: u32,
    /// Which of the panel's, see [`Filled::question`].
    number: u32,
}

/// Loads the panel's queries for the page's time range, at about one row per `px_per_row` pixels of `width_px`
/// (`None` until the panel knows its size: nothing is asked before).
pub fn use_panel_data(props: &PanelProps, width_px: Signal<Option<f64>>, px_per_row: f64) -> Query<PanelData> {
    let time = TimeContext::expect();
    let sources = Sources::expect();
    let filled = props.filled;
    let (shown, reshape) = (props.shown(), props.reshape.clone());
    let bucket = Memo::new(move |_| {
        width_px.get().map(|width| ((width / px_per_row) as u32).div_ceil(WIDTH_BUCKET_PX).max(1) * WIDTH_BUCKET_PX)
    });
    // While a variable loads, the question stays what it was, and with it what is on screen.
    let question = Memo::new(move |before: Option<&Option<Question>>| {
        let Filled { outcome, question: number, range: _ } = filled.get();
        if let Outcome::Waiting = outcome {
            return before.cloned().flatten();
        }
        Some(Question { spec: time.spec.get(), zone: time.zone.get(), width_px: bucket.get()?, number })
    });
    use_query(question.into(), beat_of(props.panel.id), move |question: Question, previous: Option<Arc<PanelData>>| {
        let Filled { outcome, question: _, range: own_range } = filled.get_untracked();
        let failure = if let Outcome::Failed(error) = outcome { Some(error) } else { None };
        let panel = shown.get_untracked();
        let source = sources.prometheus(panel.source.as_deref());
        let reshape = reshape.clone();
        async move {
            let Question { spec, zone, width_px, number: _ } = question;
            if let Some(error) = failure {
                return Err(error);
            }
            let Some(source) = source else {
                return Err(no_source());
            };
            // The picker does not let an impossible range through; one from the URL falls back to the default.
            let range = zone
                .with(|zone| spec.resolve(clock::now_ms(), zone))
                .unwrap_or_else(|_| Range { start_ms: clock::now_ms() - 3_600_000, end_ms: clock::now_ms() });
            let range = own_range.map_or(range, |own_range| own_range(range));
            let mut data = load(panel, &source, range, width_px, previous.as_deref(), spec.is_live()).await?;
            if let Some(reshape) = reshape {
                let (reshaped, notices) = reshape(&data);
                data.reshaped = Some(reshaped);
                data.notices.extend(notices);
            }
            Ok(data)
        }
    })
}

fn no_source() -> ApiError {
    ApiError::Unreachable {
        source_name: "Prometheus".to_owned(),
        url: String::new(),
        reason: "config.json names no source of kind \"prometheus\"".to_owned(),
    }
}

async fn load(
    panel: Arc<Panel>,
    source: &SourceHandle,
    range: Range,
    width_px: u32,
    previous: Option<&PanelData>,
    is_live: bool,
) -> Result<PanelData, ApiError> {
    let Some(client) = source.prometheus.clone() else { return Err(no_source()) };
    let targets: Vec<(usize, &Target)> =
        panel.targets.iter().enumerate().filter(|(_, t)| !t.is_hidden && !t.expr.trim().is_empty()).collect();
    let min_step_ms = targets
        .iter()
        .filter_map(|(_, t)| t.min_interval_ms)
        .chain(panel.min_interval_ms)
        .max()
        .unwrap_or(SCRAPE_INTERVAL_MS);
    let max_points = panel.max_data_points.unwrap_or(MAX_POINTS).min(MAX_POINTS);
    let grid = Grid::for_range(range, width_px, min_step_ms, max_points);
    let intervals = Intervals {
        step_ms: grid.step_ms,
        range_ms: range.duration_ms(),
        end_ms: range.end_ms,
        scrape_interval_ms: SCRAPE_INTERVAL_MS,
    };

    let previous = previous.filter(|p| is_live && p.grid.step_ms == grid.step_ms && p.failures.is_empty());
    let answers = join_all(targets.iter().map(|(at, target)| {
        let expr = interpolate(&target.expr, intervals);
        let known =
            previous.and_then(|p| Some((p.grid, p.parts.iter().find(|part| part.target == *at && part.expr == expr)?)));
        load_target(&client, *at, target, expr, grid, known)
    }))
    .await;

    let mut parts = Vec::new();
    let mut notices = Vec::new();
    let mut failures = Vec::new();
    for (answer, (_, target)) in answers.into_iter().zip(&targets) {
        match answer {
            Ok((part, remarks)) => {
                source.observe(Some(part.stats.elapsed_ms), None);
                notices.extend(remarks);
                parts.push(part);
            }
            Err(error) => {
                source.observe(None, Some(&error));
                notices.push(Notice::warning(format!("Query {} failed: {error}", target.ref_id)));
                failures.push(error);
            }
        }
    }
    notices.dedup();
    if parts.is_empty() && !failures.is_empty() {
        return Err(failures.swap_remove(0));
    }
    drop(targets);
    Ok(PanelData { panel, range, grid, parts, notices, failures, reshaped: None })
}

/// One query: the whole range, or only its tail where the rest is `known`.
async fn load_target(
    client: &PrometheusClient,
    at: usize,
    target: &Target,
    expr: String,
    grid: Grid,
    known: Option<(Grid, &Part)>,
) -> Result<(Part, Vec<Notice>), ApiError> {
    if target.is_instant {
        let answer = client.query(&expr, grid.end_ms).await?;
        let frame = frame_from_instant(answer.value, grid.end_ms);
        let part = Part { target: at, expr, frame, request: answer.request, stats: answer.stats };
        return Ok((part, answer.notices));
    }
    let tail_start_ms = known.and_then(|(known_grid, _)| tail_start_ms(known_grid, grid));
    let asked = tail_start_ms.map_or(grid, |start_ms| Grid { start_ms, ..grid });
    let answer = client.query_range(&RangeQuery::new(expr.clone(), asked)).await?;
    let frame = match (tail_start_ms, known) {
        (Some(start_ms), Some((_, part))) => merge_tail(&part.frame, &answer.value, start_ms, grid),
        _ => answer.value,
    };
    Ok((Part { target: at, expr, frame, request: answer.request, stats: answer.stats }, answer.notices))
}

/// From where on to ask, when the rows of `known` are there already. `None`: ask for everything.
fn tail_start_ms(known: Grid, wanted: Grid) -> Option<i64> {
    let overlap_start_ms = (known.end_ms - OVERLAP_MS).div_euclid(wanted.step_ms) * wanted.step_ms;
    let is_covered = known.start_ms <= wanted.start_ms && known.end_ms <= wanted.end_ms;
    (is_covered && overlap_start_ms > wanted.start_ms).then_some(overlap_start_ms)
}

/// An instant answer as a frame of one row, so that every panel draws it alike.
fn frame_from_instant(result: InstantResult, end_ms: i64) -> Frame {
    let samples = match result {
        InstantResult::Matrix(frame) => return frame,
        InstantResult::Vector(samples) => samples,
        InstantResult::Scalar { t_ms, value } => {
            vec![InstantSample {
                labels: crate::model::labels::Labels::default(),
                t_ms,
                value: InstantValue::Float(value),
            }]
        }
        InstantResult::Text { .. } => Vec::new(),
    };
    let mut frame = Frame { x_ms: Arc::from([end_ms as f64]), ..Frame::default() };
    for InstantSample { labels, value, .. } in samples {
        match value {
            InstantValue::Float(value) => frame.columns.push(Column { labels, values: Arc::from([value]) }),
            InstantValue::Histogram(sample) => {
                frame.histograms.push(HistogramColumn { labels, samples: vec![(0, sample)] });
            }
        }
    }
    frame
}

/// The last value of a column that is there.
pub fn last_value(values: &[f64]) -> f64 {
    values.iter().rev().copied().find(|v| !crate::model::frame::is_missing(*v)).unwrap_or(MISSING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_range_that_was_covered_is_asked_in_part() {
        let step_ms = 60_000;
        let known = Grid { start_ms: 0, end_ms: 6_000_000, step_ms };
        let check = |start_ms: i64, end_ms: i64, expect: Option<i64>| {
            assert_eq!(tail_start_ms(known, Grid { start_ms, end_ms, step_ms }), expect, "{start_ms}..{end_ms}");
        };
        check(60_000, 6_060_000, Some(5_400_000));
        check(0, 6_000_000, Some(5_400_000));
        // Earlier than what is known, or ending before it: everything is asked.
        check(-60_000, 6_000_000, None);
        check(0, 5_940_000, None);
        // So short that the overlap is all of it.
        check(5_400_000, 6_060_000, None);
    }
}
