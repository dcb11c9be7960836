//! The keys in use: the newest document and the state of the rulebook. It has neither a thread nor a connection.

mod document;
mod report;
mod request;

pub(super) use document::Update;
pub(super) use request::CheckedCredential;

use super::{
    fault::Fault,
    lock,
    lookup_table::LookupTable,
    notice::Notices,
    settings::Settings,
    stats::{Counters, increment},
};
use crate::{
    error::Error,
    rulebook::{Document, Moment, Refresh, RefreshRules},
    verify::Verifier,
};
use arc_swap::ArcSwapOption;
use std::{
    boxed::Box,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    vec,
};

/// Holds the newest usable document and the state of the rulebook's [`Refresh`]. Verifying takes no lock.
pub(super) struct Keeper {
    settings: Arc<Settings>,
    rules: RefreshRules,
    current: ArcSwapOption<Current>,
    state: Mutex<Box<[u64]>>,
    /// [`Refresh::attention_at`]: before this time, requests ask nothing.
    attention_at: AtomicI64,
    /// How many flights have ended. A request that waits for a flight compares this number.
    flights_ended: AtomicU64,
    pub(super) lookups: LookupTable,
    pub(super) counters: Counters,
    last_fault: Mutex<Option<(Fault, Moment)>>,
    notices: Notices,
}

/// A document in use.
struct Current {
    keys: Arc<Keys>,
    document: Document,
}

/// What documents with the same text share.
struct Keys {
    verifier: Verifier<'static>,
    text: Arc<[u8]>,
}

impl Keeper {
    /// A keeper without a document; the first fetch is due at once.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when a setting is out of range.
    pub(super) fn new(settings: Settings, seed: [u8; 16], now: Moment) -> Result<Self, Error> {
        settings.check()?;
        Self::with(Arc::new(settings.with_base_table()?), seed, now, Counters::new(), None)
    }

    /// For a forked child: the same document and counts, and new locks. It takes none of the parent's locks.
    pub(super) fn renewed(&self, seed: [u8; 16], now: Moment) -> Result<Self, Error> {
        Self::with(Arc::clone(&self.settings), seed, now, self.counters.copied(), self.current.load_full())
    }

    fn with(
        settings: Arc<Settings>,
        seed: [u8; 16],
        now: Moment,
        counters: Counters,
        current: Option<Arc<Current>>,
    ) -> Result<Self, Error> {
        let rules = settings.refresh_rules();
        let mut state = vec![0; Refresh::WORDS].into_boxed_slice();
        let mut refresh = Refresh::init(&mut state, &seed, now)?;
        if let Some(in_use) = &current {
            refresh.adopt(&in_use.document);
        }
        let attention_at = refresh.attention_at(now, &rules);
        Ok(Self {
            rules,
            current: ArcSwapOption::new(current),
            state: Mutex::new(state),
            attention_at: AtomicI64::new(attention_at),
            flights_ended: AtomicU64::new(0),
            lookups: LookupTable::new(settings.api_keys, settings.answers_rules(), seed)?,
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

    /// A flight has begun; counts it when an unknown `kid` asked for it.
    fn count_early(&self, refresh: &Refresh<'_>) {
        if refresh.is_early() {
            increment(&self.counters.early_refreshes);
        }
    }

    /// Whether tokens can be judged.
    pub(super) fn is_usable(&self, now: Moment) -> bool {
        self.current.load().as_ref().is_some_and(|in_use| in_use.document.is_usable(now, &self.rules))
    }

    /// The document in use, which stays whole while this is held.
    fn usable(&self, now: Moment) -> Result<HeldDocument, Error> {
        let current = self.current.load();
        let usable = current.as_ref().is_some_and(|in_use| in_use.document.is_usable(now, &self.rules));
        if usable { Ok(HeldDocument(current)) } else { Err(Error::KeysUnavailable) }
    }
}

/// Keeps a document from being freed.
struct HeldDocument(arc_swap::Guard<Option<Arc<Current>>>);

impl HeldDocument {
    fn verifier(&self) -> Result<&Verifier<'static>, Error> {
        self.0.as_deref().map(|in_use| &in_use.keys.verifier).ok_or(Error::InternalError)
    }
}
