//! The time at which a token is judged: the caller's or the system's.

use pyo3::{exceptions::PyValueError, prelude::*};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z, rounded down as the issuer does; the system's clock without `now`.
pub fn seconds(now: Option<f64>) -> PyResult<i64> {
    match now {
        None => Ok(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            // A clock before 1970 makes every token one of the future.
            Err(_) => -1,
        }),
        Some(now) if now.is_finite() => Ok(saturated(now.floor())),
        Some(_) => Err(PyValueError::new_err("now is not a finite number of seconds")),
    }
}

#[allow(clippy::cast_possible_truncation)] // `as` saturates
fn saturated(seconds: f64) -> i64 {
    seconds as i64
}
