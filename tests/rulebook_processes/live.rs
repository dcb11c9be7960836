//! Four processes work on one state and are killed at random, with rules so short that much happens.

use super::{
    common::sets::say,
    random::{Random, number},
    shared::{Shared, fork, kill, wait},
};
use std::{
    thread,
    time::{Duration, Instant},
};
use tesseral_verify::rulebook::{
    Act, Answers, AnswersRules, Ask, Change, Flight, KidHash, Moment, Need, Poll, Refresh, RefreshRules, Taken, Verdict,
};

const PROCESSES: usize = 4;
const COOLDOWN: u64 = 40;
const TIMEOUT: u64 = 10;
/// No planned flight is due while this runs.
const RULES: RefreshRules =
    RefreshRules { interval: 86_400_000, cooldown: COOLDOWN, timeout: TIMEOUT, wait: 5, ..RefreshRules::DEFAULT };
const ASKING: AnswersRules =
    AnswersRules { good_ttl: 50, refused_ttl: 10, timeout: TIMEOUT, questions: 4, max_len: 20_000 };
const SCOPE: [u8; 16] = [3; 16];
const KEYS: u64 = 40;

const REFRESH: usize = Refresh::WORDS;
const ANSWERS: usize = match Answers::words(32, 4) {
    Some(len) => len,
    None => 0,
};

// Words beside the machines, in which the processes tell each other what they did. Only the holder of the lock writes them.
const FLIGHTS: usize = 0;
const LAST_FLIGHT: usize = 1;
/// Number of the flight under way, when it began, and how many recoveries there had been.
const FLYING: usize = 2;
const FLYING_SINCE: usize = 3;
const FLYING_RECOVERIES: usize = 4;
const LAST_DOCUMENT: usize = 5;
const LAST_QUESTION: usize = 6;
const LAST_HANDLE: usize = 7;
const OPERATIONS: usize = 8;
/// The line of the first violation; 0: none.
const VIOLATION: usize = 9;
const LOST: usize = 10;
/// One word for each handle: 1 offered, 2 freed.
const HANDLES: usize = 11;
const MOST_HANDLES: usize = 1 << 20;

pub fn run() {
    let seconds = number("TESSERAL_RULEBOOK_SECONDS", 4);
    let began = Instant::now();
    let mut shared = Shared::new(REFRESH + ANSWERS + HANDLES + MOST_HANDLES);
    Refresh::init(&mut shared.words()[..REFRESH], &[1; 16], moment()).unwrap();
    Answers::init(&mut shared.words()[REFRESH..][..ANSWERS], 32, 4, &[2; 16]).unwrap();
    let mut random = Random::new(number("TESSERAL_RULEBOOK_SEED", 1));
    let spawn = |shared: &mut Shared, seed| fork(|| work(shared, &mut Random::new(seed)));
    let mut children: Vec<_> = (0..PROCESSES).map(|_| spawn(&mut shared, random.next())).collect();
    let mut kills = 0;
    while began.elapsed() < Duration::from_secs(seconds) {
        thread::sleep(Duration::from_micros(random.below(4_000)));
        let child = random.index(children.len());
        kill(children[child]);
        let status = wait(children[child]);
        assert!(libc::WIFSIGNALED(status), "a process panicked: {status:#x}");
        kills += 1;
        children[child] = spawn(&mut shared, random.next());
    }
    for child in children {
        kill(child);
        assert!(libc::WIFSIGNALED(wait(child)), "a process panicked");
    }
    let elapsed = u64::try_from(began.elapsed().as_millis()).unwrap();
    shared.lock();
    let now = moment();
    let (machines, told) = shared.words().split_at_mut(REFRESH + ANSWERS);
    assert_eq!(told[VIOLATION], 0, "a process saw a violation: the line of tests/rulebook_processes/live.rs");
    let (refresh, answers) = machines.split_at_mut(REFRESH);
    let (refresh, answers) = (Refresh::open(refresh).unwrap(), Answers::open(answers).unwrap());
    say(&format!(
        "rulebook processes: {} operations, {kills} kills, {} recoveries, {} flights ({} lost), {} questions",
        told[OPERATIONS],
        refresh.recoveries() + answers.recoveries(),
        told[FLIGHTS],
        told[LOST],
        told[LAST_QUESTION],
    ));
    // The first flight, one in each cooldown, and one more for each that was lost with its process.
    let most = 2 + elapsed / COOLDOWN + told[LOST];
    assert!(told[FLIGHTS] <= most, "{} flights, at most {most}", told[FLIGHTS]);
    assert!(told[FLIGHTS] > elapsed / COOLDOWN / 8 && told[LAST_QUESTION] > 100, "too little happened");
    assert!(refresh.document().unwrap().number == told[LAST_DOCUMENT] || refresh.recoveries() > 0);
    let begun = std::collections::BTreeSet::from([told[LAST_FLIGHT]]);
    let words: &[u64; REFRESH] = machines[..REFRESH].try_into().unwrap();
    for frozen in [false, true] {
        super::recovery::accepts_a_new_key(words, &begun, now, &RefreshRules::DEFAULT, frozen);
    }
    shared.unlock();
}

/// By a clock that all processes read.
fn moment() -> Moment {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let steady = time.tv_sec * 1_000 + time.tv_nsec / 1_000_000;
    Moment { steady, wall: 1_750_000_000_000 + steady }
}

/// What the words beside the machines say; each word is written before the lock is given back.
struct Told<'w>(&'w mut [u64]);

impl Told<'_> {
    fn add(&mut self, word: usize) -> u64 {
        self.0[word] += 1;
        self.0[word]
    }

    fn hold(&mut self, holds: bool, line: u32) {
        if !holds && self.0[VIOLATION] == 0 {
            self.0[VIOLATION] = line.into();
        }
    }

    fn offer(&mut self, key: u64) -> u64 {
        let handle = self.add(LAST_HANDLE);
        let place = usize::try_from(handle).unwrap() % MOST_HANDLES;
        self.0[HANDLES + place] = 1;
        handle * KEYS + key
    }

    fn free(&mut self, handle: u64) {
        let place = HANDLES + usize::try_from(handle / KEYS).unwrap() % MOST_HANDLES;
        self.hold(self.0[place] == 1, line!());
        self.0[place] = 2;
    }
}

/// One process's life: it ends when it is killed.
fn work(shared: &mut Shared, random: &mut Random) {
    let mut flight: Option<Flight> = None;
    let mut asked = None;
    loop {
        shared.lock();
        let now = moment();
        let (machines, told) = shared.words().split_at_mut(REFRESH + ANSWERS);
        let (refresh, answers) = machines.split_at_mut(REFRESH);
        let mut told = Told(told);
        told.0[OPERATIONS] += 40;
        match (Refresh::open(refresh), Answers::open(answers)) {
            (Ok(mut refresh), Ok(mut answers)) => {
                // So that most kills come inside a call.
                for _ in 0..20 {
                    keys(&mut refresh, &mut told, &mut flight, now, random);
                    api_keys(&mut answers, &mut told, &mut asked, now, random);
                }
            }
            _ => told.hold(false, line!()),
        }
        shared.unlock();
        if random.percent(10) {
            thread::sleep(Duration::from_micros(random.below(2_000)));
        }
    }
}

fn keys(refresh: &mut Refresh<'_>, told: &mut Told<'_>, flight: &mut Option<Flight>, now: Moment, random: &mut Random) {
    let begun = match random.below(4) {
        0 => match refresh.poll(now, &RULES) {
            Poll::Fetch(begun) => Some(begun),
            _ => None,
        },
        1 => {
            let kids = [KidHash(random.seed())];
            match refresh.request(Need::Kids(&kids), now, &RULES).act {
                Act::Fetch(begun) => Some(begun),
                Act::Wait(wait) => {
                    told.hold(wait.until <= now.steady + 5, line!());
                    None
                }
                Act::Proceed => None,
            }
        }
        2 => {
            // A fetch takes a while, in which its process may be killed.
            if random.percent(1)
                && let Some(flown) = flight.take()
            {
                let number = flown.number;
                let taken = if random.percent(80) {
                    let before = refresh.document().map_or(0, |document| document.number);
                    let taken = refresh.landed(flown, Change::Keys, number, 10, now);
                    told.hold(matches!(taken, Taken::InUse { .. }) == (number > before), line!());
                    if number > before {
                        told.0[LAST_DOCUMENT] = number;
                    }
                    true
                } else {
                    refresh.abandoned(flown, now);
                    false
                };
                if told.0[FLYING] == number {
                    told.0[FLYING] = 0;
                }
                let document = refresh.document();
                told.hold(!taken || document.is_some_and(|document| document.number >= number), line!());
                told.hold(document.is_none_or(|document| document.handle == document.number), line!());
            }
            None
        }
        _ => {
            let act = refresh.request(Need::Nothing, now, &RULES).act;
            if let Act::Fetch(begun) = act { Some(begun) } else { None }
        }
    };
    let Some(begun) = begun else { return };
    told.add(FLIGHTS);
    let lost = told.0[FLYING] != 0;
    if lost {
        // The flight was lost, because its process died inside a call or because it timed out.
        told.add(LOST);
        let since = now.steady - told.0[FLYING_SINCE].cast_signed();
        let forgotten = refresh.recoveries() > told.0[FLYING_RECOVERIES];
        told.hold(forgotten || since >= 2 * TIMEOUT.cast_signed(), line!());
    }
    told.hold(begun.number > told.0[LAST_FLIGHT], line!());
    told.0[LAST_FLIGHT] = begun.number;
    told.0[FLYING_SINCE] = now.steady.cast_unsigned();
    told.0[FLYING_RECOVERIES] = refresh.recoveries();
    told.0[FLYING] = begun.number;
    *flight = Some(begun);
}

type Asked = Option<(u64, tesseral_verify::rulebook::Question)>;

fn api_keys(answers: &mut Answers<'_>, told: &mut Told<'_>, asked: &mut Asked, now: Moment, random: &mut Random) {
    let fingerprint = |key: u64| {
        let mut octets = [0; 32];
        octets[0] = u8::try_from(key).unwrap();
        octets
    };
    if random.percent(60) || asked.is_none() {
        let key = random.below(KEYS);
        match answers.ask(&SCOPE, &fingerprint(key), 0, now, &ASKING) {
            Ask::Known(Verdict::Good { handle, len }) => {
                told.hold(handle % KEYS == key && len == 100 + key, line!());
                let state = told.0[HANDLES + usize::try_from(handle / KEYS).unwrap() % MOST_HANDLES];
                told.hold(state == 1, line!());
            }
            Ask::Known(verdict) => told.hold(verdict == Verdict::Invalid && key.is_multiple_of(3), line!()),
            Ask::Send(question) => {
                told.hold(question.number > told.0[LAST_QUESTION], line!());
                told.0[LAST_QUESTION] = question.number;
                *asked = Some((key, question));
            }
            Ask::Wait { .. } | Ask::Busy => {}
        }
    } else if let Some((key, question)) = asked.take() {
        let verdict = match key % 3 {
            0 => Verdict::Invalid,
            _ => Verdict::Good { handle: told.offer(key), len: 100 + key },
        };
        let landed = answers.landed(&SCOPE, &fingerprint(key), question, verdict, now, &ASKING);
        for handle in landed.freed.handles() {
            told.free(*handle);
        }
    }
    told.hold(answers.answers_len() <= ASKING.max_len, line!());
}
