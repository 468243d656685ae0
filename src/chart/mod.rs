//! Layer 3: pure geometry. Scales, ticks, layouts, hit testing: from model to [`Scene`], and from a scene to any
//! plotters backend.
//!
//! Invariant: no DOM, no clock, no data fetching, no panics on any data. Text is measured through [`TextMeasure`], which
//! the browser's side implements.

mod axis;
mod clip;
pub mod cursor;
pub mod finish;
pub mod heatmap;
mod layout;
pub mod measure;
pub mod more;
pub mod paint;
pub mod palette;
pub mod rehearsal;
pub mod scale;
pub mod scene;
pub mod sparkline;
pub mod states;
pub mod summary;
pub mod thinning;
pub mod ticks;
pub mod timeseries;
pub mod trace;

pub use agentarea_kernels::{Bitmap, Point};
pub use cursor::cursor_scene;
pub use layout::{TimeHit, TimeLayout};
pub use measure::{ApproximateMeasure, TextMeasure};
pub use paint::{Blit, Resolution, paint};
pub use palette::Palette;
pub use scene::{Ink, Mark, Rect, Scene, Size, Tone};

use crate::{base::colour, model::labels::Labels};

/// Text on axes, in CSS pixels (`--text-xs`).
pub const AXIS_TEXT_PX: f64 = 11.0;

/// The colour slot of each series of one panel: by the hash of its labels, collisions resolved in the order of the
/// sorted label sets, so that the result does not depend on the order in which the backend answers.
pub fn series_slots<'a>(labels: impl IntoIterator<Item = &'a Labels>) -> Vec<u8> {
    let labels: Vec<&Labels> = labels.into_iter().collect();
    let mut order: Vec<usize> = (0..labels.len()).collect();
    crate::base::order::sort_by_key(&mut order, |at| labels.get(*at).copied());
    let hashes: Vec<u64> = order.iter().filter_map(|at| labels.get(*at)).map(|l| l.stable_hash()).collect();
    let mut slots = vec![0; labels.len()];
    for (at, slot) in order.into_iter().zip(colour::assign_slots(&hashes)) {
        if let Some(place) = slots.get_mut(at) {
            *place = slot;
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_do_not_depend_on_the_order_of_the_answer() {
        let labels: Vec<Labels> = (0..14).map(|n| Labels::from_pairs([("pod", format!("api-{n}"))])).collect();
        let forward = series_slots(&labels);
        let backward: Vec<u8> = series_slots(labels.iter().rev()).into_iter().rev().collect();
        assert_eq!(forward, backward);
    }
}
