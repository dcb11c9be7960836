//! Which request asks the service about an API key, and how long its answer holds.

use super::{
    Memory, exactly,
    moved::{self, GivenMoment, GivenNumbered, GivenVerdict, moment_of, question_of, verdict_of},
};
use crate::errors;
use pyo3::{prelude::*, types::PyBytes};
use tesseral_verify::{
    Error,
    limits::{DEFAULT_ANSWERS, DEFAULT_MAX_QUESTIONS},
    rulebook,
};

/// The times and bounds that decide; times in milliseconds. Raises TesseralError when one is out of range.
#[pyclass(frozen, module = "tesseral_verify._native")]
pub struct AnswersRules(rulebook::AnswersRules);

#[pymethods]
impl AnswersRules {
    #[new]
    #[pyo3(signature = (
        *, good_ttl_ms=DEFAULT.good_ttl, refused_ttl_ms=DEFAULT.refused_ttl, timeout_ms=DEFAULT.timeout,
        questions=DEFAULT.questions, max_answers_len=DEFAULT.max_len
    ))]
    fn new(
        py: Python<'_>,
        good_ttl_ms: u64,
        refused_ttl_ms: u64,
        timeout_ms: u64,
        questions: u32,
        max_answers_len: u64,
    ) -> PyResult<Self> {
        let rules = rulebook::AnswersRules {
            good_ttl: good_ttl_ms,
            refused_ttl: refused_ttl_ms,
            timeout: timeout_ms,
            questions,
            max_len: max_answers_len,
        };
        rules.check().map_err(|error| errors::raise(py, error))?;
        Ok(Self(rules))
    }
}

const DEFAULT: rulebook::AnswersRules = rulebook::AnswersRules::DEFAULT;

/// Decides which request asks the service about an API key, and remembers what it said. The caller keeps the answers under
/// handles.
#[pyclass(frozen, module = "tesseral_verify._native")]
pub struct Answers(Memory);

impl Answers {
    fn call<R>(&self, py: Python<'_>, call: impl FnOnce(rulebook::Answers<'_>) -> R) -> PyResult<R> {
        let result = self.0.with(|words| rulebook::Answers::open(words).map(call));
        result.map_err(|error| errors::raise(py, error))
    }
}

#[pymethods]
impl Answers {
    /// A state without answers. `seed`: 16 random bytes that cannot be guessed.
    #[new]
    #[pyo3(signature = (seed, *, answers=DEFAULT_ANSWERS, questions=DEFAULT_MAX_QUESTIONS as usize))]
    fn new(py: Python<'_>, seed: &[u8], answers: usize, questions: usize) -> PyResult<Self> {
        let seed = exactly(py, seed)?;
        let made = rulebook::Answers::words(answers, questions).ok_or(Error::InvalidArgument).and_then(|len| {
            let mut words = vec![0; len];
            rulebook::Answers::init(&mut words, answers, questions, &seed)?;
            Ok(Self(Memory::new(words)))
        });
        made.map_err(|error| errors::raise(py, error))
    }

    /// Bytes of memory for so many answers and questions; 0 when a number is out of range.
    #[staticmethod]
    fn size(answers: usize, questions: usize) -> usize {
        rulebook::Answers::words(answers, questions).map_or(0, |words| words.saturating_mul(8))
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

    /// What a request with this key has to do. `ticket`: 0, or the one of `Ask` for a request that had to wait.
    fn ask<'py>(
        &self,
        py: Python<'py>,
        scope: &[u8],
        fingerprint: &[u8],
        ticket: u64,
        now: GivenMoment,
        rules: &AnswersRules,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (scope, fingerprint) = (exactly(py, scope)?, exactly(py, fingerprint)?);
        let now = moment_of(now);
        moved::ask(py, self.call(py, |mut answers| answers.ask(&scope, &fingerprint, ticket, now, &rules.0))?)
    }

    /// The verdict for a request that comes now, if it needs no question.
    fn known<'py>(
        &self,
        py: Python<'py>,
        scope: &[u8],
        fingerprint: &[u8],
        now: GivenMoment,
        rules: &AnswersRules,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (scope, fingerprint) = (exactly(py, scope)?, exactly(py, fingerprint)?);
        let now = moment_of(now);
        let known = self.call(py, |mut answers| answers.known(&scope, &fingerprint, now, &rules.0))?;
        known.map(|verdict| moved::verdict(py, verdict)).transpose()
    }

    /// The service answered a question, or did not.
    #[allow(clippy::too_many_arguments)] // one call's whole context
    fn landed<'py>(
        &self,
        py: Python<'py>,
        scope: &[u8],
        fingerprint: &[u8],
        question: GivenNumbered,
        verdict: GivenVerdict,
        now: GivenMoment,
        rules: &AnswersRules,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (scope, fingerprint) = (exactly(py, scope)?, exactly(py, fingerprint)?);
        let (question, verdict, now) = (question_of(question), verdict_of(py, verdict)?, moment_of(now));
        let landed =
            |mut answers: rulebook::Answers<'_>| answers.landed(&scope, &fingerprint, question, verdict, now, &rules.0);
        moved::landed(py, &self.call(py, landed)?)
    }

    /// The sender of a question is gone and will not report.
    fn abandoned(&self, py: Python<'_>, scope: &[u8], fingerprint: &[u8], question: GivenNumbered) -> PyResult<()> {
        let (scope, fingerprint) = (exactly(py, scope)?, exactly(py, fingerprint)?);
        self.call(py, |mut answers| answers.abandoned(&scope, &fingerprint, question_of(question)))
    }

    /// Drops the answer that is needed least, for a caller that has no room for another one. Returns its handle, or None.
    fn reclaim(&self, py: Python<'_>, now: GivenMoment, rules: &AnswersRules) -> PyResult<Option<u64>> {
        self.call(py, |mut answers| answers.reclaim(moment_of(now), &rules.0))
    }

    /// The length of the kept answers, in octets.
    fn answers_len(&self, py: Python<'_>) -> PyResult<u64> {
        self.call(py, |answers| answers.answers_len())
    }

    /// How often a call found the state as a call leaves it that has not ended, and mended it.
    fn recoveries(&self, py: Python<'_>) -> PyResult<u64> {
        self.call(py, |answers| answers.recoveries())
    }
}
