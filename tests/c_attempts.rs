//! Requests that wait in an event loop of C, against the double of the service: tests/c/attempts.c.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, compile, fresh_directory, say};
use fake_tesseral::{Endpoint, Fault, Project, Server, Tls, server::Silent};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tesseral_verify::net::unix_time;

/// Runs the program against a service of its own, which `change` changes once the program has a document; gives the token.
fn check(program: &Path, mode: &str, change: impl FnOnce(&Server) -> String) {
    let server = Server::start(Project::new(304), Tls::Trusted).unwrap();
    let silent = Silent::accepting().unwrap();
    let ca_file = program.with_file_name("ca.pem");
    fs::write(&ca_file, server.ca_pem()).unwrap();
    let backend = if mode == "silence" { silent.host() } else { server.host() };
    let api_keys: Vec<_> = (0..25).map(|_| server.project().issue_api_key(["a.b.c"])).collect();
    let (publishable_key, backend_api_key) = {
        let project = server.project();
        (project.publishable_key.clone(), project.backend_api_key.clone())
    };
    server.set_fault(Endpoint::ApiKeys, Fault::Delay(Duration::from_millis(1000)));
    let mut command = Command::new(program);
    command.args([server.host(), backend]).arg(&ca_file).args([publishable_key, backend_api_key]);
    command.arg(unix_time().to_string()).arg(mode).args(api_keys);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    printed.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let token = change(&server);
    writeln!(child.stdin.take().unwrap(), "{token}").unwrap();
    line.clear();
    printed.read_to_string(&mut line).unwrap();
    say(&line);
    assert!(child.wait().unwrap().success() && line.ends_with(" checks, 0 wrong\n"), "{line}");
}

fn in_each_way(name: &str, mode: &str, change: impl Fn(&Server) -> String) {
    let directory = fresh_directory(&format!("c_attempts_{name}"));
    for flags in [&[][..], &SANITIZE] {
        check(&compile("attempts.c", &directory, flags), mode, &change);
    }
}

#[test]
fn fifty_requests_wait_and_the_loop_does_not() {
    in_each_way("answers", "answers", |_| String::new());
}

#[test]
fn a_silent_service_meets_the_deadline() {
    in_each_way("silence", "silence", |_| String::new());
}

/// Not with the sanitizers, which need address space of their own.
#[test]
fn without_a_thread_a_request_is_refused_at_once() {
    let directory = fresh_directory("c_attempts_no_thread");
    check(&compile("attempts.c", &directory, &[]), "no_thread", |_| String::new());
}

#[test]
fn a_new_key_is_fetched_meanwhile() {
    in_each_way("new_key", "new_key", |server| {
        server.set_fault(Endpoint::Config, Fault::Delay(Duration::from_millis(200)));
        server.project().rotate();
        server.project().access_token(unix_time())
    });
}

/// The fetch hangs for longer than a request waits for a key.
#[test]
fn a_hanging_fetch_meets_the_deadline() {
    in_each_way("no_key", "no_key", |server| {
        server.set_fault(Endpoint::Config, Fault::Hang);
        server.project().rotate();
        server.project().access_token(unix_time())
    });
}
