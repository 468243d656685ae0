//! One number out of many.

/// One number out of a series. `analysis` computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reducer {
    /// The last sample that is there. Grafana's default.
    #[default]
    LastNotNull,
    /// The last row, a gap included.
    Last,
    FirstNotNull,
    First,
    Min,
    Max,
    Mean,
    Median,
    Sum,
    Count,
    Range,
    Delta,
    Step,
    Diff,
    DiffPercent,
    LogMin,
    Variance,
    StdDev,
    DistinctCount,
    ChangeCount,
    AllIsZero,
    AllIsNull,
    /// 1 to 99.
    Percentile(u8),
}

/// Each reducer with Grafana's id and the head of its column in a legend.
const REDUCERS: [(Reducer, &str, &str); 22] = [
    (Reducer::LastNotNull, "lastNotNull", "Last"),
    (Reducer::Last, "last", "Last"),
    (Reducer::FirstNotNull, "firstNotNull", "First"),
    (Reducer::First, "first", "First"),
    (Reducer::Min, "min", "Min"),
    (Reducer::Max, "max", "Max"),
    (Reducer::Mean, "mean", "Mean"),
    (Reducer::Median, "median", "Median"),
    (Reducer::Sum, "sum", "Sum"),
    (Reducer::Count, "count", "Count"),
    (Reducer::Range, "range", "Range"),
    (Reducer::Delta, "delta", "Delta"),
    (Reducer::Step, "step", "Step"),
    (Reducer::Diff, "diff", "Change"),
    (Reducer::DiffPercent, "diffperc", "Change %"),
    (Reducer::LogMin, "logmin", "Min > 0"),
    (Reducer::Variance, "variance", "Variance"),
    (Reducer::StdDev, "stdDev", "Std dev"),
    (Reducer::DistinctCount, "distinctCount", "Distinct"),
    (Reducer::ChangeCount, "changeCount", "Changes"),
    (Reducer::AllIsZero, "allIsZero", "All zero"),
    (Reducer::AllIsNull, "allIsNull", "All empty"),
];

impl Reducer {
    /// From Grafana's id (`lastNotNull`, `p95`), the old singlestat's words included.
    pub fn from_id(id: &str) -> Option<Self> {
        let modern = match id {
            "current" => "lastNotNull",
            "avg" => "mean",
            "total" => "sum",
            id => id,
        };
        let listed = REDUCERS.iter().find(|(_, known, _)| *known == modern).map(|(reducer, ..)| *reducer);
        listed.or_else(|| {
            let percent: u8 = id.strip_prefix('p')?.parse().ok()?;
            (1..=99).contains(&percent).then_some(Self::Percentile(percent))
        })
    }

    /// Grafana's id; [`Reducer::from_id`] reads it back.
    pub fn id(self) -> String {
        self.listed().map_or_else(|percent| format!("p{percent}"), |(_, id, _)| (*id).to_owned())
    }

    /// As a column's head in a legend.
    pub fn label(self) -> String {
        self.listed().map_or_else(|percent| format!("P{percent}"), |(_, _, label)| (*label).to_owned())
    }

    /// The table's row, or the percentile that has none.
    fn listed(self) -> Result<&'static (Self, &'static str, &'static str), u8> {
        REDUCERS.iter().find(|(reducer, ..)| *reducer == self).ok_or(match self {
            Self::Percentile(percent) => percent,
            _ => 0,
        })
    }
}
