//! What is known about API keys, and which questions are under way: by fingerprint, never by key.

use super::{
    flight::{Flight, Verdict},
    lock,
};
use crate::error::Error;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

type Fingerprint = [u8; 32];

#[derive(Debug)]
pub(super) struct Lookups {
    times: Times,
    entries: Mutex<HashMap<Fingerprint, Entry>>,
}

/// How long what is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) good: Duration,
    pub(super) refused: Duration,
    /// After so long, a question without an answer counts as failed.
    pub(super) flight: Duration,
}

#[derive(Debug)]
enum Entry {
    Flight { flight: Arc<Flight>, until: Duration },
    Known { verdict: Verdict, until: Duration },
}

/// What somebody who asks about a key has to do.
pub(super) enum Begun {
    /// Nothing.
    Known(Verdict),
    /// Wait for somebody else's question.
    Join(Arc<Flight>),
    /// Ask the service, then [`Lookups::finish`].
    Lead(Arc<Flight>),
    /// Give up: too many questions are under way.
    Refused,
}

impl Lookups {
    pub(super) fn new(times: Times) -> Self {
        Self { times, entries: Mutex::default() }
    }

    /// Nothing known, the same times.
    pub(super) fn renewed(&self) -> Self {
        Self::new(self.times)
    }

    pub(super) fn known(&self, fingerprint: &Fingerprint, now: Duration) -> Option<Verdict> {
        match lock(&self.entries).get(fingerprint)? {
            Entry::Known { verdict, until } if now < *until => Some(verdict.clone()),
            _ => None,
        }
    }

    pub(super) fn begin(&self, fingerprint: &Fingerprint, now: Duration) -> Begun {
        let mut entries = lock(&self.entries);
        match entries.get(fingerprint) {
            Some(Entry::Known { verdict, until }) if now < *until => return Begun::Known(verdict.clone()),
            Some(Entry::Flight { flight, until }) if now < *until => return Begun::Join(Arc::clone(flight)),
            Some(Entry::Flight { flight, .. }) => flight.land(Err(Error::ApiKeyLookupFailed)),
            _ => {}
        }
        if !make_room(&mut entries, now) {
            return Begun::Refused;
        }
        let flight = Arc::new(Flight::default());
        let entry = Entry::Flight { flight: Arc::clone(&flight), until: now.saturating_add(self.times.flight) };
        entries.insert(*fingerprint, entry);
        Begun::Lead(flight)
    }

    /// The service has answered, or has not; a failure is not remembered.
    pub(super) fn finish(&self, fingerprint: &Fingerprint, verdict: &Verdict, now: Duration) {
        let ttl = match verdict {
            Ok(_) => self.times.good,
            Err(Error::ApiKeyInvalid | Error::ApiKeysNotPermitted) => self.times.refused,
            Err(_) => Duration::ZERO,
        };
        let mut entries = lock(&self.entries);
        let before = entries.remove(fingerprint);
        if !ttl.is_zero() && make_room(&mut entries, now) {
            let known = Entry::Known { verdict: verdict.clone(), until: now.saturating_add(ttl) };
            entries.insert(*fingerprint, known);
        }
        drop(entries);
        if let Some(Entry::Flight { flight, .. }) = before {
            flight.land(verdict.clone());
        }
    }
}

/// Forgets what is over and, when that does not suffice, refusals; only then, and for questions under way, `false`.
fn make_room(entries: &mut HashMap<Fingerprint, Entry>, now: Duration) -> bool {
    if entries.len() < MAX_ENTRIES {
        return true;
    }
    entries.retain(|_, entry| match entry {
        Entry::Flight { .. } => true,
        Entry::Known { until, .. } => now < *until,
    });
    if entries.len() >= MAX_ENTRIES {
        entries.retain(|_, entry| matches!(entry, Entry::Flight { .. } | Entry::Known { verdict: Ok(_), .. }));
    }
    if entries.len() >= MAX_ENTRIES {
        entries.retain(|_, entry| matches!(entry, Entry::Flight { .. }));
    }
    entries.len() < MAX_ENTRIES
}

/// Most keys that are remembered or asked about at a time.
const MAX_ENTRIES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::{Begun, Lookups, MAX_ENTRIES, Times};
    use crate::{api_key::ApiKey, error::Error, net::ApiKeyAnswer};
    use std::{sync::Arc, time::Duration};

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn lookups(good: u64) -> Lookups {
        Lookups::new(Times { good: seconds(good), refused: seconds(5), flight: seconds(10) })
    }

    fn fingerprint(number: usize) -> [u8; 32] {
        core::array::from_fn(|i| number.to_le_bytes().get(i).copied().unwrap_or(0))
    }

    fn good() -> Arc<ApiKeyAnswer> {
        let key = std::format!("p_{}", "0".repeat(55));
        let body = br#"{"apiKeyId":"api_key_1","organizationId":"org_1","actions":["a.b.c"]}"#;
        let mut scratch = [0; 100];
        Arc::new(ApiKeyAnswer::new(&ApiKey::parse(key.as_bytes()).unwrap().response(200, body, &mut scratch).unwrap()))
    }

    #[test]
    fn one_flight_and_its_verdict_for_all() {
        let lookups = lookups(0);
        let Begun::Lead(_) = lookups.begin(&fingerprint(1), seconds(0)) else { panic!("the first leads") };
        let Begun::Join(flight) = lookups.begin(&fingerprint(1), seconds(1)) else { panic!("the second joins") };
        assert_eq!(flight.wait(Duration::ZERO).err(), Some(Error::ApiKeyLookupFailed));
        lookups.finish(&fingerprint(1), &Ok(good()), seconds(2));
        assert!(flight.wait(Duration::ZERO).is_ok());
        assert!(lookups.known(&fingerprint(1), seconds(2)).is_none(), "good keys are not remembered by default");
    }

    #[test]
    fn verdicts_are_remembered_for_their_time() {
        let lookups = lookups(30);
        for (number, verdict, lasts) in [
            (1, Ok(good()), 30),
            (2, Err(Error::ApiKeyInvalid), 5),
            (3, Err(Error::ApiKeysNotPermitted), 5),
            (4, Err(Error::ApiKeyLookupFailed), 0),
        ] {
            lookups.finish(&fingerprint(number), &verdict, seconds(100));
            let known = |at| lookups.known(&fingerprint(number), at).is_some();
            assert!(!known(seconds(100 + lasts)), "{number}");
            assert!(lasts == 0 || known(seconds(100 + lasts) - Duration::from_millis(1)), "{number}");
        }
    }

    #[test]
    fn a_lost_flight_fails_and_is_flown_again() {
        let lookups = lookups(0);
        let Begun::Lead(lost) = lookups.begin(&fingerprint(1), seconds(0)) else { panic!() };
        assert!(matches!(lookups.begin(&fingerprint(1), seconds(10)), Begun::Lead(_)));
        assert_eq!(lost.wait(seconds(60)).err(), Some(Error::ApiKeyLookupFailed));
    }

    #[test]
    fn memory_is_bounded() {
        let lookups = lookups(30);
        lookups.finish(&fingerprint(0), &Ok(good()), seconds(0));
        for number in 1..3 * MAX_ENTRIES {
            lookups.finish(&fingerprint(number), &Err(Error::ApiKeyInvalid), seconds(0));
        }
        assert!(lookups.entries.lock().unwrap().len() <= MAX_ENTRIES);
        assert!(lookups.known(&fingerprint(0), seconds(1)).is_some(), "refusals do not displace good keys");
        let led = (0..2 * MAX_ENTRIES)
            .filter(|number| matches!(lookups.begin(&fingerprint(100_000 + number), seconds(1)), Begun::Lead(_)));
        assert_eq!(led.count(), MAX_ENTRIES);
        assert!(matches!(lookups.begin(&fingerprint(1_000_000), seconds(1)), Begun::Refused));
    }
}
