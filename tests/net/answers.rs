//! Every answer of the API-key endpoint that is documented or was observed, and what it means.

use crate::support::{ms, ready, say, serve, settings_with_api_keys, slug};
use fake_tesseral::{Endpoint, Fault, Server};
use tesseral_verify::net::{Authenticator, Settings};

/// What the service answers in every state that a project can be in.
#[test]
fn the_service_itself() {
    let server = serve(191);
    let authenticator = fresh(&server, |settings| settings);
    let good = server.project().issue_api_key(["a.b.c"]);
    let key = |number: usize| format!("example_sk_{number:055}");
    let mut ran = 0;
    let mut expect = |authenticator: &Authenticator, key: &str, expected: &str, row: &str| {
        assert_eq!(slug(authenticator, key), expected, "{row}");
        ran += 1;
    };
    expect(&authenticator, &good, "ok", "good");
    expect(&authenticator, &format!("other_{}", "0".repeat(55)), "api_key_invalid", "another prefix");
    expect(&authenticator, &key(1), "api_key_invalid", "unknown");
    let expired = server.project().issue_api_key(["a.b.c"]);
    server.project().api_keys.find_mut(&expired).unwrap().expires = Some(1);
    expect(&authenticator, &expired, "api_key_invalid", "expired");
    let revoked = server.project().issue_api_key(["a.b.c"]);
    server.project().api_keys.revoke(&revoked);
    expect(&authenticator, &revoked, "api_key_invalid", "revoked");
    let other_project = serve(192);
    let foreign = other_project.project().issue_api_key(["a.b.c"]);
    expect(&authenticator, &foreign, "api_key_invalid", "of another project");
    server.project().api_keys.find_mut(&good).unwrap().organization_permits = false;
    expect(&authenticator, &good, "api_keys_not_permitted", "off for the organization");
    server.project().api_keys.find_mut(&good).unwrap().organization_permits = true;
    let prefix = server.project().api_keys.prefix.take();
    expect(&authenticator, &key(2), "api_keys_not_permitted", "no prefix");
    server.project().api_keys.prefix = prefix;
    server.project().api_keys.enabled = false;
    expect(&authenticator, &key(3), "api_keys_not_permitted", "off for the project");
    server.project().api_keys.enabled = true;
    for (backend_api_key, row) in [
        ("tesseral_secret_key_1", "backend key malformed: 400, and not the caller's fault"),
        ("tesseral_secret_key_0000000000000000000000000", "backend key unknown: 404"),
        ("tesseral_secret_key_zzzzzzzzzzzzzzzzzzzzzzzzz", "backend key too large: 200 without a body"),
    ] {
        let other = fresh(&server, |settings| settings.backend_api_key(backend_api_key));
        expect(&other, &good, "api_key_lookup_failed", row);
    }
    say(&format!("answers of the service: {ran} ran"));
    assert_eq!(ran, 12);
}

/// Answers of other servers, and broken ones.
#[test]
fn whatever_else_comes() {
    let server = serve(193);
    let authenticator = fresh(&server, |settings| settings.refused_api_key_ttl(ms(0)).total_timeout(ms(1500)));
    let good = server.project().issue_api_key(["a.b.c"]);
    let success = r#"{"apiKeyId":"api_key_1","organizationId":"org_1"}"#;
    let failed = "api_key_lookup_failed";
    let raw = |status: u16, body: &str| {
        let len = body.len();
        Fault::Raw(
            format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len}\r\n\r\n{body}")
                .into_bytes(),
        )
    };
    let mut ran = 0;
    for (fault, expected) in [
        (raw(401, r#"{"code":16,"message":"","details":[]}"#), failed),
        (raw(401, r#"{"code":16,"message":"no access token found in cookies","details":[]}"#), failed),
        (raw(400, r#"{"code":3,"message":"proto: syntax error","details":[]}"#), failed),
        (raw(400, r#"{"code":3, "message":"unauthenticated_api_key", "details":[]}"#), "api_key_invalid"),
        (raw(500, r#"{"code":13,"message":"internal server error","details":[]}"#), failed),
        (raw(405, "Method Not Allowed"), failed),
        (raw(404, "404 page not found\n"), failed),
        (raw(415, "Unsupported Media Type"), failed),
        (raw(403, "<html>blocked by a proxy</html>"), failed),
        (raw(200, success), "ok"),
        (raw(201, success), failed),
        (raw(200, r#"{"apiKeyId":"api_key_1"}"#), failed),
        (raw(200, r#"{"apiKeyId":"","organizationId":"org_1"}"#), failed),
        (raw(200, r#"{"apiKeyId":"api_key_1","organizationId":null}"#), failed),
        (Fault::EmptyOk, failed),
        (Fault::Html, failed),
        (Fault::Status(500), failed),
        (Fault::Status(502), failed),
        (Fault::Status(429), failed),
        (Fault::Close, failed),
        (Fault::Reset, failed),
        (Fault::Hang, failed),
        (Fault::Delay(ms(3000)), failed),
        (Fault::Truncate { octets: 10 }, failed),
        (Fault::MalformedJson, failed),
        (Fault::Gzip, failed),
        (Fault::Redirect { location: format!("https://{}/v1/api-keys/authenticate", server.host()) }, failed),
        (Fault::Chunked, "ok"),
    ] {
        server.set_fault(Endpoint::ApiKeys, fault.clone());
        assert_eq!(slug(&authenticator, &good), expected, "{fault:?}");
        ran += 1;
    }
    server.clear_fault(Endpoint::ApiKeys);
    server.set_json_spaces(&[',', ':']);
    assert_eq!(slug(&authenticator, &good), "ok", "with spaces");
    say(&format!("other answers: {ran} ran"));
    assert_eq!(ran, 28);
}

fn fresh(server: &Server, change: impl FnOnce(Settings) -> Settings) -> Authenticator {
    ready(change(settings_with_api_keys(server)))
}
