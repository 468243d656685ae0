//! Debian's packages, installed by root, without their services being started.
//!
//! On an ordinary Debian a server's package starts that server, on its usual port and as a service of the system. Nobody
//! asked for that here: our own copies run on other ports, as long as a command runs. So while apt works, Debian's own
//! switch for this (`policy-rc.d`) says no.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;
use crate::machine::Machine;
use crate::process::{answer, command, run_logged};
use crate::report::Report;

/// Asked by `invoke-rc.d` and `deb-systemd-invoke` before they start a service; 101 means that it must not.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// apt lets one at a time update its lists, and fails instead of waiting; our steps run side by side.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Installs `needed`, and those of `wanted` that the archive has. Returns the others of `wanted`.
pub fn install<'a>(
    machine: &Machine,
    report: &Report,
    needed: &[&str],
    wanted: &[&'a str],
) -> Result<Vec<&'a str>, Failure> {
    let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let log = machine.log("setup-apt");
    let why = format!("installing {}; their services are not started", [needed, wanted].concat().join(", "));
    let lacking = report.step("Debian packages", &why, Some(&log), || {
        let apt = |arguments: &[&str]| {
            let mut apt = command("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive").args(["-o", "DPkg::Lock::Timeout=600"]).args(arguments);
            apt
        };
        run_logged(&mut apt(&["update"]), "apt-get update", &log)?;
        let (there, lacking): (Vec<&str>, Vec<&str>) = wanted.iter().partition(|package| is_in_archive(package));
        if !needed.is_empty() || !there.is_empty() {
            let policy = NoServices::begin(Path::new(POLICY))?;
            let mut install = apt(&["install", "--yes", "--no-install-recommends"]);
            run_logged(install.args(needed).args(there), "apt-get install", &log)?;
            drop(policy);
        }
        Ok(lacking)
    })?;
    drop(turn);
    if Path::new("/run/systemd/system").is_dir() {
        report.say(
            "Debian packages: systemd may start their services at the next boot; systemctl disable NAME prevents that",
        );
    }
    Ok(lacking)
}

fn is_in_archive(package: &str) -> bool {
    answer(command("apt-cache").args(["show", "--no-all-versions", package])).is_some_and(|text| !text.is_empty())
}

/// While this lives, packages start no services.
struct NoServices {
    /// `None` if the machine has a policy of its own, which is kept.
    ours: Option<PathBuf>,
}

impl NoServices {
    fn begin(policy: &Path) -> Result<Self, Failure> {
        let cannot = || Failure::io(format!("cannot write {}", policy.display()));
        let mut file = match fs::File::create_new(policy) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(Self { ours: None }),
            Err(error) => return Err(cannot()(error)),
        };
        // From here on it is removed again, whatever happens.
        let guard = Self { ours: Some(policy.to_path_buf()) };
        file.write_all(script(std::process::id()).as_bytes()).map_err(cannot())?;
        make_executable(policy).map_err(cannot())?;
        Ok(guard)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(policy) = &self.ours {
            // If it stays, it forbids nothing once we have ended.
            drop(fs::remove_file(policy));
        }
    }
}

/// Forbids as long as process `id` lives: a Ctrl+C may leave the file behind, and must not leave the machine without services.
fn script(id: u32) -> String {
    format!(
        "#!/bin/sh\n# of `cargo xtask setup`, for the time of one apt-get\nkill -0 {id} 2>/dev/null && exit 101\nexit 0\n"
    )
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Asked as a script: a file that another test's fork still holds open cannot be started itself.
    fn code(policy: &Path) -> Option<i32> {
        command("sh").arg(policy).args(["nginx", "start"]).status().ok()?.code()
    }

    #[test]
    fn services_are_forbidden_as_long_as_the_guard_lives_and_we_do() {
        let policy = std::env::temp_dir().join(format!("xtask-policy-{}", std::process::id()));
        let guard = NoServices::begin(&policy).unwrap();
        assert_eq!(code(&policy), Some(101));
        assert_eq!(fs::metadata(&policy).unwrap().permissions().mode() & 0o777, 0o755);
        drop(guard);
        assert!(!policy.exists());
        // Left behind by a process that is gone: no id is that high.
        fs::write(&policy, script(u32::MAX >> 1)).unwrap();
        assert_eq!(code(&policy), Some(0));
        fs::remove_file(policy).unwrap();
    }

    #[test]
    fn a_policy_of_the_machines_own_is_kept() {
        let policy = std::env::temp_dir().join(format!("xtask-own-policy-{}", std::process::id()));
        fs::write(&policy, "theirs").unwrap();
        drop(NoServices::begin(&policy).unwrap());
        assert_eq!(fs::read_to_string(&policy).unwrap(), "theirs");
        fs::remove_file(policy).unwrap();
    }

    #[test]
    fn the_guard_is_removed_when_what_it_guards_panics() {
        let policy = std::env::temp_dir().join(format!("xtask-panic-policy-{}", std::process::id()));
        let guarded = policy.clone();
        let ended = std::thread::spawn(move || {
            let _guard = NoServices::begin(&guarded).unwrap();
            panic!("as a failed step would");
        });
        assert!(ended.join().is_err());
        assert!(!policy.exists());
    }
}
