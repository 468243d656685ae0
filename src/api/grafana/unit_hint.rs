//! The unit that a query's own words give away, for panels that name none.
//!
//! Prometheus's naming rules put the base unit at a metric's end (<https://prometheus.io/docs/practices/naming/>). A guess
//! that could be wrong is not made: anything but one metric under well-known functions has no hint.

/// Grafana's unit id. With `is_bucket_axis` it is the unit of the `le` axis instead of the values'.
pub(super) fn unit_hint(expr: &str, is_bucket_axis: bool) -> Option<&'static str> {
    let words = words_outside_selectors(expr);
    let is_called = |name: &str| words.iter().any(|w| w.is_call && w.text == name);
    let mut metrics: Vec<&str> =
        words.iter().filter(|w| !w.is_call && w.text.contains('_')).map(|w| w.text.as_str()).collect();
    let operators = expr_operators(expr);
    metrics.dedup();
    let [metric] = metrics.as_slice() else { return None };
    if is_bucket_axis {
        return unit_of(metric.strip_suffix("_bucket")?);
    }
    match operators.as_slice() {
        [] => {}
        // A part of a whole: the same counter twice, such as failed requests by all requests.
        ['/'] if words.iter().filter(|w| !w.is_call && w.text == *metric).count() == 2 => return Some("percentunit"),
        _ => return None,
    }
    if let Some(base) = metric.strip_suffix("_bucket") {
        return if is_called("histogram_quantile") { unit_of(base) } else { None };
    }
    if is_called("count") || is_called("absent") || is_called("count_values") {
        return None;
    }
    let is_rate = is_called("rate") || is_called("irate");
    let is_counter = metric.ends_with("_total");
    match (is_rate, unit_of(metric.strip_suffix("_total").unwrap_or(metric))) {
        (true, Some("bytes")) => Some("Bps"),
        (true, None) if metric.contains("request") => Some("reqps"),
        (true, None) if is_counter => Some("cps"),
        // Seconds per second are a bare number: processors in use.
        (true, _) => None,
        (false, found) => found,
    }
}

fn unit_of(metric: &str) -> Option<&'static str> {
    [
        ("_bytes", "bytes"),
        ("_seconds", "s"),
        ("_milliseconds", "ms"),
        ("_percent", "percent"),
        ("_ratio", "percentunit"),
        ("_celsius", "celsius"),
    ]
    .into_iter()
    .find(|(suffix, _)| metric.ends_with(suffix))
    .map(|(_, unit)| unit)
}

struct Word {
    text: String,
    is_call: bool,
}

/// Names outside braces, brackets, quotes and grouping lists.
fn words_outside_selectors(expr: &str) -> Vec<Word> {
    const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    let mut words: Vec<Word> = Vec::new();
    let mut current = String::new();
    for c in without_selectors(expr).chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || c == '_' || c == ':' {
            current.push(c);
            continue;
        }
        if !current.is_empty() {
            words.push(Word { text: std::mem::take(&mut current), is_call: c == '(' });
        } else if c == '('
            && let Some(last) = words.last_mut()
        {
            // `rate (x)`: only white space in between can have led here without another word.
            last.is_call |= GROUPING.contains(&last.text.as_str());
        }
    }
    words
}

/// The text without what stands in braces, brackets, quotes and the lists after `by`, `on` and their kin.
fn without_selectors(expr: &str) -> String {
    let mut out = String::with_capacity(expr.len());
    let mut quote = None;
    let (mut depth, mut list_depth) = (0_u32, 0_u32);
    for c in expr.chars() {
        match (quote, c) {
            (Some(q), c) => {
                if c == q {
                    quote = None;
                }
            }
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, '(') if list_depth > 0 || ends_with_grouping(&out) => {
                if list_depth == 0 {
                    out.push('(');
                }
                list_depth += 1;
            }
            (None, ')') if list_depth > 0 => {
                list_depth -= 1;
                if list_depth == 0 {
                    out.push(')');
                }
            }
            (None, c) if depth == 0 && list_depth == 0 => out.push(c),
            (None, _) => {}
        }
    }
    out
}

fn ends_with_grouping(text: &str) -> bool {
    let trimmed = text.trim_end();
    let word = trimmed.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    matches!(word, "by" | "without" | "on" | "ignoring" | "group_left" | "group_right")
}

fn expr_operators(expr: &str) -> Vec<char> {
    without_selectors(expr)
        .chars()
        .filter(|c| matches!(c, '+' | '-' | '*' | '/' | '%' | '^' | '>' | '<' | '=' | '!'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let check = |expr: &str, expect: Option<&str>| assert_eq!(unit_hint(expr, false), expect, "{expr}");
        check("sum(container_memory_usage_bytes{container=~\"agentarea.*\"}) by (container)", Some("bytes"));
        check("sum(rate(container_cpu_usage_seconds_total{container=~\"a.*\"}[5m])) by (container)", None);
        check("sum(rate(agentarea_http_requests_total[5m])) by (service)", Some("reqps"));
        check(
            "sum(rate(agentarea_http_requests_total{status=~\"5..\"}[5m])) / sum(rate(agentarea_http_requests_total[5m]))",
            Some("percentunit"),
        );
        check("histogram_quantile(0.95, sum(rate(agentarea_db_query_duration_seconds_bucket[5m])) by (le))", Some("s"));
        check("rate(node_network_receive_bytes_total[5m])", Some("Bps"));
        check("rate(agentarea_agent_messages_total[5m])", Some("cps"));
        check("agentarea_cpu_usage_percent", Some("percent"));
        check("sum by (my_label_bytes) (agentarea_active_agents)", None);
        check("sum(agentarea_active_users)", None);
        check("container_memory_usage_bytes / 1024", None);
        check("a_bytes / b_bytes", None);
        check("count(x_bytes)", None);
        check("time() - process_start_time_seconds", None);
        check("", None);
        check("sum(rate(", None);
        check("avg(up{job=~\"agentarea.*\"})", None);
    }

    #[test]
    fn bucket_axes() {
        let expr = "sum(increase(agentarea_http_request_duration_seconds_bucket[5m])) by (le)";
        assert_eq!(unit_hint(expr, true), Some("s"));
        assert_eq!(unit_hint(expr, false), None);
        assert_eq!(unit_hint("agentarea_active_agents", true), None);
    }
}
