//! Where the servers' programs come from, and what is to be done to have those that are asked for.
//!
//! It is decided before anything starts, and without a look at the machine: that is [`super::here`]'s.

use super::super::maven::{Artifact, ELASTICSEARCH, ZIPKIN};
use super::super::servers::{GoServer, JAEGER, LOKI, PROMETHEUS_3};
use super::{Programs, Skipped, Wanted};
use crate::machine::Machine;
use crate::process::find;

/// nginx, and the module with which it serves files that were compressed beforehand.
pub const NGINX_PACKAGES: [&str; 2] = ["nginx", "libnginx-mod-http-brotli-static"];

/// Where a program comes from that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Go(&'static GoServer),
    Maven(&'static Artifact),
    /// Debian's packages, and where else the program is to be had.
    Debian(&'static [&'static str], &'static str),
}

impl Source {
    pub fn of(program: &str) -> Self {
        let downloads = "put it on PATH; it is on https://prometheus.io/download";
        match program {
            "prometheus" | "promtool" => Self::Go(&PROMETHEUS_3),
            "jaeger" => Self::Go(&JAEGER),
            "loki" => Self::Go(&LOKI),
            "zipkin" => Self::Maven(&ZIPKIN),
            "elasticsearch" => Self::Maven(&ELASTICSEARCH),
            "prometheus-old" | "promtool-old" => Self::Debian(&["prometheus"], downloads),
            "alertmanager" | "amtool" => Self::Debian(&["prometheus-alertmanager"], downloads),
            "node-exporter" => Self::Debian(&["prometheus-node-exporter"], downloads),
            "postgres-exporter" => Self::Debian(
                &["prometheus-postgres-exporter"],
                "put it on PATH; it is on https://github.com/prometheus-community/postgres_exporter/releases",
            ),
            "redis-exporter" => Self::Debian(
                &["prometheus-redis-exporter"],
                "put it on PATH; it is on https://github.com/oliver006/redis_exporter/releases",
            ),
            "postgres" | "initdb" => Self::Debian(&["postgresql"], "install PostgreSQL, with its programs on PATH"),
            "redis" => Self::Debian(&["redis-server"], "install Redis, with redis-server on PATH"),
            "java" => Self::Debian(&["default-jre-headless"], "install Java 17 or newer"),
            _ => Self::Debian(&NGINX_PACKAGES, "install nginx"),
        }
    }
}

/// What this machine can install.
#[derive(Debug, Clone, Copy)]
pub struct Means {
    pub apt: Apt,
    pub has_go: bool,
    pub has_maven: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apt {
    Absent,
    /// It is there, for root alone.
    ForOthers,
    Ours,
}

impl Means {
    pub fn here(machine: &Machine) -> Self {
        let apt = match (machine.has_apt, machine.is_root) {
            (false, _) => Apt::Absent,
            (true, false) => Apt::ForOthers,
            (true, true) => Apt::Ours,
        };
        Self { apt, has_go: find("go").is_some(), has_maven: find("mvn").is_some() }
    }

    /// Why a source is out of reach, and what to do about it; nothing if it is not.
    fn obstacle(self, source: Source) -> Option<String> {
        match source {
            Source::Go(_) if self.has_go => None,
            Source::Go(server) => Some(format!(
                "{} is built from its Go module; install Go from https://go.dev/dl, and set-up builds it",
                server.folder_name()
            )),
            Source::Maven(_) if self.has_maven || self.apt == Apt::Ours => None,
            Source::Maven(artifact) => {
                Some(format!("{} is fetched with Maven; install it (mvn)", artifact.folder_name()))
            }
            Source::Debian(..) if self.apt == Apt::Ours => None,
            Source::Debian(packages, _) if self.apt == Apt::ForOthers => {
                Some(format!("sudo apt-get install {} gets it", packages.join(" ")))
            }
            Source::Debian(_, elsewhere) => Some(elsewhere.to_owned()),
        }
    }
}

/// What is to be installed, and what cannot be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub sources: Vec<Source>,
    pub skipped: Vec<Skipped>,
}

impl Plan {
    pub fn new(wanted: &Wanted, found: &Programs, means: Means) -> Self {
        let mut plan = Self::default();
        for &server in &wanted.servers {
            let mut sources = Vec::new();
            for &program in server.programs(wanted.is_old) {
                let source = Source::of(program);
                if !found.contains_key(program) && !sources.contains(&source) {
                    sources.push(source);
                }
            }
            if let Some(why) = sources.iter().find_map(|source| means.obstacle(*source)) {
                plan.skipped.push(Skipped { server, why });
            } else {
                sources.retain(|source| !plan.sources.contains(source));
                plan.sources.extend(sources);
            }
        }
        plan
    }

    pub fn packages(&self, means: Means) -> Vec<&'static str> {
        let mut packages = Vec::new();
        for source in &self.sources {
            match source {
                Source::Debian(names, _) => packages.extend(*names),
                Source::Maven(_) if !means.has_maven => packages.push("maven"),
                Source::Maven(_) | Source::Go(_) => {}
            }
        }
        packages.sort_unstable();
        packages.dedup();
        packages
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOTHING, ROOT_ON_DEBIAN, all_programs, wanted};
    use super::*;

    #[test]
    fn root_on_debian_can_have_everything_and_where_all_is_there_nothing_is_done() {
        let plan = Plan::new(&Wanted::all(), &Programs::new(), ROOT_ON_DEBIAN);
        assert_eq!(plan.skipped, []);
        for source in [Source::Go(&LOKI), Source::Go(&JAEGER), Source::Go(&PROMETHEUS_3), Source::Maven(&ZIPKIN)] {
            assert!(plan.sources.contains(&source), "{source:?} is not in {plan:?}");
        }
        let packages = plan.packages(ROOT_ON_DEBIAN);
        for package in ["postgresql", "redis-server", "prometheus-alertmanager", "nginx", "default-jre-headless"] {
            assert!(packages.contains(&package), "{package} is not in {packages:?}");
        }
        assert!(!packages.contains(&"maven") && !packages.contains(&"prometheus"), "{packages:?}");
        assert!(plan.packages(Means { has_maven: false, ..ROOT_ON_DEBIAN }).contains(&"maven"));
        assert_eq!(Plan::new(&Wanted::all(), &all_programs(), NOTHING), Plan::default());
    }

    #[test]
    fn only_what_is_asked_for_is_installed() {
        let plan = |line| Plan::new(&wanted(line).unwrap(), &Programs::new(), ROOT_ON_DEBIAN);
        assert_eq!(plan("stack --only jaeger").sources, [Source::Go(&JAEGER)]);
        let old = plan("stack --only prometheus --old");
        assert_eq!(old.packages(ROOT_ON_DEBIAN), ["prometheus"]);
        assert!(!old.sources.contains(&Source::Go(&PROMETHEUS_3)));
    }
}
