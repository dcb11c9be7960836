//! Servers that fork after they have made an authenticator.
#![cfg(unix)]

use crate::support::{eventually, in_child, ms, ready, say, serve, settings_with_api_keys, slug, token};
use fake_tesseral::{Endpoint, Fault};
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};
use tesseral_verify::net::Authenticator;

/// Whether it happens within ten seconds. A child asks this, which reports its failure by its exit status.
fn soon(mut happened: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !happened() {
        if start.elapsed() > Duration::from_secs(10) {
            return false;
        }
        std::thread::sleep(ms(5));
    }
    true
}

#[test]
fn a_child_goes_on_by_itself() {
    let server = serve(201);
    let authenticator = ready(settings_with_api_keys(&server).cooldown(ms(100)));
    let old = token(&server);
    let api_key = server.project().issue_api_key(["a.b.c"]);
    assert_eq!((slug(&authenticator, &old), slug(&authenticator, &api_key)), ("ok", "ok"));
    server.project().rotate();
    let new = token(&server);
    server.forget();
    let good = in_child(|| {
        slug(&authenticator, &old) == "ok"
            && soon(|| slug(&authenticator, &new) == "ok") // its own thread fetches
            && slug(&authenticator, &api_key) == "ok" // over a connection of its own
            && authenticator.stats().early_refreshes == 1
    });
    assert!(good);
    assert!(server.count(Endpoint::Config) >= 1 && server.count(Endpoint::ApiKeys) == 1);
    // A child that never calls it, and one that drops it at once.
    assert!(in_child(|| true));
    let mut shared = Some(authenticator);
    assert!(in_child(|| {
        let start = Instant::now();
        drop(shared.take());
        start.elapsed() < ms(500)
    }));
    let authenticator = shared.take().unwrap();
    eventually("the parent", ms(5000), || slug(&authenticator, &new) == "ok");
    // A grandchild.
    assert!(in_child(|| slug(&authenticator, &new) == "ok" && in_child(|| slug(&authenticator, &new) == "ok")));
}

/// Forks at random moments while the parent's threads work, and while a fetch hangs.
#[test]
fn locks_that_the_parents_threads_hold_do_not_matter() {
    const FORKS: usize = 60;
    let server = serve(202);
    let authenticator = ready(settings_with_api_keys(&server).refresh_interval(ms(20)).total_timeout(ms(1000)));
    let good = token(&server);
    let key = server.project().signing_key().clone();
    let forged = key.sign_compact(br#"{"kid":"session_signing_key_1","alg":"ES256"}"#, b"{}");
    let unknown = format!("example_sk_{}", "0".repeat(55));
    let done = AtomicBool::new(false);
    let mut children = 0;
    std::thread::scope(|scope| {
        for credential in [&good, &forged, &unknown] {
            let (authenticator, done) = (&authenticator, &done);
            scope.spawn(move || {
                while !done.load(Relaxed) {
                    slug(authenticator, credential);
                    let _ = authenticator.stats();
                }
            });
        }
        for number in 0..FORKS {
            if number == FORKS / 2 {
                server.set_fault(Endpoint::Config, Fault::Hang);
            }
            let child = || {
                let verified = slug(&authenticator, &good) == "ok" && slug(&authenticator, &forged) == "key_unknown";
                verified && authenticator.stats().not_ready.is_none() && authenticator.ready().is_ok()
            };
            children += usize::from(in_child(child));
        }
        done.store(true, Relaxed);
    });
    say(&format!("figure forked_children_that_verified {children} of {FORKS}"));
    assert_eq!(children, FORKS);
}

/// The parent never became ready, and was waiting.
#[test]
fn a_child_of_a_cold_parent_makes_its_own_start() {
    let server = serve(203);
    server.set_fault_times(Endpoint::Config, Fault::Hang, 1);
    let authenticator = Authenticator::new(settings_with_api_keys(&server)).unwrap();
    assert!(server.wait_for(Endpoint::Config, 1, ms(5000)));
    let good = token(&server);
    assert!(in_child(|| slug(&authenticator, &good) == "ok"));
}
