//! The readers of range answers and of traces and the chart painter on their own, for `tests/e2e/bench_kernels.mjs`.
//!
//! Bodies come from memory in pieces, or, where the whole way to the pixels is measured, from the network as in the product.
//!
//! Invariant: nothing here is faster or slower than in the product: the body goes through the client in chunks as the
//! network hands them over, and the chart is laid out and painted as `ui::chart_canvas` does it. Figures for comparing
//! the results are taken outside the measured calls.

#![cfg(target_arch = "wasm32")]

mod traces;

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use agentarea_observability::{
    api::{
        http::{ApiError, BodySink, Delivery, Endpoint, FormParams, HttpRequest, ResponseHead, Transport},
        jaeger::JaegerClient,
        prometheus::{InstantResult, PrometheusClient, RangeQuery},
    },
    base::time::{Grid, Range, Utc},
    chart::{
        Bitmap, Ink, Palette, Resolution, Scene, Size, TextMeasure, TimeLayout, paint, rehearsal,
        timeseries::{self, AxisOptions, Series, ThresholdStyle},
    },
    model::{
        config::JaegerDialect,
        frame::{Column, Frame},
        trace::{Trace, TraceId},
    },
    platform::{
        canvas, dom,
        fetch::{BrowserTransport, deliver},
        text, timer,
    },
};
use futures_util::{
    FutureExt,
    future::{self, LocalBoxFuture},
};
use js_sys::Uint8Array;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

const FONT: &str = "system-ui, sans-serif";

/// What Chromium's network stack hands over at once.
const CHUNK_BYTES: u32 = 64 * 1024;

/// Answers every request with one body, copied piece by piece as `platform::fetch` does.
struct Canned(Uint8Array);

impl Transport for Canned {
    fn send<'a>(
        &'a self,
        _request: &'a HttpRequest,
        sink: &'a mut dyn BodySink,
    ) -> LocalBoxFuture<'a, Result<Delivery, ApiError>> {
        Box::pin(async move {
            let head =
                ResponseHead { status: 200, content_type: "application/json".to_owned(), ..ResponseHead::default() };
            sink.on_head(&head);
            let mut buffer = Vec::new();
            let length = self.0.length();
            let mut from = 0;
            while from < length {
                let to = length.min(from + CHUNK_BYTES);
                deliver(&self.0.subarray(from, to), sink, &mut buffer);
                from = to;
            }
            Ok(Delivery { head, body_bytes: u64::from(length), ..Delivery::default() })
        })
    }
}

/// A parsed answer.
#[wasm_bindgen]
pub struct Parsed {
    frame: Frame,
}

#[wasm_bindgen]
impl Parsed {
    /// Series, samples, smallest, largest and sum: for comparing with the peer's result, outside the measured time.
    pub fn figures(&self) -> Vec<f64> {
        let (mut count, mut min, mut max, mut sum) = (0.0, f64::INFINITY, f64::NEG_INFINITY, 0.0);
        for value in self.frame.columns.iter().flat_map(|column| column.values.iter()).filter(|v| !v.is_nan()) {
            count += 1.0;
            min = value.min(min);
            max = value.max(max);
            sum += value;
        }
        vec![self.frame.columns.len() as f64, count, min, max, sum]
    }

    /// What is kept of the answer, in bytes: times, values and the texts of the labels.
    pub fn bytes(&self) -> f64 {
        let labels =
            |column: &Column| column.labels.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let columns: usize = self.frame.columns.iter().map(|column| column.values.len() * 8 + labels(column)).sum();
        (self.frame.x_ms.len() * 8 + columns) as f64
    }
}

/// Keeps a body as it is.
struct Kept(Vec<u8>);

impl BodySink for Kept {
    fn on_head(&mut self, _head: &ResponseHead) {}

    fn on_chunk(&mut self, chunk: &[u8]) {
        self.0.extend_from_slice(chunk);
    }

    fn body(&mut self, _byte_count: usize) -> Option<&mut Vec<u8>> {
        Some(&mut self.0)
    }
}

/// Brings a body into linear memory, asked for by POST as questions are; its length.
#[wasm_bindgen]
pub async fn fetch_bytes(path: String) -> Result<f64, JsError> {
    let request = Endpoint::new("bench", "").post(&path, FormParams::default().with("query", "bench"));
    let mut kept = Kept(Vec::new());
    BrowserTransport.send(&request, &mut kept).await?;
    Ok(kept.0.len() as f64)
}

/// Asks as the product does, over the network: a range, or, `is_instant`, the matrix of an instant.
#[wasm_bindgen]
pub async fn fetch_frame(
    base: String,
    is_instant: bool,
    start_ms: f64,
    end_ms: f64,
    step_ms: f64,
) -> Result<Parsed, JsError> {
    let client = PrometheusClient::new(Endpoint::new("bench", base), Rc::new(BrowserTransport));
    if is_instant {
        return matrix(client.query("bench[1d]", end_ms as i64).await?.value);
    }
    let grid = Grid { start_ms: start_ms as i64, end_ms: end_ms as i64, step_ms: step_ms as i64 };
    let query = RangeQuery::new("bench", grid);
    let (answer, ()) = future::join(client.query_range(&query), rehearse()).await;
    Ok(Parsed { frame: answer?.value })
}

/// As `ui::chart_canvas` does when a page's first chart waits for its data.
async fn rehearse() {
    static IS_DONE: AtomicBool = AtomicBool::new(false);
    if IS_DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    timer::sleep(0).await;
    let canvas = dom::document().and_then(|document| document.create_element("canvas").ok());
    if let Some(canvas) = canvas.and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok()) {
        drop(paint_on(&canvas, &rehearsal::scene(&CanvasMeasure)));
    }
}

fn matrix(result: InstantResult) -> Result<Parsed, JsError> {
    match result {
        InstantResult::Matrix(frame) => Ok(Parsed { frame }),
        _ => Err(JsError::new("not a matrix")),
    }
}

fn client(body: &Uint8Array) -> PrometheusClient {
    PrometheusClient::new(Endpoint::new("bench", ""), Rc::new(Canned(body.clone())))
}

fn waiting() -> JsError {
    JsError::new("the client waited for something, with the whole answer at hand")
}

/// Reads an answer of `query_range`.
#[wasm_bindgen]
pub fn parse_range(body: &Uint8Array, start_ms: f64, end_ms: f64, step_ms: f64) -> Result<Parsed, JsError> {
    let grid = Grid { start_ms: start_ms as i64, end_ms: end_ms as i64, step_ms: step_ms as i64 };
    let query = RangeQuery::new("bench", grid);
    let answer = client(body).query_range(&query).now_or_never().ok_or_else(waiting)??;
    Ok(Parsed { frame: answer.value })
}

/// Reads an answer of `query` that is a matrix: the only kind that may have more rows than a range query.
#[wasm_bindgen]
pub fn parse_matrix(body: &Uint8Array, at_ms: f64) -> Result<Parsed, JsError> {
    let answer = client(body).query("bench[1d]", at_ms as i64).now_or_never().ok_or_else(waiting)??;
    matrix(answer.value)
}

/// A trace as the client gives it: read, and its spans in the order of a timeline.
#[wasm_bindgen]
pub struct ReadTrace {
    trace: Arc<Trace>,
}

#[wasm_bindgen]
impl ReadTrace {
    /// Spans, depth of the deepest, errors, and a number made from ids and depths in the timeline's order.
    pub fn figures(&self) -> Vec<f64> {
        let trace = &self.trace;
        let (mut deepest, mut checksum) = (0, 0_u32);
        for span in 0..trace.len() {
            let depth = trace.depth(span);
            deepest = depth.max(deepest);
            checksum = checksum.wrapping_mul(31).wrapping_add(trace.span_id(span).0 as u32).wrapping_add(depth as u32);
        }
        vec![trace.len() as f64, deepest as f64, trace.error_count() as f64, f64::from(checksum)]
    }
}

/// Reads an answer for one trace.
#[wasm_bindgen]
pub fn read_trace(body: &Uint8Array, is_v3: bool) -> Result<ReadTrace, JsError> {
    let dialect = if is_v3 { JaegerDialect::V3 } else { JaegerDialect::Legacy };
    let client = JaegerClient::new(Endpoint::new("bench", ""), Rc::new(Canned(body.clone())), dialect);
    let trace = client.trace(TraceId(traces::TRACE_ID)).now_or_never().ok_or_else(waiting)??;
    Ok(ReadTrace { trace })
}

/// An answer for one trace of so many spans.
#[wasm_bindgen]
pub fn make_trace(span_count: u32, is_v3: bool, is_chain: bool) -> Vec<u8> {
    let shape = if is_chain { traces::Shape::Chain } else { traces::Shape::Tree };
    let make = if is_v3 { traces::v3 } else { traces::legacy };
    make(span_count as usize, shape)
}

struct CanvasMeasure;

impl TextMeasure for CanvasMeasure {
    fn width_px(&self, text: &str, size_px: f64) -> f64 {
        text::width_px(text, size_px, FONT)
    }
}

fn layout_of(parsed: &Parsed, size: Size, (start_ms, end_ms): (f64, f64), line_width_px: f64) -> timeseries::Layout {
    let frame = &parsed.frame;
    let series: Vec<Series> = (0_u8..)
        .zip(&frame.columns)
        .map(|(slot, _)| Series { ink: Ink::Series(slot), line_width_px, ..Series::default() })
        .collect();
    let axis = AxisOptions { unit: "short".to_owned(), ..AxisOptions::default() };
    timeseries::layout(&timeseries::Input {
        frame,
        series: &series,
        range: Range { start_ms: start_ms as i64, end_ms: end_ms as i64 },
        time_zone: &Utc,
        size,
        dpr: 1.0,
        left: &axis,
        right: &axis,
        thresholds: &[],
        threshold_style: ThresholdStyle::None,
        finish: None,
        measure: &CanvasMeasure,
    })
}

fn paint_on(element: &HtmlCanvasElement, scene: &Scene) -> Result<(), JsError> {
    let context: CanvasRenderingContext2d = element
        .get_context("2d")
        .ok()
        .flatten()
        .and_then(|context| context.dyn_into().ok())
        .ok_or_else(|| JsError::new("no 2D canvas"))?;
    let refused = |_| JsError::new("the canvas refused to be scaled");
    context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0).map_err(refused)?;
    context.clear_rect(0.0, 0.0, f64::from(element.width()), f64::from(element.height()));
    let resolution = Resolution::fine(1.0);
    let down = 1.0 / f64::from(resolution.subpixels);
    context.set_transform(down, 0.0, 0.0, down, 0.0, 0.0).map_err(refused)?;
    context.set_line_join("round");
    let palette = Palette::from_tokens(|token| {
        token.starts_with("series").then(|| "#1f77b4".to_owned()).or_else(|| Some("#888888".to_owned()))
    });
    let mut backend = CanvasBackend::with_canvas_object(element.clone()).ok_or_else(|| JsError::new("no 2D canvas"))?;
    let mut blit = |bitmap: &Bitmap| canvas::lay_over(&context, (bitmap.left, bitmap.top), bitmap.width, bitmap.rgba());
    paint(scene, &palette, resolution, FONT, &mut backend, &mut blit).map_err(|error| JsError::new(&error.to_string()))
}

fn size_of(element: &HtmlCanvasElement) -> Size {
    Size { width_px: f64::from(element.width()), height_px: f64::from(element.height()) }
}

/// Lays a chart of lines out and paints it, with axes and labels, at one device pixel per CSS pixel.
#[wasm_bindgen]
pub fn draw(
    parsed: &Parsed,
    element: &HtmlCanvasElement,
    start_ms: f64,
    end_ms: f64,
    line_width_px: f64,
) -> Result<(), JsError> {
    paint_on(element, &layout_of(parsed, size_of(element), (start_ms, end_ms), line_width_px).scene)
}

/// A chart over which a pointer moves.
#[wasm_bindgen]
pub struct Hovered {
    layout: timeseries::Layout,
}

#[wasm_bindgen]
impl Hovered {
    #[wasm_bindgen(constructor)]
    pub fn new(parsed: &Parsed, element: &HtmlCanvasElement, start_ms: f64, end_ms: f64) -> Self {
        Self { layout: layout_of(parsed, size_of(element), (start_ms, end_ms), 1.0) }
    }

    /// Finds what is under the pointer and paints the cursor; how many series it found.
    pub fn step(&self, overlay: &HtmlCanvasElement, x_px: f64, y_px: f64) -> Result<usize, JsError> {
        let hit = self.layout.hit(x_px, y_px);
        paint_on(overlay, &self.layout.cursor_scene(hit.as_ref(), None))?;
        Ok(hit.map_or(0, |hit| hit.points.len()))
    }
}
