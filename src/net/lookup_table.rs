//! Questions about API keys: the rulebook's [`Answers`], the answers' bodies, and the requests that wait.

use super::{answer::ApiKeyAnswer, lock, lookup_waiters::LookupWaiters};
use crate::{
    api_key::ApiKey,
    error::Error,
    limits::{DEFAULT_ANSWERS, DEFAULT_MAX_QUESTIONS},
    rulebook::{Answers, AnswersRules, Ask, Moment, Question, Verdict as Ruling},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    vec,
    vec::Vec,
};

pub(super) type Verdict = Result<Arc<ApiKeyAnswer>, Error>;

type Fingerprint = [u8; 32];

pub(super) struct LookupTable {
    rules: AnswersRules,
    /// `None`: API keys are off, and the service is never asked.
    state: Option<Mutex<State>>,
}

struct State {
    words: Vec<u64>,
    bodies: HashMap<u64, Arc<ApiKeyAnswer>>,
    last_handle: u64,
    /// For each key with a question under way, the requests that wait for it.
    waiting: HashMap<Fingerprint, Arc<LookupWaiters>>,
}

/// The next step of a request about a key.
pub(super) enum LookupStep {
    /// None: this is the answer.
    Known(Verdict),
    /// Ask this again, with this ticket, when the question under way has ended.
    Wait(Arc<LookupWaiters>, u64),
    /// Send the question and report with [`LookupTable::landed`]. The requests that wait for it are woken then.
    Send(Question, Arc<LookupWaiters>),
}

impl LookupTable {
    pub(super) fn new(api_keys: bool, rules: AnswersRules, seed: [u8; 16]) -> Result<Self, Error> {
        let state = |()| {
            let questions = usize::try_from(DEFAULT_MAX_QUESTIONS).map_err(|_| Error::InternalError)?;
            let len = Answers::words(DEFAULT_ANSWERS, questions).ok_or(Error::InternalError)?;
            let mut words = vec![0; len];
            Answers::init(&mut words, DEFAULT_ANSWERS, questions, &seed)?;
            Ok(Mutex::new(State { words, bodies: HashMap::new(), last_handle: 0, waiting: HashMap::new() }))
        };
        Ok(Self { rules, state: api_keys.then_some(()).map(state).transpose()? })
    }

    /// What to do about a key; `ticket`: 0 at first, then the one that it was told to wait with.
    pub(super) fn step(&self, key: &ApiKey<'_>, ticket: u64, now: Moment) -> LookupStep {
        let failed = LookupStep::Known(Err(Error::ApiKeyLookupFailed));
        let Some(state) = &self.state else { return failed };
        let fingerprint = key.fingerprint();
        let mut locked = lock(state);
        let state = &mut *locked;
        let Ok(mut answers) = Answers::open(&mut state.words) else { return failed };
        match answers.ask(&SCOPE, &fingerprint, ticket, now, &self.rules) {
            Ask::Known(Ruling::Good { handle, .. }) => {
                let body = state.bodies.get(&handle).map(Arc::clone);
                LookupStep::Known(body.ok_or(Error::ApiKeyLookupFailed))
            }
            Ask::Known(Ruling::Invalid) => LookupStep::Known(Err(Error::ApiKeyInvalid)),
            Ask::Known(Ruling::NotPermitted) => LookupStep::Known(Err(Error::ApiKeysNotPermitted)),
            Ask::Known(Ruling::Failed) | Ask::Busy => failed,
            Ask::Wait { ticket, .. } => {
                LookupStep::Wait(Arc::clone(state.waiting.entry(fingerprint).or_default()), ticket)
            }
            Ask::Send(question) => {
                let waiters = Arc::<LookupWaiters>::default();
                // A lost question: the requests that wait for it ask again, and find this one.
                let lost = state.waiting.insert(fingerprint, Arc::clone(&waiters));
                // Not under the lock: wakers are others' code.
                drop(locked);
                if let Some(lost) = lost {
                    lost.wake_all();
                }
                LookupStep::Send(question, waiters)
            }
        }
    }

    /// What is remembered of a key, when that suffices.
    pub(super) fn known(&self, key: &ApiKey<'_>, now: Moment) -> Option<Verdict> {
        let mut state = lock(self.state.as_ref()?);
        let state = &mut *state;
        let mut answers = Answers::open(&mut state.words).ok()?;
        match answers.known(&SCOPE, &key.fingerprint(), now, &self.rules)? {
            Ruling::Good { handle, .. } => state.bodies.get(&handle).map(|body| Ok(Arc::clone(body))),
            Ruling::Invalid => Some(Err(Error::ApiKeyInvalid)),
            Ruling::NotPermitted => Some(Err(Error::ApiKeysNotPermitted)),
            Ruling::Failed => None,
        }
    }

    /// A question has ended, with an answer or without one. The requests that wait for it ask again.
    pub(super) fn landed(&self, key: &ApiKey<'_>, question: Question, verdict: &Verdict, now: Moment) {
        let Some(state) = &self.state else { return };
        let fingerprint = key.fingerprint();
        let mut locked = lock(state);
        let state = &mut *locked;
        let ruling = match verdict {
            Ok(answer) => {
                state.last_handle = state.last_handle.wrapping_add(1).max(1);
                state.bodies.insert(state.last_handle, Arc::clone(answer));
                let len = u64::try_from(answer.len()).unwrap_or(u64::MAX);
                Ruling::Good { handle: state.last_handle, len }
            }
            Err(Error::ApiKeyInvalid) => Ruling::Invalid,
            Err(Error::ApiKeysNotPermitted) => Ruling::NotPermitted,
            Err(_) => Ruling::Failed,
        };
        if let Ok(mut answers) = Answers::open(&mut state.words) {
            let landed = answers.landed(&SCOPE, &fingerprint, question, ruling, now, &self.rules);
            for handle in landed.freed.handles() {
                state.bodies.remove(handle);
            }
        }
        let waiters = state.waiting.remove(&fingerprint);
        // Not under the lock: wakers are others' code.
        drop(locked);
        if let Some(waiters) = waiters {
            waiters.wake_all();
        }
    }
}

/// An authenticator has one project, so that one scope suffices.
const SCOPE: [u8; 16] = [0; 16];
