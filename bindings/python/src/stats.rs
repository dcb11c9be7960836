//! Counts and state of a middleware, with the names and shapes of those of the library's authenticator.

use crate::{auth::Auth, errors, faults, verifier::Verifier};
use pyo3::prelude::*;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tesseral_verify::{
    Error,
    net::{self, LastFault, NotReady, NotReadyReason},
};

/// Counts since the start of the process. Threads share them, and a forked child goes on with its parent's numbers.
#[pyclass(frozen, module = "tesseral_verify._native")]
pub struct Counters {
    accepted: AtomicU64,
    refused: [AtomicU64; Error::ALL.len()],
    events: [AtomicU64; EVENTS.len()],
}

/// What is counted besides requests.
const EVENTS: [&str; 6] =
    ["api_key_cache_hits", "lookups", "lookup_failures", "refreshes", "refresh_failures", "early_refreshes"];

#[pymethods]
impl Counters {
    #[new]
    fn new() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            refused: std::array::from_fn(|_| AtomicU64::new(0)),
            events: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// What `Verifier.authenticate` returns or raises. Counts the request if it has an accepted token.
    fn authenticate(&self, py: Python<'_>, verifier: &Verifier, headers: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let found = verifier.authenticate(py, headers, None)?;
        if found.bind(py).is_instance_of::<Auth>() {
            self.accepted();
        }
        Ok(found)
    }

    /// Counts an accepted request.
    fn accepted(&self) {
        self.accepted.fetch_add(1, Relaxed);
    }

    /// Counts a request that was refused for the reason of this slug.
    fn refused(&self, py: Python<'_>, slug: &str) -> PyResult<()> {
        increment(py, Error::ALL.iter().zip(&self.refused).find(|(error, _)| error.slug() == slug))
    }

    /// Counts one of the events.
    fn event(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        increment(py, EVENTS.iter().zip(&self.events).find(|(event, _)| **event == name))
    }

    /// All numbers at this moment.
    ///
    /// `verifier`, `age_ms`: the document in use and its age; `usable`: whether it is not too old. `fault`: the name, the HTTP
    /// status and the age of the last fault on the way to the service.
    #[pyo3(signature = (*, verifier, age_ms, usable, due_in_ms, fault))]
    fn stats(
        &self,
        verifier: Option<&Verifier>,
        age_ms: u64,
        usable: bool,
        due_in_ms: u64,
        fault: Option<(String, u16, u64)>,
    ) -> Stats {
        let ok = [("ok", self.accepted.load(Relaxed))];
        let refused = Error::ALL.iter().zip(&self.refused).map(|(error, count)| (error.slug(), count.load(Relaxed)));
        let [api_key_cache_hits, lookups, lookup_failures, refreshes, refresh_failures, early_refreshes] =
            self.events.each_ref().map(|count| count.load(Relaxed));
        let mut stats = net::Stats::default();
        stats.requests = ok.into_iter().chain(refused).collect();
        stats.api_key_cache_hits = api_key_cache_hits;
        stats.lookups = lookups;
        stats.lookup_failures = lookup_failures;
        stats.refreshes = refreshes;
        stats.refresh_failures = refresh_failures;
        stats.early_refreshes = early_refreshes;
        stats.next_refresh_in = Duration::from_millis(due_in_ms);
        stats.last_fault = fault.and_then(|(slug, status, ago_ms)| {
            let fault = faults::named(&slug, status)?;
            Some(LastFault { fault, ago: Duration::from_millis(ago_ms) })
        });
        if let Some(verifier) = verifier {
            verifier.describe(&mut stats);
            stats.snapshot_age = Some(Duration::from_millis(age_ms));
        }
        stats.not_ready = match (verifier, usable) {
            (None, _) => Some(NotReadyReason::NeverLoaded),
            (Some(_), false) => Some(NotReadyReason::Stale),
            (Some(_), true) => None,
        };
        Stats(stats)
    }
}

fn increment<T>(py: Python<'_>, found: Option<(T, &AtomicU64)>) -> PyResult<()> {
    let (_, count) = found.ok_or_else(|| errors::raise(py, Error::InvalidArgument))?;
    count.fetch_add(1, Relaxed);
    Ok(())
}

/// A moment's statistics.
#[pyclass(frozen, module = "tesseral_verify._native")]
pub struct Stats(net::Stats);

#[pymethods]
impl Stats {
    /// None when requests can be accepted, else why not: one line of text.
    fn not_ready_reason(&self) -> Option<String> {
        let last_fault = self.0.last_fault.map(|last| last.fault);
        self.0.not_ready.map(|reason| NotReady { reason, last_fault }.to_string())
    }

    /// One JSON object.
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// The text format of Prometheus, with the label `pid`.
    fn to_prometheus(&self) -> String {
        self.0.to_prometheus_of_process(std::process::id())
    }
}
