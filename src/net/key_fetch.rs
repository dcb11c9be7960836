//! The future of a fetch that may bring an unknown key.

use super::{clock, process::Process};
use crate::rulebook::Wait;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Resolves when the fetch that may bring an unknown key has ended, which takes at most the total time-out. Then judge the
/// request once more, with [`Authenticator::authenticate_after_fetch`](super::Authenticator::authenticate_after_fetch).
///
/// The background thread fetches, whatever becomes of this future: drop it to wait no longer. Independent of any executor.
#[must_use = "the request waits for it before it is judged once more"]
pub struct KeyFetch {
    process: Arc<Process>,
    wait: Wait,
    /// How many flights had ended before.
    ended_before: u64,
}

impl KeyFetch {
    pub(super) fn new(process: &Arc<Process>, wait: Wait, ended_before: u64) -> Self {
        Self { process: Arc::clone(process), wait, ended_before }
    }

    /// Blocks this thread instead, at most as long as [`Settings::key_wait`](super::Settings::key_wait) says.
    pub fn wait(self) {
        self.process.wait_for_flight(self.ended_before, self.wait.until);
    }
}

impl Future for KeyFetch {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Registered first: a flight that ends in between wakes it.
        self.process.signal.wake_next(context.waker());
        let over = self.process.keeper.flights_ended() != self.ended_before;
        if over || clock::now().steady >= self.wait.until { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for KeyFetch {
    fn drop(&mut self) {
        self.process.keeper.waited(self.wait, clock::now());
    }
}

impl fmt::Debug for KeyFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFetch").finish_non_exhaustive()
    }
}
