//! Every dependency that a package of this workspace names is used by its sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Names under `[dependencies]`, `[dev-dependencies]`, `[target.….dependencies]` and `[dependencies.NAME]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_inside = section.ends_with("dependencies") && section != "workspace.dependencies";
            if let Some((_, name)) = section.split_once("dependencies.").filter(|_| !section.starts_with("workspace")) {
                names.push(name.to_owned());
            }
        } else if is_inside && let Some((key, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            names.extend(key.trim().split('.').next().map(str::to_owned));
        }
    }
    names
}

fn sources(folder: &Path, text: &mut String) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            sources(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn each_named_dependency_is_used() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf();
    let mut unused = Vec::new();
    for package in [root.clone(), root.join("demo"), root.join("kernels"), root.join("xtask")] {
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
        let mut text = String::new();
        for folder in ["src", "tests", "benches"] {
            sources(&package.join(folder), &mut text);
        }
        for name in dependencies(&manifest) {
            let module = name.replace('-', "_");
            if !text.contains(&format!("{module}::")) && !text.contains(&format!("use {module}")) {
                unused.push(format!("{}: {name}", package.join("Cargo.toml").display()));
            }
        }
    }
    assert!(unused.is_empty(), "named but not used:\n{}", unused.join("\n"));
}

#[test]
fn names_are_read_in_every_form() {
    let manifest = "[package]\nname = \"x\"\n[workspace.dependencies]\nzero = \"1\"\n[dependencies]\n# no = 1\none = \"1\"\n\
                    two.workspace = true\n[target.'cfg(unix)'.dev-dependencies]\nthree = { version = \"1\" }\n\
                    [dependencies.four]\nversion = \"1\"\n[features]\nfive = []\n";
    assert_eq!(dependencies(manifest), ["one", "two", "three", "four"]);
}
