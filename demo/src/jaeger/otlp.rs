//! Traces that are given as OTLP JSON, as Jaeger's collector turns them into its own model.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::model::{
    Log, Process, RefKind, Reference, Span, Status, Tag, Text, Value, find, push_status, repair_duration,
};

/// Reads the body of `POST /v1/traces`.
pub fn spans(body: &[u8]) -> Result<Vec<Span>, String> {
    let document: Json = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    for resource in items(&document, "resourceSpans") {
        let process = Arc::new(process(resource.get("resource").unwrap_or(&Json::Null)));
        for scope in items(resource, "scopeSpans") {
            for span in items(scope, "spans") {
                out.push(span_of(span, scope.get("scope").unwrap_or(&Json::Null), &process)?);
            }
        }
    }
    Ok(out)
}

fn items<'j>(json: &'j Json, name: &str) -> &'j [Json] {
    json.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json.get(name).and_then(Json::as_str).unwrap_or("")
}

/// A 64-bit number: the protocol writes it as text, and readers take both.
fn number(json: Option<&Json>) -> i64 {
    match json {
        Some(Json::String(text)) => text.parse().unwrap_or(0),
        Some(other) => other.as_i64().unwrap_or(0),
        None => 0,
    }
}

fn id<T>(json: &Json, name: &str, read: impl Fn(&str) -> Option<T>, none: T) -> Result<T, String> {
    match text(json, name) {
        "" => Ok(none),
        digits => read(digits).ok_or_else(|| format!("{name} is no id: {digits:?}")),
    }
}

fn trace_id(json: &Json) -> Result<u128, String> {
    id(json, "traceId", |digits| u128::from_str_radix(digits, 16).ok(), 0)
}

fn span_id(json: &Json, name: &str) -> Result<u64, String> {
    id(json, name, |digits| u64::from_str_radix(digits, 16).ok(), 0)
}

fn process(resource: &Json) -> Process {
    let attributes = items(resource, "attributes");
    let named = attributes.iter().find(|attribute| text(attribute, "key") == "service.name");
    let service = match named.map(|attribute| attribute.pointer("/value/stringValue")) {
        None => "missing-service-name",
        Some(None) => "service-name-wrong-type",
        Some(Some(name)) => match name.as_str().unwrap_or("") {
            "" => "empty-service-name",
            name => name,
        },
    };
    let tags = attributes.iter().filter(|attribute| text(attribute, "key") != "service.name").map(tag_of).collect();
    Process { service: service.to_owned().into(), tags }
}

fn span_of(json: &Json, scope: &Json, process: &Arc<Process>) -> Result<Span, String> {
    let (trace_id, parent) = (trace_id(json)?, span_id(json, "parentSpanId")?);
    let mut references = Vec::new();
    if parent != 0 {
        references.push(Reference { kind: RefKind::ChildOf, trace_id, span_id: parent });
    }
    for link in items(json, "links") {
        push_link(&mut references, link, (trace_id, parent))?;
    }
    let mut tags = Vec::new();
    for (key, name) in [("otel.scope.name", "name"), ("otel.scope.version", "version")] {
        let text = text(scope, name);
        if !text.is_empty() {
            tags.push(Tag::text(key, text.to_owned()));
        }
    }
    tags.extend(items(json, "attributes").iter().map(tag_of));
    let status = json.get("status").unwrap_or(&Json::Null);
    let kind = match number(json.get("kind")) {
        1 => "internal",
        2 => "server",
        3 => "client",
        4 => "producer",
        5 => "consumer",
        _ => "",
    };
    push_status(
        &mut tags,
        Status {
            kind,
            code: number(status.get("code")),
            message: Some(text(status, "message").to_owned().into()),
            trace_state: text(json, "traceState"),
        },
    );
    let mut span = Span {
        trace_id,
        span_id: span_id(json, "spanId")?,
        name: text(json, "name").to_owned().into(),
        references,
        start_ns: number(json.get("startTimeUnixNano")),
        duration_ns: 0,
        tags,
        logs: items(json, "events").iter().map(log_of).collect(),
        process: Arc::clone(process),
        warnings: Vec::new(),
        has_early_warning: false,
    };
    repair_duration(&mut span, number(json.get("endTimeUnixNano")));
    Ok(span)
}

/// A link to the parent only says of which kind the parent's reference is.
fn push_link(references: &mut Vec<Reference>, link: &Json, (trace_id, parent): (u128, u64)) -> Result<(), String> {
    let attributes: Vec<Tag> = items(link, "attributes").iter().map(tag_of).collect();
    let is_child = matches!(find(&attributes, "opentracing.ref_type"), Some(Value::Text(kind)) if kind == "child_of");
    let kind = if is_child { RefKind::ChildOf } else { RefKind::FollowsFrom };
    let reference = Reference { kind, trace_id: self::trace_id(link)?, span_id: span_id(link, "spanId")? };
    let is_to_parent = parent != 0 && (reference.trace_id, reference.span_id) == (trace_id, parent);
    match references.first_mut().filter(|_| is_to_parent) {
        Some(first) => first.kind = kind,
        None => references.push(reference),
    }
    Ok(())
}

fn log_of(event: &Json) -> Log {
    let mut fields: Vec<Tag> = items(event, "attributes").iter().map(tag_of).collect();
    let name = text(event, "name");
    if !name.is_empty() && find(&fields, "event").is_none() {
        fields.insert(0, Tag::text("event", name.to_owned()));
    }
    Log { time_ns: number(event.get("timeUnixNano")), fields }
}

fn tag_of(attribute: &Json) -> Tag {
    let value = attribute.get("value").unwrap_or(&Json::Null);
    Tag::new(Text::Owned(text(attribute, "key").to_owned()), value_of(value))
}

fn value_of(json: &Json) -> Value {
    let field = |name: &str| json.get(name);
    if let Some(number_or_text) = field("intValue") {
        return Value::Int(number(Some(number_or_text)));
    }
    if let Some(float) = field("doubleValue") {
        let named = float.as_str().and_then(|name| name.replace("Infinity", "inf").parse().ok());
        return Value::Float(float.as_f64().or(named).unwrap_or(0.0));
    }
    if let Some(is_true) = field("boolValue").and_then(Json::as_bool) {
        return Value::Bool(is_true);
    }
    if let Some(bytes) = field("bytesValue").and_then(Json::as_str) {
        return Value::Binary(STANDARD.decode(bytes).unwrap_or_default());
    }
    if field("arrayValue").is_some() || field("kvlistValue").is_some() {
        return Value::Text(Cow::Owned(go_json(&plain(json))));
    }
    Value::Text(Cow::Owned(text(json, "stringValue").to_owned()))
}

/// The value without OTLP's wrappers.
fn plain(json: &Json) -> Json {
    if let Some(list) = json.get("arrayValue") {
        return items(list, "values").iter().map(plain).collect();
    }
    if let Some(map) = json.get("kvlistValue") {
        let pairs = items(map, "values").iter();
        return pairs
            .map(|pair| (text(pair, "key").to_owned(), plain(pair.get("value").unwrap_or(&Json::Null))))
            .collect();
    }
    match json.get("intValue") {
        Some(integer) => number(Some(integer)).into(),
        None => json.as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or(Json::Null),
    }
}

/// JSON as Go writes it: markup is escaped.
fn go_json(json: &Json) -> String {
    json.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: &Json) -> Vec<Span> {
        spans(document.to_string().as_bytes()).unwrap()
    }

    fn given(resource: Json, span: Json) -> Json {
        json!({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"spans": [span]}]}]})
    }

    #[test]
    fn a_service_without_a_name_gets_one() {
        for (attributes, name) in [
            (json!([]), "missing-service-name"),
            (json!([{"key": "service.name", "value": {"stringValue": ""}}]), "empty-service-name"),
            (json!([{"key": "service.name", "value": {"intValue": "1"}}]), "service-name-wrong-type"),
            (json!([{"key": "service.name", "value": {"stringValue": "api"}}]), "api"),
        ] {
            assert_eq!(read(&given(attributes, json!({"spanId": "01"})))[0].service(), name);
        }
    }

    #[test]
    fn a_link_to_the_parent_is_the_parent_s_reference() {
        let link = |trace: &str, span: &str| json!({"traceId": trace, "spanId": span});
        let span = json!({"traceId": "0a", "spanId": "02", "parentSpanId": "01", "links": [link("0a", "01"), link("0b", "03")]});
        let references = &read(&given(json!([]), span))[0].references;
        let found: Vec<_> = references.iter().map(|one| (one.kind, one.trace_id, one.span_id)).collect();
        assert_eq!(found, [(RefKind::FollowsFrom, 0xa, 1), (RefKind::FollowsFrom, 0xb, 3)]);
    }

    #[test]
    fn lists_and_maps_become_go_s_json() {
        let value = json!({"kvlistValue": {"values": [
            {"key": "b", "value": {"arrayValue": {"values": [{"stringValue": "<i>"}, {"intValue": "7"}]}}},
            {"key": "a", "value": {"boolValue": true}},
        ]}});
        assert_eq!(value_of(&value), Value::Text(r#"{"a":true,"b":["\u003ci\u003e",7]}"#.into()));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let error = spans(given(json!([]), json!({"spanId": "xyz"})).to_string().as_bytes()).unwrap_err();
        assert_eq!(error, r#"spanId is no id: "xyz""#);
        assert!(spans(b"{").is_err());
    }
}
