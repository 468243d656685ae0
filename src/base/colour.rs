//! Colours by meaning, and the arithmetic on them.
//!
//! What is drawn names an [`Ink`]; what an ink looks like is a theme's decision, made in the CSS tokens whose names are
//! in [`Ink::token`]. Colours that a user wrote into a dashboard are the only literals. No theme values live here.

use std::fmt;

use super::number;

/// How many series colours a theme defines.
pub const SERIES_SLOTS: u8 = 10;

/// How many stops the heat scale of a theme has.
pub const HEAT_STOPS: usize = 6;

/// A colour with straight (not premultiplied) alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rgba {
    pub r: u8,
    pub g: u8,
    pub b: u8,
    /// 0 is invisible, 255 is opaque.
    pub a: u8,
}

/// A colour by its role.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Ink {
    #[default]
    Text1,
    Text2,
    Text3,
    Surface0,
    Surface1,
    Surface2,
    Line,
    LineStrong,
    Grid,
    Accent,
    Ok,
    Warn,
    Crit,
    Info,
    /// Slot 0 to 9 of the series colours; larger numbers wrap.
    Series(u8),
    /// A position on the heat scale, 0 to 1.
    Heat(f32),
    /// A place between two inks of a gradient: `ratio` is how much there is of `to`, 0 to 1.
    Mix {
        from: Stop,
        to: Stop,
        ratio: f32,
    },
    /// A colour that the user's dashboard spells out.
    Literal(Rgba),
}

/// An ink that gradients pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Faint,
    Ok,
    Warn,
    Crit,
    Info,
    Purple,
}

impl Stop {
    pub fn ink(self) -> Ink {
        match self {
            Self::Faint => Ink::Text3,
            Self::Ok => Ink::Ok,
            Self::Warn => Ink::Warn,
            Self::Crit => Ink::Crit,
            Self::Info => Ink::Info,
            Self::Purple => Ink::Series(5),
        }
    }
}

impl Ink {
    /// A place on the heat scale for something that is to be seen: its first stop is the surface itself, and is left out.
    pub fn heat(ratio: f64) -> Self {
        let first = 1.0 / (HEAT_STOPS - 1) as f64;
        Self::Heat((first + (1.0 - first) * ratio) as f32)
    }

    /// The CSS custom property that holds this ink, without the leading dashes. `None` for inks that are not one token:
    /// [`Ink::Heat`] lies between `heat-0` and `heat-5`, [`Ink::Mix`] between two others, [`Ink::Literal`] is itself.
    pub fn token(self) -> Option<&'static str> {
        Some(match self {
            Self::Text1 => "text-1",
            Self::Text2 => "text-2",
            Self::Text3 => "text-3",
            Self::Surface0 => "surface-0",
            Self::Surface1 => "surface-1",
            Self::Surface2 => "surface-2",
            Self::Line => "line",
            Self::LineStrong => "line-strong",
            Self::Grid => "grid",
            Self::Accent => "accent",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Crit => "crit",
            Self::Info => "info",
            Self::Series(slot) => match slot % SERIES_SLOTS {
                0 => "series-1",
                1 => "series-2",
                2 => "series-3",
                3 => "series-4",
                4 => "series-5",
                5 => "series-6",
                6 => "series-7",
                7 => "series-8",
                8 => "series-9",
                _ => "series-10",
            },
            Self::Heat(_) | Self::Mix { .. } | Self::Literal(_) => return None,
        })
    }

    /// As CSS: tokens of the theme, unless the dashboard spells a colour out.
    pub fn css(self) -> String {
        let token = |ink: Self| ["var(--", ink.token().unwrap_or("text-3"), ")"].concat();
        let mixed = |from: &str, to: &str, ratio: f64| format!("color-mix(in srgb, {to} {ratio:.0}%, {from})");
        match self {
            Self::Literal(rgba) => rgba.to_string(),
            Self::Heat(ratio) => {
                let place = f64::from(ratio.clamp(0.0, 1.0)) * (HEAT_STOPS - 1) as f64;
                let stop = |at: f64| format!("var(--heat-{})", at.min((HEAT_STOPS - 1) as f64));
                mixed(&stop(place.floor()), &stop(place.floor() + 1.0), place.fract() * 100.0)
            }
            Self::Mix { from, to, ratio } => mixed(&token(from.ink()), &token(to.ink()), f64::from(ratio) * 100.0),
            plain => token(plain),
        }
    }
}

/// The inks that a gradient of Grafana's goes through, by its name (`continuous-GrYlRd`). `None`: a scale of many colours, for
/// which the theme's own heat scale stands.
fn stops_of(scheme: &str) -> Option<Vec<Stop>> {
    let name = scheme.strip_prefix("continuous-").unwrap_or(scheme);
    let whole = match name {
        "reds" => Some(Stop::Crit),
        "greens" => Some(Stop::Ok),
        "blues" => Some(Stop::Info),
        "purples" => Some(Stop::Purple),
        _ => None,
    };
    if let Some(stop) = whole {
        return Some(vec![Stop::Faint, stop]);
    }
    // Two letters for each colour that it passes.
    let stops: Option<Vec<Stop>> = name
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            b"Gr" => Some(Stop::Ok),
            b"Yl" => Some(Stop::Warn),
            b"Rd" => Some(Stop::Crit),
            b"Bl" => Some(Stop::Info),
            b"Pu" => Some(Stop::Purple),
            _ => None,
        })
        .collect();
    stops.filter(|stops| stops.len() > 1)
}

/// The ink of one of Grafana's gradients at 0 to 1; what is no number is at its start.
pub fn gradient(scheme: &str, ratio: f64) -> Ink {
    let ratio = if ratio.is_finite() { ratio.clamp(0.0, 1.0) } else { 0.0 };
    let Some(stops) = stops_of(scheme) else { return Ink::heat(ratio) };
    let at = ratio * stops.len().saturating_sub(1) as f64;
    let below = at.floor() as usize;
    let stop = |at: usize| stops.get(at).copied();
    let from = stop(below).unwrap_or(Stop::Faint);
    match stop(below + 1).map(|to| (to, at - at.floor())) {
        Some((to, ratio)) if ratio > 0.004 => Ink::Mix { from, to, ratio: ratio as f32 },
        _ => from.ink(),
    }
}

/// What a value's place between two ends is, 0 to 1; below and above are cut off.
pub fn ratio_of(value: f64, (min, max): (f64, f64)) -> f64 {
    let ratio = (value - min) / (max - min);
    if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1.0) }
}

/// Reads a colour as dashboards write it: `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb(…)`, `rgba(…)`, or one of
/// Grafana's names with an optional `dark-`, `semi-dark-`, `light-` or `super-light-` in front.
///
/// Names become inks, so that a threshold's red is the theme's red: a dashboard says "bad", not "#F2495C".
pub fn ink_from_text(text: &str) -> Option<Ink> {
    let text = text.trim();
    if let Some(rgba) = Rgba::parse(text) {
        return Some(Ink::Literal(rgba));
    }
    let lower = text.to_ascii_lowercase();
    let hue = ["super-light-", "semi-dark-", "light-", "dark-"]
        .iter()
        .find_map(|shade| lower.strip_prefix(shade))
        .unwrap_or(&lower);
    Some(match hue {
        "green" => Ink::Ok,
        "yellow" | "orange" => Ink::Warn,
        "red" => Ink::Crit,
        "blue" => Ink::Info,
        "purple" => Ink::Series(5),
        "text" | "white" | "black" => Ink::Text1,
        "gray" | "grey" => Ink::Text3,
        "transparent" => Ink::Literal(Rgba::default()),
        _ => return None,
    })
}

/// Colour slots for the series of one panel, so that equal series have equal colours on every panel.
///
/// `hashes` are the stable hashes of the series' label sets, **in the order of the sorted label sets**. Each series
/// takes the slot that its hash names, or the next free one; when all are taken, the least used from there on.
pub fn assign_slots(hashes: &[u64]) -> Vec<u8> {
    let mut uses = [0_u32; SERIES_SLOTS as usize];
    hashes
        .iter()
        .map(|hash| {
            let home = ((hash ^ (hash >> 32)) % u64::from(SERIES_SLOTS)) as u8;
            let probe = |distance: &u8| (home + distance) % SERIES_SLOTS;
            let slot = (0..SERIES_SLOTS)
                .min_by_key(|distance| (uses.get(usize::from(probe(distance))).copied(), *distance))
                .map_or(home, |distance| probe(&distance));
            if let Some(count) = uses.get_mut(usize::from(slot)) {
                *count += 1;
            }
            slot
        })
        .collect()
}

impl Rgba {
    pub const fn opaque(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// Reads the CSS forms `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb(r, g, b)`, `rgba(r, g, b, a)`, with commas or
    /// spaces and `/`. Names are not read: see [`ink_from_text`].
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(hex) = text.strip_prefix('#') {
            return Self::parse_hex(hex);
        }
        let lower = text.to_ascii_lowercase();
        let body = lower.strip_prefix("rgba").or_else(|| lower.strip_prefix("rgb"))?.trim();
        let body = body.strip_prefix('(')?.strip_suffix(')')?;
        let parts: Vec<&str> =
            body.split(|c: char| c == ',' || c == '/' || c.is_whitespace()).filter(|p| !p.is_empty()).collect();
        // `whole` is what stands for full without a percent sign.
        let level = |part: &str, whole: f64| -> Option<u8> {
            let (number, whole) = part.strip_suffix('%').map_or((part, whole), |percent| (percent, 100.0));
            let value = number::parse(number)? * 255.0 / whole;
            value.is_finite().then(|| value.round().clamp(0.0, 255.0) as u8)
        };
        let [r, g, b, alpha @ ..] = parts.as_slice() else { return None };
        let a = match alpha {
            [] => 255,
            [a] => level(a, 1.0)?,
            _ => return None,
        };
        Some(Self { r: level(r, 255.0)?, g: level(g, 255.0)?, b: level(b, 255.0)?, a })
    }

    fn parse_hex(hex: &str) -> Option<Self> {
        let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
        Some(match digits.as_slice() {
            [r, g, b] => Self::opaque(r * 17, g * 17, b * 17),
            [r, g, b, a] => Self { r: r * 17, g: g * 17, b: b * 17, a: a * 17 },
            [r, r2, g, g2, b, b2] => Self::opaque(r * 16 + r2, g * 16 + g2, b * 16 + b2),
            [r, r2, g, g2, b, b2, a, a2] => Self { r: r * 16 + r2, g: g * 16 + g2, b: b * 16 + b2, a: a * 16 + a2 },
            _ => return None,
        })
    }

    /// The colour between two, in straight sRGB: the theme's stops are close enough that nothing better shows.
    #[must_use]
    pub fn mixed(self, other: Self, ratio: f64) -> Self {
        let ratio = if ratio.is_finite() { ratio.clamp(0.0, 1.0) } else { 0.0 };
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * ratio).round() as u8;
        Self { r: mix(self.r, other.r), g: mix(self.g, other.g), b: mix(self.b, other.b), a: mix(self.a, other.a) }
    }

    /// The relative luminance of WCAG 2.2, 0 to 1; alpha is ignored.
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }

    /// The contrast ratio of WCAG 2.2, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

/// The colour at a position (0 to 1) on a scale of evenly spaced stops.
pub fn interpolate(stops: &[Rgba], ratio: f64) -> Rgba {
    let Some(last) = stops.len().checked_sub(1) else { return Rgba::default() };
    let ratio = if ratio.is_finite() { ratio.clamp(0.0, 1.0) } else { 0.0 };
    let at = ratio * last as f64;
    let below = (at.floor() as usize).min(last);
    let lower = stops.get(below).copied().unwrap_or_default();
    let upper = stops.get(below + 1).copied().unwrap_or(lower);
    lower.mixed(upper, at - below as f64)
}

impl fmt::Display for Rgba {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { r, g, b, a } = self;
        if *a == 255 { write!(f, "#{r:02x}{g:02x}{b:02x}") } else { write!(f, "#{r:02x}{g:02x}{b:02x}{a:02x}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_as_dashboards_write_them() {
        let check = |text: &str, expect: Option<Ink>| assert_eq!(ink_from_text(text), expect, "{text}");
        let literal = |r, g, b, a| Some(Ink::Literal(Rgba { r, g, b, a }));
        check("#fff", literal(255, 255, 255, 255));
        check("#1a2B3c", literal(0x1a, 0x2b, 0x3c, 255));
        check("#1a2b3c80", literal(0x1a, 0x2b, 0x3c, 0x80));
        check("#0f08", literal(0, 255, 0, 0x88));
        check("rgb(1, 2, 3)", literal(1, 2, 3, 255));
        check("rgba(255, 0, 0, 0.5)", literal(255, 0, 0, 128));
        check("rgb(10 20 30 / 50%)", literal(10, 20, 30, 128));
        check("rgb(300, -4, 50%)", literal(255, 0, 128, 255));
        check("red", Some(Ink::Crit));
        check("Dark-Red", Some(Ink::Crit));
        check("semi-dark-green", Some(Ink::Ok));
        check("super-light-blue", Some(Ink::Info));
        check("orange", Some(Ink::Warn));
        check("light-yellow", Some(Ink::Warn));
        check("purple", Some(Ink::Series(5)));
        check("text", Some(Ink::Text1));
        check("transparent", literal(0, 0, 0, 0));
        for bad in ["", "#", "#12", "#12345", "#ggg", "rgb(1,2)", "rgb(a,b,c)", "rgb(nan,1,1)", "mauve", "rgb1,2,3"] {
            check(bad, None);
        }
    }

    #[test]
    fn slots_keep_their_home_and_probe_when_taken() {
        assert_eq!(assign_slots(&[3, 7]), [3, 7]);
        assert_eq!(assign_slots(&[3, 3, 3]), [3, 4, 5]);
        assert_eq!(assign_slots(&[9, 9]), [9, 0]);
        let many: Vec<u64> = vec![2; 25];
        let slots = assign_slots(&many);
        let mut uses = [0; 10];
        for slot in &slots {
            uses[usize::from(*slot)] += 1;
        }
        assert_eq!(uses, [2, 2, 3, 3, 3, 3, 3, 2, 2, 2]);
    }

    #[test]
    fn gradients_pass_their_colours() {
        let check = |scheme: &str, ratio: f64, css: &str| {
            assert_eq!(gradient(scheme, ratio).css(), css, "{scheme} {ratio}");
        };
        check("continuous-GrYlRd", 0.0, "var(--ok)");
        check("continuous-GrYlRd", 0.25, "color-mix(in srgb, var(--warn) 50%, var(--ok))");
        check("continuous-GrYlRd", 0.5, "var(--warn)");
        check("continuous-GrYlRd", 7.0, "var(--crit)");
        check("continuous-GrYlRd", f64::NAN, "var(--ok)");
        check("continuous-BlPu", 1.0, "var(--series-6)");
        check("continuous-blues", 0.0, "var(--text-3)");
        check("continuous-blues", 1.0, "var(--info)");
        check("continuous-viridis", 0.0, "color-mix(in srgb, var(--heat-2) 0%, var(--heat-1))");
        check("continuous-viridis", 1.0, "color-mix(in srgb, var(--heat-5) 0%, var(--heat-5))");
    }

    #[test]
    fn scale_interpolates_between_even_stops() {
        let stops = [Rgba::opaque(0, 0, 0), Rgba::opaque(100, 0, 0), Rgba::opaque(100, 200, 0)];
        let check = |ratio: f64, expect: Rgba| assert_eq!(interpolate(&stops, ratio), expect, "{ratio}");
        check(0.0, Rgba::opaque(0, 0, 0));
        check(0.25, Rgba::opaque(50, 0, 0));
        check(0.5, Rgba::opaque(100, 0, 0));
        check(0.75, Rgba::opaque(100, 100, 0));
        check(1.0, Rgba::opaque(100, 200, 0));
        check(7.0, Rgba::opaque(100, 200, 0));
        check(f64::NAN, Rgba::opaque(0, 0, 0));
        assert_eq!(interpolate(&[], 0.5), Rgba::default());
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((Rgba::opaque(0, 0, 0).contrast(Rgba::opaque(255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((Rgba::opaque(9, 9, 9).contrast(Rgba::opaque(9, 9, 9)) - 1.0).abs() < 1e-9);
    }
}
