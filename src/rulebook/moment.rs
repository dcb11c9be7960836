//! A moment by two clocks, and ages between moments.

/// A moment, in milliseconds by two clocks.
///
/// The age of a document is measured by both clocks, and the larger result counts. So a wall clock that is set back does
/// not make a document younger, and time in suspend counts. Shorter times (flights, cooldowns, waits) are measured by the
/// steady clock alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// By a clock that cannot be set and that runs while the machine is suspended, such as `CLOCK_BOOTTIME`.
    pub steady: i64,
    /// By the wall clock: since 1970-01-01T00:00:00Z.
    pub wall: i64,
}

impl Moment {
    /// Milliseconds from `since` to this moment: the larger of both clocks' differences, and never below 0.
    #[must_use]
    pub fn age_since(self, since: Self) -> i64 {
        elapsed(since.steady, self.steady).max(elapsed(since.wall, self.wall))
    }
}

/// Milliseconds between two times of one clock; 0 when the first is the later one, which another process may have read.
pub(super) fn elapsed(since: i64, now: i64) -> i64 {
    now.saturating_sub(since).max(0)
}

/// As a signed number of milliseconds, in which all sums are made.
pub(super) fn signed(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

/// This percentage of a time.
pub(super) fn share(time: i64, percent: u64) -> i64 {
    (time / 100).saturating_mul(signed(percent)).saturating_add((time % 100).saturating_mul(signed(percent)) / 100)
}
