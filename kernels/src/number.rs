//! Samples as Prometheus writes them, `[1700000000.123,"1.5"]`, and their numbers, correctly rounded: what a sample says is
//! what `str::parse` says, only sooner.

/// Powers of ten that `f64` holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Integers up to here are exact in `f64`.
const MAX_EXACT_MANTISSA: u64 = 1 << 53;

/// Powers of ten below 10^8, for as many digits as one step of [`digits`] finds.
const STEP_POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Truncated 128-bit reciprocals of 5^1 … 5^27, rounded up, with the top bit set: what [`nearest`] multiplies by. The
/// upper and the lower half.
const RECIPROCALS: [(u64, u64); 27] = reciprocals();

#[expect(clippy::indexing_slicing, reason = "a const fn has no `get_mut`; a wrong index would not compile")]
const fn reciprocals() -> [(u64, u64); 27] {
    let mut table = [(0, 0); 27];
    let mut power = 1_u128;
    let mut at = 0;
    while at < 27 {
        power *= 5;
        // 2^(z + 127) / 5^k by long division, z being the length of 5^k in bits.
        let mut bit_count = 128 - power.leading_zeros() + 127;
        let mut remainder = 1_u128;
        let mut quotient = 0_u128;
        while bit_count > 0 {
            remainder <<= 1;
            quotient <<= 1;
            if remainder >= power {
                remainder -= power;
                quotient |= 1;
            }
            bit_count -= 1;
        }
        quotient += 1;
        table[at] = ((quotient >> 64) as u64, quotient as u64);
        at += 1;
    }
    table
}

/// The upper and the lower half of a product. By hand, because WebAssembly would call a function for `u128`.
#[inline]
fn product_halves(a: u64, b: u64) -> (u64, u64) {
    const LOW: u64 = u32::MAX as u64;
    let (a_high, a_low) = (a >> 32, a & LOW);
    let (b_high, b_low) = (b >> 32, b & LOW);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 32);
    let other = a_low * b_high + (middle & LOW);
    (a_high * b_high + (middle >> 32) + (other >> 32), (other << 32) | (low & LOW))
}

/// `mantissa` / 10^`k`, correctly rounded, for `k` in 1..=27 (D. Lemire, "Number parsing at a gigabyte per second",
/// 2021, section 5; in this range its approximation is always enough and the result is never subnormal).
fn nearest(mantissa: u64, k: u32) -> Option<f64> {
    const MANTISSA_BITS: u32 = 52;
    let (reciprocal_high, reciprocal_low) = *RECIPROCALS.get(k.checked_sub(1)? as usize)?;
    if mantissa == 0 {
        return Some(0.0);
    }
    let leading_zeros = mantissa.leading_zeros();
    let normalised = mantissa << leading_zeros;
    let (mut high, mut low) = product_halves(normalised, reciprocal_high);
    // The bits that decide the rounding are all set: a carry from below may tip them.
    if high & 0x1ff == 0x1ff {
        let (below, _) = product_halves(normalised, reciprocal_low);
        let (sum, has_carry) = low.overflowing_add(below);
        low = sum;
        high += u64::from(has_carry);
    }
    let upper_bit = (high >> 63) as u32;
    let shift = upper_bit + 64 - MANTISSA_BITS - 3;
    let mut bits = high >> shift;
    // Halfway between two floats: only 10^1 … 10^4 can give that exactly, and then the even one is meant.
    if low <= 1 && k <= 4 && bits & 3 == 1 && bits << shift == high {
        bits &= !1;
    }
    bits += bits & 1;
    bits >>= 1;
    // floor(log2(10^-k)), plus the exponent's bias.
    let mut exponent = ((-(k as i32) * 217_706) >> 16) + 63 + upper_bit as i32 - leading_zeros as i32 + 1023;
    if bits >= 2 << MANTISSA_BITS {
        bits = 1 << MANTISSA_BITS;
        exponent += 1;
    }
    bits &= !(1 << MANTISSA_BITS);
    Some(f64::from_bits(bits | (u64::try_from(exponent).ok()? << MANTISSA_BITS)))
}

/// The number that a whole text is, as far as the short ways go: `None` says nothing about the text.
pub fn quick(text: &str) -> Option<f64> {
    float(text.as_bytes()).filter(|(_, length)| *length == text.len()).map(|(value, _)| value)
}

/// Takes samples and the commas between them from the front of `bytes`, as long as their times are those of `rows_ms`, one
/// row after the other; adds their values to `values`. How many bytes they were, without a comma after the last.
pub fn aligned_samples(bytes: &[u8], rows_ms: &[f64], values: &mut Vec<f64>) -> usize {
    let mut rest = bytes;
    let mut taken = 0;
    for row_ms in rows_ms {
        let Some((t_ms, value, length)) = sample(rest) else { break };
        if t_ms.to_bits() != row_ms.to_bits() {
            break;
        }
        values.push(value);
        let Some(tail) = rest.get(length..) else { break };
        taken = bytes.len() - tail.len();
        let [b',', tail @ ..] = tail else { break };
        rest = tail;
    }
    taken
}

/// One sample as Prometheus writes it, `[1700000000.123,"1.5"]`, at the front of `bytes`: time in milliseconds, value,
/// length. `None` for anything else, which the general steps then read.
#[inline]
pub fn sample(bytes: &[u8]) -> Option<(f64, f64, usize)> {
    let [b'[', rest @ ..] = bytes else { return None };
    let (secs, mut at) = digits(rest, 0);
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
    let (value, length) = float(rest)?;
    let [b'"', b']', ..] = rest.get(length..)? else { return None };
    Some((t_ms as f64, value, 1 + at + 2 + length + 2))
}

/// Appends the decimal digits at the front to `value` (which wraps beyond 19 of them); the value and their number.
/// Eight bytes at a time: how many of them are digits is read from their bits, and the digits add up pairwise.
#[inline(never)]
pub(crate) fn digits(bytes: &[u8], mut value: u64) -> (u64, usize) {
    let mut rest = bytes;
    let mut count = 0;
    while let Some((word, tail)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word) ^ 0x3030_3030_3030_3030;
        // The top bit of each byte that is no digit; bytes after the first such one may be wrong, and do not matter.
        let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
        if others != 0 {
            let here = others.trailing_zeros() / 8;
            let Some(power) = STEP_POWERS.get(here as usize).filter(|_| here > 0) else { return (value, count) };
            let step = eight_digits(word << (64 - 8 * here));
            return (value.wrapping_mul(*power).wrapping_add(step), count + here as usize);
        }
        value = value.wrapping_mul(100_000_000).wrapping_add(eight_digits(word));
        count += 8;
        rest = tail;
    }
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (value, count)
}

/// The number whose decimal digits are the bytes of `word`, the first one in the lowest byte: pairs of digits, then
/// pairs of pairs, then both halves.
#[inline]
fn eight_digits(word: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
    let upper = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let lower = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    upper.wrapping_add(lower) >> 32
}

/// A decimal number at the front of `bytes` and its length, correctly rounded. A mantissa up to 2^53 times or over a
/// power of ten up to 10^22 is exact in one operation (W. D. Clinger, "How to read floating point numbers
/// accurately", 1990); the long fractions that rates give go through [`nearest`]; `None` for what is rare.
#[inline]
fn float(bytes: &[u8]) -> Option<(f64, usize)> {
    let is_negative = bytes.first() == Some(&b'-');
    let mut at = usize::from(is_negative);
    let (mut mantissa, mut digit_count) = digits(bytes.get(at..)?, 0);
    at += digit_count;
    let mut exponent = 0_i32;
    if bytes.get(at) == Some(&b'.') {
        let (with_decimals, count) = digits(bytes.get(at + 1..)?, mantissa);
        mantissa = with_decimals;
        at += 1 + count;
        digit_count += count;
        exponent = -(count as i32);
    }
    // Leading zeros count here: 0.01234567890123456789 goes the long way.
    if digit_count == 0 || digit_count > 19 {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        let is_exponent_negative = match bytes.get(at)? {
            b'-' => true,
            b'+' => false,
            _ => return None,
        };
        let (value, count) = digits(bytes.get(at + 1..)?, 0);
        if count == 0 || count > 3 {
            return None;
        }
        at += 1 + count;
        exponent += if is_exponent_negative { -(value as i32) } else { value as i32 };
    }
    let magnitude = match EXACT_POWERS.get(exponent.unsigned_abs() as usize) {
        // The conversion of an integer rounds correctly by itself.
        _ if exponent == 0 => mantissa as f64,
        Some(power) if mantissa <= MAX_EXACT_MANTISSA => {
            if exponent < 0 {
                mantissa as f64 / power
            } else {
                mantissa as f64 * power
            }
        }
        _ if exponent < 0 => nearest(mantissa, exponent.unsigned_abs())?,
        _ => return None,
    };
    Some((if is_negative { -magnitude } else { magnitude }, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_ways_give_what_the_long_way_gives() {
        let mut state = 7_u64;
        let mut short_count = 0;
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mantissa = state >> (state >> 59 & 0x1f);
            let places = (state >> 20) % 30;
            let text = format!("{mantissa}e-{places}");
            if let Some((value, length)) = float(text.as_bytes()) {
                assert_eq!(length, text.len());
                assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
                short_count += 1;
            }
        }
        assert!(short_count > 100_000, "only {short_count} went the short way");
    }

    #[test]
    fn what_is_not_short_is_left_to_others() {
        assert_eq!([quick("1.5"), quick("-7e+21"), quick("0.1")], [Some(1.5), Some(-7e21), Some(0.1)]);
        for text in ["", "NaN", "+Inf", "1.5 ", "1e400", "123456789012345678901"] {
            assert_eq!(quick(text), None, "{text}");
        }
    }

    #[test]
    fn digits_end_where_they_end() {
        for text in ["", "1", "12,", "1234567", "12345678", "123456789.", "1795305600,\"1", "0000000000000000000", "/:"]
        {
            for more in ["", "\"],[1795305615,", "é€", "::::::::", "////////", "\u{0}\u{7f}"] {
                let all = format!("{text}{more}");
                let count = all.bytes().take_while(u8::is_ascii_digit).count();
                let value = all[..count].parse().unwrap_or(0);
                assert_eq!(digits(all.as_bytes(), 0), (value, count), "{all:?}");
            }
        }
        assert_eq!(digits(b"34,", 12), (1234, 2));
    }

    #[test]
    fn products_are_those_of_wider_integers() {
        let mut state = 3_u64;
        for _ in 0..10_000 {
            let a = state;
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let wide = u128::from(a) * u128::from(state);
            assert_eq!(product_halves(a, state), ((wide >> 64) as u64, wide as u64));
        }
        assert_eq!(product_halves(u64::MAX, u64::MAX), (u64::MAX - 1, 1));
    }

    #[test]
    fn samples_are_taken_while_they_are_in_their_rows() {
        let check = |text: &str, taken: usize, expect: &[f64]| {
            let mut values = Vec::new();
            assert_eq!(aligned_samples(text.as_bytes(), &[1000.0, 2000.0, 3000.0], &mut values), taken, "{text}");
            assert_eq!(values, expect, "{text}");
        };
        check("[1,\"5\"],[2,\"6\"],[3,\"7\"]]}", 23, &[5.0, 6.0, 7.0]);
        check("[1,\"5\"],[3,\"7\"]]}", 7, &[5.0]);
        check("[1,\"5\"],[2,\"6", 7, &[5.0]);
        check("[1,\"5\"], [2,\"6\"]", 7, &[5.0]);
        check("[2,\"5\"]", 0, &[]);
        check(",[1,\"5\"]", 0, &[]);
        check("[1,\"5\"],[2,\"6\"],[3,\"7\"],[4,\"8\"]", 23, &[5.0, 6.0, 7.0]);
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for text in [
            "9007199254740993.0",
            "9007199254740995.0",
            "900719925474099.35",
            "4503599627370496.5",
            "4503599627370497.5",
            "2251799813685248.25",
            "2251799813685248.75",
            "18014398509481986.0",
            "9446744073709551615",
            "0.30000000000000004",
            "0.0",
            "-0",
        ] {
            let (value, length) = float(text.as_bytes()).unwrap();
            assert_eq!((value.to_bits(), length), (text.parse::<f64>().unwrap().to_bits(), text.len()), "{text}");
        }
    }

    #[test]
    fn samples_that_look_different_are_left_to_the_general_steps() {
        assert_eq!(sample(b"[1700000000.5,\"1\"]"), None);
        assert_eq!(sample(b"[1700000000,1]"), None);
        assert_eq!(sample(b"[1700000000, \"1\"]"), None);
        assert_eq!(sample(b"[1700000000,\"1\""), None);
        assert_eq!(sample(b"[1700000000,\"\"]"), None);
        assert_eq!(sample(b"[1700000000.123,\"+Inf\"],"), None);
        assert_eq!(sample(b"[1700000000.123,\"-2.5\"],"), Some((1_700_000_000_123.0, -2.5, 23)));
        assert_eq!(sample(b"[0,\"1e-07\"]"), Some((0.0, 1e-7, 11)));
    }
}
