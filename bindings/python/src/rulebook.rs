//! The state machines for fetches and for API keys. They read no clock and do no I/O, and each has memory of its own.

mod answers;
mod moved;
mod refresh;

pub use answers::{Answers, AnswersRules};
pub use refresh::{Refresh, RefreshRules, UnknownKids};

use crate::errors;
use pyo3::prelude::*;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tesseral_verify::Error;

/// A number that no other call in this process returns: the handle of a document or of an answer.
#[pyfunction]
pub fn new_handle() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The memory of one state machine. A call holds the lock, and runs no Python code meanwhile.
struct Memory(Mutex<Box<[u64]>>);

impl Memory {
    fn new(words: Vec<u64>) -> Self {
        Self(Mutex::new(words.into_boxed_slice()))
    }

    fn from_octets(octets: &[u8]) -> Self {
        Self::new(octets.as_chunks().0.iter().map(|word| u64::from_ne_bytes(*word)).collect())
    }

    fn octets(&self) -> Vec<u8> {
        self.with(|words| words.iter().flat_map(|word| word.to_ne_bytes()).collect())
    }

    /// The machine recovers from a call that panicked, as it does from a process that died inside a call.
    fn with<R>(&self, call: impl FnOnce(&mut [u64]) -> R) -> R {
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Exactly so many octets.
fn exactly<const LEN: usize>(py: Python<'_>, octets: &[u8]) -> PyResult<[u8; LEN]> {
    octets.try_into().map_err(|_| errors::raise(py, Error::InvalidArgument))
}
