use super::{Backend, CaptureError, Setting, Stage};

pub const BACKEND: Backend = Backend {
    name: "alertmanager",
    folder: "alertmanager",
    programs: &["alertmanager"],
    pinned_version: "0",
    asks: "",
    start,
};

fn start(_: &Setting<'_>) -> Result<Vec<Stage>, CaptureError> {
    Ok(Vec::new())
}
