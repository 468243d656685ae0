//! JSON for a person to read: a line for each value, two spaces for each level.
//!
//! Invariant: linear in the text, whatever its depth: levels beyond [`MAX_INDENT`] are not indented further. Strings and numbers
//! stay as they were written.

use agentarea_kernels::json::string_end;

const MAX_INDENT: usize = 40;

pub(super) fn formatted(json: &[u8]) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut at = 0;
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth.min(MAX_INDENT), b' ');
    };
    while let Some(byte) = json.get(at).copied() {
        at += 1;
        match byte {
            b'"' => {
                let end = string_end(json, at).map_or(json.len(), |end| end + 1);
                out.push(b'"');
                out.extend_from_slice(json.get(at..end).unwrap_or_default());
                at = end;
            }
            b'{' | b'[' => {
                out.push(byte);
                at += json.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                if let Some(close @ (b'}' | b']')) = json.get(at) {
                    out.push(*close);
                    at += 1;
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(b',');
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            byte if byte.is_ascii_whitespace() => {}
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_value() {
        assert_eq!(
            formatted(br#"{"a":[1, {"b":"x:{,}"}],"c":{ },"d":[]}"#),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x:{,}\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}"
        );
        for broken in ["", "\"open", "{", "]]", "[\"a\\"] {
            formatted(broken.as_bytes());
        }
        let deep = formatted("[".repeat(100_000).as_bytes());
        assert!(deep.len() < 100_000 * 84);
    }
}
