//! Folders of the cache: whole or not there.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::failure::Failure;
use crate::machine::Machine;
use crate::report::Report;

/// Makes `<cache>/<folder>` by filling a folder beside it and renaming that. One process at a time; if another made it
/// meanwhile, nothing is left to do.
pub fn whole_folder(
    machine: &Machine,
    report: &Report,
    folder: &str,
    fill: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    whole_folder_in(&machine.cache, report, folder, fill)
}

/// The same in another cache than ours.
pub fn whole_folder_in(
    cache: &Path,
    report: &Report,
    folder: &str,
    fill: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let whole = cache.join(folder);
    let lock_path = cache.join(format!("{folder}.lock"));
    let lock = File::create(&lock_path).map_err(Failure::io(format!("cannot write {}", lock_path.display())))?;
    if let Err(TryLockError::WouldBlock) = lock.try_lock() {
        report.say(&format!("{folder}: another set-up is making it; waiting"));
        lock.lock().map_err(Failure::io(format!("cannot lock {}", lock_path.display())))?;
    }
    if !whole.exists() {
        let unfinished = cache.join(format!("{folder}.unfinished"));
        fill(&unfinished)?;
        fs::rename(&unfinished, &whole).map_err(Failure::io(format!("cannot rename to {}", whole.display())))?;
    }
    // Dropping the file gives the lock back; the empty file stays for the next one.
    drop(lock);
    Ok(())
}

pub fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::io(format!("cannot remove {}", folder.display())))?;
    }
    Ok(())
}

/// Makes a folder, and those above it.
pub fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(Failure::io(format!("cannot make {}", folder.display())))
}

/// FNV-1a, 64 bits (the constants are the algorithm's): the same on every machine and compiler, and cheap.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // Test vectors of the algorithm's authors.
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
