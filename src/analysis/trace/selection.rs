//! Which of the traces found are meant: those of a part of the scatter plot, the slowest, the failed.

use std::fmt;

use super::summary::TraceSummary;

/// `Display` gives the text that [`Selection::parse`] reads back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Those with a failed span.
    Errors,
    /// A tenth of all, at least one.
    Slowest,
    Region(Region),
}

/// A part of the scatter plot; its ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    pub start_ms: i64,
    pub end_ms: i64,
    pub min_ns: i64,
    pub max_ns: i64,
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors => f.write_str("errors"),
            Self::Slowest => f.write_str("slowest"),
            Self::Region(Region { start_ms, end_ms, min_ns, max_ns }) => {
                write!(f, "{start_ms}~{end_ms},{min_ns}~{max_ns}")
            }
        }
    }
}

impl Selection {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "errors" => return Some(Self::Errors),
            "slowest" => return Some(Self::Slowest),
            _ => {}
        }
        let (times, durations) = text.split_once(',')?;
        let pair = |text: &str| {
            let (from, to) = text.split_once('~')?;
            let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
            (from <= to).then_some((from, to))
        };
        let ((start_ms, end_ms), (min_ns, max_ns)) = (pair(times)?, pair(durations)?);
        Some(Self::Region(Region { start_ms, end_ms, min_ns, max_ns }))
    }

    /// For each trace whether it is meant.
    pub fn picks(self, rows: &[TraceSummary]) -> Vec<bool> {
        match self {
            Self::Errors => rows.iter().map(|row| row.error_count > 0).collect(),
            Self::Slowest => {
                let mut durations: Vec<i64> = rows.iter().map(|row| row.duration_ns).collect();
                crate::base::order::sort_by(&mut durations, |a, b| b.cmp(a));
                let count = rows.len().div_ceil(10);
                let least = durations.get(count.saturating_sub(1)).copied().unwrap_or_default();
                rows.iter().map(|row| row.duration_ns >= least).collect()
            }
            Self::Region(Region { start_ms, end_ms, min_ns, max_ns }) => rows
                .iter()
                .map(|row| {
                    let at_ms = row.start_ns.div_euclid(1_000_000);
                    (start_ms..=end_ms).contains(&at_ms) && (min_ns..=max_ns).contains(&row.duration_ns)
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_are_written_and_read() {
        let region = Selection::Region(Region { start_ms: 5, end_ms: 9, min_ns: 0, max_ns: 7 });
        for selection in [Selection::Errors, Selection::Slowest, region] {
            assert_eq!(Selection::parse(&selection.to_string()), Some(selection));
        }
        for wrong in ["", "1~2", "1~2,3", "2~1,1~2", "a~b,1~2"] {
            assert_eq!(Selection::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn traces_are_picked() {
        let row = |start_ms: i64, duration_ns: i64, error_count: usize| TraceSummary {
            start_ns: start_ms * 1_000_000 + 999,
            duration_ns,
            error_count,
            ..TraceSummary::default()
        };
        let rows = [row(1, 10, 0), row(2, 20, 3), row(3, 30, 0)];
        let check = |text: &str, expect: [bool; 3]| {
            assert_eq!(Selection::parse(text).unwrap().picks(&rows), expect, "{text}");
        };
        check("errors", [false, true, false]);
        check("slowest", [false, false, true]);
        check("1~2,0~100", [true, true, false]);
        check("0~9,20~30", [false, true, true]);
        assert!(Selection::Slowest.picks(&[]).is_empty());
    }
}
