//! Connections, records of requests, and how the server ends.

use std::time::{Duration, Instant};

use fake_tesseral::{Endpoint, Fault, Project, Server, Tls};

use crate::client::Client;

#[test]
fn what_arrived_is_recorded_even_when_nothing_is_answered() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    server.set_fault(Endpoint::Config, Fault::Close);
    Client::connect(&server).send(
        "GET /v1/config/a?b=c HTTP/1.1\r\nhost: x\r\nCookie: d=e\r\nRange: bytes=0-\r\nIf-None-Match: \"f\"\r\n\
         Authorization: Bearer g\r\nContent-Length: 2\r\n\r\nhi",
    );
    assert!(server.wait_for(Endpoint::Config, 1, Duration::from_secs(20)));
    assert!(!server.wait_for(Endpoint::Config, 2, Duration::from_millis(1)));
    let [request] = &server.requests(Endpoint::Config)[..] else { panic!("one request") };
    assert_eq!(
        (request.method.as_str(), request.target.as_str(), request.path()),
        ("GET", "/v1/config/a?b=c", "/v1/config/a")
    );
    let headers = [
        ("host", "x"),
        ("Cookie", "d=e"),
        ("Range", "bytes=0-"),
        ("If-None-Match", "\"f\""),
        ("Authorization", "Bearer g"),
        ("Content-Length", "2"),
    ];
    assert_eq!(request.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(
        (request.header("cookie"), request.header("Via"), request.body.as_slice()),
        (Some("d=e"), None, &b"hi"[..])
    );
    server.forget();
    assert_eq!((server.count(Endpoint::Config), server.connections()), (0, 0));
}

#[test]
fn http_1_0_closes_unless_asked() {
    let server = Server::start(Project::new(1), Tls::Off).expect("a server");
    let mut client = Client::connect(&server);
    client.send("GET /v1/config/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let answer = client.answer(false);
    assert!(
        answer.starts_with("HTTP/1.0 400 Bad Request\r\n") && answer.contains("Connection: keep-alive\r\n"),
        "{answer}"
    );
    client.send("GET /v1/config/x HTTP/1.0\r\n\r\n");
    let answer = client.answer(false);
    assert!(!answer.contains("Connection"), "{answer}");
    assert!(matches!(client.rest(), (rest, Ok(())) if rest.is_empty()));
}

#[test]
fn what_is_no_http_is_refused() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    let mut client = Client::connect(&server);
    client.send("HELO x\r\n\r\n");
    let (octets, ended) = client.rest();
    assert!(octets.starts_with(b"HTTP/1.1 400 Bad Request\r\n") && ended.is_ok());
}

#[test]
fn many_at_once() {
    let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
    let key = server.project().publishable_key.clone();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut client = Client::connect(&server);
                for _ in 0..5 {
                    client.send(&format!("GET /v1/config/{key} HTTP/1.1\r\n\r\n"));
                    assert!(client.answer(false).starts_with("HTTP/1.1 200 OK\r\n"));
                }
            });
        }
    });
    assert_eq!((server.count(Endpoint::Config), server.connections()), (80, 16));
}

#[test]
fn dropping_ends_everything_that_waits() {
    for fault in [
        Fault::Hang,
        Fault::Delay(Duration::MAX),
        Fault::Delay(Duration::from_secs(3600)),
        Fault::Trickle { octets: 1, pause: Duration::from_secs(3600) },
    ] {
        let server = Server::start(Project::new(1), Tls::Trusted).expect("a server");
        let port = server.port();
        let key = server.project().publishable_key.clone();
        server.set_fault(Endpoint::Config, fault.clone());
        let (mut idle, mut waits) = (Client::connect(&server), Client::connect(&server));
        waits.send(&format!("GET /v1/config/{key} HTTP/1.1\r\n\r\n"));
        assert!(server.wait_for(Endpoint::Config, 1, Duration::from_secs(20)));
        let start = Instant::now();
        drop(server);
        assert!(start.elapsed() < Duration::from_secs(10), "{fault:?}");
        assert!(idle.rest().0.is_empty());
        assert!(!waits.rest().0.ends_with(b"}\n"), "{fault:?}");
        // The port is free: nothing listens on it any more.
        drop(Server::start_on(port, Project::new(1), Tls::Off).expect("the same port"));
    }
}
