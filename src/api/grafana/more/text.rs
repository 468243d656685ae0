//! Text that is more than plain.

use super::{super::read::Reader, finish_panel, read_panel};
use crate::model::{dashboard::PanelDocument, notice::Notice};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextPanel {
    pub content: String,
    pub mode: TextMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TextMode {
    #[default]
    Markdown,
    /// Shown as it is written.
    Html,
    Code,
    /// Grafana's before version 7.
    Plain,
}

const MODES: &[(&str, TextMode)] =
    &[("markdown", TextMode::Markdown), ("html", TextMode::Html), ("code", TextMode::Code), ("text", TextMode::Plain)];

pub fn text_panel(document: &PanelDocument) -> (TextPanel, Vec<Notice>) {
    read_panel(document, |panel| {
        let mut text = TextPanel::default();
        content_from(panel, &mut text);
        if let Some(options) = panel.object("options") {
            content_from(&options, &mut text);
            if let Some(code) = options.object("code") {
                // How its editor looked.
                code.ignore(&["language", "showLineNumbers", "showMiniMap"]);
                code.finish();
            }
            options.finish();
        }
        if text.mode == TextMode::Html {
            let key = if panel.has("options") { "options" } else { "mode" };
            panel.warn(key, &["HTML is not interpreted: it is shown as it is written. Markdown is"]);
        }
        panel.ignore(&["fieldConfig", "transformations"]);
        finish_panel(panel);
        text
    })
    .unwrap_or_default()
}

fn content_from(reader: &Reader<'_>, text: &mut TextPanel) {
    reader.word_into("mode", MODES, &mut text.mode);
    if let Some(content) = reader.text("content") {
        content.clone_into(&mut text.content);
    }
}
