//! Token-shaped vectors and requests through the C interface: this writes them down as lines, tests/c/vectors.c runs them.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;
mod common;

use c::{SANITIZE, compile, fresh_directory, run};
use common::{images::Images, lines::every_vector, sets::say};
use std::{fs, process::Command};
use tesseral_verify::{Profile, image::ByteOrder};

#[test]
fn every_vector_through_c() {
    let lines = every_vector();
    // The tiny profile keeps the sanitized run short; the server's tables are those that most users have.
    for (profile, number, flags) in [(Profile::Server, "0", &[][..]), (Profile::Tiny, "2", &SANITIZE)] {
        let directory = fresh_directory(&format!("c_vectors_cases_{number}"));
        let (file, images) = (directory.join("cases"), Images::new(&directory, profile, ByteOrder::NATIVE));
        let (text, with_images) = images.beside(&lines.text);
        fs::write(&file, text).unwrap();
        let program = compile("vectors.c", &fresh_directory(&format!("c_vectors_{number}")), flags);
        let printed = run(Command::new(program).arg(number).arg(&file));
        say(&format!("profile {number}:\n{}", printed.trim_end()));
        for (file, count) in &lines.expected {
            assert!(printed.contains(&format!("vectors {file} (C): {count} ran, 0 disagree\n")), "{file}");
        }
        // The server's images take over 100 MB.
        fs::remove_dir_all(directory).unwrap();
        assert!(with_images > 1_000 && printed.contains(&format!("vectors with an image (C): {with_images}\n")));
    }
}
