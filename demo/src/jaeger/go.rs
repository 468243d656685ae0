//! How Go reads and writes what is in Jaeger's parameters, tags and messages, with its words for what it cannot read.

use chrono::{DateTime, Utc};

use crate::signals::json::push_display;

/// A text in quotes, as `strconv.Quote` writes the ordinary ones.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 || control == '\x7f' => {
                push_display(&mut out, format_args!("\\x{:02x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn number_error(function: &str, text: &str, is_too_large: bool) -> String {
    let reason = if is_too_large { "value out of range" } else { "invalid syntax" };
    format!("strconv.{function}: parsing {}: {reason}", quoted(text))
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `ParseInt` of base 10; `function` is the name that an error tells.
pub fn int(function: &str, text: &str, bits: u32) -> Result<i64, String> {
    let fits = |number: &i64| bits >= 64 || (-(1_i64 << (bits - 1))..1_i64 << (bits - 1)).contains(number);
    let read = if is_decimal(text) { text.parse::<i64>().ok() } else { None };
    read.filter(fits).ok_or_else(|| number_error(function, text, is_decimal(text)))
}

/// `ParseUint` of base 16.
fn hex(text: &str) -> Result<u64, String> {
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let read = if is_hex { u64::from_str_radix(text, 16).ok() } else { None };
    read.ok_or_else(|| number_error("ParseUint", text, is_hex))
}

/// `model.TraceIDFromString`: leading zeros may be left out.
pub fn trace_id(text: &str) -> Result<u128, String> {
    if text.len() > 32 {
        return Err(format!("TraceID cannot be longer than 32 hex characters: {text}"));
    }
    let split = text.len().saturating_sub(16);
    let (high, low) = text.split_at_checked(split).unwrap_or(("", text));
    let high = if split > 0 { hex(high)? } else { 0 };
    Ok(u128::from(high) << 64 | u128::from(hex(low)?))
}

pub fn bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(number_error("ParseBool", text, false)),
    }
}

pub fn float(text: &str) -> Result<f64, String> {
    text.parse::<f64>().map_err(|_not_shown| number_error("ParseFloat", text, false))
}

const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// `time.ParseDuration`, in nanoseconds.
pub fn duration_ns(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quoted(text));
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total_ns = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let number: f64 = number.parse().map_err(|_not_shown| invalid())?;
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted(text)));
        }
        let Some((_, unit_ns)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("time: unknown unit {} in duration {}", quoted(unit), quoted(text)));
        };
        total_ns += number * unit_ns;
        rest = tail;
    }
    // 2^63 ns are 292 years.
    if total_ns >= 9.2e18 { Err(invalid()) } else { Ok((sign * total_ns) as i64) }
}

const LAYOUT: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// `time.Parse(time.RFC3339Nano, …)`, in nanoseconds since the epoch. Times beyond the reach of 64 bits are its ends.
pub fn rfc3339_ns(text: &str) -> Result<i64, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text)
        && text.as_bytes().get(10) == Some(&b'T')
    {
        let end = if time.timestamp() < 0 { i64::MIN } else { i64::MAX };
        return Ok(time.timestamp_nanos_opt().unwrap_or(end));
    }
    let (rest, element) = unread_element(text);
    let (layout, text, rest, element) = (quoted(LAYOUT), quoted(text), quoted(rest), quoted(element));
    Err(format!("parsing time {text} as {layout}: cannot parse {rest} as {element}"))
}

/// The text from where it is not as the layout has it, and the element of the layout that is not there.
fn unread_element(text: &str) -> (&str, &'static str) {
    let mut rest = text;
    for (element, digits) in [
        ("2006", 4),
        ("-", 0),
        ("01", 2),
        ("-", 0),
        ("02", 2),
        ("T", 0),
        ("15", 2),
        (":", 0),
        ("04", 2),
        (":", 0),
        ("05", 2),
    ] {
        let read = if digits == 0 {
            rest.strip_prefix(element)
        } else {
            rest.split_at_checked(digits)
                .filter(|(head, _)| head.bytes().all(|byte| byte.is_ascii_digit()))
                .map(|(_, tail)| tail)
        };
        match read {
            Some(tail) => rest = tail,
            None => return (rest, element),
        }
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    (rest, "Z07:00")
}

/// A duration as `Duration.String` writes it.
pub fn duration_text(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let total = ns.unsigned_abs();
    let fraction = |whole: u64, part: u64, digits: usize| {
        let text = format!("{whole}.{part:0digits$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match total {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{total}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", fraction(total / 1_000, total % 1_000, 3)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", fraction(total / 1_000_000, total % 1_000_000, 6)),
        _ => {
            let secs = total / 1_000_000_000;
            let rest = fraction(secs % 60, total % 1_000_000_000, 9);
            match (secs / 3600, secs / 60 % 60) {
                (0, 0) => format!("{sign}{rest}s"),
                (0, minutes) => format!("{sign}{minutes}m{rest}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{rest}s"),
            }
        }
    }
}

/// A time in UTC as `Time.String` writes it.
pub fn time_text(ns: i64) -> String {
    let time = DateTime::<Utc>::from_timestamp_nanos(ns);
    let fraction = format!(".{:09}", time.timestamp_subsec_nanos());
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{}{fraction} +0000 UTC", time.format("%Y-%m-%d %H:%M:%S"))
}

/// Digits that `AsString` gives a float.
const FLOAT_DIGITS: i32 = 10;

/// A float as `FormatFloat(…, 'g', 10, 64)` writes it.
pub fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-Inf" } else { "+Inf" }.to_owned();
    }
    let scientific = format!("{value:.*e}", FLOAT_DIGITS as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..FLOAT_DIGITS).contains(&exponent) {
        trimmed(&format!("{value:.*}", (FLOAT_DIGITS - 1 - exponent) as usize))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
    }
}

/// Why `encoding/json` cannot read a map of texts from this.
pub fn json_map_error(text: &str) -> String {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let kind = |value: &serde_json::Value| match value {
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
        serde_json::Value::Null => "null",
    };
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(fields)) => {
            let other = fields.values().find(|value| !value.is_string() && !value.is_null()).map_or("null", kind);
            format!("json: cannot unmarshal {other} into Go value of type string")
        }
        Ok(other) => format!("json: cannot unmarshal {} into Go value of type map[string]string", kind(&other)),
        Err(error) if error.is_eof() => "unexpected end of JSON input".to_owned(),
        Err(_) => {
            let first = text.trim_start_matches(is_space).chars().next().unwrap_or(' ');
            format!("invalid character '{first}' looking for beginning of value")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_what_is_said_of_those_that_are_none() {
        assert_eq!(int("ParseInt", "-12", 64), Ok(-12));
        assert_eq!(int("ParseInt", "x", 64).unwrap_err(), r#"strconv.ParseInt: parsing "x": invalid syntax"#);
        assert_eq!(
            int("ParseInt", "4294967296", 32).unwrap_err(),
            r#"strconv.ParseInt: parsing "4294967296": value out of range"#
        );
        assert_eq!(bool("T"), Ok(true));
        assert_eq!(bool("yes").unwrap_err(), r#"strconv.ParseBool: parsing "yes": invalid syntax"#);
        assert_eq!(float("0.5"), Ok(0.5));
        assert_eq!(float("").unwrap_err(), r#"strconv.ParseFloat: parsing "": invalid syntax"#);
    }

    #[test]
    fn trace_ids_of_any_length() {
        assert_eq!(trace_id("dead"), Ok(0xdead));
        assert_eq!(trace_id("10000000000000002"), Ok((1 << 64) + 2));
        assert_eq!(trace_id(&"f".repeat(32)), Ok(u128::MAX));
        assert!(trace_id(&"f".repeat(33)).unwrap_err().starts_with("TraceID cannot be longer"));
        assert_eq!(trace_id("xyz").unwrap_err(), r#"strconv.ParseUint: parsing "xyz": invalid syntax"#);
        assert!(trace_id("ééééééééé").is_err() && trace_id("").is_err());
    }

    #[test]
    fn durations_both_ways() {
        for (text, ns) in [("1h2m3.5s", 3_723_500_000_000), ("-1.5ms", -1_500_000), ("0", 0), ("100us", 100_000)] {
            assert_eq!(duration_ns(text), Ok(ns), "{text}");
        }
        for (text, reason) in [
            ("5", r#"time: missing unit in duration "5""#),
            ("x", r#"time: invalid duration "x""#),
            ("5q", r#"time: unknown unit "q" in duration "5q""#),
            ("", r#"time: invalid duration """#),
        ] {
            assert_eq!(duration_ns(text).unwrap_err(), reason);
        }
        for (ns, text) in [
            (0, "0s"),
            (999, "999ns"),
            (-1_500, "-1.5µs"),
            (250_000_000, "250ms"),
            (-4_975_000_000, "-4.975s"),
            (3_723_500_000_000, "1h2m3.5s"),
            (60_000_000_000, "1m0s"),
        ] {
            assert_eq!(duration_text(ns), text);
        }
    }

    #[test]
    fn times_both_ways() {
        assert_eq!(rfc3339_ns("1970-01-01T00:00:01.000000002Z"), Ok(1_000_000_002));
        assert_eq!(rfc3339_ns("1970-01-01T01:00:00+01:00"), Ok(0));
        assert_eq!(rfc3339_ns("0001-01-01T00:00:00Z"), Ok(i64::MIN));
        let layout = r#"as "2006-01-02T15:04:05.999999999Z07:00""#;
        for (text, rest, element) in
            [("x", "x", "2006"), ("2026-01-01", "", "T"), ("2026-01-01T00:00:00.5", "", "Z07:00")]
        {
            let expected = format!("parsing time {text:?} {layout}: cannot parse {rest:?} as {element:?}");
            assert_eq!(rfc3339_ns(text).unwrap_err(), expected);
        }
        assert_eq!(time_text(1), "1970-01-01 00:00:00.000000001 +0000 UTC");
        assert_eq!(time_text(0), "1970-01-01 00:00:00 +0000 UTC");
    }

    #[test]
    fn floats_have_ten_digits() {
        for (value, text) in [
            (1.5, "1.5"),
            (0.1 + 0.2, "0.3"),
            (1e10, "1e+10"),
            (123_456_789.0, "123456789"),
            (0.000_01, "1e-05"),
            (0.0, "0"),
            (-2.25, "-2.25"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }

    #[test]
    fn what_is_no_map_of_texts() {
        for (text, reason) in [
            ("x", "invalid character 'x' looking for beginning of value"),
            ("{", "unexpected end of JSON input"),
            (r#"{"a":1}"#, "json: cannot unmarshal number into Go value of type string"),
            ("[]", "json: cannot unmarshal array into Go value of type map[string]string"),
        ] {
            assert_eq!(json_map_error(text), reason);
        }
    }
}
