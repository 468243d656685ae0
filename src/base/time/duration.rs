//! Durations as Prometheus writes them: `1h30m`, `15s`, `500ms`.

use super::civil::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// Largest first; the order that Prometheus demands within one text.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * DAY_MS),
    ("w", 7 * DAY_MS),
    ("d", DAY_MS),
    ("h", HOUR_MS),
    ("m", MINUTE_MS),
    ("s", SECOND_MS),
    ("ms", 1),
];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\u{201c}{text}\u{201d} is not a duration. Write a number with a unit, largest first: 15s, 5m, 1h30m, 7d")]
pub struct DurationError {
    pub text: String,
}

/// Reads Prometheus's grammar: units from large to small, each at most once; `0` alone needs no unit.
pub fn parse_duration_ms(text: &str) -> Result<i64, DurationError> {
    let fail = || DurationError { text: text.to_owned() };
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(0);
    }
    let mut total_ms: i64 = 0;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return Err(fail());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, tail) = tail.split_at(letters);
        let number: i64 = number.parse().ok().ok_or_else(fail)?;
        // Continuing the same iterator refuses repeated and misplaced units.
        let (_, unit_ms) = units.find(|(name, _)| *name == unit).ok_or_else(fail)?;
        total_ms = number.checked_mul(*unit_ms).and_then(|ms| total_ms.checked_add(ms)).ok_or_else(fail)?;
        rest = tail;
    }
    Ok(total_ms)
}

/// The shortest text that [`parse_duration_ms`] reads back. Years and weeks only where they are whole, as in Prometheus.
pub fn duration_text(duration_ms: i64) -> String {
    if duration_ms == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    if duration_ms < 0 {
        out.push('-');
    }
    let mut rest = duration_ms.unsigned_abs();
    for (name, unit_ms) in UNITS {
        let unit_ms = unit_ms.unsigned_abs();
        let is_only_whole = matches!(name, "y" | "w");
        if rest == 0 || rest < unit_ms || (is_only_whole && !rest.is_multiple_of(unit_ms)) {
            continue;
        }
        out.push_str(&(rest / unit_ms).to_string());
        out.push_str(name);
        rest %= unit_ms;
    }
    out
}

/// For people: the two largest units, `1 h 30 min`, `2 d`, `45 s`.
pub fn duration_words(duration_ms: i64) -> String {
    const WORDS: [(&str, u64); 5] = [
        ("d", DAY_MS.unsigned_abs()),
        ("h", HOUR_MS.unsigned_abs()),
        ("min", MINUTE_MS.unsigned_abs()),
        ("s", SECOND_MS.unsigned_abs()),
        ("ms", 1),
    ];
    let mut rest = duration_ms.unsigned_abs();
    let mut parts = Vec::new();
    for (name, unit_ms) in WORDS {
        if parts.len() == 2 {
            break;
        }
        let count = rest / unit_ms;
        rest %= unit_ms;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        } else if !parts.is_empty() {
            break;
        }
    }
    match (parts.is_empty(), duration_ms < 0) {
        (true, _) => "0 s".to_owned(),
        (false, true) => format!("-{}", parts.join(" ")),
        (false, false) => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_durations() {
        let check = |text: &str, expect: Option<i64>| assert_eq!(parse_duration_ms(text).ok(), expect, "{text}");
        check("15s", Some(15_000));
        check("1h30m", Some(5_400_000));
        check("1d12h", Some(129_600_000));
        check("500ms", Some(500));
        check("1y2w3d4h5m6s7ms", Some(31_536_000_000 + 14 * DAY_MS + 3 * DAY_MS + 4 * HOUR_MS + 306_007));
        check("0", Some(0));
        check("0s", Some(0));
        check(" 5m ", Some(300_000));
        for bad in
            ["", "5", "m", "5m1h", "5m5m", "-5m", "1.5h", "5 m", "1M", "1q", "99999999999999999999s", "9999999999999y"]
        {
            check(bad, None);
        }
    }

    #[test]
    fn texts_are_read_back() {
        let check = |ms: i64, expect: &str| {
            assert_eq!(duration_text(ms), expect);
            assert_eq!(parse_duration_ms(expect).unwrap(), ms);
        };
        check(0, "0s");
        check(15_000, "15s");
        check(90_000, "1m30s");
        check(7 * DAY_MS, "1w");
        check(8 * DAY_MS, "8d");
        check(365 * DAY_MS, "1y");
        check(366 * DAY_MS, "366d");
        check(1500, "1s500ms");
        let mut ms = 1_i64;
        while ms < 40 * 365 * DAY_MS {
            assert_eq!(parse_duration_ms(&duration_text(ms)).unwrap(), ms);
            ms = ms * 13 / 7 + 1;
        }
    }

    #[test]
    fn words() {
        let check = |ms: i64, expect: &str| assert_eq!(duration_words(ms), expect);
        check(0, "0 s");
        check(5_400_000, "1 h 30 min");
        check(DAY_MS * 2, "2 d");
        check(DAY_MS + MINUTE_MS, "1 d");
        check(45_500, "45 s 500 ms");
        check(-90_000, "-1 min 30 s");
    }
}
