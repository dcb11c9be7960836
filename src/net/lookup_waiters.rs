//! The threads and futures that wait for one question about an API key.

use super::lock;
use std::{
    sync::{Condvar, Mutex, PoisonError},
    task::Waker,
    time::{Duration, Instant},
    vec::Vec,
};

#[derive(Debug, Default)]
pub(super) struct LookupWaiters {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    ended: bool,
    /// A place for each future that waits.
    wakers: Vec<Waker>,
}

impl LookupWaiters {
    /// The question has ended: wakes all of them.
    pub(super) fn wake_all(&self) {
        let mut state = lock(&self.state);
        state.ended = true;
        let wakers = core::mem::take(&mut state.wakers);
        drop(state);
        self.wake.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Blocks this thread until the question has ended; `false` when that takes too long.
    pub(super) fn wait(&self, at_most: Duration) -> bool {
        let start = Instant::now();
        let mut state = lock(&self.state);
        while !state.ended {
            let Some(left) = at_most.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) else {
                return false;
            };
            state = self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Whether the question has ended. If not, `waker` is woken when it ends. `place` is the place of the future's earlier
    /// waker, which it replaces.
    pub(super) fn poll(&self, place: &mut Option<usize>, waker: &Waker) -> bool {
        let mut state = lock(&self.state);
        if state.ended {
            return true;
        }
        match place.and_then(|place| state.wakers.get_mut(place)) {
            Some(known) => known.clone_from(waker),
            None => {
                *place = Some(state.wakers.len());
                state.wakers.push(waker.clone());
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::LookupWaiters;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        task::{Wake, Waker},
        time::Duration,
        vec::Vec,
    };

    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// The time of a poll does not grow with the number of waiting futures: each keeps its place, and no list is searched.
    #[test]
    fn every_future_has_one_waker() {
        let waiters = LookupWaiters::default();
        let counters: Vec<_> = (0..10_000).map(|_| Arc::new(Counter(AtomicUsize::new(0)))).collect();
        let mut places = std::vec![None; counters.len()];
        for _ in 0..3 {
            for (place, counter) in places.iter_mut().zip(&counters) {
                assert!(!waiters.poll(place, &Waker::from(Arc::clone(counter))));
            }
        }
        assert!(!waiters.wait(Duration::ZERO));
        waiters.wake_all();
        assert!(counters.iter().all(|counter| counter.0.load(Relaxed) == 1));
        assert!(waiters.wait(Duration::ZERO) && waiters.poll(&mut places[0], Waker::noop()));
    }
}
