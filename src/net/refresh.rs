//! When to fetch the configuration document: no I/O, and the time is the caller's.

use crate::limits::MAX_KID_LEN;
use std::{boxed::Box, time::Duration, vec::Vec};

/// The times that decide.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rules {
    /// A document is fetched anew a little before this age.
    pub interval: Duration,
    /// At least so long between two early fetches for unknown `kid`s; doubled by each, up to [`Self::max_cooldown`].
    pub cooldown: Duration,
    /// Where the cooldown ends growing.
    pub max_cooldown: Duration,
    /// A fetch that takes longer counts as failed.
    pub total_timeout: Duration,
}

/// What to do now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Fetch the document and say how it went; nobody else is told so until then.
    Fetch,
    /// Somebody is fetching; this is when a fetch counts as lost.
    InFlight(Duration),
    /// Nothing before this time.
    At(Duration),
}

/// Decides when to fetch. Times are durations since any fixed moment.
#[derive(Clone, Debug)]
pub struct Refresh {
    rules: Rules,
    due: Duration,
    /// Until when the fetch under way has time.
    in_flight: Option<Duration>,
    /// A `kid` asked for a fetch that has not begun.
    wanted: bool,
    cooldown: Duration,
    no_early_fetch_before: Duration,
    retry: Duration,
    /// Those that the next document is to be asked for.
    asked: Vec<Box<str>>,
    /// Those that a document lacked, and until when that is remembered.
    absent: Vec<(Box<str>, Duration)>,
    random: u64,
}

impl Refresh {
    /// A first fetch is due at once. `seed`: any number, another in each process, so that they do not fetch together.
    #[must_use]
    pub fn new(rules: Rules, seed: u64) -> Self {
        Self {
            rules,
            due: Duration::ZERO,
            in_flight: None,
            wanted: false,
            cooldown: rules.cooldown,
            no_early_fetch_before: Duration::ZERO,
            retry: rules.first_retry(),
            asked: Vec::new(),
            absent: Vec::new(),
            random: seed,
        }
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Duration) -> Next {
        if let Some(until) = self.in_flight {
            if now < until {
                return Next::InFlight(until);
            }
            self.failed(now);
        }
        if self.wanted || now >= self.due {
            self.wanted = false;
            self.in_flight = Some(now.saturating_add(self.rules.total_timeout.saturating_mul(2)));
            return Next::Fetch;
        }
        Next::At(self.due)
    }

    /// When the next planned fetch is due.
    #[must_use]
    pub fn due(&self) -> Duration {
        self.due
    }

    /// Whether somebody is fetching and has time left.
    pub(super) fn is_in_flight(&self, now: Duration) -> bool {
        self.in_flight.is_some_and(|until| now < until)
    }

    /// Whether a `kid` asked for a fetch that has not begun.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// A token named a `kid` that no key has. Says whether a fetch is due now that was not due before.
    ///
    /// At most one early fetch in each cooldown, and none for a `kid` that a document of the last cooldown lacked.
    pub fn unknown_kid(&mut self, kid: &str, now: Duration) -> bool {
        self.absent.retain(|(_, until)| now < *until);
        let impossible = kid.is_empty() || kid.len() > MAX_KID_LEN;
        // What is being fetched may hold the key: if not, the next token asks again.
        if impossible || self.in_flight.is_some() || self.absent.iter().any(|(absent, _)| **absent == *kid) {
            return false;
        }
        if self.wanted {
            self.ask_for(kid);
            return false;
        }
        if now < self.no_early_fetch_before || now >= self.due {
            return false;
        }
        self.wanted = true;
        self.ask_for(kid);
        self.no_early_fetch_before = now.saturating_add(self.cooldown);
        self.cooldown = self.cooldown.saturating_mul(2).min(self.rules.max_cooldown.max(self.rules.cooldown));
        true
    }

    /// A usable document came. `keys_changed`: its keys are not those before; `has_key`: whether it has this `kid`.
    pub fn succeeded(&mut self, now: Duration, keys_changed: bool, has_key: impl Fn(&str) -> bool) {
        if keys_changed {
            self.cooldown = self.rules.cooldown;
            self.no_early_fetch_before = self.no_early_fetch_before.min(now.saturating_add(self.cooldown));
        }
        let until = self.no_early_fetch_before;
        for kid in core::mem::take(&mut self.asked) {
            if !has_key(&kid) && now < until {
                self.absent.push((kid, until));
            }
        }
        let surplus = self.absent.len().saturating_sub(MAX_REMEMBERED);
        self.absent.drain(..surplus);
        self.absent.retain(|(kid, _)| !has_key(kid));
        self.retry = self.rules.first_retry();
        self.plan(now, self.rules.interval);
    }

    /// No usable document came.
    pub fn failed(&mut self, now: Duration) {
        self.asked.clear();
        self.plan(now, self.retry);
        self.retry = self.retry.saturating_mul(2).min(MAX_RETRY).min(self.rules.interval);
    }

    /// A document of this age is there already, so that the first fetch can wait as long as it would be good.
    pub fn adopt(&mut self, now: Duration, age: Duration) {
        self.plan(now, self.rules.interval.saturating_sub(age));
    }

    /// Between 75 % and 95 % of `wait` from now on.
    fn plan(&mut self, now: Duration, wait: Duration) {
        self.in_flight = None;
        let percent = 75_u32.saturating_add(u32::try_from(self.random() % 21).unwrap_or(0));
        let wait = wait.checked_div(100).unwrap_or_default().saturating_mul(percent);
        self.due = now.saturating_add(wait);
    }

    fn ask_for(&mut self, kid: &str) {
        if self.asked.len() < MAX_REMEMBERED && !self.asked.iter().any(|asked| **asked == *kid) {
            self.asked.push(kid.into());
        }
    }

    /// SplitMix64: spreads, and need not be secret.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Rules {
    fn first_retry(&self) -> Duration {
        FIRST_RETRY.min(self.interval)
    }
}

/// Wait after a first failure; doubled by each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(60);
/// Most `kid`s that are remembered as absent, so that forgers cannot fill the memory.
const MAX_REMEMBERED: usize = 64;

#[cfg(test)]
mod tests {
    use super::{Next, Refresh, Rules};
    use std::{format, time::Duration};

    const RULES: Rules =
        Rules { interval: seconds(3600), cooldown: seconds(10), max_cooldown: seconds(60), total_timeout: seconds(5) };

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// After a first document without any of the `kid`s that the tests name.
    fn settled() -> Refresh {
        let mut refresh = Refresh::new(RULES, 7);
        assert_eq!(refresh.next(seconds(0)), Next::Fetch);
        refresh.succeeded(seconds(0), true, |_| false);
        refresh
    }

    #[test]
    fn one_fetch_at_once_and_one_flight() {
        let mut refresh = Refresh::new(RULES, 7);
        assert_eq!(refresh.next(seconds(3)), Next::Fetch);
        assert_eq!(refresh.next(seconds(3)), Next::InFlight(seconds(13)));
        assert!(!refresh.unknown_kid("a", seconds(4)), "the fetch under way may bring it");
        refresh.succeeded(seconds(5), true, |_| false);
        assert!(matches!(refresh.next(seconds(6)), Next::At(_)));
    }

    #[test]
    fn refreshes_before_the_interval_ends_and_not_all_together() {
        let due = |seed| {
            let mut refresh = Refresh::new(RULES, seed);
            refresh.succeeded(seconds(100), true, |_| false);
            refresh.due()
        };
        let all: std::collections::BTreeSet<_> = (0..100).map(due).collect();
        assert!(all.iter().all(|due| (seconds(2800)..=seconds(3520)).contains(due)), "{all:?}");
        assert!(all.len() > 10);
    }

    #[test]
    fn a_lost_flight_ends() {
        let mut refresh = Refresh::new(RULES, 7);
        assert_eq!(refresh.next(seconds(0)), Next::Fetch);
        assert!(matches!(refresh.next(seconds(10)), Next::At(_)), "counts as failed, and waits");
        assert_eq!(refresh.next(seconds(11)), Next::Fetch);
    }

    #[test]
    fn failures_are_retried_ever_more_slowly() {
        let mut refresh = Refresh::new(RULES, 7);
        let (mut now, mut fetches) = (seconds(0), 0);
        while now < seconds(600) {
            match refresh.next(now) {
                Next::Fetch => {
                    fetches += 1;
                    refresh.failed(now);
                }
                Next::At(due) => now = due,
                Next::InFlight(_) => unreachable!("it failed"),
            }
        }
        // 1, 2, 4, 8, 16, 32 seconds, then 60, each less up to a quarter.
        assert!((15..=20).contains(&fetches), "{fetches}");
    }

    #[test]
    fn the_cooldown_grows_to_a_minute_and_resets_with_new_keys() {
        let mut refresh = settled();
        let mut now = seconds(0);
        for (number, cooldown) in [10, 20, 40, 60, 60].into_iter().enumerate() {
            assert!(refresh.unknown_kid(&format!("kid {number}"), now), "{number}");
            assert_eq!(refresh.next(now), Next::Fetch);
            refresh.succeeded(now, false, |_| false);
            now += seconds(cooldown);
            assert!(!refresh.unknown_kid("another", now - Duration::from_millis(1)));
        }
        assert!(refresh.unknown_kid("new key", now));
        assert_eq!(refresh.next(now), Next::Fetch);
        refresh.succeeded(now, true, |kid| kid == "new key");
        assert!(!refresh.unknown_kid("x", now + seconds(9)) && refresh.unknown_kid("x", now + seconds(10)));
    }

    #[test]
    fn an_absent_kid_is_remembered_for_one_cooldown() {
        let mut refresh = settled();
        assert!(refresh.unknown_kid("a", seconds(20)));
        assert!(!refresh.unknown_kid("b", seconds(20)), "one fetch serves both");
        assert_eq!(refresh.next(seconds(20)), Next::Fetch);
        refresh.succeeded(seconds(21), true, |_| false);
        assert!(!refresh.unknown_kid("a", seconds(29)) && !refresh.unknown_kid("b", seconds(29)));
        assert!(refresh.unknown_kid("b", seconds(30)));
    }

    #[test]
    fn a_kid_that_no_key_can_have_asks_for_nothing() {
        let mut refresh = settled();
        let long = "k".repeat(129);
        assert!(!refresh.unknown_kid(&long, seconds(20)) && !refresh.unknown_kid("", seconds(20)));
        assert!(refresh.unknown_kid(&long[1..], seconds(20)));
    }

    /// 10,000 tokens with random `kid`s, spread over so much time.
    #[test]
    fn random_kids_cause_a_bounded_number_of_fetches() {
        for (over, most) in [(seconds(1), 1), (seconds(60), 3), (seconds(3600), 62)] {
            let mut refresh = settled();
            let mut fetches = 0;
            for number in 0..10_000 {
                let now = seconds(1) + over * number / 10_000;
                refresh.unknown_kid(&format!("random {number}"), now);
                if refresh.next(now) == Next::Fetch {
                    fetches += 1;
                    refresh.succeeded(now, false, |_| false);
                }
                assert!(refresh.absent.len() <= 64 && refresh.asked.len() <= 64);
            }
            std::println!("figure fetches_of_10000_random_kids_in_{}_s {fetches}", over.as_secs());
            assert!((1..=most).contains(&fetches), "{fetches} in {over:?}");
        }
    }
}
