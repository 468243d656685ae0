//! A chart in one sentence, for those who do not see it.

use crate::{analysis::reduce::Stats, base::units, model::frame::Frame};

use super::timeseries::Series;

/// How many series are told apart; the rest are counted.
const NAMED: usize = 3;

/// What a time series chart shows: how many series, the range of values, and the latest value of the largest ones.
pub fn text_summary(title: &str, frame: &Frame, series: &[Series], unit: &str, decimals: Option<u32>) -> String {
    let text = |value: f64| units::format(unit, value, decimals).to_string();
    let visible = frame.columns.iter().zip(series).filter(|(_, look)| !look.is_hidden);
    let mut known: Vec<(&str, Stats)> =
        visible.filter_map(|(column, look)| Some((look.name.as_str(), Stats::of(&column.values)?))).collect();
    let lowest = known.iter().map(|(_, stats)| stats.min).min_by(f64::total_cmp);
    let highest = known.iter().map(|(_, stats)| stats.max).max_by(f64::total_cmp);
    let Some((lowest, highest)) = lowest.zip(highest) else { return format!("{title}: no data.") };
    crate::base::order::sort_by(&mut known, |a, b| b.1.last.total_cmp(&a.1.last));
    let count = match known.len() {
        1 => "1 series".to_owned(),
        count => format!("{count} series"),
    };
    let latest: Vec<String> =
        known.iter().take(NAMED).map(|(name, stats)| format!("{name} {}", text(stats.last))).collect();
    let rest = match known.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let range = if lowest < highest {
        format!("from {} to {}", text(lowest), text(highest))
    } else {
        format!("at {}", text(lowest))
    };
    format!("{title}: {count} {range}; latest {}{rest}.", latest.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::{
        base::colour::Ink,
        chart::timeseries::Series,
        model::{
            frame::{Column, MISSING},
            labels::Labels,
        },
    };

    use super::*;

    fn series(name: &str) -> Series {
        Series { name: name.to_owned(), ink: Ink::Series(0), ..Series::default() }
    }

    #[test]
    fn says_what_is_drawn() {
        let check = |columns: &[(&str, &[f64])], expect: &str| {
            let frame = Frame {
                x_ms: [0.0, 1.0].into(),
                columns: columns
                    .iter()
                    .map(|(_, values)| Column { labels: Labels::default(), values: (*values).into() })
                    .collect(),
                histograms: Vec::new(),
            };
            let looks: Vec<Series> = columns.iter().map(|(name, _)| series(name)).collect();
            assert_eq!(text_summary("Requests", &frame, &looks, "reqps", None), expect);
        };
        check(
            &[("mcp", &[120.0, 131.0]), ("api", &[80.0, 418.0])],
            "Requests: 2 series from 80 /s to 418 /s; latest api 418 /s, mcp 131 /s.",
        );
        check(&[("api", &[5.0, MISSING])], "Requests: 1 series at 5 /s; latest api 5 /s.");
        check(
            &[("a", &[1.0, 1.0]), ("b", &[2.0, 2.0]), ("c", &[3.0, 3.0]), ("d", &[4.0, 4.0])],
            "Requests: 4 series from 1 /s to 4 /s; latest d 4 /s, c 3 /s, b 2 /s and 1 more.",
        );
        check(&[("a", &[MISSING, MISSING])], "Requests: no data.");
        check(&[], "Requests: no data.");
    }
}
