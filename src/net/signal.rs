//! How threads and futures wait: for a change, for the request to end, and for the end of the background thread. Every wait
//! has a time limit.

use super::lock;
use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::{Duration, Instant},
};

#[derive(Debug, Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
    /// Futures that wait for a change. The rulebook bounds how many there are.
    wakers: Mutex<Wakers>,
}

#[derive(Debug, Default)]
struct Wakers {
    /// Each future has a number of its own.
    waiting: BTreeMap<u64, Waker>,
    last_number: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    generation: u64,
    stopping: bool,
    ended: bool,
}

impl Signal {
    /// The value to pass to [`Self::wait`]: read it before you check what you wait for.
    pub(super) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// Something changed.
    pub(super) fn notify(&self) {
        self.change(|state| state.generation = state.generation.wrapping_add(1));
        self.wake();
    }

    /// Wakes a future at the next change; `number` is what it got before.
    pub(super) fn wake_next(&self, number: &mut Option<u64>, waker: &Waker) {
        let mut wakers = lock(&self.wakers);
        let number = *number.get_or_insert_with(|| {
            wakers.last_number = wakers.last_number.wrapping_add(1);
            wakers.last_number
        });
        wakers.waiting.insert(number, waker.clone());
    }

    /// The future has stopped waiting.
    pub(super) fn forget(&self, number: Option<u64>) {
        if let Some(number) = number {
            lock(&self.wakers).waiting.remove(&number);
        }
    }

    fn wake(&self) {
        let waiting = core::mem::take(&mut lock(&self.wakers).waiting);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Waits until something has changed since `seen`, the background thread is told to end, or the time is over.
    pub(super) fn wait(&self, seen: u64, at_most: Duration) {
        self.wait_while(at_most, |state| state.generation == seen && !state.stopping);
    }

    pub(super) fn stop(&self) {
        self.change(|state| state.stopping = true);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// The background thread has ended: no further change will come.
    pub(super) fn end(&self) {
        self.change(|state| {
            state.stopping = true;
            state.ended = true;
        });
        self.wake();
    }

    /// Waits for [`Self::end`]; `false` when that takes too long.
    pub(super) fn wait_for_end(&self, at_most: Duration) -> bool {
        self.wait_while(at_most, |state| !state.ended).ended
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn wait_while(&self, at_most: Duration, unchanged: impl Fn(&State) -> bool) -> State {
        let start = Instant::now();
        let mut state = self.lock();
        while unchanged(&state) {
            let Some(left) = at_most.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) else { break };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *state
    }

    /// A thread that panicked while it held the lock left consistent values: each is written in one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Signal;
    use std::time::Duration;

    #[test]
    fn what_happened_before_the_wait_ends_it() {
        let signal = Signal::default();
        let seen = signal.generation();
        signal.notify();
        signal.wait(seen, Duration::from_secs(60));
        assert!(!signal.wait_for_end(Duration::from_millis(1)));
        signal.stop();
        signal.wait(signal.generation(), Duration::from_secs(60));
        signal.end();
        assert!(signal.is_stopping() && signal.wait_for_end(Duration::ZERO));
    }
}
