//! Passing over JSON that may end in the middle: strings eight bytes at a time, values without looking inside.
//!
//! Invariant: nothing recurses and nothing is allocated; whatever the bytes are, a step either moves on, says that there is too
//! little, or says what it expected. The inside of what is passed over is not checked: brackets are counted, not matched.

use crate::number::digits;

/// Why a value could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end inside it.
    More,
    Bad {
        at: usize,
        expected: &'static str,
    },
}

/// Where something stands: its first byte, and the one behind its last.
pub type Place = (usize, usize);

/// Eight bytes as a number, the first the lowest.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|eight| u64::from_le_bytes(*eight))
}

/// Whether two texts are the same: by eights, of which the last may overlap the one before. WebAssembly would call a function
/// that goes byte by byte.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let Some((one_last, other_last)) = one.last_chunk::<8>().zip(other.last_chunk::<8>()) else {
        return one.iter().zip(other).all(|(a, b)| a == b);
    };
    let (one_eights, _) = one.as_chunks::<8>();
    let (other_eights, _) = other.as_chunks::<8>();
    let is_equal = |a: &[u8; 8], b: &[u8; 8]| u64::from_le_bytes(*a) == u64::from_le_bytes(*b);
    is_equal(one_last, other_last) && one_eights.iter().zip(other_eights).all(|(a, b)| is_equal(a, b))
}

/// Where the string ends (at its closing quote) whose first byte behind the opening quote is at `from`. `None` where the bytes
/// end before.
#[inline]
pub fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = behind_plain(bytes, at);
        match *bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Passes over bytes as long as none of the next eight is a quote or a backslash, and up to the first one there.
#[inline]
fn behind_plain(bytes: &[u8], from: usize) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    const QUOTES: u64 = LOW * b'"' as u64;
    const BACKSLASHES: u64 = LOW * b'\\' as u64;
    let mut at = from;
    while let Some(word) = word(bytes, at) {
        // The high bit of each byte that is zero now; above the lowest of them there may be false ones.
        let (quote, backslash) = (word ^ QUOTES, word ^ BACKSLASHES);
        let found = ((quote.wrapping_sub(LOW) & !quote) | (backslash.wrapping_sub(LOW) & !backslash)) & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at
}

/// Where the value ends that begins at `at`, which is no white space: behind its last byte. `None` where the bytes end before,
/// or with the last byte of a number or a word, which may go on.
pub fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    match *bytes.get(at)? {
        b'"' => string_end(bytes, at + 1).map(|end| end + 1),
        b'{' | b'[' => closed(bytes, at + 1, 1),
        _ => {
            let mut at = at;
            while !matches!(*bytes.get(at)?, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') {
                at += 1;
            }
            Some(at)
        }
    }
}

/// Behind the bracket that closes the `depth`-th that is open.
pub(crate) fn closed(bytes: &[u8], from: usize, depth: usize) -> Option<usize> {
    let (mut at, mut depth) = (from, depth);
    loop {
        match *bytes.get(at)? {
            b'"' => at = string_end(bytes, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Takes JSON apart from front to back.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub fn bad(&self, expected: &'static str) -> Stop {
        Stop::Bad { at: self.at, expected }
    }

    pub fn slice(&self, (from, to): Place) -> &'a [u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// The next byte that is not white space, without taking it.
    #[inline]
    pub fn solid(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::More),
            }
        }
    }

    #[inline]
    pub fn take_if(&mut self, byte: u8) -> Result<bool, Stop> {
        let is_there = self.solid()? == byte;
        self.at += usize::from(is_there);
        Ok(is_there)
    }

    #[inline]
    pub fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Stop> {
        if self.take_if(byte)? { Ok(()) } else { Err(self.bad(expected)) }
    }

    /// Whether the array goes on; takes the comma before the item, or the bracket after the last.
    #[inline]
    pub fn item(&mut self, is_first: bool) -> Result<bool, Stop> {
        if self.take_if(b']')? {
            return Ok(false);
        }
        if !is_first {
            self.expect(b',', "a comma or the end of the array")?;
        }
        self.solid()?;
        Ok(true)
    }

    /// The next key of an object, as it is written, and its colon; `None` after the last, whose brace is taken. The next byte is
    /// the value's first.
    #[inline]
    pub fn key(&mut self, is_first: bool) -> Result<Option<&'a [u8]>, Stop> {
        Ok(self.key_place(is_first)?.map(|place| self.slice(place)))
    }

    /// The same as [`Self::key`], as where it stands.
    #[inline]
    pub fn key_place(&mut self, is_first: bool) -> Result<Option<Place>, Stop> {
        if self.take_if(b'}')? {
            return Ok(None);
        }
        if !is_first {
            self.expect(b',', "a comma or the end of the object")?;
        }
        self.expect(b'"', "a key")?;
        let from = self.at;
        let to = string_end(self.bytes, from).ok_or(Stop::More)?;
        self.at = to + 1;
        self.expect(b':', "a colon")?;
        self.solid()?;
        Ok(Some((from, to)))
    }

    /// Passes over a value; where it stood.
    #[inline]
    pub fn value(&mut self) -> Result<Place, Stop> {
        self.solid()?;
        let from = self.at;
        self.at = value_end(self.bytes, from).ok_or(Stop::More)?;
        Ok((from, self.at))
    }

    /// Passes over a value; where the inside of its quotes stood, or nothing if it is no string.
    #[inline]
    pub fn text(&mut self) -> Result<Option<Place>, Stop> {
        let is_text = self.solid()? == b'"';
        let (from, to) = self.value()?;
        Ok(if is_text { Some((from + 1, to - 1)) } else { None })
    }

    /// Passes over a value; a whole number, also one in quotes. The nearest that an `i64` can be; 0 for what is no number.
    pub fn integer(&mut self) -> Result<i64, Stop> {
        let is_text = self.solid()? == b'"';
        let start = self.at;
        let mut at = start + usize::from(is_text);
        let is_negative = self.bytes.get(at) == Some(&b'-');
        at += usize::from(is_negative);
        let (value, digit_count) = digits(self.bytes.get(at..).unwrap_or_default(), 0);
        at += digit_count;
        let is_whole = match self.bytes.get(at) {
            None => return Err(Stop::More),
            Some(b'"') => is_text,
            Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') => !is_text,
            Some(_) => false,
        };
        if is_whole && digit_count > 0 {
            self.at = at + usize::from(is_text);
            // Nineteen digits fit, as an unsigned number.
            let value = if digit_count > 19 { i64::MAX } else { i64::try_from(value).unwrap_or(i64::MAX) };
            return Ok(if is_negative { -value } else { value });
        }
        let (from, to) = self.value()?;
        let inside = if is_text { (from + 1, to - 1) } else { (from, to) };
        Ok(whole_part(self.slice(inside)))
    }
}

/// What is before the point of a number with a point or an exponent; 0 for what is no number.
fn whole_part(text: &[u8]) -> i64 {
    let (is_negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (mut digits, mut exponent, mut is_behind_point) = (0_i64, 0_i32, false);
    while let [byte, tail @ ..] = rest {
        match byte {
            b'0'..=b'9' if digits < i64::MAX / 10 - 1 => {
                digits = digits * 10 + i64::from(byte - b'0');
                exponent -= i32::from(is_behind_point);
            }
            // Digits that do not count any more.
            b'0'..=b'9' => exponent = exponent.saturating_add(i32::from(!is_behind_point)),
            b'.' if !is_behind_point => is_behind_point = true,
            b'e' | b'E' => {
                let (is_down, count) = match tail {
                    [b'-', count @ ..] => (true, count),
                    [b'+', count @ ..] | count => (false, count),
                };
                let Some(count) = std::str::from_utf8(count).ok().and_then(|count| count.parse::<u8>().ok()) else {
                    return 0;
                };
                exponent = exponent.saturating_add(if is_down { -i32::from(count) } else { i32::from(count) });
                break;
            }
            _ => return 0,
        }
        rest = tail;
    }
    for _ in 0..exponent.clamp(-300, 300).unsigned_abs() {
        digits = if exponent < 0 { digits / 10 } else { digits.saturating_mul(10) };
    }
    if is_negative { -digits } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_the_first_quote_that_is_not_escaped() {
        for length in 0..40 {
            for at in 0..=length {
                let mut text = vec![b'x'; length];
                text.insert(at, b'"');
                assert_eq!(string_end(&text, 0), Some(at));
                let mut escaped = vec![b'\x5d'; length];
                escaped.splice(at..at, *b"\\\"\\\\");
                assert_eq!(string_end(&escaped, 0), None, "{at} of {length}");
                escaped.push(b'"');
                assert_eq!(string_end(&escaped, 0), Some(length + 4));
            }
        }
        assert_eq!(string_end("ü\u{22}".as_bytes(), 0), Some(2));
        assert_eq!((string_end(b"", 0), string_end(b"\\", 0), string_end(b"a", 7)), (None, None, None));
    }

    #[test]
    fn texts_are_the_same_or_not() {
        let text: Vec<u8> = (0..40).collect();
        for length in 0..40 {
            assert!(is_same(&text[..length], &text[..length]));
            assert!(!is_same(&text[..length], &text[1..]));
            for at in 0..length {
                let mut other = text[..length].to_vec();
                other[at] ^= 0x80;
                assert!(!is_same(&text[..length], &other), "{at} of {length}");
            }
        }
    }

    #[test]
    fn values_are_passed_over() {
        let check = |text: &str, expect: Option<usize>| assert_eq!(value_end(text.as_bytes(), 0), expect, "{text}");
        check("12,", Some(2));
        check("12", None);
        check("null}", Some(4));
        check("\"a\\\"]\" ", Some(6));
        check("{\"a\":[1,{\"}\":2}]},", Some(17));
        check("[[", None);
        check(",", Some(0));
        let mut deep = vec![b'['; 1_000_000];
        assert_eq!(value_end(&deep, 0), None);
        deep.extend(vec![b']'; 1_000_000]);
        assert_eq!(value_end(&deep, 0), Some(2_000_000));
    }

    #[test]
    fn whole_numbers() {
        let check = |text: &str, expect: i64| {
            let mut reader = Reader::new(text.as_bytes(), 0);
            assert_eq!(reader.integer(), Ok(expect), "{text}");
            assert_eq!(reader.at, text.len() - 1, "{text}");
        };
        check("0,", 0);
        check(" -17]", -17);
        check("\"1767225600000000000\",", 1_767_225_600_000_000_000);
        check("9223372036854775808}", i64::MAX);
        check("99999999999999999999999,", i64::MAX);
        check("1.5e3,", 1500);
        check("\"12.0\",", 12);
        check("-1767225600000000.123456789,", -1_767_225_600_000_000);
        check("12345678901234567890.5,", i64::MAX);
        check("17e400,", 0);
        check("1.5e-1,", 0);
        check("1e99,", i64::MAX);
        check("null,", 0);
        check("{\"a\":1},", 0);
        check("\"x\",", 0);
        assert_eq!(Reader::new(b"12", 0).integer(), Err(Stop::More));
        assert_eq!(Reader::new(b"\"12", 0).integer(), Err(Stop::More));
    }
}
