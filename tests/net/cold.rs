//! Before the first document.

use crate::support::{eventually, fetches, ms, ready, say, serve, settings, slug, token, try_slug};
use fake_tesseral::{Endpoint, Fault, Project, Server, Tls, server::Silent};
use std::time::{Duration, Instant};
use tesseral_verify::{
    Error,
    net::{Authenticator, NotReadyReason, Settings},
};

#[test]
fn twenty_cold_requests_cause_one_fetch() {
    let server = serve(121);
    server.set_fault(Endpoint::Config, Fault::Delay(ms(300)));
    let authenticator = Authenticator::new(settings(&server)).unwrap();
    assert_eq!(try_slug(&authenticator, &token(&server)), "keys_unavailable", "never waits");
    let ended: Vec<_> = std::thread::scope(|scope| {
        let one = || slug(&authenticator, &token(&server));
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    say(&format!("figure fetches_of_20_cold_requests {}", fetches(&server)));
    assert_eq!(ended, ["ok"; 20]);
    assert_eq!(fetches(&server), 1);
}

#[test]
fn without_a_document_a_request_waits_and_no_longer_than_the_time_out() {
    let silent = Silent::accepting().unwrap();
    let authenticator =
        Authenticator::new(Settings::new("p").config_host(&silent.host()).total_timeout(ms(300))).unwrap();
    let start = Instant::now();
    assert_eq!(slug(&authenticator, "a.b.c"), "keys_unavailable");
    assert!(start.elapsed() < ms(300 + 1000), "{:?}", start.elapsed());
    let not_ready = authenticator.ready().unwrap_err();
    assert_eq!(not_ready.reason, NotReadyReason::NeverLoaded);
}

#[test]
fn a_cold_start_recovers() {
    let server = serve(122);
    server.set_fault(Endpoint::Config, Fault::Status(500));
    let authenticator = Authenticator::new(settings(&server)).unwrap();
    eventually("a failure", ms(5000), || authenticator.stats().refresh_failures > 0);
    server.clear_fault(Endpoint::Config);
    eventually("recovery", ms(5000), || slug(&authenticator, &token(&server)) == "ok");
}

/// TLS is verified, and connecting is bounded.
#[test]
fn hosts_that_are_not_the_service() {
    let mut ran = 0;
    for (tls, expected) in [
        (Tls::OtherAuthority, "tls_failed"),
        (Tls::WrongName, "tls_failed"),
        (Tls::Expired, "tls_failed"),
        // The server reads TLS as the beginning of a request and waits for the rest, so that no handshake comes.
        (Tls::Off, "timed_out"),
    ] {
        let server = Server::start(Project::new(123), tls).unwrap();
        let authority = serve(124);
        let pem = if tls == Tls::Off { authority.ca_pem() } else { server.ca_pem() };
        let settings = Settings::new("p").config_host(&server.host()).total_timeout(ms(1500));
        expect_fault(settings.ca_pem(pem.as_bytes()), &format!("{tls:?}"), expected);
        assert_eq!(server.count(Endpoint::Config), 0, "{tls:?}: nothing was asked");
        ran += 1;
    }
    let stranger = serve(125);
    expect_fault(Settings::new("p").config_host(&stranger.host()), "an unknown authority", "tls_failed");
    let full = Silent::full().unwrap();
    let start = Instant::now();
    expect_fault(Settings::new("p").config_host(&full.host()).connect_timeout(ms(200)), "no connection", "timed_out");
    assert!(start.elapsed() < ms(200 + 2000), "{:?}", start.elapsed());
    expect_fault(Settings::new("p").config_host("127.0.0.1:1"), "a closed port", "connection_refused");
    expect_fault(Settings::new("p").config_host("nowhere.invalid"), "no address", "host_not_found");
    ran += 4;
    say(&format!("hosts: {ran} ran"));
    assert_eq!(ran, 8);
}

fn expect_fault(settings: Settings, what: &str, expected: &str) {
    let authenticator = Authenticator::new(settings).unwrap();
    let mut seen = None;
    let at_most = Duration::from_secs(8);
    eventually(what, at_most, || {
        seen = authenticator.stats().last_fault.map(|last| last.fault.slug());
        seen.is_some()
    });
    assert_eq!(seen, Some(expected), "{what}");
}

#[test]
fn many_authenticators_in_one_process() {
    let servers: Vec<_> = (130..134).map(serve).collect();
    let authenticators: Vec<_> = servers.iter().map(|server| ready(settings(server))).collect();
    for (i, authenticator) in authenticators.iter().enumerate() {
        for (k, server) in servers.iter().enumerate() {
            let expected = if i == k { "ok" } else { "key_unknown" };
            assert_eq!(slug(authenticator, &token(server)), expected);
        }
        assert_eq!(authenticator.project_id().as_deref(), Some(servers[i].project().id.as_str()));
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let refused = |settings: Settings| Authenticator::new(settings).err();
    assert_eq!(refused(Settings::new("")), Some(Error::InvalidArgument));
    assert_eq!(refused(Settings::new("p").ca_pem(b"no certificate")), Some(Error::InvalidArgument));
    assert_eq!(refused(Settings::new("p").leeway_seconds(301)), Some(Error::InvalidArgument));
    if std::env::var_os("TESSERAL_BACKEND_API_KEY").is_none() {
        assert_eq!(refused(Settings::new("p").api_keys(true)), Some(Error::InvalidArgument), "no backend API key");
    }
}
