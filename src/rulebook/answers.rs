//! Who asks the service about an API key, and how long its answer holds.

use super::{
    kept::{is_marked, keep, recall, reclaim, sweep},
    moment::{Moment, elapsed},
    questions::{QUESTION_LEN, Questions},
    rules::AnswersRules,
    table::{ENTRY_LEN, Name, Standing, Table, WAYS},
    words::{HEADER_LEN, Words, kind},
};
use crate::{
    error::Error,
    limits::{MAX_ANSWERS, MAX_QUESTIONS, RESERVED_QUESTIONS_SHARE},
};

/// One question about one API key. The driver that sends it reports how it ended: [`Answers::landed`] or
/// [`Answers::abandoned`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Question {
    /// 1 or more; later questions have higher numbers.
    pub number: u64,
    /// When it was sent, from which the answer's age counts.
    pub sent: Moment,
}

/// What the service said about a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is good; the driver keeps the answer under `handle` (0: none), with so many octets.
    Good {
        /// Where the driver keeps it.
        handle: u64,
        /// Its length.
        len: u64,
    },
    /// [`Error::ApiKeyInvalid`].
    Invalid,
    /// [`Error::ApiKeysNotPermitted`].
    NotPermitted,
    /// There was no usable answer.
    Failed,
}

/// What a request about a key has to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    /// Nothing: this is the answer.
    Known(Verdict),
    /// Send the question; it is noted as sent now.
    Send(Question),
    /// Ask this machine again, with this ticket, when the question under way has ended.
    Wait {
        /// At most at this time, by the steady clock.
        until: i64,
        /// What says when this request came.
        ticket: u64,
    },
    /// Give up: too many questions are under way.
    Busy,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Landed {
    /// Whether the machine keeps the answer's handle.
    pub kept: bool,
    /// What the driver frees.
    pub freed: Freed,
}

/// Handles that the driver frees.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Freed {
    handles: [u64; Self::MOST],
    count: usize,
}

impl Freed {
    /// Most handles of one call.
    pub const MOST: usize = 8;

    /// The handles.
    #[must_use]
    pub fn handles(&self) -> &[u64] {
        self.handles.get(..self.count).unwrap_or(&[])
    }

    pub(super) fn is_full(&self) -> bool {
        self.count >= Self::MOST
    }

    pub(super) fn add(&mut self, handle: u64) {
        if handle != 0
            && let Some(place) = self.handles.get_mut(self.count)
        {
            *place = handle;
            self.count = self.count.saturating_add(1);
        }
    }
}

/// Decides who asks the service about an API key, and remembers what it said.
///
/// An answer serves a request when its question was sent after the request had come, or when the question's age is below
/// the request's own time to live. So a request without a time to live joins questions that are sent after it came, and
/// never gets an answer that is older than itself.
///
/// Keys are known by a 16-octet scope (the project, or whose settings ask) and their fingerprint (SHA-256). See the
/// [module](super) for memory, clocks and processes.
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
    /// say. `seed`: 16 octets that nobody can guess, so that nobody can choose keys that displace others.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a number out of range, [`Error::BufferTooSmall`] for fewer than [`Self::words`].
    pub fn init(words: &'m mut [u64], answers: usize, questions: usize, seed: &[u8; 16]) -> Result<Self, Error> {
        let len = Self::words(answers, questions).ok_or(Error::InvalidArgument)?;
        let number = |number: usize| u64::try_from(number).map_err(|_| Error::InvalidArgument);
        // The sizes have to be there before the state counts as made.
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
        // Twice the places, so that those who wait for a question that failed still find it.
        let questions = Questions { first: table.place(table.len()), count: questions.saturating_mul(2) };
        Ok(Self { words, table, questions })
    }

    /// What to do about a key.
    ///
    /// `ticket`: 0 for a request that comes now, or what [`Ask::Wait`] gave it before. A question serves the request when it
    /// was sent after that, whatever the clocks say.
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
            // Numbers of questions tell before from after within one millisecond, too.
            let ticket = if ticket == 0 { words.get(LAST_QUESTION).wrapping_add(1) } else { ticket };
            if let Some(verdict) = recall(words, table, &name, ticket, now, rules) {
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

    /// What a request that comes now may be told without a question; `None` when nothing is known that serves it.
    pub fn known(
        &mut self,
        scope: &[u8; 16],
        fingerprint: &[u8; 32],
        now: Moment,
        rules: &AnswersRules,
    ) -> Option<Verdict> {
        self.call(|words, table, _| {
            let name = words.keyed_digest([scope, fingerprint]);
            recall(words, table, &name, u64::MAX, now, rules)
        })
    }

    /// The service answered a question, or did not. Late answers count by their question's number.
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

    /// The question will not be reported: its worker died, its client went, or its event loop ended. That is no failure of
    /// the service: one of those who wait for it sends the next question when it asks again.
    pub fn abandoned(&mut self, scope: &[u8; 16], fingerprint: &[u8; 32], question: Question) {
        self.call(|words, _, questions| {
            let name = words.keyed_digest([scope, fingerprint]);
            questions.take_back(words, &name, question.number);
        });
    }

    /// Frees the answer that is needed least: for a driver that has no room for another one.
    pub fn reclaim(&mut self, now: Moment, rules: &AnswersRules) -> Option<u64> {
        self.call(|words, table, _| reclaim(words, table, table.len(), now, rules))
    }

    /// Octets of the answers that are kept.
    #[must_use]
    pub fn answers_len(&self) -> u64 {
        self.words.get(HELD)
    }

    /// How often a call found that a process had died inside another one.
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

const KIND_UNSIZED: u64 = kind(*b"TSSA", 0);
const KIND: u64 = kind(*b"TSSA", 1);

// Where each word is.
pub(super) const LAST_QUESTION: usize = HEADER_LEN;
/// Octets of the answers that are kept.
pub(super) const HELD: usize = HEADER_LEN + 1;
/// The entry that is swept next.
pub(super) const HAND: usize = HEADER_LEN + 2;
const SETS: usize = HEADER_LEN + 3;
const QUESTIONS: usize = HEADER_LEN + 4;
const FIRST: usize = HEADER_LEN + 5;

#[cfg(test)]
mod tests {
    use super::{Answers, AnswersRules, Ask, Freed, Question, Standing, Verdict};
    use crate::rulebook::{Moment, table::Entry};
    use std::{vec, vec::Vec};

    const RULES: AnswersRules = AnswersRules::DEFAULT;
    const CACHED: AnswersRules = AnswersRules { good_ttl: 30_000, ..RULES };
    const SCOPE: [u8; 16] = [1; 16];

    fn at(milliseconds: i64) -> Moment {
        Moment { steady: milliseconds, wall: 1_750_000_000_000 + milliseconds }
    }

    fn key(number: usize) -> [u8; 32] {
        core::array::from_fn(|i| number.to_le_bytes().get(i).copied().unwrap_or(0))
    }

    fn memory(answers: usize, questions: usize) -> Vec<u64> {
        vec![0; Answers::words(answers, questions).unwrap()]
    }

    fn ask(answers: &mut Answers<'_>, number: usize, now: i64, rules: &AnswersRules) -> Ask {
        answers.ask(&SCOPE, &key(number), 0, at(now), rules)
    }

    fn send(answers: &mut Answers<'_>, number: usize, now: i64, rules: &AnswersRules) -> Question {
        match ask(answers, number, now, rules) {
            Ask::Send(question) => question,
            other => panic!("{other:?} for {number} at {now}"),
        }
    }

    fn land(answers: &mut Answers<'_>, number: usize, question: Question, verdict: Verdict, now: i64) -> Vec<u64> {
        let landed = answers.landed(&SCOPE, &key(number), question, verdict, at(now), &RULES);
        landed.freed.handles().to_vec()
    }

    #[test]
    fn an_answer_serves_those_who_came_before_its_question() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        // All within one millisecond.
        let again = |answers: &mut Answers<'_>, ticket| answers.ask(&SCOPE, &key(1), ticket, at(1_000), &RULES);
        let first = send(&mut answers, 1, 1_000, &RULES);
        let Ask::Wait { until: 11_000, ticket } = again(&mut answers, 0) else { panic!() };
        let good = Verdict::Good { handle: 9, len: 100 };
        land(&mut answers, 1, first, good, 1_000);
        assert_eq!(again(&mut answers, first.number), Ask::Known(good));
        let Ask::Send(second) = again(&mut answers, ticket) else { panic!("the answer is older than this one") };
        let Ask::Wait { ticket: later, .. } = again(&mut answers, 0) else { panic!() };
        land(&mut answers, 1, second, Verdict::Invalid, 1_000);
        assert_eq!(again(&mut answers, ticket), Ask::Known(Verdict::Invalid));
        assert_eq!(again(&mut answers, later), Ask::Known(Verdict::Invalid), "a refusal holds for its time to live");
    }

    #[test]
    fn an_abandoned_question_is_sent_again_by_one_of_those_who_wait() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        let again = |answers: &mut Answers<'_>, ticket| answers.ask(&SCOPE, &key(1), ticket, at(1_000), &RULES);
        let first = send(&mut answers, 1, 1_000, &RULES);
        let Ask::Wait { ticket, .. } = again(&mut answers, 0) else { panic!() };
        answers.abandoned(&SCOPE, &key(2), first);
        assert!(matches!(again(&mut answers, ticket), Ask::Wait { .. }), "of another key");
        answers.abandoned(&SCOPE, &key(1), first);
        let Ask::Send(second) = again(&mut answers, ticket) else { panic!() };
        answers.abandoned(&SCOPE, &key(1), first);
        assert!(matches!(again(&mut answers, ticket), Ask::Wait { .. }), "the second is under way");
        land(&mut answers, 1, second, Verdict::Failed, 1_000);
        answers.abandoned(&SCOPE, &key(1), second);
        assert_eq!(again(&mut answers, ticket), Ask::Known(Verdict::Failed), "it had failed before");
        let good = Verdict::Good { handle: 9, len: 100 };
        assert!(answers.landed(&SCOPE, &key(1), first, good, at(1_000), &RULES).kept, "late, and counts by its number");
    }

    #[test]
    fn the_askers_own_times_decide_by_the_age_of_the_question() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        let question = send(&mut answers, 1, 1_000, &CACHED);
        let good = Verdict::Good { handle: 9, len: 100 };
        land(&mut answers, 1, question, good, 3_000);
        assert_eq!(ask(&mut answers, 1, 30_999, &CACHED), Ask::Known(good));
        assert!(matches!(ask(&mut answers, 1, 30_999, &RULES), Ask::Send(_)), "without a time to live");
        assert!(matches!(ask(&mut answers, 1, 31_000, &CACHED), Ask::Wait { .. }));
        let other_scope = answers.ask(&[2; 16], &key(1), 0, at(5_000), &CACHED);
        assert!(matches!(other_scope, Ask::Send(_)));
    }

    #[test]
    fn refusals_hold_five_seconds_and_failures_for_those_who_waited() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        let question = send(&mut answers, 1, 1_000, &RULES);
        land(&mut answers, 1, question, Verdict::Invalid, 1_100);
        assert_eq!(ask(&mut answers, 1, 5_999, &RULES), Ask::Known(Verdict::Invalid));
        let question = send(&mut answers, 1, 6_000, &RULES);
        land(&mut answers, 1, question, Verdict::Failed, 6_100);
        let waited = answers.ask(&SCOPE, &key(1), question.number, at(6_200), &RULES);
        assert_eq!(waited, Ask::Known(Verdict::Failed));
        assert!(matches!(ask(&mut answers, 1, 6_200, &RULES), Ask::Send(_)));
    }

    #[test]
    fn lost_questions_fail_and_refuse_nobody_for_ever() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        for number in 0..100 {
            ask(&mut answers, number, 1_000, &RULES);
        }
        assert_eq!(ask(&mut answers, 200, 10_999, &RULES), Ask::Busy);
        assert!(matches!(ask(&mut answers, 200, 11_000, &RULES), Ask::Send(_)));
    }

    #[test]
    fn a_share_of_the_questions_is_kept_for_keys_that_were_good() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        let question = send(&mut answers, 1, 1_000, &RULES);
        land(&mut answers, 1, question, Verdict::Good { handle: 1, len: 1 }, 1_100);
        let sent = (100..200).filter(|number| matches!(ask(&mut answers, *number, 2_000, &RULES), Ask::Send(_)));
        assert_eq!(sent.count(), 6);
        assert!(matches!(ask(&mut answers, 1, 2_000, &RULES), Ask::Send(_)));
    }

    #[test]
    fn refusals_displace_no_good_key_and_bodies_are_bounded() {
        let mut memory = memory(256, 8);
        let mut answers = Answers::init(&mut memory, 256, 8, &[3; 16]).unwrap();
        let mut held = std::collections::BTreeSet::new();
        for number in 1..=100 {
            let question = send(&mut answers, number, 1_000, &CACHED);
            let handle = number as u64;
            held.insert(handle);
            for freed in land(&mut answers, number, question, Verdict::Good { handle, len: 1_000 }, 1_000) {
                assert!(held.remove(&freed), "{freed} freed twice");
            }
        }
        assert_eq!(answers.answers_len(), 1_000 * held.len() as u64);
        for number in 1_000..20_000 {
            let question = send(&mut answers, number, 1_001, &CACHED);
            assert!(land(&mut answers, number, question, Verdict::Invalid, 1_001).is_empty());
        }
        let known = (1..=100).filter(|number| matches!(ask(&mut answers, *number, 1_002, &CACHED), Ask::Known(_)));
        assert_eq!(known.count(), held.len());
        while let Some(handle) = answers.reclaim(at(2_000), &RULES) {
            assert!(held.remove(&handle));
        }
        assert!(held.is_empty() && answers.answers_len() == 0);
    }

    /// A good answer among the refusals makes one call free more than there are places for.
    #[test]
    fn no_handle_is_lost_in_damaged_memory() {
        const ALL: AnswersRules = AnswersRules { max_len: 1_000, ..CACHED };
        let mut most = 0;
        for keys in 100..116 {
            let mut memory = memory(16, 8);
            let mut answers = Answers::init(&mut memory, 16, 8, &[3; 16]).unwrap();
            let mut held = std::collections::BTreeSet::new();
            let land = |answers: &mut Answers<'_>, number, verdict, now| {
                let question = send(answers, number, now, &ALL);
                let landed = answers.landed(&SCOPE, &key(number), question, verdict, at(now), &ALL);
                landed.freed.handles().to_vec()
            };
            for number in 1..=keys {
                let handle = number as u64;
                held.insert(handle);
                for freed in land(&mut answers, number, Verdict::Good { handle, len: 80 }, 1_000) {
                    assert!(held.remove(&freed), "{freed} freed twice");
                }
            }
            land(&mut answers, 500, Verdict::Invalid, 1_000);
            let name = answers.words.keyed_digest([&SCOPE, &key(500)]);
            let entry = answers.table.find(&answers.words, &name).unwrap();
            let refusal = answers.table.read(&answers.words, entry);
            let damaged = Entry { standing: Standing::Good, handle: 500, ..refusal };
            answers.table.write(&mut answers.words, entry, &damaged);
            held.extend([500, 501]);
            let freed = land(&mut answers, 500, Verdict::Good { handle: 501, len: 900 }, 100_000);
            most = most.max(freed.len());
            let rest = core::iter::from_fn(|| answers.reclaim(at(100_000), &ALL));
            for freed in freed.into_iter().chain(rest) {
                assert!(held.remove(&freed), "{freed} freed twice");
            }
            assert!(held.is_empty(), "lost: {held:?}");
        }
        assert_eq!(most, Freed::MOST);
    }

    #[test]
    fn an_answer_without_octets_displaces_none() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        let question = send(&mut answers, 1, 1_000, &CACHED);
        assert!(land(&mut answers, 1, question, Verdict::Good { handle: 7, len: 1_000 }, 1_000).is_empty());
        let small = AnswersRules { max_len: 500, ..CACHED };
        let question = send(&mut answers, 2, 1_001, &small);
        let landed = answers.landed(&SCOPE, &key(2), question, Verdict::Good { handle: 0, len: 0 }, at(1_001), &small);
        assert!(landed.kept && landed.freed.handles().is_empty(), "{landed:?}");
        assert!(matches!(ask(&mut answers, 1, 1_002, &CACHED), Ask::Known(_)));
    }

    #[test]
    fn neither_refusals_nor_what_is_too_long_displace_an_answer() {
        let mut memory = memory(64, 8);
        let mut answers = Answers::init(&mut memory, 64, 8, &[3; 16]).unwrap();
        let question = send(&mut answers, 1, 1_000, &CACHED);
        assert!(land(&mut answers, 1, question, Verdict::Good { handle: 7, len: 1_000 }, 1_000).is_empty());
        // Another asker keeps less.
        let small = AnswersRules { max_len: 500, ..CACHED };
        for (number, verdict) in [(2, Verdict::Invalid), (3, Verdict::Good { handle: 8, len: 501 })] {
            let question = send(&mut answers, number, 1_001, &small);
            let landed = answers.landed(&SCOPE, &key(number), question, verdict, at(1_001), &small);
            assert!(!landed.freed.handles().contains(&7), "{verdict:?}");
            assert_eq!(landed.kept, verdict == Verdict::Invalid);
        }
        assert_eq!(ask(&mut answers, 1, 1_002, &CACHED), Ask::Known(Verdict::Good { handle: 7, len: 1_000 }));
    }
}
