//! A request that waits, for callers without futures: the C interface polls it.

use super::{
    authenticator::Authenticator, clock, keeper::CheckedCredential, key_fetch::KeyFetch, lookup_future::LookupFuture,
    lookup_table::Verdict, lookup_task::LookupTask, process::Process,
};
use crate::{
    api_key::ApiKey,
    cache::Cache,
    error::Error,
    rulebook::UnknownKids,
    verify::{Authentication, Candidates, Verifier},
};
use std::{
    future::Future as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// Nothing here blocks. It keeps alive the part of the authenticator that belongs to this process.
pub(crate) struct Waiting {
    authenticator: Arc<Authenticator>,
    /// The process in which the request began. In a child of that process, the request does not wait.
    process: Arc<Process>,
    fetch: Option<KeyFetch>,
    lookup: Option<LookupFuture>,
}

impl Waiting {
    pub(crate) fn new(authenticator: &Arc<Authenticator>) -> Self {
        let process = Arc::clone(&authenticator.process());
        Self { authenticator: Arc::clone(authenticator), process, fetch: None, lookup: None }
    }

    /// Whether this process began it; a child may not drop it.
    pub(crate) fn is_own(&self) -> bool {
        self.process.is_own()
    }

    /// As [`Authenticator::try_authenticate`], and begins what the request waits for: the waker is woken when it is worth
    /// calling [`Self::poll`].
    ///
    /// # Errors
    /// The same, with [`Error::KeyFetchNeeded`].
    pub(crate) fn begin<'a>(
        &mut self,
        extract: impl FnOnce(&Verifier<'_>) -> Result<Candidates<'a>, Error>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        waker: &Waker,
    ) -> Result<Authentication<'a>, Error> {
        let process = Arc::clone(&self.process);
        let moment = process.prepare_without_blocking();
        let ended_before = process.keeper.flights_ended();
        let lacking = |kids: &UnknownKids| {
            self.fetch = KeyFetch::begin(&process, kids, ended_before)?;
            if self.fetches(waker) { Err(Error::KeyFetchNeeded) } else { Ok(()) }
        };
        let found = process.keeper.find(extract, now, moment, cache, scratch, lacking);
        let ended = found.and_then(|found| self.finish(found, waker));
        process.keeper.count(&match &ended {
            Ok(Authentication::LookupNeeded(_)) => Err(Error::ApiKeyLookupNeeded),
            Ok(Authentication::Complete(_)) => Ok(()),
            Err(error) => Err(*error),
        });
        ended
    }

    /// Judges the request once more. After a fetch, it is judged by the keys that are in use, and waits for no fetch.
    ///
    /// # Errors
    /// As [`Self::begin`]; [`Error::ApiKeyLookupFailed`].
    pub(crate) fn poll<'a>(
        &mut self,
        extract: impl FnOnce(&Verifier<'_>) -> Result<Candidates<'a>, Error>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        waker: &Waker,
    ) -> Result<Authentication<'a>, Error> {
        if self.fetches(waker) {
            return Err(Error::KeyFetchNeeded);
        }
        let process = Arc::clone(&self.authenticator.process());
        let found = process.keeper.find(extract, now, clock::now(), cache, scratch, |_| Ok(()));
        let ended = found.and_then(|found| self.finish(found, waker));
        match &ended {
            Ok(Authentication::LookupNeeded(_)) => {}
            Ok(Authentication::Complete(_)) => process.keeper.count(&Ok(())),
            Err(error) => process.keeper.count::<()>(&Err(*error)),
        }
        ended
    }

    /// Whether the fetch is still worth waiting for; else it is over for good.
    fn fetches(&mut self, waker: &Waker) -> bool {
        let mut context = Context::from_waker(waker);
        let waits = self.fetch.as_mut().is_some_and(|fetch| Pin::new(fetch).poll(&mut context).is_pending());
        if !waits {
            self.fetch = None;
        }
        waits
    }

    fn finish<'a>(&mut self, found: CheckedCredential<'a>, waker: &Waker) -> Result<Authentication<'a>, Error> {
        match found {
            CheckedCredential::AccessToken(auth) => Ok(Authentication::Complete(auth)),
            CheckedCredential::ApiKey(key, scratch) => match self.look_up(&key, waker) {
                Poll::Pending => Ok(Authentication::LookupNeeded(key)),
                Poll::Ready(verdict) => verdict?.copy_into(&key, scratch).map(Authentication::Complete),
            },
        }
    }

    /// The service's answer about this key. The service is asked once, also when this is called again.
    fn look_up(&mut self, key: &ApiKey<'_>, waker: &Waker) -> Poll<Verdict> {
        if !self.is_own() {
            return Poll::Ready(Err(Error::ApiKeyLookupFailed));
        }
        let lookup = self.lookup.take().filter(|lookup| lookup.is_about(key));
        let lookup = lookup.unwrap_or_else(|| LookupFuture::begin(&self.process, key, LookupTask::start));
        Pin::new(self.lookup.insert(lookup)).poll(&mut Context::from_waker(waker))
    }
}
