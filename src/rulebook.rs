//! The rules around a verdict: when to fetch keys, how long they may be used, and which request asks the service about an
//! API key.
//!
//! Two state machines, [`Refresh`] and [`Answers`], hold all of these rules. They have no clock, lock, heap or I/O. A
//! driver reads the clocks, sends and receives the octets, and wakes the requests that wait; the machine tells it what to
//! do. All drivers of this project use the same two machines, so that the rules are the same in every language.
//!
//! # Memory
//!
//! A machine lives in words that the caller lends to it, also in memory that several processes share. The caller then holds
//! one lock around each call. The words hold no pointer, and any bit pattern in them is safe to read. They hold entries,
//! lengths and times. The driver keeps documents and answers under handles, and the machine says which handles to free.
//!
//! When a process dies during a call, the next call finds the sequence word odd. It then forgets all flights and questions.
//! It keeps documents and answers: of each either the old or the new one, never half of one.
//!
//! # Clocks
//!
//! Each call is told the time by two clocks, see [`Moment`]. Neither is the time by which a token is judged.

mod answers;
mod ask;
mod document;
mod kept;
mod kids;
mod moment;
mod questions;
mod refresh;
mod request;
mod rules;
mod table;
mod waits;
mod words;

pub use answers::Answers;
pub use ask::{Ask, Freed, Landed, Question, Verdict};
pub use document::{Change, Document, Restored, Taken};
pub use kids::{KidHash, UnknownKids};
pub use moment::Moment;
pub use refresh::{Flight, Poll, Refresh};
pub use request::{Act, Need, Request};
pub use rules::{AnswersRules, RefreshRules};
pub use waits::Wait;
