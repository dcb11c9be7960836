//! API keys without I/O: their shape, the request, and what the service's answer means.

use crate::{
    common::room::authenticate,
    fixture::{NOW, with_verifier},
};
use tesseral_verify::{ApiKey, CredentialsType, Error, Options, api_key::MAX_REQUEST_LEN, limits};

/// 2^280 - 1 in base 36.
const LARGEST: &str = "1rqebqrqf0vfcdz5pu5fquov5813iobr29qjm1mf1lrufy1ifr3y8sf";

fn zeros(count: usize) -> String {
    "0".repeat(count)
}

#[test]
fn shape() {
    for (rule, key, good) in [
        ("one octet of prefix", format!("p{}", zeros(55)), true),
        ("no prefix", zeros(55), false),
        ("digits as the prefix", zeros(56), true),
        ("64 octets of prefix", "p".repeat(64) + &zeros(55), true),
        ("65 octets of prefix", "p".repeat(65) + &zeros(55), false),
        ("the largest number", format!("p_{LARGEST}"), true),
        ("one more", format!("p_{}g", &LARGEST[..54]), false),
        ("one more in the first digit", format!("p_2{}", zeros(54)), false),
        ("far too large", format!("p_{}", "z".repeat(55)), false),
        ("an underscore among the digits", format!("p_{}_{}", zeros(27), zeros(27)), false),
        ("an underscore before the digits", format!("_{}", zeros(55)), true),
    ] {
        let verdict = ApiKey::parse(key.as_bytes()).map(|_| ());
        assert_eq!(verdict, if good { Ok(()) } else { Err(Error::ApiKeyInvalid) }, "{rule}");
        let header = format!("Bearer {key}");
        let through = with_verifier(&Options::new().api_keys(true), |verifier| {
            authenticate(verifier, &[header.as_bytes()], &[], NOW)
        });
        assert_eq!(through, if good { "api_key_lookup_needed" } else { "api_key_invalid" }, "{rule}");
    }
    for key in [b"P".to_vec(), b"p-".repeat(30), vec![0; 60], vec![0xff; 60], Vec::new()] {
        assert_eq!(ApiKey::parse(&key).map(|_| ()), Err(Error::ApiKeyInvalid));
    }
}

fn key() -> String {
    format!("p_{}", zeros(55))
}

#[test]
fn request() {
    let longest = "p".repeat(64) + &zeros(55);
    for text in [key(), longest] {
        let key = ApiKey::parse(text.as_bytes()).unwrap();
        let expected = format!(r#"{{"secretToken":"{text}"}}"#);
        let mut out = vec![7; expected.len()];
        assert_eq!(key.request(&mut out).unwrap(), expected.as_bytes());
        assert!(expected.len() <= MAX_REQUEST_LEN);
        let mut short = vec![7; expected.len() - 1];
        assert_eq!(key.request(&mut short), Err(Error::BufferTooSmall));
        assert!(short.iter().all(|octet| *octet == 7), "untouched");
    }
}

#[test]
fn fingerprint_is_sha_256_of_the_key() {
    // `printf p_000…0 | sha256sum`
    let hex: String =
        ApiKey::parse(key().as_bytes()).unwrap().fingerprint().map(|octet| format!("{octet:02x}")).concat();
    assert_eq!(hex, "042453fb2003ab1c004c8bacc9adbde254431bb91bbbc11fdf74c7205ce3917f");
}

fn answer(status: u32, body: &str) -> &'static str {
    let text = key();
    let mut scratch = vec![0; body.len()];
    crate::common::room::slug(ApiKey::parse(text.as_bytes()).unwrap().response(status, body.as_bytes(), &mut scratch))
}

/// Every answer that the service gives, and the empty 200 of a service that panicked.
#[test]
fn answers_of_the_service() {
    let error = |code: u32, message: &str| {
        format!(
            r#"{{"code":{code},"message":"{message}","details":[{{"@type":"type.googleapis.com/tesseral.common.v1.ErrorDetail","description":"d","docsLink":""}}]}}"#
        )
    };
    for (row, status, body, expected) in [
        ("success", 200, r#"{"apiKeyId":"api_key_1","organizationId":"org_1"}"#.to_owned(), "ok"),
        ("the caller's key", 400, error(3, "unauthenticated_api_key"), "api_key_invalid"),
        ("switched off", 403, error(7, "permission_denied"), "api_keys_not_permitted"),
        ("our key is malformed", 400, error(3, "invalid_argument"), "api_key_lookup_failed"),
        ("our key is unknown", 404, error(5, "not_found"), "api_key_lookup_failed"),
        ("no Bearer", 401, error(16, ""), "api_key_lookup_failed"),
        ("a database", 500, error(13, "internal server error"), "api_key_lookup_failed"),
        ("text/plain", 404, "404 page not found".to_owned(), "api_key_lookup_failed"),
        ("200 without a body", 200, String::new(), "api_key_lookup_failed"),
        ("200 with HTML", 200, "<html></html>".to_owned(), "api_key_lookup_failed"),
        ("too many requests", 429, error(8, "unavailable"), "api_key_lookup_failed"),
        ("no status at all", 0, String::new(), "api_key_lookup_failed"),
    ] {
        assert_eq!(answer(status, &body), expected, "{row}");
    }
}

#[test]
fn success_needs_both_ids() {
    for (body, expected) in [
        (r#"{"apiKeyId":"a","organizationId":"o"}"#, "ok"),
        (r#" { "apiKeyId" : "a" , "organizationId" : "o" , "actions" : [ "a.b.c" , "d" ] } "#, "ok"),
        (r#"{"apiKeyId":"a","organizationId":"o","actions":null}"#, "ok"),
        (r#"{"apiKeyId":"a","organizationId":"o","new":{"apiKeyId":1}}"#, "ok"),
        (r#"{"apiKeyId":"a"}"#, "api_key_lookup_failed"),
        (r#"{"organizationId":"o"}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"","organizationId":"o"}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"a","organizationId":""}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":null,"organizationId":"o"}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"a","organizationId":["o"]}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"a","organizationId":"o","organizationId":"o"}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"a","organizationId":"o","actions":"x"}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"a","organizationId":"o","actions":[1]}"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"a","organizationId":"o"}x"#, "api_key_lookup_failed"),
        (r#"{"apiKeyId":"a","organizationId":"o""#, "api_key_lookup_failed"),
    ] {
        assert_eq!(answer(200, body), expected, "{body}");
    }
}

#[test]
fn success_is_a_200() {
    for status in [0, 100, 199, 201, 202, 204, 206, 299, 300, 304, 400, u32::MAX] {
        assert_eq!(answer(status, r#"{"apiKeyId":"a","organizationId":"o"}"#), "api_key_lookup_failed", "{status}");
    }
    assert_eq!(answer(200, r#"{"apiKeyId":"a","organizationId":"o"}"#), "ok");
}

/// Only the message says whether the caller's key or ours is wrong, and only in an answer with an error status.
#[test]
fn refusals_need_the_exact_message() {
    let caller = r#"{"message":"unauthenticated_api_key"}"#;
    for (status, expected) in [
        (400, "api_key_invalid"),
        (401, "api_key_invalid"),
        (499, "api_key_invalid"),
        (200, "api_key_lookup_failed"),
        (302, "api_key_lookup_failed"),
        (399, "api_key_lookup_failed"),
        (500, "api_key_lookup_failed"),
        (503, "api_key_lookup_failed"),
    ] {
        assert_eq!(answer(status, caller), expected, "{status}");
    }
    for body in [
        r#"{"message":"unauthenticated_api_key "}"#,
        r#"{"message":["unauthenticated_api_key"]}"#,
        r#"{"details":{"message":"unauthenticated_api_key"}}"#,
        r#"{"message":"unauthenticated_api_key""#,
        r#""unauthenticated_api_key""#,
    ] {
        assert_eq!(answer(400, body), "api_key_lookup_failed", "{body}");
    }
    let denied = r#"{"message":"permission_denied"}"#;
    assert_eq!(answer(403, denied), "api_keys_not_permitted");
    assert_eq!(answer(400, denied), "api_key_lookup_failed");
}

#[test]
fn answer_length_and_scratch() {
    let body = r#"{"apiKeyId":"a","organizationId":"o"}"#;
    for (len, expected) in
        [(limits::MAX_API_KEY_ANSWER_LEN, "ok"), (limits::MAX_API_KEY_ANSWER_LEN + 1, "api_key_lookup_failed")]
    {
        assert_eq!(answer(200, &format!("{body}{}", " ".repeat(len - body.len()))), expected, "{len}");
    }
    let text = key();
    let key = ApiKey::parse(text.as_bytes()).unwrap();
    let mut scratch = vec![0; body.len() - 1];
    for (status, body) in [(200, body), (400, body), (500, body)] {
        let refused = key.response(status, body.as_bytes(), &mut scratch).map(|_| ());
        assert_eq!(refused, Err(Error::BufferTooSmall));
    }
}

#[test]
fn what_an_api_key_answers() {
    let body = r#"{"apiKeyId":"api_key_1","organizationId":"org_\u0031","actions":["a.b.c","d\u002ee.f"]}"#;
    let text = key();
    let mut scratch = vec![0; body.len()];
    let auth = ApiKey::parse(text.as_bytes()).unwrap().response(200, body.as_bytes(), &mut scratch).unwrap();
    assert_eq!(auth.credentials_type(), CredentialsType::ApiKey);
    assert_eq!(auth.credentials_type().as_str(), "api_key");
    assert_eq!((auth.api_key_id(), auth.organization_id()), (Some("api_key_1"), "org_1"));
    assert_eq!(auth.credentials(), text);
    assert_eq!(auth.access_token_claims().map(|_| ()), Err(Error::NotAnAccessToken));
    assert!(auth.has_permission("a.b.c") && auth.has_permission("d.e.f") && !auth.has_permission("d.e"));
    assert!(auth.actions().iter().eq(["a.b.c", "d.e.f"]));
}
