//! The future of what the service says about an API key.

use super::{
    answer::ApiKeyAnswer,
    errand::Errand,
    flight::Flight,
    lookups::{Begun, Verdict},
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

/// Resolves to what the service says about an API key. Independent of any executor.
///
/// The question is sent by whoever runs the [`Errand`]; dropping this future does not stop it. A question that was sent
/// before this request came may be too old for it: then a second one is sent when the first has ended.
pub struct Lookup {
    process: Arc<Process>,
    /// A secret.
    key: Box<[u8]>,
    /// What says when the request came; 0 at first.
    ticket: u64,
    spawn: Box<dyn FnMut(Errand) + Send>,
    state: State,
}

enum State {
    Known(Verdict),
    Waiting { flight: Arc<Flight>, place: Option<usize> },
}

impl Lookup {
    pub(super) fn begin(process: &Arc<Process>, key: &ApiKey<'_>, spawn: impl FnMut(Errand) + Send + 'static) -> Self {
        let mut lookup = Self {
            process: Arc::clone(process),
            key: key.as_bytes().into(),
            ticket: 0,
            spawn: Box::new(spawn),
            state: State::Known(Err(Error::ApiKeyLookupFailed)),
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
        self.state = match self.process.begin(&key, self.ticket) {
            Begun::Known(verdict) => State::Known(verdict),
            Begun::Wait(flight, ticket) => {
                self.ticket = ticket;
                State::Waiting { flight, place: None }
            }
            Begun::Send(question, flight) => {
                self.ticket = question.number;
                (self.spawn)(Errand::new(Arc::clone(&self.process), &key, question));
                State::Waiting { flight, place: None }
            }
        };
    }

    /// Blocks this thread instead, at most so long.
    ///
    /// # Errors
    /// [`Error::ApiKeyInvalid`], [`Error::ApiKeysNotPermitted`], [`Error::ApiKeyLookupFailed`], also when it takes longer.
    pub fn wait(mut self, at_most: Duration) -> Result<Arc<ApiKeyAnswer>, Error> {
        let start = Instant::now();
        loop {
            match &self.state {
                State::Known(verdict) => return verdict.clone(),
                State::Waiting { flight, .. } => {
                    if !flight.wait(at_most.saturating_sub(start.elapsed())) {
                        return Err(Error::ApiKeyLookupFailed);
                    }
                }
            }
            self.ask();
        }
    }
}

impl Future for Lookup {
    type Output = Result<Arc<ApiKeyAnswer>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.state {
                State::Known(verdict) => return Poll::Ready(verdict.clone()),
                State::Waiting { flight, place } => {
                    if !flight.poll(place, context.waker()) {
                        return Poll::Pending;
                    }
                }
            }
            self.ask();
        }
    }
}

/// Prints no key.
impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}
