//! The layers of `ARCHITECTURE.md`, checked: who may import whom, who may name the browser, where colours live.
//!
//! A small lexer reads every file of `src/`; paths that begin with `crate`, `super` or `self` are resolved against the
//! file's own module, groups and nested groups included. It does not expand macros: what a macro imports is not seen.
//! Each rule is shown to fail on a bad snippet below.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's own helpers fail the test by panicking"
)]

#[path = "architecture/rust.rs"]
mod rust;
#[path = "architecture/style.rs"]
mod style;

use std::{collections::BTreeSet, fs, path::PathBuf};

use rust::{Kind, Source, crate_paths};
use style::{class_faults, css_colour_faults, rust_colour_faults};

/// The table of the architecture. A module imports from smaller numbers only.
const LAYERS: [(&str, u8); 13] = [
    ("base", 0),
    ("model", 1),
    ("analysis", 2),
    ("lang", 2),
    ("api", 3),
    ("chart", 3),
    ("platform", 3),
    ("state", 4),
    ("ui", 5),
    ("panels", 6),
    ("pages", 7),
    ("app", 8),
    ("embed", 8),
];

/// Imports between siblings that are meant: from, to, why.
const SIBLINGS: [(&str, &str, &str); 1] = [(
    "platform",
    "api::http",
    "the browser's transport is an implementation of the trait that clients are written against",
)];

/// Imports downwards that are nevertheless not meant: from, to.
const NEVER: [(&str, &str); 1] = [("ui", "api")];

/// Words of other crates, and the only modules that may name them.
const FOREIGN: [(&str, &[&str]); 8] = [
    ("web_sys", &["platform", "ui::chart_canvas"]),
    ("gloo_net", &["platform::fetch"]),
    ("fetch_with_request", &["platform::fetch"]),
    ("fetch_with_str", &["platform::fetch"]),
    ("XmlHttpRequest", &["platform::xhr"]),
    ("spawn_local", &["state::query"]),
    ("history", &["platform", "state::router"]),
    ("agentarea_kernels", &["chart", "api::prometheus", "api::jaeger", "model::trace"]),
];

/// Layers that must not know a wire format or the browser.
const BARE: [(&str, &[&str]); 5] = [
    ("serde", &["base", "model", "analysis", "lang", "chart"]),
    ("serde_json", &["base", "model", "analysis", "lang", "chart"]),
    ("wasm_bindgen", &["base", "model", "analysis", "lang", "chart", "api"]),
    ("js_sys", &["base", "model", "analysis", "lang", "chart", "api"]),
    ("leptos", &["base", "model", "analysis", "lang", "chart", "api", "platform"]),
];
fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

// ---- the rules ----

fn import_faults(source: &Source) -> Vec<String> {
    let Some(own) = source.module.first() else { return Vec::new() };
    let Some(own_layer) = layer(own) else {
        return vec![format!("{}:1: the module {own} is in no layer of the table", source.path)];
    };
    let mut faults = BTreeSet::new();
    for (line, path) in crate_paths(source) {
        let target = path.split("::").next().unwrap_or_default();
        let Some(target_layer) = layer(target) else { continue };
        let is_below = |prefix: &str| path == prefix || path.starts_with(&format!("{prefix}::"));
        let is_meant = SIBLINGS.iter().any(|(from, to, _)| from == own && is_below(to));
        let fault = if target == own {
            let pages = (source.module.get(1), path.split("::").nth(1));
            match pages {
                (Some(here), Some(there)) if own == "pages" && is_page(there) && here != there => {
                    "pages never import pages"
                }
                _ => continue,
            }
        } else if NEVER.iter().any(|(from, to)| from == own && *to == target) {
            "this import is never allowed"
        } else if target_layer > own_layer {
            "an upward import"
        } else if target_layer == own_layer && !is_meant {
            "an import from a sibling"
        } else {
            continue;
        };
        faults.insert(format!(
            "{}:{line}: crate::{path}: {fault} ({own} is layer {own_layer}, {target} is {target_layer})",
            source.path
        ));
    }
    faults.into_iter().collect()
}

/// Whether a name below `pages` is a page's module rather than an item of `pages` itself.
fn is_page(name: &str) -> bool {
    let pages = root().join("src/pages");
    pages.join(format!("{name}.rs")).exists() || pages.join(name).is_dir() || name == "example_page"
}

fn foreign_faults(source: &Source) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for (i, _) in source.with_modules() {
        let Some(Kind::Word(word)) = source.kind(i) else { continue };
        let line = source.tokens[i].line;
        // A name after a dot or in a path of ours is not the crate of that name.
        let is_member = matches!(source.kind(i.wrapping_sub(1)), Some(Kind::Sign('.')));
        if let Some((_, homes)) = FOREIGN.iter().find(|(foreign, _)| foreign == word)
            && !homes.iter().any(|home| source.is_within(home))
        {
            faults.insert(format!("{}:{line}: {word}: only {} may name it", source.path, homes.join(", ")));
        }
        let is_crate = !is_member && matches!(source.kind(i + 1), Some(Kind::PathSep));
        if let Some((_, strangers)) = BARE.iter().find(|(foreign, _)| foreign == word)
            && is_crate
            && strangers.iter().any(|module| source.is_within(module))
        {
            faults.insert(format!("{}:{line}: {word}: this layer does not know it", source.path));
        }
    }
    faults.into_iter().collect()
}

/// Who names the modules of later parts, to call their doors through `ui::later` or after `state::chunks` fetched them.
const DOORKEEPERS: [&str; 6] =
    ["app", "panels::card", "panels::failure", "state::dashboards", "ui::refresh_picker", "ui::time_picker"];

/// The parts of the app that are downloaded later, as `xtask/js/chunks.json` lists their modules.
fn chunks() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join("xtask/js/chunks.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let modules =
        |list: &serde_json::Value| list.as_array().unwrap().iter().map(|m| m.as_str().unwrap().to_owned()).collect();
    json.as_object().unwrap().iter().map(|(chunk, list)| (chunk.clone(), modules(list))).collect()
}

/// What calls into a part of the app that may not be there would stop the app: from outside, the shell names its pages and
/// everybody a part's doors (`open`, `open_…`), to open them once they are there.
fn chunk_faults(source: &Source, chunks: &[(String, Vec<String>)]) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for (line, path) in crate_paths(source) {
        let is_below = |module: &String| path == *module || path.starts_with(&format!("{module}::"));
        for (chunk, modules) in chunks {
            let Some(module) = modules.iter().find(|module| is_below(module)) else { continue };
            let is_inside = modules.iter().any(|module| source.is_within(module));
            let is_door = path == format!("{module}::open")
                || path.starts_with(&format!("{module}::open_"))
                // The module alone, to call its doors by; what else is called by it has no door's name, and is not public.
                || path == *module && DOORKEEPERS.iter().any(|keeper| source.is_within(keeper));
            if !is_inside && !is_door {
                faults.insert(format!(
                    "{}:{line}: crate::{path}: it is in the part `{chunk}`, which may not be there",
                    source.path
                ));
            }
        }
    }
    faults.into_iter().collect()
}

// ---- the product ----

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder, sorted, with their paths from the root.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut waiting = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<Source> {
    let sources: Vec<Source> = files("src", "rs").iter().map(|(path, text)| Source::new(path, text)).collect();
    assert!(sources.len() > 10, "too few files were found: {}", sources.len());
    sources
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} to mend:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn layers_import_downwards_only() {
    let sources = sources();
    let paths = sources.iter().map(|source| crate_paths(source).len()).sum::<usize>();
    assert!(paths > 100, "the product has more imports than the {paths} that were seen");
    assert_none(&sources.iter().flat_map(import_faults).collect::<Vec<_>>());
}

#[test]
fn the_browser_is_named_at_its_edge_only() {
    assert_none(&sources().iter().flat_map(foreign_faults).collect::<Vec<_>>());
}

#[test]
fn parts_that_come_later_are_entered_by_their_doors() {
    let chunks = chunks();
    let sources = sources();
    assert_none(&sources.iter().flat_map(|source| chunk_faults(source, &chunks)).collect::<Vec<_>>());
    for page in chunks.iter().flat_map(|(_, modules)| modules).filter(|module| module.starts_with("pages::")) {
        let page = sources.iter().find(|source| source.module.join("::") == *page);
        let door = page.map(|source| fs::read_to_string(root().join(&source.path)).unwrap());
        if let Some(text) = door {
            assert!(
                text.contains("#[inline(never)]\npub fn open("),
                "a compiler may move an inlined door to the other side"
            );
        }
    }
}

#[test]
fn kernels_know_nothing_but_numbers() {
    let manifest = fs::read_to_string(root().join("kernels/Cargo.toml")).unwrap();
    assert!(!manifest.contains("dependencies"), "what a kernel depends on would be compiled for size");
}

#[test]
fn colours_live_in_tokens() {
    let mut faults: Vec<String> = sources().iter().flat_map(rust_colour_faults).collect();
    for (path, css) in files("style", "css") {
        if !path.starts_with("style/tokens") {
            faults.extend(css_colour_faults(&path, &css));
        }
    }
    assert_none(&faults);
}

#[test]
fn classes_are_on_both_sides() {
    let html = fs::read_to_string(root().join("index.html")).unwrap();
    assert_none(&class_faults(&sources(), &html, &files("style", "css")));
}

// ---- the rules can fail ----

fn imports(path: &str, text: &str) -> Vec<String> {
    import_faults(&Source::new(path, text)).iter().map(|f| f.split(" (").next().unwrap().to_owned()).collect()
}

#[test]
fn upward_and_sibling_imports_are_found() {
    let check = |path: &str, text: &str, expect: &[&str]| assert_eq!(imports(path, text), expect, "{text}");
    check(
        "src/base/time.rs",
        "use crate::model::frame;",
        &["src/base/time.rs:1: crate::model::frame: an upward import"],
    );
    check("src/api/x.rs", "//\nuse crate::chart::a;", &["src/api/x.rs:2: crate::chart::a: an import from a sibling"]);
    check(
        "src/chart/a.rs",
        "fn f() { crate::state::query::go() }",
        &["src/chart/a.rs:1: crate::state::query::go: an upward import"],
    );
    check(
        "src/model/a.rs",
        "use crate::{base::time, model::{self, frame}, ui::{b::C as D, e}};",
        &["src/model/a.rs:1: crate::ui::b::C: an upward import", "src/model/a.rs:1: crate::ui::e: an upward import"],
    );
    check(
        "src/base/units/mod.rs",
        "use super::super::api;",
        &["src/base/units/mod.rs:1: crate::api: an upward import"],
    );
    check(
        "src/base/a.rs",
        "mod tests { use super::super::super::app::X; }",
        &["src/base/a.rs:1: crate::app::X: an upward import"],
    );
    check("src/ui/a.rs", "use crate::api::http;", &["src/ui/a.rs:1: crate::api::http: this import is never allowed"]);
    check(
        "src/pages/a.rs",
        "use crate::pages::example_page::X;",
        &["src/pages/a.rs:1: crate::pages::example_page::X: pages never import pages"],
    );
    check(
        "src/platform/a.rs",
        "use crate::api::prometheus;",
        &["src/platform/a.rs:1: crate::api::prometheus: an import from a sibling"],
    );
    assert!(imports("src/misc/a.rs", "").first().is_some_and(|f| f.contains("in no layer")));
}

#[test]
fn ways_around_a_door_are_found() {
    let chunks = [("traces".to_owned(), vec!["pages::traces".to_owned(), "model::trace".to_owned()])];
    let check = |path: &str, text: &str, expect: usize| {
        assert_eq!(chunk_faults(&Source::new(path, text), &chunks).len(), expect, "{path}: {text}");
    };
    check("src/app/shell.rs", "use crate::pages::{alerts, traces};", 0);
    check("src/app/shell.rs", "use crate::pages::traces::open;", 0);
    check("src/panels/card.rs", "use crate::pages::traces; fn f() { crate::pages::traces::open_menu() }", 0);
    check("src/panels/card.rs", "use crate::pages::traces::opened;", 1);
    check("src/app/shell.rs", "use crate::pages::traces::Search;", 1);
    check("src/panels/data.rs", "use crate::pages::traces;", 1);
    check("src/panels/data.rs", "use crate::model::{frame::Frame, trace::Trace};", 1);
    check("src/panels/data.rs", "use crate::model::tracer::Trace;", 0);
    check("src/pages/traces/form.rs", "use crate::model::trace::Trace; use super::search;", 0);
}

#[test]
fn what_is_allowed_is_not_found() {
    let check = |path: &str, text: &str| assert_eq!(imports(path, text), [""; 0], "{text}");
    check("src/app/mod.rs", "use crate::{base, model, api, ui, pages};");
    check("src/base/time/step.rs", "use super::{Grid, civil::DAY_MS}; fn f(x: &'a str) -> char { '\\'' }");
    check("src/platform/fetch.rs", "use crate::api::http::Transport;");
    check("src/base/a.rs", "// use crate::app;\n/* crate::ui::b /* nested */ */\nconst A: &str = \"crate::app::b\";");
    check("src/base/a.rs", "const A: &str = r#\"use crate::app; \"quoted\" \"#;");
    check("src/model/a.rs", "mod tests { use super::*; use super::frame::X; }");
    check("src/lib.rs", "pub use crate::app::App;");
}

#[test]
fn foreign_words_are_found() {
    let check = |path: &str, text: &str, expect: usize| {
        assert_eq!(foreign_faults(&Source::new(path, text)).len(), expect, "{path}: {text}");
    };
    check("src/ui/button.rs", "use web_sys::Element;", 1);
    check("src/ui/chart_canvas.rs", "use web_sys::Element;", 0);
    check("src/platform/dom.rs", "use web_sys::Element;", 0);
    check("src/platform/dom.rs", "use gloo_net::http::Request;", 1);
    check("src/platform/fetch.rs", "use gloo_net::http::Request;", 0);
    check("src/ui/a.rs", "use agentarea_kernels::Bitmap;", 1);
    check("src/api/prometheus/scan/json.rs", "use agentarea_kernels::number;", 0);
    check("src/pages/a.rs", "spawn_local(async {});", 1);
    check("src/state/query.rs", "spawn_local(async {});", 0);
    check("src/state/refresh.rs", "leptos::task::spawn_local(async {});", 1);
    check("src/model/a.rs", "use serde::Deserialize;", 1);
    check("src/model/a.rs", "/// web_sys and serde::X in words\nfn f() {}", 0);
    check("src/panels/a.rs", "use crate::platform::history;", 1);
    check("src/state/router.rs", "history::write(url, true);", 0);
}

#[test]
fn colours_are_found() {
    let rust = |text: &str| rust_colour_faults(&Source::new("src/chart/a.rs", text)).len();
    assert_eq!(rust("const A: &str = \"#ff8800\";"), 1);
    assert_eq!(rust("const A: &str = r\"fill: #f80;\";"), 1);
    assert_eq!(rust("const A: &str = \"rgba(1, 2, 3, .5)\";"), 1);
    assert_eq!(rust("const A: &str = \"#/panel-3 and #12 and rgb(var(--x))\"; // #ff8800"), 0);
    assert_eq!(rust("mod tests { const A: &str = \"#ff8800\"; }"), 0);
    assert_eq!(rust_colour_faults(&Source::new("src/base/colour.rs", "const A: &str = \"#fff\";")), [""; 0]);
    let css = |text: &str| css_colour_faults("style/a.css", text);
    assert_eq!(css(".a {\n  color: #fff;\n}"), ["style/a.css:2: #fff: colours live in style/tokens*.css"]);
    assert_eq!(css(".a { color: white }").len(), 1);
    assert_eq!(css(".a { background: oklch(0.5 0.1 200) }").len(), 1);
    assert_eq!(css(".a { color: var(--red); border: 1px solid transparent; } /* #fff */").len(), 0);
    assert_eq!(css(".a { background: color-mix(in srgb, var(--a) 20%, transparent); white-space: nowrap }").len(), 0);
}

#[test]
fn lonely_classes_are_found() {
    let styles = [(
        "style/a.css".to_owned(),
        ".used, .page .late:hover { width: 1.5px }\n@media (width > 1.5em) { .lonely { } }".to_owned(),
    )];
    let sources = [Source::new(
        "src/ui/a.rs",
        "view! { <div class=\"used\" class:late=on><p class=\"bare used\"></p></div> }\nlet x = \"page\";",
    )];
    assert_eq!(
        class_faults(&sources, "<html></html>", &styles),
        ["src/ui/a.rs:1: class bare has no style", "style/a.css:2: class lonely is in no markup",]
    );
    assert_eq!(class_faults(&sources, "<p class=\"lonely\">", &styles).len(), 1);
}
