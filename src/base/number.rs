//! Reading numbers as the standard library does, in a fifth of its size, and writing the usual ones without its tables.
//!
//! `str::parse::<f64>` brings a table of ten kilobytes that no compression makes smaller: a thirtieth of all that a
//! browser loads. One call of it anywhere in the app brings the table back, so nothing calls it. Here numbers are read
//! by long division, which is slow (a microsecond or a few); samples have their own fast path in front of it
//! (`api::prometheus::scan`).

use std::cmp::Ordering;

/// More digits than decide how any `f64` is rounded (767); what follows only says "a little more".
const MAX_DIGITS: i32 = 800;

/// The nearest `f64` to a decimal number; of two equally near ones the even one. Grammar and result are those of
/// `str::parse`: a sign, `inf`, `infinity` and `nan` in any case, digits with or without a point and an exponent.
pub fn parse(text: &str) -> Option<f64> {
    let (is_negative, unsigned) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let is_word = |word: &str| unsigned.eq_ignore_ascii_case(word.as_bytes());
    let value = if is_word("inf") || is_word("infinity") {
        f64::INFINITY
    } else if is_word("nan") {
        f64::NAN
    } else {
        Decimal::read(unsigned)?.nearest()
    };
    Some(if is_negative { -value } else { value })
}

/// A number's digits with exactly so many decimals (at most 20), without its sign, as `format!` writes them: the exact number
/// rounded to the nearest, of two equally near ones the even one.
///
/// Most numbers are written by one multiplication. A page's first axis would else wait for the standard library's
/// formatting to be compiled, a few milliseconds of a first chart.
pub fn fixed(value: f64, decimals: u32) -> String {
    let (value, decimals) = (value.abs(), decimals.min(20) as usize);
    let Some(whole) = scaled(value, decimals) else { return format!("{value:.decimals$}") };
    let mut digits = Vec::with_capacity(24);
    let mut rest = whole;
    let mut count = 0;
    // A digit at least stands before the point.
    while rest > 0 || count <= decimals {
        if count == decimals && decimals > 0 {
            digits.push('.');
        }
        digits.push(char::from(b'0' + (rest % 10) as u8));
        rest /= 10;
        count += 1;
    }
    digits.into_iter().rev().collect()
}

/// `value` × 10^`decimals`, rounded. `None` where that is not certain: too many digits, or too near a half.
fn scaled(value: f64, decimals: usize) -> Option<u64> {
    const POWERS: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let product = value * POWERS.get(decimals)?;
    if product.is_nan() || product >= 1e15 {
        return None;
    }
    let whole = product.floor();
    let rest = product - whole;
    // The product is wrong by half a unit of its last place at most.
    if (rest - 0.5).abs() <= product * f64::EPSILON {
        return None;
    }
    Some(whole as u64 + u64::from(rest > 0.5))
}

/// `digits` × 10^`exponent`.
struct Decimal {
    digits: Big,
    digit_count: i32,
    exponent: i32,
}

impl Decimal {
    fn read(text: &[u8]) -> Option<Self> {
        let mut decimal = Self { digits: Big(Vec::new()), digit_count: 0, exponent: 0 };
        let (mut has_digit, mut has_point, mut has_more) = (false, false, false);
        let mut rest = text;
        while let [byte, tail @ ..] = rest {
            match byte {
                b'0'..=b'9' => {
                    has_digit = true;
                    let digit = byte - b'0';
                    if decimal.digit_count == MAX_DIGITS {
                        has_more |= digit > 0;
                        decimal.exponent = decimal.exponent.saturating_add(1);
                    } else if digit > 0 || decimal.digit_count > 0 {
                        decimal.push(digit);
                    }
                    decimal.exponent = decimal.exponent.saturating_sub(i32::from(has_point));
                }
                b'.' if !has_point => has_point = true,
                b'e' | b'E' => {
                    decimal.exponent = decimal.exponent.saturating_add(exponent_from(tail)?);
                    break;
                }
                _ => return None,
            }
            rest = tail;
        }
        if has_more {
            decimal.push(1);
            decimal.exponent = decimal.exponent.saturating_sub(1);
        }
        has_digit.then_some(decimal)
    }

    fn push(&mut self, digit: u8) {
        self.digits.multiply_add(10, u32::from(digit));
        self.digit_count += 1;
    }

    fn nearest(self) -> f64 {
        const MANTISSA_BITS: i32 = 52;
        const SMALLEST_EXPONENT: i32 = -1022;
        // The number is at least 10^(magnitude - 1), and less than 10^magnitude.
        let magnitude = self.exponent.saturating_add(self.digit_count);
        if self.digit_count == 0 || magnitude < -330 {
            return 0.0;
        }
        if magnitude > 310 {
            return f64::INFINITY;
        }
        let (mut above, mut below) = (self.digits, Big(vec![1]));
        let scaled = if self.exponent < 0 { &mut below } else { &mut above };
        for _ in 0..self.exponent.unsigned_abs() {
            scaled.multiply_add(10, 0);
        }
        // Shifted until `above / below` lies in 1..2; the number is that times 2^exponent.
        let mut exponent = above.bit_count() - below.bit_count();
        let shorter = if exponent < 0 { &mut above } else { &mut below };
        shorter.shift_left(exponent.unsigned_abs());
        if above.compare(&below).is_lt() {
            above.shift_left(1);
            exponent -= 1;
        }
        let bit_count = MANTISSA_BITS + 1 - (SMALLEST_EXPONENT - exponent).max(0);
        let mut mantissa = 0_u64;
        for _ in 0..bit_count {
            mantissa <<= 1;
            if above.compare(&below).is_ge() {
                above.subtract(&below);
                mantissa |= 1;
            }
            above.shift_left(1);
        }
        // What is left, against half of the last bit.
        mantissa += match above.compare(&below) {
            _ if bit_count < 0 => 0,
            Ordering::Less => 0,
            Ordering::Equal => mantissa & 1,
            Ordering::Greater => 1,
        };
        // Numbers below the smallest exponent have no hidden bit. A mantissa that was rounded up to the next power of two
        // carries into the exponent, which is what it should do.
        let biased = (exponent - SMALLEST_EXPONENT).max(0) as u64;
        let bits = (biased << MANTISSA_BITS) + mantissa;
        f64::from_bits(bits.min(f64::INFINITY.to_bits()))
    }
}

/// What follows the `e`. Beyond any that matters it stops growing.
fn exponent_from(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        all => (1, all),
    };
    let mut exponent = 0_i32;
    for byte in digits {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        exponent = exponent.saturating_mul(10).saturating_add(i32::from(digit));
    }
    (!digits.is_empty()).then_some(sign * exponent)
}

/// A natural number: words from the lowest to the highest, which is not zero.
struct Big(Vec<u32>);

impl Big {
    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for word in &mut self.0 {
            carry += u64::from(*word) * u64::from(factor);
            *word = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn bit_count(&self) -> i32 {
        let highest = self.0.last().copied().unwrap_or_default();
        self.0.len() as i32 * 32 - highest.leading_zeros() as i32
    }

    fn shift_left(&mut self, bits: u32) {
        self.multiply_add(1 << (bits % 32), 0);
        if !self.0.is_empty() {
            self.0.splice(0..0, (0..bits / 32).map(|_| 0));
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes away what is not more than itself.
    fn subtract(&mut self, other: &Self) {
        let mut is_borrowed = false;
        for (at, word) in self.0.iter_mut().enumerate() {
            let (less, first) = word.overflowing_sub(other.0.get(at).copied().unwrap_or_default());
            let (less, second) = less.overflowing_sub(u32::from(is_borrowed));
            *word = less;
            is_borrowed = first || second;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        let check = |value: f64, decimals: usize| {
            assert_eq!(fixed(value, decimals as u32), format!("{:.decimals$}", value.abs()), "{value} {decimals}");
        };
        let edges = [
            0.0,
            0.5,
            1.5,
            2.5,
            0.05,
            0.125,
            0.375,
            1.005,
            2.675,
            0.1 + 0.2,
            9.995,
            99.995,
            999.5,
            1e-9,
            4.9e-324,
            1e15,
            9.99e14,
            1e21,
            123_456_789.125,
            0.999_999_999_9,
            5e-10,
            1e9 + 0.5,
        ];
        for value in edges.into_iter().flat_map(|value| [value, -value]) {
            (0..=20).for_each(|decimals| check(value, decimals));
        }
        // A linear congruential generator: numbers of all sizes, many of them with few digits.
        let mut state = 9_u64;
        for round in 0..60_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let decimals = (state >> 60) as usize;
            let value = f64::from((state >> 20) as u32) / 10_f64.powi((state >> 56) as i32 % 16);
            check(if round % 2 == 0 { value } else { (value * 8.0).round() / 8.0 }, decimals);
        }
        assert_eq!([fixed(f64::NAN, 2), fixed(f64::INFINITY, 1)], ["NaN", "inf"]);
    }

    fn check(text: &str) {
        let expect = text.parse::<f64>().ok();
        assert_eq!(parse(text).map(f64::to_bits), expect.map(f64::to_bits), "{text}: {:?}, {expect:?}", parse(text));
    }

    #[test]
    fn the_grammar_is_the_standard_librarys() {
        for text in [
            "",
            "+",
            "-",
            ".",
            "e",
            "1e",
            "1e+",
            ".e1",
            "1.2.3",
            "0x1",
            "1_0",
            " 1",
            "1 ",
            "--1",
            "in",
            "infinit",
            "1f",
            "1e1.0",
            "nan1",
            "ü",
            "0",
            "-0",
            "+0.0",
            "1.",
            ".5",
            "-.5e1",
            "1E5",
            "1e+05",
            "1e-05",
            "00012",
            "inf",
            "-INF",
            "+Infinity",
            "nan",
            "NaN",
            "1e999",
            "-1e999",
            "1e-999",
            "0e999999999999",
            "1e99999999999",
            "1e-99999999999",
        ] {
            check(text);
        }
    }

    #[test]
    fn halves_and_edges_are_rounded_right() {
        for text in [
            "4.9406564584124654e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "7.4109846876186981626e-324",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "2.225073858507201136057409796709131975934819546351645648023426109724822222021076945516529523908135087914149158913039621106870086438694594645527657207407820621743379988141063267329253552286881372149012981122451451889849057222307285255133155755015914397476397983411801999323962548289017107081850690630666655994938275772572015763062690663332647565300009245888316433037779791869612049497390377829704905051080609940730262937128958950003583799967207254304360284078895771796150945516748243471030702609144621572289880258182545180325707018860872113128079512233426288368622321503775666622503982534335974568884423900265498198385487948292206894721689831099698365846814022854243330660339850886445804001034933970427567186443383770486037861622771738545623065874679014086723327636718751234567890123456789012345678901e-308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "179769313486231580793e289",
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740993.00000000000000000000000000000000000000000000001",
            "0.1",
            "0.30000000000000004",
            "123456789012345678901234567890",
            "1e22",
            "1e23",
        ] {
            check(text);
            check(&format!("-{text}"));
        }
        // More digits than are kept.
        for tail in ["0", "1"] {
            check(&format!("9007199254740993.{}{tail}", "0".repeat(1_000)));
            check(&format!("1{}{tail}e-1500", "0".repeat(1_500)));
            check(&format!("0.{}{tail}7", "0".repeat(320)));
        }
    }

    #[test]
    fn any_number_written_is_read_back() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                check(&format!("{value:e}"));
                check(&format!("{value:.3e}"));
            }
            check(&format!("{}.{}", bits >> 40, bits & 0xffff_ffff));
            check(&format!("{}e-{}", bits >> 1, bits % 340));
        }
    }
}
