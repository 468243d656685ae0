//! A failed request, explained to the person who runs the installation: what happened, why, and the line to add.
//!
//! Pure: it asks nothing and knows only the error, the source's address and the page's origin.

use super::http::{ApiError, origin_of, reason_phrase};

/// What a failed request means and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    pub headline: String,
    /// Most likely first.
    pub causes: Vec<String>,
    pub fixes: Vec<Fix>,
}

/// A line to add somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Where the snippet goes: `nginx, in front of this app`.
    pub title: String,
    pub snippet: String,
}

/// Explains an error to the person who runs the installation.
///
/// `source_url` is the source's address as configured (absolute or relative), `page_origin` is `https://host:port` of
/// the page. Pure: what the browser hides (CORS or refused connection) is told as causes, the likely one first.
pub fn diagnose(error: &ApiError, source_url: &str, page_origin: &str) -> Diagnosis {
    let name = error.source_name();
    let source_origin = origin_of(source_url);
    let is_cross_origin = source_origin.as_deref().is_some_and(|origin| !origin.eq_ignore_ascii_case(page_origin));
    let mut causes = Vec::new();
    let mut fixes = Vec::new();
    let headline = match error {
        ApiError::Unreachable { reason, .. } => {
            let is_mixed = page_origin.starts_with("https:")
                && source_origin.as_deref().is_some_and(|o| o.starts_with("http:") && !is_loopback(o));
            if is_mixed {
                causes.push(format!(
                    "This page came by https, {name} is asked by http: browsers block that (mixed content)."
                ));
                fixes.push(proxy_fix(source_url));
                fixes.push(path_fix(name));
                format!("The browser blocks {name}: http from an https page")
            } else if is_cross_origin {
                causes.push(format!(
                    "{name} runs, but does not allow pages of {page_origin} to read its answers (CORS)."
                ));
                causes.push(format!("{name} does not run, or {source_url} is not its address."));
                causes.push(
                    "A network, a firewall or a TLS certificate that the browser does not trust is in between."
                        .to_owned(),
                );
                fixes.push(proxy_fix(source_url));
                fixes.push(path_fix(name));
                fixes.push(Fix {
                    title: "Prometheus, instead of a proxy: a flag at start".to_owned(),
                    snippet: format!("--web.cors.origin='{}'", regex_escaped(page_origin)),
                });
                format!("The browser could not read an answer of {name}")
            } else {
                causes.push(
                    "The server that serves this page is not running any more, or the network is down.".to_owned(),
                );
                causes.push(format!("The proxy closed the connection for {source_url}."));
                if !reason.is_empty() {
                    causes.push(format!("The browser says: {reason}."));
                }
                format!("{name} could not be reached")
            }
        }
        ApiError::TimedOut { timeout_ms, .. } => {
            causes.push("The query reads too much: a long range, many series, or both.".to_owned());
            causes.push(format!("{name} is overloaded."));
            fixes.push(Fix {
                title: format!("config.json, source “{name}”: wait longer"),
                snippet: format!("\"timeout_secs\": {}", u64::from(*timeout_ms).div_ceil(1000).saturating_mul(2)),
            });
            fixes.push(Fix {
                title: "nginx, where its own time-out is shorter".to_owned(),
                snippet: format!("proxy_read_timeout {}s;", timeout_ms.div_ceil(1000).saturating_mul(2)),
            });
            format!("{name} did not answer in {} s", f64::from(*timeout_ms) / 1000.0)
        }
        ApiError::Cancelled { .. } => format!("The request to {name} was cancelled"),
        ApiError::Http { status, .. } => {
            diagnose_status(*status, name, source_url, &mut causes, &mut fixes);
            format!("{name}: {status} {}", reason_phrase(*status)).trim_end().to_owned()
        }
        ApiError::NotJson { is_redirected, final_url, content_type, .. } => {
            let is_elsewhere =
                *is_redirected && origin_of(final_url) != source_origin.clone().or_else(|| origin_of(page_origin));
            if *is_redirected {
                causes.push(format!("A login page stands before {name}: the session has ended, or there was none."));
                fixes.push(credentials_fix(name));
                if is_elsewhere {
                    causes.push(
                        "The login lives on another origin, which a fetch cannot follow with its cookies.".to_owned(),
                    );
                }
            }
            if content_type == "text/html" || content_type.is_empty() {
                causes.push(format!(
                    "{source_url} leads to a web page (often this app's own index.html) instead of {name}'s API: no proxy line for the path."
                ));
                fixes.push(proxy_fix(source_url));
            } else {
                causes.push(format!("{source_url} is another kind of server than config.json says."));
            }
            if *is_redirected { format!("{name} asks to sign in") } else { format!("{name} did not answer with JSON") }
        }
        ApiError::Decode { expected, at_byte, .. } => {
            causes.push(format!("{source_url} is another kind of server than config.json says."));
            causes.push(format!("Something in between changed the answer (byte {at_byte}: expected {expected})."));
            format!("The answer of {name} could not be read")
        }
        ApiError::Backend { status, kind, message, .. } => {
            causes.push(message.clone());
            match (*status, kind.as_str()) {
                (503, _) | (_, "timeout") => {
                    causes.push("The query reads too much: choose a shorter range or a longer step.".to_owned());
                }
                (422, _) if message.contains("Agent") => {
                    causes.push(format!(
                        "{name} runs in agent mode and keeps no data: configure the server that it writes to."
                    ));
                }
                _ => {}
            }
            format!("{name} refused the query")
        }
        ApiError::NotReady { is_stopping, .. } => {
            causes.push(if *is_stopping {
                format!("{name} is shutting down.")
            } else {
                format!("{name} is starting: it replays its write-ahead log, which can take minutes.")
            });
            if *is_stopping { format!("{name} is shutting down") } else { format!("{name} is not ready yet") }
        }
        ApiError::Truncated { .. } => {
            causes.push("The connection broke, or the server stopped in the middle of the answer.".to_owned());
            causes.push("A proxy cut the answer: its buffer or its time is too small.".to_owned());
            fixes.push(Fix {
                title: "nginx, at the path's location".to_owned(),
                snippet: "proxy_buffering off;\nproxy_read_timeout 120s;".to_owned(),
            });
            format!("The answer of {name} ended early")
        }
        ApiError::TooManyPoints { max_point_count, .. } => {
            causes.push(format!("The step is shorter than a {max_point_count}th of the range."));
            "Too many points for one query".to_owned()
        }
        ApiError::NotFound { what, .. } => {
            causes.push("It is older than what is kept there, or has not arrived yet.".to_owned());
            causes.push(format!("It is in another source than {name}."));
            format!("{name} has no {what}")
        }
    };
    Diagnosis { headline, causes, fixes }
}

fn diagnose_status(status: u16, name: &str, source_url: &str, causes: &mut Vec<String>, fixes: &mut Vec<Fix>) {
    match status {
        401 | 403 => {
            causes.push(format!("{name}, or the proxy before it, wants to know who asks."));
            fixes.push(credentials_fix(name));
            fixes.push(Fix {
                title: format!("config.json, source “{name}”: a header, if that is how it knows you"),
                snippet: "\"headers\": { \"Authorization\": \"Bearer …\" }".to_owned(),
            });
        }
        404 | 405 => {
            causes.push(format!(
                "{source_url} is not the address under which {name} serves its API: a prefix is missing or too much."
            ));
            causes.push("The proxy passes the path on with its prefix, which the backend does not know.".to_owned());
            fixes.push(proxy_fix(source_url));
            fixes.push(Fix {
                title: "Prometheus, if it serves under a prefix of its own".to_owned(),
                snippet: format!("--web.route-prefix={}", path_of(source_url)),
            });
        }
        413 => fixes.push(Fix {
            title: "nginx, at the path's location".to_owned(),
            snippet: "client_max_body_size 4m;".to_owned(),
        }),
        502 | 504 => {
            causes.push(format!(
                "The proxy could not reach {name}: it does not run, or the proxy's address for it is wrong."
            ));
            if status == 504 {
                causes.push("The query took longer than the proxy waits.".to_owned());
                fixes.push(Fix {
                    title: "nginx, at the path's location".to_owned(),
                    snippet: "proxy_read_timeout 120s;".to_owned(),
                });
            }
            fixes.push(proxy_fix(source_url));
        }
        503 => causes.push(format!("{name}, or the proxy before it, is overloaded or starting.")),
        429 => causes.push(format!("{name} limits how often it may be asked.")),
        _ => causes.push(format!("{name} failed in a way of its own; its log says more.")),
    }
}

fn proxy_fix(source_url: &str) -> Fix {
    let origin = origin_of(source_url);
    let (path, target) = match &origin {
        Some(_) => ("/prometheus/".to_owned(), format!("{}/", source_url.trim_end_matches('/'))),
        None => (format!("{}/", path_of(source_url).trim_end_matches('/')), "http://prometheus:9090/".to_owned()),
    };
    Fix {
        title: "nginx, at the server that serves this app".to_owned(),
        snippet: format!("location {path} {{ proxy_pass {target}; }}"),
    }
}

fn path_fix(name: &str) -> Fix {
    Fix {
        title: format!("config.json, source “{name}”: ask through that path"),
        snippet: "\"url\": \"/prometheus\"".to_owned(),
    }
}

fn credentials_fix(name: &str) -> Fix {
    Fix {
        title: format!("config.json, source “{name}”: send the browser's cookies along"),
        snippet: "\"credentials\": \"include\"".to_owned(),
    }
}

fn path_of(url: &str) -> String {
    let rest =
        url.split_once("://").map_or(url, |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
    let path = rest.split(['?', '#']).next().unwrap_or("/");
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// Browsers treat loopback addresses as trustworthy: no mixed content there.
fn is_loopback(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.starts_with("127.") || host.starts_with("[::1]") || host == "localhost" || host.starts_with("localhost:")
}

fn regex_escaped(text: &str) -> String {
    text.replace('.', r"\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: &ApiError, source_url: &str, page_origin: &str) -> String {
        let Diagnosis { headline, causes, fixes } = diagnose(error, source_url, page_origin);
        let fixes = fixes.iter().map(|fix| format!("{}: {}", fix.title, fix.snippet));
        [headline].into_iter().chain(causes).chain(fixes).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_diagnosis_names_its_cause_and_its_line() {
        let name = || "metrics".to_owned();
        let unreachable = || ApiError::Unreachable {
            source_name: name(),
            url: "http://p:9090/api/v1/query".to_owned(),
            reason: "TypeError: Failed to fetch".to_owned(),
        };
        let http =
            |status| ApiError::Http { source_name: name(), status, url: "/x".to_owned(), excerpt: String::new() };
        let page = |is_redirected| ApiError::NotJson {
            source_name: name(),
            content_type: "text/html".to_owned(),
            final_url: "https://login.example.org/".to_owned(),
            is_redirected,
            excerpt: String::new(),
        };
        let app = "https://app.example.org";
        let check = |error: ApiError, source_url: &str, page_origin: &str, wanted: &[&str]| {
            let told = told(&error, source_url, page_origin);
            for part in wanted {
                assert!(told.contains(part), "{part} is missing in:\n{told}");
            }
        };
        let proxy = "location /prometheus/ { proxy_pass http://p:9090/; }";
        check(unreachable(), "http://p:9090", app, &["mixed content", proxy, "\"url\": \"/prometheus\""]);
        check(
            unreachable(),
            "http://p:9090",
            "http://app.example.org:8080",
            &["CORS", proxy, r"--web.cors.origin='http://app\.example\.org:8080'"],
        );
        check(unreachable(), "/prometheus", app, &["could not be reached", "Failed to fetch"]);
        check(unreachable(), "http://127.0.0.1:9090", app, &["CORS"]);
        check(
            page(true),
            "/prometheus",
            app,
            &["asks to sign in", "login page", "another origin", "\"credentials\": \"include\""],
        );
        check(page(false), "/prometheus", app, &["index.html", "location /prometheus/ { proxy_pass"]);
        check(http(502), "/prometheus", app, &["502 Bad Gateway", "could not reach", "proxy_pass"]);
        check(http(504), "/prometheus", app, &["proxy_read_timeout"]);
        check(http(401), "/prometheus", app, &["who asks", "Authorization"]);
        check(http(403), "/prometheus", app, &["403 Forbidden", "credentials"]);
        check(http(404), "/metrics/prom", app, &["prefix", "--web.route-prefix=/metrics/prom"]);
        check(
            ApiError::NotReady { source_name: name(), is_stopping: false, excerpt: String::new() },
            "/prometheus",
            app,
            &["not ready yet", "write-ahead log"],
        );
        check(
            ApiError::TimedOut { source_name: name(), url: String::new(), timeout_ms: 30_000 },
            "/prometheus",
            app,
            &["in 30 s", "\"timeout_secs\": 60"],
        );
    }
}
