//! Which request asks the service about an API key, and how long the answer may be used.

pub(super) mod places;
#[cfg(test)]
mod tests;

use super::{
    ask::{Ask, Freed, Landed, Question, Verdict},
    kept::{answer_for, is_marked, keep, reclaim, sweep},
    moment::{Moment, elapsed},
    questions::{QUESTION_LEN, Questions},
    rules::AnswersRules,
    table::{ENTRY_LEN, Name, Standing, Table, WAYS},
    words::Words,
};
use crate::{
    error::Error,
    limits::{MAX_ANSWERS, MAX_QUESTIONS, RESERVED_QUESTIONS_SHARE},
};
use places::{FIRST, HELD, KIND, KIND_UNSIZED, LAST_QUESTION, QUESTIONS, SETS};

/// Decides which request asks the service about an API key, and remembers the answers.
///
/// An answer serves a request when its question was sent after the request came, or when the question is younger than the
/// request's own time to live. So a request without a time to live shares the questions that are sent after it came, and
/// never gets an answer that is older than itself.
///
/// A key is identified by its fingerprint (SHA-256) and a scope of 16 octets, such as the project. See the [module](super)
/// for memory, clocks and processes.
pub struct Answers<'m> {
    words: Words<'m>,
    table: Table,
    questions: Questions,
}

impl<'m> Answers<'m> {
    /// Words of memory for so many answers and questions: about 104 and 160 bytes each. Answers are rounded up to a multiple
    /// of 16.
    ///
    /// `None` unless `answers` is in 1 … 65,536 and `questions` in 1 … 256.
    #[must_use]
    pub const fn words(answers: usize, questions: usize) -> Option<usize> {
        if answers == 0 || answers > MAX_ANSWERS || questions == 0 || questions > MAX_QUESTIONS {
            return None;
        }
        let sets = answers.div_ceil(2 * WAYS).saturating_mul(2);
        let table = sets.saturating_mul(WAYS * ENTRY_LEN);
        Some(table.saturating_add(questions.saturating_mul(2 * QUESTION_LEN)).saturating_add(FIRST))
    }

    /// A state without answers in the first words of `words`.
    ///
    /// `answers`: how many are remembered. `questions`: how many may be under way at a time, whatever the rules of a call
    /// say. `seed`: 16 octets that an attacker cannot guess, and so cannot choose keys that displace others.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a number out of range, [`Error::BufferTooSmall`] for fewer than [`Self::words`].
    pub fn init(words: &'m mut [u64], answers: usize, questions: usize, seed: &[u8; 16]) -> Result<Self, Error> {
        let len = Self::words(answers, questions).ok_or(Error::InvalidArgument)?;
        let number = |number: usize| u64::try_from(number).map_err(|_| Error::InvalidArgument);
        // The kind is written last: a process that dies before leaves no state that looks complete.
        let mut state = Words::init(words, KIND_UNSIZED, len, seed)?;
        state.set(SETS, number(answers.div_ceil(2 * WAYS).saturating_mul(2))?);
        state.set(QUESTIONS, number(questions)?);
        state.publish();
        state.set(0, KIND);
        Self::with(state)
    }

    /// A state that [`Self::init`] made, maybe in another process.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when the words hold something else, also a state of another version of this library:
    /// make a new one beside it.
    pub fn open(words: &'m mut [u64]) -> Result<Self, Error> {
        Self::with(Words::open(words, KIND)?)
    }

    fn with(words: Words<'m>) -> Result<Self, Error> {
        let number = |place: usize| usize::try_from(words.get(place)).map_err(|_| Error::InvalidArgument);
        let (sets, questions) = (number(SETS)?, number(QUESTIONS)?);
        let fits = Self::words(sets.saturating_mul(WAYS), questions).is_some_and(|len| len <= words.len());
        if !fits || sets % 2 != 0 {
            return Err(Error::InvalidArgument);
        }
        let table = Table { first: FIRST, sets };
        // Twice as many places as questions, so that requests that wait for a failed question still find it.
        let questions = Questions { first: table.place(table.len()), count: questions.saturating_mul(2) };
        Ok(Self { words, table, questions })
    }

    /// What to do about a key.
    ///
    /// `ticket`: 0 for a request that comes now, or what [`Ask::Wait`] gave it before. A question serves the request when it
    /// was sent after that; no clock is compared.
    pub fn ask(
        &mut self,
        scope: &[u8; 16],
        fingerprint: &[u8; 32],
        ticket: u64,
        now: Moment,
        rules: &AnswersRules,
    ) -> Ask {
        self.call(|words, table, questions| {
            let name = words.keyed_digest([scope, fingerprint]);
            // Unlike times, the numbers of questions tell which came first within one millisecond.
            let ticket = if ticket == 0 { words.get(LAST_QUESTION).wrapping_add(1) } else { ticket };
            if let Some(verdict) = answer_for(words, table, &name, ticket, now, rules) {
                return Ask::Known(verdict);
            }
            if let Some(asked) = questions.find(words, &name, rules.flight(), now.steady) {
                match asked.failed_at {
                    None => return Ask::Wait { until: asked.sent.steady.saturating_add(rules.flight()), ticket },
                    Some(at) if asked.number >= ticket && elapsed(at, now.steady) < rules.flight() => {
                        return Ask::Known(Verdict::Failed);
                    }
                    Some(_) => {}
                }
            }
            let marked = table.find(words, &name).is_some_and(|entry| is_marked(&table.read(words, entry), now));
            send(words, questions, &name, marked, now, rules)
        })
    }

    /// The remembered answer for a request that comes now; `None` when no answer serves it.
    pub fn known(
        &mut self,
        scope: &[u8; 16],
        fingerprint: &[u8; 32],
        now: Moment,
        rules: &AnswersRules,
    ) -> Option<Verdict> {
        self.call(|words, table, _| {
            let name = words.keyed_digest([scope, fingerprint]);
            answer_for(words, table, &name, u64::MAX, now, rules)
        })
    }

    /// A question ended, with an answer or without one. A late answer does not replace that to a later question.
    pub fn landed(
        &mut self,
        scope: &[u8; 16],
        fingerprint: &[u8; 32],
        question: Question,
        verdict: Verdict,
        now: Moment,
        rules: &AnswersRules,
    ) -> Landed {
        self.call(|words, table, questions| {
            let name = words.keyed_digest([scope, fingerprint]);
            let mut freed = Freed::default();
            questions.end(words, &name, question.number, verdict != Verdict::Failed, now.steady);
            let kept = keep(words, table, &name, question, verdict, now, rules, &mut freed);
            if !kept && let Verdict::Good { handle, .. } = verdict {
                freed.add(handle);
            }
            sweep(words, table, now, rules, &mut freed);
            Landed { kept, freed }
        })
    }

    /// The question will not be reported: its worker died, its client disconnected, or its event loop ended. That is no
    /// failure of the service. The first waiting request that asks again sends the next question.
    pub fn abandoned(&mut self, scope: &[u8; 16], fingerprint: &[u8; 32], question: Question) {
        self.call(|words, _, questions| {
            let name = words.keyed_digest([scope, fingerprint]);
            questions.take_back(words, &name, question.number);
        });
    }

    /// Frees the least needed answer, for a driver that has no room for another one.
    pub fn reclaim(&mut self, now: Moment, rules: &AnswersRules) -> Option<u64> {
        self.call(|words, table, _| reclaim(words, table, table.len(), now, rules))
    }

    /// Octets of the answers that are kept.
    #[must_use]
    pub fn answers_len(&self) -> u64 {
        self.words.get(HELD)
    }

    /// How often a call found that a process had died during an earlier call.
    #[must_use]
    pub fn recoveries(&self) -> u64 {
        self.words.recoveries()
    }

    fn call<R>(&mut self, body: impl FnOnce(&mut Words<'m>, Table, Questions) -> R) -> R {
        let (table, questions) = (self.table, self.questions);
        let recover = |words: &mut Words<'m>| {
            questions.forget(words);
            let held = (0..table.len()).map(|entry| table.read(words, entry));
            let held = held.filter(|entry| entry.standing == Standing::Good);
            let held = held.fold(0_u64, |sum, entry| sum.saturating_add(entry.len));
            words.set(HELD, held);
        };
        self.words.call(recover, |words| body(words, table, questions))
    }
}

fn send(
    words: &mut Words<'_>,
    questions: Questions,
    name: &Name,
    marked: bool,
    now: Moment,
    rules: &AnswersRules,
) -> Ask {
    let most = rules.questions.min(u32::try_from(words.get(QUESTIONS)).unwrap_or(0));
    let (under_way, unmarked) = questions.under_way(words, rules.flight(), now.steady);
    let for_unmarked = most.saturating_sub(most / RESERVED_QUESTIONS_SHARE);
    if under_way >= most || (!marked && unmarked >= for_unmarked.max(1)) {
        return Ask::Busy;
    }
    let number = words.get(LAST_QUESTION).wrapping_add(1);
    words.set(LAST_QUESTION, number);
    let begun = questions.begin(words, name, number, marked, rules.flight(), now);
    begun.map_or(Ask::Busy, |()| Ask::Send(Question { number, sent: now }))
}
