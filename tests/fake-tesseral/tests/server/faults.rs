//! Every fault, as a client receives it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use fake_tesseral::server::Silent;
use fake_tesseral::{Endpoint, Fault, Project, Server, Tls};

use crate::client::{Client, undated};

const FIELDS: &str = "Content-Type: application/json\r\nVary: Origin\r\nDate: DATE\r\n";

/// All octets of one answer to a request for the document, and how the connection ended.
fn spoiled(server: &Server, fault: Fault) -> (String, Vec<u8>, std::io::Result<()>) {
    server.set_fault(Endpoint::Config, fault);
    let key = server.project().publishable_key.clone();
    let mut client = Client::connect(server);
    client.send(&format!("GET /v1/config/{key} HTTP/1.1\r\nConnection: close\r\n\r\n"));
    let (octets, ended) = client.rest();
    let at = octets.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
    let head = String::from_utf8(octets[..at].to_vec()).expect("ASCII");
    let head = if head.contains("Date: ") { undated(&head) } else { head };
    (head.replace("Connection: close\r\n", ""), octets[at..].to_vec(), ended)
}

#[test]
fn answers_that_are_whole_but_wrong() {
    for tls in [Tls::Off, Tls::Trusted] {
        let server = Server::start(Project::new(1), tls).expect("a server");
        let document = server.project().config_document().to_json();
        let len = document.len();
        let honest = |len: usize| format!("HTTP/1.1 200 OK\r\n{FIELDS}Content-Length: {len}\r\n\r\n");
        let text = "Content-Type: text/plain; charset=utf-8\r\n";
        let padded = format!("{}{}\n", document.trim_end(), " ".repeat(1000 - len));
        let chunks: String = document.as_bytes().chunks(100).chain([&[][..]]).fold(String::new(), |text, chunk| {
            text + &format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk))
        });
        let cases = [
            (
                Fault::Status(500),
                format!(
                    "HTTP/1.1 500 Internal Server Error\r\n{text}X-Content-Type-Options: nosniff\r\nDate: DATE\r\nContent-Length: 22\r\n\r\n"
                ),
                "Internal Server Error\n".to_owned(),
            ),
            (
                Fault::Status(404),
                format!(
                    "HTTP/1.1 404 Not Found\r\n{text}X-Content-Type-Options: nosniff\r\nDate: DATE\r\nContent-Length: 10\r\n\r\n"
                ),
                "Not Found\n".to_owned(),
            ),
            (
                Fault::Status(304),
                format!("HTTP/1.1 304 Not Modified\r\n{text}X-Content-Type-Options: nosniff\r\nDate: DATE\r\n\r\n"),
                String::new(),
            ),
            (
                Fault::EmptyOk,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: DATE\r\nContent-Length: 0\r\n\r\n"
                    .to_owned(),
                String::new(),
            ),
            (Fault::Oversize { octets: 1000 }, honest(1000), padded),
            (Fault::Oversize { octets: 1 }, honest(len), document.clone()),
            (Fault::MalformedJson, honest(len / 2), document[..len / 2].to_owned()),
            (Fault::Chunked, format!("HTTP/1.1 200 OK\r\n{FIELDS}Transfer-Encoding: chunked\r\n\r\n"), chunks),
            (
                Fault::Redirect { location: "https://x/".to_owned() },
                format!(
                    "HTTP/1.1 302 Found\r\n{text}Location: https://x/\r\nX-Content-Type-Options: nosniff\r\nDate: DATE\r\nContent-Length: 6\r\n\r\n"
                ),
                "Found\n".to_owned(),
            ),
            (Fault::Raw(b"HTTP/1.1 200\r\n\r\nx".to_vec()), "HTTP/1.1 200\r\n\r\n".to_owned(), "x".to_owned()),
            (Fault::Raw(b"SSH-2.0-x\r\n".to_vec()), String::new(), "SSH-2.0-x\r\n".to_owned()),
        ];
        for (fault, head, body) in &cases {
            let (got_head, got_body, ended) = spoiled(&server, fault.clone());
            assert_eq!(
                (got_head, String::from_utf8(got_body).expect("UTF-8")),
                (head.clone(), body.clone()),
                "{fault:?}"
            );
            assert!(ended.is_ok(), "{fault:?}: {ended:?}");
        }
        assert_eq!(server.count(Endpoint::Config), cases.len());

        let (head, body, _) = spoiled(&server, Fault::Html);
        assert!(
            head.contains("200 OK\r\nContent-Type: text/html; charset=utf-8\r\n") && body.starts_with(b"<!DOCTYPE")
        );
        let (head, body, _) = spoiled(&server, Fault::Gzip);
        assert!(head.contains("Content-Encoding: gzip\r\n") && body.starts_with(&[0x1f, 0x8b, 8]), "{head}");
        assert!(body.windows(len).any(|window| window == document.as_bytes()), "stored, not squeezed");
    }
}

#[test]
fn answers_that_break_off() {
    for tls in [Tls::Off, Tls::Trusted] {
        let server = Server::start(Project::new(1), tls).expect("a server");
        let document = server.project().config_document().to_json();
        let (head, body, ended) = spoiled(&server, Fault::Truncate { octets: 20 });
        assert_eq!(head, format!("HTTP/1.1 200 OK\r\n{FIELDS}Content-Length: {}\r\n\r\n", document.len()));
        assert_eq!(body, document.as_bytes()[..20]);
        // TLS tells a cut from an end; TCP does not.
        assert_eq!(ended.map_err(|error| error.kind()).err(), (tls != Tls::Off).then_some(ErrorKind::UnexpectedEof));

        let (head, body, ended) = spoiled(&server, Fault::Close);
        assert!(head.is_empty() && body.is_empty() && ended.is_ok());
        let (head, body, ended) = spoiled(&server, Fault::Reset);
        assert!(head.is_empty() && body.is_empty());
        assert_eq!(ended.expect_err("no end").kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn answers_that_take_their_time() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    let document = server.project().config_document().to_json();
    let pause = Duration::from_millis(30);
    let pieces = document.len().div_ceil(100) as u32;
    for (fault, least) in [(Fault::Delay(pause), pause), (Fault::Trickle { octets: 100, pause }, pause * pieces)] {
        let start = Instant::now();
        let (_, body, ended) = spoiled(&server, fault.clone());
        assert!(start.elapsed() >= least, "{fault:?}: {:?}", start.elapsed());
        assert!(body == document.as_bytes() && ended.is_ok(), "{fault:?}");
    }
}

#[test]
fn faults_for_some_answers_and_for_one_endpoint() {
    let server = Server::start(Project::new(1), Tls::Off).expect("a server");
    let key = server.project().publishable_key.clone();
    server.set_fault_times(Endpoint::Config, Fault::Status(503), 2);
    server.set_fault(Endpoint::ApiKeys, Fault::Html);
    let mut client = Client::connect(&server);
    let mut status = |path: &str| {
        client.send(&format!("GET {path} HTTP/1.1\r\n\r\n"));
        client.answer(false)[9..12].to_owned()
    };
    let path = format!("/v1/config/{key}");
    assert_eq!([0; 3].map(|_| status(&path)), ["503", "503", "200"]);
    assert_eq!([0; 2].map(|_| status("/v1/api-keys/authenticate")), ["200", "200"]);
    server.clear_fault(Endpoint::ApiKeys);
    assert_eq!(status("/v1/api-keys/authenticate"), "405");
}

#[test]
fn hosts_that_say_nothing() {
    let silent = Silent::accepting().expect("a port");
    assert!(Client::plain(&silent.host()).is_ok());
    let Ok(full) = Silent::full() else {
        return eprintln!("NOT RUN: this system has no full backlog");
    };
    let address = full.host().parse().expect("an address");
    let refused = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100));
    assert_eq!(refused.expect_err("no connection").kind(), ErrorKind::TimedOut);
}
