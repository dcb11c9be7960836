//! `Answers` in a table that is too small, under floods of invented keys and a service that hangs.

use super::random::Random;
use std::collections::BTreeMap;
use tesseral_verify::rulebook::{Answers, AnswersRules, Ask, Moment, Question, Verdict};

const QUESTIONS: usize = 16;
const RULES: AnswersRules = AnswersRules { good_ttl: 60_000, max_len: 40_000, ..AnswersRules::DEFAULT };
const SCOPE: [u8; 16] = [9; 16];

fn at(later: i64) -> Moment {
    Moment { steady: 1_000 + later, wall: 1_750_000_000_000 + later }
}

fn fingerprint(key: u64) -> [u8; 32] {
    core::array::from_fn(|i| key.to_le_bytes().get(i).copied().unwrap_or(0))
}

/// How the questions about one key ended.
#[derive(Default)]
struct Told {
    /// Number, verdict, when it was sent.
    landed: Vec<(u64, Verdict, Moment)>,
    under_way: Option<Question>,
}

struct Rig<'m> {
    state: Answers<'m>,
    keys: BTreeMap<u64, Told>,
    /// Handles that the machine keeps, with the key that each belongs to, and octets.
    held: BTreeMap<u64, (u64, u64)>,
    handles: u64,
    operations: u64,
}

impl Rig<'_> {
    fn ask(&mut self, key: u64, now: Moment) -> Ask {
        self.operations += 1;
        let answer = self.state.ask(&SCOPE, &fingerprint(key), 0, now, &RULES);
        let told = self.keys.entry(key).or_default();
        match answer {
            Ask::Known(Verdict::Failed) => panic!("a request that came now waited for nothing"),
            Ask::Known(verdict) => {
                let of_this_key = told.landed.iter().any(|(_, landed, sent)| {
                    let ttl = if matches!(verdict, Verdict::Good { .. }) { RULES.good_ttl } else { RULES.refused_ttl };
                    *landed == verdict && now.steady - sent.steady < ttl.cast_signed().max(1)
                });
                assert!(of_this_key, "{verdict:?} for {key}, which was told {:?}", told.landed);
                if let Verdict::Good { handle, .. } = verdict {
                    assert_eq!(self.held.get(&handle).map(|held| held.0), Some(key), "{handle} was freed");
                    let newest = told.landed.iter().map(|(number, ..)| number).max().unwrap();
                    let refused = told.landed.iter().any(|(number, landed, _)| number == newest && *landed != verdict);
                    assert!(!refused, "an older answer is served than the newest");
                }
            }
            Ask::Send(question) => {
                let over = told.under_way.is_none_or(|before| now.steady - before.sent.steady >= 10_000);
                assert!(over, "two questions about {key}");
                told.under_way = Some(question);
                assert!(self.under_way(now) <= QUESTIONS);
            }
            Ask::Wait { until, .. } => {
                assert!(told.under_way.is_some_and(|question| question.sent.steady + 10_000 == until));
            }
            Ask::Busy => assert!(self.under_way(now) >= QUESTIONS - QUESTIONS / 4, "busy for no reason"),
        }
        answer
    }

    fn under_way(&self, now: Moment) -> usize {
        let flying = |told: &&Told| told.under_way.is_some_and(|question| now.steady - question.sent.steady < 10_000);
        self.keys.values().filter(flying).count()
    }

    fn land(&mut self, key: u64, question: Question, good: Option<u64>, now: Moment) {
        self.operations += 1;
        let verdict = match good {
            Some(len) => {
                self.handles += 1;
                Verdict::Good { handle: self.handles, len }
            }
            None => Verdict::Invalid,
        };
        let landed = self.state.landed(&SCOPE, &fingerprint(key), question, verdict, now, &RULES);
        let told = self.keys.entry(key).or_default();
        told.landed.push((question.number, verdict, question.sent));
        if told.under_way.is_some_and(|asked| asked.number == question.number) {
            told.under_way = None;
        }
        for freed in landed.freed.handles() {
            if matches!(verdict, Verdict::Good { handle, .. } if handle == *freed) {
                assert!(!landed.kept);
                continue;
            }
            let (owner, _) = self.held.remove(freed).unwrap_or_else(|| panic!("{freed} was freed twice"));
            let served = self.keys[&owner].landed.iter().any(|(_, verdict, sent)| {
                matches!(verdict, Verdict::Good { handle, .. } if handle == freed)
                    && now.steady - sent.steady < RULES.good_ttl.cast_signed()
            });
            assert!(good.is_some() || owner == key || !served, "a refusal displaced a good key's answer");
        }
        if let (Verdict::Good { handle, len }, true) = (verdict, landed.kept) {
            self.held.insert(handle, (key, len));
        }
        let octets = self.held.values().map(|(_, len)| len).sum::<u64>();
        assert_eq!(self.state.answers_len(), octets);
        assert!(octets <= RULES.max_len, "{octets} octets");
    }
}

pub fn episode(random: &mut Random) -> u64 {
    let places = [1, 16, 33, 64][random.index(4)];
    let mut memory = vec![0; Answers::words(places, QUESTIONS).unwrap()];
    let state = Answers::init(&mut memory, places, QUESTIONS, &random.seed()).unwrap();
    let mut rig = Rig { state, keys: BTreeMap::new(), held: BTreeMap::new(), handles: 0, operations: 0 };
    let mut now = 0;
    // Good and refused keys, more than there is room for, with late answers.
    for _ in 0..600 {
        now += random.between(0, 400);
        let key = random.below(60);
        rig.ask(key, at(now));
        if random.percent(80)
            && let Some((&key, question)) = rig.keys.iter().find_map(|(key, told)| Some((key, told.under_way?)))
        {
            rig.land(key, question, (key % 3 != 0 || random.percent(10)).then(|| random.below(3_000)), at(now));
        }
    }
    // Ten invented keys for each place: no known good key's answer is displaced by their refusals.
    let good: Vec<u64> = rig.held.values().map(|(key, _)| *key).collect();
    let known = |rig: &mut Rig<'_>| {
        good.iter().filter(|key| matches!(rig.ask(**key, at(now)), Ask::Known(Verdict::Good { .. }))).count()
    };
    let before = known(&mut rig);
    for told in rig.keys.values_mut() {
        told.under_way = None;
    }
    now += 10_000;
    let (asked_at, mut refused) = (now, 0);
    for invented in 0..10 * places.max(16) as u64 {
        if let Ask::Send(question) = rig.ask(1_000 + invented, at(asked_at)) {
            rig.land(1_000 + invented, question, None, at(asked_at));
            refused += 1;
        }
    }
    assert!(refused > 0);
    let still = |rig: &mut Rig<'_>, now: i64| {
        let serves = |(_, verdict, sent): &(u64, Verdict, Moment)| {
            matches!(verdict, Verdict::Good { handle, .. } if rig.held.contains_key(handle))
                && at(now).steady - sent.steady < RULES.good_ttl.cast_signed()
        };
        let keys: Vec<u64> =
            good.iter().copied().filter(|key| rig.keys[key].landed.last().is_some_and(serves)).collect();
        let count = keys.len();
        for key in keys {
            assert!(matches!(rig.ask(key, at(now)), Ask::Known(Verdict::Good { .. })), "{key} lost its answer");
        }
        count
    };
    assert!(still(&mut rig, now) <= before);
    // The service hangs, and clients invent keys. Good keys keep their answers and, afterwards, the questions reserved for them.
    for invented in 0..10 * places.max(16) as u64 {
        rig.ask(1_000_000 + invented, at(now));
    }
    still(&mut rig, now);
    now += 60_001;
    for invented in 0..100 {
        rig.ask(2_000_000 + invented, at(now));
    }
    let marked: Vec<u64> = rig.held.values().map(|(key, _)| *key).collect();
    let sent = marked.iter().filter(|key| matches!(rig.ask(**key, at(now)), Ask::Send(_))).count();
    assert_eq!(sent, marked.len().min(QUESTIONS / 4), "good keys share a quarter of the questions among them");
    now += 10_000;
    assert!(matches!(rig.ask(3_000_000, at(now)), Ask::Send(_)), "hanging questions count as failed in time");
    rig.operations
}
