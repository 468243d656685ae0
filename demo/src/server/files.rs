//! The built app: files of one folder, with their compressed siblings, and index.html for the app's own paths.

use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use super::csp;
use super::http::Reply;
use crate::api::decode;
use crate::clock::{Clock, rfc3339};

const NO_DIST: &str = "There is no built app to show here: start the server with --dist FOLDER. The APIs are at /prometheus/ and /jaeger/.\n";

/// The folder that is served.
pub(super) struct Files {
    dist: Option<PathBuf>,
    /// The clock that config.json announces to the app, when it is not the wall's.
    clock: Option<Clock>,
}

impl Files {
    pub fn new(dist: Option<PathBuf>, clock: Option<Clock>) -> Self {
        Self { dist, clock }
    }

    /// Recomputed for each answer: the app may be rebuilt while it is served, and the page is small.
    pub fn content_security_policy(&self) -> String {
        let index = self.dist.as_ref().and_then(|dist| std::fs::read_to_string(dist.join("index.html")).ok());
        csp::policy(index.as_deref().unwrap_or(""))
    }

    pub fn reply(&self, url_path: &str, accepts: impl Fn(&str) -> bool) -> Reply {
        let Some(dist) = &self.dist else { return Reply::text(404, NO_DIST) };
        let path = decode(url_path.trim_start_matches('/'), false);
        let relative = Path::new(if path.is_empty() { "index.html" } else { &path });
        if relative.components().any(|component| !matches!(component, Component::Normal(_))) {
            return Reply::text(404, "404 page not found\n");
        }
        if relative == Path::new("config.json") && self.clock.is_some() {
            return self.config(dist);
        }
        if let Some(reply) = file(dist, relative, &accepts) {
            return reply;
        }
        let names_a_file = relative.file_name().is_some_and(|name| name.to_string_lossy().contains('.'));
        let page = if names_a_file { None } else { file(dist, Path::new("index.html"), &accepts) };
        page.unwrap_or_else(|| Reply::text(404, "404 page not found\n"))
    }

    /// The app's configuration with the demonstration's clock merged in.
    fn config(&self, dist: &Path) -> Reply {
        let Ok(text) = std::fs::read_to_string(dist.join("config.json")) else {
            return Reply::text(404, "404 page not found\n");
        };
        let body = match (serde_json::from_str::<Value>(&text), &self.clock) {
            (Ok(Value::Object(mut config)), Some(clock)) => {
                config.insert("clock".into(), json!({"start": rfc3339(clock.start_ms()), "frozen": clock.is_frozen()}));
                Value::Object(config).to_string()
            }
            // A broken configuration is shown as it is: the app explains what is wrong with it.
            _ => text,
        };
        Reply { status: 200, body: body.into_bytes(), ..Reply::default() }
            .with("Content-Type", "application/json")
            .with("Cache-Control", "no-cache")
    }
}

fn file(dist: &Path, relative: &Path, accepts: &impl Fn(&str) -> bool) -> Option<Reply> {
    let path = dist.join(relative);
    let variants = [("br", ".br"), ("gzip", ".gz")];
    let packed = variants.into_iter().filter(|(encoding, _)| accepts(encoding)).find_map(|(encoding, suffix)| {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        std::fs::read(name).ok().map(|body| (body, encoding))
    });
    let (body, encoding) = match packed {
        Some((body, encoding)) if path.is_file() => (body, Some(encoding)),
        _ => (std::fs::read(&path).ok()?, None),
    };
    let name = relative.file_name()?.to_string_lossy().into_owned();
    let cache = if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let reply = Reply { status: 200, body, ..Reply::default() }
        .with("Content-Type", content_type(&name))
        .with("Cache-Control", cache)
        .with("Vary", "Accept-Encoding");
    Some(match encoding {
        Some(encoding) => reply.with("Content-Encoding", encoding),
        None => reply,
    })
}

/// Whether the name carries a content hash, as Trunk writes them: `app-1f2e3d4c5b6a7988.js`, `app-…_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    !matches!(extension, "html" | "json")
        && stem.rsplit_once('-').is_some_and(|(_, hash)| hash.len() >= 8 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_names() {
        for (name, expect) in [
            ("app-1f2e3d4c5b6a7988.js", true),
            ("app-1f2e3d4c5b6a7988_bg.wasm", true),
            ("index.html", false),
            ("embed.js", false),
            ("two-words.css", false),
            ("config-deadbeef00.json", false),
        ] {
            assert_eq!(is_hashed(name), expect, "{name}");
        }
    }
}
