//! All of an authenticator that belongs to one process: locks, connections, the background thread.

use super::{
    alarm::Alarm,
    answer::ApiKeyAnswer,
    clock::{self, duration},
    fault::Fault,
    fork::Mark,
    http::Client,
    keeper::{Keeper, Update},
    key_fetch::KeyFetch,
    last_good::LastGood,
    lock,
    lookups::Begun,
    notice::About,
    settings::Settings,
    signal::Signal,
    stats::increment,
};
use crate::{
    api_key::{ApiKey, MAX_REQUEST_LEN},
    error::Error,
    limits::{DROP_GRACE_MS, FILE_RETRY_MS, MAX_SLEEP_MS},
    rulebook::{Act, Flight, Moment, Poll, Question, UnknownKids, Wait},
};
use std::{
    hash::{BuildHasher as _, RandomState},
    io,
    sync::{Arc, Mutex},
    thread::{Builder, JoinHandle},
    time::Duration,
    vec,
};

pub(super) struct Process {
    mark: Mark,
    pub(super) keeper: Keeper,
    client: Client,
    last_good: Option<LastGood>,
    pub(super) signal: Signal,
    pub(super) alarm: Arc<Alarm>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// A flight that the rulebook gave to a request which may not block: the thread flies it.
    handed_over: Mutex<Option<Flight>>,
    /// What the last-good file does not hold yet: the thread tries again.
    unwritten: Mutex<Option<Unwritten>>,
}

/// A document that could not be written to the last-good file.
struct Unwritten {
    document: Arc<[u8]>,
    /// When its fetch began, by the wall clock.
    began: i64,
    /// Not before this, by the steady clock.
    retry_at: i64,
}

impl Process {
    /// # Errors
    /// [`Error::InvalidArgument`] when a setting is out of range.
    pub(super) fn new(settings: Settings) -> Result<Self, Error> {
        let client = Client::new(&settings)?;
        let last_good = LastGood::of(&settings);
        let process = Self::with(Keeper::new(settings, seed(), clock::now())?, client, last_good);
        process.restore();
        Ok(process)
    }

    /// What a forked child needs. Takes no lock of the parent's: a thread that held one is not in the child.
    pub(super) fn renewed(&self) -> Result<Self, Error> {
        let keeper = self.keeper.renewed(seed(), clock::now())?;
        Ok(Self::with(keeper, self.client.renewed(), self.last_good.clone()))
    }

    fn with(keeper: Keeper, client: Client, last_good: Option<LastGood>) -> Self {
        let (signal, alarm, thread) = (Signal::default(), Arc::default(), Mutex::new(None));
        let (handed_over, unwritten) = (Mutex::new(None), Mutex::new(None));
        Self { mark: Mark::new(), keeper, client, last_good, signal, alarm, thread, handed_over, unwritten }
    }

    /// Whether this is not a parent's.
    pub(super) fn is_own(&self) -> bool {
        self.mark.is_own()
    }

    /// Starts the background thread, unless it was started before.
    pub(super) fn start(self: &Arc<Self>) -> io::Result<()> {
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            let process = Arc::clone(self);
            // The size is given so that the environment is not asked for it: in a child, its lock may be held for ever.
            let builder = Builder::new().name("tesseral-refresh".into()).stack_size(STACK_SIZE);
            *thread = Some(builder.spawn(move || process.run())?);
        }
        Ok(())
    }

    /// As [`Self::start`]; a failure is noted, and the next call tries again.
    pub(super) fn start_or_note(self: &Arc<Self>) {
        if self.start().is_err() {
            self.keeper.note(About::Document, Fault::NoThread, clock::now());
        }
    }

    /// Ends the background thread: at once, unless it is fetching, and then within the total time-out.
    pub(super) fn stop(&self) {
        self.signal.stop();
        self.alarm.hurry();
        let Some(thread) = lock(&self.thread).take() else { return };
        let at_most = self.keeper.settings().total_timeout.saturating_add(Duration::from_millis(DROP_GRACE_MS));
        if self.signal.wait_for_end(at_most) {
            let _ = thread.join();
        }
    }

    fn run(&self) {
        let _end = End(&self.signal);
        while !self.signal.is_stopping() {
            let seen = self.signal.generation();
            let handed_over = lock(&self.handed_over).take();
            let now = clock::now();
            let until = match handed_over.map_or_else(|| self.keeper.poll(now), Poll::Fetch) {
                Poll::Fetch(flight) => {
                    self.fly(flight);
                    continue;
                }
                Poll::At(time) | Poll::InFlight(time) => time.min(self.write_again(now.steady)),
            };
            let sleep = duration(until.saturating_sub(now.steady)).min(Duration::from_millis(MAX_SLEEP_MS));
            self.signal.wait(seen, sleep);
        }
    }

    /// Fetches the document, reports how it went, and wakes those who wait. A panic is a failed flight.
    fn fly(&self, flight: Flight) {
        let whole = core::panic::AssertUnwindSafe(|| self.fetch(flight));
        if std::panic::catch_unwind(whole).is_err() {
            self.keeper.failed(flight, Fault::Refused(Error::InternalError), clock::now());
        }
        self.signal.notify();
    }

    fn fetch(&self, flight: Flight) {
        let document = match self.client.fetch_document() {
            Ok(document) => document,
            Err(fault) => return self.keeper.failed(flight, fault, clock::now()),
        };
        let Ok(update) = self.keeper.landed(flight, &document, clock::now()) else { return };
        // Before the file: no request waits for a disk.
        self.signal.notify();
        if let Update::InUse(_) = update
            && !self.write(&document, flight.began.wall)
        {
            self.keeper.note(About::LastGoodFile, Fault::FileUnwritable, clock::now());
        }
    }

    /// Writes the last-good file, if there is to be one; `false` when it has to be tried again.
    fn write(&self, document: &[u8], began: i64) -> bool {
        let Some(file) = &self.last_good else { return true };
        let written = file.store(document, began).is_ok();
        let mut unwritten = lock(&self.unwritten);
        // A request that fetches may have written, or failed to write, a newer one meanwhile.
        if unwritten.as_ref().is_none_or(|other| other.began <= began) {
            let retry_at = clock::now().steady.saturating_add(FILE_RETRY_MS.cast_signed());
            *unwritten = (!written).then(|| Unwritten { document: document.into(), began, retry_at });
        }
        written
    }

    /// Writes what could not be written before, when it is time; gives the time of the next attempt.
    fn write_again(&self, now: i64) -> i64 {
        let due = match &*lock(&self.unwritten) {
            None => return i64::MAX,
            Some(unwritten) if now < unwritten.retry_at => return unwritten.retry_at,
            Some(unwritten) => (Arc::clone(&unwritten.document), unwritten.began),
        };
        // Not noted again: the operator knows of this document's fault.
        self.write(&due.0, due.1);
        lock(&self.unwritten).as_ref().map_or(i64::MAX, |unwritten| unwritten.retry_at)
    }

    fn restore(&self) {
        let Some(file) = &self.last_good else { return };
        let restored = match file.load() {
            Ok(Some((document, began_wall))) => self.keeper.restore(&document, began_wall, clock::now()),
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = restored {
            self.keeper.note(About::LastGoodFile, fault, clock::now());
        }
    }

    /// Something may be due earlier than it was.
    pub(super) fn wake(self: &Arc<Self>) {
        self.start_or_note();
        self.signal.notify();
    }

    /// Before a request that may block is judged: usually nothing. Without a usable document, it waits for one while one may
    /// come, at most so long; when the background is frozen, it fetches. Gives the moment at which the request is judged.
    pub(super) fn prepare(self: &Arc<Self>, at_most: Duration) -> Moment {
        let mut now = clock::now();
        let deadline = now.steady.saturating_add(clock::milliseconds(at_most));
        loop {
            let seen = self.signal.generation();
            let Ok(request) = self.keeper.prepare(now) else { return now };
            match request.act {
                Act::Proceed => return now,
                Act::Fetch(flight) => {
                    self.start_or_note();
                    self.fly(flight);
                }
                Act::Wait(wait) => {
                    if request.wake {
                        self.wake();
                    }
                    let until = wait.until.min(deadline);
                    if !self.keeper.is_usable(now) {
                        self.signal.wait(seen, duration(until.saturating_sub(now.steady)));
                    }
                }
            }
            now = clock::now();
            if now.steady >= deadline {
                return now;
            }
        }
    }

    /// The same for a request that may not block: a frozen background's flight is handed to the thread.
    pub(super) fn prepare_without_blocking(self: &Arc<Self>) -> Moment {
        let now = clock::now();
        if let Ok(request) = self.keeper.prepare(now) {
            self.hand_over(&request.act, request.wake);
        }
        now
    }

    /// Waits until tokens can be judged, at most so long.
    pub(super) fn wait_until_usable(self: &Arc<Self>, at_most: Duration) {
        self.start_or_note();
        let deadline = clock::now().steady.saturating_add(clock::milliseconds(at_most));
        loop {
            let seen = self.signal.generation();
            let now = clock::now();
            if self.keeper.is_usable(now) || now.steady >= deadline {
                return;
            }
            self.signal.wait(seen, duration(deadline.saturating_sub(now.steady)));
        }
    }

    /// What a request that may block does when it lacks the keys of these `kid`s.
    pub(super) fn wait_for_keys_of(self: &Arc<Self>, kids: &UnknownKids) -> Result<(), Error> {
        let ended = self.keeper.flights_ended();
        let request = self.keeper.lacks(kids, clock::now())?;
        if request.wake {
            self.wake();
        }
        match request.act {
            Act::Proceed => {}
            Act::Fetch(flight) => self.fly(flight),
            Act::Wait(wait) => {
                self.wait_for_flight(ended, wait.until);
                self.keeper.waited(wait, clock::now());
            }
        }
        Ok(())
    }

    /// The same for one that may not block: the fetch that it has to wait for, if any.
    pub(super) fn fetch_without_blocking(
        self: &Arc<Self>,
        kids: &UnknownKids,
        ended_before: u64,
    ) -> Result<Option<KeyFetch>, Error> {
        let now = clock::now();
        let request = self.keeper.lacks(kids, now)?;
        self.hand_over(&request.act, request.wake);
        let wait = match request.act {
            Act::Proceed => return Ok(None),
            Act::Wait(wait) => wait,
            Act::Fetch(_) => Wait { until: now.steady.saturating_add(self.keeper.key_wait()), place: None },
        };
        Ok(Some(KeyFetch::new(self, wait, ended_before)))
    }

    fn hand_over(self: &Arc<Self>, act: &Act, wake: bool) {
        if let Act::Fetch(flight) = act {
            *lock(&self.handed_over) = Some(*flight);
            self.wake();
        } else if wake {
            self.wake();
        }
    }

    /// Blocks until a flight ends, or until then by the steady clock.
    pub(super) fn wait_for_flight(&self, ended_before: u64, until: i64) {
        loop {
            let seen = self.signal.generation();
            let now = clock::now().steady;
            // Once the background has ended, none comes.
            if self.keeper.flights_ended() != ended_before || now >= until || self.signal.is_stopping() {
                return;
            }
            self.signal.wait(seen, duration(until.saturating_sub(now)));
        }
    }

    /// Longest time for a whole exchange, in milliseconds.
    pub(super) fn total_timeout(&self) -> i64 {
        clock::milliseconds(self.keeper.settings().total_timeout)
    }

    /// What to do about an API key; `ticket` is 0, or what the request got before.
    pub(super) fn begin(&self, key: &ApiKey<'_>, ticket: u64) -> Begun {
        let begun = self.keeper.lookups.begin(key, ticket, clock::now());
        // A request with a ticket has waited for the answer.
        if let Begun::Known(Ok(_) | Err(Error::ApiKeyInvalid | Error::ApiKeysNotPermitted)) = begun
            && ticket == 0
        {
            increment(&self.keeper.counters.api_key_cache_hits);
        }
        begun
    }

    /// As [`Self::ask`]; those who wait are told even when it panics.
    pub(super) fn ask_in_person(
        self: &Arc<Self>,
        key: &ApiKey<'_>,
        question: Question,
    ) -> Result<Arc<ApiKeyAnswer>, Error> {
        let ask = core::panic::AssertUnwindSafe(|| self.ask(key, question));
        std::panic::catch_unwind(ask).unwrap_or_else(|_| {
            self.unanswered(key, question, Fault::Refused(Error::InternalError));
            Err(Error::ApiKeyLookupFailed)
        })
    }

    /// Sends the question and tells all who wait.
    pub(super) fn ask(&self, key: &ApiKey<'_>, question: Question) -> Result<Arc<ApiKeyAnswer>, Error> {
        let mut body = [0; MAX_REQUEST_LEN];
        let (verdict, fault) = match self.client.look_up(key.request(&mut body)?) {
            Ok((status, body)) => (understood(key, status, &body), Fault::of_answer(status)),
            Err(fault) => (Err(Error::ApiKeyLookupFailed), fault),
        };
        self.answered(key, question, &verdict, fault);
        verdict
    }

    /// Nobody sent the question.
    pub(super) fn unanswered(&self, key: &ApiKey<'_>, question: Question, fault: Fault) {
        self.answered(key, question, &Err(Error::ApiKeyLookupFailed), fault);
    }

    fn answered(&self, key: &ApiKey<'_>, question: Question, verdict: &Result<Arc<ApiKeyAnswer>, Error>, fault: Fault) {
        let now = clock::now();
        increment(&self.keeper.counters.lookups);
        self.keeper.lookups.landed(key, question, verdict, now);
        if let Err(Error::ApiKeyLookupFailed) = verdict {
            increment(&self.keeper.counters.lookup_failures);
            self.keeper.note(About::ApiKeys, fault, now);
        }
    }
}

/// What an answer about a key means; a longer one than is looked at means nothing.
fn understood(key: &ApiKey<'_>, status: u16, body: &[u8]) -> Result<Arc<ApiKeyAnswer>, Error> {
    let mut scratch = vec![0; body.len()];
    let auth = key.response(status.into(), body, &mut scratch)?;
    Ok(Arc::new(ApiKeyAnswer::new(&auth)))
}

/// Says that the thread is over, however that came.
struct End<'s>(&'s Signal);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Differs between processes, also between parent and child, and cannot be guessed.
fn seed() -> [u8; 16] {
    let half = || RandomState::new().hash_one((std::process::id(), clock::now().steady)).to_le_bytes();
    let (low, high) = (half(), half());
    let mut both = low.into_iter().chain(high);
    core::array::from_fn(|_| both.next().unwrap_or(0))
}

/// TLS and building tables need less than half of it.
pub(super) const STACK_SIZE: usize = 512 * 1024;
