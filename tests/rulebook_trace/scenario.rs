//! Makes the operations of the trace: first one after the other by intention, then by a fixed sequence of random numbers.

use crate::machines::Machines;

/// The whole trace as text.
pub fn record() -> String {
    let mut recorder = Recorder::new();
    by_intention::refresh(&mut recorder);
    for seed in 1..=3 {
        by_chance::refresh(&mut recorder, seed);
    }
    by_intention::answers(&mut recorder);
    for seed in 4..=6 {
        by_chance::answers(&mut recorder, seed);
    }
    recorder.text()
}

/// Runs operations and writes them down.
struct Recorder {
    machines: Machines,
    lines: Vec<String>,
    operations: usize,
    steady: i64,
    wall: i64,
}

/// What a flight or a question is written as.
type Began = String;

impl Recorder {
    fn new() -> Self {
        Self { machines: Machines::new(), lines: Vec::new(), operations: 0, steady: 0, wall: 0 }
    }

    fn text(&self) -> String {
        format!("# {} operations: see README.md.\n{}\n", self.operations, self.lines.join("\n"))
    }

    /// A comment.
    fn note(&mut self, text: &str) {
        self.lines.push(format!("# {text}"));
    }

    fn run(&mut self, operation: &str) -> String {
        let result = self.machines.run(operation);
        self.lines.push(format!("{operation} => {result}"));
        self.operations += 1;
        result
    }

    /// The same with the time at the end.
    fn timed(&mut self, operation: &str) -> String {
        self.run(&format!("{operation} {} {}", self.steady, self.wall))
    }

    /// Both clocks go on.
    fn pass(&mut self, milliseconds: i64) {
        self.steady += milliseconds;
        self.wall += milliseconds;
    }

    /// Polls, and gives the flight that has begun.
    fn fetch(&mut self) -> Began {
        let result = self.timed("refresh.poll");
        result.strip_prefix("fetch ").unwrap_or_else(|| panic!("no flight: {result}")).to_owned()
    }

    fn land(&mut self, flight: &str, change: &str, handle: u64) -> String {
        self.timed(&format!("refresh.landed {flight} {change} {handle} {}", handle * 10))
    }

    /// Asks about a key: a request that comes now, or one that has this ticket.
    fn ask(&mut self, key: u8, ticket: u64) -> String {
        self.timed(&format!("answers.ask 1 {key} {ticket}"))
    }

    /// Asks about a key, and gives the question that was sent.
    fn send(&mut self, key: u8) -> Began {
        self.send_with(key, 0)
    }

    fn send_with(&mut self, key: u8, ticket: u64) -> Began {
        let result = self.ask(key, ticket);
        result.strip_prefix("send ").unwrap_or_else(|| panic!("no question: {result}")).to_owned()
    }

    /// A request that comes now and has to wait; gives its ticket.
    fn wait(&mut self, key: u8) -> u64 {
        let result = self.ask(key, 0);
        ticket_of(&result).unwrap_or_else(|| panic!("no ticket: {result}"))
    }

    fn answer(&mut self, key: u8, question: &str, verdict: &str) -> String {
        self.timed(&format!("answers.landed 1 {key} {question} {verdict}"))
    }
}

/// What a request got that waits.
fn ticket_of(result: &str) -> Option<u64> {
    let (_, ticket) = result.strip_prefix("wait ")?.split_once(' ')?;
    Some(ticket.parse().unwrap())
}

/// The number of a question: also the ticket of whoever sent it.
fn number_of(question: &str) -> u64 {
    question.split(' ').next().unwrap().parse().unwrap()
}

mod by_intention {
    use super::{Recorder, number_of};

    const WALL: i64 = 1_750_000_000_000;
    const REFRESH: &str = "refresh.rules 3600000 86400000 10000 5000 1000 16";
    const ANSWERS: &str = "answers.rules 0 5000 5000 64 8388608";
    const CACHED: &str = "answers.rules 30000 5000 5000 64 8388608";

    pub fn refresh(r: &mut Recorder) {
        (r.steady, r.wall) = (5_000, WALL);
        r.note("Memory that holds no state.");
        r.timed("refresh.poll");
        r.run("refresh.recoveries");

        r.note("A cold start: requests wait without a place, the background fetches.");
        r.timed("refresh.init 7");
        r.run(REFRESH);
        for wrong in ["2592000001 1 1 1 1 1", "1 31536000001 1 1 1 1", "1 1 3600001 1 1 1", "1 1 1 600001 1 1"] {
            r.run(&format!("refresh.rules {wrong}"));
        }
        r.run("refresh.rules 1 1 1 1 10001 1");
        r.run("refresh.rules 1 1 1 1 1 65");
        r.timed("refresh.document");
        r.timed("refresh.due_in");
        r.timed("refresh.attention_at");
        r.timed("refresh.is_fetching");
        r.timed("refresh.request document");
        let first = r.fetch();
        r.timed("refresh.request document");
        r.timed("refresh.poll");
        r.pass(800);
        r.timed("refresh.is_fetching");
        r.land(&first, "keys", 11);
        r.timed("refresh.is_fetching");
        r.timed("refresh.document");
        r.timed("refresh.request document");
        r.timed("refresh.request nothing");
        r.timed("refresh.poll");
        r.timed("refresh.due_in");
        r.timed("refresh.attention_at");

        r.note("An unknown kid: one early fetch, then a cooldown that grows.");
        r.pass(20_000);
        r.timed("refresh.request a");
        let wait = r.timed("refresh.request b,c");
        r.timed("refresh.is_fetching");
        let flight = r.fetch();
        r.timed("refresh.request d");
        r.pass(300);
        r.land(&flight, "same", 12);
        let place = wait.strip_prefix("wait ").unwrap().rsplit_once(' ').unwrap().0.to_owned();
        r.run(&format!("refresh.waited {place}"));
        r.run("refresh.waited 1 2");
        r.run("refresh.waited 1 -");
        r.run("refresh.waited 1 64");
        for kid in ["a", "a,b", "a,e", "e"] {
            r.timed(&format!("refresh.request {kid}"));
        }
        r.pass(9_700);
        r.timed("refresh.request e");
        let flight = r.fetch();
        r.pass(100);
        r.land(&flight, "text", 13);
        r.pass(10_000);
        r.timed("refresh.request f");
        r.pass(9_900);
        r.timed("refresh.request a,b,c,d,e,f,g");
        let flight = r.fetch();
        r.land(&flight, "keys", 14);

        r.note("All places are taken; they end by themselves, and one is given back.");
        r.pass(60_000);
        let waits: Vec<_> = (0..18).map(|kid| r.timed(&format!("refresh.request flood{kid}"))).collect();
        assert!(waits[15].starts_with("wait ") && waits[16].starts_with("proceed "), "{waits:?}");
        r.run(&format!("refresh.waited {} 5", r.steady + 1_000));
        r.timed("refresh.request one");
        r.timed("refresh.request two");
        r.pass(1_000);
        r.timed("refresh.request three");

        r.note("Nobody polled for it: the background is frozen, and a request rescues; one in an interval.");
        r.pass(4_001);
        let rescue = r.timed("refresh.request three");
        let flight = rescue.strip_prefix("fetch ").unwrap().rsplit_once(' ').unwrap().0.to_owned();
        r.timed("refresh.request nothing");
        r.pass(200);
        r.timed(&format!("refresh.failed {flight}"));
        r.timed("refresh.attention_at");
        r.pass(4 * 3_600_000);
        r.timed("refresh.request nothing");
        r.timed("refresh.request nothing");

        r.note("That flight is lost, and so is the next; the late one lands while it is newer.");
        r.pass(10_000);
        let lost = r.fetch();
        r.pass(10_000);
        let next = r.fetch();
        r.pass(1_000);
        r.timed(&format!("refresh.failed {lost}"));
        r.land(&lost, "keys", 15);
        r.land(&next, "text", 16);
        r.land(&lost, "keys", 17);
        r.land("99 1 2", "keys", 18);
        r.timed("refresh.document");

        r.note("An outage: the back-off grows to a minute.");
        let mut failures = 0;
        while failures < 9 {
            let result = r.timed("refresh.poll");
            match result.split_once(' ').unwrap() {
                ("fetch", flight) => {
                    failures += 1;
                    r.timed(&format!("refresh.failed {flight}"));
                    r.timed("refresh.due_in");
                    r.timed("refresh.request nothing");
                    r.timed("refresh.request document");
                }
                (_, until) => r.pass(until.parse::<i64>().unwrap() - r.steady),
            }
        }
        r.pass(86_400_000);
        r.timed("refresh.document");
        r.timed("refresh.request document");

        r.note("Abandoned: a planned flight backs off, an early one keeps its cooldown.");
        r.pass(3_600_000);
        let flight = r.fetch();
        r.land(&flight, "keys", 19);
        r.pass(3_500_000);
        let flight = r.fetch();
        r.timed(&format!("refresh.abandoned {flight}"));
        r.timed("refresh.poll");
        r.pass(1_000);
        let flight = r.fetch();
        r.land(&flight, "same", 20);
        r.pass(20_000);
        r.timed("refresh.request g");
        let flight = r.fetch();
        r.pass(100);
        r.timed(&format!("refresh.abandoned {flight}"));
        r.timed("refresh.request g");
        r.timed("refresh.poll");
        r.timed(&format!("refresh.abandoned {flight}"));

        r.note("A process died inside a call: flights, waits and kids are forgotten, the document stays.");
        r.pass(60_000);
        r.timed("refresh.request h");
        r.fetch();
        r.run("refresh.tear");
        r.run("refresh.recoveries");
        r.timed("refresh.document");
        r.timed("refresh.poll");
        r.run("refresh.recoveries");
        r.run("refresh.tear");
        r.run("refresh.waited 1 1");
        r.run("refresh.recoveries");

        r.note("Memory of another version, and back.");
        r.run("refresh.alien");
        for operation in
            ["refresh.poll", "refresh.document", "refresh.request document", "refresh.landed 1 2 3 keys 4 5"]
        {
            r.timed(operation);
        }
        r.run("refresh.renew 9");
        r.run("refresh.recoveries");
        r.run("refresh.alien");
        r.timed("refresh.document");

        r.note("The machine slept, then somebody sets the wall clock, and another process reads an earlier time.");
        r.pass(20 * 3_600_000);
        r.timed("refresh.document");
        r.timed("refresh.poll");
        r.wall += 8 * 3_600_000;
        r.timed("refresh.document");
        r.timed("refresh.request document");
        r.timed("refresh.poll");
        r.wall -= 30 * 3_600_000;
        r.timed("refresh.document");
        r.timed("refresh.due_in");
        r.timed("refresh.poll");
        r.steady -= 3;
        r.timed("refresh.poll");
        r.steady += 10_003;
        let flight = r.fetch();
        r.timed("refresh.request i");
        r.land(&flight, "keys", 21);
        r.timed("refresh.document");

        r.note("A forked child has its own seed, flights and waits.");
        r.pass(30_000);
        r.timed("refresh.request j");
        r.fetch();
        r.run("refresh.renew 8");
        r.timed("refresh.poll");
        r.timed("refresh.request j");
        r.timed("refresh.document");

        r.note("Another state begins where this one is, and has a handle of its own for the document.");
        r.run("refresh.other");
        r.run("refresh.adopt 50");
        r.timed("refresh.init 10");
        r.run("refresh.other");
        r.run("refresh.adopt 50");
        r.run("refresh.other");
        r.run("refresh.adopt 51");
        for operation in ["document", "is_fetching", "due_in", "attention_at", "request nothing"] {
            r.timed(&format!("refresh.{operation}"));
        }
        r.run("refresh.adopt 52");
        r.pass(3_600_000);
        r.timed("refresh.is_fetching");
        let flight = r.fetch();
        r.timed("refresh.is_fetching");
        r.land(&flight, "keys", 53);
        r.timed("refresh.document");
        r.run("refresh.adopt 54");
        r.timed("refresh.document");
        r.timed("refresh.request l");
        r.pass(10_000);
        let flight = r.fetch();
        r.land(&flight, "keys", 55);
        r.run("refresh.other");
        r.run("refresh.adopt 56");
        r.timed("refresh.document");
        r.pass(30_000);

        r.note("Documents from a file.");
        r.timed("refresh.init 9");
        let restore = |r: &mut Recorder, ago: i64, handle: u64| {
            r.timed(&format!("refresh.restore {} {handle} 100", r.wall - ago));
        };
        restore(r, -1, 30);
        restore(r, 86_400_001, 31);
        restore(r, 86_400_000, 32);
        restore(r, 86_400_000, 33);
        restore(r, 1_000, 34);
        restore(r, 2_000, 35);
        r.timed("refresh.document");
        r.timed("refresh.request nothing");
        r.timed("refresh.request k");
        let flight = r.fetch();
        r.land(&flight, "keys", 34);
        restore(r, 0, 36);
        r.pass(10_000);
        r.timed("refresh.document");

        r.note("Extremes.");
        r.timed("refresh.init 255");
        (r.steady, r.wall) = (i64::MAX, i64::MAX);
        r.timed("refresh.poll");
        r.timed("refresh.attention_at");
        r.timed("refresh.restore -9223372036854775808 1 18446744073709551615");
        (r.steady, r.wall) = (i64::MIN, i64::MIN);
        r.timed("refresh.poll");
        r.land("1 9223372036854775807 9223372036854775807", "keys", 40);
        r.timed("refresh.document");
        r.timed("refresh.due_in");
    }

    pub fn answers(r: &mut Recorder) {
        (r.steady, r.wall) = (1_000, WALL);
        r.note("Sizes, and memory that holds no state.");
        for size in ["0 1", "1 0", "65537 1", "1 257", "1 1", "17 3", "65536 256"] {
            r.run(&format!("answers.size {size}"));
        }
        r.ask(1, 0);
        r.run("answers.init 0 1 3");
        r.run("answers.init 64 257 3");

        r.note("One question at a time, all within one millisecond: it answers those who came before it was sent.");
        r.run("answers.init 64 8 3");
        r.run(ANSWERS);
        for wrong in ["3600001 0 1 1 1", "0 3600001 1 1 1", "0 0 600001 1 1"] {
            r.run(&format!("answers.rules {wrong}"));
        }
        r.timed("answers.known 1 1");
        let first = r.send(1);
        let (second, third) = (r.wait(1), r.wait(1));
        r.answer(1, &first, "good 9 100");
        r.timed("answers.known 1 1");
        r.ask(1, number_of(&first));
        let question = r.send_with(1, second);
        r.ask(1, third);
        let later = r.wait(1);
        r.answer(1, &question, "good 10 100");
        for ticket in [third, second, number_of(&first)] {
            r.ask(1, ticket);
        }
        let question = r.send_with(1, later);
        r.answer(1, &question, "good 11 100");
        r.answer(1, &format!("4 {} {}", r.steady, r.wall), "not_permitted 0 0");
        r.ask(1, later);
        r.run("answers.len");

        r.note("A ticket is good for as long as a question may take.");
        r.pass(9_999);
        r.ask(1, later);
        r.pass(1);
        let question = r.send_with(1, later);
        let late = r.wait(1);
        r.pass(10_000);
        r.ask(1, number_of(&question));
        let question = r.send_with(1, late);
        r.answer(1, &question, "good 12 100");
        r.ask(1, late);
        let question = r.send_with(1, u64::MAX);
        r.ask(1, u64::MAX);
        r.answer(1, &question, "good 13 100");

        r.note("Without a time to live, a refusal and a failure are for those who came before the question was sent.");
        r.run("answers.rules 0 0 5000 64 8388608");
        for (key, verdict) in [(5, "invalid 0 0"), (6, "not_permitted 0 0"), (7, "failed 0 0")] {
            let first = r.send(key);
            let (second, third) = (r.wait(key), r.wait(key));
            r.answer(key, &first, verdict);
            r.ask(key, number_of(&first));
            let question = r.send_with(key, second);
            r.pass(10);
            r.answer(key, &question, verdict);
            r.ask(key, third);
            r.ask(key, second);
            r.pass(10_000);
            let question = r.send_with(key, third);
            r.answer(key, &question, &format!("good {} 100", 30 + key));
        }
        r.run(ANSWERS);

        r.note("The asker's own time to live, by the age of the question; another scope knows nothing.");
        r.run(CACHED);
        let question = r.send(2);
        r.pass(2_000);
        r.answer(2, &question, "good 10 100");
        r.pass(27_999);
        r.ask(2, 0);
        r.timed("answers.known 1 2");
        r.timed("answers.known 2 2");
        r.timed("answers.ask 2 2 0");
        r.wall += 1;
        r.ask(2, 0);
        r.wall -= 1_000_000;
        r.ask(2, 0);
        r.run(ANSWERS);
        r.ask(2, 0);

        r.note("A refusal holds; a failure is for those who waited.");
        let question = r.send(3);
        r.answer(3, &question, "invalid 0 0");
        r.timed("answers.known 1 3");
        r.pass(4_999);
        r.timed("answers.known 1 3");
        r.ask(3, 0);
        r.pass(1);
        let question = r.send(3);
        let ticket = r.wait(3);
        r.pass(100);
        r.answer(3, &question, "failed 0 0");
        r.timed("answers.known 1 3");
        r.ask(3, number_of(&question));
        let question = r.send_with(3, ticket);
        r.answer(3, &question, "not_permitted 0 0");
        r.timed("answers.known 1 3");

        r.note("Late answers count by their number; unknown questions and bodies without a keeper are dropped.");
        r.pass(20_000);
        let late = r.send(4);
        r.pass(10_000);
        let next = r.send(4);
        r.answer(4, &next, "good 20 50");
        r.answer(4, &late, "good 21 50");
        r.answer(4, "999 1 2", "good 22 50");
        r.answer(4, &late, "invalid 0 0");
        r.pass(1);
        let newer = r.send(4);
        r.answer(4, &newer, "good 23 50");
        r.run("answers.len");

        r.note("Too many questions: a quarter is for keys that were good. Lost questions end by themselves.");
        let lost = r.send(100);
        for key in 101..110 {
            r.ask(key, 0);
        }
        r.ask(4, 0);
        r.ask(110, 0);
        r.run("answers.rules 0 5000 5000 1 8388608");
        r.ask(111, 0);
        r.run(ANSWERS);
        r.pass(9_999);
        r.ask(112, 0);
        r.pass(1);
        r.ask(112, 0);
        r.ask(100, number_of(&lost));

        r.note("A process died inside a call: questions are forgotten, answers stay.");
        r.run(CACHED);
        r.run("answers.tear");
        r.run("answers.recoveries");
        r.ask(112, 0);
        r.run("answers.recoveries");
        r.ask(4, 0);
        r.run("answers.len");

        r.note("Memory of another version, and back.");
        r.run("answers.alien");
        r.ask(4, 0);
        r.timed("answers.known 1 4");
        r.answer(4, "1 2 3", "invalid 0 0");
        r.timed("answers.reclaim");
        r.run("answers.len");
        r.run("answers.recoveries");
        r.run("answers.alien");
        r.ask(4, 0);

        r.note("Room: the largest goes first, what is over is swept, and the driver takes one back.");
        r.run("answers.init 32 256 5");
        r.run("answers.rules 30000 5000 5000 256 1000");
        for key in 0..12 {
            let question = r.send(key);
            r.answer(key, &question, &format!("good {} 300", 200 + u64::from(key)));
        }
        r.run("answers.len");
        let question = r.send(200);
        r.answer(200, &question, "good 300 1001");
        r.ask(200, 0);
        r.timed("answers.reclaim");
        r.run("answers.rules 30000 5000 5000 256 8388608");
        for key in 20..120 {
            let question = r.send(key);
            r.answer(key, &question, &format!("good {} 10", 400 + u64::from(key)));
        }
        r.pass(40_000);
        for key in 120..124 {
            let question = r.send(key);
            r.answer(key, &question, "good 0 0");
        }
        while r.timed("answers.reclaim") != "0" {}
        r.run("answers.len");

        r.note("Extremes.");
        r.run("answers.init 65536 256 255");
        (r.steady, r.wall) = (i64::MIN, i64::MIN);
        let question = r.send(255);
        (r.steady, r.wall) = (i64::MAX, i64::MAX);
        r.answer(255, &question, "good 18446744073709551615 18446744073709551615");
        r.ask(255, number_of(&question));
    }
}

mod by_chance {
    use super::{Began, Recorder, ticket_of};

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

        /// Takes one of what is under way, often the last.
        fn take(&mut self, under_way: &mut Vec<Began>) -> Option<Began> {
            let last = under_way.len().checked_sub(1)?;
            let place = if self.below(3) == 0 { usize::try_from(self.below(last as u64 + 1)).unwrap() } else { last };
            // Some are reported twice.
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
}
