//! The content security policy that deployments use, with the hashes of the page's own inline scripts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The policy for a page.
pub fn policy(index_html: &str) -> String {
    let mut hashes = String::new();
    for script in inline_scripts(index_html) {
        hashes.push_str(" 'sha256-");
        STANDARD.encode_string(Sha256::digest(script.as_bytes()), &mut hashes);
        hashes.push('\'');
    }
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self' http: https:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
    )
}

/// The exact text between the tags of every script without `src`, which is what a browser hashes.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let start = find_ignoring_case(rest, "<script")?;
            let (_, from_tag) = rest.split_at(start);
            let (tag, after) = from_tag.split_once('>')?;
            let end = find_ignoring_case(after, "</script")?;
            let (script, tail) = after.split_at(end);
            rest = tail;
            let has_src = tag
                .split_ascii_whitespace()
                .skip(1)
                .any(|attribute| attribute.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("src")));
            if !has_src && !script.is_empty() {
                return Some(script);
            }
        }
    })
}

fn find_ignoring_case(text: &str, ascii_needle: &str) -> Option<usize> {
    text.as_bytes().windows(ascii_needle.len()).position(|window| window.eq_ignore_ascii_case(ascii_needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_inline_scripts_only() {
        let html =
            "<head><script>alert(1)</script><script src=\"a.js\"></script><SCRIPT type=module>\nlet a;\n</SCRIPT>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["alert(1)", "\nlet a;\n"]);
        // The hash of "alert(1)" as browsers report it.
        assert!(policy(html).contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"));
        assert!(!policy("").contains("sha256"));
    }
}
