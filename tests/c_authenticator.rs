//! The authenticator from C, against the double of the service: tests/c/authenticator.c.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, compile, fresh_directory, run, say};
use fake_tesseral::{Project, Server, Tls};
use std::{fs, path::Path, process::Command};
use tesseral_verify::net::unix_time;

/// Runs the program against a service of its own.
fn check(mut command: Command, directory: &Path) {
    let server = Server::start(Project::new(301), Tls::Trusted).unwrap();
    let ca_file = directory.join("ca.pem");
    fs::write(&ca_file, server.ca_pem()).unwrap();
    let now = unix_time();
    let api_key = server.project().issue_api_key(["a.b.c"]);
    let (token, publishable_key, backend_api_key) = {
        let project = server.project();
        (project.access_token(now), project.publishable_key.clone(), project.backend_api_key.clone())
    };
    command.arg(server.host()).arg(&ca_file).args([publishable_key, backend_api_key, token, api_key, now.to_string()]);
    let printed = run(&mut command);
    say(&printed);
    assert!(printed.ends_with(" checks, 0 wrong\n"), "{printed}");
}

#[test]
fn every_function() {
    let directory = fresh_directory("c_authenticator");
    for flags in [&[][..], &SANITIZE] {
        check(Command::new(compile("authenticator.c", &directory, flags)), &directory);
    }
}

/// valgrind looks for reads and writes outside of memory, and for lost memory.
///
/// It does not look for undefined values, because it reports some in the octets that the TLS library hands to the system. Memory
/// that stays reachable does not count: the crate arc-swap keeps some for each thread that ever read.
#[test]
fn the_same_under_memcheck() {
    let directory = fresh_directory("c_authenticator_memcheck");
    let program = compile("authenticator.c", &directory, &["-DNO_FORK"]);
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--undef-value-errors=no", "--leak-check=full"]);
    valgrind.args(["--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect"]).arg(program);
    check(valgrind, &directory);
}
