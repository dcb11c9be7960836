//! Readers and one who replaces documents as fast as it can.

use crate::support::{ms, say};
use fake_tesseral::{Project, jws};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};
use tesseral_verify::{
    Cache, Profile, cache,
    net::{Keeper, Settings, Update},
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

    let keeper = Keeper::new(Settings::new("p").profile(Profile::Tiny), 1).unwrap();
    keeper.load(first.as_bytes(), Duration::ZERO).unwrap();
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
                let mut round = 0;
                // Every reader goes on at least once after the last swap.
                loop {
                    let last = done.load(Relaxed);
                    for (token, allowed) in cases {
                        // Half of the readers have a signature cache.
                        let cache = (reader % 2 == 0).then_some(&mut cache);
                        let start = Instant::now();
                        let found = keeper.verify_token(token.as_bytes(), NOW, ms(round), cache, &mut scratch);
                        worst.fetch_max(start.elapsed().as_nanos() as u64, Relaxed);
                        let slug = found.map_or_else(|error| error.slug(), |_| "ok");
                        if !allowed.contains(&slug) {
                            wrong.fetch_add(1, Relaxed);
                        }
                        verified.fetch_add(1, Relaxed);
                    }
                    round = (round + 1) % 1000;
                    if last {
                        break;
                    }
                }
            });
        }
        for swap in 0..SWAPS {
            let document = if swap % 2 == 0 { &second } else { &first };
            assert_eq!(keeper.load(document.as_bytes(), ms(0)).unwrap(), Update::Keys);
        }
        done.store(true, Relaxed);
    });
    let (verified, wrong, worst) = (verified.into_inner(), wrong.into_inner(), worst.into_inner());
    say(&format!(
        "figure swaps {SWAPS} readers {READERS} verifications {verified} wrong {wrong} worst_us {}",
        worst / 1000
    ));
    assert_eq!(wrong, 0);
    assert!(verified > (SWAPS / 10) as u64, "{verified}");
    // On a machine of fewer processors than threads, a reader may lose its own for a while; never for a fetch's time.
    assert!(worst < 2_000_000_000, "{worst} ns");
}
