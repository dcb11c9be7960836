//! A question about an API key that somebody has to ask.

use super::{fault::Fault, process::Process};
use crate::api_key::ApiKey;
use std::{boxed::Box, fmt, sync::Arc};

/// The blocking part of a lookup: run it where blocking is allowed.
///
/// Dropped without being run, it fails the lookup, so that nobody waits in vain.
#[must_use = "nobody else asks about this key until it is run"]
pub struct Errand {
    process: Arc<Process>,
    /// A secret; empty once it was asked about.
    key: Box<[u8]>,
}

impl Errand {
    pub(super) fn new(process: Arc<Process>, key: &ApiKey<'_>) -> Self {
        Self { process, key: key.as_bytes().into() }
    }

    /// Asks the service, at most for the total time-out, and tells all who wait.
    pub fn run(mut self) {
        if let Ok(key) = ApiKey::parse(&self.key) {
            let _ = self.process.ask(&key);
        }
        // Not reached after a panic, so that the lookup fails then.
        self.key = Box::default();
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        if let Ok(key) = ApiKey::parse(&self.key) {
            let _ = self.process.keeper.unanswered(&key, Fault::ConnectionFailed, self.process.now());
        }
    }
}

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errand").finish_non_exhaustive()
    }
}
