//! stub
use std::path::{Path, PathBuf};
pub struct Site {
    pub port: u16,
    pub dist: PathBuf,
    pub deploy: PathBuf,
    pub upstreams: Vec<(String, String)>,
    pub config_from: Option<String>,
}
pub fn write(_: &Path, _: &Site) -> Result<Vec<String>, std::io::Error> {
    Ok(vec![])
}
