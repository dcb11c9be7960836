//! The future of a fetch that may bring an unknown key.

use super::{alarm::Entry, clock, process::Process};
use crate::{
    error::Error,
    rulebook::{UnknownKids, Wait},
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Resolves when the fetch that may bring an unknown key has ended, and at the latest after
/// [`Settings::key_wait`](super::Settings::key_wait). Then judge the request once more, with [`Authenticator::authenticate_after_fetch`](super::Authenticator::authenticate_after_fetch).
///
/// The background thread fetches also when this future is dropped: drop it to stop waiting. Independent of any executor.
#[must_use = "the request waits for it before it is judged once more"]
pub struct KeyFetch {
    process: Arc<Process>,
    wait: Wait,
    /// How many flights had ended when the request was judged.
    ended_before: u64,
    /// Where its waker is kept for the end of a flight.
    number: Option<u64>,
    /// Where its waker is kept for the deadline.
    entry: Option<Entry>,
}

impl KeyFetch {
    /// For a request that lacks the keys of these `kid`s: the fetch that it has to wait for, if any. `ended_before`: how many
    /// flights had ended when the request was judged.
    pub(super) fn begin(process: &Arc<Process>, kids: &UnknownKids, ended_before: u64) -> Result<Option<Self>, Error> {
        let wait = process.fetch_without_blocking(kids)?;
        let fetch = |wait| Self { process: Arc::clone(process), wait, ended_before, number: None, entry: None };
        Ok(wait.map(fetch))
    }

    /// Waits by blocking this thread, at most [`Settings::key_wait`](super::Settings::key_wait).
    pub fn wait(self) {
        self.process.wait_for_flight(self.ended_before, self.wait.until);
    }
}

impl Future for KeyFetch {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        // The parent's threads, which would end the wait, do not exist in its child, where its locks may be held for ever.
        if !this.process.is_own() {
            return Poll::Ready(());
        }
        // Registered first: a flight that ends in between wakes it.
        this.process.signal.wake_next(&mut this.number, context.waker());
        let over = this.process.keeper.flights_ended() != this.ended_before
            || this.process.signal.is_stopping()
            || clock::now().steady >= this.wait.until;
        let waits = !over && this.process.alarm.set(&mut this.entry, this.wait.until, context.waker());
        if waits { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for KeyFetch {
    fn drop(&mut self) {
        if self.process.is_own() {
            self.process.signal.forget(self.number);
            self.process.alarm.unset(self.entry);
            self.process.keeper.waited(self.wait, clock::now());
        }
    }
}

impl fmt::Debug for KeyFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFetch").finish_non_exhaustive()
    }
}
