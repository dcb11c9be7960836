//! Judges requests by the document in use.

use super::{HeldDocument, Keeper};
use crate::{
    api_key::ApiKey,
    auth::Auth,
    cache::Cache,
    error::Error,
    net::stats::increment,
    rulebook::{Act, Moment, Need, Request, UnknownKids, Wait},
    verify::{Candidates, Credential, Verifier},
};
use std::sync::atomic::Ordering::Relaxed;

impl Keeper {
    /// What a request does before it is judged. Usually it goes on, without taking a lock.
    pub(in crate::net) fn prepare(&self, now: Moment) -> Result<Request, Error> {
        let usable = self.is_usable(now);
        if usable && now.steady < self.attention_at.load(Relaxed) {
            return Ok(Act::Proceed.into());
        }
        let need = if usable { Need::Nothing } else { Need::Document };
        self.refresh(now, |refresh| refresh.request(need, now, &self.rules))
    }

    /// What a request does that lacks the keys of these `kid`s.
    pub(in crate::net) fn lacks(&self, kids: &UnknownKids, now: Moment) -> Result<Request, Error> {
        self.refresh(now, |refresh| {
            let request = refresh.request(Need::Kids(kids.as_slice()), now, &self.rules);
            if matches!(request.act, Act::Fetch(_)) {
                self.count_early(refresh);
            }
            request
        })
    }

    /// A request has stopped waiting.
    pub(in crate::net) fn waited(&self, wait: Wait, now: Moment) {
        if wait.place.is_some() {
            let _ = self.refresh(now, |refresh| refresh.waited(wait));
        }
    }

    /// How long a request waits for an unknown key, in milliseconds.
    pub(in crate::net) fn key_wait(&self) -> i64 {
        i64::try_from(self.rules.wait).unwrap_or(i64::MAX)
    }

    /// How many flights have ended; more than before means that it is worth looking again.
    pub(in crate::net) fn flights_ended(&self) -> u64 {
        self.flights_ended.load(Relaxed)
    }

    /// The request's credential: verified when it is a token. Not counted.
    ///
    /// `lacking` is called with the unknown `kid`s when a newer document might have the request accepted. It may wait for a
    /// fetch. Afterwards, the request is judged by the document that is in use then.
    #[allow(clippy::too_many_arguments)] // one request's whole context
    pub(in crate::net) fn find<'a>(
        &self,
        extract: impl FnOnce(&Verifier<'_>) -> Result<Candidates<'a>, Error>,
        unix_time: i64,
        now: Moment,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        lacking: impl FnOnce(&UnknownKids) -> Result<(), Error>,
    ) -> Result<CheckedCredential<'a>, Error> {
        if scratch.len() < self.scratch_len() {
            return Err(Error::BufferTooSmall);
        }
        let mut in_use = self.usable(now)?;
        let mut unknown = UnknownKids::new();
        let candidates = extract(in_use.verifier()?)?;
        let mut credential =
            in_use.verifier()?.choose(&candidates, unix_time, cache.as_deref_mut(), scratch, &mut unknown)?;
        if let Credential::AccessToken(found) = credential
            && let Some(kid) = in_use.verifier()?.unknown_kid(found.octets, scratch)
        {
            unknown.add(kid);
        }
        if !unknown.as_slice().is_empty() {
            drop(in_use);
            lacking(&unknown)?;
            in_use = self.usable(now)?;
            credential =
                in_use.verifier()?.choose(&candidates, unix_time, cache.as_deref_mut(), scratch, &mut unknown)?;
        }
        match credential {
            Credential::AccessToken(found) => {
                let verified = self.verify(&in_use, found.octets, unix_time, cache, scratch);
                verified.map(CheckedCredential::AccessToken).map_err(|error| found.refusal(error))
            }
            Credential::ApiKey(key) => Ok(CheckedCredential::ApiKey(key, scratch)),
        }
    }

    /// The same for a token that the caller found. Not counted.
    pub(in crate::net) fn find_token<'a>(
        &self,
        token: &'a [u8],
        unix_time: i64,
        now: Moment,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        lacking: impl FnOnce(&UnknownKids) -> Result<(), Error>,
    ) -> Result<Auth<'a>, Error> {
        if scratch.len() < self.scratch_len() {
            return Err(Error::BufferTooSmall);
        }
        let mut in_use = self.usable(now)?;
        if let Some(kid) = in_use.verifier()?.unknown_kid(token, scratch) {
            drop(in_use);
            let mut unknown = UnknownKids::new();
            unknown.add(kid);
            lacking(&unknown)?;
            in_use = self.usable(now)?;
        }
        self.verify(&in_use, token, unix_time, cache, scratch)
    }

    fn verify<'a>(
        &self,
        in_use: &HeldDocument,
        token: &'a [u8],
        unix_time: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        let remembered = || increment(&self.counters.signature_cache_hits);
        in_use.verifier()?.verify(token, unix_time, cache, scratch, remembered)
    }

    /// A request ended.
    pub(in crate::net) fn count<T>(&self, ended: &Result<T, Error>) {
        self.counters.request(ended.as_ref().map(|_| ()).map_err(|error| *error));
    }
}

/// A credential whose token is verified; an API key comes with the scratch memory, which is still free.
#[allow(clippy::large_enum_variant)] // the large one is the usual one
pub(in crate::net) enum CheckedCredential<'a> {
    AccessToken(Auth<'a>),
    ApiKey(ApiKey<'a>, &'a mut [u8]),
}
