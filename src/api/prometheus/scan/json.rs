//! The general steps: any JSON, item by item, out of a buffer that may end in the middle of one.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use agentarea_kernels::number;

use crate::{api::json_text::unescaped, base, model::labels::Labels};

/// Why an item could not be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stop {
    /// The buffer ends inside it.
    More,
    Bad {
        at: usize,
        expected: &'static str,
    },
}

pub(super) struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn bad(&self, expected: &'static str) -> Stop {
        Stop::Bad { at: self.at, expected }
    }

    pub fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// The next byte that is not white space, without taking it.
    fn peek_solid(&mut self) -> Result<u8, Stop> {
        self.skip_space();
        self.peek().ok_or(Stop::More)
    }

    pub fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Stop> {
        if self.peek_solid()? != byte {
            return Err(self.bad(expected));
        }
        self.at += 1;
        Ok(())
    }

    pub fn take_if(&mut self, byte: u8) -> Result<bool, Stop> {
        let is_there = self.peek_solid()? == byte;
        self.at += usize::from(is_there);
        Ok(is_there)
    }

    /// Whether the array goes on; takes the comma before the item, or the bracket after the last.
    pub fn next_item(&mut self, is_first: bool) -> Result<bool, Stop> {
        if self.take_if(b']')? {
            return Ok(false);
        }
        if !is_first {
            self.expect(b',', "a comma or the end of the array")?;
        }
        self.peek_solid()?;
        Ok(true)
    }

    /// The next key of an object and its colon; `None` after the last, whose brace is taken.
    pub fn next_key(&mut self, is_first: bool) -> Result<Option<Cow<'a, str>>, Stop> {
        if self.take_if(b'}')? {
            return Ok(None);
        }
        if !is_first {
            self.expect(b',', "a comma or the end of the object")?;
        }
        let key = self.string()?;
        self.expect(b':', "a colon")?;
        self.peek_solid()?;
        Ok(Some(key))
    }

    /// The bytes between the quotes, and whether there is an escape among them.
    fn raw_string(&mut self) -> Result<(&'a [u8], bool), Stop> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        let mut has_escape = false;
        loop {
            match self.peek().ok_or(Stop::More)? {
                b'"' => break,
                b'\\' => {
                    has_escape = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Ok((raw, has_escape))
    }

    /// Bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD.
    pub fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        let (raw, has_escape) = self.raw_string()?;
        Ok(if has_escape { Cow::Owned(unescaped(raw)) } else { String::from_utf8_lossy(raw) })
    }

    /// A string, or nothing for any other value.
    pub fn optional_string(&mut self) -> Result<Option<String>, Stop> {
        if self.peek_solid()? == b'"' {
            return Ok(Some(self.string()?.into_owned()));
        }
        self.skip_value()?;
        Ok(None)
    }

    /// An array of strings; other items and other values are passed over.
    pub fn strings(&mut self) -> Result<Vec<String>, Stop> {
        let mut strings = Vec::new();
        if !self.take_if(b'[')? {
            self.skip_value()?;
            return Ok(strings);
        }
        let mut is_first = true;
        while self.next_item(is_first)? {
            is_first = false;
            strings.extend(self.optional_string()?);
        }
        Ok(strings)
    }

    /// An object of strings. `null` is the empty set; values that are no strings are left out.
    pub fn labels(&mut self, interner: &mut Interner) -> Result<Labels, Stop> {
        if !self.take_if(b'{')? {
            self.skip_value()?;
            return Ok(Labels::default());
        }
        let mut pairs = Vec::new();
        let mut is_first = true;
        while let Some(name) = self.next_key(is_first)? {
            is_first = false;
            if self.peek_solid()? == b'"' {
                let value = self.string()?;
                pairs.push((interner.intern(&name), interner.intern(&value)));
            } else {
                self.skip_value()?;
            }
        }
        Ok(Labels::from_pairs(pairs))
    }

    /// The text of a number. It ends where something else begins, so the byte after it must be there.
    fn number_text(&mut self) -> Result<&'a str, Stop> {
        self.peek_solid()?;
        let start = self.at;
        while matches!(self.peek().ok_or(Stop::More)?, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
            self.at += 1;
        }
        let text = self.bytes.get(start..self.at).and_then(|raw| std::str::from_utf8(raw).ok());
        text.filter(|text| !text.is_empty()).ok_or(Stop::Bad { at: start, expected: "a number" })
    }

    /// A sample's value: a string, as Prometheus writes it, a number, or `null` for "not a number".
    pub fn float(&mut self) -> Result<f64, Stop> {
        match self.peek_solid()? {
            b'"' => {
                let start = self.at;
                let text = self.string()?;
                number_of(&text).ok_or(Stop::Bad { at: start, expected: "a number" })
            }
            b'n' => {
                self.skip_value()?;
                Ok(f64::NAN)
            }
            _ => {
                let start = self.at;
                number_of(self.number_text()?).ok_or(Stop::Bad { at: start, expected: "a number" })
            }
        }
    }

    /// Seconds on the wire; whole milliseconds here, which is the wire's own resolution.
    pub fn timestamp_ms(&mut self) -> Result<f64, Stop> {
        self.peek_solid()?;
        let start = self.at;
        let t_ms = (self.float()? * 1000.0).round();
        // 2^53 ms are 285,000 years: beyond it, milliseconds are not exact.
        if t_ms.abs() <= 9_007_199_254_740_992.0 {
            Ok(t_ms)
        } else {
            Err(Stop::Bad { at: start, expected: "a timestamp" })
        }
    }

    /// Passes over one value. Not recursive: depth costs nothing. Its inside is not checked.
    pub fn skip_value(&mut self) -> Result<(), Stop> {
        let mut depth = 0_u32;
        self.peek_solid()?;
        loop {
            match self.peek().ok_or(Stop::More)? {
                b'"' => {
                    self.raw_string()?;
                    continue;
                }
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' | b',' if depth == 0 => return Ok(()),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }
}

/// A value's text: what Go's `strconv` writes, `NaN`, `+Inf` and `-Inf` among it.
fn number_of(text: &str) -> Option<f64> {
    number::quick(text).or_else(|| base::number::parse(text))
}

/// One `Arc<str>` for each distinct label name and value of an answer.
#[derive(Default)]
pub(super) struct Interner(HashSet<Arc<str>>);

impl Interner {
    fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(text);
        self.0.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_decoded() {
        let check = |json: &[u8], expect: &str| {
            assert_eq!(Cursor::new(json).string().expect("complete"), expect, "{}", String::from_utf8_lossy(json));
        };
        check(br#""""#, "");
        check(br#""a\"b\\c\/d\n\t\r\b\f""#, "a\"b\\c/d\n\t\r\u{8}\u{c}");
        check(br#""\u00fc \ud83d\ude00 \ud83d x \ude00 \u12""#, "ü 😀 \u{fffd} x \u{fffd} \u{fffd}12");
        check("\"größe\"".as_bytes(), "größe");
        check(b"\"a\xffb\"", "a\u{fffd}b");
        check(b"\"a\xff\\n\"", "a\u{fffd}\n");
        assert_eq!(Cursor::new(b"\"open").string(), Err(Stop::More));
        assert_eq!(Cursor::new(b"\"open\\").string(), Err(Stop::More));
        assert_eq!(Cursor::new(b"1").string(), Err(Stop::Bad { at: 0, expected: "a string" }));
    }

    #[test]
    fn a_million_brackets_do_not_overflow_the_stack() {
        let mut json = vec![b'['; 1_000_000];
        assert_eq!(Cursor::new(&json).skip_value(), Err(Stop::More));
        json.extend(vec![b']'; 1_000_000]);
        json.push(b',');
        let mut cursor = Cursor::new(&json);
        assert_eq!(cursor.skip_value(), Ok(()));
        assert_eq!(cursor.at, 2_000_000);
    }
}
