//! Threads that verify while another thread replaces the document as fast as it can.

use super::{
    clock,
    keeper::{Keeper, Update},
    settings::Settings,
};
use crate::{
    Cache, Profile, cache,
    rulebook::{Change, Flight, Moment, Poll},
};
use fake_tesseral::{Project, jws};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Instant,
    vec,
};

const SWAPS: usize = 10_000;
const READERS: usize = 8;
const NOW: i64 = 1_750_000_000;

/// Two documents in turn: one key is in both, one in the second only.
#[test]
fn readers_never_see_half_a_document() {
    let mut project = Project::new(161);
    let both = project.access_token(NOW);
    let first = project.config_document().to_json();
    project.rotate();
    let (second, sometimes) = (project.config_document().to_json(), project.access_token(NOW));
    let tampered = jws::tamper(&both).unwrap();

    let keeper = Keeper::new(Settings::new("p").profile(Profile::Tiny), [1; 16], clock::now()).unwrap();
    keeper.landed(next_flight(&keeper, 0), first.as_bytes(), clock::now()).unwrap();
    let (done, verified, wrong, worst) =
        (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for reader in 0..READERS {
            let (keeper, done, verified, wrong, worst) = (&keeper, &done, &verified, &wrong, &worst);
            let cases =
                [(&both, &["ok"][..]), (&sometimes, &["ok", "key_unknown"]), (&tampered, &["signature_invalid"])];
            scope.spawn(move || {
                let mut scratch = vec![0; keeper.scratch_len()];
                let mut memory = vec![0; cache::size(16, 2048)];
                let mut cache = Cache::new(&mut memory, 2048, [7; 16]).unwrap();
                // Every reader verifies at least once after the last swap.
                loop {
                    let last = done.load(Relaxed);
                    for (token, allowed) in cases {
                        // Half of the readers have a signature cache.
                        let cache = (reader % 2 == 0).then_some(&mut cache);
                        let start = Instant::now();
                        let found =
                            keeper.find_token(token.as_bytes(), NOW, clock::now(), cache, &mut scratch, |_| Ok(()));
                        worst.fetch_max(start.elapsed().as_nanos() as u64, Relaxed);
                        let slug = found.map_or_else(|error| error.slug(), |_| "ok");
                        if !allowed.contains(&slug) {
                            wrong.fetch_add(1, Relaxed);
                        }
                        verified.fetch_add(1, Relaxed);
                    }
                    if last {
                        break;
                    }
                }
            });
        }
        for swap in 0..SWAPS {
            let document = if swap % 2 == 0 { &second } else { &first };
            let flight = next_flight(&keeper, swap as i64 + 1);
            let update = keeper.landed(flight, document.as_bytes(), clock::now()).unwrap();
            assert_eq!(update, Update::InUse(Change::Keys));
        }
        done.store(true, Relaxed);
    });
    let (verified, wrong, worst) = (verified.into_inner(), wrong.into_inner(), worst.into_inner());
    std::println!(
        "figure swaps {SWAPS} readers {READERS} verifications {verified} wrong {wrong} worst_us {}",
        worst / 1000
    );
    assert_eq!(wrong, 0);
    assert!(verified > (SWAPS / 10) as u64, "{verified}");
    // On a machine of fewer processors than threads, a reader may lose its own for a while; never for a fetch's time.
    assert!(worst < 2_000_000_000, "{worst} ns");
}

/// One flight for each day: one is always due.
fn next_flight(keeper: &Keeper, day: i64) -> Flight {
    let (now, days) = (clock::now(), day * 86_400_000);
    let later = Moment { steady: now.steady + days, wall: now.wall + days };
    match keeper.poll(later) {
        Poll::Fetch(flight) => Flight { began: now, ..flight },
        other => panic!("{other:?}"),
    }
}
