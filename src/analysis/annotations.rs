//! Events out of samples: when a condition held, and when it did not.

use crate::{
    base::time::Range,
    model::frame::{Column, Frame},
};

/// A stretch of one series: the index of its column, and from when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub column: usize,
    pub range: Range,
}

/// Where a series is there and above zero. Rows that follow each other make one stretch; one row is an instant. Grafana's
/// rule for annotations from Prometheus.
///
/// A stretch that reaches the last row goes on until `end_ms`: it still holds.
pub fn stretches(frame: &Frame, step_ms: i64, end_ms: i64) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for (column, Column { values, .. }) in frame.columns.iter().enumerate() {
        let mut open: Option<Range> = None;
        for (x_ms, value) in frame.x_ms.iter().zip(values.iter()) {
            let x_ms = *x_ms as i64;
            if *value > 0.0 {
                match &mut open {
                    Some(range) if x_ms - range.end_ms <= step_ms => range.end_ms = x_ms,
                    _ => {
                        found.extend(open.take().map(|range| Stretch { column, range }));
                        open = Some(Range { start_ms: x_ms, end_ms: x_ms });
                    }
                }
            }
        }
        let last_ms = frame.x_ms.last().map_or(end_ms, |last| *last as i64);
        found.extend(open.map(|mut range| {
            if range.end_ms == last_ms {
                range.end_ms = range.end_ms.max(end_ms);
            }
            Stretch { column, range }
        }));
    }
    crate::base::order::sort_by_key(&mut found, |stretch| (stretch.range.start_ms, stretch.column));
    found
}

/// The instants that a series' values name, in milliseconds: each once, and only those within the range.
pub fn instants(frame: &Frame, within: Range) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for (column, Column { values, .. }) in frame.columns.iter().enumerate() {
        let mut times: Vec<f64> = values.iter().filter(|v| v.is_finite()).map(|v| v.round()).collect();
        crate::base::order::sort_numbers(&mut times);
        times.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let times = times.into_iter().map(|at| at as i64);
        let times = times.filter(|at| (within.start_ms..=within.end_ms).contains(at));
        found.extend(times.map(|at| Stretch { column, range: Range { start_ms: at, end_ms: at } }));
    }
    crate::base::order::sort_by_key(&mut found, |stretch| (stretch.range.start_ms, stretch.column));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{frame::MISSING, labels::Labels};

    fn frame(series: &[&[f64]]) -> Frame {
        let rows = series.first().map_or(0, |s| s.len());
        Frame {
            x_ms: (0..rows).map(|row| row as f64 * 60.0).collect(),
            columns: series
                .iter()
                .map(|values| Column { labels: Labels::default(), values: (*values).into() })
                .collect(),
            histograms: Vec::new(),
        }
    }

    fn text(found: &[Stretch]) -> String {
        let texts: Vec<String> =
            found.iter().map(|s| format!("{}:{}-{}", s.column, s.range.start_ms, s.range.end_ms)).collect();
        texts.join(" ")
    }

    #[test]
    fn an_alert_fires_from_its_first_to_its_last_sample() {
        let m = MISSING;
        let check = |series: &[&[f64]], expect: &str| assert_eq!(text(&stretches(&frame(series), 60, 310)), expect);
        check(&[&[m, 1.0, 1.0, m, m, m]], "0:60-120");
        check(&[&[1.0, m, 1.0, m, m, m]], "0:0-0 0:120-120");
        // What fires at the last row fires now.
        check(&[&[m, m, m, m, 1.0, 1.0]], "0:240-310");
        check(&[&[m, m, m, m, m, 1.0]], "0:300-310");
        check(&[&[0.0, 1.0, 0.0, f64::NAN, -1.0, m], &[1.0, 1.0, m, m, m, m]], "1:0-60 0:60-60");
        check(&[&[m, m, m, m, m, m]], "");
        check(&[], "");
    }

    #[test]
    fn values_name_instants() {
        let within = Range { start_ms: 100, end_ms: 500 };
        let values: &[f64] = &[50.0, 120.0, 120.0, 300.4, 900.0, MISSING];
        assert_eq!(text(&instants(&frame(&[values]), within)), "0:120-120 0:300-300");
    }
}
