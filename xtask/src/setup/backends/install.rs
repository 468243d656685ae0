//! Installing what the plan says. A step that fails hides no other.

use super::super::debian;
use super::super::servers::{GoServer, LOKI};
use super::plan::{Means, Plan, Source};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::report::Report;

/// What could not be installed, with the reason.
pub type Failed = Vec<(Source, String)>;

/// Installs side by side, Loki first, which takes longest.
pub fn install(machine: &Machine, report: &Report, plan: &Plan, means: Means) -> Result<Failed, Failure> {
    let build = |is_wanted: fn(&GoServer) -> bool| {
        let servers =
            plan.sources.iter().filter(move |source| matches!(source, Source::Go(server) if is_wanted(server)));
        servers.filter_map(|source| fetch(machine, report, *source)).collect::<Failed>()
    };
    let lanes = std::thread::scope(|scope| {
        let lanes = [
            scope.spawn(|| build(|server| *server == LOKI)),
            scope.spawn(|| build(|server| *server != LOKI)),
            scope.spawn(|| {
                // Among the packages may be Maven.
                let mut failed = install_packages(machine, report, plan, means);
                let artifacts = plan.sources.iter().filter(|source| matches!(source, Source::Maven(_)));
                failed.extend(artifacts.filter_map(|source| fetch(machine, report, *source)));
                failed
            }),
        ];
        lanes.map(std::thread::ScopedJoinHandle::join)
    });
    let mut failed = Failed::new();
    for lane in lanes {
        let Ok(of_lane) = lane else {
            return Err(Failure::Rule("installing the servers panicked; see above".to_owned()));
        };
        failed.extend(of_lane);
    }
    Ok(failed)
}

fn fetch(machine: &Machine, report: &Report, source: Source) -> Option<(Source, String)> {
    let result = match source {
        Source::Go(server) => server.build(machine, report, "a server of the stack"),
        Source::Maven(artifact) => artifact.fetch(machine, report),
        Source::Debian(..) => Ok(()),
    };
    result.err().map(|failure| (source, told_briefly(report, &failure)))
}

fn install_packages(machine: &Machine, report: &Report, plan: &Plan, means: Means) -> Failed {
    let packages = plan.packages(means);
    if packages.is_empty() {
        return Failed::new();
    }
    let installed = debian::install(machine, report, &[], &packages).map_err(|failure| told_briefly(report, &failure));
    let failed = |source: &Source| {
        let Source::Debian(names, elsewhere) = source else { return None };
        let why = match &installed {
            Ok(lacking) => {
                let name = names.iter().find(|name| lacking.contains(*name))?;
                format!("Debian's archive here has no package {name}; {elsewhere}")
            }
            Err(why) => why.clone(),
        };
        Some((*source, why))
    };
    plan.sources.iter().filter_map(failed).collect()
}

/// Says a failure in full now, and returns its first line for later.
fn told_briefly(report: &Report, failure: &Failure) -> String {
    let text = failure.to_string();
    report.say(&format!("the stack has to do without something:\n{text}\n"));
    text.lines().next().unwrap_or_default().to_owned()
}
