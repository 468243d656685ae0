//! From many values to one, and from many rows to what the pixels can show.

/// One number for a series, by Grafana's reducer ids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reducer {
    Last,
    LastNotNull,
    First,
    FirstNotNull,
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
    /// Smallest value above zero.
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

impl Reducer {
    /// Reads a Grafana reducer id (`lastNotNull`) or a `singlestat` name (`avg`, `current`, `total`). Unknown ids: `None`.
    pub fn from_id(id: &str) -> Option<Self> {
        let _ = id;
        None
    }

    /// The number; [`crate::model::frame::MISSING`] when there is none.
    pub fn apply(self, values: &[f64]) -> f64 {
        let _ = values;
        crate::model::frame::MISSING
    }
}
