//! Prometheus's JSON, byte by byte where the text matters: numbers, times and samples.

use std::fmt::Write as _;

use crate::promql::{Answer, Sample, SampleSeries, go_exponent, go_float};
use crate::store::Labels;

/// A sample's value: a string, with an exponent below 1e-6 and from 1e21.
pub fn write_value(out: &mut String, value: f64) {
    out.push('"');
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        let magnitude = value.abs();
        if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
            out.push_str(&go_exponent(&format!("{value:e}")));
        } else {
            push_display(out, value);
        }
    }
    out.push('"');
}

fn push_display(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    if write!(out, "{value}").is_err() {
        out.push_str("NaN");
    }
}

/// The time of a scalar or a string: Prometheus leaves those to Go's general encoder, which writes no zeros at the end.
fn write_bare_time(out: &mut String, time_ms: i64) {
    push_display(out, time_ms as f64 / 1000.0);
}

/// The time of a sample in seconds, with no or exactly three decimals.
pub fn write_time(out: &mut String, time_ms: i64) {
    if time_ms < 0 {
        out.push('-');
    }
    let magnitude = time_ms.unsigned_abs();
    push_display(out, magnitude / 1000);
    let millis = magnitude % 1000;
    if millis > 0 {
        push_display(out, format_args!(".{millis:03}"));
    }
}

/// A JSON string, escaped as Go's encoder does.
pub fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => push_display(out, format_args!("\\u{:04x}", u32::from(c))),
            c if u32::from(c) < 0x20 => push_display(out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A label set as an object.
pub fn write_labels(out: &mut String, labels: &Labels) {
    write_list(out, '{', '}', labels.iter(), |out, (name, value)| {
        write_text(out, name);
        out.push(':');
        write_text(out, value);
    });
}

/// Items between brackets, separated by commas.
pub fn write_list<T>(
    out: &mut String,
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    mut write_item: impl FnMut(&mut String, T),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(out, item);
    }
    out.push(close);
}

fn write_point(out: &mut String, (time_ms, value): (i64, f64)) {
    out.push('[');
    write_time(out, time_ms);
    out.push(',');
    write_value(out, value);
    out.push(']');
}

/// The `data` object of `query` and `query_range`.
pub fn write_answer(out: &mut String, answer: &Answer) {
    match answer {
        Answer::Scalar { time_ms, value } => {
            out.push_str(r#"{"resultType":"scalar","result":["#);
            write_bare_time(out, *time_ms);
            out.push_str(",\"");
            // Prometheus writes scalars by another function than samples: without an exponent.
            if value.is_finite() {
                push_display(out, value);
            } else {
                out.push_str(&go_float(*value));
            }
            out.push_str("\"]");
        }
        Answer::Text { time_ms, value } => {
            out.push_str(r#"{"resultType":"string","result":["#);
            write_bare_time(out, *time_ms);
            out.push(',');
            write_text(out, value);
            out.push(']');
        }
        Answer::Vector(samples) => {
            out.push_str(r#"{"resultType":"vector","result":"#);
            write_list(out, '[', ']', samples, |out, Sample { labels, time_ms, value }| {
                out.push_str(r#"{"metric":"#);
                write_labels(out, labels);
                out.push_str(r#","value":"#);
                write_point(out, (*time_ms, *value));
                out.push('}');
            });
        }
        Answer::Matrix(series) => {
            out.push_str(r#"{"resultType":"matrix","result":"#);
            write_list(out, '[', ']', series, |out, SampleSeries { labels, points }| {
                out.push_str(r#"{"metric":"#);
                write_labels(out, labels);
                out.push_str(r#","values":"#);
                write_list(out, '[', ']', points, |out, point| write_point(out, *point));
                out.push('}');
            });
        }
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(write: impl Fn(&mut String), expect: &str) {
        let mut out = String::new();
        write(&mut out);
        assert_eq!(out, expect);
    }

    #[test]
    fn values() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-6, "0.000001"),
            (1e-7, "1e-07"),
            (1.5e-300, "1.5e-300"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            check(|out| write_value(out, value), &format!("\"{text}\""));
        }
    }

    #[test]
    fn times() {
        for (time_ms, text) in
            [(0, "0"), (1500, "1.500"), (1_700_000_000_001, "1700000000.001"), (-1, "-0.001"), (-2000, "-2")]
        {
            check(|out| write_time(out, time_ms), text);
        }
    }

    #[test]
    fn texts() {
        check(|out| write_text(out, "a\"b\\c\n<\u{1}é"), r#""a\"b\\c\n\u003c\u0001é""#);
    }
}
