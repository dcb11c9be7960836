//! The table of answers: sets of eight entries. Two sets may hold an answer.
//!
//! A 2-choice, 8-way set-associative table: a keyed hash of scope and fingerprint (SHA-256, the state's secret seed) is an
//! answer's name and selects the two sets that may hold it. Two ways of each set are for refusals alone, so that good keys
//! cannot evict all refusals. A refusal never evicts a good key.

use super::{moment::Moment, words::Words};

/// Scope and fingerprint, hashed under the secret seed.
pub(super) type Name = [u64; 4];

pub(super) const WAYS: usize = 8;
/// Ways that only refusals take.
const REFUSAL_WAYS: usize = 2;

/// Words of one entry.
pub(super) const ENTRY_LEN: usize = 13;

/// What is remembered of an entry's key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    Vacant,
    /// Refused: unknown, revoked or expired.
    Invalid,
    /// Refused: API keys are switched off.
    NotPermitted,
    /// Good, with an answer.
    Good,
    /// Good within the last day, but its answer is no longer kept.
    WasGood,
}

impl Standing {
    /// Every number stands for one, whatever the memory holds.
    fn of(number: u64) -> Self {
        match number {
            1 => Self::Invalid,
            2 => Self::NotPermitted,
            3 => Self::Good,
            4 => Self::WasGood,
            _ => Self::Vacant,
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Vacant => 0,
            Self::Invalid => 1,
            Self::NotPermitted => 2,
            Self::Good => 3,
            Self::WasGood => 4,
        }
    }
}

/// An entry's words, in their order after the standing and the name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) standing: Standing,
    pub(super) name: Name,
    /// Number of the question that was answered.
    pub(super) question: u64,
    /// When that question was sent.
    pub(super) sent: Moment,
    /// When the answer came, by the steady clock.
    pub(super) landed_at: i64,
    pub(super) handle: u64,
    pub(super) len: u64,
    /// When the key was last good, by the steady clock.
    pub(super) good_at: i64,
    /// Until when it may serve a request, by the steady clock.
    pub(super) keep_until: i64,
}

/// The table's place and size.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) first: usize,
    pub(super) sets: usize,
}

impl Table {
    pub(super) fn len(self) -> usize {
        self.sets.saturating_mul(WAYS)
    }

    /// Where an entry begins.
    pub(super) fn place(self, entry: usize) -> usize {
        self.first.saturating_add(entry.saturating_mul(ENTRY_LEN))
    }

    pub(super) fn read(self, words: &Words<'_>, entry: usize) -> Entry {
        let place = self.place(entry);
        let word = |offset: usize| words.get(place.saturating_add(offset));
        let time = |offset: usize| words.time(place.saturating_add(offset));
        Entry {
            standing: Standing::of(word(0)),
            name: core::array::from_fn(|i| word(i.saturating_add(1))),
            question: word(5),
            sent: Moment { steady: time(6), wall: time(7) },
            landed_at: time(8),
            handle: word(9),
            len: word(10),
            good_at: time(11),
            keep_until: time(12),
        }
    }

    /// Writes an entry so that a process that dies meanwhile leaves a vacant one, and never one key's answer under another
    /// key's name.
    pub(super) fn write(self, words: &mut Words<'_>, entry: usize, new: &Entry) {
        let place = self.place(entry);
        words.set(place, 0);
        words.publish();
        let Entry { standing, name: [a, b, c, d], question, sent, landed_at, handle, len, good_at, keep_until } = *new;
        let times = [sent.steady, sent.wall, landed_at, good_at, keep_until].map(i64::cast_unsigned);
        let [steady, wall, landed_at, good_at, keep_until] = times;
        let rest = [a, b, c, d, question, steady, wall, landed_at, handle, len, good_at, keep_until];
        words.copy(&rest, place.saturating_add(1));
        words.publish();
        words.set(place, standing.number());
    }

    pub(super) fn set_standing(self, words: &mut Words<'_>, entry: usize, standing: Standing) {
        words.set(self.place(entry), standing.number());
    }

    pub(super) fn find(self, words: &Words<'_>, name: &Name) -> Option<usize> {
        self.both_sets(name).into_iter().flat_map(Self::ways).find(|entry| {
            let place = self.place(*entry);
            Standing::of(words.get(place)) != Standing::Vacant && words.equals(place.saturating_add(1), name)
        })
    }

    /// Whether this way of its set is kept for refusals.
    pub(super) fn is_for_refusals(entry: usize) -> bool {
        entry % WAYS >= WAYS - REFUSAL_WAYS
    }

    /// The entry that makes room for a key with this name: a vacant one, else the one that `cost` finds cheapest. `cost`
    /// gives `None` for those that stay.
    pub(super) fn victim(
        self,
        words: &Words<'_>,
        name: &Name,
        cost: impl Fn(usize, &Entry) -> Option<(u8, i64)>,
    ) -> Option<usize> {
        let all = self.both_sets(name).into_iter().flat_map(Self::ways);
        let priced = all.filter_map(|entry| cost(entry, &self.read(words, entry)).map(|cost| (cost, entry)));
        priced.min_by_key(|(cost, _)| *cost).map(|(_, entry)| entry)
    }

    fn both_sets(self, name: &Name) -> [usize; 2] {
        let [first, second, ..] = *name;
        let set = |hash: u64| {
            let sets = u64::try_from(self.sets).unwrap_or(1);
            usize::try_from(hash.checked_rem(sets).unwrap_or(0)).unwrap_or(0)
        };
        [set(first), set(second)]
    }

    fn ways(set: usize) -> impl Iterator<Item = usize> {
        let first = set.saturating_mul(WAYS);
        first..first.saturating_add(WAYS)
    }
}
