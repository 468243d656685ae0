//! The part of a trace that is on the screen.

use crate::base::number;

/// The part of the trace that is shown: ratios of its duration, `start` < `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zoom {
    pub start: f64,
    pub end: f64,
}

/// A millionth of the trace.
const MIN_WIDTH: f64 = 1e-6;

impl Zoom {
    pub const WHOLE: Self = Self { start: 0.0, end: 1.0 };

    pub fn width(self) -> f64 {
        (self.end - self.start).max(MIN_WIDTH)
    }

    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// Within the trace, and not too narrow.
    pub fn within(start: f64, end: f64) -> Self {
        let (start, end) = if start <= end { (start, end) } else { (end, start) };
        let width = (end - start).clamp(MIN_WIDTH, 1.0);
        let start = start.clamp(0.0, 1.0 - width);
        Self { start, end: start + width }
    }

    /// Place on the screen of a place in the trace: 0 at the left edge, 1 at the right one.
    pub fn place(self, ratio: f64) -> f64 {
        (ratio - self.start) / self.width()
    }

    /// Moved by a part of its width.
    pub fn moved(self, by: f64) -> Self {
        let shift = (by * self.width()).clamp(-self.start, 1.0 - self.end);
        Self { start: self.start + shift, end: self.end + shift }
    }

    /// `factor` times as wide around a place on the screen (0–1).
    pub fn scaled(self, factor: f64, around: f64) -> Self {
        let fixed = self.start + around * self.width();
        let width = (self.width() * factor).clamp(MIN_WIDTH, 1.0);
        let start = (fixed - around * width).clamp(0.0, 1.0 - width);
        Self { start, end: start + width }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        let (start, end) = (number::parse(start)?, number::parse(end)?);
        ((0.0..1.0).contains(&start) && start < end && end <= 1.0).then_some(Self { start, end })
    }

    pub fn to_text(self) -> Option<String> {
        (!self.is_whole()).then(|| format!("{:.6}-{:.6}", self.start, self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zoom_stays_within_the_trace() {
        let near = |a: Zoom, start: f64, end: f64| {
            assert!((a.start - start).abs() < 1e-9 && (a.end - end).abs() < 1e-9, "{a:?}");
        };
        near(Zoom::within(0.8, 0.2), 0.2, 0.8);
        near(Zoom::within(-1.0, 0.5), 0.0, 1.0);
        near(Zoom { start: 0.2, end: 0.4 }.moved(0.5), 0.3, 0.5);
        near(Zoom { start: 0.2, end: 0.4 }.moved(9.0), 0.8, 1.0);
        near(Zoom { start: 0.2, end: 0.4 }.scaled(0.5, 0.5), 0.25, 0.35);
        near(Zoom { start: 0.2, end: 0.4 }.scaled(100.0, 0.0), 0.0, 1.0);
        assert_eq!(Zoom::parse("0.25-0.5"), Some(Zoom { start: 0.25, end: 0.5 }));
        for wrong in ["", "0.5", "0.5-0.25", "-1-2", "0-2", "a-b"] {
            assert_eq!(Zoom::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Zoom::WHOLE.to_text(), None);
        assert_eq!(
            Zoom { start: 0.25, end: 0.5 }.to_text().as_deref().and_then(Zoom::parse),
            Some(Zoom { start: 0.25, end: 0.5 })
        );
    }
}
