//! What was not understood of a dashboard, as a report: alike remarks together, counted, with the panels that they are about.

use crate::{
    base::order,
    model::{
        dashboard::Dashboard,
        notice::{Notice, Severity},
    },
};

/// One thing that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The last part of the JSON path, and what is said of it: `lineStyle: … is not supported`.
    pub what: String,
    /// The worst of its remarks.
    pub severity: Severity,
    pub count: usize,
    /// Title, id and number of remarks of each panel, in reading order; none where the dashboard as a whole is meant.
    pub panels: Vec<PanelRemarks>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelRemarks {
    pub id: u32,
    pub title: String,
    pub count: usize,
}

/// Everything that was remarked on, what matters most first, then what stands most often.
pub fn report(dashboard: &Dashboard) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = Vec::new();
    for notice in &dashboard.notices {
        add(&mut remarks, notice, None);
    }
    for panel in &dashboard.panels {
        for notice in &panel.notices {
            add(&mut remarks, notice, Some((panel.id, panel.title.as_str())));
        }
    }
    order::sort_by(&mut remarks, |a, b| {
        b.severity.cmp(&a.severity).then(b.count.cmp(&a.count)).then_with(|| a.what.cmp(&b.what))
    });
    remarks
}

fn add(remarks: &mut Vec<Remark>, notice: &Notice, panel: Option<(u32, &str)>) {
    let what = without_path(&notice.message);
    let at = remarks.iter().position(|remark| remark.what == what).unwrap_or_else(|| {
        remarks.push(Remark { what, severity: notice.severity, count: 0, panels: Vec::new() });
        remarks.len() - 1
    });
    let Some(remark) = remarks.get_mut(at) else { return };
    remark.count += 1;
    remark.severity = remark.severity.max(notice.severity);
    let Some((id, title)) = panel else { return };
    if let Some(panel) = remark.panels.iter_mut().find(|panel| panel.id == id) {
        panel.count += 1;
        return;
    }
    let title = if title.trim().is_empty() { format!("Panel {id}") } else { title.to_owned() };
    remark.panels.push(PanelRemarks { id, title, count: 1 });
}

/// `panels[3].fieldConfig.defaults.custom.lineStyle: …` and its like elsewhere are one thing: the path's end names it.
fn without_path(message: &str) -> String {
    let Some((path, text)) = message.split_once(": ") else { return message.to_owned() };
    let is_path = !path.is_empty() && !path.contains(char::is_whitespace) && path.contains(['.', '[']);
    if !is_path {
        return message.to_owned();
    }
    let key = path.rsplit('.').next().unwrap_or(path);
    let key = key.split_once('[').map_or(key, |(name, _)| name);
    format!("{key}: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_remarks_are_one_with_their_panels() {
        let check = |message: &str, expect: &str| assert_eq!(without_path(message), expect, "{message}");
        check("panels[3].fieldConfig.defaults.custom.lineStyle: is not supported", "lineStyle: is not supported");
        check("rows[0].panels[1].links[2]: is not supported", "links: is not supported");
        check("query A: the variable $x is not defined", "query A: the variable $x is not defined");
        check("plain", "plain");
    }

    #[test]
    fn a_report_counts_and_sorts() {
        use crate::model::dashboard::{LateVariables, Panel, PanelDocument, PanelOptions};
        let panel = |id: u32, title: &str, notices: Vec<Notice>| Panel {
            id,
            title: title.to_owned(),
            description: None,
            kind: "timeseries".to_owned(),
            grid: crate::model::dashboard::GridRect { x: 0, y: 0, w: 1, h: 1 },
            source: None,
            targets: Vec::new(),
            field: crate::model::dashboard::FieldOptions::default(),
            overrides: Vec::new(),
            options: PanelOptions::Row,
            links: Vec::new(),
            has_transformations: false,
            min_interval_ms: None,
            max_data_points: None,
            document: PanelDocument::default(),
            variables: LateVariables::default(),
            notices,
        };
        let dashboard = Dashboard {
            notices: vec![Notice::warning("annotations.list[0].name: x is not shown")],
            panels: vec![
                panel(1, "A", vec![Notice::info("panels[0].links: no"), Notice::info("panels[0].x.links: no")]),
                panel(2, "", vec![Notice::info("panels[1].links: no"), Notice::warning("panels[1].y: bad")]),
            ],
            ..Dashboard::default()
        };
        let report = report(&dashboard);
        let told = |remark: &Remark| {
            let panels: Vec<String> = remark.panels.iter().map(|p| format!("{} {}", p.title, p.count)).collect();
            format!("{} {} [{}]", remark.what, remark.count, panels.join(", "))
        };
        let told: Vec<String> = report.iter().map(told).collect();
        assert_eq!(told, ["name: x is not shown 1 []", "y: bad 1 [Panel 2 1]", "links: no 3 [A 2, Panel 2 1]"]);
    }
}
