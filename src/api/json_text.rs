//! The text that a JSON string stands for.
//!
//! Invariant: every run of bytes gives some text; what is no text in it is U+FFFD.

use std::borrow::Cow;

/// What stands between the quotes, with escapes resolved.
pub(super) fn decoded(raw: &[u8]) -> Cow<'_, str> {
    if raw.contains(&b'\\') { Cow::Owned(unescaped(raw)) } else { String::from_utf8_lossy(raw) }
}

/// With escapes resolved. Bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD.
pub(super) fn unescaped(raw: &[u8]) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let [kind, tail @ ..] = rest else { break };
        rest = tail;
        let c = match kind {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let (c, tail) = escaped_char(rest);
                rest = tail;
                c
            }
            other => char::from(*other),
        };
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// What follows `\u`: four hex digits, or two such escapes for a character beyond the basic plane.
fn escaped_char(rest: &[u8]) -> (char, &[u8]) {
    let Some((high, tail)) = hex4(rest) else { return (char::REPLACEMENT_CHARACTER, rest) };
    if !(0xd800..0xdc00).contains(&high) {
        return (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), tail);
    }
    if let [b'\\', b'u', after @ ..] = tail
        && let Some((low, after)) = hex4(after)
        && (0xdc00..0xe000).contains(&low)
    {
        let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), after);
    }
    (char::REPLACEMENT_CHARACTER, tail)
}

fn hex4(rest: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, tail) = rest.split_at_checked(4)?;
    let mut code = 0;
    for digit in digits {
        code = code * 16 + char::from(*digit).to_digit(16)?;
    }
    Some((code, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded() {
        let check = |raw: &[u8], expect: &str| assert_eq!(decoded(raw), expect, "{}", String::from_utf8_lossy(raw));
        check(b"", "");
        check(br#"a\"b\\c\/d\n\u00fc\ud83d\ude00\ude00"#, "a\"b\\c/d\nü😀\u{fffd}");
        check(b"a\xffb", "a\u{fffd}b");
        check(b"open\\", "open");
    }
}
