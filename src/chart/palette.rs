//! From inks to colours: what a theme's CSS tokens say.

use crate::base::colour::{self, HEAT_STOPS, Ink, Rgba, SERIES_SLOTS};

use super::scene::Tone;

/// The colours of one theme, in the order of [`TOKENS`]. Made by [`Palette::from_tokens`].
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    plain: [Rgba; PLAIN],
    series: [Rgba; SERIES_SLOTS as usize],
    heat: [Rgba; HEAT_STOPS],
}

const PLAIN: usize = 14;

/// The CSS custom properties (without the leading dashes) that a palette is read from.
pub const TOKENS: [&str; PLAIN + SERIES_SLOTS as usize + HEAT_STOPS] = [
    "text-1",
    "text-2",
    "text-3",
    "surface-0",
    "surface-1",
    "surface-2",
    "line",
    "line-strong",
    "grid",
    "accent",
    "ok",
    "warn",
    "crit",
    "info",
    "series-1",
    "series-2",
    "series-3",
    "series-4",
    "series-5",
    "series-6",
    "series-7",
    "series-8",
    "series-9",
    "series-10",
    "heat-0",
    "heat-1",
    "heat-2",
    "heat-3",
    "heat-4",
    "heat-5",
];

/// A token that the theme does not define, or whose value is not a colour: mid grey shows on every surface.
const UNKNOWN: Rgba = Rgba::opaque(128, 128, 128);

impl Palette {
    /// Asks for the value of each of [`TOKENS`], as CSS text. What is missing or unreadable becomes a mid grey.
    pub fn from_tokens(mut value_of: impl FnMut(&str) -> Option<String>) -> Self {
        let mut colours =
            TOKENS.iter().map(|token| value_of(token).and_then(|text| Rgba::parse(&text)).unwrap_or(UNKNOWN));
        let mut next = || colours.next().unwrap_or(UNKNOWN);
        let plain = std::array::from_fn(|_| next());
        let series = std::array::from_fn(|_| next());
        let heat = std::array::from_fn(|_| next());
        Self { plain, series, heat }
    }

    /// The colour of an ink in this theme.
    pub fn colour(&self, ink: Ink) -> Rgba {
        match ink {
            Ink::Literal(rgba) => rgba,
            Ink::Heat(ratio) => colour::interpolate(&self.heat, f64::from(ratio)),
            Ink::Mix { from, to, ratio } => self.colour(from.ink()).mixed(self.colour(to.ink()), f64::from(ratio)),
            Ink::Series(slot) => self.series.get(usize::from(slot % SERIES_SLOTS)).copied().unwrap_or(UNKNOWN),
            plain => {
                let at = plain.token().and_then(|token| TOKENS.iter().position(|t| *t == token));
                at.and_then(|at| self.plain.get(at)).copied().unwrap_or(UNKNOWN)
            }
        }
    }

    /// The colour and the alpha (0 to 1) of a tone in this theme.
    pub fn resolve(&self, tone: Tone) -> ((u8, u8, u8), f64) {
        let Rgba { r, g, b, a } = self.colour(tone.ink);
        ((r, g, b), f64::from(a) / 255.0 * f64::from(tone.alpha))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::colour::Stop;

    #[test]
    fn every_ink_finds_its_token() {
        let palette = Palette::from_tokens(|token| {
            let at = TOKENS.iter().position(|t| *t == token).unwrap();
            Some(format!("#0000{at:02x}"))
        });
        let check = |ink: Ink, token: &str| {
            let at = TOKENS.iter().position(|t| *t == token).unwrap();
            assert_eq!(palette.colour(ink), Rgba::opaque(0, 0, at as u8), "{token}");
        };
        check(Ink::Text1, "text-1");
        check(Ink::Grid, "grid");
        check(Ink::Info, "info");
        check(Ink::Series(0), "series-1");
        check(Ink::Series(9), "series-10");
        check(Ink::Series(10), "series-1");
        check(Ink::Heat(0.0), "heat-0");
        check(Ink::Heat(1.0), "heat-5");
        let half = Ink::Mix { from: Stop::Ok, to: Stop::Crit, ratio: 0.5 };
        assert_eq!(palette.colour(half), palette.colour(Ink::Ok).mixed(palette.colour(Ink::Crit), 0.5));
        let literal = Rgba { r: 1, g: 2, b: 3, a: 4 };
        assert_eq!(palette.colour(Ink::Literal(literal)), literal);
    }

    #[test]
    fn a_missing_token_is_visible_grey() {
        let palette = Palette::from_tokens(|_| None);
        assert_eq!(palette.colour(Ink::Crit), Rgba::opaque(128, 128, 128));
    }
}
