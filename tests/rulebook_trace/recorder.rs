//! Runs operations on the machines, and writes them down with their results.

use crate::machines::Machines;

/// Runs operations and writes them down.
pub struct Recorder {
    machines: Machines,
    lines: Vec<String>,
    operations: usize,
    pub steady: i64,
    pub wall: i64,
}

/// What a flight or a question is written as.
pub type Began = String;

impl Recorder {
    pub fn new() -> Self {
        Self { machines: Machines::new(), lines: Vec::new(), operations: 0, steady: 0, wall: 0 }
    }

    pub fn text(&self) -> String {
        format!("# {} operations: see README.md.\n{}\n", self.operations, self.lines.join("\n"))
    }

    /// A comment.
    pub fn note(&mut self, text: &str) {
        self.lines.push(format!("# {text}"));
    }

    pub fn run(&mut self, operation: &str) -> String {
        let result = self.machines.run(operation);
        self.lines.push(format!("{operation} => {result}"));
        self.operations += 1;
        result
    }

    /// The same with the time at the end.
    pub fn timed(&mut self, operation: &str) -> String {
        self.run(&format!("{operation} {} {}", self.steady, self.wall))
    }

    /// Both clocks go on.
    pub fn pass(&mut self, milliseconds: i64) {
        self.steady += milliseconds;
        self.wall += milliseconds;
    }

    /// Polls, and gives the flight that has begun.
    pub fn fetch(&mut self) -> Began {
        let result = self.timed("refresh.poll");
        result.strip_prefix("fetch ").unwrap_or_else(|| panic!("no flight: {result}")).to_owned()
    }

    pub fn land(&mut self, flight: &str, change: &str, handle: u64) -> String {
        self.timed(&format!("refresh.landed {flight} {change} {handle} {}", handle * 10))
    }

    /// Asks about a key: a request that comes now, or one that has this ticket.
    pub fn ask(&mut self, key: u8, ticket: u64) -> String {
        self.timed(&format!("answers.ask 1 {key} {ticket}"))
    }

    /// Asks about a key, and gives the question that was sent.
    pub fn send(&mut self, key: u8) -> Began {
        self.send_with(key, 0)
    }

    pub fn send_with(&mut self, key: u8, ticket: u64) -> Began {
        let result = self.ask(key, ticket);
        result.strip_prefix("send ").unwrap_or_else(|| panic!("no question: {result}")).to_owned()
    }

    /// A request that comes now and has to wait; gives its ticket.
    pub fn wait(&mut self, key: u8) -> u64 {
        let result = self.ask(key, 0);
        ticket_of(&result).unwrap_or_else(|| panic!("no ticket: {result}"))
    }

    pub fn answer(&mut self, key: u8, question: &str, verdict: &str) -> String {
        self.timed(&format!("answers.landed 1 {key} {question} {verdict}"))
    }
}

/// What a request got that waits.
pub fn ticket_of(result: &str) -> Option<u64> {
    let (_, ticket) = result.strip_prefix("wait ")?.split_once(' ')?;
    Some(ticket.parse().unwrap())
}

/// The number of a question, which is also the ticket of the request that sent it.
pub fn number_of(question: &str) -> u64 {
    question.split(' ').next().unwrap().parse().unwrap()
}
