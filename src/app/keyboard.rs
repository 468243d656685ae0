//! The keys that work on every page. The help sheet is made from the same table that binds them.

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Help,
    Palette,
    /// Into the page's search; the palette where the page has none.
    Search,
    Refresh,
    ToggleTheme,
    /// To a page by its path; the dashboards' are those of the standard configuration.
    Go(&'static str),
    Earlier,
    Later,
    ZoomOut,
    MakeAbsolute,
    CopyRange,
    PasteRange,
    NextRow,
    PreviousRow,
}

/// Where the help sheet lists a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Everywhere,
    Pages,
    Time,
    Lists,
}

/// One line of the help sheet: the keys to press one after the other (`KeyboardEvent.key`), what they do, in words.
pub struct Binding {
    pub keys: &'static [&'static str],
    pub action: Action,
    pub label: &'static str,
    pub group: Group,
}

const fn binding(keys: &'static [&'static str], action: Action, label: &'static str) -> Binding {
    let group = match action {
        Action::Go(_) => Group::Pages,
        Action::NextRow | Action::PreviousRow => Group::Lists,
        Action::Help | Action::Palette | Action::Search | Action::Refresh | Action::ToggleTheme => Group::Everywhere,
        _ => Group::Time,
    };
    Binding { keys, action, label, group }
}

/// Ctrl, or Cmd on a Mac.
pub const PALETTE_KEY: &str = "Ctrl+K";

pub const BINDINGS: [Binding; 21] = [
    binding(&["?"], Action::Help, "Show the keys"),
    binding(&[PALETTE_KEY], Action::Palette, "Go to anything"),
    binding(&["/"], Action::Search, "Search on this page"),
    binding(&["r"], Action::Refresh, "Refresh now"),
    binding(&["d"], Action::ToggleTheme, "Dark or light"),
    binding(&["g", "e"], Action::Go("/d/executive"), "Go to Executive"),
    binding(&["g", "o"], Action::Go("/d/operations"), "Go to Operations"),
    binding(&["g", "n"], Action::Go("/d/agents"), "Go to Agents"),
    binding(&["g", "i"], Action::Go("/d/infrastructure"), "Go to Infrastructure"),
    binding(&["g", "d"], Action::Go("/dashboards"), "Go to Dashboards"),
    binding(&["g", "a"], Action::Go("/alerts"), "Go to Alerts"),
    binding(&["g", "t"], Action::Go("/traces"), "Go to Traces"),
    binding(&["g", "s"], Action::Go("/status"), "Go to Status"),
    binding(&["t", "ArrowLeft"], Action::Earlier, "Earlier by half the range"),
    binding(&["t", "ArrowRight"], Action::Later, "Later by half the range"),
    binding(&["t", "z"], Action::ZoomOut, "Zoom out"),
    binding(&["t", "a"], Action::MakeAbsolute, "Make the range absolute"),
    binding(&["t", "c"], Action::CopyRange, "Copy the range"),
    binding(&["t", "v"], Action::PasteRange, "Paste a range"),
    binding(&["j"], Action::NextRow, "Next row of a list; Enter opens it"),
    binding(&["k"], Action::PreviousRow, "Row before"),
];

/// A key that starts a sequence waits this long for the next one.
pub const SEQUENCE_MS: f64 = 1_200.0;

/// What has been pressed of a sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pressed {
    first: Option<(String, f64)>,
}

impl Pressed {
    /// Takes a key press at `at_ms`; says what it means, if it completes anything.
    pub fn press(&mut self, key: &str, at_ms: f64) -> Option<Action> {
        let first = self.first.take().filter(|(_, since_ms)| at_ms - since_ms <= SEQUENCE_MS);
        if let Some((first, _)) = first
            && let Some(found) = BINDINGS.iter().find(|b| matches!(b.keys, [a, b] if *a == first && *b == key))
        {
            return Some(found.action);
        }
        if BINDINGS.iter().any(|b| matches!(b.keys, [a, _] if *a == key)) {
            self.first = Some((key.to_owned(), at_ms));
            return None;
        }
        BINDINGS.iter().find(|b| matches!(b.keys, [a] if *a == key)).map(|b| b.action)
    }
}

/// A key as it is written on a keyboard.
pub fn key_label(key: &str) -> &str {
    match key {
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        key => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_sequences_mean_what_the_table_says() {
        let mut pressed = Pressed::default();
        assert_eq!(pressed.press("r", 0.0), Some(Action::Refresh));
        assert_eq!(pressed.press("g", 10.0), None);
        assert_eq!(pressed.press("a", 20.0), Some(Action::Go("/alerts")));
        assert_eq!(pressed.press("t", 30.0), None);
        assert_eq!(pressed.press("z", 40.0), Some(Action::ZoomOut));
        assert_eq!(pressed.press("z", 50.0), None, "a second key alone means nothing");
    }

    #[test]
    fn a_sequence_is_forgotten_after_a_while() {
        let mut pressed = Pressed::default();
        assert_eq!(pressed.press("g", 0.0), None);
        assert_eq!(pressed.press("a", SEQUENCE_MS + 1.0), None);
        assert_eq!(pressed.press("g", 5_000.0), None);
        assert_eq!(pressed.press("r", 5_100.0), Some(Action::Refresh), "an unknown second key counts by itself");
    }

    #[test]
    fn no_key_means_two_things() {
        for (at, one) in BINDINGS.iter().enumerate() {
            for other in BINDINGS.iter().skip(at + 1) {
                assert_ne!(one.keys, other.keys);
                assert!(
                    !(one.keys.len() == 1 && other.keys.first() == one.keys.first()),
                    "{} hides {}",
                    one.label,
                    other.label
                );
            }
        }
    }
}
