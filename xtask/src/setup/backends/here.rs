//! Where the servers' programs are on this machine, if they are.

use std::path::{Path, PathBuf};

use super::super::maven::{ELASTICSEARCH, ZIPKIN};
use super::super::servers::{GoServer, JAEGER, LOKI, PROMETHEUS_3};
use super::Programs;
use crate::machine::Machine;
use crate::process::{answer, command, find, told};

/// Zipkin's oldest.
const OLDEST_JAVA_MAJOR: u32 = 17;

/// One look at what is there.
pub fn programs_here(machine: &Machine) -> Programs {
    let on_path = |names: &[&str]| names.iter().find_map(|name| find(name));
    let built = |server: &GoServer, name: &str| server.program(&machine.cache, name);
    let (mut prometheus, mut promtool) = (built(&PROMETHEUS_3, "prometheus"), built(&PROMETHEUS_3, "promtool"));
    let (mut old_prometheus, mut old_promtool) = (None, None);
    if let (Some(server), Some(tool)) = (find("prometheus"), find("promtool")) {
        match major_version(&told(command(&server).arg("--version"))) {
            Some(2) => (old_prometheus, old_promtool) = (Some(server), Some(tool)),
            Some(3) if prometheus.is_none() => (prometheus, promtool) = (Some(server), Some(tool)),
            _ => {}
        }
    }
    let (postgres, initdb) = postgres_programs(Path::new("/usr/lib/postgresql")).unzip();
    let loki_on_path = || {
        // Other programs are called so too.
        find("loki").filter(|loki| told(command(loki).arg("--version")).starts_with("loki, version 3"))
    };
    [
        ("prometheus", prometheus),
        ("promtool", promtool),
        ("prometheus-old", old_prometheus),
        ("promtool-old", old_promtool),
        ("alertmanager", on_path(&["alertmanager", "prometheus-alertmanager"])),
        ("amtool", find("amtool")),
        ("loki", built(&LOKI, "loki").or_else(loki_on_path)),
        ("jaeger", built(&JAEGER, "all-in-one").or_else(|| find("jaeger-all-in-one"))),
        ("postgres", postgres),
        ("initdb", initdb),
        ("redis", find("redis-server")),
        ("node-exporter", on_path(&["node_exporter", "prometheus-node-exporter"])),
        ("postgres-exporter", on_path(&["postgres_exporter", "prometheus-postgres-exporter"])),
        ("redis-exporter", on_path(&["redis_exporter", "prometheus-redis-exporter"])),
        ("nginx", nginx()),
        ("java", java()),
        ("zipkin", ZIPKIN.program(machine)),
        ("elasticsearch", ELASTICSEARCH.program(machine)),
    ]
    .into_iter()
    .filter_map(|(name, path)| Some((name, path?)))
    .collect()
}

/// nginx is an administrator's program, and not on everyone's PATH.
pub fn nginx() -> Option<PathBuf> {
    let elsewhere = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"];
    find("nginx").or_else(|| elsewhere.map(PathBuf::from).into_iter().find(|file| file.is_file()))
}

fn java() -> Option<PathBuf> {
    let java = find("java")?;
    // `openjdk 17.0.15 2025-04-15`. Java 8 does not know the option.
    let told = answer(command(&java).arg("--version"))?;
    let major = told.split_whitespace().nth(1)?.split(['.', '-', '+']).next()?.parse::<u32>().ok()?;
    (major >= OLDEST_JAVA_MAJOR).then_some(java)
}

/// The newest of Debian's, which are not on PATH, or else those of PATH.
fn postgres_programs(debians: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut versions: Vec<(u32, PathBuf)> = debians
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("postgres").is_file() && folder.join("initdb").is_file())
        .collect();
    versions.sort();
    match versions.pop() {
        Some((_, folder)) => Some((folder.join("postgres"), folder.join("initdb"))),
        None => Some((find("postgres")?, find("initdb")?)),
    }
}

/// `prometheus, version 2.42.0+ds (branch: …)` → 2.
fn major_version(told: &str) -> Option<u32> {
    told.split_once("version ")?.1.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_servers_tell() {
        assert_eq!(major_version("prometheus, version 2.42.0+ds (branch: debian/sid)"), Some(2));
        assert_eq!(major_version("prometheus, version 3.16.0 (branch: )"), Some(3));
        assert_eq!(major_version("gibberish"), None);
    }

    #[test]
    fn the_newest_postgres_of_debian_is_taken() {
        let folder = std::env::temp_dir().join(format!("xtask-postgres-{}", std::process::id()));
        for version in ["9", "15", "17"] {
            std::fs::create_dir_all(folder.join(version).join("bin")).unwrap();
        }
        for file in ["9/bin/postgres", "9/bin/initdb", "15/bin/postgres", "15/bin/initdb", "17/bin/initdb"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let (postgres, initdb) = postgres_programs(&folder).unwrap();
        assert!(postgres.ends_with("15/bin/postgres") && initdb.ends_with("15/bin/initdb"), "{postgres:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
