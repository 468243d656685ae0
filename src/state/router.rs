//! Which page is shown: the address, read and written.
//!
//! Invariant: the address bar and the signals here agree. A change of the query alone leaves the page where it is; moving
//! to another page starts it at its top, and going back leaves scrolling to the browser.

use leptos::prelude::*;

use crate::platform::{dom, history};

use super::reactive::{RwSignal, Signal};

/// The pages, as the first segments of an address below the app's folder name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The folder itself: whatever the configuration lists first.
    Start,
    Dashboard(String),
    Dashboards,
    Alerts,
    Traces,
    /// By its id, as it stands in the address.
    Trace(String),
    Status,
    Unknown,
}

impl Route {
    /// Reads a path, given the folder that the app is served from (without a slash at its end).
    pub fn parse(path: &str, base: &str) -> Self {
        let Some(path) = path.strip_prefix(base) else { return Self::Unknown };
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        match (segments.next(), segments.next(), segments.next()) {
            (None, ..) => Self::Start,
            (Some("d"), Some(name), None) => Self::Dashboard(super::url::decode_segment(name)),
            (Some("dashboards"), None, None) => Self::Dashboards,
            (Some("alerts"), None, None) => Self::Alerts,
            (Some("traces"), None, None) => Self::Traces,
            (Some("trace"), Some(id), None) => Self::Trace(super::url::decode_segment(id)),
            (Some("status"), None, None) => Self::Status,
            _ => Self::Unknown,
        }
    }
}

/// The address of the page; a change is seen by everyone who reads it.
#[derive(Clone, Copy)]
pub struct Router {
    /// The folder that the app is served from, without a slash at its end.
    base: StoredValue<String>,
    path: RwSignal<String>,
    search: RwSignal<String>,
}

impl Router {
    /// Starts to follow the address, links and the history, for as long as the present owner lives.
    pub fn provide() -> Self {
        let (path, search) = history::place();
        let router =
            Self { base: StoredValue::new(dom::base_path()), path: RwSignal::new(path), search: RwSignal::new(search) };
        let listeners = StoredValue::new_local([
            history::on_travel(move || router.read()),
            history::on_link(move |url| router.follow(url)),
        ]);
        on_cleanup(move || drop(listeners.try_update_value(std::mem::take)));
        provide_context(router);
        router
    }

    pub fn expect() -> Self {
        expect_context()
    }

    /// Which page is meant. Tracked.
    pub fn route(self) -> Route {
        self.path.with(|path| self.base.with_value(|base| Route::parse(path, base)))
    }

    /// The whole path, with the app's folder.
    pub fn path(self) -> Signal<String> {
        self.path.into()
    }

    /// The query string with its question mark, or nothing.
    pub fn search(self) -> Signal<String> {
        self.search.into()
    }

    /// The address of a place in the app (`/alerts?from=now-1h`), as a link writes it.
    pub fn href(self, place: &str) -> String {
        self.base.with_value(|base| format!("{base}{place}"))
    }

    /// Opens a place in the app.
    pub fn go(self, place: &str, is_replacing: bool) {
        self.write(&self.href(place), is_replacing);
    }

    /// Changes the query of the page that is shown.
    pub fn set_search(self, query: &str, is_replacing: bool) {
        self.write(&format!("{}{query}", self.path.get_untracked()), is_replacing);
    }

    /// What the address carries behind its `#`.
    pub fn fragment(self) -> String {
        history::fragment()
    }

    /// Calls back when that changes, for as long as the present owner lives.
    pub fn on_fragment(self, callback: impl FnMut() + 'static) {
        let listener = StoredValue::new_local(history::on_fragment(callback));
        on_cleanup(move || drop(listener.try_update_value(Option::take)));
    }

    fn write(self, url: &str, is_replacing: bool) {
        let before = self.path.get_untracked();
        history::write(url, is_replacing);
        self.read();
        if self.path.with_untracked(|path| *path != before) {
            history::scroll_to_top();
        }
    }

    /// Follows a link if it leads into the app; says whether it did.
    fn follow(self, url: &str) -> bool {
        let is_inside = self.base.with_value(|base| {
            url.strip_prefix(base.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        });
        if is_inside {
            self.write(url, false);
        }
        is_inside
    }

    fn read(self) {
        let (path, search) = history::place();
        // What did not change tells nobody.
        for (signal, now) in [(self.path, path), (self.search, search)] {
            if signal.with_untracked(|before| *before != now) {
                signal.set(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_page_under_any_folder() {
        for base in ["", "/observability", "/a/b"] {
            let check = |path: &str, expect: Route| {
                assert_eq!(Route::parse(&format!("{base}{path}"), base), expect, "{base}{path}");
            };
            check("", Route::Start);
            check("/", Route::Start);
            check("/d/executive", Route::Dashboard("executive".to_owned()));
            check("/d/executive/", Route::Dashboard("executive".to_owned()));
            check("/d/two%20words", Route::Dashboard("two words".to_owned()));
            check("/dashboards", Route::Dashboards);
            check("/alerts", Route::Alerts);
            check("/traces", Route::Traces);
            check("/trace/4bf92f3577b34da6", Route::Trace("4bf92f3577b34da6".to_owned()));
            check("/trace", Route::Unknown);
            check("/status/", Route::Status);
            check("/d", Route::Unknown);
            check("/d/a/b", Route::Unknown);
            check("/alerts/x", Route::Unknown);
            check("/nothing", Route::Unknown);
        }
        assert_eq!(Route::parse("/elsewhere/alerts", "/observability"), Route::Unknown);
    }
}
