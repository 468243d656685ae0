use super::{Backend, CaptureError, Setting, Stage};

pub const BACKEND: Backend = Backend {
    name: "elasticsearch",
    folder: "elasticsearch",
    programs: &["elasticsearch"],
    pinned_version: "0",
    asks: "",
    start,
};

fn start(_: &Setting<'_>) -> Result<Vec<Stage>, CaptureError> {
    Ok(Vec::new())
}
