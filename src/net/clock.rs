//! The two clocks that ages count by, and the time by which tokens are judged.

use crate::rulebook::Moment;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z by the system's clock; negative when it is set before that.
#[must_use]
pub fn unix_time() -> i64 {
    wall().div_euclid(1000)
}

/// This moment by both clocks.
#[must_use]
pub fn now() -> Moment {
    Moment { steady: steady(), wall: wall() }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
fn wall() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => milliseconds(after),
        Err(before) => milliseconds(before.duration()).saturating_neg(),
    }
}

/// Milliseconds by a clock that cannot be set and that runs while the machine is suspended.
#[cfg(target_os = "linux")]
fn steady() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

/// On other systems, the standard library's clock. It may stop in suspend; then the wall clock shows the age of documents.
#[cfg(not(target_os = "linux"))]
fn steady() -> i64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    milliseconds(START.get_or_init(Instant::now).elapsed())
}

/// A duration in the rulebook's milliseconds.
pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A duration from the rulebook's milliseconds; zero for negative ones.
pub(super) fn duration(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}
