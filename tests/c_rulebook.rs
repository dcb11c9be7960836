//! The trace of the rulebook through the C interface, hosted and freestanding: tests/c/rulebook_trace.c runs it.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, WARNINGS, compile, fresh_directory, memcheck, prefix, root, run, say, source};
use std::process::Command;

#[test]
fn every_operation_of_the_trace() {
    let directory = fresh_directory("c_rulebook");
    let core = directory.join("core");
    let mut cc = Command::new("cc");
    cc.arg("-std=c11").args(WARNINGS).arg("-I").arg(prefix().join("include")).arg(source("rulebook_trace.c"));
    run(cc.arg(prefix().join("lib/libtesseral_verify_core.a")).arg("-o").arg(&core));
    let hosted = compile("rulebook_trace.c", &directory, &[]);
    let sanitized = compile("rulebook_trace.c", &fresh_directory("c_rulebook_sanitized"), &SANITIZE);
    let programs = [
        ("hosted", Command::new(&hosted)),
        ("hosted, under memcheck", memcheck(&hosted)),
        ("hosted, sanitized", Command::new(sanitized)),
        ("freestanding", Command::new(core)),
    ];
    for (name, mut program) in programs {
        say(format!("{name}: {}", run(program.arg(root().join("tests/vectors/rulebook.trace")))));
    }
}
