//! Every documented answer of the config endpoint, octet for octet.

use fake_tesseral::{Coordinate, Endpoint, Project, Seed, Server, SigningKey, Tls, ids};

use crate::client::{Client, request};

const NAMED: &str = "GET /v1/config/publishable_key_";

/// Status line, fields without `Date` and `Content-Length`, body.
fn answer(status: &str, fields: &[&str], body: &str) -> String {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{fields}Date: DATE\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn every_answer() {
    let project = Project::new(1);
    let document = project.config_document().to_json();
    let path = format!("/v1/config/{}", project.publishable_key);
    let escaped = path.replace('_', "%5F").replace("/v1/config/publishable%5F", "/v1/config/publishable%5f");
    let json = ["Content-Type: application/json", "Vary: Origin"];
    let text = ["Content-Type: text/plain; charset=utf-8", "Vary: Origin", "X-Content-Type-Options: nosniff"];
    let not_allowed = ["Allow: GET, HEAD", text[0], text[1], text[2]];
    let invalid = concat!(
        r#"{"code":400,"message":"invalid_argument","details":[{"description":"invalid publishable key id"}]}"#,
        "\n"
    );
    let unknown =
        concat!(r#"{"code":404,"message":"not_found","details":[{"description":"publishable key not found"}]}"#, "\n");
    let ok = answer("200 OK", &json, &document);
    let bad = answer("400 Bad Request", &json, invalid);
    let no_page = answer("404 Not Found", &text, "404 page not found\n");
    let no_method = answer("405 Method Not Allowed", &not_allowed, "Method Not Allowed\n");
    let any = ["Access-Control-Allow-Origin: *", json[0], json[1]];

    let cases = [
        ("the document", vec![format!("GET {path} HTTP/1.1")], ok.clone()),
        ("a query is ignored", vec![format!("GET {path}?a=b HTTP/1.1")], ok.clone()),
        ("an escaped key", vec![format!("GET {escaped} HTTP/1.1")], ok.clone()),
        (
            "conditions, ranges and codings are ignored",
            vec![
                format!("GET {path} HTTP/1.1"),
                "If-None-Match: *".to_owned(),
                "Range: bytes=0-1".to_owned(),
                "Accept-Encoding: gzip".to_owned(),
            ],
            ok,
        ),
        (
            "from a browser",
            vec![format!("GET {path} HTTP/1.1"), "Origin: https://app.example.com".to_owned()],
            answer("200 OK", &any, &document),
        ),
        ("another prefix", vec![format!("GET /v1/config/{} HTTP/1.1", project.id)], bad.clone()),
        ("too short", vec![format!("{NAMED}{} HTTP/1.1", "0".repeat(24))], bad.clone()),
        ("too long", vec![format!("{NAMED}{} HTTP/1.1", "0".repeat(26))], bad.clone()),
        ("no digit", vec![format!("{NAMED}{}A HTTP/1.1", "z".repeat(24))], bad.clone()),
        ("a slash in the key", vec![format!("{NAMED}%2F{} HTTP/1.1", "0".repeat(24))], bad),
        ("unknown", vec![format!("{NAMED}{} HTTP/1.1", ids::LARGEST_ID)], answer("404 Not Found", &json, unknown)),
        ("no key", vec!["GET /v1/config/ HTTP/1.1".to_owned()], no_page.clone()),
        ("one segment more", vec![format!("GET {path}/x HTTP/1.1")], no_page.clone()),
        ("a slash at the end", vec![format!("GET {path}/ HTTP/1.1")], no_page),
        ("POST", vec![format!("POST {path} HTTP/1.1"), "Content-Length: 0".to_owned()], no_method.clone()),
        ("DELETE", vec![format!("DELETE {path} HTTP/1.1")], no_method.clone()),
        ("OPTIONS", vec![format!("OPTIONS {path} HTTP/1.1")], no_method),
    ];
    for tls in [Tls::Off, Tls::Trusted] {
        let server = Server::start(project.clone(), tls).expect("a server");
        let mut client = Client::connect(&server);
        for (name, lines, expected) in &cases {
            let lines: Vec<&str> = lines.iter().map(String::as_str).chain(["Host: config.example.com"]).collect();
            client.send(&request(&lines, ""));
            assert_eq!(client.answer(false), *expected, "{name}");
        }
        assert_eq!((server.count(Endpoint::Config), server.connections()), (cases.len(), 1));
    }
    assert_eq!(cases.len(), 17);
}

#[test]
fn head_has_no_body() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    let path = format!("/v1/config/{}", server.project().publishable_key);
    let len = server.project().config_document().to_json().len();
    let mut client = Client::connect(&server);
    client.send(&format!("HEAD {path} HTTP/1.1\r\n\r\nHEAD /v1/config/x HTTP/1.1\r\nConnection: close\r\n\r\n"));
    let start = "Content-Type: application/json\r\nVary: Origin\r\nDate: DATE\r\nContent-Length: ";
    assert_eq!(client.answer(true), format!("HTTP/1.1 200 OK\r\n{start}{len}\r\n\r\n"));
    assert_eq!(client.answer(true), format!("HTTP/1.1 400 Bad Request\r\n{start}99\r\nConnection: close\r\n\r\n"));
    assert!(matches!(client.rest(), (rest, Ok(())) if rest.is_empty()));
}

#[test]
fn a_key_past_the_largest_kills_the_connection() {
    for tls in [Tls::Off, Tls::Trusted] {
        let server = Server::start(Project::new(1), tls).expect("a server");
        for suffix in ["f5lxx1zz5pnorynqglhzmsp34", &"z".repeat(25)] {
            let mut client = Client::connect(&server);
            client.send(&format!("{NAMED}{suffix} HTTP/1.1\r\n\r\n"));
            let (octets, ended) = client.rest();
            assert!(octets.is_empty() && ended.is_ok(), "{octets:?} {ended:?}");
        }
        assert_eq!(server.count(Endpoint::Config), 2);
    }
}

#[test]
fn every_document() {
    let short = SigningKey::generate_short(&mut Seed::from_number(1).random("short"), Coordinate::Y);
    let server = Server::start(Project::with_signing_key(1, short), Tls::Trusted).expect("a server");
    let path = format!("/v1/config/{}", server.project().publishable_key);
    let mut client = Client::connect(&server);
    let mut body = || {
        client.send(&format!("GET {path} HTTP/1.1\r\n\r\n"));
        let answer = client.answer(false);
        answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
    };
    let first = server.project().signing_key().jwk();
    assert!(first.split(r#""y":""#).nth(1).expect("y").len() <= 42 + 2, "31 octets");
    assert!(body().ends_with(&format!("\"keys\":[{first}]}}\n")));

    server.project().rotate_unpublished();
    assert!(body().ends_with(&format!("\"keys\":[{first}]}}\n")), "the new key signs but is not shown");
    server.project().publish();
    let second = server.project().signing_key().jwk();
    assert!(body().ends_with(&format!("\"keys\":[{first},{second}]}}\n")));

    server.set_document(|document| document.with_keys_reversed().older().to_json().into_bytes());
    let older = body();
    assert!(older.ends_with(&format!("\"keys\":[{second},{first}]}}\n")));
    assert!(!older.contains("cookieDomain") && !older.contains("crossDomainMode"));

    server.set_document(|document| document.with_key(r#"{"kty":"oct","k":"AA"}"#).to_json().into_bytes());
    assert!(body().ends_with(&format!("\"keys\":[{first},{second},{{\"kty\":\"oct\",\"k\":\"AA\"}}]}}\n")));

    server.set_document(|mut document| {
        (document.keys, document.trusted_domains) = (None, None);
        document.to_json().into_bytes()
    });
    assert!(body().ends_with("\"trustedDomains\":null,\"keys\":null}\n"));

    server.clear_document();
    assert_eq!(body(), server.project().config_document().to_json());
}
