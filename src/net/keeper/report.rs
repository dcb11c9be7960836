//! The keeper's state: readiness, the document in use, numbers.

use super::Keeper;
use crate::{
    error::Error,
    net::{
        clock::duration,
        fault::Fault,
        lock,
        not_ready::{NotReady, NotReadyReason},
        stats::{LastFault, Stats},
    },
    rulebook::Moment,
};
use std::{
    borrow::ToOwned as _,
    string::String,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

impl Keeper {
    /// Whether requests can be accepted.
    ///
    /// # Errors
    /// Why not.
    pub(in crate::net) fn ready(&self, now: Moment) -> Result<(), NotReady> {
        let reason = match &*self.current.load() {
            None => NotReadyReason::NeverLoaded,
            Some(in_use) if !in_use.document.is_usable(now, &self.rules) => NotReadyReason::Stale,
            Some(_) => return Ok(()),
        };
        let last_fault = lock(&self.last_fault).map(|(fault, _)| fault);
        Err(NotReady { reason, last_fault })
    }

    /// The newest document's text.
    pub(in crate::net) fn document(&self) -> Option<Arc<[u8]>> {
        self.current.load().as_ref().map(|in_use| Arc::clone(&in_use.keys.text))
    }

    /// Project ID of the newest document.
    pub(in crate::net) fn project_id(&self) -> Option<String> {
        self.current.load().as_ref().and_then(|in_use| in_use.keys.verifier.policy().project_id().map(str::to_owned))
    }

    /// Calls `use_it` with the project ID of the newest document, and returns its result.
    pub(in crate::net) fn with_project_id<T>(&self, use_it: impl FnOnce(&str) -> Result<T, Error>) -> Result<T, Error> {
        let current = self.current.load();
        let in_use = current.as_ref().ok_or(Error::KeysUnavailable)?;
        use_it(in_use.keys.verifier.policy().project_id().ok_or(Error::InvalidArgument)?)
    }

    /// All numbers at this moment.
    pub(in crate::net) fn stats(&self, now: Moment) -> Stats {
        let current = self.current.load_full();
        let snapshot = current.as_ref().map(|in_use| in_use.keys.verifier.snapshot());
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
            snapshot_age: current.as_ref().map(|in_use| duration(in_use.document.age(now).cast_signed())),
            next_refresh_in: duration(due_in.cast_signed()),
            not_ready: self.ready(now).err().map(|not_ready| not_ready.reason),
            last_fault: lock(&self.last_fault).map(ago),
        }
    }
}
