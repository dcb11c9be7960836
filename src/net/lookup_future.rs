//! The future that waits for the service's answer about an API key.

use super::{
    alarm::Entry,
    answer::ApiKeyAnswer,
    clock,
    lookup_table::{LookupStep, Verdict},
    lookup_task::LookupTask,
    lookup_waiters::LookupWaiters,
    process::Process,
};
use crate::{api_key::ApiKey, error::Error};
use std::{
    boxed::Box,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// Resolves to the service's answer about an API key. Independent of any executor.
///
/// The thread that runs the [`LookupTask`] sends the question; dropping this future does not stop it. When another request
/// had asked before this one came, that answer may be too old: then a second question is sent after the first has ended.
/// The future waits for each of the two at most the total time-out, also when no thread runs the task.
pub struct LookupFuture {
    process: Arc<Process>,
    /// A secret.
    key: Box<[u8]>,
    /// A question's number that orders the request among the questions; 0 at first.
    ticket: u64,
    spawn: Box<dyn FnMut(LookupTask) + Send>,
    state: State,
    /// Deadlines by the steady clock: for the question under way, and for all.
    until: i64,
    end: i64,
    /// The waker's entry for the deadline.
    entry: Option<Entry>,
}

enum State {
    Known(Verdict),
    Waiting { waiters: Arc<LookupWaiters>, place: Option<usize> },
}

impl LookupFuture {
    pub(super) fn begin(
        process: &Arc<Process>,
        key: &ApiKey<'_>,
        spawn: impl FnMut(LookupTask) + Send + 'static,
    ) -> Self {
        let (now, at_most) = (clock::now().steady, process.total_timeout());
        let until = now.saturating_add(at_most);
        let mut lookup = Self {
            process: Arc::clone(process),
            key: key.as_bytes().into(),
            ticket: 0,
            spawn: Box::new(spawn),
            state: State::Known(Err(Error::ApiKeyLookupFailed)),
            until,
            end: until.saturating_add(at_most),
            entry: None,
        };
        lookup.ask();
        lookup
    }

    /// Asks the rulebook, and sends the question when it says so.
    fn ask(&mut self) {
        let key = match ApiKey::parse(&self.key) {
            Ok(key) => key,
            Err(error) => return self.state = State::Known(Err(error)),
        };
        self.state = match self.process.lookup_step(&key, self.ticket) {
            LookupStep::Known(verdict) => State::Known(verdict),
            LookupStep::Wait(waiters, ticket) => {
                self.ticket = ticket;
                State::Waiting { waiters, place: None }
            }
            LookupStep::Send(question, waiters) => {
                self.ticket = question.number;
                self.until = self.end.min(clock::now().steady.saturating_add(self.process.total_timeout()));
                (self.spawn)(LookupTask::new(Arc::clone(&self.process), &key, question));
                State::Waiting { waiters, place: None }
            }
        };
    }

    /// Whether it asks about this key.
    #[cfg(feature = "ffi")]
    pub(super) fn is_about(&self, key: &ApiKey<'_>) -> bool {
        *self.key == *key.as_bytes()
    }

    /// Waits by blocking this thread, at most `at_most`.
    ///
    /// # Errors
    /// [`Error::ApiKeyInvalid`], [`Error::ApiKeysNotPermitted`], [`Error::ApiKeyLookupFailed`], also when it takes longer.
    pub fn wait(mut self, at_most: Duration) -> Result<Arc<ApiKeyAnswer>, Error> {
        let start = Instant::now();
        loop {
            match &self.state {
                State::Known(verdict) => return verdict.clone(),
                State::Waiting { waiters, .. } => {
                    if !waiters.wait(at_most.saturating_sub(start.elapsed())) {
                        return Err(Error::ApiKeyLookupFailed);
                    }
                }
            }
            self.ask();
        }
    }
}

impl Future for LookupFuture {
    type Output = Result<Arc<ApiKeyAnswer>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Known(verdict) => return Poll::Ready(verdict.clone()),
                // The parent's threads, which would ask, do not exist in its child, where its locks may be held for ever.
                State::Waiting { .. } if !this.process.is_own() => break,
                State::Waiting { waiters, place } => {
                    // Registered first: a question that ends in between wakes it.
                    if !waiters.poll(place, context.waker()) {
                        let waits = clock::now().steady < this.until
                            && this.process.alarm.set(&mut this.entry, this.until, context.waker());
                        if waits {
                            return Poll::Pending;
                        }
                        break;
                    }
                }
            }
            this.ask();
        }
        this.state = State::Known(Err(Error::ApiKeyLookupFailed));
        Poll::Ready(Err(Error::ApiKeyLookupFailed))
    }
}

impl Drop for LookupFuture {
    fn drop(&mut self) {
        if self.process.is_own() {
            self.process.alarm.unset(self.entry);
        }
    }
}

/// Prints no key.
impl fmt::Debug for LookupFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookupFuture").finish_non_exhaustive()
    }
}
