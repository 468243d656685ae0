//! Where we are: folders, rights, and which compiler can make WebAssembly here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process::{answer, command, find};

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The oldest compiler that builds this workspace; the same as `rust-version` in Cargo.toml.
const OLDEST_RUSTC_MINOR: u32 = 95;

/// Those of .cargo/config.toml, which these take the place of, and: a panic stops the module at once, so that no words
/// about panics are in it. `index.html` shows that it happened, and the names of the functions on the stack. Equal functions
/// stay apart, because `xtask/js/split.mjs` goes by their names; `wasm-opt` merges them within each part afterwards. Relocations
/// tell it what refers to which piece of data.
const RELEASE_FLAGS: &str = "-Ctarget-feature=+simd128 --cfg=erase_components -Zlocation-detail=none \
     -Zunstable-options -Cpanic=immediate-abort -Zmerge-functions=disabled -Clink-arg=--emit-relocs";

pub struct Machine {
    /// The checkout.
    pub root: PathBuf,
    /// Tools, outside the checkout, shared by all clones.
    pub cache: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    pub is_root: bool,
    pub has_apt: bool,
}

/// How WebAssembly is compiled: always with the standard library from source, because the ready-made one is built for
/// speed and weighs more (docs/adr/0003-small-before-fast.md).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WasmCompiler {
    /// The toolchain in use, which has the source (rustup's `rust-src`).
    Toolchain,
    /// A distribution's rustc with the source and a linker. For machines whose rustup can fetch nothing.
    Distribution { rustc: PathBuf, linker: PathBuf },
}

impl Machine {
    pub fn here() -> Result<Self, Failure> {
        // `cargo run` tells at run time, so that a target folder shared by several clones is no trap.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).parent().map(Path::to_path_buf).unwrap_or_default();
        std::env::set_current_dir(&root).map_err(Failure::io(format!("cannot enter {}", root.display())))?;
        let target = match std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
        let caches = match (std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()), home) {
            (Some(folder), _) => PathBuf::from(folder),
            (None, Some(home)) => PathBuf::from(home).join(".cache"),
            (None, None) => {
                return Err(Failure::Missing {
                    what: "A home folder".to_owned(),
                    why: "Tools are kept in the cache folder, which is found through it.".to_owned(),
                    mend: "set HOME or XDG_CACHE_HOME".to_owned(),
                });
            }
        };
        let is_root = answer(Command::new("id").arg("-u")).as_deref() == Some("0");
        let has_apt = find("apt-get").is_some();
        Ok(Self { root, cache: caches.join("agentarea-observability"), target, is_root, has_apt })
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.target.join("xtask").join("logs").join(format!("{name}.log"))
    }

    /// The target folder of wasm builds: apart from the native one, because the compiler may be another, and because
    /// cargo lets only one build at a time into a folder.
    pub fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }
}

/// The compiler for WebAssembly, if there is one already.
pub fn wasm_compiler() -> Option<WasmCompiler> {
    if has_source(&mut command("rustc")) {
        return Some(WasmCompiler::Toolchain);
    }
    let rustc = PathBuf::from("/usr/bin/rustc");
    let minor = minor_version(&answer(command(&rustc).arg("--version"))?)?;
    // The linker goes with the compiler's LLVM, and the newest is a safe choice: object formats are read backwards.
    let linker = (19..=30).rev().map(|llvm| format!("wasm-ld-{llvm}")).find_map(|name| find(&name))?;
    let is_usable = has_source(&mut command(&rustc)) && minor >= OLDEST_RUSTC_MINOR;
    is_usable.then_some(WasmCompiler::Distribution { rustc, linker })
}

/// Whether a compiler has the standard library's source.
fn has_source(rustc: &mut Command) -> bool {
    answer(rustc.args(["--print", "sysroot"]))
        .is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file())
}

/// `rustc 1.96.0 (…)` → 96; a 2.x would be newer than anything.
fn minor_version(version: &str) -> Option<u32> {
    let mut numbers = version.split_whitespace().nth(1)?.split('.');
    let major: u32 = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some(if major > 1 { u32::MAX } else { minor })
}

impl WasmCompiler {
    /// The environment in which cargo builds for `wasm32-unknown-unknown`.
    pub fn environment(&self, machine: &Machine) -> Vec<(&'static str, OsString)> {
        let mut environment = vec![
            ("CARGO_TARGET_DIR", machine.wasm_target().into_os_string()),
            // The standard library's own source uses unstable features, and cargo's flag for building it is one.
            ("RUSTC_BOOTSTRAP", "1".into()),
            ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".into()),
        ];
        if let Self::Distribution { rustc, linker } = self {
            environment.extend([
                ("RUSTC", rustc.clone().into_os_string()),
                ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker.clone().into_os_string()),
            ]);
        }
        environment
    }

    /// The same, and what makes the shipped module small. Tests are built without: they need to say where they failed.
    pub fn release_environment(&self, machine: &Machine) -> Vec<(&'static str, OsString)> {
        let mut environment = self.environment(machine);
        environment.extend([
            ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size".into()),
            ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", RELEASE_FLAGS.into()),
        ]);
        environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compilers_age_is_read_from_its_version() {
        assert_eq!(minor_version("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"), Some(96));
        assert_eq!(minor_version("rustc 1.63.0"), Some(63));
        assert_eq!(minor_version("rustc 2.1.0"), Some(u32::MAX));
        assert_eq!(minor_version("gibberish"), None);
    }
}
