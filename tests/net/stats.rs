//! The authenticator's statistics.

use crate::support::{eventually, ms, ready, serve, settings_with_api_keys, slug, token};
use fake_tesseral::{Endpoint, Fault};
use serde_json::Value;
use tesseral_verify::{Cache, Error, cache, net::unix_time};

#[test]
fn counts_json_and_prometheus_agree() {
    let server = serve(171);
    server.set_document(|honest| honest.with_key(r#"{"kty":"oct","kid":"x"}"#).to_json().into_bytes());
    let authenticator = ready(settings_with_api_keys(&server));
    let (good, api_key) = (token(&server), server.project().issue_api_key(["a.b.c"]));
    for _ in 0..3 {
        assert_eq!(slug(&authenticator, &good), "ok");
    }
    assert_eq!(slug(&authenticator, "a.b.c"), "token_malformed");
    assert_eq!(slug(&authenticator, &api_key), "ok");
    let unknown = format!("example_sk_{}", "0".repeat(55));
    assert_eq!(
        (slug(&authenticator, &unknown), slug(&authenticator, &unknown)),
        ("api_key_invalid", "api_key_invalid")
    );
    server.set_fault(Endpoint::ApiKeys, Fault::Status(500));
    assert_eq!(slug(&authenticator, &api_key), "api_key_lookup_failed");

    let mut scratch = vec![0; authenticator.scratch_len()];
    let mut memory = vec![0; cache::size(8, 2048)];
    let mut cache = Cache::new(&mut memory, 2048, [1; 16]).unwrap();
    for _ in 0..2 {
        authenticator.verify_token(good.as_bytes(), unix_time(), Some(&mut cache), &mut scratch).unwrap();
    }

    let stats = authenticator.stats();
    let count = |slug| stats.requests.iter().find(|(other, _)| *other == slug).unwrap().1;
    assert_eq!(stats.requests.len(), Error::ALL.len() + 1);
    assert_eq!((count("ok"), count("token_malformed"), count("api_key_invalid")), (6, 1, 2));
    assert_eq!((count("api_key_lookup_failed"), count("api_key_lookup_needed")), (1, 0));
    assert_eq!((stats.lookups, stats.lookup_failures, stats.api_key_cache_hits), (3, 1, 1));
    assert_eq!((stats.signature_cache_hits, stats.refreshes, stats.refresh_failures), (1, 1, 0));
    assert_eq!((stats.kids.len(), stats.keys_skipped, stats.skipped.len()), (1, 1, 1));
    assert!(stats.snapshot_age.is_some() && stats.next_refresh_in.as_secs() > 2000 && stats.not_ready.is_none());

    let json: Value = serde_json::from_str(&stats.to_json()).unwrap();
    assert_eq!((&json["ready"], &json["requests"]["ok"], &json["lookups"]), (&true.into(), &6.into(), &3.into()));
    assert_eq!(json["lastFault"]["slug"], "http_status");
    assert_eq!(json["projectId"], server.project().id.as_str());
    assert_eq!(json["skipped"][0]["index"], 1);

    let text = stats.to_prometheus();
    let id = server.project().id.clone();
    assert!(text.contains(&format!("tesseral_requests_total{{project=\"{id}\",slug=\"ok\"}} 6\n")), "{text}");
    assert!(text.contains(&format!("tesseral_ready{{project=\"{id}\"}} 1\n")), "{text}");
    let of_process = stats.to_prometheus_of_process(7);
    assert!(of_process.contains(&format!("tesseral_ready{{project=\"{id}\",pid=\"7\"}} 1\n")), "{of_process}");
    assert_eq!(of_process.replace(",pid=\"7\"", ""), text);
    let metrics: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(metrics.len(), Error::ALL.len() + 1 + 12);
    for line in &metrics {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok() && name.starts_with("tesseral_") && name.ends_with('}'), "{line}");
    }
    // A scrape has each head once, before its samples.
    let heads: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    assert_eq!(heads.iter().collect::<std::collections::BTreeSet<_>>().len(), heads.len());

    let everything = format!("{} {text} {stats:?} {authenticator:?}", stats.to_json());
    for secret in [&good, &api_key, &unknown, &server.project().backend_api_key] {
        assert!(!everything.contains(secret.as_str()));
    }
}

#[test]
fn not_ready_has_a_reason() {
    let server = serve(172);
    server.set_fault(Endpoint::Config, Fault::Status(404));
    let authenticator = tesseral_verify::net::Authenticator::new(settings_with_api_keys(&server)).unwrap();
    eventually("the fault", ms(5000), || authenticator.ready().unwrap_err().last_fault.is_some());
    let not_ready = authenticator.ready().unwrap_err().to_string();
    assert_eq!(not_ready, "no keys were ever loaded: the answer has HTTP status 404");
    let json: Value = serde_json::from_str(&authenticator.stats().to_json()).unwrap();
    assert_eq!((&json["ready"], &json["notReady"]), (&false.into(), &"never_loaded".into()));
    assert!(authenticator.stats().to_prometheus().contains("tesseral_ready{project=\"\"} 0\n"));
}
