//! Wakes futures at their deadlines, also while the network hangs.

use super::{
    clock::{self, duration},
    lock, thread,
};
use crate::limits::MAX_SLEEP_MS;
use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::Waker,
    time::Duration,
};

/// One thread for all deadlines, which runs while there are some.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// A future's entry: the earliest deadline comes first.
    wakers: BTreeMap<Entry, Waker>,
    last_number: u64,
    runs: bool,
}

/// A deadline by the steady clock, and a number that no other future has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Entry {
    at: i64,
    number: u64,
}

impl Alarm {
    /// Has `waker` woken at the time `at`, in place of the future's earlier waker and deadline. `false`: the alarm's thread
    /// cannot be started.
    pub(super) fn set(self: &Arc<Self>, entry: &mut Option<Entry>, at: i64, waker: &Waker) -> bool {
        let mut state = lock(&self.state);
        if let Some(before) = entry.take() {
            state.wakers.remove(&before);
        }
        if !state.runs && !self.start() {
            return false;
        }
        state.runs = true;
        state.last_number = state.last_number.wrapping_add(1);
        let own = Entry { at, number: state.last_number };
        *entry = Some(own);
        state.wakers.insert(own, waker.clone());
        if state.wakers.first_key_value().is_some_and(|(first, _)| *first == own) {
            self.changed.notify_one();
        }
        true
    }

    /// The future has stopped waiting.
    pub(super) fn unset(&self, entry: Option<Entry>) {
        if let Some(entry) = entry {
            lock(&self.state).wakers.remove(&entry);
        }
    }

    /// Called when the authenticator ends: without waiting futures, the thread ends at once.
    pub(super) fn hurry(&self) {
        self.changed.notify_one();
    }

    fn start(self: &Arc<Self>) -> bool {
        let alarm = Arc::clone(self);
        thread::start("tesseral-alarm", move || alarm.run()).is_ok()
    }

    /// Runs until no deadline is left.
    fn run(&self) {
        let mut state = lock(&self.state);
        loop {
            let now = clock::now().steady;
            let Some(first) = state.wakers.first_entry() else {
                state.runs = false;
                return;
            };
            let at = first.key().at;
            if at <= now {
                let waker = first.remove();
                drop(state);
                waker.wake();
                state = lock(&self.state);
            } else {
                // Sleeps in pieces, since a sleep's clock stops while the machine is suspended.
                let sleep = duration(at.saturating_sub(now)).min(Duration::from_millis(MAX_SLEEP_MS));
                state = self.changed.wait_timeout(state, sleep).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Alarm, clock};
    use std::{
        sync::{
            Arc,
            mpsc::{Sender, channel},
        },
        task::{Wake, Waker},
        time::{Duration, Instant},
        vec::Vec,
    };

    struct Note(u32, Sender<u32>);

    impl Wake for Note {
        fn wake(self: Arc<Self>) {
            let _ = self.1.send(self.0);
        }
    }

    #[test]
    fn each_is_woken_once_in_the_order_of_deadlines() {
        let alarm = Arc::new(Alarm::default());
        let (sender, woken) = channel();
        let waker = |number| Waker::from(Arc::new(Note(number, sender.clone())));
        let (start, now) = (Instant::now(), clock::now().steady);
        let mut entries = std::vec![None; 5];
        for (number, (entry, after)) in entries.iter_mut().zip([90_000, 120, 60, 30, 1]).enumerate() {
            assert!(alarm.set(entry, now + after, &waker(u32::try_from(number).unwrap())));
        }
        // One waits no more, another has a new deadline and a new waker.
        alarm.unset(entries[3]);
        assert!(alarm.set(&mut entries[4], now + 90, &waker(9)));
        alarm.unset(entries[0]);
        let woken: Vec<_> = (0..3).map(|_| woken.recv_timeout(Duration::from_secs(10)).unwrap()).collect();
        assert_eq!(woken, [2, 9, 1]);
        assert!(start.elapsed() >= Duration::from_millis(118), "{:?}", start.elapsed());
        // The thread ends, and another one begins.
        let over = Instant::now();
        while super::lock(&alarm.state).runs {
            assert!(over.elapsed() < Duration::from_secs(10));
            std::thread::yield_now();
        }
        assert!(alarm.set(&mut entries[0], 0, &waker(7)));
    }
}
