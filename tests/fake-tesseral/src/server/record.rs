//! The requests that arrived.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::http::Request;

/// A part of the service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// Everything under `/v1/config/`.
    Config,
    /// `/v1/api-keys/authenticate`.
    ApiKeys,
    /// Every other path.
    Other,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Config, Self::ApiKeys, Self::Other];

    /// Its name in the control interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::ApiKeys => "api-keys",
            Self::Other => "other",
        }
    }

    /// The endpoint of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.name() == name)
    }
}

/// Everything that arrived since the start, or since it was last forgotten.
#[derive(Debug, Default)]
pub struct Record {
    arrived: Mutex<Arrived>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Arrived {
    requests: Vec<(Endpoint, Request)>,
    connections: usize,
}

impl Record {
    pub(super) fn add_connection(&self) {
        self.lock().connections += 1;
    }

    pub(super) fn add(&self, endpoint: Endpoint, request: Request) {
        self.lock().requests.push((endpoint, request));
        self.changed.notify_all();
    }

    pub(super) fn requests(&self, endpoint: Endpoint) -> Vec<Request> {
        self.lock().requests.iter().filter(|(of, _)| *of == endpoint).map(|(_, request)| request.clone()).collect()
    }

    pub(super) fn count(&self, endpoint: Endpoint) -> usize {
        self.lock().count(endpoint)
    }

    pub(super) fn connections(&self) -> usize {
        self.lock().connections
    }

    pub(super) fn wait_for(&self, endpoint: Endpoint, count: usize, at_most: Duration) -> bool {
        let deadline = Instant::now() + at_most;
        let mut arrived = self.lock();
        while arrived.count(endpoint) < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            arrived = self.changed.wait_timeout(arrived, left).map_or_else(|broken| broken.into_inner().0, |got| got.0);
        }
        true
    }

    pub(super) fn forget(&self) {
        *self.lock() = Arrived::default();
    }

    /// A test that panicked while it held the lock left nothing half done.
    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Arrived {
    fn count(&self, endpoint: Endpoint) -> usize {
        self.requests.iter().filter(|(of, _)| *of == endpoint).count()
    }
}
