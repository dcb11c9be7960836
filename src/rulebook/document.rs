//! The document in use: its number, when its fetch began, and where its body is.

use super::{moment::Moment, rules::RefreshRules, words::Words};

/// The document in use, as the machine knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Document {
    /// Number of the flight that brought it; 0 when it was restored.
    pub number: u64,
    /// When that flight began.
    pub began: Moment,
    /// The handle under which the driver keeps the body; 0 for none.
    pub handle: u64,
    /// Octets of the body.
    pub len: u64,
    /// The percentage of the refresh interval after which the next fetch is due; 0: at once.
    pub due_percent: u64,
}

impl Document {
    /// Milliseconds since its fetch began.
    #[must_use]
    pub fn age(&self, now: Moment) -> u64 {
        now.age_since(self.began).unsigned_abs()
    }

    /// Whether tokens may be judged by it: it is not older than the stale limit.
    #[must_use]
    pub fn is_usable(&self, now: Moment, rules: &RefreshRules) -> bool {
        self.age(now) <= rules.stale
    }
}

/// How a document differs from the one in use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// Not at all: it is the same text, octet for octet.
    Same,
    /// In its text; the keys are the same.
    Text,
    /// In its keys.
    Keys,
}

/// What became of a document that a flight brought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// It is in use now. The driver frees the body under this handle, when there is one.
    InUse {
        /// Handle of the document before.
        freed: Option<u64>,
    },
    /// A newer one is in use. The driver frees the body that it offered.
    Late,
}

/// What became of a document from a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Restored {
    /// It is in use now.
    InUse {
        /// Handle of the document before, when there was an older one.
        freed: Option<u64>,
    },
    /// One that is newer, or as new, is in use already.
    NotNewer,
    /// It is older than the stale limit.
    TooOld,
    /// Its fetch began in the future, by this machine's wall clock.
    FromTheFuture,
}

/// Which of the two slots is in use (1 or 2; 0: none), and the slots. A document is written into the other slot, then that
/// one is chosen: a process that dies in between leaves the document before.
pub(super) const LEN: usize = 1 + 2 * SLOT_LEN;
const SLOT_LEN: usize = 6;

pub(super) fn read(words: &Words<'_>, first: usize) -> Option<Document> {
    let slot = match words.get(first) {
        1 => first.saturating_add(1),
        2 => first.saturating_add(1 + SLOT_LEN),
        _ => return None,
    };
    let at = |offset: usize| slot.saturating_add(offset);
    Some(Document {
        number: words.get(slot),
        began: Moment { steady: words.time(at(1)), wall: words.time(at(2)) },
        handle: words.get(at(3)),
        len: words.get(at(4)),
        due_percent: words.get(at(5)).min(100),
    })
}

/// Puts a document in use; returns the handle that is not needed any more.
pub(super) fn write(words: &mut Words<'_>, first: usize, document: &Document) -> Option<u64> {
    let before = read(words, first);
    let (choice, slot) =
        if words.get(first) == 1 { (2, first.saturating_add(1 + SLOT_LEN)) } else { (1, first.saturating_add(1)) };
    let Document { number, began, handle, len, due_percent } = *document;
    words.copy(&[number, began.steady.cast_unsigned(), began.wall.cast_unsigned(), handle, len, due_percent], slot);
    words.publish();
    words.set(first, choice);
    before.map(|before| before.handle).filter(|before| *before != 0 && *before != handle)
}
