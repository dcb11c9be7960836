//! One question about one API key, and all who wait for its answer: threads and futures.

use super::{answer::ApiKeyAnswer, lock};
use crate::error::Error;
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
    vec::Vec,
};

pub(super) type Verdict = Result<Arc<ApiKeyAnswer>, Error>;

#[derive(Debug, Default)]
pub(super) struct Flight {
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    verdict: Option<Verdict>,
    wakers: Vec<Waker>,
}

impl Flight {
    /// Tells everybody; the first verdict stays.
    pub(super) fn land(&self, verdict: Verdict) {
        let mut state = lock(&self.state);
        state.verdict.get_or_insert(verdict);
        let wakers = core::mem::take(&mut state.wakers);
        drop(state);
        self.landed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Blocks this thread until there is a verdict.
    pub(super) fn wait(&self, at_most: Duration) -> Verdict {
        let start = Instant::now();
        let mut state = lock(&self.state);
        loop {
            if let Some(verdict) = &state.verdict {
                return verdict.clone();
            }
            let left = at_most.checked_sub(start.elapsed()).filter(|left| !left.is_zero());
            let left = left.ok_or(Error::ApiKeyLookupFailed)?;
            state = self.landed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn poll(&self, waker: &Waker) -> Poll<Verdict> {
        let mut state = lock(&self.state);
        match &state.verdict {
            Some(verdict) => Poll::Ready(verdict.clone()),
            None => {
                if !state.wakers.iter().any(|known| known.will_wake(waker)) {
                    state.wakers.push(waker.clone());
                }
                Poll::Pending
            }
        }
    }
}

/// Resolves to what the service said about an API key. Independent of any executor.
///
/// The question is asked by whoever runs the [`Errand`](super::Errand); dropping this future does not stop it.
#[derive(Debug)]
pub struct Lookup {
    source: Source,
}

#[derive(Debug)]
enum Source {
    Known(Verdict),
    Flight(Arc<Flight>),
}

impl Lookup {
    pub(super) fn known(verdict: Verdict) -> Self {
        Self { source: Source::Known(verdict) }
    }

    pub(super) fn flight(flight: Arc<Flight>) -> Self {
        Self { source: Source::Flight(flight) }
    }

    /// Blocks this thread instead, at most so long.
    ///
    /// # Errors
    /// [`Error::ApiKeyInvalid`], [`Error::ApiKeysNotPermitted`], [`Error::ApiKeyLookupFailed`], also when it takes longer.
    pub fn wait(&self, at_most: Duration) -> Result<Arc<ApiKeyAnswer>, Error> {
        match &self.source {
            Source::Known(verdict) => verdict.clone(),
            Source::Flight(flight) => flight.wait(at_most),
        }
    }
}

impl Future for Lookup {
    type Output = Result<Arc<ApiKeyAnswer>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.source {
            Source::Known(verdict) => Poll::Ready(verdict.clone()),
            Source::Flight(flight) => flight.poll(context.waker()),
        }
    }
}
