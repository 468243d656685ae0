//! The part of Go's text templates that alert annotations use: `{{ $value }}`, `{{ $labels.name }}`, and a pipeline of
//! Prometheus's formatting functions.
//!
//! Anything else is an error when the rule is loaded: an annotation is never half expanded.

use chrono::{DateTime, SecondsFormat};
use thiserror::Error;

use crate::promql::{go_exponent, go_float};
use crate::store::Labels;

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error("unclosed action in template {0:?}")]
    Unclosed(String),
    #[error("unsupported template expression {0:?}")]
    Unsupported(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Action { source: Source, functions: Vec<Function> },
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    Value,
    Label(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Humanize,
    Humanize1024,
    HumanizePercentage,
    HumanizeDuration,
    HumanizeTimestamp,
    ToUpper,
    ToLower,
}

/// A parsed annotation or label value.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Part>);

impl Template {
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (action, tail) = after.split_once("}}").ok_or_else(|| TemplateError::Unclosed(text.to_owned()))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(parse_action(action.trim())?);
            rest = tail;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    pub fn expand(&self, labels: &Labels, value: f64) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Action { source, functions } => {
                    let start = match source {
                        Source::Value => Operand::Number(value),
                        Source::Label(name) => Operand::Text(labels.get(name).to_owned()),
                    };
                    functions.iter().fold(start, |operand, function| function.apply(operand)).into_text()
                }
            })
            .collect()
    }
}

fn parse_action(action: &str) -> Result<Part, TemplateError> {
    let unsupported = || TemplateError::Unsupported(action.to_owned());
    let mut stages = action.split('|').map(str::trim);
    let first = stages.next().ok_or_else(unsupported)?;
    let mut functions = Vec::new();
    // `humanize $value` is the same as `$value | humanize`.
    let operand = match first.split_once(' ') {
        Some((function, operand)) => {
            functions.push(Function::named(function).ok_or_else(unsupported)?);
            operand.trim()
        }
        None => first,
    };
    let source = match operand {
        "$value" | ".Value" => Source::Value,
        _ => {
            let name = operand.strip_prefix("$labels.").or_else(|| operand.strip_prefix(".Labels."));
            let name =
                name.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            Source::Label(name.ok_or_else(unsupported)?.to_owned())
        }
    };
    for stage in stages {
        functions.push(Function::named(stage).ok_or_else(unsupported)?);
    }
    Ok(Part::Action { source, functions })
}

enum Operand {
    Number(f64),
    Text(String),
}

impl Operand {
    fn into_text(self) -> String {
        match self {
            Self::Number(value) => go_float(value),
            Self::Text(text) => text,
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "humanize" => Self::Humanize,
            "humanize1024" => Self::Humanize1024,
            "humanizePercentage" => Self::HumanizePercentage,
            "humanizeDuration" => Self::HumanizeDuration,
            "humanizeTimestamp" => Self::HumanizeTimestamp,
            "toUpper" => Self::ToUpper,
            "toLower" => Self::ToLower,
            _ => return None,
        })
    }

    fn apply(self, operand: Operand) -> Operand {
        let value = operand.number();
        Operand::Text(match self {
            Self::Humanize => humanize(value),
            Self::Humanize1024 => humanize_1024(value),
            Self::HumanizePercentage => format!("{}%", four_digits(value * 100.0)),
            Self::HumanizeDuration => humanize_duration(value),
            Self::HumanizeTimestamp => DateTime::from_timestamp_millis((value * 1000.0) as i64).map_or_else(
                || four_digits(value),
                |t| t.to_rfc3339_opts(SecondsFormat::AutoSi, true).replace(['T', 'Z'], " "),
            ),
            Self::ToUpper => operand.into_text().to_uppercase(),
            Self::ToLower => operand.into_text().to_lowercase(),
        })
    }
}

/// Go's `%.4g`: four significant digits without trailing zeros, an exponent below 1e-4 and from 1e4.
fn four_digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return go_float(value);
    }
    let scientific = format!("{value:.3e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..4).contains(&exponent) {
        let decimals = usize::try_from(3 - exponent).unwrap_or(0);
        trim(&format!("{value:.decimals$}"))
    } else {
        go_exponent(&format!("{}e{exponent}", trim(mantissa)))
    }
}

fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return four_digits(value);
    }
    let (mut scaled, mut prefix) = (value, "");
    if value.abs() >= 1.0 {
        for next in ["k", "M", "G", "T", "P", "E", "Z", "Y"] {
            if scaled.abs() < 1000.0 {
                break;
            }
            (scaled, prefix) = (scaled / 1000.0, next);
        }
    } else {
        for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
            if scaled.abs() >= 1.0 {
                break;
            }
            (scaled, prefix) = (scaled * 1000.0, next);
        }
    }
    format!("{}{prefix}", four_digits(scaled))
}

fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return four_digits(value);
    }
    let (mut scaled, mut prefix) = (value, "");
    for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] {
        if scaled.abs() < 1024.0 {
            break;
        }
        (scaled, prefix) = (scaled / 1024.0, next);
    }
    format!("{}{prefix}", four_digits(scaled))
}

fn humanize_duration(value: f64) -> String {
    if !value.is_finite() {
        return four_digits(value);
    }
    if value == 0.0 {
        return "0s".into();
    }
    if value.abs() < 1.0 {
        return format!("{}s", humanize(value));
    }
    let (sign, magnitude) = if value < 0.0 { ("-", -value) } else { ("", value) };
    let whole = magnitude as i64;
    let (days, hours, minutes, secs) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {secs}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {secs}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {secs}s")
    } else {
        format!("{sign}{}s", four_digits(magnitude))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, value: f64) -> String {
        Template::parse(text).unwrap().expand(&Labels::new([("job", "api")]), value)
    }

    #[test]
    fn expands_what_the_guide_uses() {
        assert_eq!(expand("{{ $labels.job }} is at {{ $value | humanizePercentage }}", 0.12345), "api is at 12.35%");
        assert_eq!(expand("{{ $value }}s", 2.5), "2.5s");
        assert_eq!(expand("{{$labels.none}}.", 1.0), ".");
        assert_eq!(expand("{{ humanize $value }}", 1234.0), "1.234k");
        assert_eq!(expand("{{ humanizeDuration $value }}", 3700.0), "1h 1m 40s");
        assert_eq!(expand("{{ $value | humanize1024 }}", 1_048_576.0), "1Mi");
    }

    #[test]
    fn four_significant_digits() {
        for (value, text) in
            [(100.0, "100"), (0.5, "0.5"), (123_456.0, "1.235e+05"), (0.00001, "1e-05"), (99.999, "100")]
        {
            assert_eq!(four_digits(value), text);
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(Template::parse("{{ query \"up\" }}").is_err());
        assert!(Template::parse("{{ $value ").is_err());
    }
}
