//! Elasticsearch: two days of log indices, of which the second maps its fields differently.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::server::{Folder, Started, free_port, is_root};
use super::web::Request;
use super::{Backend, CaptureError, Setting, Stage};

pub const BACKEND: Backend = Backend {
    name: "elasticsearch",
    folder: "elasticsearch",
    programs: &["java", "elasticsearch"],
    pinned_version: "7.17.9",
    asks: include_str!("data/elasticsearch/asks.txt"),
    start,
};

const FIRST_DAY: &str = include_str!("data/elasticsearch/first_day.json");
const SECOND_DAY: &str = include_str!("data/elasticsearch/second_day.json");
const DOCUMENTS: &str = include_str!("data/elasticsearch/documents.ndjson");

/// `nobody`: Elasticsearch refuses to run as root.
const NOBODY: u32 = 65_534;

fn start(setting: &Setting<'_>) -> Result<Vec<Stage>, CaptureError> {
    let (folder, port, transport_port) = (Folder::new(setting.name)?, free_port()?, free_port()?);
    let home = home(setting, folder.path())?;
    let java = setting.program("java");
    let java = fs::canonicalize(&java).map_err(CaptureError::io(format!("cannot find {}", java.display())))?;
    let mut command = Command::new(home.join("bin/elasticsearch"));
    command
        .env("ES_JAVA_HOME", java.ancestors().nth(2).unwrap_or(&java))
        .env("ES_JAVA_OPTS", "-Xms300m -Xmx300m")
        .env("ES_TMPDIR", folder.path().join("tmp"))
        .args(["-E", "discovery.type=single-node"])
        .args(["-E", "node.name=capture", "-E", "cluster.name=capture"])
        .args(["-E", &format!("http.port={port}"), "-E", &format!("transport.port={transport_port}")]);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut server = Started::new(setting.name, command, folder, port)?;
    let limit = Duration::from_mins(3);
    server.wait_for(setting, limit, &Request::get("/"), "an answer", |answer| answer.status == 200)?;
    server.ask_version("/", "/version/number");
    for (index, body) in [("agentarea-2026.01.01", FIRST_DAY), ("agentarea-2026.01.02", SECOND_DAY)] {
        server.load(&Request { method: "PUT".into(), ..Request::post_json(format!("/{index}"), body) })?;
    }
    server.load(&Request::post_json("/_bulk?refresh=true", DOCUMENTS))?;
    let counted = Request::get("/agentarea-*/_count");
    server.wait_for(setting, limit, &counted, "all documents", |answer| answer.text().contains("\"count\":4,"))?;
    Ok(vec![Stage::new("elasticsearch", server, port, "127.0.0.1:9200")])
}

/// A copy of the program's folder that its user may read and write: it keeps its settings, data and logs there.
fn home(setting: &Setting<'_>, folder: &Path) -> Result<PathBuf, CaptureError> {
    let program = setting.program("elasticsearch");
    let from = fs::canonicalize(&program).map_err(CaptureError::io(format!("cannot find {}", program.display())))?;
    let from = from.ancestors().nth(2).unwrap_or(&from).to_owned();
    let home = folder.join("elasticsearch");
    let copied = Command::new("cp").arg("-r").arg(&from).arg(&home).status();
    if !copied.map_err(CaptureError::io("cannot start cp"))?.success() {
        let reason = format!("{} could not be copied", from.display());
        return Err(CaptureError::Start { server: setting.name.to_owned(), reason, log: String::new() });
    }
    for made in ["elasticsearch/logs", "elasticsearch/data", "tmp"] {
        let path = folder.join(made);
        fs::create_dir_all(&path).map_err(CaptureError::io(format!("cannot make {}", path.display())))?;
    }
    give(folder)?;
    Ok(home)
}

/// Gives a folder and what is in it to the user that the server will run as.
fn give(path: &Path) -> Result<(), CaptureError> {
    let cannot = || CaptureError::io(format!("cannot give {} away", path.display()));
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).map_err(cannot())?;
        if path.is_dir() {
            for entry in fs::read_dir(path).map_err(cannot())? {
                give(&entry.map_err(cannot())?.path())?;
            }
        }
    }
    Ok(())
}
