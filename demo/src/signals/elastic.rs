//! `POST /_bulk` of Elasticsearch: documents as the operations guide's Fluentd writes them.
//!
//! `logstash_format` with the prefix `agentarea` names an index per day. The parser filter keeps what the tail input and the
//! Kubernetes filter know (`reserve_data`) and puts the fields of a JSON line beside it, without the line itself; a line
//! that is no JSON stays whole in `log`. The guide's input reads `/var/log/containers/agentarea-*.log`, so only pods whose
//! name begins so have documents: not the MCP manager, not PostgreSQL, not Redis.

use super::json::{push_display, push_string};
use super::logs::LogRecord;
use super::sources::{NAMESPACE, SOURCES, Source, push_labels};
use super::times::{push_fluentd, push_index_day};

const PREFIX: &str = "agentarea";

/// Newline-delimited JSON: an action and a document for each line that Fluentd reads.
pub fn bulk(logs: &[LogRecord]) -> Vec<u8> {
    let tails: Vec<Option<String>> = SOURCES.iter().map(|source| tail_of(*source)).collect();
    let bytes: usize = logs.iter().map(|record| record.line.len() + 900).sum();
    let mut out = String::with_capacity(bytes);
    for record in logs {
        let Some(Some(tail)) = tails.get(record.source) else { continue };
        out.push_str(r#"{"index":{"_index":"agentarea-"#);
        push_index_day(&mut out, record.time_ns);
        out.push_str("\"}}\n{");
        let inside = record.line.strip_prefix('{').and_then(|line| line.strip_suffix('}')).filter(|_| record.is_json);
        if let Some(inside) = inside {
            out.push_str(inside);
        } else {
            out.push_str(r#""log":"#);
            push_string(&mut out, &record.line);
        }
        push_display(&mut out, format_args!(r#","stream":"{}","logtag":"F","#, record.stream.name()));
        out.push_str(tail);
        out.push_str(r#","@timestamp":""#);
        push_fluentd(&mut out, record.time_ns);
        out.push_str("\"}\n");
    }
    out.into_bytes()
}

/// What all documents of a container share; `None` for those that the input does not read.
fn tail_of(source: Source) -> Option<String> {
    if !source.pod.starts_with(PREFIX) {
        return None;
    }
    let Source { app, pod, container, .. } = source;
    let container_id = source.container_id();
    let mut out = format!(r#""docker":{{"container_id":"{container_id}"}},"kubernetes":{{"container_name":"#);
    push_string(&mut out, container);
    push_display(
        &mut out,
        format_args!(r#","namespace_name":"{NAMESPACE}","pod_name":"{pod}","host":"{}","labels":"#, source.node_name()),
    );
    push_labels(&mut out, &[("app", app)]);
    push_display(
        &mut out,
        format_args!(
            r#"}},"@log_name":"kubernetes.agentarea.var.log.containers.{pod}_{NAMESPACE}_{container}-{container_id}.log""#
        ),
    );
    Some(out)
}
