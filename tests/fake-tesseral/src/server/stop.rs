//! How the server ends: every thread that waits is woken.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A flag that is set once, and that wakes every thread that waits.
#[derive(Debug, Default)]
pub struct Stop {
    said: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Sets the flag, and wakes every thread that waits.
    pub fn say(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// Sleeps so long, or until the server ends; `true` when it ends.
    pub fn sleep(&self, time: Duration) -> bool {
        let Some(deadline) = Instant::now().checked_add(time) else {
            self.wait();
            return true;
        };
        let mut said = self.lock();
        while !*said {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            said = self.changed.wait_timeout(said, left).map_or_else(|broken| broken.into_inner().0, |got| got.0);
        }
        true
    }

    /// Sleeps until the server ends.
    pub fn wait(&self) {
        let mut said = self.lock();
        while !*said {
            said = self.changed.wait(said).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.said.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
