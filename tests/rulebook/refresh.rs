//! `Refresh` against a plain model: which request fetches, which one waits, and which document is in use.

use super::{random::Random, recovery};
use std::collections::{BTreeMap, BTreeSet};
use tesseral_verify::rulebook::{
    Act, Change, Document, Flight, KidHash, Moment, Need, Poll, Refresh, RefreshRules, Request, Restored, Taken, Wait,
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// A call may have read its clocks before another one that came first.
const CLOCKS_DIFFER: i64 = 500;

/// A flight as the model saw it begin.
#[derive(Clone, Debug)]
struct Flown {
    number: u64,
    began: i64,
    early: bool,
    /// Neither reported nor forgotten.
    flying: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct InUse {
    number: u64,
    began: Moment,
    handle: u64,
    len: u64,
    /// At which percentage of the refresh interval it is due: learnt from the machine and compared with its bounds.
    percent: i64,
}

struct Model {
    made: i64,
    flown: Vec<Flown>,
    /// Since when an early flight is asked for.
    wanted: Option<i64>,
    early_since_new_keys: u32,
    last_early: i64,
    failures: u32,
    /// Since when flights wait for the back-off, and the percentage of it.
    held: Option<(i64, i64)>,
    rescued: Option<i64>,
    document: Option<InUse>,
    /// `kid`, the flight that answers, when it was asked for; the oldest first.
    kids: Vec<(String, u64, i64)>,
    /// Until when each place is taken.
    places: BTreeMap<u32, i64>,
    torn: u64,
    /// The rules of all requests.
    shortest_cooldown: i64,
}

fn since(then: i64, now: i64) -> i64 {
    (now - then).max(0)
}

fn age(began: Moment, now: Moment) -> i64 {
    since(began.steady, now.steady).max(since(began.wall, now.wall))
}

fn ms(time: u64) -> i64 {
    i64::try_from(time).unwrap()
}

impl Model {
    fn flying(&self) -> Option<&Flown> {
        self.flown.last().filter(|flight| flight.flying)
    }

    fn lost(&self, now: Moment, rules: &RefreshRules) -> bool {
        self.flying().is_some_and(|flight| since(flight.began, now.steady) >= 2 * ms(rules.timeout))
    }

    fn cooldown(&self, rules: &RefreshRules) -> i64 {
        let mut cooldown = ms(rules.cooldown);
        for _ in 1..self.early_since_new_keys {
            cooldown = (cooldown * 2).min(MINUTE.max(ms(rules.cooldown)));
        }
        cooldown
    }

    fn backoff(&self, percent: i64, rules: &RefreshRules) -> i64 {
        let mut wait = SECOND;
        for _ in 1..self.failures {
            wait = (wait * 2).min(MINUTE);
        }
        wait.min(ms(rules.interval)).min(ms(rules.stale)) * percent / 100
    }

    /// For how long the next planned flight has been due; below 0: not yet.
    fn due_for(&self, now: Moment, rules: &RefreshRules) -> i64 {
        let interval = ms(rules.interval).min(ms(rules.stale));
        let made = since(self.made, now.steady);
        let by_age = match &self.document {
            None => made,
            // Nothing is due before the state was made.
            Some(document) => (age(document.began, now) - interval * document.percent / 100).min(made),
        };
        let by_backoff = self.held.map(|(at, percent)| since(at, now.steady) - self.backoff(percent, rules));
        match by_backoff {
            Some(by_backoff) if self.failures > 0 => by_backoff,
            Some(by_backoff) => by_backoff.min(by_age),
            None => by_age,
        }
    }

    fn frozen(&self, now: Moment, rules: &RefreshRules) -> bool {
        let timeout = ms(rules.timeout);
        match self.flying() {
            Some(_) => self.lost(now, rules),
            None => {
                self.due_for(now, rules) > timeout
                    || self.wanted.is_some_and(|wanted| since(wanted, now.steady) > timeout)
            }
        }
    }

    fn usable(&self, now: Moment, rules: &RefreshRules) -> bool {
        self.document.as_ref().is_some_and(|document| age(document.began, now) <= ms(rules.stale))
    }

    fn begin(&mut self, now: Moment, early: bool) -> Flight {
        let number = self.flown.len() as u64 + 1;
        if early {
            let pause = since(self.last_early, now.steady);
            let shortest = self.shortest_cooldown - CLOCKS_DIFFER;
            assert!(self.early_since_new_keys == 0 || pause >= shortest, "an early flight {pause} after another");
            self.early_since_new_keys += 1;
            self.last_early = now.steady;
        }
        if let Some(before) = self.flown.last_mut() {
            before.flying = false;
        }
        self.flown.push(Flown { number, began: now.steady, early, flying: true });
        self.wanted = None;
        Flight { number, began: now }
    }

    fn poll(&mut self, now: Moment, rules: &RefreshRules) -> Poll {
        let due_for = self.due_for(now, rules);
        match self.flying() {
            Some(_) if self.lost(now, rules) => Poll::Fetch(self.begin(now, false)),
            Some(flight) => Poll::InFlight(now.steady + 2 * ms(rules.timeout) - since(flight.began, now.steady)),
            None if due_for >= 0 => Poll::Fetch(self.begin(now, false)),
            None if self.wanted.is_some() => Poll::Fetch(self.begin(now, true)),
            None => Poll::At(now.steady - due_for),
        }
    }

    fn request(&mut self, kids: Option<&[String]>, need: Need<'_>, now: Moment, rules: &RefreshRules) -> Request {
        let proceed = Request { act: Act::Proceed, wake: false };
        match need {
            Need::Nothing => self.without_need(now, rules),
            Need::Document if self.usable(now, rules) => self.without_need(now, rules),
            Need::Document => {
                if self.frozen(now, rules) {
                    return self.rescue(now, rules);
                }
                let due_in = -self.due_for(now, rules);
                if self.flying().is_none() && due_in > ms(rules.timeout) {
                    return proceed;
                }
                let wait = Wait { until: now.steady + ms(rules.timeout), place: None };
                Request { act: Act::Wait(wait), wake: self.flying().is_none() && due_in <= 0 }
            }
            Need::Kids(_) => self.unknown(kids.unwrap(), now, rules),
        }
    }

    fn without_need(&mut self, now: Moment, rules: &RefreshRules) -> Request {
        let lately = self.rescued.is_some_and(|at| since(at, now.steady) < ms(rules.interval));
        if lately || !self.frozen(now, rules) {
            return Request { act: Act::Proceed, wake: false };
        }
        self.rescue(now, rules)
    }

    fn rescue(&mut self, now: Moment, rules: &RefreshRules) -> Request {
        self.rescued = Some(now.steady);
        let early = self.wanted.is_some() && self.due_for(now, rules) < 0 && self.flying().is_none();
        Request { act: Act::Fetch(self.begin(now, early)), wake: false }
    }

    fn unknown(&mut self, kids: &[String], now: Moment, rules: &RefreshRules) -> Request {
        let landed = self.document.as_ref().map_or(0, |document| document.number);
        let cooldown = self.cooldown(rules);
        let absent = |kid: &String| {
            let known = self.kids.iter().find(|(name, ..)| name == kid);
            known.is_some_and(|(_, flight, asked)| *flight <= landed && since(*asked, now.steady) < cooldown)
        };
        let unknown: Vec<_> = kids.iter().take(4).filter(|kid| !absent(kid)).cloned().collect();
        let proceed = Request { act: Act::Proceed, wake: false };
        if unknown.is_empty() {
            return proceed;
        }
        if self.frozen(now, rules) {
            return self.rescue(now, rules);
        }
        if self.flying().is_some() {
            return self.wait(now, rules, false);
        }
        if self.due_for(now, rules) < 0 && self.wanted.is_none() {
            if self.early_since_new_keys > 0 && since(self.last_early, now.steady) < cooldown {
                return proceed;
            }
            self.wanted = Some(now.steady);
        }
        let next = self.flown.len() as u64 + 1;
        for kid in unknown {
            match self.kids.iter_mut().find(|(name, ..)| *name == kid) {
                Some(known) => (known.1, known.2) = (next, now.steady),
                None => self.kids.push((kid, next, now.steady)),
            }
        }
        while self.kids.len() > 64 {
            self.kids.remove(0);
        }
        self.wait(now, rules, true)
    }

    fn wait(&mut self, now: Moment, rules: &RefreshRules, wake: bool) -> Request {
        // A caller that died gives its place back by time.
        let over = |until: &i64| *until <= now.steady || *until - now.steady > 10 * SECOND;
        let free = (0..rules.waiters.min(64)).find(|place| self.places.get(place).is_none_or(over));
        let until = now.steady + ms(rules.wait);
        let act = free.map_or(Act::Proceed, |place| {
            self.places.insert(place, until);
            Act::Wait(Wait { until, place: Some(place) })
        });
        Request { act, wake }
    }

    fn end(&mut self, flight: Flight) -> Option<Flown> {
        let flown = self.flown.last_mut().filter(|flown| flown.flying && flown.number == flight.number)?;
        flown.flying = false;
        Some(flown.clone())
    }

    fn forget(&mut self) {
        if let Some(flight) = self.flown.last_mut() {
            flight.flying = false;
        }
        self.wanted = None;
        self.kids.clear();
        self.places.clear();
    }
}

/// Several askers with different rules share the state.
const RULES: [RefreshRules; 4] = [
    RefreshRules::DEFAULT,
    RefreshRules { interval: 600_000, stale: 7_200_000, waiters: 0, ..RefreshRules::DEFAULT },
    RefreshRules { timeout: 1_000, wait: 250, waiters: 3, cooldown: 30_000, ..RefreshRules::DEFAULT },
    RefreshRules { interval: 7_200_000, stale: 1_800_000, timeout: 20_000, ..RefreshRules::DEFAULT },
];

/// One state's life. Returns how many operations ran.
pub fn episode(random: &mut Random) -> u64 {
    let mut now =
        Moment { steady: random.between(0, 30 * 24 * HOUR), wall: 1_750_000_000_000 + random.between(0, HOUR) };
    let one_asker = random.percent(40).then(|| random.index(RULES.len()));
    let mut memory = [0; Refresh::WORDS];
    Refresh::init(&mut memory, &random.seed(), now).unwrap();
    let mut model = Model {
        made: now.steady,
        flown: Vec::new(),
        wanted: None,
        early_since_new_keys: 0,
        last_early: 0,
        failures: 0,
        held: None,
        rescued: None,
        document: None,
        kids: Vec::new(),
        places: BTreeMap::new(),
        torn: 0,
        shortest_cooldown: one_asker.map_or(10 * SECOND, |asker| ms(RULES[asker].cooldown)),
    };
    let mut pending: Vec<Flight> = Vec::new();
    let mut waits: Vec<Wait> = Vec::new();
    let mut handles = Handles::default();
    let attacker = random.percent(50);
    let mut latest = now.steady;
    let operations = 150;
    for _ in 0..operations {
        pass_time(&mut now, random);
        let rules = &RULES[one_asker.unwrap_or_else(|| random.index(RULES.len()))];
        if random.percent(1) {
            // A process died inside a call.
            model.torn += u64::from(memory[1] & 1 == 0);
            memory[1] |= 1;
            model.forget();
        }
        let mut state = Refresh::open(&mut memory).unwrap();
        match random.below(20) {
            0..6 => {
                let expected = model.poll(now, rules);
                assert_eq!(state.poll(now, rules), expected, "{rules:?} {now:?}");
                if let Poll::Fetch(flight) = expected {
                    pending.push(flight);
                }
            }
            6..14 => {
                let names: Vec<String> = (0..random.between(0, 5)).map(|_| kid(random, attacker)).collect();
                let hashes: Vec<_> = names.iter().map(|name| KidHash::of(name.as_bytes())).collect();
                let need = match random.below(10) {
                    0..3 => Need::Nothing,
                    3 => Need::Document,
                    _ => Need::Kids(&hashes),
                };
                let usable = model.usable(now, rules);
                let (rescued, frozen) = (model.rescued, model.frozen(now, rules));
                let expected = model.request(Some(&names), need, now, rules);
                assert_eq!(state.request(need, now, rules), expected, "{need:?} {rules:?} {now:?}");
                match expected.act {
                    Act::Fetch(flight) => pending.push(flight),
                    Act::Wait(wait) => waits.push(wait),
                    Act::Proceed => {}
                }
                if need == Need::Nothing || (need == Need::Document && usable) {
                    let lately = rescued.is_some_and(|at| since(at, now.steady) < ms(rules.interval));
                    let may_fetch = frozen && !lately;
                    assert_eq!(expected.act != Act::Proceed, may_fetch, "a request without a need was delayed");
                }
                if let (Need::Kids(_), Act::Wait(wait)) = (need, expected.act) {
                    assert!(wait.until - now.steady <= ms(rules.wait), "{wait:?}");
                    assert!(model.places.len() <= 64 && wait.place.unwrap() < rules.waiters, "{wait:?}");
                }
            }
            14..17 if !pending.is_empty() => {
                let index = if random.percent(70) { pending.len() - 1 } else { random.index(pending.len()) };
                // Now and then a flight is reported twice, or once more when it was given up.
                let flight = if random.percent(95) { pending.remove(index) } else { pending[index] };
                match random.below(10) {
                    0..6 => land(&mut state, &mut model, &mut handles, flight, now, random),
                    6..8 => fail(&mut state, &mut model, flight, now),
                    8 => {
                        let ended = model.end(flight);
                        state.abandoned(flight, now);
                        if ended.is_some_and(|flown| !flown.early) {
                            hold(&state, &mut model, now);
                        }
                    }
                    // Lost without a report.
                    _ => {}
                }
            }
            17 if !waits.is_empty() => {
                let wait = waits.swap_remove(random.index(waits.len()));
                if let Some(place) = wait.place {
                    model.places.retain(|taken, until| (*taken, *until) != (place, wait.until));
                }
                state.waited(wait);
            }
            18 => restore(&mut state, &mut model, &mut handles, now, rules, random),
            19 if random.percent(5) => {
                model.forget();
                state.renew(&random.seed());
            }
            _ => {}
        }
        compare(&state, &model, now, rules, &handles);
        let recoveries = state.recoveries();
        latest = latest.max(now.steady);
        if memory[1] & 1 == 0 {
            assert_eq!(recoveries, model.torn);
            if now.steady == latest {
                attention(&memory, now, rules);
            }
        }
    }
    for frozen in [false, true] {
        let begun = pending.iter().map(|flight| flight.number).collect();
        recovery::accepts_a_new_key(&memory, &begun, now, &RefreshRules::DEFAULT, frozen);
    }
    operations
}

/// Time passes: mostly a moment, sometimes a night. Clocks are set, and a call reads its clocks before another one does.
fn pass_time(now: &mut Moment, random: &mut Random) {
    let passed = match random.below(40) {
        0..12 => 0,
        12..24 => random.between(1, 500),
        24..32 => random.between(500, 12 * SECOND),
        32..36 => random.between(10 * SECOND, 2 * MINUTE),
        36..38 => random.between(MINUTE, HOUR),
        38 => random.between(HOUR, 5 * HOUR),
        _ => random.between(20 * HOUR, 30 * HOUR),
    };
    now.steady += passed;
    now.wall += passed;
    match random.below(100) {
        0 => now.wall += random.between(-3 * 24 * HOUR, 3 * 24 * HOUR),
        1..4 => now.wall += random.between(-5 * SECOND, 5 * SECOND),
        4..7 => now.steady -= random.between(1, 50),
        _ => {}
    }
}

fn kid(random: &mut Random, attacker: bool) -> String {
    let end = if attacker { 1_000_000 } else { 12 };
    format!("kid {}", random.below(end))
}

/// Handles of documents: which the machine holds.
#[derive(Default)]
struct Handles {
    last: u64,
    held: BTreeSet<u64>,
}

impl Handles {
    /// Some documents have none.
    fn offer(&mut self, random: &mut Random) -> u64 {
        if random.percent(10) {
            return 0;
        }
        self.last += 1;
        self.last
    }

    fn taken(&mut self, handle: u64, freed: Option<u64>) {
        if handle != 0 {
            assert!(self.held.insert(handle));
        }
        if let Some(freed) = freed {
            assert!(self.held.remove(&freed), "{freed} was freed twice, or never taken");
        }
    }
}

fn land(
    state: &mut Refresh<'_>,
    model: &mut Model,
    handles: &mut Handles,
    flight: Flight,
    now: Moment,
    random: &mut Random,
) {
    let change = [Change::Same, Change::Text, Change::Keys][random.index(3)];
    let (handle, len) = (handles.offer(random), random.below(262_144));
    let before = model.document.clone();
    let taken = state.landed(flight, change, handle, len, now);
    model.end(flight);
    if before.as_ref().is_some_and(|before| before.number >= flight.number) {
        assert_eq!(taken, Taken::Late);
        return;
    }
    let freed = before.map(|before| before.handle).filter(|handle| *handle != 0);
    assert_eq!(taken, Taken::InUse { freed });
    handles.taken(handle, freed);
    if change == Change::Keys {
        model.early_since_new_keys = model.early_since_new_keys.min(1);
    }
    (model.failures, model.held) = (0, None);
    let began = Moment { steady: flight.began.steady.min(now.steady), wall: flight.began.wall };
    // With an interval of a million, the time until the next fetch shows the percentage.
    let ruler = RefreshRules { interval: 1_000_000, stale: 1_000_000, ..RefreshRules::DEFAULT };
    let percent = ms(state.due_in(began, &ruler)) / 10_000;
    assert!((75..=95).contains(&percent), "due again after {percent} percent of the interval");
    model.document = Some(InUse { number: flight.number, began, handle, len, percent });
}

fn fail(state: &mut Refresh<'_>, model: &mut Model, flight: Flight, now: Moment) {
    let ended = model.end(flight);
    state.failed(flight, now);
    if ended.is_some() {
        model.failures += 1;
        hold(state, model, now);
    }
}

/// Learns how long the back-off is. With a wall clock that is years ahead, every document is due, so that only the back-off counts.
fn hold(state: &Refresh<'_>, model: &mut Model, now: Moment) {
    let later = Moment { wall: now.wall + 10 * 365 * 24 * HOUR, ..now };
    let longest = model.backoff(100, &RefreshRules::DEFAULT);
    let percent = ms(state.due_in(later, &RefreshRules::DEFAULT)) * 100 / longest;
    assert!((75..=95).contains(&percent), "{percent} percent of {longest} after {} failures", model.failures);
    model.held = Some((now.steady, percent));
}

fn restore(
    state: &mut Refresh<'_>,
    model: &mut Model,
    handles: &mut Handles,
    now: Moment,
    rules: &RefreshRules,
    random: &mut Random,
) {
    let age = if random.percent(80) { random.between(0, 25 * HOUR) } else { random.between(-HOUR, 0) };
    let (handle, len) = (handles.offer(random), random.below(262_144));
    let began_wall = now.wall - age;
    let expected = match &model.document {
        _ if age < 0 => Restored::FromTheFuture,
        _ if age > ms(rules.stale) => Restored::TooOld,
        Some(document) if document.number > 0 || document.began.wall >= began_wall => Restored::NotNewer,
        before => Restored::InUse { freed: before.as_ref().map(|before| before.handle).filter(|handle| *handle != 0) },
    };
    assert_eq!(state.restore(began_wall, handle, len, now, rules), expected);
    if let Restored::InUse { freed } = expected {
        handles.taken(handle, freed);
        let began = Moment { steady: now.steady - age, wall: began_wall };
        model.document = Some(InUse { number: 0, began, handle, len, percent: 0 });
    }
}

/// Everything that can be asked of the state agrees with the model.
fn compare(state: &Refresh<'_>, model: &Model, now: Moment, rules: &RefreshRules, handles: &Handles) {
    let seen = state.document();
    let seen_parts = seen.map(|Document { number, began, handle, len, .. }| (number, began, handle, len));
    let parts =
        model.document.as_ref().map(|document| (document.number, document.began, document.handle, document.len));
    assert_eq!(seen_parts, parts);
    if let Some(document) = seen {
        assert_eq!(ms(document.age(now)), age(document.began, now));
        assert_eq!(document.is_usable(now, rules), model.usable(now, rules));
        assert_eq!(handles.held.len(), usize::from(document.handle != 0), "{:?}", handles.held);
    }
    assert_eq!(ms(state.due_in(now, rules)), (-model.due_for(now, rules)).max(0), "{rules:?}");
}

/// Before the time that the machine names, a request without a need goes on; from then on it fetches.
fn attention(memory: &[u64; Refresh::WORDS], now: Moment, rules: &RefreshRules) {
    let mut copy = *memory;
    let at = Refresh::open(&mut copy).unwrap().attention_at(now, rules);
    let act = |later: i64| {
        let mut copy = *memory;
        let then = Moment { steady: now.steady + later, wall: now.wall + later };
        Refresh::open(&mut copy).unwrap().request(Need::Nothing, then, rules).act
    };
    let later = at - now.steady;
    if later > 0 {
        assert_eq!(act(later - 1), Act::Proceed, "before {later}");
    }
    assert!(matches!(act(later.max(0)), Act::Fetch(_)), "after {later}");
}
