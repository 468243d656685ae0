//! Servers that run on Java, fetched with Maven, which checks what it fetches.

use std::path::{Path, PathBuf};

use super::cache::{make, remove, whole_folder_in};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::process::{command, find, run_logged};
use crate::report::Report;

/// Pinned, so that what it does with a file does not depend on Maven's age.
const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

#[derive(Debug, PartialEq, Eq)]
pub struct Artifact {
    /// With the version, the folder's name in the cache.
    name: &'static str,
    version: &'static str,
    group: &'static str,
    id: &'static str,
    /// `:type` or `:type:classifier`.
    form: &'static str,
    /// What is started, in the folder.
    program: &'static str,
    is_archive: bool,
    /// It refuses to run as root, so root's own cache, which only root can read, is no place for it.
    is_for_another_user: bool,
    megabytes: u32,
}

pub const ZIPKIN: Artifact = Artifact {
    name: "zipkin",
    version: "3.5.1",
    group: "io.zipkin",
    id: "zipkin-server",
    form: ":jar:exec",
    program: "zipkin-server-3.5.1-exec.jar",
    is_archive: false,
    is_for_another_user: false,
    megabytes: 131,
};

/// The newest that Maven has as a whole distribution: without a Java of its own.
pub const ELASTICSEARCH: Artifact = Artifact {
    name: "elasticsearch",
    version: "7.17.9",
    group: "org.elasticsearch.distribution.integ-test-zip",
    id: "elasticsearch",
    form: ":zip",
    program: "elasticsearch-7.17.9/bin/elasticsearch",
    is_archive: true,
    is_for_another_user: true,
    megabytes: 57,
};

impl Artifact {
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    fn coordinates(&self) -> String {
        format!("{}:{}:{}{}", self.group, self.id, self.version, self.form)
    }

    /// Root's home is closed to others; `/var/cache` is the place for what root shares.
    fn cache(&self, machine: &Machine) -> PathBuf {
        if self.is_for_another_user && machine.is_root {
            PathBuf::from("/var/cache/agentarea-observability")
        } else {
            machine.cache.clone()
        }
    }

    pub fn program(&self, machine: &Machine) -> Option<PathBuf> {
        Some(self.cache(machine).join(self.folder_name()).join(self.program)).filter(|file| file.is_file())
    }

    pub fn fetch(&self, machine: &Machine, report: &Report) -> Result<(), Failure> {
        let folder = self.folder_name();
        let log = machine.log(&format!("setup-{folder}"));
        let cache = self.cache(machine);
        make(&cache)?;
        report.step(&folder, &format!("{} MB, fetched with Maven", self.megabytes), Some(&log), || {
            whole_folder_in(&cache, report, &folder, |unfinished| {
                remove(unfinished)?;
                self.fetch_into(unfinished, &log)
            })
        })
    }

    fn fetch_into(&self, folder: &Path, log: &Path) -> Result<(), Failure> {
        let mut maven = command(find("mvn").unwrap_or_else(|| "mvn".into()));
        maven.args(["--batch-mode", "-Dstyle.color=never", "--no-transfer-progress", "--strict-checksums"]);
        let goal = if self.is_archive { "unpack" } else { "copy" };
        maven.arg(format!("{PLUGIN}:{goal}")).arg(format!("-Dartifact={}", self.coordinates()));
        maven.arg(format!("-DoutputDirectory={}", folder.display()));
        // Away from any folder with a project of Maven's.
        maven.current_dir(folder.parent().unwrap_or(folder));
        run_logged(&mut maven, &format!("Maven's {goal} of {}", self.coordinates()), log)?;
        if self.is_for_another_user && cfg!(unix) {
            // Some files of its configuration come readable to their owner alone.
            let mut chmod = command("chmod");
            run_logged(chmod.args(["-R", "a+rX"]).arg(folder), "chmod", log)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mavens_coordinates() {
        assert_eq!(ZIPKIN.coordinates(), "io.zipkin:zipkin-server:3.5.1:jar:exec");
        assert_eq!(
            ELASTICSEARCH.coordinates(),
            "org.elasticsearch.distribution.integ-test-zip:elasticsearch:7.17.9:zip"
        );
    }

    #[test]
    fn what_another_user_runs_is_not_in_roots_home() {
        let nowhere = PathBuf::from("/root/.cache/ours");
        let machine = |is_root| Machine {
            root: nowhere.clone(),
            cache: nowhere.clone(),
            target: nowhere.clone(),
            is_root,
            has_apt: true,
        };
        assert!(ELASTICSEARCH.cache(&machine(true)).starts_with("/var/cache"));
        assert_eq!(ELASTICSEARCH.cache(&machine(false)), nowhere);
        assert_eq!(ZIPKIN.cache(&machine(true)), nowhere);
    }
}
