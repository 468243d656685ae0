//! What explains traces: one question a file, answered over [`crate::model::trace::Trace`].
//!
//! Invariant: nothing recurses on the depth of a trace and nothing is slower than sorting its spans; 200,000 spans in one
//! chain are as fine as 200,000 below one root. Answers are plain data that names spans by position, so that a page can
//! link each line to what it speaks of.
//!
//! Not here: reading tags of all spans at once. A span's details are read from the backend's bytes when asked for, so what
//! needs them for every span can be continued in slices ([`filter::Search`], [`statistics::TagReading`],
//! [`conversation::Reading`]).

pub mod bottleneck;
pub mod compare;
pub mod conversation;
pub mod critical_path;
pub mod differs;
pub mod filter;
pub mod flame;
pub mod graph;
pub mod intern;
pub mod minimap;
pub mod selection;
pub mod self_time;
pub mod statement;
pub mod statistics;
pub mod summary;
pub mod usual;
pub mod words;

#[cfg(test)]
pub mod random;
#[cfg(test)]
mod tests;

/// A value of a column, or the type's default beyond its end.
fn at<T: Copy + Default>(column: &[T], place: usize) -> T {
    column.get(place).copied().unwrap_or_default()
}

fn set<T>(column: &mut [T], place: usize, value: T) {
    if let Some(slot) = column.get_mut(place) {
        *slot = value;
    }
}

/// Adds to a place of a column of nanoseconds.
fn add(column: &mut [i64], place: usize, more: i64) {
    if let Some(slot) = column.get_mut(place) {
        *slot = slot.saturating_add(more);
    }
}

/// Part of whole: 0 where there is no whole.
pub fn ratio(part: i64, whole: i64) -> f64 {
    if whole > 0 { part as f64 / whole as f64 } else { 0.0 }
}

/// A duration as a person reads it: `1.62 s`.
pub fn duration_text(duration_ns: i64) -> String {
    crate::base::units::format("ns", duration_ns as f64, None).to_string()
}

/// A share as a person reads it: `67 %`, `1.4 %`, `0.05 %`.
pub fn share_text(ratio: f64) -> String {
    let percent = ratio * 100.0;
    let decimals = if percent >= 9.95 || percent == 0.0 {
        0
    } else if percent >= 0.095 {
        1
    } else {
        2
    };
    if percent > 0.0 && percent < 0.005 { "< 0.01 %".to_owned() } else { format!("{percent:.decimals$} %") }
}
