//! A folder from which nginx runs the hosting of `deploy/nginx/` as it is: only what an installation edits is written.
//!
//! Invariant: nginx touches nothing outside of the folder and listens on 127.0.0.1 only, whoever starts it. It is one
//! process, so that ending that process ends all of it. This module starts nothing; `front` does, for the demonstration.

pub mod front;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;
use ureq::http::Uri;

use crate::server::csp;

/// The files of `deploy/nginx/` that are included as they are.
const MAPS: &str = "maps.conf";
const SERVER_FILES: [&str; 4] = ["headers.conf", "locations.conf", "at-root.conf", "at-observability.conf"];

/// Where Debian and its kin keep nginx's modules.
const MODULE_FOLDERS: [&str; 3] = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules"];
const BROTLI_MODULE: &str = "ngx_http_brotli_static_module.so";

/// The configuration's name in the folder.
const CONFIGURATION: &str = "nginx.conf";

/// Where nginx writes what goes wrong, in the folder.
pub const ERROR_LOG: &str = "error.log";

/// What one nginx serves.
#[derive(Debug, Clone)]
pub struct Site {
    /// On 127.0.0.1.
    pub port: u16,
    /// The built app.
    pub dist: PathBuf,
    /// The folder `deploy/nginx`.
    pub deploy: PathBuf,
    /// The servers by the name of their path (`prometheus`, `loki`, …) with their `http://host:port`, or below a path.
    pub upstreams: Vec<(String, String)>,
    /// The address of a config.json to show instead of the one in `dist`.
    pub config_from: Option<String>,
}

/// Why nginx cannot be prepared, started or kept.
#[derive(Debug, Error)]
pub enum NginxError {
    #[error("nginx: cannot write {path}: {reason}", path = .path.display())]
    Write { path: PathBuf, reason: String },
    #[error("nginx: {what} is missing: {path}", path = .path.display())]
    Missing { what: &'static str, path: PathBuf },
    #[error("nginx: this path cannot stand in its configuration: {path}", path = .0.display())]
    Path(PathBuf),
    #[error("nginx: {0:?} is not a name of a server: letters, digits and hyphens")]
    Name(String),
    #[error("nginx: {0:?} is not an http:// or https:// address of a server")]
    Address(String),
    #[error("nginx: cannot start {program}: {reason}", program = .program.display())]
    Start { program: PathBuf, reason: String },
    #[error("nginx ended by itself ({status}). {log}")]
    Ended { status: String, log: String },
    #[error("nginx did not answer at {url} within {waited_secs} s. {log}")]
    Silent { url: String, waited_secs: u64, log: String },
}

/// Writes the folder, and returns the arguments with which nginx runs from it, in the foreground.
pub fn write(folder: &Path, site: &Site) -> Result<Vec<OsString>, NginxError> {
    let folder = std::path::absolute(folder).map_err(|error| write_error(folder, &error))?;
    let temporary = folder.join("temp");
    std::fs::create_dir_all(&temporary).map_err(|error| write_error(&temporary, &error))?;
    let path = folder.join(CONFIGURATION);
    std::fs::write(&path, configuration(&folder, site)?).map_err(|error| write_error(&path, &error))?;
    Ok(vec!["-p".into(), folder.into(), "-c".into(), path.into()])
}

fn write_error(path: &Path, error: &std::io::Error) -> NginxError {
    NginxError::Write { path: path.to_path_buf(), reason: error.to_string() }
}

fn configuration(folder: &Path, site: &Site) -> Result<String, NginxError> {
    let brotli = MODULE_FOLDERS.iter().map(|folder| Path::new(folder).join(BROTLI_MODULE)).find(|path| path.is_file());
    let page = site.dist.join("index.html");
    let html = std::fs::read_to_string(&page)
        .map_err(|_not_shown| NginxError::Missing { what: "the built app", path: page.clone() })?;
    let config = site.dist.join("config.json");

    let mut text = String::from("# Written by agentarea-demo; the next start writes it anew.\n\n");
    if let Some(module) = &brotli {
        line(&mut text, &format!("load_module {};", quoted(module)?));
    }
    // One process: no worker outlives a master that was killed, and none runs as another user, to whom the files may
    // be forbidden.
    line(&mut text, "daemon off;\nmaster_process off;");
    line(&mut text, &format!("pid {};", quoted(&folder.join("nginx.pid"))?));
    line(&mut text, &format!("error_log {};", quoted(&folder.join(ERROR_LOG))?));
    line(&mut text, "\nevents {\n    worker_connections 1024;\n}\n\nhttp {");
    line(&mut text, &format!("    access_log {};", quoted(&folder.join("access.log"))?));
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        line(&mut text, &format!("    {kind}_temp_path {};", quoted(&folder.join("temp").join(kind))?));
    }
    // Who closes first is sure that no request is on its way: browsers keep their connections for five minutes.
    line(&mut text, "    sendfile on;\n    tcp_nopush on;\n    keepalive_timeout 330s;\n");

    let mut ways = String::new();
    for (name, url) in &site.upstreams {
        let server = Address::parse(url)?;
        check_name(name)?;
        line(&mut text, &format!("    upstream agentarea_{name} {{ server {}; keepalive 16; }}", server.authority));
        line(&mut ways, &format!("        {name} {}://agentarea_{name}{};", server.scheme, server.path));
    }
    line(&mut text, "    map $agentarea_server $agentarea_upstream {\n        default \"\";");
    text.push_str(&ways);
    line(&mut text, "    }");
    line(&mut text, &format!("    map \"\" $agentarea_dist {{ default {}; }}", quoted(&site.dist)?));
    line(&mut text, &format!("    map \"\" $agentarea_config {{ default {}; }}", quoted(&config)?));
    line(&mut text, &format!("    map \"\" $agentarea_csp {{ default \"{}\"; }}", csp::policy(&html)));
    line(&mut text, &format!("    include {};\n", included(&site.deploy, MAPS)?));

    line(&mut text, &format!("    server {{\n        listen 127.0.0.1:{};", site.port));
    if brotli.is_some() {
        line(&mut text, "        brotli_static on;");
    }
    for name in SERVER_FILES {
        line(&mut text, &format!("        include {};", included(&site.deploy, name)?));
    }
    if let Some(url) = &site.config_from {
        let Address { scheme, authority, path } = Address::parse(url)?;
        line(&mut text, "        location = /_agentarea/config.json {\n            internal;");
        line(&mut text, &format!("            proxy_pass {scheme}://{authority}{path};"));
        for header in ["Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"] {
            line(&mut text, &format!("            proxy_hide_header {header};"));
        }
        line(&mut text, "        }");
    }
    line(&mut text, "    }\n}");
    Ok(text)
}

fn line(text: &mut String, content: &str) {
    // Writing to a string does not fail.
    writeln!(text, "{content}").unwrap_or_default();
}

/// A path as a value in the configuration. There is no way to write a `$` or to escape a glob in an include.
fn quoted(path: &Path) -> Result<String, NginxError> {
    let refused = || NginxError::Path(path.to_path_buf());
    let absolute = std::path::absolute(path).map_err(|_not_shown| refused())?;
    let text = absolute.to_str().ok_or_else(refused)?;
    if text.chars().any(|char| char.is_control() || "\"\\$*?[]{}".contains(char)) {
        return Err(refused());
    }
    Ok(format!("\"{text}\""))
}

fn included(deploy: &Path, name: &str) -> Result<String, NginxError> {
    let path = deploy.join(name);
    if !path.is_file() {
        return Err(NginxError::Missing { what: "a file of deploy/nginx", path });
    }
    quoted(&path)
}

fn check_name(name: &str) -> Result<(), NginxError> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_plain && name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Ok(());
    }
    Err(NginxError::Name(name.to_owned()))
}

/// A server's address in the parts that nginx wants.
struct Address {
    scheme: String,
    authority: String,
    /// Without a slash at its end.
    path: String,
}

impl Address {
    fn parse(url: &str) -> Result<Self, NginxError> {
        let refused = || NginxError::Address(url.to_owned());
        let uri: Uri = url.parse().map_err(|_not_shown| refused())?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or_else(refused)?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(refused)?;
        let path = uri.path().trim_end_matches('/');
        if uri.query().is_some() || path.contains(['$', ';', '"', '\'', '\\', '{', '}']) {
            return Err(refused());
        }
        let port = if scheme == "https" && authority.port().is_none() { ":443" } else { "" };
        Ok(Self { scheme: scheme.to_owned(), authority: format!("{authority}{port}"), path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deploy() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx")
    }

    /// A folder with an app in it, removed when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("agentarea-nginx-{name}-{}", std::process::id()));
            std::fs::create_dir_all(folder.join("dist")).unwrap();
            std::fs::write(folder.join("dist/index.html"), "<script>alert(1)</script>").unwrap();
            Self(folder)
        }

        fn site(&self) -> Site {
            Site {
                port: 4711,
                dist: self.0.join("dist"),
                deploy: deploy(),
                upstreams: vec![("prometheus".into(), "http://127.0.0.1:9090/".into())],
                config_from: None,
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap_or_default();
        }
    }

    #[test]
    fn what_an_installation_edits_is_written_and_the_rest_included() {
        let folder = Folder::new("text");
        let mut site = folder.site();
        site.upstreams.push(("loki-eu".into(), "https://logs.example.com/base/".into()));
        site.config_from = Some("http://127.0.0.1:9099/config.json".into());
        let arguments = write(&folder.0.join("a b"), &site).unwrap();
        let path = folder.0.join("a b/nginx.conf");
        assert_eq!(arguments, ["-p".into(), folder.0.join("a b").into_os_string(), "-c".into(), path.clone().into()]);
        let text = std::fs::read_to_string(path).unwrap();
        for wanted in [
            "daemon off;\n",
            "listen 127.0.0.1:4711;",
            "upstream agentarea_prometheus { server 127.0.0.1:9090; keepalive 16; }",
            "        prometheus http://agentarea_prometheus;\n",
            "upstream agentarea_loki-eu { server logs.example.com:443; keepalive 16; }",
            "        loki-eu https://agentarea_loki-eu/base;\n",
            "script-src 'self' 'wasm-unsafe-eval' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",
            "proxy_pass http://127.0.0.1:9099/config.json;",
            "/a b/nginx.pid\"",
        ] {
            assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
        }
        // Every file of deploy/nginx that is no example takes part.
        for entry in deploy().read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.extension().unwrap() == "conf" && name != "agentarea-observability.conf" {
                assert!(text.contains(&format!("/{name}\";")), "{name} is not included");
            }
        }
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }

    #[test]
    fn the_example_for_operators_sets_the_same_and_includes_the_same() {
        let example = std::fs::read_to_string(deploy().join("agentarea-observability.conf")).unwrap();
        let folder = Folder::new("example");
        let written = configuration(&folder.0, &folder.site()).unwrap();
        let names = |text: &str, start: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim).filter_map(|line| line.strip_prefix(start));
            let mut names: Vec<_> = lines
                .map(|rest| rest.split(['{', ';']).next().unwrap_or("").replace('"', ""))
                .map(|rest| rest.rsplit('/').next().unwrap_or("").trim().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&example, "map "), names(&written, "map "));
        assert_eq!(names(&example, "include "), names(&written, "include "));
    }

    #[test]
    fn what_nginx_would_misread_is_refused() {
        let folder = Folder::new("refused");
        let with = |change: fn(&mut Site)| {
            let mut site = folder.site();
            change(&mut site);
            configuration(&folder.0, &site).unwrap_err().to_string()
        };
        let upstream = |name: &str, url: &str| {
            let mut site = folder.site();
            site.upstreams = vec![(name.into(), url.into())];
            configuration(&folder.0, &site).unwrap_err()
        };
        for url in ["127.0.0.1:9090", "ftp://a/", "http://u:p@a/", "http://a/$b", "http://a/;b", "http://a/?b", ""] {
            assert!(matches!(upstream("prometheus", url), NginxError::Address(_)), "{url}");
        }
        for name in ["", "Prometheus", "a b", "a;b", "-a", "a_b"] {
            assert!(matches!(upstream(name, "http://a/"), NginxError::Name(_)), "{name}");
        }
        assert!(with(|site| site.dist.push("nowhere")).contains("the built app is missing"));
        assert!(with(|site| site.deploy.push("nowhere")).contains("a file of deploy/nginx is missing"));
        for path in ["/a\"b", "/a$b", "/a*b", "/a\nb", "/a\\b"] {
            assert!(quoted(Path::new(path)).is_err(), "{path}");
        }
    }
}
