//! Numbers, correctly rounded: what a sample says is what `str::parse` says, only sooner.

/// Powers of ten that `f64` holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Integers up to here are exact in `f64`.
const MAX_EXACT_MANTISSA: u64 = 1 << 53;

/// A value's text: what Go's `strconv` writes, `NaN`, `+Inf` and `-Inf` among it.
pub(super) fn from_text(text: &str) -> Option<f64> {
    match float(text.as_bytes()) {
        Some((value, length)) if length == text.len() => Some(value),
        _ => text.parse().ok(),
    }
}

/// One sample as Prometheus writes it, `[1700000000.123,"1.5"]`, at the front of `bytes`: time in milliseconds, value,
/// length. `None` for anything else, which the general steps then read.
#[inline]
pub(super) fn sample(bytes: &[u8]) -> Option<(f64, f64, usize)> {
    let [b'[', rest @ ..] = bytes else { return None };
    let (secs, mut at) = digits(rest);
    // 12 digits of seconds, with milliseconds, are below 2^53.
    if at == 0 || at > 12 {
        return None;
    }
    let mut t_ms = secs * 1000;
    if let [b'.', a, b, c, ..] = rest.get(at..)? {
        let decimals = [a, b, c].map(|digit| u64::from(digit.wrapping_sub(b'0')));
        let [a, b, c] = decimals;
        if decimals.iter().any(|digit| *digit > 9) {
            return None;
        }
        t_ms += a * 100 + b * 10 + c;
        at += 4;
    }
    let [b',', b'"', rest @ ..] = rest.get(at..)? else { return None };
    let (value, length) = float(rest).or_else(|| unusual(rest))?;
    let [b'"', b']', ..] = rest.get(length..)? else { return None };
    Some((t_ms as f64, value, 1 + at + 2 + length + 2))
}

/// A number that the exact arithmetic does not cover, up to the quote that ends it.
#[cold]
fn unusual(bytes: &[u8]) -> Option<(f64, usize)> {
    // The longest text Go writes for an f64 is 24 bytes.
    let length = bytes.iter().take(32).position(|byte| *byte == b'"')?;
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    Some((text.parse().ok()?, length))
}

/// Decimal digits at the front, their value (wrapped when there are more than 19) and their number.
#[inline]
fn digits(bytes: &[u8]) -> (u64, usize) {
    let mut value = 0_u64;
    let mut count = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (value, count)
}

/// A decimal number at the front of `bytes` and its length, where exact arithmetic gives the correctly rounded result:
/// a mantissa up to 2^53 times or over a power of ten up to 10^22 (W. D. Clinger, "How to read floating point numbers
/// accurately", 1990).
#[inline]
fn float(bytes: &[u8]) -> Option<(f64, usize)> {
    let is_negative = bytes.first() == Some(&b'-');
    let mut at = usize::from(is_negative);
    let (mut mantissa, whole_count) = digits(bytes.get(at..)?);
    at += whole_count;
    let mut digit_count = whole_count;
    let mut exponent = 0_i32;
    if bytes.get(at) == Some(&b'.') {
        let (_, count) = digits(bytes.get(at + 1..)?);
        let decimals = bytes.get(at + 1..at + 1 + count)?;
        for byte in decimals {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte.wrapping_sub(b'0')));
        }
        at += 1 + count;
        digit_count += count;
        exponent = -(count as i32);
    }
    // A leading zero counts as a digit here: 0.1234567890123456789 goes the long way.
    if digit_count == 0 || digit_count > 19 || mantissa > MAX_EXACT_MANTISSA {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        let is_exponent_negative = match bytes.get(at)? {
            b'-' => true,
            b'+' => false,
            _ => return None,
        };
        let (value, count) = digits(bytes.get(at + 1..)?);
        if count == 0 || count > 3 {
            return None;
        }
        at += 1 + count;
        exponent += if is_exponent_negative { -(value as i32) } else { value as i32 };
    }
    let power = *EXACT_POWERS.get(exponent.unsigned_abs() as usize)?;
    let magnitude = if exponent < 0 { mantissa as f64 / power } else { mantissa as f64 * power };
    Some((if is_negative { -magnitude } else { magnitude }, at))
}
