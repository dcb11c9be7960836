//! Token-shaped vectors and requests through the C interface: this writes them down as lines, tests/c/vectors.c runs them.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;
mod common;

use c::{SANITIZE, compile, fresh_directory, run};
use common::{lines::every_vector, sets::say};
use std::{fs, process::Command};

#[test]
fn every_vector_through_c() {
    let lines = every_vector();
    let file = fresh_directory("c_vectors_cases").join("cases");
    fs::write(&file, lines.text).unwrap();
    // The tiny profile keeps the sanitized run short; the server's tables are those that most users have.
    for (profile, flags) in [("0", &[][..]), ("2", &SANITIZE)] {
        let program = compile("vectors.c", &fresh_directory(&format!("c_vectors_{profile}")), flags);
        let printed = run(Command::new(program).arg(profile).arg(&file));
        say(&format!("profile {profile}:\n{}", printed.trim_end()));
        for (file, count) in &lines.expected {
            assert!(printed.contains(&format!("vectors {file} (C): {count} ran, 0 disagree\n")), "{file}");
        }
    }
}
