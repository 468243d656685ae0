//! What people write for a time: `now-6h`, `now/d`, `13h`, `2026-11-22 14:30`, Unix seconds.
//!
//! The relative grammar is Grafana's: `now`, then any number of `+N<unit>`, `-N<unit>` and `/<unit>`, from left to right.
//! Units: `s m h d w M Q y`. Rounding takes a start down and an end up. Weeks begin on Monday. Days and longer units are
//! the calendar's in the chosen zone; hours and shorter ones are elapsed time. Fiscal units (`fQ`, `fy`) are refused with a
//! reason.

use std::fmt;

use super::{
    Range, TimeZone,
    civil::{CivilDate, CivilDateTime, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
    format::{date_time_text, iso_text},
};

/// Instants beyond these years are refused, so that sums stay far from overflow.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// Why a time cannot be used. The text tells what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("write a time: now-6h, 13h, 2026-11-22 14:30, or Unix seconds")]
    Empty,
    #[error("\u{201c}{text}\u{201d} is not a time. Write now-6h, 13h, 2026-11-22 14:30, an ISO time or Unix seconds")]
    NotUnderstood { text: String },
    #[error("\u{201c}{unit}\u{201d} is not a unit of time. Use s, m, h, d, w, M (month), Q (quarter) or y: now-6h")]
    UnknownUnit { unit: String },
    #[error("fiscal years and quarters are not supported. Write Q or y instead of {unit}: now/Q")]
    Fiscal { unit: String },
    #[error("\u{201c}{text}\u{201d} does not exist in the calendar. Write year-month-day: 2026-11-22")]
    NoSuchDate { text: String },
    #[error("\u{201c}{text}\u{201d} is too far away. Write a time between the years 1900 and 9999")]
    TooFar { text: String },
    #[error("the start ({from}) is after the end ({to}). Swap them, or write an earlier start")]
    Backwards { from: String, to: String },
}

/// A unit of the relative grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl TimeUnit {
    fn letter(self) -> char {
        match self {
            Self::Second => 's',
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
            Self::Month => 'M',
            Self::Quarter => 'Q',
            Self::Year => 'y',
        }
    }

    fn from_letter(letter: char) -> Option<Self> {
        Some(match letter {
            's' => Self::Second,
            'm' => Self::Minute,
            'h' => Self::Hour,
            'd' => Self::Day,
            'w' => Self::Week,
            'M' => Self::Month,
            'Q' => Self::Quarter,
            'y' => Self::Year,
            _ => return None,
        })
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The instant that is `amount` of this unit after another; `None` beyond what can be counted.
    fn added(self, unix_ms: i64, amount: i64, zone: &dyn TimeZone) -> Option<i64> {
        let elapsed = |unit_ms: i64| amount.checked_mul(unit_ms).and_then(|ms| unix_ms.checked_add(ms));
        // Ten thousand years of days: enough for anyone, and no overflow in the calendar's sums.
        let amount = if amount.unsigned_abs() <= 3_652_425 { amount } else { return elapsed_or_none(self, elapsed) };
        let calendar = |date: fn(CivilDate, i64) -> CivilDate, count: i64| {
            let wall = CivilDateTime::from_unix_ms(unix_ms, zone);
            Some(CivilDateTime { date: date(wall.date, count), ..wall }.to_unix_ms(zone))
        };
        match self {
            Self::Second => elapsed(SECOND_MS),
            Self::Minute => elapsed(MINUTE_MS),
            Self::Hour => elapsed(HOUR_MS),
            Self::Day => calendar(CivilDate::plus_days, amount),
            Self::Week => calendar(CivilDate::plus_days, amount * 7),
            Self::Month => calendar(CivilDate::plus_months, amount),
            Self::Quarter => calendar(CivilDate::plus_months, amount * 3),
            Self::Year => calendar(CivilDate::plus_months, amount * 12),
        }
    }

    /// The start of the unit that the instant lies in.
    fn floored(self, unix_ms: i64, zone: &dyn TimeZone) -> i64 {
        let wall = CivilDateTime::from_unix_ms(unix_ms, zone);
        let date = match self {
            // Within an hour the wall moves with the instant, so that a repeated hour keeps its own start.
            Self::Second => return unix_ms - wall.ms_of_day % SECOND_MS,
            Self::Minute => return unix_ms - wall.ms_of_day % MINUTE_MS,
            Self::Hour => return unix_ms - wall.ms_of_day % HOUR_MS,
            Self::Day => wall.date,
            Self::Week => wall.date.plus_days(-wall.date.weekday().days_from_monday()),
            Self::Month => CivilDate { day: 1, ..wall.date },
            Self::Quarter => CivilDate { month: (wall.date.month - 1) / 3 * 3 + 1, day: 1, ..wall.date },
            Self::Year => CivilDate { month: 1, day: 1, ..wall.date },
        };
        CivilDateTime::at_midnight(date).to_unix_ms(zone)
    }

    /// The last millisecond of the unit that the instant lies in.
    fn ceiled(self, unix_ms: i64, zone: &dyn TimeZone) -> Option<i64> {
        let start_ms = self.floored(unix_ms, zone);
        self.added(start_ms, 1, zone).map(|next| next - 1)
    }
}

fn elapsed_or_none(unit: TimeUnit, elapsed: impl Fn(i64) -> Option<i64>) -> Option<i64> {
    match unit {
        TimeUnit::Second => elapsed(SECOND_MS),
        TimeUnit::Minute => elapsed(MINUTE_MS),
        TimeUnit::Hour => elapsed(HOUR_MS),
        _ => None,
    }
}

/// One step of a relative time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelativeOp {
    /// `-6h` is `Add { amount: -6, unit: Hour }`.
    Add { amount: i64, unit: TimeUnit },
    /// `/d`.
    Round(TimeUnit),
}

/// `now` and what follows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RelativeTime {
    pub ops: Vec<RelativeOp>,
}

impl fmt::Display for RelativeTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("now")?;
        for op in &self.ops {
            match op {
                RelativeOp::Add { amount, unit } => write!(f, "{amount:+}{}", unit.letter())?,
                RelativeOp::Round(unit) => write!(f, "/{}", unit.letter())?,
            }
        }
        Ok(())
    }
}

/// One end of a range. `Display` gives the text that [`TimePoint::parse`] reads back, in any zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TimePoint {
    Relative(RelativeTime),
    /// Unix milliseconds.
    Absolute(i64),
}

impl fmt::Display for TimePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relative(relative) => relative.fmt(f),
            Self::Absolute(unix_ms) => f.write_str(&iso_text(*unix_ms, &super::Utc)),
        }
    }
}

/// Which end a text stands for: it decides what a bare date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    From,
    To,
}

impl TimePoint {
    pub fn now() -> Self {
        Self::Relative(RelativeTime::default())
    }

    /// `amount` of a unit ago.
    pub fn ago(amount: i64, unit: TimeUnit) -> Self {
        Self::Relative(RelativeTime { ops: vec![RelativeOp::Add { amount: -amount, unit }] })
    }

    pub fn is_relative(&self) -> bool {
        matches!(self, Self::Relative(_))
    }

    /// Reads one time as the start of a range. Times without an offset of their own are the zone's.
    pub fn parse(text: &str, zone: &dyn TimeZone) -> Result<Self, TimeError> {
        Self::parse_end(text, zone, End::From)
    }

    fn parse_end(text: &str, zone: &dyn TimeZone, end: End) -> Result<Self, TimeError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TimeError::Empty);
        }
        if let Some(tail) = text.strip_prefix("now") {
            return parse_ops(tail, text).map(|ops| Self::Relative(RelativeTime { ops }));
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return parse_unix(text);
        }
        if let Some(relative) = parse_bare_duration(text)? {
            return Ok(Self::Relative(relative));
        }
        parse_calendar(text, zone, end).map(Self::Absolute)
    }

    /// The instant. `is_end` rounds up where the grammar rounds.
    fn resolve(&self, now_ms: i64, zone: &dyn TimeZone, end: End) -> Result<i64, TimeError> {
        let too_far = || TimeError::TooFar { text: self.to_string() };
        let unix_ms = match self {
            Self::Absolute(unix_ms) => *unix_ms,
            Self::Relative(relative) => {
                let mut t = now_ms;
                for op in &relative.ops {
                    let next = match op {
                        RelativeOp::Add { amount, unit } => unit.added(t, *amount, zone),
                        RelativeOp::Round(unit) if end == End::To => unit.ceiled(t, zone),
                        RelativeOp::Round(unit) => Some(unit.floored(t, zone)),
                    };
                    t = next.filter(|t| is_near(*t)).ok_or_else(too_far)?;
                }
                t
            }
        };
        if is_near(unix_ms) { Ok(unix_ms) } else { Err(too_far()) }
    }
}

fn is_near(unix_ms: i64) -> bool {
    let first = CivilDate { year: *YEARS.start(), month: 1, day: 1 }.days_from_epoch() * DAY_MS;
    let last = CivilDate { year: *YEARS.end(), month: 12, day: 31 }.days_from_epoch() * DAY_MS;
    (first..=last).contains(&unix_ms)
}

/// Whether a person may have meant it as part of a unit. Not `char::is_alphabetic`, whose tables nothing else needs.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii()
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len())
}

/// Takes a unit's letter off the front.
fn split_unit<'t>(text: &'t str, whole: &str) -> Result<(TimeUnit, &'t str), TimeError> {
    let end = text.find(|c: char| !is_letter(c) && !c.is_ascii_digit()).unwrap_or(text.len());
    let (unit, rest) = text.split_at(end);
    let mut letters = unit.chars();
    match letters.next().map(|letter| (letter, TimeUnit::from_letter(letter))) {
        None => Err(TimeError::NotUnderstood { text: whole.to_owned() }),
        Some((_, Some(found))) if letters.as_str().is_empty() => Ok((found, rest)),
        Some(('f', _)) => Err(TimeError::Fiscal { unit: unit.to_owned() }),
        Some(_) => Err(TimeError::UnknownUnit { unit: unit.to_owned() }),
    }
}

fn parse_ops(tail: &str, whole: &str) -> Result<Vec<RelativeOp>, TimeError> {
    let fail = || TimeError::NotUnderstood { text: whole.to_owned() };
    let mut ops = Vec::new();
    let dense: String = tail.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = dense.as_str();
    while let Some(sign) = rest.chars().next() {
        let after = rest.get(sign.len_utf8()..).ok_or_else(fail)?;
        let (op, next) = match sign {
            '/' => {
                let (unit, next) = split_unit(after, whole)?;
                (RelativeOp::Round(unit), next)
            }
            '+' | '-' => {
                let (digits, after) = split_digits(after);
                let amount = if digits.is_empty() {
                    1
                } else {
                    digits.parse::<i64>().ok().ok_or_else(|| TimeError::TooFar { text: whole.to_owned() })?
                };
                let (unit, next) = split_unit(after, whole)?;
                (RelativeOp::Add { amount: if sign == '-' { -amount } else { amount }, unit }, next)
            }
            _ => return Err(fail()),
        };
        ops.push(op);
        rest = next;
    }
    Ok(ops)
}

/// `13h`, `1d12h`: so long ago. `None`: it does not look like one.
fn parse_bare_duration(text: &str) -> Result<Option<RelativeTime>, TimeError> {
    let mut ops = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (digits, after) = split_digits(rest);
        let is_unit = after.starts_with(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'T' | 'Z'));
        if digits.is_empty() || !is_unit {
            return Ok(None);
        }
        let amount: i64 = digits.parse().ok().ok_or_else(|| TimeError::TooFar { text: text.to_owned() })?;
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, next) = after.split_at(letters);
        let (unit, _) = split_unit(unit, text)?;
        ops.push(RelativeOp::Add { amount: -amount, unit });
        rest = next;
    }
    Ok(Some(RelativeTime { ops }))
}

/// Nine to eleven digits are seconds (1973 to 5138), twelve to fourteen milliseconds.
fn parse_unix(digits: &str) -> Result<TimePoint, TimeError> {
    let fail = || TimeError::NotUnderstood { text: digits.to_owned() };
    let number: i64 = digits.parse().ok().ok_or_else(fail)?;
    match digits.len() {
        9..=11 => Ok(TimePoint::Absolute(number * SECOND_MS)),
        12..=14 => Ok(TimePoint::Absolute(number)),
        _ => Err(fail()),
    }
}

/// `YYYY-MM-DD`, with ` ` or `T` and `HH:mm[:ss[.fraction]]`, with `Z` or `±HH:mm`.
fn parse_calendar(text: &str, zone: &dyn TimeZone, end: End) -> Result<i64, TimeError> {
    let fail = || TimeError::NotUnderstood { text: text.to_owned() };
    let (date_part, time_part) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (text, None),
    };
    let mut fields = date_part.split('-');
    let mut field = |digits: std::ops::RangeInclusive<usize>| {
        let part = fields.next().filter(|p| digits.contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let (year, month, day) =
        field(4..=4).zip(field(1..=2)).zip(field(1..=2)).map(|((y, m), d)| (y, m, d)).ok_or_else(fail)?;
    if fields.next().is_some() {
        return Err(fail());
    }
    let no_such = || TimeError::NoSuchDate { text: text.to_owned() };
    let date = CivilDate::new(year as i32, month, day).ok_or_else(no_such)?;
    if !YEARS.contains(&date.year) {
        return Err(TimeError::TooFar { text: text.to_owned() });
    }
    let Some(time_part) = time_part else {
        let midnight_ms = CivilDateTime::at_midnight(date).to_unix_ms(zone);
        // A bare date as an end means that day too.
        return match end {
            End::From => Ok(midnight_ms),
            End::To => TimeUnit::Day.ceiled(midnight_ms, zone).ok_or_else(fail),
        };
    };
    let (clock, offset_secs) = split_offset(time_part).ok_or_else(fail)?;
    let ms_of_day = parse_clock(clock).ok_or_else(fail)?;
    // ISO 8601 writes the end of a day as 24:00.
    let wall = match ms_of_day {
        DAY_MS => CivilDateTime::at_midnight(date.plus_days(1)),
        ms if ms < DAY_MS => CivilDateTime { date, ms_of_day },
        _ => return Err(no_such()),
    };
    Ok(match offset_secs {
        Some(secs) => wall.to_unix_ms(&super::Utc) - i64::from(secs) * SECOND_MS,
        None => wall.to_unix_ms(zone),
    })
}

/// The clock's text and, where the text names one, its offset.
fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, None)) };
    let (clock, offset) = text.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset.chars().skip(1).filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|m| !m.is_empty()).map_or(Some(0), |m| m.parse().ok())?;
    (hours <= 18 && minutes < 60).then_some((clock.trim_end(), Some(sign * (hours * 3600 + minutes * 60))))
}

/// Milliseconds of the day; at most one day.
fn parse_clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let number = |part: &str| -> Option<i64> {
        let is_plain = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if is_plain { part.parse().ok() } else { None }
    };
    let hour = number(parts.next()?)?;
    let minute = number(parts.next()?)?;
    let mut ms = 0;
    if let Some(second) = parts.next() {
        let (whole, fraction) = second.split_once('.').unwrap_or((second, ""));
        let fraction_ms = match fraction.get(..fraction.len().min(3)) {
            Some("") => 0,
            Some(digits) if fraction.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse::<i64>().ok()? * [100, 10, 1].get(digits.len() - 1)?
            }
            _ => return None,
        };
        let second = number(whole).filter(|s| *s < 60)?;
        ms = second * SECOND_MS + fraction_ms;
    }
    let is_whole = parts.next().is_none() && hour <= 24 && minute < 60;
    is_whole.then_some(hour * HOUR_MS + minute * MINUTE_MS + ms)
}

/// A range as it is written: live where an end is relative, fixed where both are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimeSpec {
    pub from: TimePoint,
    pub to: TimePoint,
}

impl Default for TimeSpec {
    /// The last hour.
    fn default() -> Self {
        Self::last(1, TimeUnit::Hour)
    }
}

/// `from to to`, which [`TimeSpec::parse_text`] reads back.
impl fmt::Display for TimeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

impl TimeSpec {
    /// `now-<amount><unit>` to `now`.
    pub fn last(amount: i64, unit: TimeUnit) -> Self {
        Self { from: TimePoint::ago(amount, unit), to: TimePoint::now() }
    }

    pub fn absolute(range: Range) -> Self {
        Self { from: TimePoint::Absolute(range.start_ms), to: TimePoint::Absolute(range.end_ms) }
    }

    /// Reads both ends. An empty `to` is `now`.
    pub fn parse(from: &str, to: &str, zone: &dyn TimeZone) -> Result<Self, TimeError> {
        let from = TimePoint::parse_end(from, zone, End::From)?;
        let to = if to.trim().is_empty() { TimePoint::now() } else { TimePoint::parse_end(to, zone, End::To)? };
        Ok(Self { from, to })
    }

    /// Reads a range from one text: `13h`, `now-6h to now`, `2026-11-22`, `2026-11-20 – 2026-11-22`, and what Grafana's
    /// "copy time range" puts on the clipboard.
    pub fn parse_text(text: &str, zone: &dyn TimeZone) -> Result<Self, TimeError> {
        let text = text.trim();
        if let Some((from, to)) = split_clipboard(text) {
            return Self::parse(from, to, zone);
        }
        for separator in [" to ", "\u{2013}", "\u{2014}", "\u{2192}", ".."] {
            if let Some((from, to)) = text.split_once(separator) {
                return Self::parse(from, to, zone);
            }
        }
        let is_bare_date = text.len() == 10 && text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('-');
        if is_bare_date { Self::parse(text, text, zone) } else { Self::parse(text, "now", zone) }
    }

    /// The instants that it means now.
    pub fn resolve(&self, now_ms: i64, zone: &dyn TimeZone) -> Result<Range, TimeError> {
        let start_ms = self.from.resolve(now_ms, zone, End::From)?;
        let end_ms = self.to.resolve(now_ms, zone, End::To)?;
        if start_ms > end_ms {
            let text = |point: &TimePoint, unix_ms: i64| match point {
                TimePoint::Relative(relative) => relative.to_string(),
                TimePoint::Absolute(_) => date_time_text(unix_ms, zone),
            };
            return Err(TimeError::Backwards { from: text(&self.from, start_ms), to: text(&self.to, end_ms) });
        }
        Ok(Range { start_ms, end_ms })
    }

    /// Does it move with the clock?
    pub fn is_live(&self) -> bool {
        self.from.is_relative() || self.to.is_relative()
    }

    /// Fixed at what it means now.
    pub fn made_absolute(&self, now_ms: i64, zone: &dyn TimeZone) -> Result<Self, TimeError> {
        self.resolve(now_ms, zone).map(Self::absolute)
    }

    /// Earlier by half its length.
    pub fn shifted_back(&self, now_ms: i64, zone: &dyn TimeZone) -> Result<Self, TimeError> {
        let range = self.resolve(now_ms, zone)?;
        Ok(Self::absolute(moved(range, -(range.duration_ms() / 2).max(1))))
    }

    /// Later by half its length, but not beyond now.
    pub fn shifted_forward(&self, now_ms: i64, zone: &dyn TimeZone) -> Result<Self, TimeError> {
        let range = self.resolve(now_ms, zone)?;
        let half_ms = (range.duration_ms() / 2).max(1);
        let room_ms = (now_ms - range.end_ms).max(0);
        // A range that already ends in the future may go on: somebody looks at a forecast.
        let by_ms = if range.end_ms > now_ms { half_ms } else { half_ms.min(room_ms) };
        Ok(Self::absolute(moved(range, by_ms)))
    }

    /// Twice as long around the same middle; a range that ends now keeps ending now.
    pub fn zoomed_out(&self, now_ms: i64, zone: &dyn TimeZone) -> Result<Self, TimeError> {
        let range = self.resolve(now_ms, zone)?;
        let duration_ms = range.duration_ms().max(1);
        let (start_ms, end_ms) = if range.end_ms <= now_ms && range.end_ms + duration_ms / 2 > now_ms {
            (now_ms - 2 * duration_ms, now_ms)
        } else {
            (range.start_ms - duration_ms / 2, range.end_ms + (duration_ms - duration_ms / 2))
        };
        if !is_near(start_ms) || !is_near(end_ms) {
            return Ok(self.clone());
        }
        if let (TimePoint::Relative(from), TimePoint::Relative(to)) = (&self.from, &self.to)
            && to.ops.is_empty()
            && let [RelativeOp::Add { amount, unit }] = from.ops.as_slice()
            && let Some(doubled) = amount.checked_mul(2)
        {
            return Ok(Self::last(-doubled, *unit));
        }
        Ok(Self::absolute(Range { start_ms, end_ms }))
    }
}

fn moved(range: Range, by_ms: i64) -> Range {
    let moved = Range { start_ms: range.start_ms + by_ms, end_ms: range.end_ms + by_ms };
    if is_near(moved.start_ms) && is_near(moved.end_ms) { moved } else { range }
}

/// The two texts of `{"from":"now-6h","to":"now"}`.
fn split_clipboard(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    let value = |key: &str| {
        let (_, after) = inside.split_once(key)?;
        let (_, after) = after.split_once(':')?;
        let after = after.trim_start();
        match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').map(|(value, _)| value),
            None => after.split([',', '}']).next().map(str::trim),
        }
    };
    value("\"from\"").zip(value("\"to\""))
}

/// One entry of the picker's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuickRange {
    pub label: &'static str,
    pub from: &'static str,
    pub to: &'static str,
}

impl QuickRange {
    pub fn spec(self) -> TimeSpec {
        TimeSpec::parse(self.from, self.to, &super::Utc).unwrap_or_default()
    }
}

/// What the picker offers, shortest first, then by calendar.
pub const QUICK_RANGES: [QuickRange; 22] = [
    QuickRange { label: "Last 5 minutes", from: "now-5m", to: "now" },
    QuickRange { label: "Last 15 minutes", from: "now-15m", to: "now" },
    QuickRange { label: "Last 30 minutes", from: "now-30m", to: "now" },
    QuickRange { label: "Last 1 hour", from: "now-1h", to: "now" },
    QuickRange { label: "Last 3 hours", from: "now-3h", to: "now" },
    QuickRange { label: "Last 6 hours", from: "now-6h", to: "now" },
    QuickRange { label: "Last 12 hours", from: "now-12h", to: "now" },
    QuickRange { label: "Last 24 hours", from: "now-24h", to: "now" },
    QuickRange { label: "Last 2 days", from: "now-2d", to: "now" },
    QuickRange { label: "Last 7 days", from: "now-7d", to: "now" },
    QuickRange { label: "Last 30 days", from: "now-30d", to: "now" },
    QuickRange { label: "Last 90 days", from: "now-90d", to: "now" },
    QuickRange { label: "Last 1 year", from: "now-1y", to: "now" },
    QuickRange { label: "Today", from: "now/d", to: "now/d" },
    QuickRange { label: "Today so far", from: "now/d", to: "now" },
    QuickRange { label: "Yesterday", from: "now-1d/d", to: "now-1d/d" },
    QuickRange { label: "This day last week", from: "now-7d/d", to: "now-7d/d" },
    QuickRange { label: "This week", from: "now/w", to: "now/w" },
    QuickRange { label: "This week so far", from: "now/w", to: "now" },
    QuickRange { label: "Previous week", from: "now-1w/w", to: "now-1w/w" },
    QuickRange { label: "This month so far", from: "now/M", to: "now" },
    QuickRange { label: "Previous month", from: "now-1M/M", to: "now-1M/M" },
];

#[cfg(test)]
mod tests {
    use super::super::{FixedOffset, Utc, label, test_zones::Berlin2026};
    use super::*;

    /// Sunday 22 November 2026, 14:38:15 UTC.
    const NOW_MS: i64 = 1_795_358_295_000;

    fn resolved(from: &str, to: &str, zone: &dyn TimeZone) -> (String, String) {
        let range = TimeSpec::parse(from, to, zone).unwrap().resolve(NOW_MS, zone).unwrap();
        (date_time_text(range.start_ms, zone), date_time_text(range.end_ms, zone))
    }

    #[test]
    fn relative_times() {
        let check = |from: &str, to: &str, start: &str, end: &str| {
            assert_eq!(resolved(from, to, &Utc), (start.to_owned(), end.to_owned()), "{from} to {to}");
        };
        let now = "2026-11-22 14:38:15";
        check("now-6h", "now", "2026-11-22 08:38:15", now);
        check("now-1h", "now+1h", "2026-11-22 13:38:15", "2026-11-22 15:38:15");
        check("now/d", "now/d", "2026-11-22 00:00:00", "2026-11-22 23:59:59.999");
        check("now-1d/d", "now-1d/d", "2026-11-21 00:00:00", "2026-11-21 23:59:59.999");
        check("now/w", "now/w", "2026-11-16 00:00:00", "2026-11-22 23:59:59.999");
        check("now/M", "now/M", "2026-11-01 00:00:00", "2026-11-30 23:59:59.999");
        check("now/Q", "now/Q", "2026-10-01 00:00:00", "2026-12-31 23:59:59.999");
        check("now/y", "now/y", "2026-01-01 00:00:00", "2026-12-31 23:59:59.999");
        check("now-1Q/Q", "now-1Q/Q", "2026-07-01 00:00:00", "2026-09-30 23:59:59.999");
        check("now/h", "now/m", "2026-11-22 14:00:00", "2026-11-22 14:38:59.999");
        check("now-1M", "now", "2026-10-22 14:38:15", now);
        check("now-1y/y+1M", "now", "2025-02-01 00:00:00", now);
        check("now-d", "now", "2026-11-21 14:38:15", now);
        check("13h", "", "2026-11-22 01:38:15", now);
        check("1d12h", "now", "2026-11-21 02:38:15", now);
        check(" now - 5m ", " now ", "2026-11-22 14:33:15", now);
    }

    #[test]
    fn absolute_times() {
        let check = |from: &str, to: &str, start: &str, end: &str| {
            assert_eq!(resolved(from, to, &FixedOffset::east_secs(3600)), (start.to_owned(), end.to_owned()), "{from}");
        };
        check("2026-11-20", "2026-11-21", "2026-11-20 00:00:00", "2026-11-21 23:59:59.999");
        check("2026-11-20 08:30", "2026-11-20T09:15:30.25", "2026-11-20 08:30:00", "2026-11-20 09:15:30.250");
        check("2026-11-20T08:30:00Z", "2026-11-20T08:30:00-02:30", "2026-11-20 09:30:00", "2026-11-20 12:00:00");
        check("1795358295", "now", "2026-11-22 15:38:15", "2026-11-22 15:38:15");
        check("1795358295000", "now", "2026-11-22 15:38:15", "2026-11-22 15:38:15");
        check("2026-1-2 3:04", "2026-01-02 24:00", "2026-01-02 03:04:00", "2026-01-03 00:00:00");
    }

    #[test]
    fn days_follow_the_calendar_and_hours_the_clock() {
        // Noon after the night in which an hour was skipped.
        let now_ms = 1_774_778_400_000;
        let back = |from: &str| {
            let range = TimeSpec::parse(from, "now", &Berlin2026).unwrap().resolve(now_ms, &Berlin2026).unwrap();
            (range.duration_ms() / HOUR_MS, date_time_text(range.start_ms, &Berlin2026))
        };
        assert_eq!(back("now-1d"), (23, "2026-03-28 12:00:00".to_owned()));
        assert_eq!(back("now-24h"), (24, "2026-03-28 11:00:00".to_owned()));
        assert_eq!(back("now/d"), (11, "2026-03-29 00:00:00".to_owned()));
    }

    #[test]
    fn errors_tell_what_to_write() {
        let check = |from: &str, to: &str, expect: &str| {
            let error = TimeSpec::parse(from, to, &Utc).and_then(|s| s.resolve(NOW_MS, &Utc)).unwrap_err();
            assert!(error.to_string().contains(expect), "{from}: {error}");
        };
        check("", "now", "write a time");
        check("yesterday", "now", "Write now-6h");
        check("now-6x", "now", "is not a unit");
        check("now-6", "now", "is not a time");
        check("now/fQ", "now", "fiscal years and quarters are not supported. Write Q or y instead of fQ");
        check("now-1fy", "now", "instead of fy");
        check("2026-02-30", "now", "does not exist");
        check("2026-02-03 25:00", "now", "is not a time");
        check("2026", "now", "is not a time");
        check("2026-11-22", "2026-11-20", "Swap them");
        check("now", "now-1h", "the start (now) is after the end (now-1h)");
        check("now-99999999999h", "now", "too far away");
        check("now-99999999999999999999h", "now", "too far away");
        check("now-9000y", "now", "too far away");
        check("now-99999999999d", "now", "too far away");
        check("0001-01-01", "now", "too far away");
        check("now\u{00e9}", "now", "is not a time");
    }

    #[test]
    fn texts_are_read_back() {
        let zones: [&dyn TimeZone; 3] = [&Utc, &Berlin2026, &FixedOffset::east_secs(-12_600)];
        let texts = ["now", "now-6h", "now-1d/d", "now+1h", "now/w", "now-1M/M+3d-5m/h", "1795358295123", "2026-11-22"];
        for zone in zones {
            for (from, to) in texts.iter().flat_map(|from| texts.map(|to| (from, to))) {
                let spec = TimeSpec::parse(from, to, zone).unwrap();
                assert_eq!(TimeSpec::parse(&spec.from.to_string(), &spec.to.to_string(), zone), Ok(spec.clone()));
                assert_eq!(TimeSpec::parse_text(&spec.to_string(), zone), Ok(spec));
            }
            let mut unix_ms = -2_000_000_000_000_i64;
            while unix_ms < 250_000_000_000_000 {
                let text = TimePoint::Absolute(unix_ms).to_string();
                assert_eq!(TimePoint::parse(&text, zone), Ok(TimePoint::Absolute(unix_ms)), "{text}");
                unix_ms += 987_654_321_987;
            }
        }
    }

    #[test]
    fn nothing_that_is_typed_panics() {
        let pieces =
            ["now", "-", "+", "/", "1", "d", "fQ", ":", "T", "Z", "2026", ".", " ", "\u{00e9}", "99999999999", "M"];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    for d in pieces {
                        let text = format!("{a}{b}{c}{d}");
                        if let Ok(spec) = TimeSpec::parse_text(&text, &Berlin2026) {
                            // Only that it answers is of interest.
                            drop((spec.resolve(NOW_MS, &Berlin2026), label(&spec, &Berlin2026)));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn one_text_is_a_range() {
        let check = |text: &str, from: &str, to: &str| {
            assert_eq!(TimeSpec::parse_text(text, &Utc), TimeSpec::parse(from, to, &Utc), "{text}");
        };
        check("13h", "now-13h", "now");
        check("now-6h to now-1h", "now-6h", "now-1h");
        check("2026-11-20 \u{2013} 2026-11-21", "2026-11-20", "2026-11-21");
        check("2026-11-20", "2026-11-20", "2026-11-20");
        check("2026-11-20 10:00", "2026-11-20 10:00", "now");
        check("{\"from\":\"now-6h\",\"to\":\"now\"}", "now-6h", "now");
        check("{\"to\": 1795358295000, \"from\": 1795350000000}", "1795350000000", "1795358295000");
    }

    #[test]
    fn ranges_move() {
        let absolute = |start_ms, end_ms| TimeSpec::absolute(Range { start_ms, end_ms });
        let last = TimeSpec::last(1, TimeUnit::Hour);
        let hour = HOUR_MS;
        assert_eq!(last.shifted_back(NOW_MS, &Utc), Ok(absolute(NOW_MS - hour * 3 / 2, NOW_MS - hour / 2)));
        assert_eq!(last.shifted_forward(NOW_MS, &Utc), Ok(absolute(NOW_MS - hour, NOW_MS)));
        let earlier = absolute(NOW_MS - 3 * hour, NOW_MS - 2 * hour);
        assert_eq!(earlier.shifted_forward(NOW_MS, &Utc), Ok(absolute(NOW_MS - hour * 5 / 2, NOW_MS - hour * 3 / 2)));
        assert_eq!(last.zoomed_out(NOW_MS, &Utc), Ok(TimeSpec::last(2, TimeUnit::Hour)));
        assert_eq!(earlier.zoomed_out(NOW_MS, &Utc), Ok(absolute(NOW_MS - hour * 7 / 2, NOW_MS - hour * 3 / 2)));
        let touching = absolute(NOW_MS - hour, NOW_MS);
        assert_eq!(touching.zoomed_out(NOW_MS, &Utc), Ok(absolute(NOW_MS - 2 * hour, NOW_MS)));
        assert_eq!(last.made_absolute(NOW_MS, &Utc), Ok(touching));
        assert!(last.is_live() && !earlier.is_live());
        let mut wide = absolute(0, NOW_MS);
        for _ in 0..80 {
            wide = wide.zoomed_out(NOW_MS, &Utc).unwrap();
        }
        assert!(wide.resolve(NOW_MS, &Utc).is_ok());
    }

    #[test]
    fn labels() {
        let check = |from: &str, to: &str, expect: &str| {
            assert_eq!(label(&TimeSpec::parse(from, to, &Utc).unwrap(), &Utc), expect);
        };
        check("now-6h", "now", "Last 6 hours");
        check("now-13h", "now", "Last 13 hours");
        check("now-1w", "now", "Last 1 week");
        check("now/d", "now/d", "Today");
        check("now-1d/d", "now-1d/d", "Yesterday");
        check("now/w", "now/w", "This week");
        check("now/y", "now/y", "This year");
        check("now-2h", "now-1h", "now-2h to now-1h");
        check("2026-11-22 14:38", "2026-11-22 15:38:10", "22 Nov 2026, 14:38 \u{2013} 15:38:10");
        check("2026-11-22", "2026-11-22", "22 Nov 2026");
        check("2026-11-20", "2026-11-22", "20 Nov 2026 \u{2013} 22 Nov 2026");
        check("2026-11-20 10:00", "now", "Since 20 Nov 2026, 10:00");
    }

    #[test]
    fn every_quick_range_can_be_used() {
        for quick in QUICK_RANGES {
            let spec = TimeSpec::parse(quick.from, quick.to, &Utc).unwrap();
            assert_eq!(quick.spec(), spec);
            let range = spec.resolve(NOW_MS, &Berlin2026).unwrap();
            assert!(range.duration_ms() > 0, "{}", quick.label);
            assert_eq!(label(&spec, &Utc), quick.label);
        }
    }
}
