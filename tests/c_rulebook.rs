//! The trace of the rulebook through the C interface, hosted and freestanding: tests/c/rulebook_trace.c runs it. Requests that
//! lack a key, with the rulebook beside the verifier: tests/c/unknown_kids.c.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, WARNINGS, compile, fresh_directory, memcheck, prefix, root, run, say, source};
use fake_tesseral::Project;
use std::{ffi::OsString, fs, process::Command};

const NOW: i64 = 1_750_000_000;

#[test]
fn every_operation_of_the_trace() {
    everywhere("rulebook_trace", &[root().join("tests/vectors/rulebook.trace").into()]);
}

#[test]
fn requests_with_a_new_key() {
    let directory = fresh_directory("c_unknown_kids");
    let mut project = Project::new(41);
    let document = |project: &Project, name: &str| {
        let file = directory.join(name);
        fs::write(&file, project.config_document().to_json()).unwrap();
        file.into_os_string()
    };
    let (before, token) = (document(&project, "before.json"), project.access_token(NOW));
    project.rotate();
    let (after, new_token) = (document(&project, "after.json"), project.access_token(NOW));
    let texts = [project.cookie_name(), token, new_token, project.signing_key().kid().to_owned(), NOW.to_string()];
    let arguments: Vec<_> = [before, after].into_iter().chain(texts.map(OsString::from)).collect();
    everywhere("unknown_kids", &arguments);
}

/// Runs a program of tests/c with both libraries, and with the hosted one also under memcheck and with sanitizers.
fn everywhere(name: &str, arguments: &[OsString]) {
    let file = format!("{name}.c");
    let directory = fresh_directory(&format!("c_{name}_bin"));
    let core = directory.join("core");
    let mut cc = Command::new("cc");
    cc.arg("-std=c11").args(WARNINGS).arg("-I").arg(prefix().join("include")).arg(source(&file));
    run(cc.arg(prefix().join("lib/libtesseral_verify_core.a")).arg("-o").arg(&core));
    let hosted = compile(&file, &directory, &[]);
    let sanitized = compile(&file, &fresh_directory(&format!("c_{name}_sanitized")), &SANITIZE);
    let programs = [
        ("hosted", Command::new(&hosted)),
        ("hosted, under memcheck", memcheck(&hosted)),
        ("hosted, sanitized", Command::new(sanitized)),
        ("freestanding", Command::new(core)),
    ];
    for (how, mut program) in programs {
        say(format!("{how}: {}", run(program.args(arguments))));
    }
}
