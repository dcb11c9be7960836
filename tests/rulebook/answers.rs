//! `Answers` against a plain model, in a table with room for all keys: which request asks, which answer serves it, and when it
//! is told that too many questions are under way.

use super::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use tesseral_verify::rulebook::{Answers, AnswersRules, Ask, Moment, Question, Verdict};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const PLACES: usize = 256;
const QUESTIONS: usize = 8;
/// The state remembers twice as many questions as may be under way, so that every key here has a place.
const KEYS: u64 = 8;

/// A scope and a fingerprint.
type Key = (String, String);

#[derive(Clone, Debug)]
struct Answer {
    verdict: Verdict,
    number: u64,
    sent: Moment,
    landed_at: i64,
    /// The key was good, and the handle of its answer was freed.
    gone: bool,
    /// The longest time to live among the requests that brought this answer or were served by it.
    longest_ttl: i64,
}

#[derive(Clone, Debug)]
struct Asked {
    number: u64,
    sent: Moment,
    marked: bool,
    failed_at: Option<i64>,
}

#[derive(Default)]
struct Model {
    answers: BTreeMap<Key, Answer>,
    asked: BTreeMap<Key, Asked>,
    last: u64,
    held: BTreeMap<u64, u64>,
    ended: BTreeSet<u64>,
    handles: u64,
    torn: u64,
}

fn since(then: i64, now: i64) -> i64 {
    (now - then).max(0)
}

fn age(sent: Moment, now: Moment) -> i64 {
    since(sent.steady, now.steady).max(since(sent.wall, now.wall))
}

fn ms(time: u64) -> i64 {
    i64::try_from(time).unwrap()
}

fn flight(rules: &AnswersRules) -> i64 {
    2 * ms(rules.timeout)
}

fn ttl(verdict: Verdict, rules: &AnswersRules) -> i64 {
    match verdict {
        Verdict::Good { .. } => ms(rules.good_ttl),
        _ => ms(rules.refused_ttl),
    }
}

impl Model {
    fn ask(&mut self, key: &Key, ticket: u64, now: Moment, rules: &AnswersRules) -> Ask {
        let ticket = if ticket == 0 { self.last + 1 } else { ticket };
        let mut marked = false;
        if let Some(answer) = self.answers.get_mut(key) {
            let ttl = ttl(answer.verdict, rules);
            let joined = answer.number >= ticket && since(answer.landed_at, now.steady) < flight(rules);
            if !answer.gone && (joined || age(answer.sent, now) < ttl) {
                answer.longest_ttl = answer.longest_ttl.max(ttl);
                return Ask::Known(answer.verdict);
            }
            let good = matches!(answer.verdict, Verdict::Good { .. });
            marked = good && since(answer.landed_at, now.steady) < 24 * HOUR;
        }
        if let Some(asked) = self.asked.get_mut(key) {
            if asked.failed_at.is_none() && since(asked.sent.steady, now.steady) >= flight(rules) {
                asked.failed_at = Some(now.steady);
            }
            match asked.failed_at {
                None => return Ask::Wait { until: asked.sent.steady + flight(rules), ticket },
                Some(at) if asked.number >= ticket && since(at, now.steady) < flight(rules) => {
                    return Ask::Known(Verdict::Failed);
                }
                Some(_) => {}
            }
        }
        let under_way = self.under_way(now, rules, false);
        let unmarked = self.under_way(now, rules, true);
        let most = (rules.questions as usize).min(QUESTIONS);
        if under_way >= most || (!marked && unmarked >= (most - most / 4).max(1)) {
            return Ask::Busy;
        }
        self.last += 1;
        self.asked.insert(key.clone(), Asked { number: self.last, sent: now, marked, failed_at: None });
        Ask::Send(Question { number: self.last, sent: now })
    }

    fn under_way(&self, now: Moment, rules: &AnswersRules, unmarked: bool) -> usize {
        let flying = |asked: &&Asked| {
            asked.failed_at.is_none()
                && since(asked.sent.steady, now.steady) < flight(rules)
                && !(unmarked && asked.marked)
        };
        self.asked.values().filter(flying).count()
    }

    fn free(&mut self, handle: u64) {
        assert!(self.held.remove(&handle).is_some(), "{handle} was freed twice, or never kept");
        self.ended.insert(handle);
        for answer in self.answers.values_mut() {
            answer.gone |= matches!(answer.verdict, Verdict::Good { handle: own, .. } if own == handle);
        }
    }

    fn octets(&self) -> u64 {
        self.held.values().sum()
    }

    /// Whether some request could still get this answer: within the longest time to live that it has seen, or because it joined
    /// the question.
    fn serves_somebody(&self, handle: u64, now: Moment, rules: &AnswersRules) -> bool {
        self.answers.values().any(|answer| {
            matches!(answer.verdict, Verdict::Good { handle: own, .. } if own == handle)
                && (answer.sent.steady + answer.longest_ttl > now.steady
                    || since(answer.landed_at, now.steady) < flight(rules))
        })
    }
}

/// Several askers with different rules share the state.
const RULES: [AnswersRules; 4] = [
    AnswersRules::DEFAULT,
    AnswersRules { good_ttl: 30_000, ..AnswersRules::DEFAULT },
    AnswersRules { good_ttl: 600_000, refused_ttl: 60_000, timeout: 1_000, questions: 6, ..AnswersRules::DEFAULT },
    AnswersRules { good_ttl: 5_000, refused_ttl: 0, questions: 4, max_len: 20_000, ..AnswersRules::DEFAULT },
];

struct Sent {
    key: Key,
    question: Question,
    rules: AnswersRules,
}

fn scope(key: &Key) -> [u8; 16] {
    core::array::from_fn(|i| key.0.as_bytes().get(i).copied().unwrap_or(0))
}

fn fingerprint(key: &Key) -> [u8; 32] {
    core::array::from_fn(|i| key.1.as_bytes().get(i).copied().unwrap_or(0))
}

/// One state's life. Returns how many operations ran.
pub fn episode(random: &mut Random) -> u64 {
    let mut now = Moment { steady: random.between(0, 30 * 24 * HOUR), wall: 1_750_000_000_000 };
    let mut memory = vec![0; Answers::words(PLACES, QUESTIONS).unwrap()];
    Answers::init(&mut memory, PLACES, QUESTIONS, &random.seed()).unwrap();
    let mut model = Model::default();
    let mut pending: Vec<Sent> = Vec::new();
    let one_asker = random.percent(40).then(|| random.index(RULES.len()));
    let hanging = random.percent(20);
    let operations = 200;
    for _ in 0..operations {
        pass_time(&mut now, random);
        let rules = RULES[one_asker.unwrap_or_else(|| random.index(RULES.len()))];
        if random.percent(1) {
            model.torn += u64::from(memory[1] & 1 == 0);
            memory[1] |= 1;
            model.asked.clear();
        }
        let mut state = Answers::open(&mut memory).unwrap();
        match random.below(10) {
            0..6 => {
                let key = (format!("p{}", random.below(2)), format!("k{}", random.below(KEYS)));
                // A request that comes now, or one that came before some of the questions.
                let ticket = if random.percent(60) { 0 } else { 1 + random.below(model.last + 1) };
                let expected = model.ask(&key, ticket, now, &rules);
                let answer = state.ask(&scope(&key), &fingerprint(&key), ticket, now, &rules);
                assert_eq!(answer, expected, "{key:?} {rules:?} {now:?}");
                if let Ask::Send(question) = answer {
                    pending.push(Sent { key, question, rules });
                }
                if let Ask::Known(Verdict::Good { handle, .. }) = answer {
                    assert!(model.held.contains_key(&handle), "{handle} was freed");
                }
            }
            6..9 if !(pending.is_empty() || hanging && random.percent(95)) => {
                let sent = pending.swap_remove(random.index(pending.len()));
                land(&mut state, &mut model, &sent, now, random);
            }
            9 if random.percent(10) => {
                if let Some(handle) = state.reclaim(now, &rules) {
                    model.free(handle);
                } else {
                    assert!(model.held.is_empty(), "{:?}", model.held);
                }
            }
            _ => {}
        }
        if memory[1] & 1 == 0 {
            let state = Answers::open(&mut memory).unwrap();
            assert_eq!((state.recoveries(), state.answers_len()), (model.torn, model.octets()));
        }
    }
    recovers(&mut memory, &model, now, random);
    operations
}

fn land(state: &mut Answers<'_>, model: &mut Model, sent: &Sent, now: Moment, random: &mut Random) {
    let Sent { key, question, rules } = sent;
    let verdict = match random.below(10) {
        0..6 => {
            model.handles += 1;
            let most = if random.percent(5) { 30_000 } else { 2_000 };
            Verdict::Good { handle: model.handles, len: random.below(most) }
        }
        6 | 7 => Verdict::Invalid,
        8 => Verdict::NotPermitted,
        _ => Verdict::Failed,
    };
    // A mark older than a day may be gone, with the number of its answer. So no question that old is reported here.
    let newer = model.answers.get(key).filter(|answer| answer.number >= question.number);
    if newer.is_some_and(|answer| answer.gone && since(answer.landed_at, now.steady) >= 23 * HOUR) {
        return;
    }
    let octets = model.octets();
    let landed = state.landed(&scope(key), &fingerprint(key), *question, verdict, now, rules);
    if let Some(asked) = model.asked.get_mut(key).filter(|asked| asked.number == question.number) {
        if verdict != Verdict::Failed {
            model.asked.remove(key);
        } else if asked.failed_at.is_none() {
            asked.failed_at = Some(now.steady);
        }
    }
    let late = model.answers.get(key).is_some_and(|answer| answer.number >= question.number);
    let mut displaced = 0;
    for &freed in landed.freed.handles() {
        if matches!(verdict, Verdict::Good { handle, .. } if handle == freed) {
            assert!(!landed.kept && !model.held.contains_key(&freed));
            model.ended.insert(freed);
            continue;
        }
        let own = model
            .answers
            .get(key)
            .is_some_and(|answer| matches!(answer.verdict, Verdict::Good { handle, .. } if handle == freed));
        let replaced = own && !late && verdict != Verdict::Failed;
        if !replaced && model.serves_somebody(freed, now, rules) {
            displaced += 1;
        }
        model.free(freed);
    }
    match verdict {
        Verdict::Good { handle, len } => {
            let room = model.octets() + len <= rules.max_len;
            // The sweep comes after the decision and frees more.
            assert!(!landed.kept || room, "over the limit");
            assert!(!(landed.kept && late) && (landed.kept || late || octets + len > rules.max_len));
            assert!(displaced == 0 || octets + len > rules.max_len && len <= rules.max_len, "displaced without need");
            assert!(displaced <= 2);
            if landed.kept {
                model.held.insert(handle, len);
            } else {
                assert!(model.ended.contains(&handle), "the driver would keep {handle} for ever");
            }
        }
        _ => assert!(displaced == 0, "a refusal displaced a good key's answer"),
    }
    if !late && verdict != Verdict::Failed {
        let answer = Answer {
            verdict,
            number: question.number,
            sent: question.sent,
            landed_at: now.steady,
            gone: matches!(verdict, Verdict::Good { .. }) && !landed.kept,
            longest_ttl: ttl(verdict, rules),
        };
        model.answers.insert(key.clone(), answer);
    }
}

/// Whatever happened before: once the service answers again and old questions have timed out, every request gets an answer.
fn recovers(memory: &mut [u64], model: &Model, now: Moment, random: &mut Random) {
    let mut state = Answers::open(memory).unwrap();
    let rules = AnswersRules::DEFAULT;
    let later = flight(&rules) + 40 * SECOND;
    let now = Moment { steady: now.steady + later, wall: now.wall + later };
    let mut last = model.last;
    for number in 0..20 {
        let key = (format!("p{}", random.below(3)), format!("k{number}"));
        let Ask::Send(question) = state.ask(&scope(&key), &fingerprint(&key), 0, now, &rules) else {
            // Another asker's longer time to live does not count, a refusal of less than five seconds does not exist.
            panic!("no question about {key:?}");
        };
        assert!(question.number > last);
        last = question.number;
        let verdict = Verdict::Good { handle: 1_000_000 + number, len: 1 };
        assert!(state.landed(&scope(&key), &fingerprint(&key), question, verdict, now, &rules).kept);
        assert_eq!(state.ask(&scope(&key), &fingerprint(&key), question.number, now, &rules), Ask::Known(verdict));
    }
}

fn pass_time(now: &mut Moment, random: &mut Random) {
    let passed = match random.below(60) {
        0..30 => 0,
        30..48 => random.between(1, 500),
        48..56 => random.between(500, 7 * SECOND),
        56..58 => random.between(5 * SECOND, 90 * SECOND),
        58 => random.between(60 * SECOND, 2 * HOUR),
        _ => random.between(20 * HOUR, 30 * HOUR),
    };
    now.steady += passed;
    now.wall += passed;
    match random.below(100) {
        0 => now.wall += random.between(-48 * HOUR, 48 * HOUR),
        1..4 => now.steady -= random.between(1, 50),
        _ => {}
    }
}
