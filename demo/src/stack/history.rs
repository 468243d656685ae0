//! The platform's past for Prometheus: blocks of two hours, made by `promtool` from OpenMetrics text.
//!
//! One file per block, because `promtool` reads a whole file once per block in it: a day in one file takes minutes, in
//! twelve files seconds. The past of `ALERTS` is in it too, as our own rules found it: a server evaluates rules from
//! its start on only.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use super::StackError;
use super::process::Launch;
use crate::exposition::Catalogue;
use crate::sim::is_stale;
use crate::store::{METRIC_NAME, SeriesWindow};
use crate::world::Shared;

/// What `promtool` makes by default, and Prometheus before it compacts.
const BLOCK_MS: i64 = 2 * 3_600_000;

/// Blocks made at a time.
const WORKERS: usize = 2;

/// Makes the blocks of everything that the store holds in `start_ms..=end_ms` below `data`. Returns the number of samples.
pub(super) fn load(
    shared: &Shared,
    (start_ms, end_ms): (i64, i64),
    promtool: &Path,
    data: &Path,
    should_stop: impl Fn() -> bool,
) -> Result<u64, StackError> {
    fs::create_dir_all(data).map_err(StackError::io(format!("cannot make {}", data.display())))?;
    let (send, receive) = sync_channel::<PathBuf>(0);
    let receive = Mutex::new(receive);
    std::thread::scope(|threads| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                threads.spawn(|| -> Result<(), StackError> {
                    loop {
                        let next = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(file) = next else { return Ok(()) };
                        Launch::new(promtool)
                            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
                            .arg(&file)
                            .arg(data)
                            .run("promtool tsdb create-blocks-from openmetrics")?;
                        fs::remove_file(&file).map_err(StackError::io(format!("cannot remove {}", file.display())))?;
                    }
                })
            })
            .collect();
        let mut samples = 0;
        let mut from_ms = start_ms.div_euclid(BLOCK_MS) * BLOCK_MS;
        while from_ms <= end_ms && !should_stop() {
            let to_ms = (from_ms + BLOCK_MS - 1).min(end_ms);
            let windows = shared.engine.with_store(|store| store.select(&[], from_ms.max(start_ms), to_ms));
            let file = data.join(format!("{from_ms}.om"));
            samples += write_block(windows, &file)?;
            // The workers end early only when one has failed; it tells why below.
            if send.send(file).is_err() {
                break;
            }
            from_ms += BLOCK_MS;
        }
        drop(send);
        for worker in workers {
            worker.join().unwrap_or_else(|_| Err(StackError::Usage("a worker of the import panicked".to_owned())))?;
        }
        Ok(samples)
    })
}

fn write_block(mut windows: Vec<SeriesWindow>, path: &Path) -> Result<u64, StackError> {
    for window in &mut windows {
        // The text has no way to say that a series ended.
        let mut is_kept = window.values.iter().map(|value| !is_stale(*value)).collect::<Vec<_>>().into_iter();
        window.times_ms.retain(|_| is_kept.next().unwrap_or(false));
        window.values.retain(|value| !is_stale(*value));
    }
    let catalogue = Catalogue::new(windows.iter().enumerate().map(|(index, window)| {
        let labels = window.labels.iter().filter(|(name, _)| name.as_ref() != METRIC_NAME);
        (index, window.labels.metric_name(), labels.map(|(name, value)| (name.as_ref(), value.as_ref())))
    }));
    let cannot = || StackError::io(format!("cannot write {}", path.display()));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).map_err(cannot())?);
    let written = catalogue
        .write_history(&mut out, |index| {
            windows.get(index).map(|window| (window.times_ms.as_slice(), window.values.as_slice()))
        })
        .map_err(cannot())?;
    out.flush().map_err(cannot())?;
    Ok(written)
}
