//! What requests wait for: a document, or the key of their token.

use super::Process;
use crate::{
    error::Error,
    net::{
        clock::{self, duration},
        lock,
    },
    rulebook::{Act, Moment, UnknownKids, Wait},
};
use std::{sync::Arc, time::Duration};

impl Process {
    /// Runs before a request that may block is judged. Usually it does nothing. While there is no usable document, it waits
    /// for one, at most `at_most`. When the background thread is frozen, it fetches. Returns the moment at which the
    /// request is judged.
    pub(in crate::net) fn prepare(self: &Arc<Self>, at_most: Duration) -> Moment {
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

    /// The same for a request that may not block: instead of fetching, it hands the flight to the background thread.
    pub(in crate::net) fn prepare_without_blocking(self: &Arc<Self>) -> Moment {
        let now = clock::now();
        if let Ok(request) = self.keeper.prepare(now) {
            self.hand_over(&request.act, request.wake);
        }
        now
    }

    /// Waits until tokens can be judged, at most `at_most`.
    pub(in crate::net) fn wait_until_usable(self: &Arc<Self>, at_most: Duration) {
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
    pub(in crate::net) fn wait_for_keys_of(self: &Arc<Self>, kids: &UnknownKids) -> Result<(), Error> {
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

    /// The same for one that may not block: what it has to wait for, if anything.
    pub(in crate::net) fn fetch_without_blocking(self: &Arc<Self>, kids: &UnknownKids) -> Result<Option<Wait>, Error> {
        let now = clock::now();
        let request = self.keeper.lacks(kids, now)?;
        self.hand_over(&request.act, request.wake);
        Ok(match request.act {
            Act::Proceed => None,
            Act::Wait(wait) => Some(wait),
            Act::Fetch(_) => Some(Wait { until: now.steady.saturating_add(self.keeper.key_wait()), place: None }),
        })
    }

    fn hand_over(self: &Arc<Self>, act: &Act, wake: bool) {
        if let Act::Fetch(flight) = act {
            *lock(&self.handed_over) = Some(*flight);
            self.wake();
        } else if wake {
            self.wake();
        }
    }

    /// Blocks until a flight ends, at the latest until `until` by the steady clock.
    pub(in crate::net) fn wait_for_flight(&self, ended_before: u64, until: i64) {
        loop {
            let seen = self.signal.generation();
            let now = clock::now().steady;
            // Once the background thread has ended, no flight ends any more.
            if self.keeper.flights_ended() != ended_before || now >= until || self.signal.is_stopping() {
                return;
            }
            self.signal.wait(seen, duration(until.saturating_sub(now)));
        }
    }
}
