//! The processes that write logs and spans, as Kubernetes describes them.

use super::json::{push_span_id, push_string};
use crate::sim::{NODES, POSTGRES_NODE, REDIS_NODE, REPLICAS, Service, mix};

/// The platform's namespace.
pub const NAMESPACE: &str = "agentarea";

/// A container whose output the log shipper reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The pod's label `app`.
    pub app: &'static str,
    pub pod: &'static str,
    pub container: &'static str,
    /// Index into [`NODES`].
    pub node: usize,
}

impl Source {
    pub fn node_name(self) -> &'static str {
        NODES.get(self.node).map_or("", |node| node.name)
    }

    /// The container's id: 64 hexadecimal digits.
    pub(super) fn container_id(self) -> String {
        let seed = self.pod.bytes().fold(0, |seed, byte| mix(seed ^ u64::from(byte)));
        let mut out = String::with_capacity(64);
        for part in 0..4 {
            push_span_id(&mut out, mix(seed ^ part));
        }
        out
    }
}

const fn of_replica(process: usize) -> Source {
    #[expect(clippy::indexing_slicing, reason = "evaluated while compiling, where an index beyond the end is an error")]
    let replica = REPLICAS[process];
    Source { app: replica.service.name(), pod: replica.pod, container: replica.service.container(), node: replica.node }
}

/// The processes of [`REPLICAS`] at their own places, then the database and the cache.
pub const SOURCES: [Source; REPLICAS.len() + 2] = [
    of_replica(0),
    of_replica(1),
    of_replica(2),
    of_replica(3),
    of_replica(4),
    of_replica(5),
    of_replica(6),
    Source { app: "postgresql", pod: "postgresql-0", container: "postgresql", node: POSTGRES_NODE },
    Source { app: "redis", pod: "redis-0", container: "redis", node: REDIS_NODE },
];

pub(super) const POSTGRES: usize = REPLICAS.len();
pub(super) const REDIS: usize = REPLICAS.len() + 1;

/// `service.version` of a process after so many new versions.
pub fn service_version(process: usize, release: u32) -> String {
    match REPLICAS.get(process).map(|replica| replica.service) {
        Some(Service::Api) => format!("1.{}.0", 8 + release),
        Some(Service::McpManager) => "0.14.2".to_owned(),
        Some(Service::Frontend) | None => "2.3.1".to_owned(),
    }
}

/// The attributes of a process's resource, in the order in which they are written.
pub(crate) fn resource(process: usize, release: u32) -> Vec<(&'static str, String)> {
    let Some((replica, source)) = REPLICAS.get(process).zip(SOURCES.get(process)) else { return Vec::new() };
    let (language, sdk_version) =
        if replica.service == Service::Frontend { ("nodejs", "1.27.0") } else { ("python", "1.29.0") };
    [
        ("service.name", replica.service.name()),
        ("service.namespace", NAMESPACE),
        ("service.version", service_version(process, release).as_str()),
        ("service.instance.id", replica.pod),
        ("k8s.namespace.name", NAMESPACE),
        ("k8s.pod.name", replica.pod),
        ("k8s.container.name", source.container),
        ("k8s.node.name", source.node_name()),
        ("deployment.environment.name", "production"),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.language", language),
        ("telemetry.sdk.version", sdk_version),
    ]
    .map(|(key, value)| (key, value.to_owned()))
    .to_vec()
}

/// A JSON object of labels.
pub(super) fn push_labels(out: &mut String, labels: &[(&str, &str)]) {
    out.push('{');
    for (number, (key, value)) in labels.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        push_string(out, key);
        out.push(':');
        push_string(out, value);
    }
    out.push('}');
}
