//! Dark, light, or as the system says. Remembered in the browser.

use leptos::prelude::*;

use crate::platform::{dom, events, storage};

use super::reactive::{Callback, Signal, signal};

const KEY: &str = "theme";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    #[default]
    System,
    Dark,
    Light,
}

impl ThemeChoice {
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    pub fn label(self) -> &'static str {
        match self {
            Self::System => "Like the system",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    fn remembered() -> Self {
        let text = storage::read(KEY);
        Self::ALL.into_iter().find(|c| Some(c.id()) == text.as_deref()).unwrap_or_default()
    }

    fn is_dark(self) -> bool {
        match self {
            Self::System => dom::system_prefers_dark(),
            Self::Dark => true,
            Self::Light => false,
        }
    }
}

/// The theme, and a way to change it. Canvases repaint when `shown` changes.
#[derive(Clone, Copy)]
pub struct Theme {
    pub choice: Signal<ThemeChoice>,
    /// Counts up whenever colours on screen change.
    pub shown: Signal<u64>,
    pub choose: Callback<ThemeChoice>,
    /// Light colours for paper, and back to what was chosen.
    pub print: Callback<bool>,
}

impl Theme {
    pub fn provide() {
        let (choice, set_choice) = signal(ThemeChoice::remembered());
        let (shown, set_shown) = signal(0_u64);
        let show = move |choice: ThemeChoice| {
            dom::set_theme_attribute(if choice.is_dark() { "dark" } else { "light" });
            set_shown.update(|n| *n += 1);
        };
        let choose = Callback::new(move |choice: ThemeChoice| {
            storage::write(KEY, choice.id());
            set_choice.set(choice);
            show(choice);
        });
        let listener = events::on_system_theme(move || show(choice.get_untracked()));
        let listener = StoredValue::new_local(listener);
        on_cleanup(move || drop(listener.try_update_value(Option::take)));
        let print = Callback::new(move |is_printing: bool| {
            show(if is_printing { ThemeChoice::Light } else { choice.get_untracked() });
        });
        provide_context(Self { choice, shown, choose, print });
    }

    pub fn expect() -> Self {
        expect_context()
    }

    /// Dark becomes light and light dark.
    pub fn toggle(self) {
        let next = if self.choice.get_untracked().is_dark() { ThemeChoice::Light } else { ThemeChoice::Dark };
        self.choose.run(next);
    }
}
