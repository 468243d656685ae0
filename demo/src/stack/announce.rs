//! What is said when the stack is ready: `stack.json` for programs, a table for people.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::http::Client;
use super::options::Options;
use super::process::Process;
use super::servers::Plan;
use super::{Name, Say, StackError};
use crate::clock::rfc3339;

/// In the stack's folder while the stack is ready.
pub(super) const STACK_FILE: &str = "stack.json";

/// What is told besides the servers.
pub(super) struct Facts {
    pub start_ms: i64,
    pub now_ms: i64,
    pub sink: String,
    pub platform: String,
}

/// Writes `stack.json` and prints the addresses.
pub(super) fn announce(
    options: &Options,
    plans: &[Plan],
    folder: &Path,
    facts: &Facts,
    running: &[Process],
    client: &Client,
    say: &Say,
) -> Result<(), StackError> {
    let Facts { start_ms, now_ms, sink, platform } = facts;
    let mut servers = Map::new();
    let mut table = String::new();
    for plan in plans {
        let name = plan.name.as_str();
        let version = version(client, plan);
        let id = running.iter().find(|process| process.name == name).map(Process::id);
        let memory = id.and_then(memory_mb).map_or_else(String::new, |mb| format!("{mb} MB"));
        writeln!(table, "  {name:<18} {version:<10} {memory:>8}  {}", plan.url).unwrap_or(());
        let mut entry = Map::new();
        entry.insert("url".to_owned(), plan.url.as_str().into());
        entry.insert("version".to_owned(), version.into());
        entry.insert("pid".to_owned(), id.into());
        entry.extend(plan.more.iter().map(|(what, address)| ((*what).to_owned(), address.as_str().into())));
        servers.insert(name.to_owned(), entry.into());
    }
    let mut file = json!({
        "seed": options.seed, "start_ms": start_ms, "now_ms": now_ms, "sink": sink, "platform": platform,
        "servers": servers,
    });
    if let Some(nginx) = plans.iter().find(|plan| plan.name == Name::Nginx)
        && let Some(file) = file.as_object_mut()
    {
        let (app, prefixed) = (format!("{}/", nginx.url), format!("{}/observability/", nginx.url));
        writeln!(table, "\n  the app            {app} and {prefixed}").unwrap_or(());
        file.insert("app".to_owned(), app.into());
        file.insert("app_prefixed".to_owned(), prefixed.into());
    }
    let path = folder.join(STACK_FILE);
    fs::write(&path, file.to_string()).map_err(StackError::io(format!("cannot write {}", path.display())))?;
    let end = options.length.map_or_else(String::new, |length| format!(" It ends after {} s.", length.as_secs()));
    let (from, to) = (rfc3339(*start_ms), rfc3339(*now_ms));
    say.line(&format!("all is there: {from} to {to} from the past, and live from now on.{end} Ctrl+C ends it."));
    eprintln!(
        "\n{table}  notifications      {sink}\n  simulated targets  {platform}\n  data and logs      {}\n",
        folder.display()
    );
    println!("agentarea-demo stack ready {}", path.display());
    io::stdout().flush().map_err(StackError::io("cannot print"))
}

/// What the server says of itself, or else its program; "" if neither tells.
fn version(client: &Client, plan: &Plan) -> String {
    if let Some((url, place)) = &plan.version {
        let told = client.json(url);
        return told
            .as_ref()
            .and_then(|told| told.pointer(place))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
    }
    let pattern = regex::Regex::new(r"\d+\.\d+(\.\d+)?");
    let find = |text: &str| {
        pattern.as_ref().ok().and_then(|pattern| pattern.find(text)).map(|found| found.as_str().to_owned())
    };
    let program = &plan.launch.program;
    // nginx tells it with one dash, on its standard error. Jaeger's build from the module tells none; its folder does.
    let told = ["--version", "-v"].into_iter().find_map(|flag| {
        let output = std::process::Command::new(program).arg(flag).output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        output.status.success().then(|| find(&String::from_utf8_lossy(&text))).flatten()
    });
    told.or_else(|| find(&program.display().to_string())).unwrap_or_default()
}

/// Resident memory of a process and those that it started, in MB.
fn memory_mb(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024)
}
