//! Addresses that a file gives and a person may follow.

/// The address if it is `http(s)` or relative to this page. Anything that a browser might read as another scheme is not.
pub fn safe_href(url: &str) -> Option<&str> {
    let url = url.trim();
    // Browsers pass over these inside of a scheme, and read a backslash as a slash.
    if url.is_empty() || url.chars().any(|c| c.is_control() || c == '\\') {
        return None;
    }
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return Some(url);
    }
    let before_path = url.split(['/', '?', '#']).next().unwrap_or_default();
    (!before_path.contains(':') && !url.starts_with("//")).then_some(url)
}

/// Whether an address leads away from this app.
pub fn is_foreign(href: &str) -> bool {
    href.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) && href.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_are_led_to() {
        for good in ["https://a.test", "HTTP://a.test/b:c", "d/agents", "/d/agents", "?from=now-1h", "#a:b", "a/b:c"] {
            assert_eq!(safe_href(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            " JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//evil.test/x",
            "\\\\evil.test",
            "/\\evil.test",
            "mailto:a@b.test",
            "",
            "https:evil",
        ] {
            assert_eq!(safe_href(bad), None, "{bad}");
        }
        assert!(is_foreign("https://a.test") && !is_foreign("d/x") && !is_foreign("httpd/x"));
    }
}
