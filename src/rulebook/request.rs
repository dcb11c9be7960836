//! What a request does about a document or keys that it lacks: go on, wait, or fetch.

use super::{
    document,
    kids::{self, KidHash},
    moment::{Moment, elapsed, signed},
    refresh::{
        self, Flight, Refresh,
        due::{due_in, due_since},
        places::{
            BEGAN_AT, DOCUMENT, EARLY_AT, EARLY_FLIGHTS, IN_FLIGHT, KIDS, RESCUED, RESCUED_AT, WAITS, WANTED, WANTED_AT,
        },
    },
    rules::RefreshRules,
    waits::{self, Wait},
    words::Words,
};
use crate::limits::MAX_COOKIE_CANDIDATES;

/// What a request lacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need<'k> {
    /// Nothing: a usable document is there.
    Nothing,
    /// A document: there is none, or it is too old.
    Document,
    /// The keys of these `kid`s, which the document in use lacks.
    Kids(&'k [KidHash]),
}

/// The machine's instruction to a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Request {
    /// What the request does.
    pub act: Act,
    /// Whether the driver's background task has to poll now.
    pub wake: bool,
}

/// What a request does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act {
    /// Go on with what is there: it is accepted or refused now.
    Proceed,
    /// Wait until a flight ends, at the latest until this time, and judge the token once more.
    Wait(Wait),
    /// Fetch the document, because the background task makes no progress, and judge the token once more. The flight has
    /// begun.
    Fetch(Flight),
}

impl Refresh<'_> {
    /// What a request does about its need.
    ///
    /// A request without a need goes on at once, with one exception: when the background task is frozen, one request in
    /// each refresh interval fetches. The task counts as frozen when a flight was not reported within twice the time-out,
    /// or when none has begun although one has been due for longer than the time-out.
    pub fn request(&mut self, need: Need<'_>, now: Moment, rules: &RefreshRules) -> Request {
        self.call(|words| match need {
            Need::Nothing => rescue_once(words, now, rules),
            Need::Document => for_document(words, now, rules),
            Need::Kids(kids) => for_kids(words, kids, now, rules),
        })
    }

    /// Before this time, by the steady clock, no request without a need has to call [`Self::request`]. Valid until the next
    /// call that changes the state.
    #[must_use]
    pub fn attention_at(&self, now: Moment, rules: &RefreshRules) -> i64 {
        let words = &self.words;
        let frozen_at = now.steady.saturating_add(frozen_in(words, now, rules));
        let once = signed(rules.interval).saturating_add(words.time(RESCUED_AT));
        if words.get(RESCUED) == 0 { frozen_at } else { frozen_at.max(once) }
    }
}

fn rescue_once(words: &mut Words<'_>, now: Moment, rules: &RefreshRules) -> Request {
    let lately = words.get(RESCUED) != 0 && elapsed(words.time(RESCUED_AT), now.steady) < signed(rules.interval);
    if lately || frozen_in(words, now, rules) > 0 { Act::Proceed.into() } else { rescue(words, now, rules) }
}

fn for_document(words: &mut Words<'_>, now: Moment, rules: &RefreshRules) -> Request {
    if document::read(words, DOCUMENT).is_some_and(|document| document.is_usable(now, rules)) {
        return rescue_once(words, now, rules);
    }
    if frozen_in(words, now, rules) <= 0 {
        return rescue(words, now, rules);
    }
    let flying = refresh::flight_left(words, now, rules).is_some();
    let due_in = due_in(words, now, rules);
    let patience = signed(rules.timeout);
    if !flying && due_in > patience {
        return Act::Proceed.into();
    }
    let wait = Wait { until: now.steady.saturating_add(patience), place: None };
    Request { act: Act::Wait(wait), wake: !flying && due_in == 0 }
}

fn for_kids(words: &mut Words<'_>, asked: &[KidHash], now: Moment, rules: &RefreshRules) -> Request {
    let landed = document::read(words, DOCUMENT).map_or(0, |document| document.number);
    let cooldown = rules.cooldown_after(words.get(EARLY_FLIGHTS));
    let mut unknown: heapless::Vec<kids::Kept, MAX_COOKIE_CANDIDATES> = heapless::Vec::new();
    for kid in asked.iter().take(MAX_COOKIE_CANDIDATES) {
        let kid = kids::kept(words, *kid);
        if !kids::is_absent(words, KIDS, &kid, landed, cooldown, now.steady) {
            let _ = unknown.push(kid);
        }
    }
    if unknown.is_empty() {
        return Act::Proceed.into();
    }
    if frozen_in(words, now, rules) <= 0 {
        return rescue(words, now, rules);
    }
    // The document that is being fetched may have the key. If not, the next request with such a token asks again.
    if refresh::flight_left(words, now, rules).is_some() {
        return wait(words, now, rules, false);
    }
    let due = due_in(words, now, rules) == 0;
    if !due && words.get(WANTED) == 0 {
        let cooling = words.get(EARLY_FLIGHTS) != 0 && elapsed(words.time(EARLY_AT), now.steady) < cooldown;
        if cooling {
            return Act::Proceed.into();
        }
        words.set_time(WANTED_AT, now.steady);
        words.set(WANTED, 1);
    }
    let next = refresh::next_flight(words);
    for kid in &unknown {
        kids::remember(words, KIDS, kid, next, now.steady);
    }
    wait(words, now, rules, true)
}

/// Waits for a flight when there is a place to wait in.
fn wait(words: &mut Words<'_>, now: Moment, rules: &RefreshRules, wake: bool) -> Request {
    let until = now.steady.saturating_add(signed(rules.wait));
    let place = waits::take(words, WAITS, rules.waiters, now.steady, until);
    let act = place.map_or(Act::Proceed, |place| Act::Wait(Wait { until, place: Some(place) }));
    Request { act, wake }
}

/// Begins a flight for a request.
fn rescue(words: &mut Words<'_>, now: Moment, rules: &RefreshRules) -> Request {
    words.set_time(RESCUED_AT, now.steady);
    words.set(RESCUED, 1);
    let due = due_in(words, now, rules) == 0;
    let early = words.get(WANTED) != 0 && !due && refresh::flight_left(words, now, rules).is_none();
    Act::Fetch(refresh::begin(words, now, early)).into()
}

/// Milliseconds until the background task counts as frozen, if it does nothing until then.
fn frozen_in(words: &Words<'_>, now: Moment, rules: &RefreshRules) -> i64 {
    if words.get(IN_FLIGHT) != 0 {
        return rules.flight().saturating_sub(elapsed(words.time(BEGAN_AT), now.steady));
    }
    let patience = signed(rules.timeout).saturating_add(1);
    let planned = patience.saturating_sub(due_since(words, now, rules));
    let wanted = patience.saturating_sub(elapsed(words.time(WANTED_AT), now.steady));
    if words.get(WANTED) == 0 { planned } else { planned.min(wanted) }
}

impl From<Act> for Request {
    fn from(act: Act) -> Self {
        Self { act, wake: false }
    }
}
