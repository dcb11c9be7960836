//! The authenticator: all that a server needs, in one object.

use super::{
    answer::ApiKeyAnswer,
    errand::Errand,
    flight::Lookup,
    keeper::{Found, LookUp, NotReady},
    process::Process,
    settings::Settings,
    stats::Stats,
};
use crate::{api_key::ApiKey, auth::Auth, cache::Cache, error::Error, verify::Authentication};
use arc_swap::{ArcSwap, Guard};
use std::{fmt, string::String, sync::Arc, time::Duration};

/// Authenticates requests with keys that it keeps fresh, and asks the service about API keys.
///
/// One background thread fetches the configuration document: at once, before it is older than the refresh interval, and
/// when a token names an unknown key, which happens at most once in each cooldown. Whatever goes wrong, the last good
/// document stays in use up to the maximum age. Verifying takes no lock, and never waits for a fetch.
///
/// Any number of threads may share one; many may live in one process. After `fork()`, the child's first call makes
/// a thread, locks and connections of its own. Dropping it ends the thread, and waits for that at most the total
/// time-out.
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
    /// [`Error::InvalidArgument`] when a setting is out of range, certificates are no PEM, or API keys are on without a
    /// backend API key; [`Error::InternalError`] when no thread can be started.
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
    /// It waits for the first document while none was ever loaded, and for the service's answer about an API key, each
    /// at most the total time-out. Arguments as for [`Verifier::authenticate`](crate::Verifier::authenticate); `scratch`
    /// needs [`Self::scratch_len`] octets, and `cache` is the thread's own, if it has one.
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
        let process = self.process();
        process.wait_for_keys(process.keeper.settings().total_timeout);
        let found = match process.keeper.find(authorization, cookie, now, process.now(), cache, scratch) {
            Ok(Found::AccessToken(auth)) => Ok(auth),
            Ok(Found::ApiKey(key, scratch)) => {
                look_up(&process, &key).and_then(|answer| answer.copy_into(&key, scratch))
            }
            Err(error) => Err(error),
        };
        wake_for_unknown_kid(&process, found.as_ref().err());
        process.keeper.count(found.as_ref().map(|_| ()).map_err(|error| *error));
        found
    }

    /// As [`Self::authenticate`], and never blocks: an API key about which nothing is remembered comes back as
    /// [`Authentication::LookupNeeded`].
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
    ) -> Result<Authentication<'a>, Error> {
        let process = self.process();
        let found = process.keeper.authenticate(authorization, cookie, now, process.now(), cache, scratch);
        wake_for_unknown_kid(&process, found.as_ref().err());
        found
    }

    /// Verifies one access token. Blocks only while no document was ever loaded.
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
        process.wait_for_keys(process.keeper.settings().total_timeout);
        let verified = process.keeper.verify_token(token, now, process.now(), cache, scratch);
        wake_for_unknown_kid(&process, verified.as_ref().err());
        verified
    }

    /// Asks the service about an API key, and blocks until it answers; at most the total time-out.
    ///
    /// # Errors
    /// [`Error::ApiKeyInvalid`], [`Error::ApiKeysNotPermitted`], [`Error::ApiKeyLookupFailed`].
    pub fn look_up(&self, key: &ApiKey<'_>) -> Result<Arc<ApiKeyAnswer>, Error> {
        look_up(&self.process(), key)
    }

    /// Asks the service about an API key without blocking.
    ///
    /// `spawn` is given the blocking part, when there is one, and runs it elsewhere: with Tokio, for instance,
    /// `|errand| { tokio::task::spawn_blocking(|| errand.run()); }`. However many wait for one key, one asks.
    pub fn look_up_with(&self, key: &ApiKey<'_>, spawn: impl FnOnce(Errand)) -> Lookup {
        let process = self.process();
        match process.keeper.look_up(key, process.now()) {
            LookUp::Wait(lookup) => lookup,
            LookUp::Ask(lookup) => {
                spawn(Errand::new(Arc::clone(&process), key));
                lookup
            }
        }
    }

    /// Whether requests can be accepted: there is a document, and it is not too old.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self) -> Result<(), NotReady> {
        let process = self.process();
        process.keeper.ready(process.now())
    }

    /// As [`Self::ready`], after waiting for a first document at most so long.
    ///
    /// # Errors
    /// Why not.
    pub fn wait_until_ready(&self, at_most: Duration) -> Result<(), NotReady> {
        self.process().wait_for_keys(at_most);
        self.ready()
    }

    /// Project ID of the newest document.
    #[must_use]
    pub fn project_id(&self) -> Option<String> {
        self.process().keeper.project_id()
    }

    /// All numbers at this moment.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let process = self.process();
        process.keeper.stats(process.now())
    }

    /// This process's part; a forked child makes its own.
    fn process(&self) -> Guard<Arc<Process>> {
        let process = self.process.load();
        let pid = std::process::id();
        if process.pid == pid { process } else { self.adopt(Guard::into_inner(process), pid) }
    }

    #[cold]
    fn adopt(&self, parents: Arc<Process>, pid: u32) -> Guard<Arc<Process>> {
        let own = Arc::new(parents.renewed(pid));
        let before = self.process.compare_and_swap(&parents, Arc::clone(&own));
        if Arc::ptr_eq(&before, &parents) {
            // What the parent's threads held when it forked is held for ever: it must not be dropped.
            core::mem::forget(parents);
            own.start_or_note();
            return Guard::from_inner(own);
        }
        // Another thread of this child was faster.
        self.process.load()
    }
}

impl Drop for Authenticator {
    fn drop(&mut self) {
        let process = self.process.load_full();
        if process.pid == std::process::id() {
            process.stop();
        } else {
            core::mem::forget(process);
        }
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("settings", self.process.load().keeper.settings()).finish_non_exhaustive()
    }
}

fn look_up(process: &Arc<Process>, key: &ApiKey<'_>) -> Result<Arc<ApiKeyAnswer>, Error> {
    let at_most = process.keeper.settings().total_timeout;
    match process.keeper.look_up(key, process.now()) {
        LookUp::Wait(lookup) => lookup.wait(at_most),
        LookUp::Ask(lookup) => {
            Errand::new(Arc::clone(process), key).run();
            lookup.wait(at_most)
        }
    }
}

fn wake_for_unknown_kid(process: &Arc<Process>, refused: Option<&Error>) {
    if refused == Some(&Error::KeyUnknown) && process.keeper.wants_early_fetch() {
        process.wake();
    }
}
