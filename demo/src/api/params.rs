//! Query and form parameters, and how Prometheus reads times and durations from them.

use std::time::Duration;

use crate::clock::parse_rfc3339;
use crate::rules::duration_ms;

use super::ApiError;

/// Decoded parameters in their order; a name may repeat.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `a=1&b=2`, percent-encoded with `+` for spaces. As in Go, a pair that is not well encoded is none.
    pub fn extend_from(&mut self, encoded: &str) {
        let is_whole = |pair: &&str| {
            let mut sequences = pair.split('%');
            sequences.next();
            !pair.is_empty()
                && !pair.contains(';')
                && sequences.all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
        };
        for pair in encoded.split('&').filter(is_whole) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.0.push((decode(name, true), decode(value, true)));
        }
    }

    /// Adds a decoded pair.
    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// The first value, or "".
    pub fn get(&self, name: &'static str) -> &str {
        self.all(name).next().unwrap_or("")
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    /// A time; `default_ms` when the parameter is absent and there is a default.
    pub fn time_ms(&self, name: &'static str, default_ms: Option<i64>) -> Result<i64, ApiError> {
        match (self.get(name), default_ms) {
            ("", Some(default_ms)) => Ok(default_ms),
            (text, default_ms) => parse_time(text).ok_or_else(|| {
                // Prometheus wraps the reason once more where the parameter may be left out.
                let wrap =
                    if default_ms.is_some() { format!("Invalid time value for '{name}': ") } else { String::new() };
                ApiError::bad_data(format!(
                    "invalid parameter {name:?}: {wrap}cannot parse {text:?} to a valid timestamp"
                ))
            }),
        }
    }

    /// A duration in milliseconds.
    pub fn duration_ms(&self, name: &'static str) -> Result<i64, ApiError> {
        let text = self.get(name);
        parse_duration(text).map_err(|reason| ApiError::bad_data(format!("invalid parameter {name:?}: {reason}")))
    }

    /// A count; 0 when absent.
    pub fn limit(&self, name: &'static str) -> Result<usize, ApiError> {
        match self.get(name) {
            "" => Ok(0),
            text => text.parse().map_err(|_not_shown: std::num::ParseIntError| {
                ApiError::bad_data(format!("invalid parameter {name:?}: {name} must be a non-negative number"))
            }),
        }
    }

    pub fn timeout(&self) -> Result<Option<Duration>, ApiError> {
        if self.get("timeout").is_empty() {
            return Ok(None);
        }
        Ok(Some(Duration::from_millis(self.duration_ms("timeout")?.max(0).unsigned_abs())))
    }
}

/// Percent-decoding; bytes that are no UTF-8 become replacement characters.
pub fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' if plus_is_space => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digits = ahead.next().zip(ahead.next()).and_then(|(high, low)| {
                    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
                    Some(digit(high)? * 16 + digit(low)?)
                });
                if let Some(decoded) = digits {
                    bytes.push(decoded);
                    rest = ahead;
                } else {
                    bytes.push(b'%');
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parse_time(text: &str) -> Option<i64> {
    if let Ok(secs) = text.parse::<f64>() {
        return secs.is_finite().then(|| (secs * 1000.0).round() as i64);
    }
    parse_rfc3339(text)
}

fn parse_duration(text: &str) -> Result<i64, String> {
    if let Ok(secs) = text.parse::<f64>() {
        let nanos = secs * 1e9;
        if nanos.is_nan() || nanos.abs() > 9.223_372_036_854_775e18 {
            return Err(format!("cannot parse {text:?} to a valid duration. It overflows int64"));
        }
        return Ok((secs * 1000.0) as i64);
    }
    duration_ms(text).ok_or_else(|| format!("cannot parse {text:?} to a valid duration"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_and_reads() {
        let mut params = Params::default();
        params.extend_from("query=a%2Bb+%7B%7D&match[]=x&match%5B%5D=y&step=1m&t=1.5&z=2023-01-01T00:00:00Z&bad=%zz");
        assert_eq!(params.get("query"), "a+b {}");
        assert_eq!(params.all("match[]").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(params.duration_ms("step").unwrap(), 60_000);
        assert_eq!(params.time_ms("t", None).unwrap(), 1500);
        assert_eq!(params.time_ms("z", None).unwrap(), 1_672_531_200_000);
        assert_eq!(params.time_ms("none", Some(7)).unwrap(), 7);
        assert!(params.all("bad").next().is_none(), "it is not well encoded");
        assert_eq!(decode("%zz%", true), "%zz%");
        assert!(params.time_ms("none", None).is_err());
    }
}
