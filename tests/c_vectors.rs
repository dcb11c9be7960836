//! Token-shaped vectors and requests through the C interface: this writes them down as lines, tests/c/vectors.c runs them.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;
mod common;

use c::{SANITIZE, compile, fresh_directory, run};
use common::sets::unhex;
use common::{lines::every_vector, sets::say};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tesseral_verify::{Options, Profile, Verifier, image::ByteOrder};

#[test]
fn every_vector_through_c() {
    let lines = every_vector();
    // The tiny profile keeps the sanitized run short; the server's tables are those that most users have.
    for (profile, number, flags) in [(Profile::Server, "0", &[][..]), (Profile::Tiny, "2", &SANITIZE)] {
        let directory = fresh_directory(&format!("c_vectors_cases_{number}"));
        let (file, images) = (directory.join("cases"), Images::new(&directory, profile));
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

/// Images of the cases' documents, one for each document, issuer, project ID and mode.
struct Images<'f> {
    folder: &'f Path,
    profile: Profile,
}

impl<'f> Images<'f> {
    fn new(folder: &'f Path, profile: Profile) -> Self {
        Self { folder, profile }
    }

    /// The lines, each with the file of its image at the end; and how many have one.
    fn beside(&self, lines: &str) -> (String, usize) {
        let (mut files, mut with_images) = (HashMap::new(), 0);
        let mut text = String::new();
        for line in lines.lines() {
            let fields: Vec<_> = line.split('\t').collect();
            let [_, _, mode, document, issuer, project_id, ..] = fields[..] else { panic!("{line}") };
            let number = files.len();
            let file = files.entry((document, issuer, project_id, mode == "request_with_api_keys"));
            let file = file.or_insert_with_key(|(document, issuer, project_id, api_keys)| {
                let texts = [issuer, project_id].map(|text| String::from_utf8(unhex(text)).unwrap());
                let mut options = Options::new().profile(self.profile).api_keys(*api_keys);
                for (text, set) in texts.iter().zip([Options::issuer, Options::project_id]) {
                    if !text.is_empty() {
                        options = set(options, text);
                    }
                }
                self.write(number, &unhex(document), &options)
            });
            let file = file.as_deref().map_or("", |file| file.to_str().unwrap());
            with_images += usize::from(!file.is_empty());
            text += &format!("{line}\t{file}\n");
        }
        (text, with_images)
    }

    fn write(&self, number: usize, document: &[u8], options: &Options<'_>) -> Option<PathBuf> {
        let verifier = Verifier::load_owned(document, options).ok()?;
        let file = self.folder.join(format!("{number}.image"));
        fs::write(&file, verifier.to_image(ByteOrder::NATIVE, 0, i64::MAX).unwrap()).unwrap();
        Some(file)
    }
}
