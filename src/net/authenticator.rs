//! The authenticator: all that a server needs, in one object.

use super::{
    answer::ApiKeyAnswer, clock, keeper::CheckedCredential, lookup_future::LookupFuture, lookup_table::LookupStep,
    lookup_task::LookupTask, not_ready::NotReady, process::Process, settings::Settings, stats::Stats,
};
use crate::{
    api_key::ApiKey,
    auth::Auth,
    cache::Cache,
    error::Error,
    revoked::Revoked,
    rulebook::UnknownKids,
    verify::{Candidates, Verifier},
};
use arc_swap::{ArcSwap, Guard};
use std::{
    fmt,
    string::String,
    sync::Arc,
    time::{Duration, Instant},
};

/// Authenticates requests with keys that it keeps fresh, and asks the service about API keys.
///
/// One background thread fetches the configuration document: at once, before it is older than the refresh interval, and
/// when a token names an unknown key, which happens at most once in each cooldown. When fetches fail, the last good
/// document stays in use up to the stale limit. Verifying a token of a known key takes no lock and waits for no fetch. A
/// token of an unknown key may wait for one, see [`Self::authenticate`].
///
/// Host names are resolved in threads of their own, at most two for each name, since the system's resolver cannot be
/// cancelled.
///
/// Any number of threads may share one authenticator; many may live in one process. After `fork()`, the child's first call
/// makes a thread, locks and connections of its own. A platform may freeze a process between requests, as those for
/// functions do: when the background thread makes no progress, one request in each refresh interval fetches the document
/// itself. Dropping the authenticator ends the background thread, and waits for that at most the total time-out and half a
/// second.
///
/// ```no_run
/// use tesseral_verify::net::{Authenticator, Settings, unix_time};
///
/// let authenticator = Authenticator::new(Settings::new("publishable_key_4w7pv04f8tr0rvprzcs2t1vzm"))?;
/// let mut scratch = vec![0; authenticator.scratch_len()]; // once per thread
/// let authorization: &[u8] = b"Bearer eyJhbGciOi";
/// let auth = authenticator.authenticate([authorization], [], unix_time(), None, &mut scratch)?;
/// println!("{}", auth.organization_id());
/// # Ok::<(), tesseral_verify::Error>(())
/// ```
pub struct Authenticator {
    process: ArcSwap<Process>,
}

impl Authenticator {
    /// Reads the last-good file, when there is one, and starts the first fetch. Does not wait for the network, and does
    /// not fail because of it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when a setting is out of range, certificates are no PEM, API keys are on without a backend
    /// API key, or a proxy variable of the environment is not the URL of a proxy; [`Error::InternalError`] when no thread can be started.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let process = Arc::new(Process::new(settings.with_environment()?)?);
        process.start().map_err(|_| Error::InternalError)?;
        Ok(Self { process: ArcSwap::new(process) })
    }

    /// Octets of scratch memory that each call needs.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        // Settings need no lock and are the same in a child.
        self.process.load().keeper.scratch_len()
    }

    /// Finds the request's credential and says who sent it. May block.
    ///
    /// While there is no usable document, it waits for one, at most the total time-out. For an API key it waits for the
    /// service's answer, at most the total time-out, or twice that when another request had asked before. When a token's
    /// key is unknown, it waits for one early fetch, at most [`Settings::key_wait`], and then judges the request once more.
    /// At most [`Settings::key_waiters`] requests wait so at a time.
    ///
    /// Arguments as for [`Verifier::authenticate`](crate::Verifier::authenticate); `scratch` needs [`Self::scratch_len`]
    /// octets, and `cache` is the thread's own, if it has one.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`](crate::Verifier::authenticate); [`Error::KeysUnavailable`] when there is no document,
    /// or it is too old; [`Error::ApiKeyInvalid`], [`Error::ApiKeysNotPermitted`], [`Error::ApiKeyLookupFailed`].
    pub fn authenticate<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        self.authenticate_with(|verifier| verifier.extract(authorization, cookie), now, cache, scratch)
    }

    /// As [`Self::authenticate`], with what `extract` finds in the request.
    pub(crate) fn authenticate_with<'a>(
        &self,
        extract: impl FnOnce(&Verifier<'_>) -> Result<Candidates<'a>, Error>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        let process = self.process();
        let moment = process.prepare(process.keeper.settings().total_timeout);
        let lacking = |kids: &UnknownKids| process.wait_for_keys_of(kids);
        let found = process.keeper.find(extract, now, moment, cache, scratch, lacking);
        let found = found.and_then(|found| match found {
            CheckedCredential::AccessToken(auth) => Ok(auth),
            CheckedCredential::ApiKey(key, scratch) => look_up(&process, &key)?.copy_into(&key, scratch),
        });
        process.keeper.count(&found);
        found
    }

    /// Verifies one access token. May block as [`Self::authenticate`].
    ///
    /// # Errors
    /// As [`Verifier::verify_token`](crate::Verifier::verify_token), and [`Error::KeysUnavailable`].
    pub fn verify_token<'a>(
        &self,
        token: &'a [u8],
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        let process = self.process();
        let moment = process.prepare(process.keeper.settings().total_timeout);
        let lacking = |kids: &UnknownKids| process.wait_for_keys_of(kids);
        let verified = process.keeper.find_token(token, now, moment, cache, scratch, lacking);
        process.keeper.count(&verified);
        verified
    }

    /// Asks the service about an API key, and blocks until it answers: at most the total time-out, or twice that when
    /// another request had asked before. Without [`Settings::api_keys`], it returns [`Error::ApiKeyLookupFailed`] and never
    /// asks the service.
    ///
    /// # Errors
    /// [`Error::ApiKeyInvalid`], [`Error::ApiKeysNotPermitted`], [`Error::ApiKeyLookupFailed`].
    pub fn look_up(&self, key: &ApiKey<'_>) -> Result<Arc<ApiKeyAnswer>, Error> {
        look_up(&self.process(), key)
    }

    /// Asks the service about an API key without blocking.
    ///
    /// `spawn` gets the blocking part, when there is one, and runs it in another thread: with Tokio, for instance, `|task|
    /// { tokio::task::spawn_blocking(|| task.run()); }`. However many requests wait for one key, one asks.
    pub fn look_up_with(&self, key: &ApiKey<'_>, spawn: impl FnMut(LookupTask) + Send + 'static) -> LookupFuture {
        LookupFuture::begin(&self.process(), key, spawn)
    }

    /// Whether requests can be accepted: there is a document, and it is not too old.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self) -> Result<(), NotReady> {
        let process = self.process();
        process.keeper.ready(clock::now())
    }

    /// As [`Self::ready`], after waiting for a usable document, at most `at_most`.
    ///
    /// # Errors
    /// Why not.
    pub fn wait_until_ready(&self, at_most: Duration) -> Result<(), NotReady> {
        self.process().wait_until_usable(at_most);
        self.ready()
    }

    /// The newest document, octet for octet.
    #[must_use]
    pub fn document(&self) -> Option<Arc<[u8]>> {
        self.process().keeper.document()
    }

    /// Project ID of the newest document.
    #[must_use]
    pub fn project_id(&self) -> Option<String> {
        self.process().keeper.project_id()
    }

    /// Refuses an accepted access token whose session or user is on the caller's list, for the project of the newest document:
    /// see [`Verifier::check_revoked`](crate::Verifier::check_revoked).
    ///
    /// # Errors
    /// [`Error::TokenRevoked`]; [`Error::KeysUnavailable`] when there is no document.
    pub fn check_revoked(&self, revoked: &Revoked<'_>, auth: &Auth<'_>) -> Result<(), Error> {
        self.with_project_id(|project_id| revoked.check(project_id, auth))
    }

    /// Calls `use_it` with the project ID of the newest document, and returns its result.
    pub(crate) fn with_project_id<T>(&self, use_it: impl FnOnce(&str) -> Result<T, Error>) -> Result<T, Error> {
        self.process().keeper.with_project_id(use_it)
    }

    /// All numbers at this moment.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let process = self.process();
        process.keeper.stats(clock::now())
    }

    /// The part that belongs to this process. A forked child makes its own.
    pub(super) fn process(&self) -> Guard<Arc<Process>> {
        let process = self.process.load();
        if process.is_own() { process } else { self.adopt(Guard::into_inner(process)) }
    }

    #[cold]
    fn adopt(&self, parents: Arc<Process>) -> Guard<Arc<Process>> {
        // Only bad settings make this fail, and these settings were good in the parent.
        let Ok(own) = parents.renewed().map(Arc::new) else { return Guard::from_inner(parents) };
        let before = self.process.compare_and_swap(&parents, Arc::clone(&own));
        if Arc::ptr_eq(&before, &parents) {
            // Locks that the parent's threads held when it forked stay locked for ever: dropping this might block.
            core::mem::forget(parents);
            own.start_or_note();
            return Guard::from_inner(own);
        }
        // Another thread of this child was faster.
        self.process.load()
    }
}

impl Authenticator {
    /// Ends the background thread. Requests that still wait do so without it.
    pub(crate) fn stop(&self) {
        let process = self.process.load();
        if process.is_own() {
            process.stop();
        }
    }
}

impl Drop for Authenticator {
    fn drop(&mut self) {
        self.stop();
        let process = self.process.load_full();
        if !process.is_own() {
            core::mem::forget(process);
        }
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("settings", self.process.load().keeper.settings()).finish_non_exhaustive()
    }
}

/// Asks in this thread, or waits for the thread that asks already.
fn look_up(process: &Arc<Process>, key: &ApiKey<'_>) -> Result<Arc<ApiKeyAnswer>, Error> {
    let (start, mut ticket) = (Instant::now(), 0);
    let at_most = process.keeper.settings().total_timeout;
    loop {
        let waiters = match process.lookup_step(key, ticket) {
            LookupStep::Known(verdict) => return verdict,
            LookupStep::Wait(waiters, own) => {
                ticket = own;
                waiters
            }
            LookupStep::Send(question, _) => return process.ask_catching_panics(key, question),
        };
        if !waiters.wait(at_most.saturating_sub(start.elapsed())) {
            return Err(Error::ApiKeyLookupFailed);
        }
    }
}
