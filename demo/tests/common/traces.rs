//! Jaeger's answers in one order: its store answers in an order of chance.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Lists of which the order means nothing.
const UNORDERED: [&str; 6] = ["data", "spans", "services", "operations", "resourceSpans", "scopeSpans"];

/// The answer with such lists sorted, and the processes of a trace named anew in the order of what is in them.
pub fn ordered(answer: &Value) -> Value {
    match answer {
        Value::Array(items) => items.iter().map(ordered).collect(),
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), ordered(value))).collect();
            rename_processes(&mut fields);
            for name in UNORDERED {
                if let Some(Value::Array(items)) = fields.get_mut(name) {
                    items.sort_by_cached_key(Value::to_string);
                }
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

fn rename_processes(trace: &mut Map<String, Value>) {
    let Some(Value::Object(processes)) = trace.remove("processes") else { return };
    let mut sorted: Vec<(String, Value)> = processes.into_iter().collect();
    sorted.sort_by_cached_key(|(_, process)| process.to_string());
    let names: BTreeMap<String, String> =
        sorted.iter().enumerate().map(|(index, (name, _))| (name.clone(), format!("p{}", index + 1))).collect();
    let renamed = sorted.into_iter().map(|(name, process)| (names[&name].clone(), process)).collect();
    trace.insert("processes".to_owned(), Value::Object(renamed));
    for span in trace.get_mut("spans").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::String(name)) = span.get_mut("processID") {
            name.clone_from(&names[name.as_str()]);
        }
    }
}
