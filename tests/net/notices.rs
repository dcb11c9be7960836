//! Which faults are reported, to which sink, and how often.

use crate::support::{eventually, ms, ready, serve, settings, settings_with_api_keys, slug, token};
use fake_tesseral::{Endpoint, Fault, Server};
use std::{
    path::Path,
    sync::{Arc, Mutex},
};
use tesseral_verify::net::{Authenticator, Settings};

type Heard = Arc<Mutex<Vec<String>>>;

/// An authenticator with these settings, and the notices that it sends.
fn heard(settings: Settings) -> (Settings, Heard) {
    let heard = Heard::default();
    let lines = Arc::clone(&heard);
    (settings.on_notice(move |notice| lines.lock().unwrap().push(notice.to_string())), heard)
}

#[test]
fn a_fault_is_told_once_with_host_cause_and_advice() {
    let server = serve(241);
    server.set_fault(Endpoint::Config, Fault::Status(404));
    let (settings, heard) = heard(settings(&server).refresh_interval(ms(20)));
    let authenticator = Authenticator::new(settings).unwrap();
    eventually("several failures", ms(8000), || authenticator.stats().refresh_failures >= 3);
    let line = format!(
        "no configuration document from {}: the answer has HTTP status 404 [http_status]; check the publishable key and \
         the config host",
        server.host()
    );
    assert_eq!(*heard.lock().unwrap(), [line], "once a minute");
    // Another cause is told at once.
    server.set_fault(Endpoint::Config, Fault::Html);
    eventually("another cause", ms(8000), || heard.lock().unwrap().len() == 2);
    assert!(heard.lock().unwrap()[1].contains("[config_malformed]"));
    server.clear_fault(Endpoint::Config);
    eventually("recovery", ms(8000), || slug(&authenticator, &token(&server)) == "ok");
}

#[test]
fn causes_have_names() {
    let mut ran = 0;
    for (host, cause) in [
        ("127.0.0.1:1", "[connection_refused]; check the host and the port"),
        ("nowhere.invalid", "[host_not_found]; check the host's name"),
    ] {
        let (settings, heard) = heard(Settings::new("p").config_host(host).total_timeout(ms(1500)));
        let authenticator = Authenticator::new(settings).unwrap();
        eventually(cause, ms(8000), || !heard.lock().unwrap().is_empty());
        let line = heard.lock().unwrap()[0].clone();
        assert!(line.contains(host) && line.contains(cause), "{line}");
        assert!(authenticator.ready().unwrap_err().last_fault.is_some(), "readiness tells it too");
        ran += 1;
    }
    let stranger = serve(242);
    let (settings, heard) = heard(Settings::new("p").config_host(&stranger.host()));
    let _authenticator = Authenticator::new(settings).unwrap();
    eventually("the certificate", ms(8000), || !heard.lock().unwrap().is_empty());
    assert!(heard.lock().unwrap()[0].contains("[tls_failed]; check the host's certificate"));
    assert_eq!(ran, 2);
}

/// The operator is told of a wrong backend key, and of a service that answers nonsense about API keys.
#[test]
fn faults_about_api_keys_are_never_silent() {
    let server = serve(243);
    let key = server.project().issue_api_key(["a.b.c"]);
    let mut ran = 0;
    let mut expect = |settings: Settings, fault: Option<Fault>, cause: &str| {
        match fault {
            Some(fault) => server.set_fault(Endpoint::ApiKeys, fault),
            None => server.clear_fault(Endpoint::ApiKeys),
        }
        let (settings, heard) = heard(settings);
        let authenticator = ready(settings);
        assert_eq!(slug(&authenticator, &key), "api_key_lookup_failed");
        let lines = heard.lock().unwrap().clone();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("no answer about API keys from ") && lines[0].contains(cause), "{}", lines[0]);
        assert!(!lines[0].contains(&key) && !lines[0].contains("secret"), "{}", lines[0]);
        ran += 1;
    };
    let wrong = |key: &str| settings_with_api_keys(&server).backend_api_key(key);
    let check_key = "check the backend API key and the backend host";
    expect(wrong("tesseral_secret_key_1"), None, check_key);
    expect(wrong("tesseral_secret_key_0000000000000000000000000"), None, check_key);
    expect(settings_with_api_keys(&server), Some(Fault::Status(500)), "HTTP status 500");
    expect(settings_with_api_keys(&server), Some(Fault::Status(404)), check_key);
    expect(settings_with_api_keys(&server), Some(Fault::Html), "check that the host is the service");
    assert_eq!(ran, 5);
}

/// Settings that can never work are refused before anything is fetched, with a reason.
#[test]
fn settings_that_can_never_work_are_refused_with_a_reason() {
    let good = || Settings::new("publishable_key_1");
    assert_eq!(good().complaint(), None);
    let mut ran = 0;
    for (settings, reason) in [
        (Settings::new(""), "publishable key"),
        (Settings::new("\"publishable_key_1\""), "publishable key"),
        (Settings::new(" publishable_key_1"), "publishable key"),
        (Settings::new("publishable_key_1\n"), "publishable key"),
        (good().config_host("https://config.tesseral.com"), "config host"),
        (good().config_host("config.tesseral.com/"), "config host"),
        (good().backend_host("api.tesseral.com/v1"), "backend host"),
        (good().backend_host(""), "backend host"),
        (good().backend_api_key("tesseral_secret_key_1 "), "backend API key"),
        (good().backend_api_key("tesseral_secret_key_1\r\n"), "backend API key"),
        (good().leeway_seconds(301), "leeway"),
        (good().refresh_interval(ms(0)), "time"),
        (good().key_waiters(65), "time"),
    ] {
        let complaint = settings.complaint().unwrap_or_default();
        assert!(complaint.contains(reason), "{complaint}: {reason}");
        assert!(Authenticator::new(settings).is_err());
        ran += 1;
    }
    assert_eq!(ran, 13);
}

/// A sink that panics ends neither the background nor the request.
#[test]
fn a_panic_on_the_way_does_not_end_the_background() {
    let server = serve(244);
    let settings = settings(&server)
        .refresh_interval(ms(50))
        .last_good_file(Path::new("/proc/nowhere/file.json"))
        .on_notice(|_| panic!("this sink always does"));
    server.set_fault_times(Endpoint::Config, Fault::Status(500), 1);
    let authenticator = ready(settings);
    let before = authenticator.stats().refreshes;
    eventually("further fetches", ms(8000), || authenticator.stats().refreshes > before + 2);
    assert_eq!(slug(&authenticator, &token(&server)), "ok");
}

/// With API keys off, the service is never asked, even when there is a backend key.
#[test]
fn off_is_off() {
    let server: Server = serve(245);
    let key = server.project().issue_api_key(["a.b.c"]);
    let authenticator = ready(settings_with_api_keys(&server).api_keys(false));
    let parsed = tesseral_verify::ApiKey::parse(key.as_bytes()).unwrap();
    assert_eq!(slug(&authenticator, &key), "credentials_unrecognized");
    assert!(authenticator.look_up(&parsed).is_err());
    let lookup = authenticator.look_up_with(&parsed, |task| task.run());
    assert!(lookup.wait(ms(1000)).is_err());
    assert_eq!(server.count(Endpoint::ApiKeys), 0);
}
