//! The servers of `cargo xtask stack`: what each consists of, where it comes from, and which of them this machine can have.
//!
//! A server that cannot be had stops nothing: it is skipped by name, with the reason and what a person does about it.
//! How they are started is not known here but in `demo/src/stack`; the programs' names are what both agree on.

mod here;
mod install;
mod plan;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

pub use here::nginx;
use here::programs_here;
use install::{Failed, install};
pub use plan::NGINX_PACKAGES;
use plan::{Means, Plan, Source};

use super::cache::make;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::options::Options;
use crate::report::Report;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    Prometheus,
    Alertmanager,
    Loki,
    Jaeger,
    Postgres,
    Redis,
    NodeExporter,
    PostgresExporter,
    RedisExporter,
    Nginx,
    Zipkin,
    Elasticsearch,
}

impl Server {
    const ALL: [Self; 12] = [
        Self::Prometheus,
        Self::Alertmanager,
        Self::Loki,
        Self::Jaeger,
        Self::Postgres,
        Self::Redis,
        Self::NodeExporter,
        Self::PostgresExporter,
        Self::RedisExporter,
        Self::Nginx,
        Self::Zipkin,
        Self::Elasticsearch,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
            Self::Loki => "loki",
            Self::Jaeger => "jaeger",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::NodeExporter => "node-exporter",
            Self::PostgresExporter => "postgres-exporter",
            Self::RedisExporter => "redis-exporter",
            Self::Nginx => "nginx",
            Self::Zipkin => "zipkin",
            Self::Elasticsearch => "elasticsearch",
        }
    }

    /// Only started when asked for: each is an alternative to another, and needs a Java with hundreds of megabytes.
    pub const fn is_extra(self) -> bool {
        matches!(self, Self::Zipkin | Self::Elasticsearch)
    }

    /// What must be there for it to start; for an exporter also the server of which it tells.
    const fn programs(self, is_old: bool) -> &'static [&'static str] {
        match self {
            Self::Prometheus if is_old => &["prometheus-old", "promtool-old"],
            Self::Prometheus => &["prometheus", "promtool"],
            Self::Alertmanager => &["alertmanager", "amtool"],
            Self::Loki => &["loki"],
            Self::Jaeger => &["jaeger"],
            Self::Postgres => &["postgres", "initdb"],
            Self::Redis => &["redis"],
            Self::NodeExporter => &["node-exporter"],
            Self::PostgresExporter => &["postgres-exporter", "postgres", "initdb"],
            Self::RedisExporter => &["redis-exporter", "redis"],
            Self::Nginx => &["nginx"],
            Self::Zipkin => &["java", "zipkin"],
            Self::Elasticsearch => &["java", "elasticsearch"],
        }
    }

    fn from_name(name: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|server| server.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|server| server.name()).collect();
            Failure::Usage(format!("“{name}” is no server of the stack; there are {}", names.join(", ")))
        })
    }
}

/// Which servers are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    servers: Vec<Server>,
    /// Prometheus 2 instead of 3.
    pub is_old: bool,
}

impl Wanted {
    /// All but the extra ones.
    pub fn ordinary() -> Self {
        Self { servers: Server::ALL.into_iter().filter(|server| !server.is_extra()).collect(), is_old: false }
    }

    /// What answers are captured from: `--only` of that command also names old versions.
    pub fn for_capture(only: Option<&str>) -> Result<Self, Failure> {
        let Some(only) = only else { return Ok(Self::all()) };
        let names = only.split(',').map(|name| name.trim().trim_end_matches("-old"));
        Ok(Self { servers: names.map(Server::from_name).collect::<Result<_, _>>()?, is_old: false })
    }

    fn all() -> Self {
        Self { servers: Server::ALL.to_vec(), is_old: false }
    }

    /// From `--only`, `--with` and `--old`.
    pub fn take(options: &mut Options) -> Result<Self, Failure> {
        let mut named = |option| match options.take_value(option)? {
            None => Ok(None),
            Some(names) => {
                names.split(',').map(|name| Server::from_name(name.trim())).collect::<Result<Vec<_>, _>>().map(Some)
            }
        };
        let mut servers = named("only")?.unwrap_or_else(|| Self::ordinary().servers);
        servers.extend(named("with")?.unwrap_or_default());
        servers.sort_unstable();
        servers.dedup();
        Ok(Self { servers, is_old: options.take_flag("old") })
    }

    pub fn has(&self, server: Server) -> bool {
        self.servers.contains(&server)
    }
}

/// A server that this machine cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub server: Server,
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is skipped: {}", self.server.name(), self.why)
    }
}

/// By the names that the stack's own command knows.
type Programs = BTreeMap<&'static str, PathBuf>;

/// What set-up found of the servers that were asked for.
pub struct Backends {
    programs: Programs,
    /// Those that can be started.
    servers: Vec<Server>,
    pub skipped: Vec<Skipped>,
    is_old: bool,
}

impl Backends {
    pub fn has(&self, server: Server) -> bool {
        self.servers.contains(&server)
    }

    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// `--program NAME=PATH` for all that was found.
    pub fn program_arguments(&self) -> Vec<OsString> {
        let pair = |(name, path): (&&str, &PathBuf)| {
            let mut pair = OsString::from(format!("{name}="));
            pair.push(path);
            [OsString::from("--program"), pair]
        };
        self.programs.iter().flat_map(pair).collect()
    }

    /// The same, and which servers to start.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments = self.program_arguments();
        let names = |servers: &mut dyn Iterator<Item = &Server>| {
            servers.map(|server| server.name()).collect::<Vec<_>>().join(",")
        };
        // All are named, so that nothing is started that is only there by default.
        arguments.extend(["--only".into(), names(&mut self.servers.iter()).into()]);
        let extra = names(&mut self.servers.iter().filter(|server| server.is_extra()));
        if !extra.is_empty() {
            arguments.extend(["--with".into(), extra.into()]);
        }
        if self.is_old {
            arguments.push("--old".into());
        }
        arguments
    }
}

/// Finds the servers, and installs what is missing and may be installed.
pub fn find_or_install(machine: &Machine, report: &Report, wanted: &Wanted) -> Result<Backends, Failure> {
    let means = Means::here(machine);
    let found = programs_here(machine);
    let plan = Plan::new(wanted, &found, means);
    let mut failures = Failed::new();
    let mut programs = found;
    if !plan.sources.is_empty() {
        make(&machine.cache)?;
        failures = install(machine, report, &plan, means)?;
        programs = programs_here(machine);
    }
    let backends = settle(wanted, programs, &plan.skipped, &failures, report);
    for skipped in &backends.skipped {
        report.say(&skipped.to_string());
    }
    Ok(backends)
}

/// Decides for each server whether it can be started, and tells why not.
fn settle(
    wanted: &Wanted,
    mut programs: Programs,
    planned: &[Skipped],
    failures: &[(Source, String)],
    report: &Report,
) -> Backends {
    let mut servers = Vec::new();
    let mut skipped = Vec::new();
    let why_of = |server: Server, program: &str| {
        let source = Source::of(program);
        let failed = failures.iter().find(|(failed, _)| *failed == source).map(|(_, why)| why);
        failed
            .or_else(|| planned.iter().find(|skipped| skipped.server == server).map(|skipped| &skipped.why))
            .cloned()
            .unwrap_or_else(|| format!("{program} was installed, but not where it is looked for"))
    };
    for &server in &wanted.servers {
        let Some(program) = server.programs(wanted.is_old).iter().find(|name| !programs.contains_key(*name)) else {
            servers.push(server);
            continue;
        };
        let why = why_of(server, program);
        let old = (programs.get("prometheus-old").cloned(), programs.get("promtool-old").cloned());
        if let (Server::Prometheus, (Some(prometheus), Some(promtool))) = (server, old) {
            report.say(&format!("Prometheus 2 takes the place of Prometheus 3: {why}"));
            programs.extend([("prometheus", prometheus), ("promtool", promtool)]);
            servers.push(server);
        } else {
            skipped.push(Skipped { server, why });
        }
    }
    Backends { programs, servers, skipped, is_old: wanted.is_old }
}

#[cfg(test)]
mod tests {
    use super::super::servers::LOKI;
    use super::plan::Apt;
    use super::*;

    pub const ROOT_ON_DEBIAN: Means = Means { apt: Apt::Ours, has_go: true, has_maven: true };
    pub const NOTHING: Means = Means { apt: Apt::Absent, has_go: false, has_maven: false };

    pub fn wanted(line: &str) -> Result<Wanted, Failure> {
        let words = line.split_whitespace().map(str::to_owned);
        Wanted::take(&mut Options::from_args(words).unwrap())
    }

    fn programs(names: &[&'static str]) -> Programs {
        names.iter().map(|name| (*name, PathBuf::from(format!("/bin/{name}")))).collect()
    }

    pub fn all_programs() -> Programs {
        let names: Vec<_> =
            Server::ALL.iter().flat_map(|server| [server.programs(false), server.programs(true)].concat()).collect();
        programs(&names)
    }

    fn settled(wanted: &Wanted, programs: Programs, plan: &Plan, failures: &[(Source, String)]) -> Backends {
        settle(wanted, programs, &plan.skipped, failures, &Report::start())
    }

    fn words(arguments: Vec<OsString>) -> String {
        arguments.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_extra_servers_are_had_only_when_asked_for() {
        assert_eq!(wanted("stack").unwrap(), Wanted::ordinary());
        assert!(!Wanted::ordinary().has(Server::Zipkin));
        assert!(wanted("stack --with zipkin").unwrap().has(Server::Zipkin));
        let some = wanted("stack --only jaeger,prometheus --with elasticsearch,jaeger --old").unwrap();
        assert_eq!(some.servers, [Server::Prometheus, Server::Jaeger, Server::Elasticsearch]);
        assert!(some.is_old);
        assert_eq!(Wanted::for_capture(Some("prometheus-old")).unwrap().servers, [Server::Prometheus]);
        assert!(wanted("stack --only grafana").unwrap_err().to_string().contains("node-exporter"));
    }

    #[test]
    fn what_cannot_be_had_is_skipped_by_name_with_what_to_do() {
        let wanted = wanted("stack --only prometheus,loki,redis,jaeger").unwrap();
        let found = programs(&["jaeger"]);
        let check = |means, server: Server, word: &str| {
            let plan = Plan::new(&wanted, &found, means);
            let backends = settled(&wanted, found.clone(), &plan, &[]);
            let skipped = backends.skipped.iter().find(|skipped| skipped.server == server).unwrap().to_string();
            assert!(skipped.contains(server.name()) && skipped.contains(word), "{skipped}");
            assert!(backends.has(Server::Jaeger) && !backends.has(server));
        };
        check(NOTHING, Server::Loki, "https://go.dev/dl");
        check(NOTHING, Server::Redis, "redis-server on PATH");
        check(Means { apt: Apt::ForOthers, ..NOTHING }, Server::Redis, "sudo apt-get install redis-server");
        check(ROOT_ON_DEBIAN, Server::Redis, "not where it is looked for");
    }

    #[test]
    fn a_build_that_failed_is_why_its_server_is_skipped() {
        let wanted = wanted("stack --only loki,jaeger").unwrap();
        let failures = [(Source::Go(&LOKI), "go build of loki: ended with code 1".to_owned())];
        let backends = settled(&wanted, programs(&["jaeger"]), &Plan::default(), &failures);
        assert_eq!(backends.skipped, [Skipped { server: Server::Loki, why: failures[0].1.clone() }]);
        assert!(words(backends.arguments()).ends_with("--only jaeger"));
    }

    #[test]
    fn prometheus_2_serves_where_3_cannot_be_had() {
        let wanted = wanted("stack --only prometheus").unwrap();
        let found = programs(&["prometheus-old", "promtool-old"]);
        let plan = Plan::new(&wanted, &found, NOTHING);
        let backends = settled(&wanted, found, &plan, &[]);
        assert_eq!(backends.skipped, []);
        assert!(words(backends.arguments()).contains("--program prometheus=/bin/prometheus-old"));
        assert!(!words(backends.arguments()).contains("--old"));
    }

    #[test]
    fn the_stack_is_told_programs_and_servers() {
        let wanted = wanted("stack --only redis --with zipkin --old").unwrap();
        let found = programs(&["java", "redis", "zipkin"]);
        let backends = settled(&wanted, found, &Plan::default(), &[]);
        let expected = "--program java=/bin/java --program redis=/bin/redis --program zipkin=/bin/zipkin \
                        --only redis,zipkin --with zipkin --old";
        assert_eq!(words(backends.arguments()), expected);
    }
}
