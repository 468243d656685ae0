//! Options of the kinds of panels that come later, read from the panel's JSON when it is drawn.

pub mod bar_chart;
pub mod bar_gauge;
pub mod gauge;
pub mod histogram;
#[cfg(test)]
mod kinds_tests;
pub mod pie;
mod shown;

pub use shown::{ShownValues, TextSizes};

mod fields;
pub mod table;
#[cfg(test)]
mod tests;
pub mod text;
pub mod timeline;
mod transforms;

use super::{
    irrelevant,
    read::{Notices, Objects, Reader},
};
use crate::{
    analysis::table::transform::Step,
    api::json::{self, Value},
    model::{dashboard::PanelDocument, notice::Notice},
};

/// What `read` makes of a panel's own object, with what is remarkable about its options; `None` where the panel is in no
/// file. Keys that `read` does not ask for are remarked on by the caller, who closes each reader that it opens.
fn read_panel<T>(document: &PanelDocument, read: impl FnOnce(&Reader<'_>) -> T) -> Option<(T, Vec<Notice>)> {
    let node = json::parse_first(document.text()).ok()?;
    let Value::Object(map) = &node.value else { return None };
    let (objects, notices) = (Objects::default(), Notices::default());
    let found = read(&Reader::new(map, String::new(), &objects, &notices));
    Some((found, notices.take()))
}

/// What is done with the answers of a panel of any kind before they are shown, with what is not understood of it.
pub fn transformations(document: &PanelDocument) -> (Vec<Step>, Vec<Notice>) {
    read_panel(document, transforms::steps_from).unwrap_or_default()
}

/// Reports what nobody asked for in a panel that is only read here (`kinds::READ_LATER`); the rest was read with the
/// dashboard.
fn finish_panel(panel: &Reader<'_>) {
    panel.ignore(irrelevant::PANEL);
    panel.ignore(&[
        "alert",
        "aliasColors",
        "datasource",
        "description",
        "gridPos",
        "height",
        "id",
        "interval",
        "libraryPanel",
        "links",
        "maxDataPoints",
        "minSpan",
        "repeat",
        "span",
        "targets",
        "timeFrom",
        "timeShift",
        "title",
        "type",
    ]);
    panel.finish();
}

#[cfg(test)]
mod place {
    use super::*;
    use crate::api::grafana::dashboard_from_json;

    #[test]
    fn a_panel_is_read_again_from_its_place_in_the_file() {
        let text = r#"{"title":"D","panels":[{"type":"gauge","title":"a"},{"type":"gauge","title":"b","options":{"x":1}}],"z":{}}"#;
        let dashboard = dashboard_from_json(text).unwrap();
        let title = |at: usize| {
            let document = &dashboard.panels.get(at).unwrap().document;
            read_panel(document, |panel| panel.owned_text("title").unwrap()).unwrap()
        };
        assert_eq!((title(0).0, title(1).0), ("a".to_owned(), "b".to_owned()));
        assert_eq!(read_panel(&PanelDocument::default(), |_| ()), None);
    }
}
