//! Whom the bench compares the pages with.

use std::path::{Path, PathBuf};

use super::cache::make;
use super::prometheus_pages::{self, Pages, find_pages};
use super::servers::PROMETHEUS_3;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::report::Report;

/// Prometheus 3 with its own pages.
pub struct Peer {
    pub prometheus: PathBuf,
    pub pages: Pages,
}

pub fn find_peer(cache: &Path) -> Option<Peer> {
    Some(Peer { prometheus: PROMETHEUS_3.program(cache, "prometheus")?, pages: find_pages(cache)? })
}

/// Builds what is missing of the bench's peer. A machine that cannot is told why, and measures against another page: only
/// what also stops everything else is a failure here.
pub fn install_peer(machine: &Machine, report: &Report) -> Result<(), Failure> {
    let (needs_server, needs_pages) = (!PROMETHEUS_3.is_built(&machine.cache), find_pages(&machine.cache).is_none());
    if !needs_server && !needs_pages {
        return Ok(());
    }
    make(&machine.cache)?;
    let results = std::thread::scope(|scope| {
        // The pages spend half of their time on downloads, the server nearly all of it on two cores: together.
        let server = needs_server.then(|| {
            scope.spawn(|| PROMETHEUS_3.build(machine, report, "serves the page that the bench compares with"))
        });
        let pages = needs_pages.then(|| scope.spawn(|| prometheus_pages::build(machine, report)));
        [server, pages].map(|step| step.map(std::thread::ScopedJoinHandle::join))
    });
    let mut said = String::new();
    for result in results.into_iter().flatten() {
        match result {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                let text = failure.to_string();
                // What both lack is said once.
                if text != said {
                    report.say(&format!("the bench has to do without its peer:\n{text}\n"));
                }
                said = text;
            }
            Err(_) => return Err(Failure::Rule("building the bench's peer panicked; see above".to_owned())),
        }
    }
    Ok(())
}
