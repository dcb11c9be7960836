//! The authenticator from C++, against the double of the service over TLS: tests/cpp/authenticator.cpp.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, compile_cpp, fresh_directory, root, run, say};
use fake_tesseral::{Endpoint, Fault, Project, Server, Tls, server::Silent};
use std::{fs, path::Path, process::Command, time::Duration};
use tesseral_verify::net::unix_time;

const QUIET: [&str; 2] = ["-fno-exceptions", "-fno-rtti"];

/// What the program asks the service about API keys: each lookup that it counts, and no more.
const LOOKUPS: usize = 3;

/// Runs the program against a service of its own, and returns what it printed.
fn check(program: &Path, directory: &Path) -> String {
    let server = Server::start(Project::new(303), Tls::Trusted).unwrap();
    // A fetch that is under way stays so while the program looks.
    server.set_fault(Endpoint::Config, Fault::Delay(Duration::from_millis(200)));
    let silent = Silent::accepting().unwrap();
    let ca_file = directory.join("ca.pem");
    fs::write(&ca_file, server.ca_pem()).unwrap();
    let now = unix_time();
    let api_key = server.project().issue_api_key(["a.b.c"]);
    let mut command = Command::new(program);
    command.env_remove("TESSERAL_BACKEND_API_KEY").args([server.host(), silent.host()]).arg(&ca_file);
    {
        let project = server.project();
        command.args([&project.publishable_key, &project.backend_api_key]);
        command.args([project.access_token(now), project.cookie_name(), api_key]);
    }
    let printed = run(command.arg(directory.join("last-good.json")).arg(now.to_string()));
    assert_eq!(server.count(Endpoint::ApiKeys), LOOKUPS);
    printed
}

#[test]
fn every_function() {
    let sanitized = [&["-std=c++17"][..], &SANITIZE].concat();
    let sanitized_quiet = [&["-std=c++20"][..], &QUIET, &SANITIZE].concat();
    let mut counts = Vec::new();
    for (compiler, flags) in [
        ("g++", vec!["-std=c++11", "-O2"]),
        ("clang++", vec!["-std=c++20"]),
        ("g++", sanitized),
        ("g++", sanitized_quiet),
    ] {
        let directory = fresh_directory("cpp_authenticator");
        let source = root().join("tests/cpp/authenticator.cpp");
        let printed = check(&compile_cpp(compiler, &[&source], "", &directory, &flags), &directory);
        say(format!("{compiler} {}: {}", flags.join(" "), printed.trim_end()));
        assert!(printed.ends_with(" checks, 0 failed\n"), "{printed}");
        counts.push(printed);
    }
    // Exceptions bring checks of their own; all else is the same in every dialect.
    assert!(counts[0] == counts[1] && counts[0] == counts[2] && counts[0] != counts[3]);
}
