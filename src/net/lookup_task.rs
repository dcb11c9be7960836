//! A question about an API key that has to be sent.

#[cfg(feature = "ffi")]
use super::thread;
use super::{fault::Fault, process::Process};
use crate::{api_key::ApiKey, error::Error, rulebook::Question};
use std::{boxed::Box, fmt, sync::Arc};

/// The blocking part of a look-up: run it where blocking is allowed.
///
/// When it is dropped without being run, the look-up fails, so that no request waits in vain.
#[must_use = "no other request asks about this key until it is run"]
pub struct LookupTask {
    process: Arc<Process>,
    question: Question,
    /// A secret; empty once it was asked about.
    key: Box<[u8]>,
    /// What is wrong when it is dropped before the service was asked.
    fault: Fault,
}

impl LookupTask {
    pub(super) fn new(process: Arc<Process>, key: &ApiKey<'_>, question: Question) -> Self {
        Self { process, question, key: key.as_bytes().into(), fault: Fault::ConnectionFailed }
    }

    /// Asks the service, at most for the total time-out, and tells all waiting requests.
    pub fn run(mut self) {
        self.fault = Fault::Refused(Error::InternalError);
        if let Ok(key) = ApiKey::parse(&self.key) {
            let _ = self.process.ask(&key, self.question);
        }
        // Not reached after a panic: then the look-up fails.
        self.key = Box::default();
    }

    /// Runs it in a thread of its own. Without one, the look-up fails.
    #[cfg(feature = "ffi")]
    pub(super) fn start(mut self) {
        self.fault = Fault::NoThread;
        // When no thread can be started, the task is dropped, and the look-up fails.
        let _ = thread::start("tesseral-lookup", move || self.run());
    }
}

impl Drop for LookupTask {
    fn drop(&mut self) {
        if !self.process.is_own() {
            return;
        }
        if let Ok(key) = ApiKey::parse(&self.key) {
            self.process.unanswered(&key, self.question, self.fault);
        }
    }
}

impl fmt::Debug for LookupTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookupTask").finish_non_exhaustive()
    }
}
