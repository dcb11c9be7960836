//! The questions, verdicts and instructions that the machine and its driver exchange.

use super::moment::Moment;

/// One question about one API key. The driver that sends it reports how it ended: [`Answers::landed`](super::Answers::landed) or
/// [`Answers::abandoned`](super::Answers::abandoned).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Question {
    /// 1 or more; later questions have higher numbers.
    pub number: u64,
    /// When it was sent. The answer's age counts from here.
    pub sent: Moment,
}

/// What the service said about a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is good; the driver keeps the answer under `handle` (0: none), with so many octets.
    Good {
        /// Where the driver keeps it.
        handle: u64,
        /// Its length.
        len: u64,
    },
    /// [`Error::ApiKeyInvalid`](crate::Error::ApiKeyInvalid).
    Invalid,
    /// [`Error::ApiKeysNotPermitted`](crate::Error::ApiKeysNotPermitted).
    NotPermitted,
    /// There was no usable answer.
    Failed,
}

/// What a request about a key has to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    /// Nothing more: this is the answer.
    Known(Verdict),
    /// Send the question; it is noted as sent now.
    Send(Question),
    /// Ask this machine again, with this ticket, when the question under way has ended.
    Wait {
        /// At most at this time, by the steady clock.
        until: i64,
        /// A question's number that orders this request among the questions: pass it when you ask again.
        ticket: u64,
    },
    /// Give up: too many questions are under way.
    Busy,
}

/// Whether an answer is kept, and what is freed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Landed {
    /// Whether the machine keeps the answer's handle.
    pub kept: bool,
    /// What the driver frees.
    pub freed: Freed,
}

/// Handles that the driver frees.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Freed {
    handles: [u64; Self::MOST],
    count: usize,
}

impl Freed {
    /// The most handles that one call frees.
    pub const MOST: usize = 8;

    /// The handles.
    #[must_use]
    pub fn handles(&self) -> &[u64] {
        self.handles.get(..self.count).unwrap_or(&[])
    }

    pub(super) fn is_full(&self) -> bool {
        self.count >= Self::MOST
    }

    pub(super) fn add(&mut self, handle: u64) {
        if handle != 0
            && let Some(place) = self.handles.get_mut(self.count)
        {
            *place = handle;
            self.count = self.count.saturating_add(1);
        }
    }
}
