//! The keys in use and all that is decided about them, without clock, thread and network.

use super::{
    answer::ApiKeyAnswer,
    fault::Fault,
    flight::{Lookup, Verdict},
    lock,
    lookups::{Begun, Lookups, Times},
    refresh::{Next, Refresh},
    settings::Settings,
    stats::{Counters, LastFault, Stats, increment},
};
use crate::{
    api_key::ApiKey,
    auth::Auth,
    cache::Cache,
    error::Error,
    jws,
    limits::MAX_KID_LEN,
    snapshot::LoadError,
    verify::{Authentication, Credential, Verifier},
};
use arc_swap::ArcSwapOption;
use std::{
    borrow::ToOwned as _,
    boxed::Box,
    fmt,
    string::String,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
    vec,
};

/// Holds the newest usable document, says when to fetch the next one, and remembers answers about API keys.
///
/// For programs that do the fetching themselves: [`Authenticator`](super::Authenticator) has a thread for it. All times
/// called `now` are durations since any fixed moment, by a clock that nobody sets; they need not be exact.
///
/// Any number of threads may share one. Who verifies is never blocked by who loads.
///
/// ```
/// use std::time::{Duration, Instant};
/// use tesseral_verify::net::{Keeper, Next, Settings};
///
/// # let project = fake_tesseral::Project::new(7);
/// # let download = || project.config_document().to_json();
/// let start = Instant::now();
/// let keeper = Keeper::new(Settings::new("publishable_key_1"), 42)?;
/// // In a loop of the program's own:
/// if keeper.next(start.elapsed()) == Next::Fetch {
///     keeper.load(download().as_bytes(), start.elapsed())?; // or `keeper.failed` with the reason
/// }
/// assert!(keeper.ready(start.elapsed()).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Keeper {
    settings: Arc<Settings>,
    current: ArcSwapOption<Loaded>,
    refresh: Mutex<Refresh>,
    lookups: Lookups,
    counters: Counters,
    last_fault: Mutex<Option<(Fault, Duration)>>,
}

/// A document in use.
struct Loaded {
    verifier: Verifier<'static>,
    document: Box<[u8]>,
    /// When it was last known to be current, in milliseconds; a restored one may be older than the clock.
    confirmed: AtomicI64,
}

/// What a document changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Update {
    /// It is the same, octet for octet.
    Unchanged,
    /// It is another text with the same keys.
    Document,
    /// Its keys are others.
    Keys,
}

/// What has to be done about an API key; the [`Lookup`] resolves either way.
#[derive(Debug)]
pub enum LookUp {
    /// Nothing: the answer is known, or somebody else asks.
    Wait(Lookup),
    /// Ask the service, then call [`Keeper::answered`] or [`Keeper::unanswered`].
    Ask(Lookup),
}

/// Why requests are refused with [`Error::KeysUnavailable`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotReady {
    /// `never_loaded` or `stale`.
    pub reason: &'static str,
    /// What last went wrong on the way to a document.
    pub last_fault: Option<Fault>,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.reason == STALE { "the keys are too old" } else { "no keys were ever loaded" })?;
        self.last_fault.map_or(Ok(()), |fault| write!(f, ": {fault}"))
    }
}

impl std::error::Error for NotReady {}

const NEVER_LOADED: &str = "never_loaded";
const STALE: &str = "stale";

impl Keeper {
    /// A keeper without a document; the first fetch is due at once.
    ///
    /// `seed`: any number, another in each process, so that processes do not fetch together.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when a setting is out of range.
    pub fn new(settings: Settings, seed: u64) -> Result<Self, Error> {
        settings.check()?;
        let flight = settings.total_timeout.saturating_mul(2);
        let times = Times { good: settings.api_key_ttl, refused: settings.refused_api_key_ttl, flight };
        Ok(Self {
            refresh: Mutex::new(Refresh::new(settings.rules(), seed)),
            settings: Arc::new(settings),
            current: ArcSwapOption::empty(),
            lookups: Lookups::new(times),
            counters: Counters::new(),
            last_fault: Mutex::new(None),
        })
    }

    /// For a forked child: the same document and counts, and locks of its own. Takes no lock of this one's.
    pub(super) fn renewed(&self, seed: u64, now: Duration) -> Self {
        let current = self.current.load_full();
        let mut refresh = Refresh::new(self.settings.rules(), seed);
        if let Some(loaded) = &current {
            refresh.adopt(now, loaded.age(now));
        }
        Self {
            settings: Arc::clone(&self.settings),
            current: ArcSwapOption::new(current),
            refresh: Mutex::new(refresh),
            lookups: self.lookups.renewed(),
            counters: self.counters.copied(),
            last_fault: Mutex::new(None),
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Octets of scratch memory that each call needs.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        self.settings.scratch_len()
    }

    // Documents

    /// What to do about the document now. Whoever is told [`Next::Fetch`] calls [`Self::load`] or [`Self::failed`].
    pub fn next(&self, now: Duration) -> Next {
        lock(&self.refresh).next(now)
    }

    /// Whether a first document is under way or due before `deadline`.
    pub(super) fn comes_before(&self, deadline: Duration, now: Duration) -> bool {
        let refresh = lock(&self.refresh);
        refresh.is_in_flight(now) || refresh.due() < deadline
    }

    /// Whether an unknown `kid` has asked for a fetch that has not begun.
    pub(super) fn wants_early_fetch(&self) -> bool {
        lock(&self.refresh).is_wanted()
    }

    /// Takes a document that was fetched. A refused one changes nothing: the one before stays in use.
    ///
    /// # Errors
    /// As [`Verifier::load_owned`].
    pub fn load(&self, document: &[u8], now: Duration) -> Result<Update, LoadError> {
        let before = self.current.load_full();
        if let Some(before) = before.as_ref().filter(|before| *before.document == *document) {
            before.confirmed.store(milliseconds(now), Relaxed);
            self.loaded(&before.verifier, false, now);
            return Ok(Update::Unchanged);
        }
        let verifier = match Verifier::load_owned(document, &self.settings.options()) {
            Ok(verifier) => verifier,
            Err(refused) => {
                self.failed(Fault::Refused(refused.error), now);
                return Err(refused);
            }
        };
        let keys_changed = before.is_none_or(|before| !same_keys(&before.verifier, &verifier));
        let loaded = Arc::new(Loaded::new(verifier, document, milliseconds(now)));
        self.current.store(Some(Arc::clone(&loaded)));
        self.loaded(&loaded.verifier, keys_changed, now);
        Ok(if keys_changed { Update::Keys } else { Update::Document })
    }

    fn loaded(&self, verifier: &Verifier<'_>, keys_changed: bool, now: Duration) {
        increment(&self.counters.refreshes);
        let has_key = |kid: &str| verifier.snapshot().keys().iter().any(|key| key.kid() == kid);
        lock(&self.refresh).succeeded(now, keys_changed, has_key);
    }

    /// No document came.
    pub fn failed(&self, fault: Fault, now: Duration) {
        increment(&self.counters.refresh_failures);
        self.note(fault, now);
        lock(&self.refresh).failed(now);
    }

    /// Takes a document of this age from a file, when there is none yet. The next fetch is due as before.
    ///
    /// # Errors
    /// As [`Verifier::load_owned`]; [`Error::KeysUnavailable`] when it is over the maximum age, or comes too late.
    pub fn restore(&self, document: &[u8], age: Duration, now: Duration) -> Result<(), LoadError> {
        if age > self.settings.max_stale || self.current.load().is_some() {
            return Err(Error::KeysUnavailable.into());
        }
        let verifier = Verifier::load_owned(document, &self.settings.options())?;
        let confirmed = milliseconds(now).saturating_sub(milliseconds(age));
        self.current.store(Some(Arc::new(Loaded::new(verifier, document, confirmed))));
        Ok(())
    }

    pub(super) fn note(&self, fault: Fault, now: Duration) {
        *lock(&self.last_fault) = Some((fault, now));
    }

    // Requests

    /// Whether a document was ever loaded.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.current.load().is_some()
    }

    /// As [`Verifier::authenticate`] with the newest document; what is remembered of an API key is answered.
    ///
    /// `unix_time` is in seconds since 1970-01-01T00:00:00Z. `scratch` needs [`Self::scratch_len`] octets. A token with an
    /// unknown `kid` may make a fetch due: ask [`Self::next`] again.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`]; [`Error::KeysUnavailable`] when there is no document, or it is too old;
    /// [`Error::ApiKeyInvalid`] and [`Error::ApiKeysNotPermitted`] when that is remembered.
    pub fn authenticate<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        unix_time: i64,
        now: Duration,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Authentication<'a>, Error> {
        let found = match self.find(authorization, cookie, unix_time, now, cache, scratch) {
            Ok(Found::AccessToken(auth)) => Ok(Authentication::Complete(auth)),
            Ok(Found::ApiKey(key, scratch)) => self.recall(&key, now, scratch),
            Err(error) => Err(error),
        };
        self.count(match &found {
            Ok(Authentication::Complete(_)) => Ok(()),
            Ok(Authentication::LookupNeeded(_)) => Err(Error::ApiKeyLookupNeeded),
            Err(error) => Err(*error),
        });
        found
    }

    /// What is remembered of an API key.
    fn recall<'a>(&self, key: &ApiKey<'a>, now: Duration, scratch: &'a mut [u8]) -> Result<Authentication<'a>, Error> {
        let Some(verdict) = self.lookups.known(&key.fingerprint(), now) else {
            return Ok(Authentication::LookupNeeded(*key));
        };
        increment(&self.counters.api_key_cache_hits);
        verdict?.copy_into(key, scratch).map(Authentication::Complete)
    }

    /// As [`Verifier::verify_token`] with the newest document, otherwise as [`Self::authenticate`].
    ///
    /// # Errors
    /// As [`Verifier::verify_token`], and [`Error::KeysUnavailable`].
    pub fn verify_token<'a>(
        &self,
        token: &'a [u8],
        unix_time: i64,
        now: Duration,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        let in_use = self.usable(now);
        let loaded = in_use.as_ref().map_err(|error| *error).and_then(InUse::loaded);
        let verified = loaded.and_then(|loaded| self.verify(loaded, token, unix_time, now, cache, scratch));
        self.count(verified.as_ref().map(|_| ()).map_err(|error| *error));
        verified
    }

    /// The request's credential: verified when it is a token. Not counted.
    pub(super) fn find<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        unix_time: i64,
        now: Duration,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Found<'a>, Error> {
        if scratch.len() < self.scratch_len() {
            return Err(Error::BufferTooSmall);
        }
        let in_use = self.usable(now)?;
        let loaded = in_use.loaded()?;
        match loaded.verifier.find_credential(authorization, cookie, unix_time, cache.as_deref_mut(), scratch)? {
            Credential::AccessToken(token) => {
                self.verify(loaded, token, unix_time, now, cache, scratch).map(Found::AccessToken)
            }
            Credential::ApiKey(key) => Ok(Found::ApiKey(key, scratch)),
        }
    }

    fn verify<'a>(
        &self,
        loaded: &Loaded,
        token: &'a [u8],
        unix_time: i64,
        now: Duration,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        let hits = |cache: &Option<&mut Cache<'_>>| cache.as_ref().map_or(0, |cache| cache.hits());
        let before = hits(&cache);
        let verified = loaded.verifier.verify(token, unix_time, cache.as_deref_mut(), scratch);
        if hits(&cache) != before {
            increment(&self.counters.signature_cache_hits);
        }
        if let Err(Error::KeyUnknown) = verified {
            self.note_unknown_kid(token, now);
        }
        verified
    }

    #[cold]
    fn note_unknown_kid(&self, token: &[u8], now: Duration) {
        let mut kid = [0; MAX_KID_LEN];
        let kid = jws::kid_of(token, &mut kid);
        if kid.is_some_and(|kid| lock(&self.refresh).unknown_kid(kid, now)) {
            increment(&self.counters.early_refreshes);
        }
    }

    /// The document in use, which stays whole while this is held.
    fn usable(&self, now: Duration) -> Result<InUse, Error> {
        let current = self.current.load();
        let usable = current.as_ref().is_some_and(|loaded| loaded.age(now) <= self.settings.max_stale);
        if usable { Ok(InUse(current)) } else { Err(Error::KeysUnavailable) }
    }

    /// A request ended.
    pub(super) fn count(&self, ended: Result<(), Error>) {
        self.counters.request(ended);
    }

    // API keys

    /// What is to be done about an API key. One question is asked at a time, however many wait for the answer.
    pub fn look_up(&self, key: &ApiKey<'_>, now: Duration) -> LookUp {
        match self.lookups.begin(&key.fingerprint(), now) {
            Begun::Known(verdict) => {
                increment(&self.counters.api_key_cache_hits);
                LookUp::Wait(Lookup::known(verdict))
            }
            Begun::Join(flight) => LookUp::Wait(Lookup::flight(flight)),
            Begun::Lead(flight) => LookUp::Ask(Lookup::flight(flight)),
            Begun::Refused => LookUp::Wait(Lookup::known(Err(Error::ApiKeyLookupFailed))),
        }
    }

    /// The service answered; `body` as received. Whoever waits is told.
    ///
    /// # Errors
    /// As [`ApiKey::response`].
    pub fn answered(
        &self,
        key: &ApiKey<'_>,
        http_status: u16,
        body: &[u8],
        now: Duration,
    ) -> Result<Arc<ApiKeyAnswer>, Error> {
        let too_large = body.len() > crate::limits::MAX_API_KEY_ANSWER_LEN;
        let mut scratch = vec![0; body.len()];
        let verdict = match key.response(http_status.into(), body, &mut scratch) {
            Ok(_) if too_large => Err(Error::ApiKeyLookupFailed),
            Ok(auth) => Ok(Arc::new(ApiKeyAnswer::new(&auth))),
            Err(error) => Err(error),
        };
        let fault = match http_status {
            200 => Fault::Refused(Error::ApiKeyLookupFailed),
            status => Fault::Status(status),
        };
        self.land(key, verdict, fault, now)
    }

    /// The service did not answer. Whoever waits is told.
    ///
    /// # Errors
    /// Always [`Error::ApiKeyLookupFailed`].
    pub fn unanswered(&self, key: &ApiKey<'_>, fault: Fault, now: Duration) -> Result<Arc<ApiKeyAnswer>, Error> {
        self.land(key, Err(Error::ApiKeyLookupFailed), fault, now)
    }

    fn land(&self, key: &ApiKey<'_>, verdict: Verdict, fault: Fault, now: Duration) -> Verdict {
        increment(&self.counters.lookups);
        if let Err(Error::ApiKeyLookupFailed) = verdict {
            increment(&self.counters.lookup_failures);
            self.note(fault, now);
        }
        self.lookups.finish(&key.fingerprint(), &verdict, now);
        verdict
    }

    // What it says of itself

    /// Whether requests can be accepted.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self, now: Duration) -> Result<(), NotReady> {
        let reason = match &*self.current.load() {
            None => NEVER_LOADED,
            Some(loaded) if loaded.age(now) > self.settings.max_stale => STALE,
            Some(_) => return Ok(()),
        };
        let last_fault = lock(&self.last_fault).map(|(fault, _)| fault);
        Err(NotReady { reason, last_fault })
    }

    /// Project ID of the newest document.
    #[must_use]
    pub fn project_id(&self) -> Option<String> {
        self.current.load().as_ref().and_then(|loaded| loaded.verifier.policy().project_id().map(str::to_owned))
    }

    /// All numbers at this moment.
    #[must_use]
    pub fn stats(&self, now: Duration) -> Stats {
        let current = self.current.load_full();
        let snapshot = current.as_ref().map(|loaded| loaded.verifier.snapshot());
        let count = |count: &core::sync::atomic::AtomicU64| count.load(Relaxed);
        let ago = |(fault, at): (Fault, Duration)| LastFault { fault, ago: now.saturating_sub(at) };
        Stats {
            requests: self.counters.requests(),
            signature_cache_hits: count(&self.counters.signature_cache_hits),
            api_key_cache_hits: count(&self.counters.api_key_cache_hits),
            lookups: count(&self.counters.lookups),
            lookup_failures: count(&self.counters.lookup_failures),
            refreshes: count(&self.counters.refreshes),
            refresh_failures: count(&self.counters.refresh_failures),
            early_refreshes: count(&self.counters.early_refreshes),
            project_id: self.project_id(),
            kids: snapshot
                .map(|snapshot| snapshot.keys().iter().map(|key| key.kid().to_owned()).collect())
                .unwrap_or_default(),
            keys_skipped: snapshot.map_or(0, |snapshot| snapshot.keys_skipped()),
            skipped: snapshot
                .map(|snapshot| snapshot.skipped().iter().map(|key| (key.index, key.reason.slug())).collect())
                .unwrap_or_default(),
            snapshot_age: current.as_ref().map(|loaded| loaded.age(now)),
            next_refresh_in: lock(&self.refresh).due().saturating_sub(now),
            not_ready: self.ready(now).err().map(|not_ready| not_ready.reason),
            last_fault: lock(&self.last_fault).map(ago),
        }
    }
}

/// A credential whose token is verified; an API key comes with the scratch memory, which is still free.
#[allow(clippy::large_enum_variant)] // the large one is the usual one
pub(super) enum Found<'a> {
    AccessToken(Auth<'a>),
    ApiKey(ApiKey<'a>, &'a mut [u8]),
}

/// Keeps a document from being freed.
struct InUse(arc_swap::Guard<Option<Arc<Loaded>>>);

impl InUse {
    fn loaded(&self) -> Result<&Loaded, Error> {
        self.0.as_deref().ok_or(Error::InternalError)
    }
}

impl Loaded {
    fn new(verifier: Verifier<'static>, document: &[u8], confirmed: i64) -> Self {
        Self { verifier, document: document.into(), confirmed: AtomicI64::new(confirmed) }
    }

    fn age(&self, now: Duration) -> Duration {
        let age = milliseconds(now).saturating_sub(self.confirmed.load(Relaxed));
        Duration::from_millis(u64::try_from(age).unwrap_or(0))
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Whether both have the same points under the same `kid`s, in whatever order.
fn same_keys(one: &Verifier<'_>, other: &Verifier<'_>) -> bool {
    let (one, other) = (one.snapshot().keys(), other.snapshot().keys());
    let in_other = |key: &crate::snapshot::Key| {
        let equal = |found: &&crate::snapshot::Key| {
            found.kid() == key.kid() && found.point().x() == key.point().x() && found.point().y() == key.point().y()
        };
        other.iter().find(equal).is_some()
    };
    one.len() == other.len() && one.iter().all(in_other)
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("settings", &self.settings).finish_non_exhaustive()
    }
}
