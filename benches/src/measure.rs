//! One run in which all contestants take turns, so that whatever else the machine does hits them alike.

use std::time::{Duration, Instant};

/// Something to repeat; it is told how often it ran before, so that it can take the next token.
pub struct Contestant<'c> {
    name: String,
    run: Box<dyn FnMut(usize) + 'c>,
    turns: Vec<f64>,
    done: usize,
}

impl<'c> Contestant<'c> {
    /// Named as figures will be.
    pub fn new(name: impl Into<String>, run: impl FnMut(usize) + 'c) -> Self {
        Self { name: name.into(), run: Box::new(run), turns: Vec::new(), done: 0 }
    }

    fn repeat(&mut self, count: usize) -> Duration {
        let start = Instant::now();
        for i in self.done..self.done + count {
            (self.run)(i);
        }
        self.done += count;
        start.elapsed()
    }

    /// How many repetitions fill a turn.
    fn calibrate(&mut self, turn: Duration) -> usize {
        let mut count = 1;
        loop {
            let elapsed = self.repeat(count);
            if elapsed >= turn / 2 || count >= 1 << 24 {
                let one = elapsed.as_secs_f64() / count as f64;
                return ((turn.as_secs_f64() / one) as usize).max(1);
            }
            count *= 2;
        }
    }
}

/// How long a run takes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Turns of each contestant.
    pub rounds: usize,
    /// The length of one.
    pub turn: Duration,
}

impl Plan {
    /// For figures that are quoted. A turn is shorter than a scheduler's time slice, so that most turns are undisturbed.
    pub const FULL: Self = Self { rounds: 1001, turn: Duration::from_millis(2) };
    /// A short run that shows only whether everything works.
    pub const QUICK: Self = Self { rounds: 41, turn: Duration::from_millis(2) };
}

/// One contestant's result, in nanoseconds for one repetition.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The contestant's.
    pub name: String,
    /// Of all turns.
    pub median: f64,
    /// The first and the third quartile.
    pub quartiles: [f64; 2],
}

/// Lets all take turns. Untimed work goes before each, and brings the contestant's own data into the caches.
#[must_use]
pub fn interleave(mut contestants: Vec<Contestant<'_>>, plan: Plan) -> Vec<Measured> {
    let counts: Vec<usize> = contestants.iter_mut().map(|contestant| contestant.calibrate(plan.turn)).collect();
    let len = contestants.len();
    for round in 0..plan.rounds {
        // Another one goes first each time, so that no two always meet at the same moment.
        for place in 0..len {
            let which = (place + round) % len;
            let (contestant, count) = (&mut contestants[which], counts[which]);
            contestant.repeat(WARM_UP * count);
            let elapsed = contestant.repeat(count);
            contestant.turns.push(elapsed.as_secs_f64() * 1e9 / count as f64);
        }
    }
    contestants.into_iter().map(summary).collect()
}

/// Turns of untimed work before each timed one. One is not enough to bring 512 KiB of tables back.
const WARM_UP: usize = 3;

fn summary(mut contestant: Contestant<'_>) -> Measured {
    contestant.turns.sort_by(f64::total_cmp);
    let at = |part: usize| contestant.turns[(contestant.turns.len() - 1) * part / 4];
    Measured { median: at(2), quartiles: [at(1), at(3)], name: contestant.name }
}

#[cfg(test)]
mod tests {
    use super::{Contestant, Plan, interleave};
    use std::{cell::Cell, time::Duration};

    #[test]
    fn everyone_gets_every_turn_and_each_index_once() {
        let (seen, slow) = (Cell::new(0), Duration::from_micros(300));
        let contestants = vec![
            Contestant::new("counts", |i| {
                assert_eq!(i, seen.get());
                seen.set(i + 1);
            }),
            Contestant::new("sleeps", |_| std::thread::sleep(slow)),
        ];
        let measured = interleave(contestants, Plan { rounds: 5, turn: Duration::from_millis(1) });
        assert_eq!(measured.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["counts", "sleeps"]);
        assert!(measured[1].median >= 300_000.0 && measured[0].median < measured[1].median);
        assert!(measured.iter().all(|one| one.quartiles[0] <= one.median && one.median <= one.quartiles[1]));
    }
}
