//! The service is away, slow or wrong.

use crate::support::{eventually, fetches, ms, ready, say, serve, settings, slug, token};
use fake_tesseral::{Endpoint, Fault};
use std::time::{Duration, Instant};
use tesseral_verify::net::{Authenticator, NotReadyReason};

#[test]
fn an_outage_longer_than_the_interval_and_recovery() {
    let server = serve(111);
    let authenticator = ready(settings(&server).refresh_interval(ms(200)).cooldown(ms(100)));
    server.set_fault(Endpoint::Config, Fault::Status(500));
    let (start, mut verified) = (Instant::now(), 0);
    while start.elapsed() < ms(1000) {
        assert_eq!(slug(&authenticator, &token(&server)), "ok", "the last good document stays");
        verified += 1;
    }
    let stats = authenticator.stats();
    say(&format!("outage: {verified} tokens verified during {} failed fetches", stats.refresh_failures));
    assert!(stats.refresh_failures >= 2 && verified > 100, "{stats:?}");
    assert_eq!(stats.last_fault.unwrap().fault, tesseral_verify::net::Fault::Status(500));
    server.project().rotate();
    server.clear_fault(Endpoint::Config);
    eventually("recovery", ms(5000), || slug(&authenticator, &token(&server)) == "ok");
}

#[test]
fn too_old_keys_are_not_used() {
    let server = serve(112);
    let authenticator = ready(settings(&server).refresh_interval(ms(100)).max_stale(ms(600)));
    server.set_fault(Endpoint::Config, Fault::Close);
    assert_eq!(slug(&authenticator, &token(&server)), "ok");
    eventually("the end of the last good document", ms(5000), || {
        slug(&authenticator, &token(&server)) == "keys_unavailable"
    });
    let not_ready = authenticator.ready().unwrap_err();
    assert_eq!(
        (not_ready.reason, authenticator.stats().not_ready),
        (NotReadyReason::Stale, Some(NotReadyReason::Stale))
    );
    assert!(not_ready.to_string().starts_with("the keys are too old: "), "{not_ready}");
    server.clear_fault(Endpoint::Config);
    eventually("recovery", ms(5000), || slug(&authenticator, &token(&server)) == "ok");
    authenticator.ready().unwrap();
}

/// Whatever the config host answers, the good document stays in use, and the fault has the right slug.
#[test]
fn every_kind_of_bad_document() {
    let server = serve(113);
    let authenticator = ready(settings(&server).refresh_interval(ms(60)).total_timeout(ms(400)));
    let mut ran = 0;
    for (fault, slug_of_fault) in [
        (Fault::Delay(ms(3000)), "timed_out"),
        (Fault::Trickle { octets: 1, pause: ms(50) }, "timed_out"),
        (Fault::Hang, "timed_out"),
        (Fault::Truncate { octets: 20 }, "answer_malformed"),
        (Fault::Close, "answer_malformed"),
        (Fault::Reset, "connection_failed"),
        (Fault::Status(404), "http_status"),
        (Fault::Status(503), "http_status"),
        (Fault::Html, "config_malformed"),
        (Fault::EmptyOk, "config_malformed"),
        (Fault::Gzip, "config_malformed"),
        (Fault::MalformedJson, "config_malformed"),
        (Fault::Oversize { octets: 262_145 }, "answer_too_large"),
        (Fault::Redirect { location: "https://127.0.0.1:1/elsewhere".into() }, "http_status"),
        (Fault::Raw(b"nonsense\r\n\r\n".to_vec()), "answer_malformed"),
    ] {
        server.set_fault(Endpoint::Config, fault.clone());
        let mut seen = None;
        eventually(&format!("{fault:?}"), ms(8000), || {
            seen = authenticator.stats().last_fault.map(|last| last.fault.slug());
            assert_eq!(slug(&authenticator, &token(&server)), "ok", "{fault:?}");
            seen == Some(slug_of_fault)
        });
        server.clear_fault(Endpoint::Config);
        let good = authenticator.stats().refreshes;
        eventually("an honest answer", ms(8000), || authenticator.stats().refreshes > good);
        ran += 1;
    }
    for fault in [Fault::Chunked, Fault::Oversize { octets: 262_144 }] {
        server.set_fault(Endpoint::Config, fault);
        let good = authenticator.stats().refreshes;
        eventually("an unusual, honest answer", ms(8000), || authenticator.stats().refreshes > good + 1);
        ran += 1;
    }
    for (name, reshape) in [("config_malformed", "null"), ("config_no_usable_key", "[]")] {
        server.set_document(move |honest| {
            honest
                .without("keys")
                .to_json()
                .trim_end()
                .trim_end_matches('}')
                .to_owned()
                .into_bytes()
                .into_iter()
                .chain(format!(",\"keys\":{reshape}}}").into_bytes())
                .collect()
        });
        eventually(name, ms(8000), || {
            assert_eq!(slug(&authenticator, &token(&server)), "ok", "{name}");
            authenticator.stats().last_fault.is_some_and(|last| last.fault.slug() == name)
        });
        server.clear_document();
        ran += 1;
    }
    say(&format!("bad documents: {ran} ran"));
    assert_eq!(ran, 19);
}

#[test]
fn a_slow_server_never_slows_verification() {
    let server = serve(114);
    let authenticator = ready(settings(&server).refresh_interval(ms(50)));
    let good = token(&server);
    let usual = worst_of(&authenticator, &good, 3000);
    server.set_fault(Endpoint::Config, Fault::Hang);
    let before = fetches(&server);
    assert!(server.wait_for(Endpoint::Config, before + 1, ms(5000)));
    let slowed = worst_of(&authenticator, &good, 3000);
    say(&format!(
        "figure worst_verification_us idle {} during_a_hanging_fetch {} (the fetch waits 2 s)",
        usual.as_micros(),
        slowed.as_micros()
    ));
    // Half of what the hanging fetch takes, since a busy machine adds to every time.
    assert!(slowed < ms(1000), "{slowed:?}");
}

/// The longest of so many verifications.
fn worst_of(authenticator: &Authenticator, token: &str, count: usize) -> Duration {
    let once = |_| {
        let start = Instant::now();
        assert_eq!(slug(authenticator, token), "ok");
        start.elapsed()
    };
    (0..count).map(once).max().unwrap()
}

#[test]
fn dropping_ends_the_thread_in_time() {
    let server = serve(115);
    let authenticator = ready(settings(&server));
    let idle = time_of(|| drop(authenticator));
    server.set_fault(Endpoint::Config, Fault::Hang);
    server.forget();
    let authenticator = Authenticator::new(settings(&server)).unwrap();
    assert!(server.wait_for(Endpoint::Config, 1, ms(5000)));
    let fetching = time_of(|| drop(authenticator));
    say(&format!("figure drop_ms idle {} fetching {} (time-out 2000)", idle.as_millis(), fetching.as_millis()));
    assert!(idle < ms(1000) && fetching < ms(2000 + 1000), "{idle:?} {fetching:?}");
}

fn time_of(act: impl FnOnce()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}
