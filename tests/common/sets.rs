//! Vector files: where they are, how many tests they hold, and how a run is summed up.

use serde_json::Value;
use std::{collections::BTreeSet, io::Write as _, path::PathBuf, sync::Mutex};

/// A vector file in this repository.
pub fn authored(file: &str) -> Value {
    read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file))
}

/// A vector file that may not be copied; `None`, and one loud line, when `TESSERAL_VECTORS` does not say where it is.
pub fn external(file: &str) -> Option<Value> {
    folder(file).map(|folder| read(folder.join(file)))
}

/// The folder of the sets that may not be copied.
///
/// # Panics
/// When `CI` is set and `TESSERAL_VECTORS` is not: in CI, a set that does not run is a failure.
pub fn folder(wanted: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TESSERAL_VECTORS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        if SAID.lock().is_ok_and(|mut said| said.insert(wanted.to_owned())) {
            say(&format!("vectors {wanted}: NOT SEEN, TESSERAL_VECTORS is not set"));
        }
        assert!(std::env::var_os("CI").is_none(), "CI must set TESSERAL_VECTORS");
    }
    folder
}

/// Writes a line past the test harness, which would keep it for itself when the test passes.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn read(path: PathBuf) -> Value {
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of a member that must be one.
pub fn text<'v>(test: &'v Value, member: &str) -> &'v str {
    test[member].as_str().unwrap_or_else(|| panic!("{member} is not a string: {test}"))
}

/// The elements of a member that must be an array.
pub fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().unwrap_or_else(|| panic!("{member} is not an array"))
}

/// All tests of a Wycheproof file, each with its group.
pub fn grouped(set: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    list(set, "testGroups").iter().flat_map(|group| list(group, "tests").iter().map(move |test| (group, test)))
}

pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    let digit = |octet: u8| char::from(octet).to_digit(16).unwrap_or_else(|| panic!("{text}"));
    text.as_bytes().chunks_exact(2).map(|pair| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).unwrap()).collect()
}

/// Decodes padded standard base64, in which some files keep octets.
pub fn base64(text: &str) -> Vec<u8> {
    let url = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    fake_tesseral::base64url::decode(&url).unwrap_or_else(|| panic!("not base64: {text}"))
}

/// A configuration document in which a member that is not read has this value.
pub fn document_around(value: &[u8]) -> Vec<u8> {
    let key = fake_tesseral::Project::new(1).signing_key().jwk();
    [b"{\"x\":", value, b",\"keys\":[", key.as_bytes(), b"]}"].concat()
}

/// Counts the tests of one file and remembers the disagreements.
pub struct Summary {
    file: String,
    in_file: usize,
    ran: usize,
    not_ours: usize,
    disagreements: Vec<String>,
}

impl Summary {
    /// `in_file` is the file's own count of its tests.
    pub fn new(file: &str, in_file: usize) -> Self {
        Self { file: file.to_owned(), in_file, ran: 0, not_ours: 0, disagreements: Vec::new() }
    }

    /// For files that say `numberOfTests`.
    pub fn of(file: &str, set: &Value) -> Self {
        let in_file = set["numberOfTests"].as_u64().unwrap_or_else(|| panic!("{file}: numberOfTests"));
        Self::new(file, usize::try_from(in_file).unwrap())
    }

    /// Counts a test that ran.
    pub fn check<T: PartialEq + std::fmt::Debug>(&mut self, id: impl std::fmt::Display, expected: T, actual: T) {
        self.ran += 1;
        self.also(id, expected, actual);
    }

    /// Compares once more within a test that [`Self::check`] counts.
    pub fn also<T: PartialEq + std::fmt::Debug>(&mut self, id: impl std::fmt::Display, expected: T, actual: T) {
        if expected != actual {
            self.disagreements.push(format!("{id}: expected {expected:?}, got {actual:?}"));
        }
    }

    /// Counts a test of something that this library does not have.
    pub fn not_ours(&mut self) {
        self.not_ours += 1;
    }

    /// Prints the line of this file; every test of the file must have run or be known not to be ours.
    pub fn finish(self, expected_to_run: usize) {
        let Self { file, in_file, ran, not_ours, disagreements } = self;
        let rest = if not_ours == 0 { String::new() } else { format!(", {not_ours} not ours") };
        say(&format!("vectors {file}: {ran} ran, {} disagree{rest}", disagreements.len()));
        assert_eq!(ran + not_ours, in_file, "{file}: not every test was looked at");
        assert!(ran > 0, "{file}: nothing ran");
        assert_eq!(ran, expected_to_run, "{file}");
        assert!(disagreements.is_empty(), "{file}:\n{}", disagreements.join("\n"));
    }
}
