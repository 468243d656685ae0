//! The query part of a page's address as plain data: parsing, writing, changing one key.
//!
//! Invariant: keys that are not ours pass through unchanged, and writing what was parsed gives the same pairs.

/// The pairs of a query string, in order, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `?a=1&b=2` (the question mark may be missing).
    pub fn parse(query: &str) -> Self {
        let pairs = query
            .trim_start_matches('?')
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decode(name), decode(value))
            })
            .collect();
        Self(pairs)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Replaces the values of `name`; `None` removes it.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.0.retain(|(n, _)| n != name);
        if let Some(value) = value {
            self.0.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// All values of `name`, in order.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect()
    }

    /// Replaces the values of `name` by several ones; none removes it.
    #[must_use]
    pub fn with_each(mut self, name: &str, values: Vec<String>) -> Self {
        self.0.retain(|(n, _)| n != name);
        self.0.extend(values.into_iter().map(|value| (name.to_owned(), value)));
        self
    }

    /// Only the pairs with these names: what a link to another page takes along.
    #[must_use]
    pub fn keep(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(n, _)| names.contains(&n.as_str())).cloned().collect())
    }

    /// `?a=1&b=2`, or nothing when there is nothing to say.
    pub fn to_query(&self) -> String {
        let mut out = String::new();
        for (name, value) in &self.0 {
            out.push(if out.is_empty() { '?' } else { '&' });
            encode(name, &mut out);
            out.push('=');
            encode(value, &mut out);
        }
        out
    }
}

fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        // RFC 3986's unreserved characters, and those of its `query` that our values use and people read.
        if byte.is_ascii_alphanumeric() || b"-._~/:,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(HEX.get(usize::from(nibble)).map_or('0', |b| char::from(*b)));
            }
        }
    }
}

/// A segment of a path, decoded; there, a plus is a plus.
pub fn decode_segment(text: &str) -> String {
    decode(&text.replace('+', "%2B"))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let value = tail
                    .get(..2)
                    .and_then(|hex| std::str::from_utf8(hex).ok())
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                if let Some(value) = value {
                    bytes.push(value);
                    rest = tail.get(2..).unwrap_or_default();
                } else {
                    bytes.push(b'%');
                }
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for value in ["", "now-6h", "a b&c=d", "100 %", "ä→😀", "+", "Europe/Berlin", "%", "%zz"] {
            let params = Params::default().with("k", Some(value)).with("other key", Some("x"));
            assert_eq!(Params::parse(&params.to_query()), params, "{value}");
        }
    }

    #[test]
    fn a_query_is_read_as_browsers_write_it() {
        let check = |query: &str, expect: &[(&str, &str)]| {
            let expect = expect.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(Params::parse(query), Params(expect), "{query}");
        };
        check("", &[]);
        check("?", &[]);
        check("?from=now-6h&to=now", &[("from", "now-6h"), ("to", "now")]);
        check("a&b=&&c=%41+%42", &[("a", ""), ("b", ""), ("c", "A B")]);
        check("broken=%4", &[("broken", "%4")]);
    }

    #[test]
    fn one_key_changes_and_the_others_stay() {
        let params = Params::parse("?from=a&foreign=1&to=b");
        assert_eq!(params.clone().with("to", Some("c")).to_query(), "?from=a&foreign=1&to=c");
        assert_eq!(params.clone().with("from", None).to_query(), "?foreign=1&to=b");
        assert_eq!(params.keep(&["from", "to"]).to_query(), "?from=a&to=b");
        let several = params.with_each("to", vec!["x".to_owned(), String::new(), "a,b".to_owned()]);
        assert_eq!(several.to_query(), "?from=a&foreign=1&to=x&to=&to=a,b");
        assert_eq!(several.all("to"), ["x", "", "a,b"]);
        assert_eq!(several.with_each("to", Vec::new()).to_query(), "?from=a&foreign=1");
    }
}
