//! What a variable's query asks Prometheus for, in Grafana's words for it.

/// A query, its variables filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// `label_names()`, of all series or of those that match.
    LabelNames { selector: Option<String> },
    /// `label_values(label)`, `label_values(selector, label)`.
    LabelValues { label: String, selector: Option<String> },
    /// `metrics(regex)`: names that match.
    Metrics { pattern: String },
    /// `query_result(expr)`: each series of the answer as one text.
    Result { expr: String },
    /// A selector: each series as one text.
    Series { selector: String },
}

/// Why a text is no query. Completes "the query …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    #[error("is empty")]
    Empty,
    #[error("names no label: write label_values(metric, label); found \u{201c}{0}\u{201d}")]
    NoLabel(String),
}

pub fn parse(query: &str) -> Result<Question, QuestionError> {
    let query = query.trim();
    if query.is_empty() {
        return Err(QuestionError::Empty);
    }
    let argument =
        |name: &str| query.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')').map(str::trim);
    if let Some(inside) = argument("label_names") {
        return Ok(Question::LabelNames { selector: filled(inside) });
    }
    if let Some(inside) = argument("label_values") {
        // A label has no comma, so the last one parts it from the selector.
        let (selector, label) = match inside.rsplit_once(',') {
            Some((selector, label)) => (filled(selector), label.trim()),
            None => (None, inside),
        };
        let quoted = label.strip_prefix('"').and_then(|label| label.strip_suffix('"'));
        if quoted.is_none() && !is_label(label) {
            return Err(QuestionError::NoLabel(label.to_owned()));
        }
        return Ok(Question::LabelValues { label: quoted.unwrap_or(label).to_owned(), selector });
    }
    if let Some(inside) = argument("metrics") {
        return Ok(Question::Metrics { pattern: inside.to_owned() });
    }
    if let Some(inside) = argument("query_result") {
        return Ok(Question::Result { expr: inside.to_owned() });
    }
    Ok(Question::Series { selector: query.to_owned() })
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_label(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_query() {
        let some = |text: &str| Some(text.to_owned());
        let values = |label: &str, selector| Ok(Question::LabelValues { label: label.to_owned(), selector });
        let check = |query: &str, expect: Result<Question, QuestionError>| assert_eq!(parse(query), expect, "{query}");
        check("label_values(job)", values("job", None));
        check(" label_values( up , job ) ", values("job", some("up")));
        check(
            "label_values(up{job=~\"a|b\", x=\"(,)\"}, instance)",
            values("instance", some("up{job=~\"a|b\", x=\"(,)\"}")),
        );
        check("label_values({\"http.requests\"}, \"http.route\")", values("http.route", some("{\"http.requests\"}")));
        check("label_values(up{a=\"b,c\"})", Err(QuestionError::NoLabel("c\"}".to_owned())));
        check("label_names()", Ok(Question::LabelNames { selector: None }));
        check("label_names(up)", Ok(Question::LabelNames { selector: some("up") }));
        check("metrics(node_.*)", Ok(Question::Metrics { pattern: "node_.*".to_owned() }));
        check(
            "query_result(topk(3, sum by (job) (up)))",
            Ok(Question::Result { expr: "topk(3, sum by (job) (up))".to_owned() }),
        );
        check("up{job=\"a\"}", Ok(Question::Series { selector: "up{job=\"a\"}".to_owned() }));
        check("metrics_total", Ok(Question::Series { selector: "metrics_total".to_owned() }));
        check("  ", Err(QuestionError::Empty));
    }
}
