//! How often a page asks again.

use std::fmt;

use super::{Range, duration_text, parse_duration_ms};

/// `auto` asks no more often than this, however short the range.
const AUTO_MIN_MS: i64 = 5_000;
/// … and no less often than this, however long.
const AUTO_MAX_MS: i64 = 300_000;

/// The refresh setting. `Display` gives the text that [`Refresh::parse`] reads back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Refresh {
    Off,
    /// As often as the picture can change by a pixel.
    #[default]
    Auto,
    Every {
        interval_ms: i64,
    },
}

/// What the menu offers.
pub const REFRESH_CHOICES: [Refresh; 11] = [
    Refresh::Off,
    Refresh::Auto,
    Refresh::Every { interval_ms: 5_000 },
    Refresh::Every { interval_ms: 10_000 },
    Refresh::Every { interval_ms: 15_000 },
    Refresh::Every { interval_ms: 30_000 },
    Refresh::Every { interval_ms: 60_000 },
    Refresh::Every { interval_ms: 300_000 },
    Refresh::Every { interval_ms: 900_000 },
    Refresh::Every { interval_ms: 1_800_000 },
    Refresh::Every { interval_ms: 3_600_000 },
];

impl Refresh {
    /// `off`, `auto` or a duration of at least a second. `None`: not understood.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "off" | "" => Some(Self::Off),
            "auto" => Some(Self::Auto),
            text => {
                let interval_ms = parse_duration_ms(text).ok().filter(|ms| *ms >= 1_000)?;
                Some(Self::Every { interval_ms })
            }
        }
    }

    /// The pause between two refreshes; `None` is never.
    pub fn interval_ms(self, range: Range, width_px: u32) -> Option<i64> {
        match self {
            Self::Off => None,
            Self::Auto => Some((range.duration_ms() / i64::from(width_px.max(1))).clamp(AUTO_MIN_MS, AUTO_MAX_MS)),
            Self::Every { interval_ms } => Some(interval_ms),
        }
    }

    pub fn label(self) -> String {
        match self {
            Self::Off => "Off".to_owned(),
            Self::Auto => "Auto".to_owned(),
            Self::Every { interval_ms } => duration_text(interval_ms),
        }
    }
}

impl fmt::Display for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Auto => f.write_str("auto"),
            Self::Every { interval_ms } => f.write_str(&duration_text(*interval_ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_read_back() {
        for choice in REFRESH_CHOICES {
            assert_eq!(Refresh::parse(&choice.to_string()), Some(choice));
        }
        assert_eq!(Refresh::parse("90s"), Some(Refresh::Every { interval_ms: 90_000 }));
        for bad in ["1", "fast", "500ms", "-5s"] {
            assert_eq!(Refresh::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn auto_follows_range_and_width() {
        let check = |duration_ms: i64, width_px: u32, expect_ms: i64| {
            let range = Range { start_ms: 0, end_ms: duration_ms };
            assert_eq!(Refresh::Auto.interval_ms(range, width_px), Some(expect_ms));
        };
        check(3_600_000, 1200, 5_000);
        check(86_400_000, 1200, 72_000);
        check(30 * 86_400_000, 1200, 300_000);
        check(3_600_000, 0, 300_000);
        assert_eq!(Refresh::Off.interval_ms(Range { start_ms: 0, end_ms: 1 }, 100), None);
    }
}
