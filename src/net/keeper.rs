//! The keys in use: the newest document, judged by the rulebook's clocks, without thread and network.

use super::{
    clock::duration,
    fault::Fault,
    lock,
    lookups::Lookups,
    notice::{About, Notices},
    settings::Settings,
    stats::{Counters, LastFault, Stats, increment},
};
use crate::{
    api_key::ApiKey,
    auth::Auth,
    cache::Cache,
    error::Error,
    limits::FIRST_RETRY_MS,
    rulebook::{
        Act, Change, Document, Flight, Moment, Need, Poll, Refresh, RefreshRules, Request, Restored, Taken,
        UnknownKids, Wait,
    },
    snapshot::LoadError,
    verify::{Candidates, Credential, Verifier},
};
use arc_swap::ArcSwapOption;
use std::{
    borrow::ToOwned as _,
    boxed::Box,
    fmt,
    string::String,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    vec,
};

/// Holds the newest usable document and the state of the rulebook's [`Refresh`]. Who verifies takes no lock.
pub(super) struct Keeper {
    settings: Arc<Settings>,
    rules: RefreshRules,
    current: ArcSwapOption<Loaded>,
    state: Mutex<Box<[u64]>>,
    /// [`Refresh::attention_at`]: before this time, requests ask nothing.
    attention_at: AtomicI64,
    /// How many flights have ended: what those who wait for one look at.
    flights_ended: AtomicU64,
    pub(super) lookups: Lookups,
    pub(super) counters: Counters,
    last_fault: Mutex<Option<(Fault, Moment)>>,
    notices: Notices,
}

/// A document in use.
struct Loaded {
    keys: Arc<Keys>,
    document: Document,
}

/// What documents of one text share.
struct Keys {
    verifier: Verifier<'static>,
    text: Arc<[u8]>,
}

/// What a document changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Update {
    /// It is in use now.
    InUse(Change),
    /// A newer one was in use already.
    Late,
}

/// Why requests are refused with [`Error::KeysUnavailable`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotReady {
    /// What is wrong with the document.
    pub reason: NotReadyReason,
    /// What last went wrong on the way to a document.
    pub last_fault: Option<Fault>,
}

/// What is wrong with the document while requests are refused with [`Error::KeysUnavailable`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NotReadyReason {
    /// There was never one.
    NeverLoaded,
    /// It is older than the stale limit.
    Stale,
}

impl NotReadyReason {
    /// The stable name, for logs and metrics: `never_loaded` or `stale`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverLoaded => "never_loaded",
            Self::Stale => "stale",
        }
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            NotReadyReason::NeverLoaded => "no keys were ever loaded",
            NotReadyReason::Stale => "the keys are too old",
        })?;
        self.last_fault.map_or(Ok(()), |fault| write!(f, ": {fault}"))
    }
}

impl std::error::Error for NotReady {}

impl Keeper {
    /// A keeper without a document; the first fetch is due at once.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when a setting is out of range.
    pub(super) fn new(settings: Settings, seed: [u8; 16], now: Moment) -> Result<Self, Error> {
        settings.check()?;
        Self::with(Arc::new(settings), seed, now, Counters::new(), None)
    }

    /// For a forked child: the same document and counts, and locks of its own. Takes no lock of this one's.
    pub(super) fn renewed(&self, seed: [u8; 16], now: Moment) -> Result<Self, Error> {
        Self::with(Arc::clone(&self.settings), seed, now, self.counters.copied(), self.current.load_full())
    }

    fn with(
        settings: Arc<Settings>,
        seed: [u8; 16],
        now: Moment,
        counters: Counters,
        current: Option<Arc<Loaded>>,
    ) -> Result<Self, Error> {
        let rules = settings.refresh_rules();
        let mut state = vec![0; Refresh::WORDS].into_boxed_slice();
        let mut refresh = Refresh::init(&mut state, &seed, now)?;
        if let Some(loaded) = &current {
            refresh.adopt(&loaded.document);
        }
        let attention_at = refresh.attention_at(now, &rules);
        Ok(Self {
            rules,
            current: ArcSwapOption::new(current),
            state: Mutex::new(state),
            attention_at: AtomicI64::new(attention_at),
            flights_ended: AtomicU64::new(0),
            lookups: Lookups::new(settings.api_keys, settings.answers_rules(), seed)?,
            counters,
            last_fault: Mutex::new(None),
            notices: Notices::new(settings.sink.clone()),
            settings,
        })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Octets of scratch memory that each call needs.
    pub(super) fn scratch_len(&self) -> usize {
        self.settings.scratch_len()
    }

    /// One call of the rulebook.
    fn refresh<R>(&self, now: Moment, call: impl FnOnce(&mut Refresh<'_>) -> R) -> Result<R, Error> {
        let mut state = lock(&self.state);
        let mut refresh = Refresh::open(&mut state)?;
        let result = call(&mut refresh);
        self.attention_at.store(refresh.attention_at(now, &self.rules), Relaxed);
        Ok(result)
    }

    // For the background

    /// What to do about the document now. The caller that is told to fetch reports how it went.
    pub(super) fn poll(&self, now: Moment) -> Poll {
        let later = Poll::At(now.steady.saturating_add(FIRST_RETRY_MS.cast_signed()));
        let polled = self.refresh(now, |refresh| {
            let polled = refresh.poll(now, &self.rules);
            if matches!(polled, Poll::Fetch(_)) {
                self.count_early(refresh);
            }
            polled
        });
        polled.unwrap_or(later)
    }

    /// Takes a document that a flight brought. A refused one changes nothing: the one before stays in use.
    ///
    /// # Errors
    /// As [`Verifier::load_owned`].
    pub(super) fn landed(&self, flight: Flight, text: &[u8], now: Moment) -> Result<Update, LoadError> {
        let before = self.current.load_full();
        let loaded = match before.as_ref().filter(|before| *before.keys.text == *text) {
            Some(before) => Ok((Arc::clone(&before.keys), Change::Same)),
            None => self.build(text).map(|keys| {
                let snapshot = keys.verifier.snapshot();
                let same_keys = before.is_some_and(|before| before.keys.verifier.snapshot().has_keys_of(snapshot));
                (keys, if same_keys { Change::Text } else { Change::Keys })
            }),
        };
        let (keys, change) = loaded.inspect_err(|refused| self.failed(flight, Fault::Refused(refused.error), now))?;
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let taken = self.refresh(now, |refresh| {
            let taken = refresh.landed(flight, change, 0, len, now);
            if taken != Taken::Late
                && let Some(document) = refresh.document()
            {
                self.current.store(Some(Arc::new(Loaded { keys, document })));
            }
            taken
        })?;
        increment(&self.counters.refreshes);
        increment(&self.flights_ended);
        Ok(if taken == Taken::Late { Update::Late } else { Update::InUse(change) })
    }

    fn build(&self, text: &[u8]) -> Result<Arc<Keys>, LoadError> {
        let verifier = Verifier::load_owned(text, &self.settings.options())?;
        Ok(Arc::new(Keys { verifier, text: text.into() }))
    }

    /// No document came.
    pub(super) fn failed(&self, flight: Flight, fault: Fault, now: Moment) {
        increment(&self.counters.refresh_failures);
        let _ = self.refresh(now, |refresh| refresh.failed(flight, now));
        increment(&self.flights_ended);
        self.note(About::Document, fault, now);
    }

    /// Takes a document from a file, whose fetch began at this wall time, unless a newer one is in use.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn restore(&self, text: &[u8], began_wall: i64, now: Moment) -> Result<(), Fault> {
        let keys = self.build(text).map_err(|_| Fault::FileUnusable)?;
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let restored = self.refresh(now, |refresh| {
            let restored = refresh.restore(began_wall, 0, len, now, &self.rules);
            if let (Restored::InUse { .. }, Some(document)) = (restored, refresh.document()) {
                self.current.store(Some(Arc::new(Loaded { keys, document })));
            }
            restored
        });
        match restored.map_err(Fault::Refused)? {
            Restored::InUse { .. } | Restored::NotNewer => Ok(()),
            Restored::TooOld => Err(Fault::FileTooOld),
            Restored::FromTheFuture => Err(Fault::FileFromTheFuture),
        }
    }

    /// Remembers what went wrong, and tells the operator.
    pub(super) fn note(&self, about: About, fault: Fault, now: Moment) {
        *lock(&self.last_fault) = Some((fault, now));
        let file = self.settings.last_good.as_deref().map(std::path::Path::to_string_lossy);
        let place = match about {
            About::Document => &self.settings.config_host,
            About::ApiKeys => &self.settings.backend_host,
            About::LastGoodFile => file.as_deref().unwrap_or_default(),
        };
        self.notices.tell(about, place, fault, now);
    }

    // For requests

    /// What a request does before it is judged. Usually it goes on, and no lock is taken.
    pub(super) fn prepare(&self, now: Moment) -> Result<Request, Error> {
        let usable = self.is_usable(now);
        if usable && now.steady < self.attention_at.load(Relaxed) {
            return Ok(Act::Proceed.into());
        }
        let need = if usable { Need::Nothing } else { Need::Document };
        self.refresh(now, |refresh| refresh.request(need, now, &self.rules))
    }

    /// What a request does that lacks the keys of these `kid`s.
    pub(super) fn lacks(&self, kids: &UnknownKids, now: Moment) -> Result<Request, Error> {
        self.refresh(now, |refresh| {
            let request = refresh.request(Need::Kids(kids.as_slice()), now, &self.rules);
            if matches!(request.act, Act::Fetch(_)) {
                self.count_early(refresh);
            }
            request
        })
    }

    /// A flight has begun; counts it when an unknown `kid` asked for it.
    fn count_early(&self, refresh: &Refresh<'_>) {
        if refresh.is_early() {
            increment(&self.counters.early_refreshes);
        }
    }

    /// A request waits no more.
    pub(super) fn waited(&self, wait: Wait, now: Moment) {
        if wait.place.is_some() {
            let _ = self.refresh(now, |refresh| refresh.waited(wait));
        }
    }

    /// How long a request waits for an unknown key, in milliseconds.
    pub(super) fn key_wait(&self) -> i64 {
        i64::try_from(self.rules.wait).unwrap_or(i64::MAX)
    }

    /// How many flights have ended; more than before means that it is worth looking again.
    pub(super) fn flights_ended(&self) -> u64 {
        self.flights_ended.load(Relaxed)
    }

    /// Whether tokens can be judged.
    pub(super) fn is_usable(&self, now: Moment) -> bool {
        self.current.load().as_ref().is_some_and(|loaded| loaded.document.is_usable(now, &self.rules))
    }

    /// The document in use, which stays whole while this is held.
    fn usable(&self, now: Moment) -> Result<InUse, Error> {
        let current = self.current.load();
        let usable = current.as_ref().is_some_and(|loaded| loaded.document.is_usable(now, &self.rules));
        if usable { Ok(InUse(current)) } else { Err(Error::KeysUnavailable) }
    }

    /// The request's credential: verified when it is a token. Not counted.
    ///
    /// `lacking` is called when the keys of these `kid`s might have the request accepted. When it returns, the request is
    /// judged by the document that is in use then.
    #[allow(clippy::too_many_arguments)] // one request's whole context
    pub(super) fn find<'a>(
        &self,
        extract: impl FnOnce(&Verifier<'_>) -> Result<Candidates<'a>, Error>,
        unix_time: i64,
        now: Moment,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        lacking: impl FnOnce(&UnknownKids) -> Result<(), Error>,
    ) -> Result<Found<'a>, Error> {
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
                verified.map(Found::AccessToken).map_err(|error| found.refusal(error))
            }
            Credential::ApiKey(key) => Ok(Found::ApiKey(key, scratch)),
        }
    }

    /// The same for a token that the caller found. Not counted.
    pub(super) fn find_token<'a>(
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
        in_use: &InUse,
        token: &'a [u8],
        unix_time: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        let remembered = || increment(&self.counters.signature_cache_hits);
        in_use.verifier()?.verify(token, unix_time, cache, scratch, remembered)
    }

    /// A request ended.
    pub(super) fn count<T>(&self, ended: &Result<T, Error>) {
        self.counters.request(ended.as_ref().map(|_| ()).map_err(|error| *error));
    }

    // What it says of itself

    /// Whether requests can be accepted.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn ready(&self, now: Moment) -> Result<(), NotReady> {
        let reason = match &*self.current.load() {
            None => NotReadyReason::NeverLoaded,
            Some(loaded) if !loaded.document.is_usable(now, &self.rules) => NotReadyReason::Stale,
            Some(_) => return Ok(()),
        };
        let last_fault = lock(&self.last_fault).map(|(fault, _)| fault);
        Err(NotReady { reason, last_fault })
    }

    /// The newest document's text, and the number of fetches that brought one.
    pub(super) fn document(&self) -> Option<Arc<[u8]>> {
        self.current.load().as_ref().map(|loaded| Arc::clone(&loaded.keys.text))
    }

    /// Project ID of the newest document.
    pub(super) fn project_id(&self) -> Option<String> {
        self.current.load().as_ref().and_then(|loaded| loaded.keys.verifier.policy().project_id().map(str::to_owned))
    }

    /// What `use_it` says of the project ID of the newest document.
    pub(super) fn with_project_id<T>(&self, use_it: impl FnOnce(&str) -> Result<T, Error>) -> Result<T, Error> {
        let current = self.current.load();
        let loaded = current.as_ref().ok_or(Error::KeysUnavailable)?;
        use_it(loaded.keys.verifier.policy().project_id().ok_or(Error::InvalidArgument)?)
    }

    /// All numbers at this moment.
    pub(super) fn stats(&self, now: Moment) -> Stats {
        let current = self.current.load_full();
        let snapshot = current.as_ref().map(|loaded| loaded.keys.verifier.snapshot());
        let count = |count: &AtomicU64| count.load(Relaxed);
        let ago = |(fault, at): (Fault, Moment)| LastFault { fault, ago: duration(now.age_since(at)) };
        let due_in = self.refresh(now, |refresh| refresh.due_in(now, &self.rules)).unwrap_or(0);
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
            snapshot_age: current.as_ref().map(|loaded| duration(loaded.document.age(now).cast_signed())),
            next_refresh_in: duration(due_in.cast_signed()),
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
    fn verifier(&self) -> Result<&Verifier<'static>, Error> {
        self.0.as_deref().map(|loaded| &loaded.keys.verifier).ok_or(Error::InternalError)
    }
}
