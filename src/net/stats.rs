//! What an authenticator has done, and its state: numbers and names, no secrets.

use super::{fault::Fault, not_ready::NotReadyReason};
use crate::error::Error;
use core::fmt::Write as _;
use serde_json::{Value, json};
use std::{
    format,
    string::{String, ToString as _},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
    vec::Vec,
};

/// The statistics at one moment. Counts begin with this process; those of a forked child begin with its parent's.
///
/// A driver with a transport of its own fills in what it has counted, for the same JSON and the same metrics.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// How many requests ended with each slug: `ok` first, then all errors in the order of their codes.
    pub requests: Vec<(&'static str, u64)>,
    /// Signature checks that a [`Cache`](crate::Cache) saved.
    pub signature_cache_hits: u64,
    /// How often a remembered answer about an API key saved a question.
    pub api_key_cache_hits: u64,
    /// Questions to the service about API keys.
    pub lookups: u64,
    /// How many of these questions got no usable answer.
    pub lookup_failures: u64,
    /// Fetches that brought a usable document.
    pub refreshes: u64,
    /// Fetches that brought no usable document.
    pub refresh_failures: u64,
    /// Fetches that an unknown `kid` asked for.
    pub early_refreshes: u64,
    /// Project ID of the document.
    pub project_id: Option<String>,
    /// `kid` of each key in use.
    pub kids: Vec<String>,
    /// Keys of the document that are not used.
    pub keys_skipped: usize,
    /// The first 64 of them: place in the document's `keys`, and the reason's slug.
    pub skipped: Vec<(u32, &'static str)>,
    /// Time since the document was last fetched; `None` when there is none.
    pub snapshot_age: Option<Duration>,
    /// Time until the next planned fetch.
    pub next_refresh_in: Duration,
    /// Why requests are refused at the moment; `None` when it is ready.
    pub not_ready: Option<NotReadyReason>,
    /// What last went wrong on the way to the service.
    pub last_fault: Option<LastFault>,
}

/// The latest fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LastFault {
    /// What it was.
    pub fault: Fault,
    /// How long ago.
    pub ago: Duration,
}

impl Stats {
    /// Whether requests can be accepted.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.not_ready.is_none()
    }

    /// One JSON object, members in camelCase, times in seconds.
    #[must_use]
    pub fn to_json(&self) -> String {
        let requests: serde_json::Map<_, _> =
            self.requests.iter().map(|(slug, count)| ((*slug).to_string(), Value::from(*count))).collect();
        let skipped: Vec<_> =
            self.skipped.iter().map(|(index, reason)| json!({ "index": index, "reason": reason })).collect();
        let last_fault = self.last_fault.map(|last| {
            json!({ "slug": last.fault.slug(), "text": last.fault.to_string(), "secondsAgo": last.ago.as_secs_f64() })
        });
        let stats = json!({
            "ready": self.is_ready(),
            "notReady": self.not_ready.map(NotReadyReason::as_str),
            "projectId": self.project_id,
            "kids": self.kids,
            "keysSkipped": self.keys_skipped,
            "skipped": skipped,
            "snapshotAgeSeconds": self.snapshot_age.map(|age| age.as_secs_f64()),
            "nextRefreshInSeconds": self.next_refresh_in.as_secs_f64(),
            "requests": requests,
            "signatureCacheHits": self.signature_cache_hits,
            "apiKeyCacheHits": self.api_key_cache_hits,
            "lookups": self.lookups,
            "lookupFailures": self.lookup_failures,
            "refreshes": self.refreshes,
            "refreshFailures": self.refresh_failures,
            "earlyRefreshes": self.early_refreshes,
            "lastFault": last_fault,
        });
        stats.to_string()
    }

    /// The text format of Prometheus, each metric with the label `project`.
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        self.prometheus("")
    }

    /// As [`Self::to_prometheus`], with a second label on each metric, `pid`. It is for processes that share one port, where a
    /// scrape may reach any of them.
    #[must_use]
    pub fn to_prometheus_of_process(&self, pid: u32) -> String {
        self.prometheus(&format!(",pid=\"{pid}\""))
    }

    fn prometheus(&self, more: &str) -> String {
        let labels = format!("project=\"{}\"{more}", escaped(self.project_id.as_deref().unwrap_or("")));
        let mut text = String::new();
        head(&mut text, "requests_total", "counter", "Requests by how they ended.");
        for (slug, count) in &self.requests {
            let _ = writeln!(text, "tesseral_requests_total{{{labels},slug=\"{slug}\"}} {count}");
        }
        let seconds = |duration: Duration| duration.as_secs_f64().to_string();
        let mut one = |name: &str, kind: &str, help: &str, value: String| {
            head(&mut text, name, kind, help);
            let _ = writeln!(text, "tesseral_{name}{{{labels}}} {value}");
        };
        for (name, help, count) in [
            ("signature_cache_hits_total", "Signature checks that a cache saved.", self.signature_cache_hits),
            ("api_key_cache_hits_total", "API keys whose answer was remembered.", self.api_key_cache_hits),
            ("api_key_lookups_total", "Questions to the service about API keys.", self.lookups),
            ("api_key_lookup_failures_total", "Questions without a usable answer.", self.lookup_failures),
            ("refreshes_total", "Fetches that brought a usable document.", self.refreshes),
            ("refresh_failures_total", "Fetches that brought no usable document.", self.refresh_failures),
            ("early_refreshes_total", "Fetches that an unknown key ID asked for.", self.early_refreshes),
        ] {
            one(name, "counter", help, count.to_string());
        }
        one("ready", "gauge", "1 when requests can be accepted.", u8::from(self.is_ready()).to_string());
        one("keys", "gauge", "Keys in use.", self.kids.len().to_string());
        one("keys_skipped", "gauge", "Keys of the document that are not used.", self.keys_skipped.to_string());
        if let Some(age) = self.snapshot_age {
            one("snapshot_age_seconds", "gauge", "Time since the document was last fetched.", seconds(age));
        }
        one("next_refresh_seconds", "gauge", "Time until the next planned fetch.", seconds(self.next_refresh_in));
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(text, "# HELP tesseral_{name} {help}\n# TYPE tesseral_{name} {kind}\n");
}

/// As a label's value.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Counts that many threads share.
#[derive(Debug)]
pub(super) struct Counters {
    requests: [AtomicU64; STATUSES],
    pub(super) signature_cache_hits: AtomicU64,
    pub(super) api_key_cache_hits: AtomicU64,
    pub(super) lookups: AtomicU64,
    pub(super) lookup_failures: AtomicU64,
    pub(super) refreshes: AtomicU64,
    pub(super) refresh_failures: AtomicU64,
    pub(super) early_refreshes: AtomicU64,
}

const STATUSES: usize = Error::ALL.len().saturating_add(1);

impl Counters {
    pub(super) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            requests: core::array::from_fn(|_| zero()),
            signature_cache_hits: zero(),
            api_key_cache_hits: zero(),
            lookups: zero(),
            lookup_failures: zero(),
            refreshes: zero(),
            refresh_failures: zero(),
            early_refreshes: zero(),
        }
    }

    /// A copy of the counts; both go on from here.
    pub(super) fn copied(&self) -> Self {
        let copy = |count: &AtomicU64| AtomicU64::new(count.load(Relaxed));
        Self {
            requests: core::array::from_fn(|i| {
                AtomicU64::new(self.requests.get(i).map_or(0, |count| count.load(Relaxed)))
            }),
            signature_cache_hits: copy(&self.signature_cache_hits),
            api_key_cache_hits: copy(&self.api_key_cache_hits),
            lookups: copy(&self.lookups),
            lookup_failures: copy(&self.lookup_failures),
            refreshes: copy(&self.refreshes),
            refresh_failures: copy(&self.refresh_failures),
            early_refreshes: copy(&self.early_refreshes),
        }
    }

    /// A request ended.
    pub(super) fn request(&self, ended: Result<(), Error>) {
        let place = match ended {
            Ok(()) => Some(0),
            Err(error) => Error::ALL.iter().position(|other| *other == error).and_then(|place| place.checked_add(1)),
        };
        if let Some(count) = place.and_then(|place| self.requests.get(place)) {
            increment(count);
        }
    }

    pub(super) fn requests(&self) -> Vec<(&'static str, u64)> {
        let slugs = core::iter::once("ok").chain(Error::ALL.iter().map(|error| error.slug()));
        slugs.zip(&self.requests).map(|(slug, count)| (slug, count.load(Relaxed))).collect()
    }
}

pub(super) fn increment(count: &AtomicU64) {
    count.fetch_add(1, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::{Counters, STATUSES};
    use crate::error::Error;

    #[test]
    fn every_end_has_its_count() {
        let counters = Counters::new();
        counters.request(Ok(()));
        for error in Error::ALL {
            counters.request(Err(*error));
        }
        let requests = counters.copied().requests();
        assert_eq!(requests.len(), STATUSES);
        assert_eq!(requests[0], ("ok", 1));
        assert!(requests[1..].iter().zip(Error::ALL).all(|(found, error)| *found == (error.slug(), 1)));
    }
}
