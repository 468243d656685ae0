//! What a person or a program does to end us: Ctrl+C, or a request to terminate.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

/// Is set when we are asked to end.
pub fn stop_signal() -> io::Result<Arc<AtomicBool>> {
    let should_stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&should_stop))?;
    }
    Ok(should_stop)
}
