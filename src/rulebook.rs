//! The rules around a verdict: when to fetch keys, how long they hold, who asks the service about an API key.
//!
//! Two state machines, [`Refresh`] and [`Answers`], hold all of these rules. They have no clock, lock, heap or I/O: a driver
//! reads the clocks, moves the octets and wakes the requests that wait, and the machine tells it what to do. Every driver of this
//! project obeys the same two machines, so that keys live by one set of rules in every language.
//!
//! # Memory
//!
//! A machine lives in words that the caller lends to it, also in memory that several processes share. The caller then holds
//! one lock around each call. The words hold no pointer, and any bit pattern in them is safe to read. The machine keeps
//! entries, lengths and times; documents and answers stay with the caller under a handle, and the machine says which
//! handles to free.
//!
//! When a process dies inside a call, the next call finds the sequence word odd. It then forgets all flights and questions
//! and keeps the documents and answers, each of which is either the old or the new one, whole.
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
