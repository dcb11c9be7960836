//! New keys, and tokens with invented `kid`s.

use crate::support::{eventually, fetches, ms, ready, say, serve, settings, slug, token};
use fake_tesseral::Endpoint;
use std::time::Duration;

#[test]
fn a_new_key_is_accepted_within_one_cooldown() {
    let server = serve(101);
    let authenticator = ready(settings(&server).cooldown(ms(500)));
    let mut worst = Duration::ZERO;
    for _ in 0..5 {
        let before = token(&server);
        server.project().rotate();
        let after = token(&server);
        let wait = eventually("the new key", ms(5000), || {
            assert_eq!(slug(&authenticator, &before), "ok", "older keys stay good meanwhile");
            slug(&authenticator, &after) == "ok"
        });
        worst = worst.max(wait);
    }
    say(&format!("figure rotation_worst_wait_ms {} (cooldown 500)", worst.as_millis()));
    // The cooldown, one fetch, and what a busy machine takes.
    assert!(worst < ms(500 + 1000), "{worst:?}");
}

/// The project signs with a key before it publishes it. The first early fetch does not find the key; the one after the cooldown does.
#[test]
fn a_key_that_is_published_late_is_found_too() {
    let server = serve(102);
    let authenticator = ready(settings(&server).cooldown(ms(300)));
    server.project().rotate_unpublished();
    let new = token(&server);
    assert_eq!(slug(&authenticator, &new), "key_unknown");
    assert!(server.wait_for(Endpoint::Config, 2, ms(5000)), "asks at once");
    eventually("the end of the fetch", ms(5000), || authenticator.stats().refreshes >= 2);
    assert_eq!(slug(&authenticator, &new), "key_unknown");
    server.project().publish();
    let wait = eventually("the new key", ms(5000), || slug(&authenticator, &new) == "ok");
    assert!(wait < ms(300 + 1000), "{wait:?}");
}

#[test]
fn ten_thousand_random_kids_cause_one_fetch_in_each_cooldown() {
    let server = serve(103);
    let authenticator = ready(settings(&server));
    let key = server.project().signing_key().clone();
    let claims = server.project().claims(tesseral_verify::net::unix_time()).to_json();
    let start = std::time::Instant::now();
    for number in 0..10_000 {
        let header = format!(r#"{{"kid":"session_signing_key_{number:025}","alg":"ES256"}}"#);
        let forged = if number < 10 {
            key.sign_compact(header.as_bytes(), claims.as_bytes())
        } else {
            // The signature is not looked at.
            fake_tesseral::jws::compact(header.as_bytes(), claims.as_bytes(), &[1; 64])
        };
        assert_eq!(slug(&authenticator, &forged), "key_unknown");
    }
    let took = start.elapsed();
    eventually("the end of the early fetch", ms(5000), || authenticator.stats().refreshes >= 2);
    let fetched = fetches(&server);
    say(&format!(
        "figure fetches_of_10000_random_kids {fetched} in {} ms, the first document included",
        took.as_millis()
    ));
    // One at the start, one for the first of them; each further cooldown of 10, 20, 40 s allows one more.
    let cooldowns = usize::from(took > ms(10_000)) + usize::from(took > ms(30_000)) + usize::from(took > ms(70_000));
    assert!((2..=2 + cooldowns).contains(&fetched), "{fetched}");
    assert_eq!(slug(&authenticator, &token(&server)), "ok");
}
