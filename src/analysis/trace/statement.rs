//! Database statements without what changes from one to the next.

/// Longer statements are cut: what tells two apart stands before this, and hostile ones may be megabytes.
const MAX_BYTES: usize = 4096;

/// The statement with every literal and placeholder as `?`, lists of them as one, spaces as one and comments gone:
/// `SELECT * FROM t WHERE id IN (1, 2)` and `SELECT *  FROM t WHERE id IN ($1)` are both `SELECT * FROM t WHERE id IN (?)`.
/// Letters keep their case. Names that end in digits keep them; what looks like an id (a number, or eight and more
/// hexadecimal digits with a decimal one among them) does not, wherever it stands: `GET agent:7f3a91c2` is `GET agent:?`.
pub fn normalised(statement: &str) -> String {
    let mut rest = statement.get(..statement.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
    let mut out = String::with_capacity(rest.len());
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '\'' => {
                push_value(&mut out);
                quoted_len(rest)
            }
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '%' if rest.starts_with("%s") => {
                push_value(&mut out);
                2
            }
            '%' if rest.starts_with("%(") => {
                push_value(&mut out);
                rest.find(")s").map_or(rest.len(), |end| end + 2)
            }
            '?' => {
                push_value(&mut out);
                1
            }
            '$' | '@' => {
                let len = 1 + word_len(rest.get(1..).unwrap_or_default());
                if len > 1 {
                    push_value(&mut out);
                } else {
                    out.push(first);
                }
                len
            }
            ':' if rest.starts_with("::") => {
                out.push_str("::");
                2
            }
            // `:name`, but not the colon of a key (`agent:?`).
            ':' if ends_in_space(&out) => {
                let len = 1 + word_len(rest.get(1..).unwrap_or_default());
                if len > 1 {
                    push_value(&mut out);
                } else {
                    out.push(first);
                }
                len
            }
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with([' ', '(']) {
                    out.push(' ');
                }
                c.len_utf8()
            }
            c if c.is_alphanumeric() || c == '_' => {
                let len = word_len(rest);
                let word = rest.get(..len).unwrap_or_default();
                if is_value(word) {
                    push_value(&mut out);
                } else {
                    out.push_str(word);
                }
                len
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(taken.max(first.len_utf8())..).unwrap_or_default();
    }
    out.truncate(out.trim_end().len());
    out
}

/// `?`, unless it would go on with a list of them, a fraction, or an id in parts.
fn push_value(out: &mut String) {
    let before = out.trim_end_matches([' ', ',', '.', '-', '+']);
    if before.ends_with('?') && before.len() < out.len() {
        out.truncate(before.len());
    } else {
        out.push('?');
    }
}

fn ends_in_space(out: &str) -> bool {
    out.chars().next_back().is_none_or(|c| !c.is_alphanumeric())
}

fn word_len(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn is_value(word: &str) -> bool {
    let has_digit = word.bytes().any(|b| b.is_ascii_digit());
    let is_hex = word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit());
    word.starts_with(|c: char| c.is_ascii_digit()) || has_digit && is_hex
}

/// Of a text in single quotes, with its quotes; a doubled or escaped quote does not end it.
fn quoted_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut place = 1;
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'\\' => place += 1,
            b'\'' if bytes.get(place + 1) == Some(&b'\'') => place += 1,
            b'\'' => return place + 1,
            _ => {}
        }
        place += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_layout_go_names_stay() {
        let check = |statement: &str, expect: &str| {
            assert_eq!(normalised(statement), expect, "{statement}");
            assert_eq!(normalised(expect), expect, "twice is once");
        };
        check("", "");
        check("SELECT 1", "SELECT ?");
        check("SELECT *\n  FROM t2 WHERE id=42 ", "SELECT * FROM t2 WHERE id=?");
        check(
            "SELECT a FROM t WHERE n = 'O''Hara' AND m = 'x\\'y' LIMIT 50",
            "SELECT a FROM t WHERE n = ? AND m = ? LIMIT ?",
        );
        check("SELECT a FROM t WHERE id IN (1, 2,3)", "SELECT a FROM t WHERE id IN (?)");
        check("SELECT a FROM t WHERE id IN (%s)", "SELECT a FROM t WHERE id IN (?)");
        check("INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)", "INSERT INTO t (a, b) VALUES (?), (?)");
        check("SELECT :id, %(name)s, @p1, x::text FROM t", "SELECT ?, x::text FROM t");
        check("SELECT 1 -- why\nFROM t /* hint */ WHERE 2.5 < x", "SELECT ? FROM t WHERE ? < x");
        check("GET session:123", "GET session:?");
        check("GET agent:7f3a91c2-0b1d-4c5e-8f90-123456789abc", "GET agent:?");
        check("HGET facade x", "HGET facade x");
        check("SELECT \"Größe\" FROM \"Tür\"", "SELECT \"Größe\" FROM \"Tür\"");
        check("SELECT 'open", "SELECT ?");
        assert!(normalised(&"ü".repeat(9000)).len() <= MAX_BYTES);
    }
}
