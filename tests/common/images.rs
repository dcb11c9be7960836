//! Images of vectors' documents, for tests/c/vectors.c.

use super::sets::unhex;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};
use tesseral_verify::{Options, Profile, Verifier, image::ByteOrder};

/// Images of the cases' documents, one for each document, issuer, project ID and mode.
pub struct Images<'f> {
    folder: &'f Path,
    profile: Profile,
    order: ByteOrder,
}

impl<'f> Images<'f> {
    /// Images for machines with this byte order, in this folder.
    pub fn new(folder: &'f Path, profile: Profile, order: ByteOrder) -> Self {
        Self { folder, profile, order }
    }

    /// The lines, each with the file of its image at the end; and how many have one.
    pub fn beside(&self, lines: &str) -> (String, usize) {
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
        fs::write(&file, verifier.to_image(self.order, 0, i64::MAX).unwrap()).unwrap();
        Some(file)
    }
}
