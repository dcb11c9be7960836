//! Remembered answers: which requests one serves, and which one is evicted.

use super::{
    answers::places::{HAND, HELD, LAST_QUESTION},
    ask::{Freed, Question, Verdict},
    moment::{Moment, elapsed, signed},
    rules::AnswersRules,
    table::{ENTRY_LEN, Entry, Name, Standing, Table},
    words::Words,
};
use crate::limits::GOOD_MARK_MS;

/// The answer about a key, when it may serve a request with this ticket.
pub(super) fn answer_for(
    words: &mut Words<'_>,
    table: Table,
    name: &Name,
    ticket: u64,
    now: Moment,
    rules: &AnswersRules,
) -> Option<Verdict> {
    let entry = table.find(words, name)?;
    let known = table.read(words, entry);
    if !serves(&known, ticket, now, rules) {
        return None;
    }
    extend(words, table, entry, &known, rules);
    Some(verdict_of(&known))
}

/// Whether the answer may serve a request with this ticket.
fn serves(known: &Entry, ticket: u64, now: Moment, rules: &AnswersRules) -> bool {
    match known.standing {
        Standing::Vacant | Standing::WasGood => false,
        standing => {
            let joined = known.question >= ticket && elapsed(known.landed_at, now.steady) < rules.flight();
            joined || now.age_since(known.sent) < rules.ttl(standing)
        }
    }
}

fn verdict_of(known: &Entry) -> Verdict {
    match known.standing {
        Standing::Good => Verdict::Good { handle: known.handle, len: known.len },
        Standing::Invalid => Verdict::Invalid,
        Standing::NotPermitted => Verdict::NotPermitted,
        Standing::Vacant | Standing::WasGood => Verdict::Failed,
    }
}

/// Whether the key was good within the last day. Then it may use the reserved questions; its verdict does not depend on
/// this.
pub(super) fn is_marked(entry: &Entry, now: Moment) -> bool {
    let was_good = matches!(entry.standing, Standing::Good | Standing::WasGood);
    was_good && elapsed(entry.good_at, now.steady) < signed(GOOD_MARK_MS)
}

/// A request with a longer time to live prolongs how long the answer is kept.
fn extend(words: &mut Words<'_>, table: Table, entry: usize, known: &Entry, rules: &AnswersRules) {
    let keep_until = known.sent.steady.saturating_add(rules.ttl(known.standing));
    if keep_until > known.keep_until {
        words.set_time(table.place(entry).saturating_add(ENTRY_LEN - 1), keep_until);
    }
}

/// Remembers an answer; `false` when the driver's handle is not kept.
#[allow(clippy::too_many_arguments)] // one call's whole context
pub(super) fn keep(
    words: &mut Words<'_>,
    table: Table,
    name: &Name,
    question: Question,
    verdict: Verdict,
    now: Moment,
    rules: &AnswersRules,
    freed: &mut Freed,
) -> bool {
    let (standing, handle, len) = match verdict {
        Verdict::Failed => return false,
        Verdict::Good { handle, len } => (Standing::Good, handle, len),
        Verdict::Invalid => (Standing::Invalid, 0, 0),
        Verdict::NotPermitted => (Standing::NotPermitted, 0, 0),
    };
    let good = standing == Standing::Good;
    let before = table.find(words, name);
    if before.is_some_and(|entry| table.read(words, entry).question >= question.number)
        || question.number > words.get(LAST_QUESTION)
    {
        return false;
    }
    // A key that was refused before and is good now moves to the ways for good keys.
    let in_place = before.filter(|entry| !good || !Table::is_for_refusals(*entry));
    if let Some(entry) = before {
        release(words, table, entry, Standing::Vacant, freed);
    }
    let victim = in_place.or_else(|| {
        table.victim(words, name, |place, entry| {
            let refusal = matches!(entry.standing, Standing::Invalid | Standing::NotPermitted);
            match (entry.standing, good) {
                (_, true) if Table::is_for_refusals(place) => None,
                (Standing::Vacant, _) => Some((0, 0)),
                _ if refusal => Some((1, entry.landed_at)),
                _ if !is_marked(entry, now) => Some((2, entry.good_at)),
                (Standing::WasGood, true) => Some((3, entry.good_at)),
                (_, true) => Some((4, entry.landed_at)),
                (_, false) => None,
            }
        })
    });
    let Some(entry) = victim else { return false };
    release(words, table, entry, Standing::Vacant, freed);
    // A refusal has no body and needs no room, even when other callers' answers exceed this caller's limit.
    let mut room = len == 0 || words.get(HELD).saturating_add(len) <= rules.max_len;
    for _ in 0..RECLAIMED_AT_ONCE {
        // An answer that is longer than the limit evicts nothing.
        if room || len > rules.max_len {
            break;
        }
        let Some(handle) = reclaim(words, table, RECLAIM_WINDOW, now, rules) else { break };
        freed.add(handle);
        room = words.get(HELD).saturating_add(len) <= rules.max_len;
    }
    let new = Entry {
        standing: if good && !room { Standing::WasGood } else { standing },
        name: *name,
        question: question.number,
        sent: question.sent,
        landed_at: now.steady,
        handle: if room { handle } else { 0 },
        len: if room { len } else { 0 },
        good_at: now.steady,
        keep_until: question.sent.steady.saturating_add(rules.ttl(standing)),
    };
    table.write(words, entry, &new);
    if room {
        words.set(HELD, words.get(HELD).saturating_add(len));
    }
    room
}

/// Ends an entry's answer; its handle is freed.
fn release(words: &mut Words<'_>, table: Table, entry: usize, standing: Standing, freed: &mut Freed) {
    let known = table.read(words, entry);
    table.set_standing(words, entry, standing);
    if known.standing == Standing::Good {
        words.set(HELD, words.get(HELD).saturating_sub(known.len));
        freed.add(known.handle);
    }
}

/// Frees a few answers that serve no request any more, and goes on from there in the next call. It stops when `freed` is
/// full.
pub(super) fn sweep(words: &mut Words<'_>, table: Table, now: Moment, rules: &AnswersRules, freed: &mut Freed) {
    for _ in 0..SWEPT_AT_ONCE {
        if freed.is_full() {
            break;
        }
        let entry = step(words, table);
        let known = table.read(words, entry);
        if known.standing == Standing::Good && is_over(&known, now, rules) {
            release(words, table, entry, Standing::WasGood, freed);
        } else if known.standing == Standing::WasGood && !is_marked(&known, now) {
            table.set_standing(words, entry, Standing::Vacant);
        }
    }
}

/// Looks at `window` entries. Frees the first answer that serves no request any more, else the oldest one.
pub(super) fn reclaim(
    words: &mut Words<'_>,
    table: Table,
    window: usize,
    now: Moment,
    rules: &AnswersRules,
) -> Option<u64> {
    let mut oldest: Option<(bool, i64, usize)> = None;
    for _ in 0..window.min(table.len()) {
        let entry = step(words, table);
        let known = table.read(words, entry);
        if known.standing != Standing::Good || known.handle == 0 {
            continue;
        }
        let candidate = (!is_over(&known, now, rules), known.landed_at, entry);
        if oldest.is_none_or(|oldest| candidate < oldest) {
            oldest = Some(candidate);
        }
        if !candidate.0 {
            break;
        }
    }
    let mut freed = Freed::default();
    release(words, table, oldest?.2, Standing::WasGood, &mut freed);
    freed.handles().first().copied()
}

/// Advances the clock hand and returns the entry that it pointed at.
fn step(words: &mut Words<'_>, table: Table) -> usize {
    let entry = usize::try_from(words.get(HAND)).unwrap_or(0).checked_rem(table.len()).unwrap_or(0);
    words.set(HAND, u64::try_from(entry).unwrap_or(0).wrapping_add(1));
    entry
}

/// Whether it serves no request any more.
fn is_over(known: &Entry, now: Moment, rules: &AnswersRules) -> bool {
    known.keep_until <= now.steady && elapsed(known.landed_at, now.steady) >= rules.flight()
}

const SWEPT_AT_ONCE: usize = 4;
const RECLAIMED_AT_ONCE: usize = 2;
/// Handles that one answer frees before the sweep: that of the key's earlier answer, of the evicted answer, of the
/// reclaimed ones, and its own. `Freed` has room for all of them, also when the memory was damaged.
const FREED_FOR_ONE: usize = 1 + 1 + RECLAIMED_AT_ONCE + 1;
const _: () = assert!(FREED_FOR_ONE <= Freed::MOST);
const RECLAIM_WINDOW: usize = 128;
