//! API keys: how often the service is asked, and which answers are remembered.

use crate::support::{eventually, ms, ready, say, serve, settings, settings_with_api_keys, slug, try_slug};
use fake_tesseral::{Endpoint, Fault};
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};
use tesseral_verify::{
    ApiKey, CredentialsType, Error,
    limits::MAX_API_KEY_ANSWER_LEN,
    net::{Authenticator, unix_time},
};

fn lookups(server: &fake_tesseral::Server) -> usize {
    server.count(Endpoint::ApiKeys)
}

#[test]
fn a_good_key_and_what_the_service_was_asked() {
    let server = serve(181);
    let authenticator = ready(settings_with_api_keys(&server));
    let key = server.project().issue_api_key(["b.b.b", "a.a.a"]);
    let header = format!("Bearer {key}");
    let mut scratch = vec![0; authenticator.scratch_len()];
    let auth = authenticator.authenticate([header.as_bytes()], [], unix_time(), None, &mut scratch).unwrap();
    assert_eq!((auth.credentials_type(), auth.credentials()), (CredentialsType::ApiKey, key.as_str()));
    assert_eq!(auth.organization_id(), server.project().claims(0).organization_id);
    assert!(auth.api_key_id().unwrap().starts_with("api_key_"));
    assert!(auth.has_permission("a.a.a") && auth.has_permission("b.b.b") && !auth.has_permission("a.a"));
    assert_eq!(auth.access_token_claims().err(), Some(Error::NotAnAccessToken));
    let asked = server.requests(Endpoint::ApiKeys);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].body, format!(r#"{{"secretToken":"{key}"}}"#).into_bytes());
    assert_eq!(asked[0].header("authorization"), Some(&*format!("Bearer {}", server.project().backend_api_key)));
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert!(!asked[0].lists("accept-encoding", "gzip"), "answers are read as they are");
}

#[test]
fn what_cannot_be_a_key_is_never_asked_about() {
    let server = serve(182);
    let authenticator = ready(settings_with_api_keys(&server));
    let mut ran = 0;
    for (credential, expected) in [
        ("short".to_owned(), "api_key_invalid"),
        (format!("p_{}", "z".repeat(55)), "api_key_invalid"),
        (format!("{}{}", "p".repeat(65), "0".repeat(55)), "api_key_invalid"),
        (format!("P_{}", "0".repeat(55)), "credentials_unrecognized"),
    ] {
        assert_eq!(slug(&authenticator, &credential), expected, "{credential}");
        ran += 1;
    }
    let without = ready(settings(&server));
    assert_eq!(slug(&without, &format!("p_{}", "0".repeat(55))), "credentials_unrecognized", "they are off");
    assert_eq!((ran, lookups(&server)), (4, 0));
}

/// The first request asks. The others come after its question was sent, and must see a revocation that happened in between. So
/// they share a second question.
#[test]
fn many_requests_with_one_key_ask_twice() {
    let server = serve(183);
    let authenticator = ready(settings_with_api_keys(&server));
    let key = server.project().issue_api_key(["a.b.c"]);
    server.set_fault(Endpoint::ApiKeys, Fault::Delay(ms(500)));
    let ended: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(|| slug(&authenticator, &key))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    say(&format!("figure lookups_of_20_requests_with_one_key {}", lookups(&server)));
    assert_eq!((ended, lookups(&server)), (vec!["ok"; 20], 2));
}

#[test]
fn revocation_is_seen_at_once_unless_answers_are_remembered() {
    let server = serve(184);
    let strict = ready(settings_with_api_keys(&server));
    let relaxed = ready(settings_with_api_keys(&server).api_key_ttl(ms(700)));
    let key = server.project().issue_api_key(["a.b.c"]);
    let start = Instant::now();
    for authenticator in [&strict, &relaxed] {
        assert_eq!((slug(authenticator, &key), slug(authenticator, &key)), ("ok", "ok"));
    }
    assert_eq!(lookups(&server), 3, "twice and once");
    server.project().api_keys.revoke(&key);
    assert_eq!(slug(&strict, &key), "api_key_invalid");
    let remembered = slug(&relaxed, &key);
    assert!(remembered == "ok" || start.elapsed() > ms(700), "{remembered}");
    eventually("the end of what is remembered", ms(5000), || slug(&relaxed, &key) == "api_key_invalid");
}

#[test]
fn refusals_are_remembered_for_a_while_and_failures_are_not() {
    let server = serve(185);
    let authenticator = ready(settings_with_api_keys(&server).refused_api_key_ttl(ms(600)));
    let key = server.project().issue_api_key(["a.b.c"]);
    server.project().api_keys.find_mut(&key).unwrap().organization_permits = false;
    for _ in 0..5 {
        assert_eq!(slug(&authenticator, &key), "api_keys_not_permitted");
    }
    assert_eq!(lookups(&server), 1);
    server.project().api_keys.find_mut(&key).unwrap().organization_permits = true;
    eventually("the end of the refusal", ms(5000), || slug(&authenticator, &key) == "ok");
    server.forget();
    server.set_fault_times(Endpoint::ApiKeys, Fault::Status(500), 2);
    let ended = [0; 3].map(|_| slug(&authenticator, &key));
    assert_eq!((ended, lookups(&server)), (["api_key_lookup_failed", "api_key_lookup_failed", "ok"], 3));
}

/// `try_authenticate` answers from memory without blocking; the caller looks up everything else.
#[test]
fn the_non_blocking_call_asks_nobody() {
    let server = serve(186);
    let authenticator = ready(settings_with_api_keys(&server).api_key_ttl(ms(60_000)));
    let key = server.project().issue_api_key(["a.b.c"]);
    assert_eq!((try_slug(&authenticator, &key), lookups(&server)), ("api_key_lookup_needed", 0));
    let answer = authenticator.look_up(&ApiKey::parse(key.as_bytes()).unwrap()).unwrap();
    assert!(answer.auth(&ApiKey::parse(key.as_bytes()).unwrap()).has_permission("a.b.c"));
    assert_eq!((try_slug(&authenticator, &key), lookups(&server)), ("ok", 1));
    // A dropped task fails the lookup at once, so that no request waits in vain.
    let other = server.project().issue_api_key(["a.b.c"]);
    let lookup = authenticator.look_up_with(&ApiKey::parse(other.as_bytes()).unwrap(), drop);
    assert_eq!(lookup.wait(ms(5000)).err(), Some(Error::ApiKeyLookupFailed));
    assert_eq!((slug(&authenticator, &other), lookups(&server)), ("ok", 2));
}

/// When the caller never runs the task, the future is woken at its deadline.
#[test]
fn the_future_does_not_wait_for_a_task_for_ever() {
    let server = serve(241);
    let authenticator = ready(settings_with_api_keys(&server).total_timeout(ms(500)));
    let key = server.project().issue_api_key(["a.b.c"]);
    let (start, tasks) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&tasks);
    let keep = move |task| kept.lock().unwrap().push(task);
    let lookup = authenticator.look_up_with(&ApiKey::parse(key.as_bytes()).unwrap(), keep);
    let ended = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(lookup);
    assert_eq!(ended.err(), Some(Error::ApiKeyLookupFailed));
    assert!((ms(490)..ms(2000)).contains(&start.elapsed()), "{:?}", start.elapsed());
}

#[test]
fn the_largest_answer_fits_and_a_larger_one_fails_closed() {
    let server = serve(187);
    let authenticator = ready(settings_with_api_keys(&server));
    let action = |number: usize| format!("app.{number:022}.x");
    let large = server.project().issue_api_key((0..2000).map(action));
    let too_large = server.project().issue_api_key((0..2200).map(action));
    assert_eq!(slug(&authenticator, &large), "ok");
    assert_eq!(slug(&authenticator, &too_large), "api_key_lookup_failed");
    let json = br#"{"apiKeyId":"api_key_1","organizationId":"org_1"}"#.to_vec();
    for (padding, expected) in [(0, "ok"), (1, "api_key_lookup_failed")] {
        let len = MAX_API_KEY_ANSWER_LEN + padding;
        let mut raw =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len}\r\n\r\n").into_bytes();
        raw.extend_from_slice(&json);
        raw.resize(raw.len() + len - json.len(), b' ');
        server.set_fault(Endpoint::ApiKeys, Fault::Raw(raw));
        assert_eq!(slug(&authenticator, &large), expected);
    }
}

#[test]
fn the_scratch_is_checked_before_the_credential() {
    let server = serve(188);
    let authenticator: Authenticator = ready(settings_with_api_keys(&server));
    let mut scratch = vec![0; authenticator.scratch_len() - 1];
    let refused = authenticator.authenticate([], [], unix_time(), None, &mut scratch).err();
    assert_eq!(refused, Some(Error::BufferTooSmall));
}

/// Clients send ten times as many invented keys as may be asked about at a time, and the service hangs. Keys that were good before
/// are still answered.
#[test]
fn invented_keys_take_no_question_from_good_ones() {
    let server = serve(189);
    let authenticator = ready(settings_with_api_keys(&server).total_timeout(ms(3000)));
    let good = server.project().issue_api_key(["a.b.c"]);
    assert_eq!(slug(&authenticator, &good), "ok");
    server.set_fault(Endpoint::ApiKeys, Fault::Hang);
    let most = usize::try_from(tesseral_verify::limits::DEFAULT_MAX_QUESTIONS).unwrap();
    let tasks = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = |tasks: &std::sync::Arc<std::sync::Mutex<Vec<_>>>| {
        let tasks = std::sync::Arc::clone(tasks);
        move |task| tasks.lock().unwrap().push(task)
    };
    let invented: Vec<_> = (0..10 * most).map(|number| format!("example_sk_{number:055}")).collect();
    for key in &invented {
        drop(authenticator.look_up_with(&ApiKey::parse(key.as_bytes()).unwrap(), keep(&tasks)));
    }
    assert_eq!(tasks.lock().unwrap().len(), most - most / 4, "a quarter is kept for good keys");
    server.clear_fault(Endpoint::ApiKeys);
    assert_eq!(slug(&authenticator, &good), "ok");
    say(&format!("figure invented_api_keys {} asked_about {}", invented.len(), most - most / 4));
}
