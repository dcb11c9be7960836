//! Each operation of both machines, and what has to hold when its process dies inside it.

use super::recovery::accepts_a_new_key;
use std::collections::{BTreeMap, BTreeSet};
use tesseral_verify::rulebook::{
    Act, Answers, AnswersRules, Ask, Change, Document, Flight, KidHash, Moment, Need, Poll, Question, Refresh,
    RefreshRules, Verdict,
};

/// One call in a process that dies there.
pub trait Case {
    fn name(&self) -> &str;
    fn before(&self) -> &[u64];
    fn run(&self, words: &mut [u64]);
    /// Whether the next call recovers from what a kill left.
    fn check(&self, left: &[u64]);
}

pub const RULES: RefreshRules = RefreshRules::DEFAULT;
const SEED: [u8; 16] = [7; 16];

fn at(later: i64) -> Moment {
    Moment { steady: 1_000_000 + later, wall: 1_750_000_000_000 + later }
}

type Call<T> = Box<dyn Fn(&mut T)>;
type AnswersCall = Box<dyn Fn(&mut Answers<'_>, Moment)>;

struct RefreshCase {
    name: &'static str,
    before: Vec<u64>,
    /// Numbers of the flights that began before.
    begun: BTreeSet<u64>,
    now: Moment,
    run: Call<[u64]>,
    /// The words may hold no state.
    makes: bool,
}

impl Case for RefreshCase {
    fn name(&self) -> &str {
        self.name
    }

    fn before(&self) -> &[u64] {
        &self.before
    }

    fn run(&self, words: &mut [u64]) {
        (self.run)(words);
    }

    fn check(&self, left: &[u64]) {
        let document = |words: &[u64]| -> Option<Document> { Refresh::open(&mut words.to_vec()).ok()?.document() };
        let mut after = self.before.clone();
        self.run(&mut after);
        let mut copy: Box<[u64; Refresh::WORDS]> = left.to_vec().into_boxed_slice().try_into().unwrap();
        let Ok(mut state) = Refresh::open(&mut *copy) else {
            assert!(self.makes, "{}: no state any more", self.name);
            return;
        };
        let seen = state.document();
        assert!(seen == document(&self.before) || seen == document(&after), "{}: half a document {seen:?}", self.name);
        let recoveries = state.recoveries();
        state.waited(tesseral_verify::rulebook::Wait { until: 0, place: None });
        assert_eq!(state.recoveries(), recoveries + (left[1] & 1), "{}", self.name);
        assert_eq!(state.document(), seen, "{}: recovery changed the document", self.name);
        let begun = if self.makes { BTreeSet::new() } else { self.begun.clone() };
        let left: &[u64; Refresh::WORDS] = left.try_into().unwrap();
        let later = Moment { steady: self.now.steady + 1, wall: self.now.wall + 1 };
        for frozen in [false, true] {
            accepts_a_new_key(left, &begun, later, &RULES, frozen);
        }
    }
}

/// A state in the making.
struct Making {
    words: Vec<u64>,
    begun: BTreeSet<u64>,
}

impl Making {
    fn new() -> Self {
        let mut words = vec![0; Refresh::WORDS];
        Refresh::init(&mut words, &SEED, at(0)).unwrap();
        Self { words, begun: BTreeSet::new() }
    }

    fn state(&mut self) -> Refresh<'_> {
        Refresh::open(&mut self.words).unwrap()
    }

    fn fly(&mut self, later: i64) -> Flight {
        let Poll::Fetch(flight) = self.state().poll(at(later), &RULES) else { panic!("no flight at {later}") };
        self.begun.insert(flight.number);
        flight
    }

    fn land(&mut self, later: i64) {
        let flight = self.fly(later);
        self.state().landed(flight, Change::Keys, flight.number, 100, at(later + 100));
    }

    fn want(&mut self, later: i64) {
        let act = self.state().request(Need::Kids(&[kid(later)]), at(later), &RULES).act;
        assert!(matches!(act, Act::Wait(_)), "{act:?}");
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn case(self, name: &'static str, later: i64, run: impl Fn(&mut Refresh<'_>, Moment) + 'static) -> RefreshCase {
        let run = move |words: &mut [u64]| {
            if let Ok(mut state) = Refresh::open(words) {
                run(&mut state, at(later));
            }
        };
        let Self { words, begun } = self;
        RefreshCase { name, before: words, begun, now: at(later), run: Box::new(run), makes: false }
    }
}

fn kid(number: i64) -> KidHash {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    KidHash(hash)
}

fn make(name: &'static str, before: Vec<u64>) -> RefreshCase {
    let run = |words: &mut [u64]| {
        let _ = Refresh::init(words, &[9; 16], at(50_000));
    };
    RefreshCase { name, before, begun: BTreeSet::new(), now: at(50_000), run: Box::new(run), makes: true }
}

pub fn refresh_cases() -> Vec<Box<dyn Case>> {
    let landed = || Making::new().with(|making| making.land(0));
    let flight = |number, later| Flight { number, began: at(later) };
    let poll = |state: &mut Refresh<'_>, now| _ = state.poll(now, &RULES);
    let request = |need: Need<'static>| move |state: &mut Refresh<'_>, now| _ = state.request(need, now, &RULES);
    let one: &'static [KidHash] = Box::leak(Box::new([kid(-1)]));
    let two: &'static [KidHash] = Box::leak(Box::new([kid(-1), kid(-2)]));
    let early = || landed().with(|making| making.want(20_000)).with(|making| _ = making.fly(20_000));
    let failing = || {
        early().with(|making| {
            making.state().failed(flight(2, 20_000), at(21_000));
            making.fly(25_000);
        })
    };
    let full = || {
        landed().with(|making| {
            for number in 0..70 {
                making.state().request(Need::Kids(&[kid(number)]), at(20_000), &RULES);
            }
        })
    };
    let torn = full().with(|making| making.words[1] |= 1);
    let restored = |making: &mut Making| {
        making.state().restore(at(-7_200_000).wall, 5, 10, at(0), &RULES);
    };
    let cases = vec![
        make("init", vec![0; Refresh::WORDS]),
        make("init over an old state", landed().words),
        Making::new().case("poll: the first flight", 10, poll),
        landed().case("poll: a planned flight", 3_500_000, poll),
        landed().with(|making| making.want(20_000)).case("poll: an early flight", 20_100, poll),
        early().case("poll: a lost flight", 30_000, poll),
        Making::new().with(|making| _ = making.fly(0)).case("landed: the first document", 200, move |state, now| {
            state.landed(flight(1, 0), Change::Keys, 1, 10, now);
        }),
        failing().case("landed: after failures", 26_000, move |state, now| {
            state.landed(flight(3, 25_000), Change::Keys, 3, 10, now);
        }),
        failing().case("landed: the same text", 26_000, move |state, now| {
            state.landed(flight(3, 25_000), Change::Same, 3, 10, now);
        }),
        failing().with(|making| making.state().failed(flight(3, 25_000), at(26_000))).case(
            "landed: late, though a later one failed",
            27_000,
            move |state, now| _ = state.landed(flight(2, 20_000), Change::Text, 2, 10, now),
        ),
        early().case("landed: too late", 21_000, move |state, now| {
            state.landed(flight(1, 0), Change::Keys, 9, 10, now);
        }),
        Making::new().with(|making| _ = making.fly(0)).case("failed: the first flight", 200, move |state, now| {
            state.failed(flight(1, 0), now);
        }),
        early().case("failed: an early flight", 21_000, move |state, now| state.failed(flight(2, 20_000), now)),
        early().case("abandoned: an early flight", 21_000, move |state, now| state.abandoned(flight(2, 20_000), now)),
        Making::new().with(|making| _ = making.fly(0)).case("abandoned: the first flight", 200, move |state, now| {
            state.abandoned(flight(1, 0), now);
        }),
        Making::new().case("restore: the first document", 10, |state, now| {
            state.restore(at(-3_600_000).wall, 6, 10, now, &RULES);
        }),
        Making::new().with(restored).case("restore: a newer document", 10, |state, now| {
            state.restore(at(-3_600_000).wall, 6, 10, now, &RULES);
        }),
        landed().case("request: nothing, the background is frozen", 3_600_000, request(Need::Nothing)),
        landed().case("request: a document, too old", 90_000_000, request(Need::Document)),
        landed().case("request: new kids", 20_000, request(Need::Kids(two))),
        full().case("request: new kids, all places taken", 20_000, request(Need::Kids(one))),
        landed().with(|making| making.want(20_000)).case(
            "request: new kids, the background is frozen",
            26_000,
            request(Need::Kids(one)),
        ),
        landed().with(|making| making.want(20_000)).case("waited", 20_100, |state, _| {
            state.waited(tesseral_verify::rulebook::Wait { until: at(21_000).steady, place: Some(0) });
        }),
        full().case("renew", 20_100, |state, _| state.renew(&[8; 16])),
        torn.case("the recovery itself", 20_100, poll),
    ];
    cases.into_iter().map(|case| Box::new(case) as Box<dyn Case>).collect()
}

const SCOPE: [u8; 16] = [1; 16];
const ASKING: AnswersRules =
    AnswersRules { good_ttl: 3_600_000, refused_ttl: 3_600_000, questions: 2, max_len: 1_000, ..AnswersRules::DEFAULT };
/// All keys that any case knows.
const KEYS: std::ops::Range<u64> = 0..40;

fn fingerprint(key: u64) -> [u8; 32] {
    let mut octets = [0; 32];
    octets[..8].copy_from_slice(&key.to_le_bytes());
    octets
}

struct AnswersCase {
    name: &'static str,
    before: Vec<u64>,
    now: Moment,
    run: Call<[u64]>,
    makes: bool,
}

/// What is known of each key.
fn known(words: &[u64], now: Moment) -> Option<BTreeMap<u64, Verdict>> {
    let mut copy = words.to_vec();
    let mut state = Answers::open(&mut copy).ok()?;
    let mut known = BTreeMap::new();
    for key in KEYS {
        // With the highest ticket, a request joins no question: an answer serves it only within its time to live.
        if let Ask::Known(verdict) = state.ask(&SCOPE, &fingerprint(key), u64::MAX, now, &ASKING) {
            known.insert(key, verdict);
        }
    }
    Some(known)
}

impl Case for AnswersCase {
    fn name(&self) -> &str {
        self.name
    }

    fn before(&self) -> &[u64] {
        &self.before
    }

    fn run(&self, words: &mut [u64]) {
        (self.run)(words);
    }

    fn check(&self, left: &[u64]) {
        let mut after = self.before.clone();
        self.run(&mut after);
        let Some(seen) = known(left, self.now) else {
            assert!(self.makes, "{}: no state any more", self.name);
            return;
        };
        let (before, after) = (known(&self.before, self.now).unwrap_or_default(), known(&after, self.now).unwrap());
        let (mut handles, mut octets) = (BTreeSet::new(), 0);
        for (key, verdict) in seen {
            let allowed = [before.get(&key), after.get(&key)].contains(&Some(&verdict));
            assert!(allowed, "{}: {verdict:?} for {key}", self.name);
            if let Verdict::Good { handle, len } = verdict {
                assert!(handles.insert(handle), "{}: {handle} belongs to two keys", self.name);
                octets += len;
            }
        }
        let mut copy = left.to_vec();
        let mut state = Answers::open(&mut copy).unwrap();
        let recoveries = state.recoveries();
        let later = Moment { steady: self.now.steady + 10_001, wall: self.now.wall + 10_001 };
        let Ask::Send(question) = state.ask(&SCOPE, &fingerprint(99), 0, later, &ASKING) else {
            panic!("{}: a new key is not asked about", self.name);
        };
        assert_eq!(state.recoveries(), recoveries + (left[1] & 1), "{}", self.name);
        assert_eq!(state.answers_len(), octets, "{}", self.name);
        let verdict = Verdict::Good { handle: 99, len: 1 };
        assert!(state.landed(&SCOPE, &fingerprint(99), question, verdict, later, &ASKING).kept, "{}", self.name);
        assert_eq!(state.ask(&SCOPE, &fingerprint(99), question.number, later, &ASKING), Ask::Known(verdict));
        assert!(octets <= ASKING.max_len);
    }
}

/// A table of one pair of sets.
fn answers() -> Vec<u64> {
    let mut words = vec![0; Answers::words(16, 2).unwrap()];
    Answers::init(&mut words, 16, 2, &SEED).unwrap();
    words
}

fn send(words: &mut [u64], key: u64, later: i64, rules: &AnswersRules) -> Question {
    let mut state = Answers::open(words).unwrap();
    match state.ask(&SCOPE, &fingerprint(key), 0, at(later), rules) {
        Ask::Send(question) => question,
        other => panic!("{other:?} for {key}"),
    }
}

fn tell(words: &mut [u64], key: u64, verdict: Verdict) {
    let question = send(words, key, 0, &AnswersRules { refused_ttl: 0, ..AnswersRules::DEFAULT });
    Answers::open(words).unwrap().landed(&SCOPE, &fingerprint(key), question, verdict, at(0), &ASKING);
}

fn good(key: u64, len: u64) -> Verdict {
    Verdict::Good { handle: key + 1, len }
}

pub fn answers_cases() -> Vec<Box<dyn Case>> {
    let some = || {
        let mut words = answers();
        for (key, verdict) in [(1, good(1, 100)), (2, Verdict::Invalid), (3, good(3, 100)), (4, Verdict::NotPermitted)]
        {
            tell(&mut words, key, verdict);
        }
        words
    };
    let crowded = || {
        let mut words = some();
        for key in 5..40 {
            tell(&mut words, key, if key % 3 == 0 { Verdict::Invalid } else { good(key, 30) });
        }
        words
    };
    let no_room = || {
        let mut words = some();
        for key in 5..9 {
            tell(&mut words, key, good(key, 200));
        }
        words
    };
    let case = |name, before: Vec<u64>, later, run: AnswersCall| {
        let run = move |words: &mut [u64]| {
            if let Ok(mut state) = Answers::open(words) {
                run(&mut state, at(later));
            }
        };
        AnswersCase { name, before, now: at(later), run: Box::new(run), makes: false }
    };
    let ask = |name, before: Vec<u64>, later, key| {
        let run = move |state: &mut Answers<'_>, now: Moment| {
            let patient = AnswersRules { good_ttl: 3_600_000 - 1, ..AnswersRules::DEFAULT };
            let rules = if key == 1 { patient } else { AnswersRules { good_ttl: 0, ..AnswersRules::DEFAULT } };
            state.ask(&SCOPE, &fingerprint(key), 0, now, &rules);
        };
        case(name, before, later, Box::new(run))
    };
    let land = |name, mut before: Vec<u64>, key: u64, verdict| {
        let eager = AnswersRules { good_ttl: 0, refused_ttl: 0, ..AnswersRules::DEFAULT };
        let question = send(&mut before, key, 10, &eager);
        let run = move |state: &mut Answers<'_>, now: Moment| {
            state.landed(&SCOPE, &fingerprint(key), question, verdict, now, &ASKING);
        };
        case(name, before, 200, Box::new(run))
    };
    let mut late = some();
    let old = send(&mut late, 3, 10, &AnswersRules::DEFAULT);
    let mut over = some();
    send(&mut over, 9, 10, &AnswersRules::DEFAULT);
    let mut asked = some();
    let gone = send(&mut asked, 9, 10, &AnswersRules::DEFAULT);
    let mut torn = crowded();
    send(&mut torn, 41, 10, &AnswersRules::DEFAULT);
    torn[1] |= 1;
    let make = AnswersCase {
        name: "answers init",
        before: vec![0; Answers::words(16, 2).unwrap()],
        now: at(0),
        run: Box::new(|words| _ = Answers::init(words, 16, 2, &SEED)),
        makes: true,
    };
    let mut again = make_over(crowded());
    again.name = "answers init over an old state";
    let cases = vec![
        make,
        again,
        ask("ask: a new key", some(), 100, 9),
        ask("ask: a good key again", some(), 100, 3),
        ask("ask: a longer time to live", some(), 100, 1),
        ask("ask: a question past its time", over, 20_000, 9),
        land("landed: a new good key", some(), 9, good(9, 100)),
        land("landed: a good key again", some(), 1, Verdict::Good { handle: 77, len: 50 }),
        land("landed: a good key is refused", some(), 1, Verdict::Invalid),
        land("landed: a refused key is good", some(), 2, good(2, 100)),
        land("landed: a new refusal", some(), 9, Verdict::Invalid),
        land("landed: good, the table is full", crowded(), 39, Verdict::Good { handle: 78, len: 30 }),
        land("landed: refused, the table is full", crowded(), 0, Verdict::Invalid),
        land("landed: good, no room", no_room(), 9, good(9, 300)),
        land("landed: failed", some(), 9, Verdict::Failed),
        case("landed: too late", late, 300, {
            let number = old.number - 3;
            Box::new(move |state, now| {
                let question = Question { number, sent: at(0) };
                let landed = state.landed(&SCOPE, &fingerprint(3), question, good(30, 10), now, &ASKING);
                debug_assert!(!landed.kept);
            })
        }),
        case("abandoned", asked, 100, Box::new(move |state, _| state.abandoned(&SCOPE, &fingerprint(9), gone))),
        case("reclaim", some(), 100, Box::new(|state, now| _ = state.reclaim(now, &ASKING))),
        ask("answers: the recovery itself", torn, 100, 9),
    ];
    cases.into_iter().map(|case| Box::new(case) as Box<dyn Case>).collect()
}

fn make_over(before: Vec<u64>) -> AnswersCase {
    let run = |words: &mut [u64]| _ = Answers::init(words, 16, 2, &[9; 16]);
    AnswersCase { name: "", before, now: at(0), run: Box::new(run), makes: true }
}
