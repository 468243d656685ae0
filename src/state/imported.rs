//! Dashboards that a person brought along, kept in this browser; and dashboards in links.
//!
//! Each is kept packed, under a name that its address says (`/d/~name`). Two tabs may write at once: the list of names is
//! read anew before it is written.

use futures_util::future::{FutureExt, LocalBoxFuture};

use crate::{
    api::grafana::{GrafanaError, dashboard_from_json},
    base::base64,
    platform::{
        clock,
        pack::{self, UnpackError},
        storage,
    },
};

use super::dashboards::DashboardError;

/// The names, one a line, the newest first.
const LIST_KEY: &str = "imported";
/// Larger than any dashboard that a person wrote.
pub const MAX_TEXT_BYTES: usize = 8_000_000;
/// What chats and mail programs leave whole.
pub const LINK_MAX_CHARS: usize = 16_000;

/// One dashboard of this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub name: String,
    pub title: String,
    pub imported_ms: i64,
    /// Of the JSON.
    pub text_bytes: usize,
}

/// Why a text is not kept as a dashboard. The message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("This text is {} MB large; a dashboard may have {} MB.", .bytes / 1_000_000, MAX_TEXT_BYTES / 1_000_000)]
    TooLarge { bytes: usize },
    #[error("{0}")]
    NoDashboard(#[from] GrafanaError),
    #[error(
        "The browser has no room for this dashboard ({} kB packed), or does not allow this page to keep anything. Remove \
         imported dashboards that are not needed, on the page Dashboards, and import it again. Nothing else was changed.",
        .packed_bytes / 1_000
    )]
    Full { packed_bytes: usize },
    #[error("This browser cannot open links that carry a dashboard. A newer one can; or import the dashboard's file.")]
    Unsupported,
    #[error(
        "The dashboard in this link is not whole: the link was cut on its way, or changed. Ask for the file instead."
    )]
    BrokenLink,
}

fn key_of(name: &str) -> String {
    format!("{LIST_KEY}.{name}")
}

fn names() -> Vec<String> {
    storage::read(LIST_KEY).unwrap_or_default().lines().filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// What is kept of one: title, when, how large, and the packed text, a line each.
fn record(name: &str) -> Option<(Imported, String)> {
    let stored = storage::read(&key_of(name))?;
    let mut lines = stored.splitn(4, '\n');
    let title = lines.next()?.to_owned();
    let imported_ms = lines.next()?.parse().ok()?;
    let text_bytes = lines.next()?.parse().ok()?;
    let packed = lines.next()?.to_owned();
    Some((Imported { name: name.to_owned(), title, imported_ms, text_bytes }, packed))
}

fn write(imported: &Imported, packed: &str) -> bool {
    let Imported { name, title, imported_ms, text_bytes } = imported;
    storage::try_write(&key_of(name), &format!("{title}\n{imported_ms}\n{text_bytes}\n{packed}"))
}

/// All of them, the newest first.
pub fn list() -> Vec<Imported> {
    names().iter().filter_map(|name| record(name).map(|(imported, _)| imported)).collect()
}

/// One line of text: what a title may be.
fn one_line(title: &str) -> String {
    let title: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    let title = title.trim();
    if title.is_empty() { "Untitled dashboard".to_owned() } else { title.to_owned() }
}

/// Letters and digits of a title, joined by dashes: what an address shows. Signs beyond ASCII are left out, and a title of
/// nothing else is `dashboard`.
fn name_from_title(title: &str) -> String {
    let words: Vec<String> = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let name: String = words.join("-").chars().take(60).collect();
    if name.is_empty() { "dashboard".to_owned() } else { name }
}

/// Keeps a dashboard and returns its name. The same text again has the same name.
pub async fn import(text: &str) -> Result<String, ImportError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(ImportError::TooLarge { bytes: text.len() });
    }
    let dashboard = dashboard_from_json(text)?;
    let packed = packed(text).await;
    let title = one_line(&dashboard.title);
    let base = name_from_title(&title);
    let mut name = base.clone();
    let mut count = 1;
    while let Some((_, other)) = record(&name) {
        if other == packed {
            return Ok(name);
        }
        count += 1;
        name = format!("{base}-{count}");
    }
    let imported = Imported { name: name.clone(), title, imported_ms: clock::now_ms(), text_bytes: text.len() };
    let mut all = names();
    all.retain(|other| *other != name);
    all.insert(0, name.clone());
    if write(&imported, &packed) && storage::try_write(LIST_KEY, &all.join("\n")) {
        return Ok(name);
    }
    storage::remove(&key_of(&name));
    Err(ImportError::Full { packed_bytes: packed.len() })
}

/// False where the browser does not keep the change.
pub fn rename(name: &str, title: &str) -> bool {
    record(name).is_some_and(|(imported, packed)| write(&Imported { title: one_line(title), ..imported }, &packed))
}

pub fn remove(name: &str) {
    let mut all = names();
    all.retain(|other| other != name);
    storage::write(LIST_KEY, &all.join("\n"));
    storage::remove(&key_of(name));
}

/// The text of one, for a page. The door of this part of the app.
#[inline(never)]
pub fn open(name: &str) -> LocalBoxFuture<'static, Result<(String, String), DashboardError>> {
    let name = name.to_owned();
    async move {
        let Some((imported, packed)) = record(&name) else { return Err(DashboardError::NotKept { name }) };
        let text =
            unpacked(&packed).await.map_err(|error| DashboardError::Damaged { name, reason: error.to_string() })?;
        Ok((imported.title, text))
    }
    .boxed_local()
}

/// The text of one as it came.
pub async fn text_of(name: &str) -> Option<String> {
    let (_, packed) = record(name)?;
    unpacked(&packed).await.ok()
}

/// A dashboard as it stands in a link. `Err`: it would be too long by that factor.
pub async fn link_text(text: &str) -> Result<String, usize> {
    let packed = packed(text).await;
    if packed.len() > LINK_MAX_CHARS { Err(packed.len()) } else { Ok(packed) }
}

/// Packed where the browser can (`z…`), as it is where not (`j…`); both as base64url.
async fn packed(text: &str) -> String {
    match pack::pack(text.as_bytes()).await {
        Some(bytes) => format!("z{}", base64::encode(&bytes)),
        None => format!("j{}", base64::encode(text.as_bytes())),
    }
}

/// The reverse.
pub async fn unpacked(packed: &str) -> Result<String, ImportError> {
    let (kind, coded) = packed.split_at_checked(1).ok_or(ImportError::BrokenLink)?;
    let bytes = base64::decode(coded).ok_or(ImportError::BrokenLink)?;
    let bytes = match kind {
        "z" => pack::unpack(&bytes, MAX_TEXT_BYTES).await.map_err(|error| match error {
            UnpackError::Unsupported => ImportError::Unsupported,
            UnpackError::Broken => ImportError::BrokenLink,
            UnpackError::TooLarge => ImportError::TooLarge { bytes: MAX_TEXT_BYTES },
        })?,
        "j" => bytes,
        _ => return Err(ImportError::BrokenLink),
    };
    String::from_utf8(bytes).or(Err(ImportError::BrokenLink))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_make_names() {
        let check = |title: &str, expect: &str| assert_eq!(name_from_title(title), expect, "{title}");
        check("Node Exporter / Full", "node-exporter-full");
        check("Прометей", "dashboard");
        check("", "dashboard");
        assert_eq!(name_from_title(&"x".repeat(500)).len(), 60);
        assert_eq!(one_line(" a\nb\t"), "a b");
        assert_eq!(one_line("\n"), "Untitled dashboard");
    }
}
