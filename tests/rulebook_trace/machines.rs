//! Runs operations of the trace through the Rust interface. `tests/vectors/README.md` says what a line means.

use std::str::{FromStr, SplitWhitespace};
use tesseral_verify::{
    Error,
    rulebook::{
        Act, Answers, AnswersRules, Ask, Change, Document, Flight, KidHash, Moment, Need, Poll, Question, Refresh,
        RefreshRules, Restored, Taken, Verdict, Wait,
    },
};

/// One state of each kind, as an operation finds it.
pub struct Machines {
    refresh: Vec<u64>,
    other: Vec<u64>,
    refresh_rules: RefreshRules,
    answers: Vec<u64>,
    answers_rules: AnswersRules,
}

impl Machines {
    pub fn new() -> Self {
        Self {
            refresh: vec![0; Refresh::WORDS],
            other: vec![0; Refresh::WORDS],
            refresh_rules: RefreshRules::DEFAULT,
            answers: vec![0; 1],
            answers_rules: AnswersRules::DEFAULT,
        }
    }

    /// Takes what stands before ` => `, and gives what has to stand behind it.
    pub fn run(&mut self, operation: &str) -> String {
        let mut words = Words(operation.split_whitespace());
        let name = words.text();
        let result = match name.split_once('.').unwrap() {
            ("refresh", name) => self.refresh(name, &mut words),
            ("answers", name) => self.answers(name, &mut words),
            _ => panic!("{operation}"),
        };
        assert!(result.is_err() || words.0.next().is_none(), "{operation}: words are left over");
        result.unwrap_or_else(|error| error.slug().to_owned())
    }

    fn refresh(&mut self, name: &str, words: &mut Words<'_>) -> Result<String, Error> {
        match name {
            "init" => {
                let seed = words.seed();
                Refresh::init(&mut self.refresh, &seed, words.moment())?;
                return done();
            }
            "rules" => {
                let (interval, stale, cooldown) = (words.number(), words.number(), words.number());
                let (timeout, wait, waiters) = (words.number(), words.number(), words.number());
                let rules = RefreshRules { interval, stale, cooldown, timeout, wait, waiters };
                rules.check()?;
                self.refresh_rules = rules;
                return done();
            }
            "tear" => {
                self.refresh[1] |= 1;
                return done();
            }
            "alien" => {
                self.refresh[0] ^= 1;
                return done();
            }
            "other" => {
                core::mem::swap(&mut self.refresh, &mut self.other);
                return done();
            }
            _ => {}
        }
        let rules = &self.refresh_rules;
        let mut refresh = Refresh::open(&mut self.refresh)?;
        Ok(match name {
            "poll" => match refresh.poll(words.moment(), rules) {
                Poll::Fetch(flight) => format!("fetch {}", of_flight(flight)),
                Poll::InFlight(until) => format!("in_flight {until}"),
                Poll::At(until) => format!("at {until}"),
            },
            "landed" => {
                let flight = words.flight();
                let change = match words.text() {
                    "same" => Change::Same,
                    "text" => Change::Text,
                    "keys" => Change::Keys,
                    other => panic!("{other}"),
                };
                match refresh.landed(flight, change, words.number(), words.number(), words.moment()) {
                    Taken::InUse { freed } => format!("in_use {}", freed.unwrap_or(0)),
                    Taken::Late => "late".to_owned(),
                }
            }
            "failed" => {
                refresh.failed(words.flight(), words.moment());
                return done();
            }
            "abandoned" => {
                refresh.abandoned(words.flight(), words.moment());
                return done();
            }
            "restore" => match refresh.restore(words.number(), words.number(), words.number(), words.moment(), rules) {
                Restored::InUse { freed } => format!("in_use {}", freed.unwrap_or(0)),
                Restored::NotNewer => "not_newer".to_owned(),
                Restored::TooOld => "too_old".to_owned(),
                Restored::FromTheFuture => "from_the_future".to_owned(),
            },
            "request" => {
                let need = words.text();
                let kids: Vec<_> = match need {
                    "nothing" | "document" => Vec::new(),
                    _ => need.split(',').map(|kid| KidHash::of(kid.as_bytes())).collect(),
                };
                let need = match need {
                    "nothing" => Need::Nothing,
                    "document" => Need::Document,
                    _ => Need::Kids(&kids),
                };
                let request = refresh.request(need, words.moment(), rules);
                let wake = if request.wake { "wake" } else { "sleep" };
                match request.act {
                    Act::Proceed => format!("proceed {wake}"),
                    Act::Wait(Wait { until, place: Some(place) }) => format!("wait {until} {place} {wake}"),
                    Act::Wait(Wait { until, place: None }) => format!("wait {until} - {wake}"),
                    Act::Fetch(flight) => format!("fetch {} {wake}", of_flight(flight)),
                }
            }
            "attention_at" => refresh.attention_at(words.moment(), rules).to_string(),
            "waited" => {
                let until = words.number();
                let place = Some(words.text()).filter(|place| *place != "-").map(|place| place.parse().unwrap());
                refresh.waited(Wait { until, place });
                return done();
            }
            "renew" => {
                refresh.renew(&words.seed());
                return done();
            }
            "adopt" => {
                let handle = words.number();
                let found = Refresh::open(&mut self.other)?.document();
                found.map_or("none".to_owned(), |found| {
                    format!("in_use {}", refresh.adopt(&Document { handle, ..found }).unwrap_or(0))
                })
            }
            "is_fetching" => if refresh.is_fetching(words.moment(), rules) { "yes" } else { "no" }.to_owned(),
            "document" => {
                let now = words.moment();
                refresh.document().map_or("none".to_owned(), |document| {
                    let usable = if document.is_usable(now, rules) { "usable" } else { "stale" };
                    let (number, began, age) = (document.number, of_moment(document.began), document.age(now));
                    format!("{number} {began} {} {} {age} {usable}", document.handle, document.len)
                })
            }
            "due_in" => refresh.due_in(words.moment(), rules).to_string(),
            "recoveries" => refresh.recoveries().to_string(),
            other => panic!("{other}"),
        })
    }

    fn answers(&mut self, name: &str, words: &mut Words<'_>) -> Result<String, Error> {
        match name {
            "size" => {
                let size = Answers::words(words.number(), words.number()).map_or(0, |words| words * 8);
                return Ok(size.to_string());
            }
            "init" => {
                let (answers, questions) = (words.number(), words.number());
                let mut memory = vec![0; Answers::words(answers, questions).unwrap_or(1)];
                Answers::init(&mut memory, answers, questions, &words.seed())?;
                self.answers = memory;
                return done();
            }
            "rules" => {
                let (good_ttl, refused_ttl, timeout) = (words.number(), words.number(), words.number());
                let (questions, max_len) = (words.number(), words.number());
                let rules = AnswersRules { good_ttl, refused_ttl, timeout, questions, max_len };
                rules.check()?;
                self.answers_rules = rules;
                return done();
            }
            "tear" => {
                self.answers[1] |= 1;
                return done();
            }
            "alien" => {
                self.answers[0] ^= 1;
                return done();
            }
            _ => {}
        }
        let rules = &self.answers_rules;
        let mut answers = Answers::open(&mut self.answers)?;
        Ok(match name {
            "ask" => {
                let (scope, key, ticket) = (words.scope(), words.key(), words.number());
                match answers.ask(&scope, &key, ticket, words.moment(), rules) {
                    Ask::Known(verdict) => format!("known {}", of_verdict(verdict)),
                    Ask::Send(Question { number, sent }) => format!("send {number} {}", of_moment(sent)),
                    Ask::Wait { until, ticket } => format!("wait {until} {ticket}"),
                    Ask::Busy => "busy".to_owned(),
                }
            }
            "known" => {
                let (scope, key) = (words.scope(), words.key());
                answers.known(&scope, &key, words.moment(), rules).map_or("nothing".to_owned(), of_verdict)
            }
            "landed" => {
                let (scope, key) = (words.scope(), words.key());
                let question = Question { number: words.number(), sent: words.moment() };
                let verdict = words.verdict();
                let landed = answers.landed(&scope, &key, question, verdict, words.moment(), rules);
                let kept = if landed.kept { "kept" } else { "dropped" }.to_owned();
                landed.freed.handles().iter().fold(kept, |text, handle| format!("{text} {handle}"))
            }
            "abandoned" => {
                let (scope, key) = (words.scope(), words.key());
                answers.abandoned(&scope, &key, Question { number: words.number(), sent: words.moment() });
                return done();
            }
            "reclaim" => answers.reclaim(words.moment(), rules).unwrap_or(0).to_string(),
            "len" => answers.answers_len().to_string(),
            "recoveries" => answers.recoveries().to_string(),
            other => panic!("{other}"),
        })
    }
}

#[allow(clippy::unnecessary_wraps)] // what an operation without an answer returns
fn done() -> Result<String, Error> {
    Ok("ok".to_owned())
}

fn of_moment(moment: Moment) -> String {
    format!("{} {}", moment.steady, moment.wall)
}

fn of_flight(flight: Flight) -> String {
    format!("{} {}", flight.number, of_moment(flight.began))
}

fn of_verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Good { handle, len } => format!("good {handle} {len}"),
        Verdict::Invalid => "invalid 0 0".to_owned(),
        Verdict::NotPermitted => "not_permitted 0 0".to_owned(),
        Verdict::Failed => "failed 0 0".to_owned(),
    }
}

/// The words of an operation.
struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn text(&mut self) -> &'a str {
        self.0.next().unwrap()
    }

    fn number<T: FromStr>(&mut self) -> T {
        let word = self.text();
        word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
    }

    fn moment(&mut self) -> Moment {
        Moment { steady: self.number(), wall: self.number() }
    }

    fn flight(&mut self) -> Flight {
        Flight { number: self.number(), began: self.moment() }
    }

    fn seed(&mut self) -> [u8; 16] {
        [self.number(); 16]
    }

    fn scope(&mut self) -> [u8; 16] {
        [self.number(); 16]
    }

    fn key(&mut self) -> [u8; 32] {
        [self.number(); 32]
    }

    fn verdict(&mut self) -> Verdict {
        let (kind, handle, len) = (self.text(), self.number(), self.number());
        match kind {
            "good" => Verdict::Good { handle, len },
            "invalid" => Verdict::Invalid,
            "not_permitted" => Verdict::NotPermitted,
            "failed" => Verdict::Failed,
            other => panic!("{other}"),
        }
    }
}
