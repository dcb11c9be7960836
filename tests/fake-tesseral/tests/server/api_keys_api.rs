//! Every documented answer of the API-key endpoint, octet for octet.

use fake_tesseral::{Endpoint, Fault, Project, Server, Tls, ids, json};

use crate::client::{Client, request};

const POST: &str = "POST /v1/api-keys/authenticate HTTP/1.1";
const JSON: &str = "Content-Type: application/json";
const TEXT: &[&str] = &["Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff"];

fn answer(status: &str, fields: &[&str], body: &str) -> String {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{fields}Date: DATE\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn json_answer(status: &str, body: &str) -> String {
    answer(status, &["Accept-Encoding: gzip", JSON], body)
}

fn error(status: &str, code: u32, message: &str, description: Option<&str>) -> String {
    let detail = description.map_or_else(String::new, |description| {
        format!(
            r#"{{"@type":"type.googleapis.com/tesseral.common.v1.ErrorDetail","description":"{description}","docsLink":""}}"#
        )
    });
    json_answer(status, &format!(r#"{{"code":{code},"message":{},"details":[{detail}]}}"#, json::string(message)))
}

/// A request with good fields and this body.
fn lookup(backend_key: &str, fields: &[&str], body: &str) -> String {
    let (authorization, len) = (format!("Authorization: {backend_key}"), format!("Content-Length: {}", body.len()));
    let mut lines = vec![POST, "Host: api.example.com", &len];
    if !backend_key.is_empty() {
        lines.push(&authorization);
    }
    lines.extend(fields);
    request(&lines, body)
}

fn secret_token(secret: &str) -> String {
    format!(r#"{{"secretToken":"{secret}"}}"#)
}

#[test]
fn every_answer() {
    let mut project = Project::new(1);
    let good = project.issue_api_key(["b.b.b <&>", "a.a.a"]);
    let bare = project.issue_api_key::<String>([]);
    let (expired, revoked, forbidden) =
        (project.issue_api_key(["a.a.a"]), project.issue_api_key(["a.a.a"]), project.issue_api_key(["a.a.a"]));
    project.api_keys.find_mut(&expired).expect("issued").expires = Some(1);
    project.api_keys.find_mut(&forbidden).expect("issued").organization_permits = false;
    assert!(project.api_keys.revoke(&revoked));
    let id = |project: &mut Project, secret: &str| project.api_keys.find_mut(secret).expect("issued").id.clone();
    let organization = project.claims(0).organization_id;
    let ok = json_answer(
        "200 OK",
        &format!(
            r#"{{"apiKeyId":"{}","organizationId":"{organization}","actions":["a.a.a","b.b.b <&>"]}}"#,
            id(&mut project, &good)
        ),
    );
    let no_actions = json_answer(
        "200 OK",
        &format!(r#"{{"apiKeyId":"{}","organizationId":"{organization}"}}"#, id(&mut project, &bare)),
    );
    let foreign = Project::new(2).issue_api_key(["a.a.a"]);
    let unknown_backend = Project::new(2).backend_api_key;
    let key = format!("Bearer {}", project.backend_api_key);
    let one = secret_token(&good);

    let malformed = error("400 Bad Request", 3, "unauthenticated_api_key", Some("malformed_api_key_secret_token"));
    let invalid = error("400 Bad Request", 3, "unauthenticated_api_key", Some("invalid_api_key_secret_token"));
    let bad_backend = error("400 Bad Request", 3, "invalid_argument", Some("invalid backend api key secret token"));
    let scheme = error("401 Unauthorized", 16, "", None);
    let syntax = error("400 Bad Request", 3, "proto: syntax error (line 1:1): unexpected token", None);
    let media = answer("415 Unsupported Media Type", TEXT, "Unsupported Media Type\n");
    let largest = format!("example_sk_{}", ids::LARGEST_API_KEY);
    let cases = [
        ("good", lookup(&key, &[JSON], &one), ok.clone()),
        ("no media type", lookup(&key, &[], &one), ok.clone()),
        ("charset", lookup(&key, &["Content-Type: application/json; charset=utf-8"], &one), ok.clone()),
        (
            "charset without a space",
            lookup(&key, &["Content-Type: application/json;charset=utf-8"], &one),
            media.clone(),
        ),
        ("upper-case charset", lookup(&key, &["Content-Type: application/json; charset=UTF-8"], &one), media.clone()),
        ("a form", lookup(&key, &["Content-Type: application/x-www-form-urlencoded"], &one), media.clone()),
        ("two media types", lookup(&key, &[JSON, JSON], &one), media),
        ("other name, unknown member", lookup(&key, &[JSON], &format!(r#" {{"x":[1],"secret_token":"{good}"}} "#)), ok),
        ("no actions", lookup(&key, &[JSON], &secret_token(&bare)), no_actions),
        ("another prefix", lookup(&key, &[JSON], &secret_token(&format!("x{good}"))), malformed.clone()),
        ("too short", lookup(&key, &[JSON], &secret_token(&good[..good.len() - 1])), malformed.clone()),
        (
            "no digit",
            lookup(&key, &[JSON], &secret_token(&good.replace("sk_0", "sk_A").replace("sk_1", "sk_A"))),
            malformed.clone(),
        ),
        ("no member", lookup(&key, &[JSON], "{}"), malformed.clone()),
        ("null", lookup(&key, &[JSON], r#"{"secretToken":null}"#), malformed),
        ("largest", lookup(&key, &[JSON], &secret_token(&largest)), invalid.clone()),
        ("of another project", lookup(&key, &[JSON], &secret_token(&foreign)), invalid.clone()),
        ("revoked", lookup(&key, &[JSON], &secret_token(&revoked)), invalid.clone()),
        ("expired", lookup(&key, &[JSON], &secret_token(&expired)), invalid),
        (
            "organization without API keys",
            lookup(&key, &[JSON], &secret_token(&forbidden)),
            error("403 Forbidden", 7, "permission_denied", Some("api keys are not enabled for this organization")),
        ),
        ("backend key malformed", lookup("Bearer x", &[JSON], &one), bad_backend.clone()),
        ("backend key is not trimmed", lookup(&key.replace(' ', "  "), &[JSON], &one), bad_backend),
        (
            "backend key unknown",
            lookup(&format!("Bearer {unknown_backend}"), &[JSON], &one),
            error("404 Not Found", 5, "not_found", Some("backend api key not found")),
        ),
        ("scheme in lower case", lookup(&key.to_lowercase(), &[JSON], &one), scheme.clone()),
        ("another scheme", lookup("Basic eDp5", &[JSON], &one), scheme),
        (
            "no authorization",
            lookup("", &[JSON], &one),
            error("401 Unauthorized", 16, "no access token found in cookies", None),
        ),
        ("no JSON", lookup(&key, &[JSON], "x"), syntax.clone()),
        ("an array", lookup(&key, &[JSON], "[]"), syntax.clone()),
        ("no body", lookup(&key, &[JSON], ""), syntax.clone()),
        ("no JSON, bad backend key", lookup("Bearer x", &[JSON], "x"), syntax),
        (
            "a number",
            lookup(&key, &[JSON], r#"{"secretToken":1}"#),
            error("400 Bad Request", 3, "proto: (line 1:1): invalid value for string field secretToken", None),
        ),
        (
            "GET",
            "GET /v1/api-keys/authenticate HTTP/1.1\r\n\r\n".to_owned(),
            answer("405 Method Not Allowed", &["Allow: POST", TEXT[0], TEXT[1]], "Method Not Allowed\n"),
        ),
        (
            "a slash at the end",
            lookup(&key, &[JSON], &one).replace("authenticate", "authenticate/"),
            answer("404 Not Found", TEXT, "404 page not found\n"),
        ),
    ];
    for tls in [Tls::Off, Tls::Trusted] {
        let server = Server::start(project.clone(), tls).expect("a server");
        let mut client = Client::connect(&server);
        for (name, request, expected) in &cases {
            client.send(request);
            assert_eq!(client.answer(false), *expected, "{name}");
        }
        assert_eq!((server.count(Endpoint::ApiKeys), server.count(Endpoint::Other)), (cases.len() - 1, 1));
        assert_eq!(server.connections(), 1);
    }
    assert_eq!(cases.len(), 32);
}

#[test]
fn api_keys_off() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    let good = server.project().issue_api_key(["a.a.a"]);
    let request = lookup(&format!("Bearer {}", server.project().backend_api_key), &[JSON], &secret_token(&good));
    let mut client = Client::connect(&server);
    let mut says = |description: &str| {
        client.send(&request);
        assert_eq!(client.answer(false), error("403 Forbidden", 7, "permission_denied", Some(description)));
    };
    server.project().api_keys.prefix = None;
    says("api key secret token prefix is not set for this project");
    server.project().api_keys.enabled = false;
    says("api keys are not enabled for this project");
}

#[test]
fn suffixes_past_the_largest_give_an_empty_200() {
    for tls in [Tls::Off, Tls::Trusted] {
        let server = Server::start(Project::new(1), tls).expect("a server");
        let good = server.project().issue_api_key(["a.a.a"]);
        let backend = format!("Bearer {}", server.project().backend_api_key);
        let past = "1rqebqrqf0vfcdz5pu5fquov5813iobr29qjm1mf1lrufy1ifr3y8sg";
        for request in [
            lookup(&backend, &[JSON], &secret_token(&format!("example_sk_{}", "z".repeat(55)))),
            lookup(&backend, &[JSON], &secret_token(&format!("example_sk_{past}"))),
            lookup(&format!("Bearer tesseral_secret_key_{}", "z".repeat(25)), &[JSON], &secret_token(&good)),
        ] {
            let mut client = Client::connect(&server);
            client.send(&request);
            assert_eq!(client.answer(false), answer("200 OK", &[JSON], ""));
            assert!(matches!(client.rest(), (rest, Ok(())) if rest.is_empty()));
        }
    }
}

#[test]
fn builds_that_put_spaces() {
    let server = Server::start(Project::new(1), Tls::Off).expect("a server");
    let good = server.project().issue_api_key(["a.a.a, b:b", "b.b.b"]);
    let backend = format!("Bearer {}", server.project().backend_api_key);
    let mut client = Client::connect(&server);
    let mut body = |secret: &str| {
        client.send(&lookup(&backend, &[JSON], &secret_token(secret)));
        client.answer(false).split_once("\r\n\r\n").expect("a body").1.to_owned()
    };
    let compact = body(&good);
    server.set_json_spaces(&[',']);
    assert_eq!(body(&good), compact.replace("\",\"", "\", \""));
    assert!(body("x").starts_with(r#"{"code":3, "message":"unauthenticated_api_key", "details":[{"@type":"#));
    server.set_json_spaces(&[',', ':']);
    assert_eq!(body(&good), compact.replace("\",\"", "\", \"").replace("\":", "\": "));
    assert!(compact.contains("a.a.a, b:b"));
}

#[test]
fn successes_alone_are_gzipped_when_gzip_is_listed() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    let good = server.project().issue_api_key(["a.a.a"]);
    let backend = format!("Bearer {}", server.project().backend_api_key);
    let mut client = Client::connect(&server);
    client.send(&lookup(&backend, &[JSON, "Accept-Encoding: br, gzip", "Connection: close"], &secret_token(&good)));
    let (octets, ended) = client.rest();
    assert!(ended.is_ok());
    let at = octets.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8(octets[..at].to_vec()).expect("ASCII");
    assert!(
        head.contains("Accept-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n"),
        "{head}"
    );
    assert!(head.contains(&format!("Content-Length: {}\r\n", octets.len() - at)), "{head}");
    assert_eq!(octets[at..at + 3], [0x1f, 0x8b, 8]);

    let mut client = Client::connect(&server);
    client.send(&lookup(&backend, &[JSON, "Accept-Encoding: gzip"], &secret_token("x")));
    assert!(client.answer(false).contains("malformed_api_key_secret_token"));
}

#[test]
fn servers_that_fail_and_servers_without_the_endpoint() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    let mut client = Client::connect(&server);
    server.set_fault(Endpoint::ApiKeys, Fault::Status(500));
    client.send(&lookup("Bearer x", &[JSON], "{}"));
    assert_eq!(client.answer(false), error("500 Internal Server Error", 13, "internal server error", None));
    server.set_fault(Endpoint::ApiKeys, Fault::Status(404));
    client.send(&lookup("Bearer x", &[JSON], "{}"));
    assert_eq!(client.answer(false), answer("404 Not Found", TEXT, "Not Found\n"));
}
