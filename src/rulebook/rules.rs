//! The times and bounds that decide. Callers of one state may have different ones.

use super::{
    moment::{share, signed},
    table::Standing,
};
use crate::{
    error::Error,
    limits::{
        DEFAULT_COOLDOWN_MS, DEFAULT_GOOD_TTL_MS, DEFAULT_MAX_ANSWERS_LEN, DEFAULT_MAX_QUESTIONS,
        DEFAULT_REFRESH_INTERVAL_MS, DEFAULT_REFUSED_TTL_MS, DEFAULT_STALE_MS, DEFAULT_TOTAL_TIMEOUT_MS,
        DEFAULT_WAIT_MS, DEFAULT_WAITERS, FIRST_RETRY_MS, FLIGHT_TIMEOUTS, MAX_COOLDOWN_MS, MAX_INTERVAL_MS,
        MAX_RETRY_MS, MAX_STALE_MS, MAX_TIMEOUT_MS, MAX_TTL_MS, MAX_WAIT_MS, MAX_WAITERS, TOP_COOLDOWN_MS,
    },
};

/// The times that decide, in milliseconds. Callers of one state may have different ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RefreshRules {
    /// Refresh interval: the document is fetched again before it is this old.
    pub interval: u64,
    /// Stale limit: an older document is not used.
    pub stale: u64,
    /// The shortest time from the beginning of one early fetch to that of the next. Each early fetch doubles it, up to a
    /// minute.
    pub cooldown: u64,
    /// Longest time for one exchange. A flight counts as lost after twice this time.
    pub timeout: u64,
    /// How long a caller waits at most for the keys of an unknown `kid`.
    pub wait: u64,
    /// How many callers wait for that at a time; 0: none waits.
    pub waiters: u32,
}

impl RefreshRules {
    /// The defaults of [`crate::limits`].
    pub const DEFAULT: Self = Self {
        interval: DEFAULT_REFRESH_INTERVAL_MS,
        stale: DEFAULT_STALE_MS,
        cooldown: DEFAULT_COOLDOWN_MS,
        timeout: DEFAULT_TOTAL_TIMEOUT_MS,
        wait: DEFAULT_WAIT_MS,
        waiters: DEFAULT_WAITERS,
    };

    /// Compares each time with its bounds in [`crate::limits`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`].
    pub fn check(&self) -> Result<(), Error> {
        let good = (1..=MAX_INTERVAL_MS).contains(&self.interval)
            && (1..=MAX_STALE_MS).contains(&self.stale)
            && (1..=MAX_COOLDOWN_MS).contains(&self.cooldown)
            && (1..=MAX_TIMEOUT_MS).contains(&self.timeout)
            && self.wait <= MAX_WAIT_MS
            && self.waiters <= MAX_WAITERS;
        if good { Ok(()) } else { Err(Error::InvalidArgument) }
    }

    /// The refresh interval, or the stale limit when that is shorter: a document is fetched before it is too old.
    pub(super) fn interval(&self) -> i64 {
        signed(self.interval.min(self.stale))
    }

    /// A flight without a report counts as lost after this time.
    pub(super) fn flight(&self) -> i64 {
        signed(self.timeout.saturating_mul(FLIGHT_TIMEOUTS))
    }

    /// The cooldown after this number of early flights since the keys last changed.
    pub(super) fn cooldown_after(&self, early_flights: u64) -> i64 {
        let doublings = u32::try_from(early_flights.saturating_sub(1).min(MAX_DOUBLINGS)).unwrap_or(0);
        let grown = self.cooldown.saturating_mul(1_u64 << doublings);
        signed(grown.min(TOP_COOLDOWN_MS.max(self.cooldown)))
    }

    /// The back-off after this number of failures in a row.
    pub(super) fn backoff(&self, failures: u64, percent: u64) -> i64 {
        let doublings = u32::try_from(failures.saturating_sub(1).min(MAX_DOUBLINGS)).unwrap_or(0);
        let grown = FIRST_RETRY_MS.saturating_mul(1_u64 << doublings).min(MAX_RETRY_MS);
        share(signed(grown).min(self.interval()), percent)
    }
}

const MAX_DOUBLINGS: u64 = 16;

/// The times and bounds that decide. Callers of one state may have different ones; for each call, the caller's own count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AnswersRules {
    /// How long a good answer serves requests that came after its question was sent, in milliseconds; 0: not at all.
    pub good_ttl: u64,
    /// The same for a refusal.
    pub refused_ttl: u64,
    /// Longest time for one exchange, in milliseconds. A question counts as failed after twice this time.
    pub timeout: u64,
    /// How many questions are under way at a time. A quarter of them is kept for keys that were good in the last 24 hours.
    pub questions: u32,
    /// Octets of answers that are kept at a time.
    pub max_len: u64,
}

impl AnswersRules {
    /// The defaults of [`crate::limits`].
    pub const DEFAULT: Self = Self {
        good_ttl: DEFAULT_GOOD_TTL_MS,
        refused_ttl: DEFAULT_REFUSED_TTL_MS,
        timeout: DEFAULT_TOTAL_TIMEOUT_MS,
        questions: DEFAULT_MAX_QUESTIONS,
        max_len: DEFAULT_MAX_ANSWERS_LEN,
    };

    /// Compares each with its bounds in [`crate::limits`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`].
    pub fn check(&self) -> Result<(), Error> {
        let good = self.good_ttl <= MAX_TTL_MS
            && self.refused_ttl <= MAX_TTL_MS
            && (1..=MAX_TIMEOUT_MS).contains(&self.timeout)
            && self.questions != 0;
        if good { Ok(()) } else { Err(Error::InvalidArgument) }
    }

    pub(super) fn flight(&self) -> i64 {
        signed(self.timeout.saturating_mul(FLIGHT_TIMEOUTS))
    }

    pub(super) fn ttl(&self, standing: Standing) -> i64 {
        match standing {
            Standing::Good => signed(self.good_ttl),
            Standing::Invalid | Standing::NotPermitted => signed(self.refused_ttl),
            Standing::Vacant | Standing::WasGood => 0,
        }
    }
}
