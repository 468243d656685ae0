//! Reads the answer of `query` and `query_range` piece by piece, straight into `f64` columns: no tree, no strings for
//! numbers, each byte looked at once or twice.
//!
//! How: a small state machine follows the envelope; inside `values` a tight loop ([`agentarea_kernels::number`]) reads
//! `[1700000000,"1.5"]` as Prometheus writes it. Whatever looks different (white space, escapes, numbers instead of
//! strings, other key orders, unknown fields) goes through the general steps, which take any JSON. A step needs the
//! whole of one item (a key, a label set, a sample) in the buffer; where a chunk ends in the middle, the item waits for
//! the next chunk. So the same bytes give the same result however they were cut, which a seeded test checks.
//!
//! Invariant: no panic and no unbounded recursion on any input; time and memory are linear in the input, and frames
//! have at most [`MAX_CELL_COUNT`] cells.

mod columns;
mod json;

use super::{
    InstantResult,
    exchange::{self, Parser},
};
use crate::{
    api::{exchange::Exchange, http::ApiError},
    base::{number::parse as number_from_text, time::Grid},
    model::{
        frame::{HistogramBucket, InstantSample, InstantValue, NativeHistogram},
        labels::Labels,
        notice::Notice,
    },
};
pub(super) use columns::SeriesSet;
use columns::row_times;
use json::{Cursor, Interner, Stop};

/// 128 MB of columns. Far more than any screen shows, and it leaves room in wasm's 4 GB for the rest of the page.
pub(super) const MAX_CELL_COUNT: usize = 16 << 20;

/// Rows of a grid; 0 for one that is turned around.
pub(super) fn row_count(grid: Grid) -> u64 {
    let Grid { start_ms, end_ms, step_ms } = grid;
    if end_ms < start_ms || step_ms <= 0 {
        return 0;
    }
    end_ms.saturating_sub(start_ms).unsigned_abs() / step_ms.unsigned_abs() + 1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResultKind {
    Matrix,
    Vector,
    Scalar,
    Text,
}

pub(super) struct Scanned {
    pub value: ScannedValue,
    pub notices: Vec<Notice>,
}

pub(super) enum ScannedValue {
    Series(SeriesSet),
    Scalar { t_ms: f64, value: f64 },
    Text { t_ms: f64, text: String },
}

impl Scanned {
    pub fn into_instant(self) -> (InstantResult, Vec<Notice>) {
        let Self { value, mut notices } = self;
        let result = match value {
            ScannedValue::Series(series) if series.is_matrix() => {
                let framed = series.into_frame();
                notices.extend(framed.notices);
                InstantResult::Matrix(framed.frame)
            }
            ScannedValue::Series(series) => InstantResult::Vector(series.vector),
            ScannedValue::Scalar { t_ms, value } => InstantResult::Scalar { t_ms, value },
            ScannedValue::Text { t_ms, text } => InstantResult::Text { t_ms, text },
        };
        (result, notices)
    }
}

/// Where in the answer the next byte belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Start,
    Top { is_first: bool },
    Data { is_first: bool },
    Result { is_first: bool },
    Series { is_first: bool },
    Values { is_first: bool },
    Histograms { is_first: bool },
    Skip { depth: u32, is_in_string: bool, is_escaped: bool, then: AfterSkip },
    End,
}

/// The object that a skipped value was in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum AfterSkip {
    Top,
    Data,
    Series,
}

impl AfterSkip {
    fn state(self) -> State {
        match self {
            Self::Top => State::Top { is_first: false },
            Self::Data => State::Data { is_first: false },
            Self::Series => State::Series { is_first: false },
        }
    }
}

/// The series whose object is open.
#[derive(Default)]
struct OpenSeries {
    labels: Labels,
    instant: Option<(f64, InstantValue)>,
}

pub(super) struct ResultScanner {
    state: State,
    /// Bytes of an item that is not complete yet.
    carry: Vec<u8>,
    /// Do not look at `carry` again before it has this length: keeps a huge item in tiny chunks linear.
    retry_len: usize,
    consumed_bytes: u64,
    received_bytes: u64,
    failure: Option<(u64, &'static str)>,
    interner: Interner,
    open: OpenSeries,
    series: SeriesSet,
    single: Option<(f64, String)>,
    has_data: bool,
    kind: Option<ResultKind>,
    status: Option<String>,
    error_type: Option<String>,
    error: Option<String>,
    warnings: Vec<String>,
    infos: Vec<String>,
}

impl ResultScanner {
    pub fn new(grid: Option<Grid>) -> Self {
        Self {
            state: State::Start,
            carry: Vec::new(),
            retry_len: 0,
            consumed_bytes: 0,
            received_bytes: 0,
            failure: None,
            interner: Interner::default(),
            open: OpenSeries::default(),
            series: SeriesSet::new(grid.map(row_times)),
            single: None,
            has_data: false,
            kind: None,
            status: None,
            error_type: None,
            error: None,
            warnings: Vec::new(),
            infos: Vec::new(),
        }
    }

    /// Takes as many items as are complete; returns how many bytes they were.
    fn run(&mut self, bytes: &[u8]) -> usize {
        let mut cursor = Cursor::new(bytes);
        loop {
            let before = cursor.at;
            match self.step(&mut cursor) {
                Ok(()) if self.state == State::End && cursor.at == bytes.len() => break,
                Ok(()) => {}
                Err(Stop::More) => {
                    cursor.at = before;
                    break;
                }
                Err(Stop::Bad { at, expected }) => {
                    self.failure = Some((self.consumed_bytes + at as u64, expected));
                    cursor.at = bytes.len();
                    break;
                }
            }
        }
        self.consumed_bytes += cursor.at as u64;
        cursor.at
    }

    /// One item. On `Err(Stop::More)` nothing of `self` has changed.
    fn step(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        match self.state {
            State::Start => {
                cursor.expect(b'{', "an object")?;
                self.state = State::Top { is_first: true };
            }
            State::Top { is_first } => self.step_top(cursor, is_first)?,
            State::Data { is_first } => self.step_data(cursor, is_first)?,
            State::Result { is_first } => self.step_result(cursor, is_first)?,
            State::Series { is_first } => self.step_series(cursor, is_first)?,
            State::Values { is_first } => self.step_values(cursor, is_first)?,
            State::Histograms { is_first } => {
                if cursor.next_item(is_first)? {
                    let (t_ms, histogram) = timed(cursor, histogram)?;
                    self.series.push_histogram(t_ms, histogram);
                    self.state = State::Histograms { is_first: false };
                } else {
                    self.state = State::Series { is_first: false };
                }
            }
            State::Skip { .. } => self.step_skip(cursor)?,
            State::End => {
                cursor.skip_space();
                if cursor.at < cursor.bytes.len() {
                    return Err(cursor.bad("the end"));
                }
            }
        }
        Ok(())
    }

    fn step_top(&mut self, cursor: &mut Cursor<'_>, is_first: bool) -> Result<(), Stop> {
        let Some(key) = cursor.next_key(is_first)? else {
            self.state = State::End;
            return Ok(());
        };
        let next = State::Top { is_first: false };
        self.state = match key.as_ref() {
            "status" => {
                self.status = cursor.optional_string()?;
                next
            }
            "errorType" => {
                self.error_type = cursor.optional_string()?;
                next
            }
            "error" => {
                self.error = cursor.optional_string()?;
                next
            }
            "warnings" => {
                self.warnings = cursor.strings()?;
                next
            }
            "infos" => {
                self.infos = cursor.strings()?;
                next
            }
            "data" if cursor.take_if(b'{')? => {
                self.has_data = true;
                State::Data { is_first: true }
            }
            _ => skip(AfterSkip::Top),
        };
        Ok(())
    }

    fn step_data(&mut self, cursor: &mut Cursor<'_>, is_first: bool) -> Result<(), Stop> {
        let Some(key) = cursor.next_key(is_first)? else {
            self.state = State::Top { is_first: false };
            return Ok(());
        };
        self.state = match key.as_ref() {
            "resultType" => {
                let kind = cursor.optional_string()?;
                self.kind = match kind.as_deref() {
                    Some("matrix") => Some(ResultKind::Matrix),
                    Some("vector") => Some(ResultKind::Vector),
                    Some("scalar") => Some(ResultKind::Scalar),
                    Some("string") => Some(ResultKind::Text),
                    // Of another server: Loki has `streams`.
                    Some(_) => return Err(cursor.bad("a resultType of matrix, vector, scalar or string")),
                    None => None,
                };
                State::Data { is_first: false }
            }
            "result" if cursor.take_if(b'[')? => State::Result { is_first: true },
            _ => skip(AfterSkip::Data),
        };
        Ok(())
    }

    /// An array of series, or the time and value of a scalar or string: their shapes tell them apart, as `resultType`
    /// may come later.
    fn step_result(&mut self, cursor: &mut Cursor<'_>, is_first: bool) -> Result<(), Stop> {
        if !cursor.next_item(is_first)? {
            self.state = State::Data { is_first: false };
            return Ok(());
        }
        if cursor.take_if(b'{')? {
            self.open = OpenSeries::default();
            self.series.begin();
            self.state = State::Series { is_first: true };
            return Ok(());
        }
        if !is_first {
            return Err(cursor.bad("a series"));
        }
        let t_ms = cursor.timestamp_ms()?;
        cursor.expect(b',', "a comma")?;
        let text = cursor.string()?.into_owned();
        cursor.expect(b']', "the end of the sample")?;
        self.single = Some((t_ms, text));
        self.state = State::Data { is_first: false };
        Ok(())
    }

    fn step_series(&mut self, cursor: &mut Cursor<'_>, is_first: bool) -> Result<(), Stop> {
        let Some(key) = cursor.next_key(is_first)? else {
            let OpenSeries { labels, instant } = std::mem::take(&mut self.open);
            match instant {
                Some((t_ms, value)) => self.series.vector.push(InstantSample { labels, t_ms, value }),
                None => self.series.end(labels),
            }
            self.state = State::Result { is_first: false };
            return Ok(());
        };
        let next = State::Series { is_first: false };
        self.state = match key.as_ref() {
            "metric" => {
                self.open.labels = cursor.labels(&mut self.interner)?;
                next
            }
            "value" => {
                let (t_ms, value) = timed(cursor, Cursor::float)?;
                self.open.instant = Some((t_ms, InstantValue::Float(value)));
                next
            }
            "histogram" => {
                let (t_ms, value) = timed(cursor, histogram)?;
                self.open.instant = Some((t_ms, InstantValue::Histogram(value)));
                next
            }
            "values" if cursor.take_if(b'[')? => State::Values { is_first: true },
            "histograms" if cursor.take_if(b'[')? => State::Histograms { is_first: true },
            _ => skip(AfterSkip::Series),
        };
        Ok(())
    }

    fn step_values(&mut self, cursor: &mut Cursor<'_>, is_first: bool) -> Result<(), Stop> {
        let taken = self.series.push_run(cursor.rest(), is_first);
        if taken > 0 {
            cursor.at += taken;
            self.state = State::Values { is_first: false };
            return Ok(());
        }
        if cursor.next_item(is_first)? {
            let (t_ms, value) = timed(cursor, Cursor::float)?;
            self.series.push(t_ms, value);
            self.state = State::Values { is_first: false };
        } else {
            self.state = State::Series { is_first: false };
        }
        Ok(())
    }

    /// Passes over a value of any size without holding it. Its inside is not checked.
    fn step_skip(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        let State::Skip { mut depth, mut is_in_string, mut is_escaped, then } = self.state else {
            return Ok(());
        };
        if cursor.at == cursor.bytes.len() {
            return Err(Stop::More);
        }
        while let Some(byte) = cursor.peek() {
            if is_in_string {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => is_in_string = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => is_in_string = true,
                    b'{' | b'[' => depth = depth.saturating_add(1),
                    b'}' | b']' | b',' if depth == 0 => {
                        self.state = then.state();
                        return Ok(());
                    }
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
            }
            cursor.at += 1;
        }
        self.state = State::Skip { depth, is_in_string, is_escaped, then };
        Ok(())
    }
}

fn skip(then: AfterSkip) -> State {
    State::Skip { depth: 0, is_in_string: false, is_escaped: false, then }
}

/// `[seconds, value]`.
fn timed<'a, T>(
    cursor: &mut Cursor<'a>,
    value: impl FnOnce(&mut Cursor<'a>) -> Result<T, Stop>,
) -> Result<(f64, T), Stop> {
    cursor.expect(b'[', "a sample")?;
    let t_ms = cursor.timestamp_ms()?;
    cursor.expect(b',', "a comma")?;
    let value = value(cursor)?;
    cursor.expect(b']', "the end of the sample")?;
    Ok((t_ms, value))
}

fn histogram(cursor: &mut Cursor<'_>) -> Result<NativeHistogram, Stop> {
    let mut histogram = NativeHistogram::default();
    cursor.expect(b'{', "a histogram")?;
    let mut is_first = true;
    while let Some(key) = cursor.next_key(is_first)? {
        is_first = false;
        match key.as_ref() {
            "count" => histogram.count = cursor.float()?,
            "sum" => histogram.sum = cursor.float()?,
            "buckets" if cursor.take_if(b'[')? => {
                let mut is_first = true;
                while cursor.next_item(is_first)? {
                    is_first = false;
                    histogram.buckets.push(bucket(cursor)?);
                }
            }
            _ => cursor.skip_value()?,
        }
    }
    Ok(histogram)
}

/// `[rule, "lower", "upper", "count"]`: rule 0 is open on the left, 1 on the right, 2 on both sides, 3 on none.
fn bucket(cursor: &mut Cursor<'_>) -> Result<HistogramBucket, Stop> {
    cursor.expect(b'[', "a bucket")?;
    let rule = cursor.float()?;
    cursor.expect(b',', "a comma")?;
    let lower = cursor.float()?;
    cursor.expect(b',', "a comma")?;
    let upper = cursor.float()?;
    cursor.expect(b',', "a comma")?;
    let count = cursor.float()?;
    cursor.expect(b']', "the end of the bucket")?;
    let is_rule = |wanted: f64| rule.total_cmp(&wanted).is_eq();
    Ok(HistogramBucket {
        lower,
        upper,
        count,
        is_lower_inclusive: is_rule(1.0) || is_rule(3.0),
        is_upper_inclusive: is_rule(0.0) || is_rule(3.0),
    })
}

impl Parser for ResultScanner {
    type Output = Scanned;

    fn push(&mut self, bytes: &[u8]) {
        self.received_bytes += bytes.len() as u64;
        if self.failure.is_some() {
            return;
        }
        if self.carry.is_empty() {
            let taken = self.run(bytes);
            self.carry.extend_from_slice(bytes.get(taken..).unwrap_or_default());
        } else {
            self.carry.extend_from_slice(bytes);
            if self.carry.len() < self.retry_len {
                return;
            }
            let mut carry = std::mem::take(&mut self.carry);
            let taken = self.run(&carry);
            carry.drain(..taken);
            self.carry = carry;
        }
        self.retry_len = self.carry.len() + self.carry.len() / 2;
    }

    fn finish(mut self, exchange: &Exchange<'_>) -> Result<Scanned, ApiError> {
        if self.failure.is_none() {
            let carry = std::mem::take(&mut self.carry);
            self.run(&carry);
        }
        if self.status.as_deref() == Some("error") || self.error.is_some() {
            return Err(exchange.backend_error(self.error_type, self.error));
        }
        if let Some((at_byte, expected)) = self.failure {
            return Err(exchange.decode_error(at_byte, expected));
        }
        if self.state != State::End {
            return Err(exchange.truncated(self.received_bytes));
        }
        if self.status.is_none() && !self.has_data {
            return Err(exchange.decode_error(0, "`status` and `data`"));
        }
        self.series.kind = self.kind;
        let value = match self.single {
            None => ScannedValue::Series(self.series),
            Some((t_ms, text)) => match number_from_text(&text) {
                Some(value) if self.kind != Some(ResultKind::Text) => ScannedValue::Scalar { t_ms, value },
                _ => ScannedValue::Text { t_ms, text },
            },
        };
        Ok(Scanned { value, notices: exchange::notices(Some(self.warnings), Some(self.infos)) })
    }

    fn nothing(self) -> Scanned {
        Scanned { value: ScannedValue::Series(self.series), notices: Vec::new() }
    }
}
