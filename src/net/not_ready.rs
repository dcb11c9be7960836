//! Why no request can be accepted.

use super::fault::Fault;
use std::fmt;

/// Why requests are refused with [`Error::KeysUnavailable`](crate::Error::KeysUnavailable).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotReady {
    /// What is wrong with the document.
    pub reason: NotReadyReason,
    /// What last went wrong on the way to a document.
    pub last_fault: Option<Fault>,
}

/// What is wrong with the document while requests are refused with [`Error::KeysUnavailable`](crate::Error::KeysUnavailable).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NotReadyReason {
    /// There was never one.
    NeverLoaded,
    /// It is older than the stale limit.
    Stale,
}

impl NotReadyReason {
    /// The stable name, for logs and metrics: `never_loaded` or `stale`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverLoaded => "never_loaded",
            Self::Stale => "stale",
        }
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            NotReadyReason::NeverLoaded => "no keys were ever loaded",
            NotReadyReason::Stale => "the keys are too old",
        })?;
        self.last_fault.map_or(Ok(()), |fault| write!(f, ": {fault}"))
    }
}

impl std::error::Error for NotReady {}
