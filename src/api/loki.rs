//! What a link to Loki's own answer needs.

use super::http::{Endpoint, FormParams};
use crate::model::{labels::quoted, trace::TraceId};

const MAX_LINES: &str = "1000";
/// The label that Loki makes by itself since version 3, of whatever tells a stream's service (`discover_service_name`).
const SERVICE_NAME: &str = "service_name";

/// The label of Loki's streams that tells their service, out of those that may: `service_labels` of `config.json`.
pub fn service_label(service_labels: &[String]) -> &str {
    let first = service_labels.first().map_or(SERVICE_NAME, String::as_str);
    service_labels.iter().map(String::as_str).find(|label| *label == SERVICE_NAME).unwrap_or(first)
}

/// The address of the lines of a service that name a trace, from `start_ns` up to `end_ns`, oldest first. The trace's id may
/// be structured metadata of a line or a field of its JSON.
pub fn lines_of_trace_url(
    endpoint: &Endpoint,
    (label, service): (&str, &str),
    trace_id: TraceId,
    (start_ns, end_ns): (i64, i64),
) -> String {
    let query = format!("{{{label}={}}} | json | trace_id=\"{trace_id}\"", quoted(service));
    let params = FormParams::default()
        .with("query", &query)
        .with("start", &start_ns.to_string())
        .with("end", &end_ns.to_string())
        .with("limit", MAX_LINES)
        .with("direction", "forward");
    endpoint.get("/loki/api/v1/query_range", &params).url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_asks_for_a_services_lines_of_a_trace() {
        let endpoint = Endpoint::new("loki", "https://a.example/loki");
        let url = lines_of_trace_url(&endpoint, ("app", "a\"b\\c"), TraceId(0xfe << 100), (5, 7));
        assert_eq!(
            url,
            "https://a.example/loki/loki/api/v1/query_range?query=%7Bapp%3D%22a%5C%22b%5C%5Cc%22%7D+%7C+json+%7C+\
             trace_id%3D%2200000fe0000000000000000000000000%22&start=5&end=7&limit=1000&direction=forward"
        );
    }

    #[test]
    fn the_label_that_loki_makes_is_taken_unless_another_is_wanted() {
        let check = |labels: &[&str], expect: &str| {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            assert_eq!(service_label(&labels), expect);
        };
        check(&["service", "service_name", "app"], "service_name");
        check(&["app", "job"], "app");
        check(&[], "service_name");
    }
}
