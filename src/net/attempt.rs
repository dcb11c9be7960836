//! Authenticating without blocking.

use super::{
    authenticator::Authenticator, clock, keeper::CheckedCredential, key_fetch::KeyFetch, process::Process,
    stats::increment,
};
use crate::{
    api_key::ApiKey,
    auth::Auth,
    cache::Cache,
    error::Error,
    rulebook::UnknownKids,
    verify::{Candidates, Verifier},
};

impl Authenticator {
    /// As [`Self::authenticate`], but never blocks. When the request has to wait, the [`Attempt`] says for what.
    ///
    /// # Errors
    /// The same, without [`Error::ApiKeyLookupFailed`].
    pub fn try_authenticate<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Attempt<'a>, Error> {
        self.try_authenticate_with(|verifier| verifier.extract(authorization, cookie), now, cache, scratch)
    }

    /// As [`Self::try_authenticate`], with what `extract` finds in the request.
    pub(crate) fn try_authenticate_with<'a>(
        &self,
        extract: impl FnOnce(&Verifier<'_>) -> Result<Candidates<'a>, Error>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Attempt<'a>, Error> {
        let process = self.process();
        let moment = process.prepare_without_blocking();
        let ended_before = process.keeper.flights_ended();
        let mut fetch = None;
        let lacking = |kids: &UnknownKids| {
            fetch = KeyFetch::begin(&process, kids, ended_before)?;
            if fetch.is_some() { Err(Error::KeyFetchNeeded) } else { Ok(()) }
        };
        let found = process.keeper.find(extract, now, moment, cache, scratch, lacking);
        let attempt = match (found, fetch) {
            (Err(Error::KeyFetchNeeded), Some(fetch)) => Ok(Attempt::FetchNeeded(fetch)),
            (found, _) => found.and_then(|found| attempt(&process, found)),
        };
        count(&process, &attempt);
        attempt
    }

    /// As [`Self::try_authenticate`], for a request that has waited for [`Attempt::FetchNeeded`]. It is judged by the keys
    /// that are in use now, and waits for no fetch.
    ///
    /// # Errors
    /// The same.
    pub fn authenticate_after_fetch<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Attempt<'a>, Error> {
        let process = self.process();
        let lacking = |_: &UnknownKids| Ok(());
        let found = process.keeper.find(
            |verifier| verifier.extract(authorization, cookie),
            now,
            clock::now(),
            cache,
            scratch,
            lacking,
        );
        let attempt = found.and_then(|found| attempt(&process, found));
        count(&process, &attempt);
        attempt
    }
}

/// The result of a call that does not block.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // the large one is the usual one
pub enum Attempt<'a> {
    /// The credential is good.
    Complete(Auth<'a>),
    /// The credential is an API key about which nothing is remembered: see [`Authenticator::look_up_with`].
    LookupNeeded(ApiKey<'a>),
    /// The token's key is unknown, and a fetch that may bring it is under way: wait for it, then call
    /// [`Authenticator::authenticate_after_fetch`]. As a status it is [`Error::KeyFetchNeeded`].
    FetchNeeded(KeyFetch),
}

/// An API key is looked up among the remembered answers only.
fn attempt<'a>(process: &Process, found: CheckedCredential<'a>) -> Result<Attempt<'a>, Error> {
    match found {
        CheckedCredential::AccessToken(auth) => Ok(Attempt::Complete(auth)),
        CheckedCredential::ApiKey(key, scratch) => match process.keeper.lookups.known(&key, clock::now()) {
            None => Ok(Attempt::LookupNeeded(key)),
            Some(verdict) => {
                increment(&process.keeper.counters.api_key_cache_hits);
                verdict?.copy_into(&key, scratch).map(Attempt::Complete)
            }
        },
    }
}

fn count(process: &Process, attempt: &Result<Attempt<'_>, Error>) {
    process.keeper.count(&match attempt {
        Ok(Attempt::Complete(_)) => Ok(()),
        Ok(Attempt::LookupNeeded(_)) => Err(Error::ApiKeyLookupNeeded),
        Ok(Attempt::FetchNeeded(_)) => Err(Error::KeyFetchNeeded),
        Err(error) => Err(*error),
    });
}
