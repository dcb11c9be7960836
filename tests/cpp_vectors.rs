//! Token-shaped vectors and requests through bindings/cpp: tests/cpp/vectors.cpp runs them.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;
mod common;

use c::{SANITIZE, compile_cpp, fresh_directory, root, run};
use common::{lines::every_vector, sets::say};
use std::{fs, process::Command};

#[test]
fn every_vector_through_cpp() {
    let lines = every_vector();
    let file = fresh_directory("cpp_vectors_cases").join("cases");
    fs::write(&file, lines.text).unwrap();
    let source = root().join("tests/cpp/vectors.cpp");
    let sanitized = [&["-std=c++17"][..], &SANITIZE].concat();
    let quiet = ["-std=c++11", "-O2", "-fno-exceptions", "-fno-rtti"];
    // C runs the server's tables; the tiny profile keeps the sanitized run short.
    for (compiler, profile, flags) in [("clang++", "1", &quiet[..]), ("g++", "2", &sanitized)] {
        let program = compile_cpp(compiler, &[&source], "", &fresh_directory(&format!("cpp_vectors_{profile}")), flags);
        let printed = run(Command::new(program).arg(profile).arg(&file));
        say(&format!("{compiler} {}, profile {profile}:\n{}", flags.join(" "), printed.trim_end()));
        for (file, count) in &lines.expected {
            assert!(printed.contains(&format!("vectors {file} (C++): {count} ran, 0 disagree\n")), "{file}");
        }
    }
}
