//! What a chart looks like, as data: marks in CSS pixels with inks instead of colours.
//!
//! A scene knows no canvas, no font metrics and no theme; [`super::paint`] puts it on a surface. Marks are painted in
//! order, later ones over earlier ones.

use std::fmt::{self, Write as _};

pub use crate::base::colour::Ink;
pub use agentarea_kernels::Point;

/// Width and height in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Size {
    pub width_px: f64,
    pub height_px: f64,
}

/// A rectangle in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// An ink and how much of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    pub ink: Ink,
    /// 0 is invisible, 1 is opaque.
    pub alpha: f32,
}

/// Where a text lies relative to its position, horizontally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    #[default]
    Start,
    Middle,
    End,
}

/// Where a text lies relative to its position, vertically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Baseline {
    Top,
    #[default]
    Middle,
    Bottom,
}

/// One thing to paint.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// Filled rectangles of one tone, their edges on whole device pixels.
    Rects { tone: Tone, rects: Vec<Rect> },
    /// A horizontal or vertical line, crisp: `width_px` is rounded to whole device pixels, at least one.
    Rule { tone: Tone, from: Point, to: Point, width_px: f64, dash: Option<Dash> },
    /// An open polyline.
    Path { tone: Tone, width_px: f64, points: Vec<Point> },
    /// A filled polygon.
    Area { tone: Tone, points: Vec<Point> },
    /// A filled disc, with a ring around it where `ring` says so.
    Dot { tone: Tone, center: Point, radius_px: f64, ring: Option<Ring> },
    /// One line of text.
    Text { tone: Tone, text: String, at: Point, align: Align, baseline: Baseline, size_px: f64 },
}

/// Lengths of a dash and of the space after it, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dash {
    pub on_px: f64,
    pub off_px: f64,
}

/// The ring that sets a dot off from what lies under it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ring {
    pub tone: Tone,
    pub width_px: f64,
}

/// Everything to paint on one canvas.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    pub size: Size,
    pub marks: Vec<Mark>,
}

impl Size {
    pub const fn new(width_px: f64, height_px: f64) -> Self {
        Self { width_px, height_px }
    }
}

impl Rect {
    pub const fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { left, top, right, bottom }
    }

    pub fn width(self) -> f64 {
        (self.right - self.left).max(0.0)
    }

    pub fn height(self) -> f64 {
        (self.bottom - self.top).max(0.0)
    }

    pub fn contains(self, x: f64, y: f64) -> bool {
        x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
    }
}

/// Short ways to a [`Tone`].
impl Ink {
    pub fn opaque(self) -> Tone {
        Tone { ink: self, alpha: 1.0 }
    }

    pub fn alpha(self, alpha: f64) -> Tone {
        Tone { ink: self, alpha: alpha.clamp(0.0, 1.0) as f32 }
    }
}

/// One mark per line, rounded to hundredths: for goldens and for looking at.
impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "scene {}x{}", self.size.width_px, self.size.height_px)?;
        for mark in &self.marks {
            writeln!(f, "{mark}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rects { tone, rects } => {
                write!(f, "rects {tone}")?;
                for r in rects {
                    write!(f, " {},{}..{},{}", short(r.left), short(r.top), short(r.right), short(r.bottom))?;
                }
                Ok(())
            }
            Self::Rule { tone, from, to, width_px, dash } => {
                write!(f, "rule {tone} {} {} w{}", pair(*from), pair(*to), short(*width_px))?;
                match dash {
                    Some(dash) => write!(f, " dash {} {}", short(dash.on_px), short(dash.off_px)),
                    None => Ok(()),
                }
            }
            Self::Path { tone, width_px, points } => {
                write!(f, "path {tone} w{}", short(*width_px))?;
                points.iter().try_for_each(|p| write!(f, " {}", pair(*p)))
            }
            Self::Area { tone, points } => {
                write!(f, "area {tone}")?;
                points.iter().try_for_each(|p| write!(f, " {}", pair(*p)))
            }
            Self::Dot { tone, center, radius_px, ring } => {
                write!(f, "dot {tone} {} r{}", pair(*center), short(*radius_px))?;
                match ring {
                    Some(ring) => write!(f, " ring {} w{}", ring.tone, short(ring.width_px)),
                    None => Ok(()),
                }
            }
            Self::Text { tone, text, at, align, baseline, size_px } => {
                write!(f, "text {tone} {} {align:?}/{baseline:?} {}px {text:?}", pair(*at), short(*size_px))
            }
        }
    }
}

fn pair(Point { x, y }: Point) -> String {
    format!("{},{}", short(f64::from(x)), short(f64::from(y)))
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ink.token(), self.ink) {
            (Some(token), _) => f.write_str(token)?,
            (None, Ink::Heat(ratio)) => write!(f, "heat({})", short(f64::from(ratio)))?,
            (None, Ink::Mix { from, to, ratio }) => write!(f, "{from:?}-{to:?}({})", short(f64::from(ratio)))?,
            (None, Ink::Literal(rgba)) => write!(f, "{rgba}")?,
            (None, other) => write!(f, "{other:?}")?,
        }
        if self.alpha < 1.0 { write!(f, "/{}", short(f64::from(self.alpha))) } else { Ok(()) }
    }
}

/// A number rounded to hundredths, without trailing zeros and without a negative zero.
fn short(value: f64) -> String {
    let mut text = String::new();
    if write!(text, "{value:.2}").is_err() {
        return text;
    }
    if text.contains('.') {
        let kept = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(kept);
    }
    if text == "-0" { "0".to_owned() } else { text }
}
