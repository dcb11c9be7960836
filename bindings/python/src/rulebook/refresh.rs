//! When to fetch the document, how long it holds, and what an unknown `kid` does.

use super::{
    Memory, exactly,
    moved::{self, GivenDocument, GivenMoment, GivenNumbered, GivenWait, document_of, flight_of, moment_of, wait_of},
};
use crate::{errors, octets};
use pyo3::{prelude::*, types::PyBytes};
use tesseral_verify::{
    Error,
    rulebook::{self, Change, KidHash, Need},
};

/// The times that decide, in milliseconds. Raises TesseralError when one is out of range.
#[pyclass(frozen, module = "tesseral_verify._native")]
pub struct RefreshRules(rulebook::RefreshRules);

#[pymethods]
impl RefreshRules {
    #[new]
    #[pyo3(signature = (
        *, interval_ms=DEFAULT.interval, stale_ms=DEFAULT.stale, cooldown_ms=DEFAULT.cooldown,
        timeout_ms=DEFAULT.timeout, wait_ms=DEFAULT.wait, waiters=DEFAULT.waiters
    ))]
    fn new(
        py: Python<'_>,
        interval_ms: u64,
        stale_ms: u64,
        cooldown_ms: u64,
        timeout_ms: u64,
        wait_ms: u64,
        waiters: u32,
    ) -> PyResult<Self> {
        let rules = rulebook::RefreshRules {
            interval: interval_ms,
            stale: stale_ms,
            cooldown: cooldown_ms,
            timeout: timeout_ms,
            wait: wait_ms,
            waiters,
        };
        rules.check().map_err(|error| errors::raise(py, error))?;
        Ok(Self(rules))
    }
}

const DEFAULT: rulebook::RefreshRules = rulebook::RefreshRules::DEFAULT;

/// The unknown `kid`s for which one request is refused. It prints none of them.
#[pyclass(frozen, module = "tesseral_verify._native")]
pub struct UnknownKids(pub rulebook::UnknownKids);

/// Decides when to fetch the document, how long it holds, and what an unknown `kid` does. It reads no clock, and the caller
/// keeps the documents under handles.
#[pyclass(frozen, module = "tesseral_verify._native")]
pub struct Refresh(Memory);

impl Refresh {
    fn call<R>(&self, py: Python<'_>, call: impl FnOnce(rulebook::Refresh<'_>) -> R) -> PyResult<R> {
        let result = self.0.with(|words| rulebook::Refresh::open(words).map(call));
        result.map_err(|error| errors::raise(py, error))
    }
}

#[pymethods]
impl Refresh {
    /// A state without a document. The first fetch is due at once. `seed`: 16 random bytes that cannot be guessed.
    #[new]
    fn new(py: Python<'_>, seed: &[u8], now: GivenMoment) -> PyResult<Self> {
        let seed = exactly(py, seed)?;
        let mut words = vec![0; rulebook::Refresh::WORDS];
        rulebook::Refresh::init(&mut words, &seed, moment_of(now)).map_err(|error| errors::raise(py, error))?;
        Ok(Self(Memory::new(words)))
    }

    /// The state of which `memory` is a copy.
    #[staticmethod]
    fn open(py: Python<'_>, memory: &[u8]) -> PyResult<Self> {
        let opened = Self(Memory::from_octets(memory));
        opened.call(py, |_| ())?;
        Ok(opened)
    }

    /// The state's memory.
    fn memory<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.octets())
    }

    /// What the background has to do now.
    fn poll<'py>(&self, py: Python<'py>, now: GivenMoment, rules: &RefreshRules) -> PyResult<Bound<'py, PyAny>> {
        moved::poll(py, self.call(py, |mut refresh| refresh.poll(moment_of(now), &rules.0))?)
    }

    /// The flight brought a usable document.
    fn landed<'py>(
        &self,
        py: Python<'py>,
        flight: GivenNumbered,
        change: &str,
        handle: u64,
        length: u64,
        now: GivenMoment,
    ) -> PyResult<Bound<'py, PyAny>> {
        let change = match change {
            "same" => Change::Same,
            "text" => Change::Text,
            "keys" => Change::Keys,
            _ => return Err(errors::raise(py, Error::InvalidArgument)),
        };
        let (flight, now) = (flight_of(flight), moment_of(now));
        moved::taken(py, self.call(py, |mut refresh| refresh.landed(flight, change, handle, length, now))?)
    }

    /// The flight brought no usable document.
    fn failed(&self, py: Python<'_>, flight: GivenNumbered, now: GivenMoment) -> PyResult<()> {
        self.call(py, |mut refresh| refresh.failed(flight_of(flight), moment_of(now)))
    }

    /// The flight's worker is gone and will not report, as when an event loop has ended.
    fn abandoned(&self, py: Python<'_>, flight: GivenNumbered, now: GivenMoment) -> PyResult<()> {
        self.call(py, |mut refresh| refresh.abandoned(flight_of(flight), moment_of(now)))
    }

    /// Takes a document from a file, unless a newer one is in use.
    fn restore<'py>(
        &self,
        py: Python<'py>,
        began_wall: i64,
        handle: u64,
        length: u64,
        now: GivenMoment,
        rules: &RefreshRules,
    ) -> PyResult<Bound<'py, PyAny>> {
        let now = moment_of(now);
        let restored = self.call(py, |mut refresh| refresh.restore(began_wall, handle, length, now, &rules.0))?;
        moved::restored(py, restored)
    }

    /// The handle of the document in use. None if it cannot be used, or if the next request has to call `request`.
    fn ready(&self, py: Python<'_>, now: GivenMoment, rules: &RefreshRules) -> PyResult<Option<u64>> {
        let now = moment_of(now);
        self.call(py, |refresh| {
            let usable = refresh.document().filter(|found| found.is_usable(now, &rules.0));
            usable.filter(|_| now.steady < refresh.attention_at(now, &rules.0)).map(|found| found.handle)
        })
    }

    /// What a request has to do. It lacks nothing, a document, or the keys with these `kid`s.
    #[pyo3(signature = (now, rules, *, document=false, kids=None))]
    fn request<'py>(
        &self,
        py: Python<'py>,
        now: GivenMoment,
        rules: &RefreshRules,
        document: bool,
        kids: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let kids = kids.map(hashes).transpose()?.unwrap_or_default();
        let need = match (document, kids.is_empty()) {
            (true, _) => Need::Document,
            (false, false) => Need::Kids(&kids),
            (false, true) => Need::Nothing,
        };
        moved::request(py, self.call(py, |mut refresh| refresh.request(need, moment_of(now), &rules.0))?)
    }

    /// Until this time, by the steady clock, a request that lacks nothing need not call `request`.
    fn attention_at(&self, py: Python<'_>, now: GivenMoment, rules: &RefreshRules) -> PyResult<i64> {
        self.call(py, |refresh| refresh.attention_at(moment_of(now), &rules.0))
    }

    /// Gives back the place of a caller that waits no more.
    fn waited(&self, py: Python<'_>, wait: GivenWait) -> PyResult<()> {
        self.call(py, |mut refresh| refresh.waited(wait_of(wait)))
    }

    /// Takes over the document of another state; returns the handle of the document before, or None.
    fn adopt(&self, py: Python<'_>, document: GivenDocument) -> PyResult<Option<u64>> {
        self.call(py, |mut refresh| refresh.adopt(&document_of(document)))
    }

    /// For a forked child: forgets all flights, waits and absent `kid`s, and takes a new seed.
    fn renew(&self, py: Python<'_>, seed: &[u8]) -> PyResult<()> {
        let seed = exactly(py, seed)?;
        self.call(py, |mut refresh| refresh.renew(&seed))
    }

    /// The document in use, of any age, or None.
    fn document<'py>(
        &self,
        py: Python<'py>,
        now: GivenMoment,
        rules: &RefreshRules,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(found) = self.call(py, |refresh| refresh.document())? else { return Ok(None) };
        let now = moment_of(now);
        moved::document(py, &found, found.age(now), found.is_usable(now, &rules.0)).map(Some)
    }

    /// Whether a flight is under way, or begins when the background polls.
    fn is_fetching(&self, py: Python<'_>, now: GivenMoment, rules: &RefreshRules) -> PyResult<bool> {
        self.call(py, |refresh| refresh.is_fetching(moment_of(now), &rules.0))
    }

    /// Whether the flight under way is an early one, which an unknown `kid` asked for.
    fn is_early(&self, py: Python<'_>) -> PyResult<bool> {
        self.call(py, |refresh| refresh.is_early())
    }

    /// Milliseconds until the next planned fetch is due.
    fn due_in(&self, py: Python<'_>, now: GivenMoment, rules: &RefreshRules) -> PyResult<u64> {
        self.call(py, |refresh| refresh.due_in(moment_of(now), &rules.0))
    }

    /// How often a call found the state as a call leaves it that has not ended, and mended it.
    fn recoveries(&self, py: Python<'_>) -> PyResult<u64> {
        self.call(py, |refresh| refresh.recoveries())
    }
}

/// The `kid`s that a verifier found unknown, or those of a sequence of texts.
fn hashes(kids: &Bound<'_, PyAny>) -> PyResult<Vec<KidHash>> {
    if let Ok(unknown) = kids.cast::<UnknownKids>() {
        return Ok(unknown.get().0.as_slice().to_vec());
    }
    kids.try_iter()?.map(|kid| Ok(KidHash::of(&octets::of(&kid?)?))).collect()
}
