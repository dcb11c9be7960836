//! Scratch memory, one piece for each thread.

use std::cell::Cell;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Calls `work` with at least `len` octets.
///
/// The thread's piece is taken out meanwhile. If `work` runs Python code that calls this function again, the inner call finds
/// none and makes a new one.
pub fn with<T>(len: usize, work: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut scratch = SCRATCH.take();
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    let result = work(&mut scratch);
    SCRATCH.set(scratch);
    result
}
