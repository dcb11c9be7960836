//! All of an authenticator that belongs to one process: locks, connections, the background thread.

use super::{
    answer::ApiKeyAnswer,
    clock::Clock,
    fault::Fault,
    file,
    http::Client,
    keeper::{Keeper, Update},
    lock,
    refresh::Next,
    settings::Settings,
    signal::Signal,
};
use crate::{
    api_key::{ApiKey, MAX_REQUEST_LEN},
    error::Error,
};
use std::{
    hash::{BuildHasher as _, RandomState},
    io,
    path::Path,
    sync::{Arc, Mutex},
    thread::{Builder, JoinHandle},
    time::Duration,
};

pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) keeper: Keeper,
    clock: Clock,
    client: Client,
    signal: Signal,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Process {
    /// # Errors
    /// [`Error::InvalidArgument`] when a setting is out of range.
    pub(super) fn new(settings: Settings) -> Result<Self, Error> {
        let (pid, clock) = (std::process::id(), Clock::start());
        let client = Client::new(&settings)?;
        let keeper = Keeper::new(settings, seed(pid))?;
        let process = Self { pid, keeper, clock, client, signal: Signal::default(), thread: Mutex::new(None) };
        process.restore();
        Ok(process)
    }

    /// What a forked child needs. Takes no lock of the parent's: a thread that held one is not in the child.
    pub(super) fn renewed(&self, pid: u32) -> Self {
        Self {
            pid,
            keeper: self.keeper.renewed(seed(pid), self.now()),
            clock: self.clock,
            client: self.client.renewed(),
            signal: Signal::default(),
            thread: Mutex::new(None),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.now()
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
            self.keeper.note(Fault::NoThread, self.now());
        }
    }

    /// Ends the background thread: at once, unless it is fetching, and then within the total time-out.
    pub(super) fn stop(&self) {
        self.signal.stop();
        let Some(thread) = lock(&self.thread).take() else { return };
        let at_most = self.keeper.settings().total_timeout.saturating_add(GRACE);
        if self.signal.wait_for_end(at_most) {
            let _ = thread.join();
        }
    }

    fn run(&self) {
        let _end = End(&self.signal);
        while !self.signal.is_stopping() {
            let seen = self.signal.generation();
            let until = match self.keeper.next(self.now()) {
                Next::Fetch => {
                    self.refresh();
                    self.signal.notify();
                    continue;
                }
                Next::At(time) | Next::InFlight(time) => time,
            };
            self.signal.wait(seen, until.saturating_sub(self.now()));
        }
    }

    fn refresh(&self) {
        let fetched = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| self.client.fetch_document()));
        match fetched.unwrap_or(Err(Fault::Refused(Error::InternalError))) {
            Ok(document) => {
                if let Ok(update) = self.keeper.load(&document, self.now()) {
                    self.store(&document, update);
                }
            }
            Err(fault) => self.keeper.failed(fault, self.now()),
        }
    }

    /// Something may be due earlier than it was.
    pub(super) fn wake(self: &Arc<Self>) {
        self.start_or_note();
        self.signal.notify();
    }

    /// Blocks while no document was ever loaded and one may come within the total time-out.
    pub(super) fn wait_for_keys(self: &Arc<Self>, at_most: Duration) {
        if self.keeper.has_keys() {
            return;
        }
        self.start_or_note();
        let deadline = self.now().saturating_add(at_most);
        loop {
            let seen = self.signal.generation();
            let now = self.now();
            if self.keeper.has_keys() || now >= deadline || !self.keeper.comes_before(deadline, now) {
                return;
            }
            self.signal.wait(seen, deadline.saturating_sub(now));
        }
    }

    /// Asks the service about an API key and tells all who wait.
    pub(super) fn ask(&self, key: &ApiKey<'_>) -> Result<Arc<ApiKeyAnswer>, Error> {
        let mut body = [0; MAX_REQUEST_LEN];
        match self.client.look_up(key.request(&mut body)?) {
            Ok((status, body)) => self.keeper.answered(key, status, &body, self.now()),
            Err(fault) => self.keeper.unanswered(key, fault, self.now()),
        }
    }

    fn last_good(&self) -> Option<&Path> {
        self.keeper.settings().last_good.as_deref()
    }

    fn restore(&self) {
        let Some(file) = self.last_good() else { return };
        let restored = match file::read(file) {
            Ok((document, age)) => self.keeper.restore(&document, age, self.now()).is_ok(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if !restored {
            self.keeper.note(Fault::FileUnusable, self.now());
        }
    }

    fn store(&self, document: &[u8], update: Update) {
        let Some(file) = self.last_good() else { return };
        let touched = update == Update::Unchanged && file::touch(file).is_ok();
        if !touched && file::replace(file, document).is_err() {
            self.keeper.note(Fault::FileUnwritable, self.now());
        }
    }
}

/// Says that the thread is over, however that came.
struct End<'s>(&'s Signal);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Differs between processes, also between parent and child.
fn seed(pid: u32) -> u64 {
    RandomState::new().hash_one(pid)
}

/// TLS and building tables need less than half of it.
const STACK_SIZE: usize = 512 * 1024;
/// What ending takes beside the time-out.
const GRACE: Duration = Duration::from_millis(500);
