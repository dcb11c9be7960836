//! Operations that a fixed sequence of random numbers chooses.

use crate::scenario::recorder::{Began, Recorder, ticket_of};

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }

    fn time(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(bound)).unwrap()
    }

    /// Time goes on, mostly a little; seldom one of the clocks jumps.
    fn pass(&mut self, r: &mut Recorder) {
        let most = self.one_of(&[1, 20, 20, 300, 2_000, 2_000, 12_000, 90_000]);
        let passed = self.time(most);
        r.pass(passed);
        match self.below(40) {
            0 => r.pass(self.time(8 * 3_600_000)),
            1 => r.wall += self.time(40 * 3_600_000),
            2 => r.wall -= self.time(40 * 3_600_000),
            3 => r.steady -= self.time(10),
            _ => {}
        }
    }

    /// Takes one of the flights or questions under way, often the last one.
    fn take(&mut self, under_way: &mut Vec<Began>) -> Option<Began> {
        let last = under_way.len().checked_sub(1)?;
        let place = if self.below(3) == 0 { usize::try_from(self.below(last as u64 + 1)).unwrap() } else { last };
        // Some of them are reported twice.
        Some(if self.below(10) == 0 { under_way[place].clone() } else { under_way.remove(place) })
    }
}

const REFRESH_RULES: [&str; 4] = [
    "3600000 86400000 10000 5000 1000 16",
    "600000 3600000 10000 5000 1000 2",
    "60000 90000 5000 2000 0 64",
    "3600000 1800000 1000 500 10000 0",
];

pub fn refresh(r: &mut Recorder, seed: u64) {
    let mut chance = Chance(seed);
    (r.steady, r.wall) = (1_000_000, 1_750_000_000_000);
    r.note(&format!("By chance, {seed}."));
    r.timed(&format!("refresh.init {seed}"));
    r.run(&format!("refresh.rules {}", REFRESH_RULES[0]));
    let (mut flights, mut waits, mut handle) = (Vec::new(), Vec::new(), 100);
    for _ in 0..220 {
        chance.pass(r);
        match chance.below(32) {
            0..=7 => {
                let result = r.timed("refresh.poll");
                flights.extend(result.strip_prefix("fetch ").map(str::to_owned));
            }
            8..=17 => {
                let kids: Vec<_> = (0..=chance.below(3)).map(|_| format!("kid{}", chance.below(12))).collect();
                let need = match chance.below(6) {
                    0 => "nothing".to_owned(),
                    1 => "document".to_owned(),
                    _ => kids.join(","),
                };
                let result = r.timed(&format!("refresh.request {need}"));
                let (result, _) = result.rsplit_once(' ').unwrap();
                flights.extend(result.strip_prefix("fetch ").map(str::to_owned));
                waits.extend(result.strip_prefix("wait ").map(str::to_owned));
            }
            18..=22 => {
                if let Some(flight) = chance.take(&mut flights) {
                    handle += 1;
                    let change = chance.one_of(&["same", "same", "text", "keys"]);
                    r.timed(&format!("refresh.landed {flight} {change} {handle} {}", chance.below(300_000)));
                }
            }
            23 | 24 => {
                if let Some(flight) = chance.take(&mut flights) {
                    r.timed(&format!("refresh.failed {flight}"));
                }
            }
            25 => {
                if let Some(flight) = chance.take(&mut flights) {
                    r.timed(&format!("refresh.abandoned {flight}"));
                }
            }
            26 => {
                if let Some(wait) = chance.take(&mut waits) {
                    r.run(&format!("refresh.waited {wait}"));
                }
            }
            27 => {
                let began = r.wall - chance.time(7_200_000) + 60_000;
                handle += 1;
                r.timed(&format!("refresh.restore {began} {handle} 99"));
            }
            28 => {
                let rules = chance.one_of(&REFRESH_RULES);
                r.run(&format!("refresh.rules {rules}"));
            }
            29 => {
                let all =
                    ["refresh.recoveries", "refresh.tear", "refresh.renew 77", "refresh.other", "refresh.adopt 55"];
                r.run(chance.one_of(&all));
            }
            _ => {
                let all = ["refresh.document", "refresh.due_in", "refresh.attention_at", "refresh.is_fetching"];
                r.timed(chance.one_of(&all));
            }
        }
    }
}

const ANSWERS_RULES: [&str; 4] =
    ["0 5000 5000 64 8388608", "30000 5000 5000 6 3000", "60000 0 2000 64 2000", "5000 60000 5000 3 8388608"];

pub fn answers(r: &mut Recorder, seed: u64) {
    let mut chance = Chance(seed);
    (r.steady, r.wall) = (1_000_000, 1_750_000_000_000);
    r.note(&format!("By chance, {seed}."));
    r.run(&format!("answers.init 16 8 {seed}"));
    r.run(&format!("answers.rules {}", ANSWERS_RULES[0]));
    let (mut questions, mut waits, mut handle) = (Vec::new(), Vec::new(), 1_000);
    for _ in 0..220 {
        chance.pass(r);
        match chance.below(32) {
            0..=2 => {
                r.timed(&format!("answers.known {} {}", 1 + chance.below(2), chance.below(20)));
            }
            3..=14 => {
                let again = if chance.below(3) == 0 { chance.take(&mut waits) } else { None };
                let asked = again.unwrap_or_else(|| format!("{} {} 0", 1 + chance.below(2), chance.below(20)));
                let result = r.timed(&format!("answers.ask {asked}"));
                let (name, _) = asked.rsplit_once(' ').unwrap();
                questions.extend(result.strip_prefix("send ").map(|question| format!("{name} {question}")));
                waits.extend(ticket_of(&result).map(|ticket| format!("{name} {ticket}")));
            }
            15..=26 => {
                if let Some(question) = chance.take(&mut questions) {
                    handle += 1;
                    let good = format!("good {handle} {}", chance.below(1_500));
                    let verdict = match chance.below(8) {
                        0 => "failed 0 0",
                        1 => "not_permitted 0 0",
                        2 => "invalid 0 0",
                        _ => &good,
                    };
                    r.timed(&format!("answers.landed {question} {verdict}"));
                }
            }
            27 => {
                r.timed("answers.reclaim");
            }
            28 => {
                let rules = chance.one_of(&ANSWERS_RULES);
                r.run(&format!("answers.rules {rules}"));
            }
            _ => {
                r.run(chance.one_of(&["answers.len", "answers.len", "answers.recoveries", "answers.tear"]));
            }
        }
    }
}
