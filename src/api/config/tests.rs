use super::*;

fn problems(text: &str) -> Vec<(String, String)> {
    match config_from_json(text) {
        Err(ConfigError::Problems { problems }) => problems.into_iter().map(|p| (p.key, p.found)).collect(),
        other => panic!("no problems: {other:?}"),
    }
}

fn keys(text: &str) -> Vec<String> {
    problems(text).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn the_example_and_the_products_own_file_are_right() {
    for text in [EXAMPLE, include_str!("../../../public/config.json")] {
        let config = config_from_json(text).unwrap();
        assert_eq!(config.notices, []);
        assert_eq!(config.default_source(SourceKind::Prometheus).unwrap().name, "prometheus");
        assert!(config.dashboard("executive").is_some());
    }
}

#[test]
fn every_key_is_read() {
    let config = config_from_json(
        r#"{"version":1,"branding":{"title":"T","logo":"/l.svg","link":"https://x.example/"},
        "sources":[
          {"name":"a","kind":"prometheus","url":"https://p.example:9090/x/","headers":{"X-B":"2","X-A":"1"},
           "tenant_header":"X-Scope-OrgID","tenants":["t1"],"credentials":"include","timeout_secs":5},
          {"name":"b","kind":"prometheus","url":"/prom","default":true},
          {"name":"c","kind":"loki","url":"loki"}],
        "dashboards":[{"name":"d-1","file":"d.json","icon":"gauge"}],
        "service_labels":["svc"],"redact":["pin"],"clock":{"start":"2026-11-22T14:00:00Z","frozen":true}}"#,
    )
    .unwrap();
    assert_eq!(config.notices, []);
    let [a, b, c] = config.sources.as_slice() else { panic!("three sources") };
    assert_eq!((a.url.as_str(), a.timeout_secs, a.credentials), ("https://p.example:9090/x", 5, Credentials::Include));
    assert_eq!(a.headers, [("X-A".to_owned(), "1".to_owned()), ("X-B".to_owned(), "2".to_owned())]);
    assert_eq!((b.url.as_str(), b.timeout_secs, b.credentials), ("/prom", 30, Credentials::SameOrigin));
    assert_eq!(c.kind, SourceKind::Loki);
    assert_eq!(config.default_source(SourceKind::Prometheus).unwrap().name, "b");
    assert_eq!(config.source_for(SourceKind::Prometheus, Some("a")).unwrap().name, "a");
    assert_eq!(config.source_for(SourceKind::Prometheus, Some("uid123")).unwrap().name, "b");
    assert_eq!(config.default_source(SourceKind::Tempo), None);
    assert_eq!(config.dashboards.first().unwrap().title, "d-1");
    assert_eq!((config.service_labels, config.redact), (vec!["svc".to_owned()], vec!["pin".to_owned()]));
    assert_eq!(config.clock, Some(ClockStart { start_ms: 1_795_356_000_000, is_frozen: true }));
}

#[test]
fn every_mistake_is_told_at_once() {
    let found = keys(
        r#"{"version":2,"branding":[],"sources":[{"name":"a","kind":"prom","url":"javascript:alert(1)"},
        {"kind":"loki","url":"localhost:3100","timeout_secs":0,"credentials":"yes","headers":{"a b":"1","c":2},"tenants":["x"]},
        7],"dashboards":[{"name":"A B","file":"x"},{"name":"ok"}],"service_labels":"job","redact":[1],"clock":{"start":"now"}}"#,
    );
    let mut found = found;
    found.sort();
    assert_eq!(
        found,
        [
            "branding",
            "clock.start",
            "dashboards[0].name",
            "dashboards[1].file",
            "redact[0]",
            "service_labels",
            "sources[0].kind",
            "sources[0].url",
            "sources[1].credentials",
            "sources[1].headers.a b",
            "sources[1].headers.c",
            "sources[1].name",
            "sources[1].tenant_header",
            "sources[1].timeout_secs",
            "sources[1].url",
            "sources[2]",
            "version",
        ]
    );
}

#[test]
fn names_are_unique_and_defaults_single() {
    let source = |name: &str, more: &str| format!(r#"{{"name":"{name}","kind":"prometheus","url":"p"{more}}}"#);
    let file = |sources: &str, dashboards: &str| {
        format!(r#"{{"version":1,"sources":[{sources}],"dashboards":[{dashboards}]}}"#)
    };
    let two = |a: String, b: String| format!("{a},{b}");
    assert_eq!(keys(&file(&two(source("a", ""), source("a", "")), "")), ["sources[1].name"]);
    let default = ",\"default\":true";
    assert_eq!(keys(&file(&two(source("a", default), source("b", default)), "")), ["sources[1].default"]);
    let dashboard = r#"{"name":"x","file":"x.json"}"#.to_owned();
    assert_eq!(keys(&file(&source("a", ""), &two(dashboard.clone(), dashboard))), ["dashboards[1].name"]);
    assert_eq!(keys(r#"{"version":1}"#), ["sources"]);
    assert_eq!(keys(r#"{"version":1,"sources":[]}"#), ["sources"]);
    assert_eq!(keys(r#"{"version":1,"sources":{}}"#), ["sources"]);
    assert_eq!(keys("[]"), ["config.json"]);
}

#[test]
fn a_jaeger_may_say_its_dialect() {
    let file = |kind: &str, dialect: &str| {
        format!(r#"{{"version":1,"sources":[{{"name":"t","kind":"{kind}","url":"t","dialect":{dialect}}}]}}"#)
    };
    let read = |dialect: &str| config_from_json(&file("jaeger", dialect)).unwrap().sources.first().unwrap().dialect;
    assert_eq!(read("null"), JaegerDialect::Auto);
    for dialect in JaegerDialect::ALL {
        assert_eq!(read(&format!("\"{}\"", dialect.id())), dialect);
    }
    assert_eq!(keys(&file("jaeger", "\"v2\"")), ["sources[0].dialect"]);
    assert_eq!(keys(&file("jaeger", "3")), ["sources[0].dialect"]);
    assert_eq!(keys(&file("tempo", "\"v3\"")), ["sources[0].dialect"]);
}

#[test]
fn addresses() {
    let check = |url: &str, is_right: bool| assert_eq!(address_fault(url).is_none(), is_right, "{url}");
    for url in ["prometheus", "/prometheus", "https://a.example", "http://127.0.0.1:9090/p", "a/b:c"] {
        check(url, true);
    }
    for url in [
        "localhost:9090",
        "prometheus.example:9090",
        "ftp://a",
        "data:text/html,x",
        "https://",
        "a b",
        "p?x=1",
        "https://u:p@h/",
    ] {
        check(url, false);
    }
}

#[test]
fn unknown_keys_are_told_with_the_nearest_known_one() {
    let config = config_from_json(
        r#"{"version":1,"$schema":"x","sorces":[],"sources":[{"name":"a","kind":"prometheus","url":"http://h/api/v1","timeout":3}]}"#,
    )
    .unwrap();
    let texts: Vec<&str> = config.notices.iter().map(|n| n.message.as_str()).collect();
    assert_eq!(texts.len(), 3);
    assert!(
        texts.iter().any(|t| t.starts_with("sorces:") && t.contains("Did you mean \u{201c}sources\u{201d}?")),
        "{texts:?}"
    );
    assert!(texts.iter().any(|t| t.starts_with("sources[0].timeout:") && t.contains("timeout_secs")), "{texts:?}");
    assert_eq!(config.sources.first().unwrap().url, "http://h");
}

#[test]
fn broken_files_say_where() {
    let syntax = config_from_json("{\n  \"version\": 1,\n}").unwrap_err();
    assert_eq!(syntax.to_string(), "config.json is not valid JSON at line 3, column 1: trailing comma");
    assert_eq!(config_from_json("<!doctype html><html>").unwrap_err(), ConfigError::WebPage);
    let problem = config_from_json(r#"{"version":1,"sources":[{"name":"a","kind":"prometheus"}]}"#).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "config.json has one key to mend:\nsources[0].url: found nothing; write an address \
         (https://prometheus.example.org) or a path on this server (prometheus)"
    );
}

#[test]
fn distances() {
    for (a, b, expect) in [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("sorces", "sources", 1)] {
        assert_eq!(edit_distance(a, b), expect);
        assert_eq!(edit_distance(b, a), expect);
    }
}

#[test]
fn prices_of_models_are_numbers() {
    let read = |prices: &str| {
        config_from_json(&format!(
            r#"{{"version":1,"sources":[{{"name":"p","kind":"prometheus","url":"p"}}],"model_prices":{prices}}}"#
        ))
    };
    let config = read(r#"[{"model":"gpt-4o","input":2.5,"output":10,"cache_read":1.25}]"#).unwrap();
    let [price] = config.model_prices.as_slice() else { panic!("one price") };
    assert_eq!((price.model.as_str(), price.input, price.output), ("gpt-4o", 2.5, 10.0));
    assert_eq!((price.cache_read, price.cache_creation, config.currency.as_str()), (Some(1.25), None, "USD"));
    let wrong = read(r#"[{"model":"","input":"2","output":-1}]"#).unwrap_err().to_string();
    for key in ["model_prices[0].model", "model_prices[0].input", "model_prices[0].output"] {
        assert!(wrong.contains(key), "{wrong}");
    }
}
