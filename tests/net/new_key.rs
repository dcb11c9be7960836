//! The first good token of a new key waits for one fetch. Tokens with invented `kid`s delay no other request.

use crate::support::{eventually, fetches, ms, ready, say, serve, settings, slug, token, try_slug};
use fake_tesseral::{Endpoint, Fault, Server};
use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};
use tesseral_verify::net::{Attempt, Authenticator, unix_time};

/// A token whose `kid` no project has; its signature is never looked at.
fn invented(server: &Server, number: usize) -> String {
    let claims = server.project().claims(unix_time()).to_json();
    let header = format!(r#"{{"kid":"session_signing_key_{number:025}","alg":"ES256"}}"#);
    fake_tesseral::jws::compact(header.as_bytes(), claims.as_bytes(), &[1; 64])
}

#[test]
fn the_first_token_of_a_new_key_is_accepted() {
    let server = serve(221);
    let authenticator = ready(settings(&server));
    server.project().rotate();
    assert_eq!(slug(&authenticator, &token(&server)), "ok");
    assert_eq!((fetches(&server), authenticator.stats().early_refreshes), (2, 1));
    // The next rotation comes within the cooldown: refused at once, and nothing is fetched.
    server.project().rotate();
    let start = Instant::now();
    assert_eq!(slug(&authenticator, &token(&server)), "key_unknown");
    assert!(start.elapsed() < ms(900), "waits for nothing: {:?}", start.elapsed());
    assert_eq!(fetches(&server), 2);
}

#[test]
fn waiting_ends_when_its_time_is_over_and_can_be_switched_off() {
    let server = serve(222);
    let mut ran = 0;
    for (wait, waiters, least, most) in [(400, 16, 400, 1900), (0, 16, 0, 900), (1500, 0, 0, 900)] {
        let authenticator = ready(settings(&server).key_wait(ms(wait)).key_waiters(waiters));
        server.set_fault(Endpoint::Config, Fault::Hang);
        let start = Instant::now();
        assert_eq!(slug(&authenticator, &invented(&server, 1)), "key_unknown");
        let took = start.elapsed();
        assert!(took >= ms(least) && took < ms(most), "{took:?} with {wait} and {waiters}");
        server.clear_fault(Endpoint::Config);
        ran += 1;
    }
    assert_eq!(ran, 3);
}

/// Only a token that fails check 6 first may wait: one that fails an earlier or a later check is refused at once.
#[test]
fn only_an_unknown_kid_waits() {
    let server = serve(223);
    let authenticator = ready(settings(&server));
    server.set_fault(Endpoint::Config, Fault::Hang);
    let forged = invented(&server, 1);
    let (head, rest) = forged.split_once('.').unwrap();
    let mut ran = 0;
    let start = Instant::now();
    for (credential, expected) in [
        (format!("{head}.!{rest}"), "token_malformed"),
        (format!("{head}.{}", rest.replace('.', "")), "token_malformed"),
        (fake_tesseral::jws::compact(br#"{"kid":"x","alg":"HS256"}"#, b"{}", &[1; 64]), "alg_not_allowed"),
        (fake_tesseral::jws::compact(br#"{"kid":"x","alg":"ES256","crit":[]}"#, b"{}", &[1; 64]), "crit_not_supported"),
        (fake_tesseral::jws::tamper(&token(&server)).unwrap(), "signature_invalid"),
        (server.project().access_token(unix_time() - 1000), "token_expired"),
    ] {
        assert_eq!(slug(&authenticator, &credential), expected);
        assert_ne!(try_slug(&authenticator, &credential), "key_fetch_needed");
        ran += 1;
    }
    assert!(start.elapsed() < ms(900), "{:?}", start.elapsed());
    assert_eq!((ran, fetches(&server)), (6, 1));
}

/// `Cookie: <expired token>; <good token of a new key>`: the first one's slug would be `token_expired`, and nothing fetched.
#[test]
fn an_unknown_kid_behind_a_stale_cookie_counts() {
    let server = serve(224);
    let authenticator = ready(settings(&server));
    let stale = server.project().access_token(unix_time() - 1000);
    server.project().rotate();
    let name = server.project().cookie_name();
    let cookie = format!("{name}={stale}; {name}={}", token(&server));
    let mut scratch = vec![0; authenticator.scratch_len()];
    let auth = authenticator.authenticate([], [cookie.as_bytes()], unix_time(), None, &mut scratch);
    assert!(auth.is_ok(), "{auth:?}");
    assert_eq!(fetches(&server), 2);
    // A cookie that verifies decides, whatever `kid` the other cookie names.
    server.project().rotate_unpublished();
    let cookie = format!("{name}={}; {name}={}", invented(&server, 2), token(&server));
    let start = Instant::now();
    let refused = authenticator.authenticate([], [cookie.as_bytes()], unix_time(), None, &mut scratch).err();
    assert_eq!(refused.map(|error| error.slug()), Some("key_unknown"));
    assert!(start.elapsed() < ms(900) && fetches(&server) == 2, "within the cooldown");
}

/// 1,000 threads with invented `kid`s while the service hangs: few of them are blocked, and requests with a known key take
/// the time that they took before.
#[test]
fn invented_kids_delay_nobody() {
    const THREADS: usize = 1000;
    let server = serve(225);
    let authenticator = ready(settings(&server).total_timeout(ms(3000)));
    let good = token(&server);
    let usual = median(&authenticator, &good);
    server.set_fault(Endpoint::Config, Fault::Hang);
    server.forget();
    let tokens: Vec<_> = (0..THREADS).map(|number| invented(&server, number)).collect();
    let (blocked, most_blocked, slow) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let flooded = std::thread::scope(|scope| {
        for token in &tokens {
            let (authenticator, blocked, most_blocked, slow) = (&authenticator, &blocked, &most_blocked, &slow);
            let flood = move || {
                blocked.fetch_add(1, Relaxed);
                let start = Instant::now();
                assert_eq!(slug(authenticator, token), "key_unknown");
                blocked.fetch_sub(1, Relaxed);
                if start.elapsed() > ms(700) {
                    slow.fetch_add(1, Relaxed);
                }
                most_blocked.fetch_max(blocked.load(Relaxed), Relaxed);
            };
            std::thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, flood).unwrap();
        }
        median(&authenticator, &good)
    });
    say(&format!(
        "figure invented_kids threads {THREADS} waited {} fetches {} known_kid_us_before {} during {}",
        slow.load(Relaxed),
        fetches(&server),
        usual.as_micros(),
        flooded.as_micros()
    ));
    assert!((1..=16).contains(&slow.load(Relaxed)), "{}", slow.load(Relaxed));
    assert_eq!((fetches(&server), authenticator.stats().early_refreshes), (1, 1));
    // A thousand threads share this machine's processors with it; a wait for the fetch would take 1,000 times as long.
    assert!(flooded < ms(300), "{flooded:?}");
}

/// The usual time of one verification.
fn median(authenticator: &Authenticator, token: &str) -> Duration {
    let once = |_| {
        let start = Instant::now();
        assert_eq!(slug(authenticator, token), "ok");
        start.elapsed()
    };
    let mut times: Vec<_> = (0..501).map(once).collect();
    times.sort();
    times[250]
}

/// Without blocking, a request gets a status and a future, and is judged once more.
#[test]
fn a_future_of_the_fetch() {
    let server = serve(226);
    let authenticator = ready(settings(&server));
    server.project().rotate();
    let header = format!("Bearer {}", token(&server));
    let mut scratch = vec![0; authenticator.scratch_len()];
    let attempt = authenticator.try_authenticate([header.as_bytes()], [], unix_time(), None, &mut scratch).unwrap();
    let Attempt::FetchNeeded(fetch) = attempt else { panic!("{attempt:?}") };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(fetch);
    let attempt = authenticator.authenticate_after_fetch([header.as_bytes()], [], unix_time(), None, &mut scratch);
    assert!(matches!(attempt, Ok(Attempt::Complete(_))), "{attempt:?}");
    let stats = authenticator.stats();
    let count = |slug| stats.requests.iter().find(|(other, _)| *other == slug).unwrap().1;
    assert_eq!((count("key_fetch_needed"), count("ok"), fetches(&server)), (1, 1, 2));
}

/// The future ends with the fetch, also when the fetch brings no document.
#[test]
fn the_future_ends_with_the_fetch() {
    let server = serve(227);
    let authenticator = ready(settings(&server));
    server.set_fault(Endpoint::Config, Fault::Hang);
    let header = format!("Bearer {}", invented(&server, 1));
    let mut scratch = vec![0; authenticator.scratch_len()];
    let attempt = authenticator.try_authenticate([header.as_bytes()], [], unix_time(), None, &mut scratch).unwrap();
    let Attempt::FetchNeeded(fetch) = attempt else { panic!("{attempt:?}") };
    let start = Instant::now();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(fetch);
    // The fetch has two seconds.
    assert!(start.elapsed() < ms(2000 + 1000), "{:?}", start.elapsed());
    let after = authenticator.authenticate_after_fetch([header.as_bytes()], [], unix_time(), None, &mut scratch);
    assert_eq!(after.err().map(|error| error.slug()), Some("key_unknown"));
}

/// While tokens with invented keys come all the time, a new key is accepted one cooldown after it was published.
#[test]
fn a_new_key_is_accepted_during_a_flood() {
    let server = serve(228);
    let authenticator = ready(settings(&server).cooldown(ms(300)));
    let done = std::sync::atomic::AtomicBool::new(false);
    let waited = std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                if done.load(Relaxed) {
                    break;
                }
                slug(&authenticator, &invented(&server, number));
            }
        });
        std::thread::sleep(ms(200));
        server.project().rotate();
        let new = token(&server);
        let waited = eventually("the new key", ms(10_000), || slug(&authenticator, &new) == "ok");
        done.store(true, Relaxed);
        waited
    });
    say(&format!("figure new_key_during_a_flood_ms {} fetches {}", waited.as_millis(), fetches(&server)));
    assert!(waited < ms(2400), "{waited:?}");
}

/// A fetch that hangs for longer than a request waits: the future is woken at its own deadline.
#[test]
fn the_future_is_woken_at_its_deadline() {
    let server = serve(239);
    let authenticator = ready(settings(&server).key_wait(ms(300)).total_timeout(ms(10_000)).cooldown(ms(100)));
    server.set_fault(Endpoint::Config, Fault::Hang);
    let mut scratch = vec![0; authenticator.scratch_len()];
    let header = format!("Bearer {}", invented(&server, 1));
    let start = Instant::now();
    let attempt = authenticator.try_authenticate([header.as_bytes()], [], unix_time(), None, &mut scratch);
    let Ok(Attempt::FetchNeeded(fetch)) = attempt else { panic!("{attempt:?}") };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(fetch);
    assert!((ms(290)..ms(1500)).contains(&start.elapsed()), "{:?}", start.elapsed());
}
