//! All of an authenticator that belongs to one process: locks, connections, the background thread.

mod background;
mod question;
mod request;

use super::{
    alarm::Alarm,
    clock,
    fault::Fault,
    fork::Mark,
    http::Client,
    keeper::Keeper,
    last_good::{LastGood, Unwritten},
    lock,
    notice::About,
    settings::Settings,
    signal::Signal,
    thread,
};
use crate::{error::Error, limits::DROP_GRACE_MS, rulebook::Flight};
use std::{
    hash::{BuildHasher as _, RandomState},
    io,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

pub(super) struct Process {
    mark: Mark,
    pub(super) keeper: Keeper,
    client: Client,
    last_good: Option<LastGood>,
    pub(super) signal: Signal,
    pub(super) alarm: Arc<Alarm>,
    background: Mutex<Option<JoinHandle<()>>>,
    /// A flight that the rulebook gave to a request that may not block. The background thread fetches for it.
    handed_over: Mutex<Option<Flight>>,
    /// A document that could not be written to the last-good file. The background thread tries again.
    unwritten: Mutex<Option<Unwritten>>,
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

    /// The same for a forked child. It takes none of the parent's locks: the thread that held one does not exist in the
    /// child.
    pub(super) fn renewed(&self) -> Result<Self, Error> {
        let keeper = self.keeper.renewed(seed(), clock::now())?;
        Ok(Self::with(keeper, self.client.renewed(), self.last_good.clone()))
    }

    fn with(keeper: Keeper, client: Client, last_good: Option<LastGood>) -> Self {
        let (signal, alarm, background) = (Signal::default(), Arc::default(), Mutex::new(None));
        let (handed_over, unwritten) = (Mutex::new(None), Mutex::new(None));
        Self { mark: Mark::new(), keeper, client, last_good, signal, alarm, background, handed_over, unwritten }
    }

    /// Whether this process made it, and not its parent.
    pub(super) fn is_own(&self) -> bool {
        self.mark.is_own()
    }

    /// Starts the background thread, unless it was started before.
    pub(super) fn start(self: &Arc<Self>) -> io::Result<()> {
        let mut background = lock(&self.background);
        if background.is_none() {
            let process = Arc::clone(self);
            *background = Some(thread::start("tesseral-refresh", move || process.run())?);
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
        let Some(background) = lock(&self.background).take() else { return };
        let at_most = self.keeper.settings().total_timeout.saturating_add(Duration::from_millis(DROP_GRACE_MS));
        if self.signal.wait_for_end(at_most) {
            let _ = background.join();
        }
    }

    /// Longest time for a whole exchange, in milliseconds.
    pub(super) fn total_timeout(&self) -> i64 {
        clock::milliseconds(self.keeper.settings().total_timeout)
    }
}

/// Random; different in each process, also in a parent and its child.
fn seed() -> [u8; 16] {
    let half = || RandomState::new().hash_one((std::process::id(), clock::now().steady)).to_le_bytes();
    let (low, high) = (half(), half());
    let mut both = low.into_iter().chain(high);
    core::array::from_fn(|_| both.next().unwrap_or(0))
}
