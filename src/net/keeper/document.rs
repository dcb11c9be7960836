//! Takes the documents that come from a flight or from a file.

use super::{Current, Keeper, Keys};
use crate::{
    limits::FIRST_RETRY_MS,
    net::{fault::Fault, lock, notice::About, stats::increment},
    rulebook::{Change, Flight, Moment, Poll, Restored, Taken},
    snapshot::LoadError,
    verify::Verifier,
};
use std::sync::Arc;

/// What a document changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::net) enum Update {
    /// It is in use now.
    InUse(Change),
    /// A newer one was in use already.
    Late,
}

impl Keeper {
    /// What to do about the document now. A caller that is told to fetch reports the result.
    pub(in crate::net) fn poll(&self, now: Moment) -> Poll {
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

    /// Takes a document that a flight brought. When it is refused, the document before stays in use.
    ///
    /// # Errors
    /// As [`Verifier::load_owned`].
    pub(in crate::net) fn landed(&self, flight: Flight, text: &[u8], now: Moment) -> Result<Update, LoadError> {
        let before = self.current.load_full();
        let built = match before.as_ref().filter(|before| *before.keys.text == *text) {
            Some(before) => Ok((Arc::clone(&before.keys), Change::Same)),
            None => self.build(text).map(|keys| {
                let snapshot = keys.verifier.snapshot();
                let same_keys = before.is_some_and(|before| before.keys.verifier.snapshot().has_keys_of(snapshot));
                (keys, if same_keys { Change::Text } else { Change::Keys })
            }),
        };
        let (keys, change) = built.inspect_err(|refused| self.failed(flight, Fault::Refused(refused.error), now))?;
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let taken = self.refresh(now, |refresh| {
            let taken = refresh.landed(flight, change, 0, len, now);
            if taken != Taken::Late
                && let Some(document) = refresh.document()
            {
                self.current.store(Some(Arc::new(Current { keys, document })));
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

    /// A flight brought no document.
    pub(in crate::net) fn failed(&self, flight: Flight, fault: Fault, now: Moment) {
        increment(&self.counters.refresh_failures);
        let _ = self.refresh(now, |refresh| refresh.failed(flight, now));
        increment(&self.flights_ended);
        self.note(About::Document, fault, now);
    }

    /// Takes a document from a file, whose fetch began at this wall time, unless a newer one is in use.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(in crate::net) fn restore(&self, text: &[u8], began_wall: i64, now: Moment) -> Result<(), Fault> {
        let keys = self.build(text).map_err(|_| Fault::FileUnusable)?;
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let restored = self.refresh(now, |refresh| {
            let restored = refresh.restore(began_wall, 0, len, now, &self.rules);
            if let (Restored::InUse { .. }, Some(document)) = (restored, refresh.document()) {
                self.current.store(Some(Arc::new(Current { keys, document })));
            }
            restored
        });
        match restored.map_err(Fault::Refused)? {
            Restored::InUse { .. } | Restored::NotNewer => Ok(()),
            Restored::TooOld => Err(Fault::FileTooOld),
            Restored::FromTheFuture => Err(Fault::FileFromTheFuture),
        }
    }

    /// Remembers a fault, and logs it for the operator.
    pub(in crate::net) fn note(&self, about: About, fault: Fault, now: Moment) {
        *lock(&self.last_fault) = Some((fault, now));
        let file = self.settings.last_good.as_deref().map(std::path::Path::to_string_lossy);
        let place = match about {
            About::Document => &self.settings.config_host,
            About::ApiKeys => &self.settings.backend_host,
            About::LastGoodFile => file.as_deref().unwrap_or_default(),
        };
        self.notices.tell(about, place, fault, now);
    }
}
