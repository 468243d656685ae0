//! The guide's words and the script's incidents are found in what is told.

use super::*;

const CATEGORIES: [(&str, &[&str]); 7] = [
    ("agentarea.api", &["request", "response", "business_logic"]),
    ("agentarea.agents", &["lifecycle", "communication", "errors"]),
    ("agentarea.mcp", &["tool_calls", "provisioning", "health"]),
    ("agentarea.database", &["connections", "queries", "migrations"]),
    ("agentarea.cache", &["hits", "misses", "evictions"]),
    ("agentarea.auth", &["login", "logout", "token_refresh", "failures"]),
    ("agentarea.security", &["unauthorized_access", "suspicious_activity"]),
];

#[test]
fn every_logger_and_category_of_the_guide_occurs_and_no_other() {
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for record in history().logs.iter().filter(|record| record.is_json) {
        let line = json_of(record);
        for key in ["event", "logger", "level", "timestamp", "category"] {
            assert!(line[key].is_string(), "{key} in {}", record.line);
        }
        assert_eq!(line["level"], record.level.name());
        let logger = line["logger"].as_str().unwrap();
        if matches!(logger, "agentarea.database" | "agentarea.cache" | "agentarea.security") {
            assert!(record.level >= Level::Warning, "below the guide's level: {}", record.line);
        }
        if let Some(trace_id) = record.trace_id {
            assert_eq!(line["trace_id"], format!("{trace_id:032x}"));
            assert_eq!(line["span_id"], format!("{:016x}", record.span_id.unwrap()));
        }
        found.insert((logger.to_owned(), line["category"].as_str().unwrap().to_owned()));
    }
    let expected: BTreeSet<(String, String)> = CATEGORIES
        .iter()
        .flat_map(|(logger, categories)| {
            categories.iter().map(|category| ((*logger).to_owned(), (*category).to_owned()))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn creating_an_agent_is_logged_with_the_guide_s_keys() {
    let mut seen = [0; 3];
    let mut passwords = 0;
    for record in history().logs.iter().filter(|record| record.is_json) {
        let (place, keys): (usize, &[&str]) = match &record.line {
            line if line.contains("\"Creating agent\"") => (0, &["agent_name", "model", "template", "user_id"]),
            line if line.contains("\"Agent created successfully\"") => (1, &["agent_id", "creation_time", "user_id"]),
            line if line.contains("\"Failed to create agent\"") => {
                (2, &["error", "error_type", "agent_config", "user_id", "exception"])
            }
            _ => continue,
        };
        let line = json_of(record);
        assert!(keys.iter().all(|key| !line[key].is_null()), "{}", record.line);
        if place == 2 {
            assert!(line["exception"].as_str().unwrap().starts_with("Traceback (most recent call last):\n"));
            passwords += usize::from(line["agent_config"]["database"]["password"].is_string());
        }
        seen[place] += 1;
    }
    assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
    assert!(passwords > 3, "{passwords}");
}

#[test]
fn create_agent_has_exactly_the_spans_of_the_guide() {
    let (_, spans) = history()
        .traces
        .iter()
        .find(|(trace_id, spans)| {
            let request = &history().requests[trace_id];
            request.frontend.is_some()
                && request.mcp.is_some_and(|call| call.status == Status::Http(200))
                && spans.iter().any(|span| span.name == "create_agent" && !span.is_error())
        })
        .unwrap();
    let parent_of = |span: &Span| spans.iter().find(|other| Some(other.span_id) == span.parent_span_id);
    let depth = |span: &Span| std::iter::successors(parent_of(span), |span| parent_of(span)).count();
    let mut drawn: Vec<(i64, usize, String)> = spans
        .iter()
        .filter(|span| span.name != "wait_for_worker")
        .map(|span| (span.start_ns, depth(span), format!("{} {}", REPLICAS[span.process].service.name(), span.name)))
        .collect();
    drawn.sort();
    let tree: Vec<String> = drawn.iter().map(|(_, depth, name)| format!("{}{name}", "  ".repeat(*depth))).collect();
    assert_eq!(
        tree.join("\n") + "\n",
        "\
agentarea-frontend POST /api/{path}
  agentarea-frontend POST
    agentarea-api POST /v1/agents
      agentarea-api GET
      agentarea-api create_agent
        agentarea-api validate_config
        agentarea-api database_create
          agentarea-api SELECT agentarea
          agentarea-api INSERT agentarea
          agentarea-api INSERT agentarea
        agentarea-api initialize_runtime
          agentarea-api mcp_manager_call
            agentarea-api POST
              mcp-manager POST /agents/{agent_id}/{action}
          agentarea-api SETEX
      agentarea-api POST /v1/agents http send
"
    );
    let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert!(!text(span("create_agent"), "agent.name").is_empty());
    assert!(!text(span("create_agent"), "agent.model").is_empty());
    assert!(text(span("create_agent"), "user.id").starts_with("user-"));
    assert_eq!(text(span("create_agent"), "operation.status"), "success");
    assert_eq!(text(span("validate_config"), "validation.result"), "valid");
    assert_eq!(text(span("initialize_runtime"), "runtime.status"), "initialized");
    let call = span("mcp_manager_call");
    assert_eq!(text(call, "service.name"), "mcp-manager");
    assert_eq!(text(call, "agent.id"), text(span("database_create"), "agent.id"));
    for key in ["action", "http.status_code", "http.response_size", "operation.duration"] {
        assert!(call.attribute(key).is_some(), "{key}");
    }
}

#[test]
fn an_mcp_manager_that_refuses_is_an_error_of_the_call_alone() {
    let mut found = 0;
    for span in history().spans().filter(|span| span.name == "mcp_manager_call" && span.is_error()) {
        let Some(AttributeValue::Int(code)) = span.attribute("http.status_code") else { panic!("{span:?}") };
        assert!(*code >= 400);
        found += 1;
    }
    assert!(found > 3, "{found}");
}

#[test]
fn models_are_asked_in_opentelemetry_s_words() {
    let mut turns = BTreeSet::new();
    for span in history().spans().filter(|span| span.name.starts_with("chat ") && !span.is_error()) {
        for key in ["gen_ai.input.messages", "gen_ai.output.messages"] {
            let messages: serde_json::Value = serde_json::from_str(text(span, key)).unwrap();
            for message in messages.as_array().unwrap() {
                for part in message["parts"].as_array().unwrap() {
                    turns.insert(format!("{} {}", message["role"].as_str().unwrap(), part["type"].as_str().unwrap()));
                    assert!(part["arguments"].is_null() || part["arguments"].is_object());
                }
            }
        }
        assert!(
            matches!(span.attribute("gen_ai.usage.input_tokens"), Some(AttributeValue::Int(tokens)) if *tokens > 0)
        );
        assert_ne!(text(span, "gen_ai.request.model"), text(span, "gen_ai.response.model"));
    }
    let expected = ["assistant text", "assistant tool_call", "system text", "tool tool_call_response", "user text"];
    assert_eq!(turns.into_iter().collect::<Vec<_>>(), expected);
}

/// Minutes of the script, relative to now, in which something must be found.
#[test]
fn every_incident_shows_in_lines() {
    let check = |from: i64, to: i64, part: &str, at_least: usize| {
        let found = history().lines(from, to).filter(|record| record.line.contains(part)).count();
        assert!(found >= at_least, "{found} of {part} in {from}..{to}");
        let before = history().lines(-130, -60).filter(|record| record.line.contains(part)).count();
        assert!(before * 5 < found.max(1), "{part} also at other times: {before}");
    };
    check(-541, -538, "OOMKilled", 1);
    check(-541, -538, "\"mcp-manager-1\", \"error\": \"All connection attempts failed\"", 1);
    check(-361, -340, "Shutting down", 3);
    check(-361, -315, "Many cold keys requested", 20);
    check(-180, -155, "QueuePool limit", 500);
    check(-180, -155, "LOG:  duration: ", 500);
    check(-180, -155, "DatabaseError", 100);
    check(-41, -39, "heap out of memory", 1);
    check(-20, 0, "Tool degraded", 10);
    check(-20, 0, "ToolExecutionError", 50);
    check(-6, 0, "Disk space low", 4);
}

#[test]
fn the_database_reports_slow_queries_in_the_guide_s_words() {
    let reported = |from: i64, to: i64| {
        history()
            .lines(from, to)
            .filter(|record| SOURCES[record.source].app == "postgresql")
            .filter_map(|record| {
                record.line.split("slow query report: ").nth(1)?.split(' ').next()?.parse::<u32>().ok()
            })
            .max()
    };
    assert!(reported(-180, -155) > Some(100), "{:?}", reported(-180, -155));
    assert!(reported(-150, 0) < Some(20), "{:?}", reported(-150, 0));
}

#[test]
fn the_monitoring_server_s_restart_shows_in_the_scheduler_s_lines() {
    let mut teller = Teller::new(1);
    let events = Events { start_ms: NOW_MS - 15_000, end_ms: NOW_MS, ..Events::default() };
    let told = teller.tell_events(&events, &[IncidentKind::ServerRestart], &BTreeSet::new());
    let lines = told.logs.iter().filter(|record| record.line.contains("prometheus:9090: Connection refused")).count();
    assert_eq!(lines, 3);
    assert!(told.spans.is_empty());
}

#[test]
fn every_incident_shows_in_spans() {
    let history = history();
    let within = |span: &Span, from: i64, to: i64| {
        let ns = |minute: i64| (NOW_MS + minute * MINUTE_MS) * 1_000_000;
        (ns(from)..ns(to)).contains(&span.end_ns)
    };
    let count = |from: i64, to: i64, holds: &dyn Fn(&Span) -> bool| {
        history.spans().filter(|span| within(span, from, to) && holds(span)).count()
    };
    // The deploy: another version, and the same question once per item of a list.
    assert_eq!(count(-600, -362, &|span| span.process < 3 && span.release > 0), 0);
    assert_eq!(count(-330, 0, &|span| span.process < 3 && span.release == 0), 0);
    let repeats = |spans: &Vec<Span>| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for span in spans.iter().filter(|span| span.name == "SELECT agentarea") {
            *counts.entry(text(span, "db.statement")).or_default() += 1;
        }
        counts.into_values().any(|count| count >= 3)
    };
    let repeating: Vec<&Span> = history.traces.values().filter(|spans| repeats(spans)).map(|spans| &spans[0]).collect();
    let in_deploy = repeating.iter().filter(|span| within(span, -360, -315)).count();
    assert!(in_deploy >= 10 && in_deploy == repeating.len(), "{in_deploy} of {}", repeating.len());

    let timed_out = |span: &Span| {
        span.name == "connect" && matches!(&span.status, SpanStatus::Error(message) if message.contains("QueuePool"))
    };
    assert!(count(-180, -155, &timed_out) > 300);
    assert_eq!(count(-180, -155, &timed_out), count(-600, 0, &timed_out));

    assert!(count(-60, -41, &|span| span.process == 6) > 30);
    assert_eq!(count(-39, 0, &|span| span.process == 6), 0);
    assert_eq!(count(-539, -538, &|span| span.process == 4 && span.start_ns < (NOW_MS - 9 * HOUR_MS) * 1_000_000), 0);

    let failed_search = |span: &Span| span.name == "execute_tool web_search" && span.is_error();
    assert!(count(-20, 0, &failed_search) > 100 && count(-60, -21, &failed_search) < 3);
    let low_disk = |span: &Span| span.events.iter().any(|event| event.name == "workspace.disk_low");
    assert!(count(-6, 0, &low_disk) > 3 && count(-600, -7, &low_disk) == 0);
}

#[test]
fn failures_carry_their_exceptions() {
    let history = history();
    let mut kinds = BTreeSet::new();
    for request in history.requests.values().filter(|request| request.failure.is_some()) {
        let spans = &history.traces[&request.trace_id];
        let Some(event) = spans.iter().flat_map(|span| &span.events).find(|event| event.name == "exception") else {
            panic!("{request:?}")
        };
        let expected = match request.failure {
            Some(Failure::PoolTimeout) => "sqlalchemy.exc.TimeoutError",
            Some(Failure::Upstream) => "httpx.HTTPStatusError",
            _ if request.process >= 5 => "TypeError",
            _ => "AttributeError",
        };
        assert!(event.attributes.contains(&("exception.type", expected.into())), "{event:?}");
        kinds.insert(expected);
    }
    assert!(kinds.len() >= 3, "{kinds:?}");
}

#[test]
fn some_secrets_got_into_spans() {
    let headers =
        history().spans().filter(|span| span.attribute("http.request.header.authorization").is_some()).count();
    assert!(headers > 20, "{headers}");
}

#[test]
fn as_much_is_told_as_a_backend_can_take() {
    let history = history();
    let started = |from: i64, to: i64| {
        let ns = |minute: i64| (NOW_MS + minute * MINUTE_MS) * 1_000_000;
        history.traces.values().filter(|spans| (ns(from)..ns(to)).contains(&spans[0].end_ns)).count() as f64
    };
    let full = started(-60, -20) / 2400.0;
    let sparse = started(-120, -80) / 2400.0;
    assert!((0.8..1.6).contains(&full), "{full} traces per second");
    assert!(sparse < 0.6 * full, "{sparse} traces per second");
    assert!((30_000..90_000).contains(&history.last_hour_lines), "{}", history.last_hour_lines);
}
