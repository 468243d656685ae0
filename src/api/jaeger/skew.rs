//! Clocks that the server adjusted: it moves a span's start and its events and says by how much, but in the new dialect leaves
//! the end where it was (`internal/adjuster/clockskew.go`, `adjustTimestamps`). A span's length is what the clock of its host
//! measured, so it is taken from before the move.

/// The remark's text in front of the duration by which the span was moved.
const REMARK: &[u8] = b"timestamps were adjusted by ";

/// A span's duration, given the one from its moved start to its end, and the span as it was sent.
pub(super) fn duration_ns(duration_ns: i64, span: &[u8]) -> i64 {
    let Some(at) = span.windows(REMARK.len()).position(|text| text == REMARK) else { return duration_ns };
    let moved_ns = go_duration_ns(span.get(at + REMARK.len()..).unwrap_or_default());
    let before = moved_ns.and_then(|moved_ns| duration_ns.checked_add(moved_ns));
    // One that would have ended before it started was moved as a whole.
    before.filter(|before| *before >= 0).unwrap_or(duration_ns)
}

/// The duration at the front of a text, as Go writes it: `-4.975s`, `1m0.5s`, `12.5µs`.
fn go_duration_ns(text: &[u8]) -> Option<i64> {
    let (is_negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut sum_ns = 0_i64;
    let mut has_part = false;
    while rest.first().is_some_and(u8::is_ascii_digit) {
        let (mut digits, mut scale, mut is_behind_point) = (0_i64, 1_i64, false);
        while let [byte @ (b'0'..=b'9' | b'.'), tail @ ..] = rest {
            rest = tail;
            if *byte == b'.' {
                is_behind_point = true;
                continue;
            }
            digits = digits.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
            scale = if is_behind_point { scale.checked_mul(10)? } else { scale };
        }
        let (unit_ns, tail): (i64, &[u8]) = match rest {
            [b'n', b's', tail @ ..] => (1, tail),
            // `µ` is two bytes.
            [b'u', b's', tail @ ..] | [0xc2, 0xb5, b's', tail @ ..] => (1_000, tail),
            [b'm', b's', tail @ ..] => (1_000_000, tail),
            [b's', tail @ ..] => (1_000_000_000, tail),
            [b'm', tail @ ..] => (60_000_000_000, tail),
            [b'h', tail @ ..] => (3_600_000_000_000, tail),
            _ => return None,
        };
        rest = tail;
        let part_ns = i128::from(digits) * i128::from(unit_ns) / i128::from(scale);
        sum_ns = sum_ns.checked_add(i64::try_from(part_ns).ok()?)?;
        has_part = true;
    }
    has_part.then_some(if is_negative { -sum_ns } else { sum_ns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations() {
        let check = |text: &str, expect: Option<i64>| assert_eq!(go_duration_ns(text.as_bytes()), expect, "{text}");
        check("-4.975s\"", Some(-4_975_000_000));
        check("1h2m3.5s", Some(3_723_500_000_000));
        check("12.5µs", Some(12_500));
        check("250ms", Some(250_000_000));
        check("7ns", Some(7));
        check("0s", Some(0));
        check("x", None);
        check("5", None);
        check("99999999999999999999s", None);
    }

    #[test]
    fn the_length_is_that_of_before() {
        let check = |duration: i64, remark: &str, expect: i64| {
            let span = format!("\"This span's timestamps were adjusted by {remark}\"");
            assert_eq!(duration_ns(duration, span.as_bytes()), expect);
        };
        check(5_025_000_000, "-4.975s", 50_000_000);
        check(-100, "150ns", 50);
        check(100, "-150ns", 100);
        check(100, "soon", 100);
        assert_eq!(duration_ns(100, b"\"duplicate span IDs\""), 100);
    }
}
