//! Secrets in texts: found by one pass over the bytes, without reading what stands around them as JSON, so that a text
//! that was cut, or is JSON in a sentence, or JSON in a text in JSON, is no exception.

use std::borrow::Cow;

use super::{REDACTED, name::Names};

/// Longer names are none.
const MAX_KEY_BYTES: usize = 128;

pub fn redacted<'a>(names: &Names, text: &'a str) -> Cow<'a, str> {
    let mut reader =
        Reader { names, text, bytes: text.as_bytes(), out: String::new(), copied: 0, is_pair_secret: false };
    let mut place = 0;
    while let Some(byte) = reader.bytes.get(place).copied() {
        place = match byte {
            b'"' | b'\'' => reader.quoted(place),
            b':' if reader.rest(place).starts_with("://") => reader.address(place),
            byte if is_name_byte(byte) => reader.bare(place),
            _ => place + 1,
        };
    }
    if reader.copied == 0 {
        return Cow::Borrowed(text);
    }
    reader.out.push_str(text.get(reader.copied..).unwrap_or_default());
    Cow::Owned(reader.out)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

struct Reader<'a> {
    names: &'a Names,
    text: &'a str,
    bytes: &'a [u8],
    out: String,
    /// Up to here the text is in `out`.
    copied: usize,
    /// In a list of `{"key": …, "value": …}` a sensitive key was read: the next value is hidden.
    is_pair_secret: bool,
}

impl Reader<'_> {
    fn byte(&self, place: usize) -> Option<u8> {
        self.bytes.get(place).copied()
    }

    fn rest(&self, place: usize) -> &str {
        self.text.get(place..).unwrap_or_default()
    }

    /// Where the first byte that is no space stands.
    fn after_spaces(&self, mut place: usize) -> usize {
        while self.byte(place).is_some_and(is_space) {
            place += 1;
        }
        place
    }

    fn end_of(&self, mut place: usize, is_part: impl Fn(u8) -> bool) -> usize {
        while self.byte(place).is_some_and(&is_part) {
            place += 1;
        }
        place
    }

    /// Hides what lies between; `quotes` go around what had none. Returns the end.
    fn hide(&mut self, from: usize, to: usize, quotes: &str) -> usize {
        let value = self.text.get(from..to).unwrap_or_default();
        if value.is_empty() || value == REDACTED || is_placeholder(value) || from < self.copied {
            return to;
        }
        self.out.push_str(self.text.get(self.copied..from).unwrap_or_default());
        for part in [quotes, REDACTED, quotes] {
            self.out.push_str(part);
        }
        self.copied = to;
        to
    }

    /// How many backslashes stand before a place: the depth at which a quote is escaped.
    fn escapes_before(&self, place: usize) -> usize {
        let before = self.bytes.get(..place).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte == b'\\').count()
    }

    /// The quote that ends a text which begins at `from`, within quotes that are escaped by so many backslashes. One
    /// level of escaping turns a quote behind n backslashes into one behind 2n + 1.
    fn closing(&self, from: usize, quote: u8, escapes: usize) -> Option<usize> {
        let mut slashes = 0;
        for (place, byte) in self.bytes.iter().enumerate().skip(from) {
            if *byte == b'\\' {
                slashes += 1;
            } else {
                if *byte == quote && slashes % (2 * (escapes + 1)) == escapes {
                    return Some(place);
                }
                slashes = 0;
            }
        }
        None
    }

    /// At a quote: if it begins a name and a value follows, both are read. Returns where to go on.
    fn quoted(&mut self, place: usize) -> usize {
        let Some(quote) = self.byte(place) else { return place + 1 };
        let escapes = self.escapes_before(place);
        let window = self.bytes.get(..(place + 1 + MAX_KEY_BYTES + escapes).min(self.bytes.len())).unwrap_or_default();
        let is_end = |byte: &u8| *byte == quote || *byte == b'\n';
        let Some(end) = window.iter().skip(place + 1).position(is_end).map(|length| place + 1 + length) else {
            return place + 1;
        };
        let key = self.text.get(place + 1..end.saturating_sub(escapes).max(place + 1)).unwrap_or_default();
        let is_key = self.byte(end) == Some(quote) && self.escapes_before(end) == escapes && !key.contains('\\');
        let colon = self.after_spaces(end + 1);
        if !is_key || self.byte(colon) != Some(b':') {
            return place + 1;
        }
        let value = self.after_spaces(colon + 1);
        let text = self.quoted_text(value, escapes);
        if matches!(key, "key" | "name" | "Key" | "Name")
            && let Some((from, to, after)) = text
            && self.is_pair(after)
        {
            self.is_pair_secret = self.names.is_sensitive(self.text.get(from..to).unwrap_or_default());
            return after;
        }
        let is_pair_value = matches!(key, "value" | "Value") && std::mem::take(&mut self.is_pair_secret);
        if !is_pair_value && !self.names.is_sensitive(key) {
            return value;
        }
        match text {
            Some((from, to, after)) => {
                self.hide(from, to, "");
                after
            }
            None => self.hide_unquoted(value, escapes),
        }
    }

    /// A text in quotes of that depth of escaping: where it begins and ends, and what is behind it.
    fn quoted_text(&self, place: usize, escapes: usize) -> Option<(usize, usize, usize)> {
        let quote = place + escapes;
        let is_escaped = self.bytes.get(place..quote)?.iter().all(|byte| *byte == b'\\');
        let byte = self.byte(quote).filter(|byte| is_escaped && matches!(byte, b'"' | b'\''))?;
        let mut end = self.closing(quote + 1, byte, escapes);
        // A doubled quote is one within the text, in SQL.
        while let Some(doubled) = end.filter(|end| byte == b'\'' && self.byte(end + 1) == Some(b'\'')) {
            end = self.closing(doubled + 2, byte, escapes);
        }
        let to = end.map_or(self.bytes.len(), |end| end.saturating_sub(escapes).max(quote + 1));
        Some((quote + 1, to, end.map_or(self.bytes.len(), |end| end + 1)))
    }

    /// Whether what follows a `"key": "…"` says that this names a value.
    fn is_pair(&self, after: usize) -> bool {
        let comma = self.after_spaces(after);
        if self.byte(comma) != Some(b',') {
            return false;
        }
        let next = self.after_spaces(comma + 1);
        let next = self.rest(next).trim_start_matches('\\');
        ["\"value\"", "\"type\"", "\"vType\"", "\"value\\", "\"type\\", "\"vType\\", "'value'", "'type'"]
            .iter()
            .any(|key| next.starts_with(key))
    }

    /// A number, a list or an object under a sensitive name. `null`, `true` and `false` tell nothing.
    fn hide_unquoted(&mut self, place: usize, escapes: usize) -> usize {
        let quotes = format!("{}\"", "\\".repeat(escapes));
        match self.byte(place) {
            Some(b'{' | b'[') if !self.rest(place).starts_with(REDACTED) => {
                let end = self.end_of_nested(place, escapes);
                self.hide(place, end, &quotes)
            }
            Some(b'0'..=b'9' | b'-') => {
                let end = self.end_of(place, |byte| is_name_byte(byte) || byte == b'+');
                self.hide(place, end, &quotes)
            }
            _ => place,
        }
    }

    /// Behind the bracket that closes the one at `place`.
    fn end_of_nested(&self, place: usize, escapes: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = place;
        while let Some(byte) = self.byte(at) {
            at = match byte {
                b'"' => self.closing(at + 1, b'"', escapes).map_or(self.bytes.len(), |end| end + 1),
                b'{' | b'[' => {
                    depth += 1;
                    at + 1
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    at + 1
                }
                _ => at + 1,
            };
            if depth == 0 {
                return at;
            }
        }
        self.bytes.len()
    }

    /// At the begin of a name without quotes: `name=value`, `Bearer …`, `Name: value`. Returns where to go on.
    fn bare(&mut self, place: usize) -> usize {
        let end = self.end_of(place, is_name_byte);
        let name = self.text.get(place..end).unwrap_or_default();
        if name.len() > MAX_KEY_BYTES {
            return end;
        }
        if name.eq_ignore_ascii_case("bearer") {
            return self.bearer(end);
        }
        let sign = self.end_of(end, |byte| byte == b' ');
        match self.byte(sign) {
            Some(b'=') if !matches!(self.byte(sign + 1), Some(b'=' | b'>')) && self.names.is_sensitive(name) => {
                let value = self.end_of(sign + 1, |byte| byte == b' ');
                self.assigned(value)
            }
            Some(b':') if sign == end && self.is_line_start(place) && self.names.is_sensitive(name) => {
                self.header(end, name)
            }
            _ => end,
        }
    }

    /// The value behind `=`.
    fn assigned(&mut self, place: usize) -> usize {
        if self.rest(place).starts_with(REDACTED) {
            return place + REDACTED.len();
        }
        let escapes = self.end_of(place, |byte| byte == b'\\') - place;
        if let Some((from, to, after)) = self.quoted_text(place, escapes) {
            self.hide(from, to, "");
            return after;
        }
        let is_value = |byte: u8| {
            !is_space(byte) && !matches!(byte, b'&' | b';' | b',' | b'"' | b'\'' | b'<' | b'>' | b')' | b'}' | b'\\')
        };
        let mut end = self.end_of(place, is_value);
        let scheme = self.text.get(place..end).unwrap_or_default();
        if ["bearer", "basic", "token", "digest", "negotiate"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            let token = self.end_of(end, |byte| byte == b' ');
            end = if token > end { self.end_of(token, is_value) } else { end };
        }
        self.hide(place, end, "")
    }

    /// What follows `Bearer`.
    fn bearer(&mut self, end: usize) -> usize {
        let token = self.end_of(end, |byte| byte == b' ');
        let token_end = self.end_of(token, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-')
        });
        let word = self.text.get(token..token_end).unwrap_or_default();
        let is_prose = ["token", "tokens", "auth", "authentication", "scheme"]
            .iter()
            .any(|prose| word.eq_ignore_ascii_case(prose));
        if token == end || is_prose { end } else { self.hide(token, token_end, "") }
    }

    fn is_line_start(&self, place: usize) -> bool {
        place
            .checked_sub(1)
            .and_then(|before| self.byte(before))
            .is_none_or(|byte| matches!(byte, b'\n' | b'"' | b'\''))
    }

    /// A line `Name: value`, as HTTP's headers. Cookies and credentials have spaces in them.
    fn header(&mut self, colon: usize, name: &str) -> usize {
        let value = self.end_of(colon + 1, |byte| byte == b' ');
        if value == colon + 1 {
            return value;
        }
        if self.rest(value).starts_with(REDACTED) {
            return value + REDACTED.len();
        }
        let is_whole_line = ["authorization", "cookie"].iter().any(|known| {
            name.len() >= known.len()
                && name.get(name.len() - known.len()..).is_some_and(|end| end.eq_ignore_ascii_case(known))
        });
        let end = self.end_of(value, |byte| match byte {
            b'\n' | b'\r' | b'"' | b'\'' => false,
            b' ' | b'\t' | b',' | b';' => is_whole_line,
            _ => true,
        });
        self.hide(value, end, "")
    }

    /// At `://`: the password of `user:password@host`.
    fn address(&mut self, place: usize) -> usize {
        let from = place + 3;
        let is_part =
            |byte: u8| !is_space(byte) && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\');
        let end = self.end_of(from, is_part);
        let authority = self.text.get(from..end).unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { return from };
        let Some(colon) = user.find(':') else { return from };
        self.hide(from + colon + 1, from + user.len(), "")
    }
}

/// Stands for a value in a statement; hides nothing.
fn is_placeholder(value: &str) -> bool {
    let is_numbered = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    matches!(value, "?" | "%s" | "null" | "None" | "NULL" | "true" | "false")
        || value.strip_prefix('$').is_some_and(is_numbered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::trace::random::Random;

    fn names() -> Names {
        Names::new(&["password", "token", "secret", "key", "authorization", "cookie", "session"].map(str::to_owned))
    }

    #[test]
    fn secrets_are_hidden_and_the_rest_stays() {
        let names = names();
        let check = |text: &str, expect: &str| {
            let expect = expect.replace("##", REDACTED);
            assert_eq!(redacted(&names, text), expect, "{text}");
            assert_eq!(redacted(&names, &expect), expect, "twice: {text}");
        };
        check("", "");
        check("nothing to hide", "nothing to hide");
        // JSON.
        check(r#"{"password":"x","user":"a"}"#, r###"{"password":"##","user":"a"}"###);
        check(r#"{"a":[{"b":{"api_key" : "x\"y\\"}}],"c":1}"#, r###"{"a":[{"b":{"api_key" : "##"}}],"c":1}"###);
        check(r#"{"token":12345,"tokens":7,"session":null}"#, r###"{"token":"##","tokens":7,"session":null}"###);
        check(r#"{"session":{"id":[1,"]"],"x":"y"},"z":2}"#, r###"{"session":"##","z":2}"###);
        check(r#"{"key":["a","b"]}"#, r###"{"key":"##"}"###);
        check(r#"{"password":"was cut he"#, r###"{"password":"##"###);
        check(r#"{"password":{"was":"cut"#, r###"{"password":"##""###);
        check(r#"{"password":""}"#, r#"{"password":""}"#);
        check("{\"größe\":\"ü\",\"secret\":\"ü\"}", "{\"größe\":\"ü\",\"secret\":\"##\"}");
        // JSON as text in JSON, once and twice.
        check(r#"{"body":"{\"password\":\"x\\\"y\",\"n\":1}"}"#, r###"{"body":"{\"password\":\"##\",\"n\":1}"}"###);
        check(
            r#"{"a":"{\"b\":\"{\\\"token\\\":\\\"x\\\",\\\"n\\\":1}\"}"}"#,
            r###"{"a":"{\"b\":\"{\\\"token\\\":\\\"##\\\",\\\"n\\\":1}\"}"}"###,
        );
        check(r#"{"body":"{\"token\":5}"}"#, r###"{"body":"{\"token\":\"##\"}"}"###);
        // Python writes dictionaries so.
        check("{'password': 'x', 'user': 'a'}", "{'password': '##', 'user': 'a'}");
        check("don't say 'password' aloud: it's secret", "don't say 'password' aloud: it's secret");
        // Lists of keys and values, as spans are sent.
        check(
            r#"[{"key":"http.request.header.authorization","type":"string","value":"Basic x"},{"key":"user","type":"string","value":"a"}]"#,
            r###"[{"key":"http.request.header.authorization","type":"string","value":"##"},{"key":"user","type":"string","value":"a"}]"###,
        );
        check(
            r#"{ "key": "auth_token", "value": { "stringValue": "x" } }, { "key": "n", "value": { "intValue": 1 } }"#,
            r###"{ "key": "auth_token", "value": "##" }, { "key": "n", "value": { "intValue": 1 } }"###,
        );
        // key=value.
        check("user=a password=x y=z", "user=a password=## y=z");
        check("GET /cb?access_token=abc.def-g&state=1#top", "GET /cb?access_token=##&state=1#top");
        check("password='a b' token=\"c d\" n=1", "password='##' token=\"##\" n=1");
        check("password = x, input_tokens=12; api_key=k;v=1", "password = ##, input_tokens=12; api_key=##;v=1");
        check("if token == other && key != x", "if token == other && key != x");
        check("authorization=Basic dXNlcg== next=1", "authorization=## next=1");
        check(
            "SELECT * FROM users WHERE password = %s AND token = $1 AND key=?",
            "SELECT * FROM users WHERE password = %s AND token = $1 AND key=?",
        );
        check("UPDATE users SET password = 'x''y' WHERE id = 1", "UPDATE users SET password = '##' WHERE id = 1");
        check("log: \"token=abc\" sent", "log: \"token=##\" sent");
        // Bearer, headers, addresses.
        check("Authorization: Bearer abc.def", "Authorization: ##");
        check("sent Bearer abc.d/e+f== to api", "sent Bearer ## to api");
        check("a bearer token is missing", "a bearer token is missing");
        check("GET / HTTP/1.1\nCookie: a=b; c=d\nHost: x", "GET / HTTP/1.1\nCookie: ##\nHost: x");
        check("invalid token: unexpected end", "invalid token: unexpected end");
        check("postgresql://agentarea:s3cr:et@db:5432/x", "postgresql://agentarea:##@db:5432/x");
        check("http://host:80/a@b and redis://:pw@r", "http://host:80/a@b and redis://:##@r");
        check("GET session:?", "GET session:?");
    }

    #[test]
    fn what_is_hidden_once_does_not_change_again() {
        let names = names();
        let parts = [
            "\"",
            "'",
            "\\",
            "\\\"",
            "{",
            "}",
            "[",
            "]",
            ":",
            "=",
            ",",
            " ",
            "\n",
            "password",
            "token",
            "key",
            "value",
            "name",
            "a",
            "1",
            "ü",
            "Bearer ",
            "://",
            "@",
            "&",
            REDACTED,
            "\"password\":",
            "\"key\":\"token\",\"value\":",
            "type",
            "?",
        ];
        let mut random = Random(23);
        for _ in 0..60_000 {
            let text: String =
                (0..random.below(14)).map(|_| parts[random.below(parts.len() as u64) as usize]).collect();
            let once = redacted(&names, &text).into_owned();
            assert_eq!(redacted(&names, &once), once, "{text:?}");
        }
    }

    #[test]
    fn long_texts_take_linear_time() {
        let names = names();
        for part in ["\"", "{\"a\":", "\\\"", "password=", "[", "a.", "\"key\":\"", "://"] {
            let text = part.repeat(300_000);
            assert!(!redacted(&names, &text).is_empty());
        }
    }
}
