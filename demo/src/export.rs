//! The scraped samples as OpenMetrics text, so that `promtool tsdb create-blocks-from openmetrics` can load them.
//!
//! OpenMetrics cannot carry a stale marker: a series that ends is simply not continued, so a server that has loaded the file
//! sees it for the look-back window longer. `World::without_stale_markers` makes the embedded store forget them too, for comparison.

use std::io::{self, Write};

use crate::exposition::Catalogue;
use crate::sim::{Platform, is_stale};

/// Writes everything that the platform scrapes up to its "now". Returns the number of samples.
pub fn export(platform: &mut Platform, out: &mut impl Write) -> io::Result<u64> {
    let mut columns: Vec<(Vec<i64>, Vec<f64>)> = vec![Default::default(); platform.series().len()];
    while platform.next_ms() <= platform.now_ms() {
        let scrape = platform.next_scrape();
        for (index, value) in scrape.samples {
            if let Some((times_ms, values)) = columns.get_mut(*index)
                && !is_stale(*value)
            {
                times_ms.push(scrape.t_ms);
                values.push(*value);
            }
        }
    }
    catalogue_of(platform).write_history(out, |index| {
        columns.get(index).map(|(times_ms, values)| (times_ms.as_slice(), values.as_slice()))
    })
}

/// The families of all series of a platform, numbered as there.
pub fn catalogue_of(platform: &Platform) -> Catalogue {
    Catalogue::new(platform.series().iter().enumerate().map(|(index, series)| {
        (index, series.name.as_str(), series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }))
}
