//! Imports point one way (docs/design.md 2): from module to module, and from file to file inside a module. Each dependency has one door.

mod common;
#[path = "layout/rooms.rs"]
mod rooms;

use common::sets::say;
use rooms::{File, Rooms};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Modules whose times all stand in `limits`.
const TIMED_BY_LIMITS: [&str; 3] = ["rulebook", "net", "ffi"];

/// Lower layers know nothing of higher ones; modules of one layer nothing of each other.
const LAYERS: [&[&str]; 11] = [
    &["limits", "error"],
    &["base64url", "json", "search", "sha256", "siphash", "store"],
    &["es256", "rulebook"],
    &["image", "jws", "jwk", "policy", "credential"],
    &["snapshot", "claims"],
    &["auth", "cache"],
    &["api_key", "revoked"],
    &["verify"],
    &["net"],
    &["ffi"],
    &["lib", "bin"],
];

/// The files of `es256`, from the lowest: each knows only those of earlier rows. Its door knows all.
const ES256: [&[&str]; 16] = [
    &["entry", "inverse/radix", "limbs", "product", "product_32", "shape", "ifma/vector"],
    &[
        "base_table/compact",
        "base_table/tiny",
        "field/carries",
        "field/reduction",
        "ifma/avx",
        "ifma/avx512",
        "ifma/load",
        "ifma/radix",
        "ifma/wide",
        "inverse/matrix",
        "inverse/modulus",
        "prefetch",
    ],
    &["ifma/field", "inverse/cofactors"],
    &["inverse"],
    &["field", "ifma/sums", "scalar"],
    &["field/aarch64", "field/arm", "field/portable", "field/words", "ifma/order"],
    &["ifma/fold", "ifma/inverses", "point"],
    &["ifma/pairs"],
    &["ifma"],
    &["engine"],
    &["table"],
    &["base_table", "comb"],
    &["lanes"],
    &["sum"],
    &["equation"],
    &["batch"],
];

/// Modules without circles among their files.
const ROOMS: [&str; 11] = [
    "bin/tesseral-verify",
    "cache",
    "claims",
    "es256",
    "ffi",
    "image",
    "json",
    "net",
    "rulebook",
    "snapshot",
    "verify",
];

/// Modules without a file of more than [`LONGEST_FILE`] lines.
const SHORT: [&str; 4] = ["bin/tesseral-verify", "ffi", "net", "rulebook"];

const LONGEST_FILE: usize = 360;

/// What only one module may name.
const DOORS: [(&str, &[&str]); 14] = [
    // Oracles of the unit tests, which are not read here.
    ("p256", &[]),
    ("fiat_crypto", &[]),
    ("sha2", &["sha256"]),
    ("base64ct", &["base64url"]),
    ("serde_json", &["bin", "net"]),
    ("serde_json_core", &["bin"]),
    ("clap", &["bin"]),
    ("cbindgen", &[]),
    ("arc_swap", &["net"]),
    ("rustls", &["net"]),
    ("rustls_native_certs", &["net"]),
    ("ureq", &["net"]),
    ("rustix", &["net"]),
    ("log", &["net"]),
];

/// What only one file of a module may name.
const FILES: [(&str, &str); 7] = [
    ("ureq", "net/http.rs"),
    ("rustls", "net/http.rs"),
    ("rustls_native_certs", "net/http.rs"),
    ("serde_json", "net/stats.rs"),
    ("arc_swap", "net/keeper.rs net/authenticator.rs"),
    ("rustix", "net/clock.rs net/file.rs net/fork.rs"),
    ("log", "net/notice.rs"),
];

#[test]
fn imports_point_one_way() {
    let mut edges = BTreeSet::new();
    for (module, text) in sources() {
        // The program is a crate of its own, outside.
        if module == "bin" {
            continue;
        }
        for target in crate_paths(&text) {
            if target != module {
                edges.insert((module.clone(), target));
            }
        }
    }
    let wrong: Vec<_> = edges.iter().filter(|(from, to)| layer(from) <= layer(to)).collect();
    say(&format!("layout: {} imports between modules, {} of them upward", edges.len(), wrong.len()));
    assert!(edges.len() > 30, "too few edges: is `crate_paths` blind?");
    assert!(wrong.is_empty(), "{wrong:?}");
    for pair in [("verify", "es256"), ("jws", "base64url"), ("snapshot", "jwk")] {
        assert!(edges.contains(&(pair.0.to_owned(), pair.1.to_owned())), "{pair:?} must be seen");
    }
}

#[test]
fn inside_es256_imports_point_one_way() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/es256");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().with_extension("").to_str().unwrap().to_owned();
    let files: BTreeSet<String> = paths.iter().map(name).collect();
    let row = |file: &str| ES256.iter().position(|row| row.contains(&file));
    let listed = ES256.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(files, listed, "each file of es256 has a place in ES256");
    let mut edges = BTreeSet::new();
    for path in &paths {
        let file = name(path);
        // To declare a file is not to need it: the field's operations are methods of its type, in files of their own.
        let text = code(path).lines().filter(|line| !line.starts_with("mod ")).collect::<Vec<_>>().join("\n");
        let folder = file.split_once('/').map_or("", |(folder, _)| folder);
        let beside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        // A path that names no file names an item of the module's own file, which lies above all others.
        let door = if folder.is_empty() { "es256" } else { folder };
        let target = |path: String| if files.contains(&path) { path } else { door.to_owned() };
        edges.extend(paths_after("super::", &text).iter().map(|name| (file.clone(), target(beside(name)))));
        edges.extend(paths_after("crate::es256::", &text).into_iter().map(|name| (file.clone(), target(name))));
        let inside = files.iter().filter_map(|path| Some((path, path.strip_prefix(&file)?.strip_prefix('/')?)));
        edges.extend(inside.filter(|(_, child)| names(&text, child)).map(|(path, _)| (file.clone(), path.clone())));
    }
    let wrong: Vec<_> = edges.iter().filter(|(from, to)| row(to).is_none_or(|to| row(from) <= Some(to))).collect();
    say(&format!("layout: {} edges inside es256 checked, {} wrong", edges.len(), wrong.len()));
    assert!(wrong.is_empty(), "{wrong:?}");
    for pair in [("sum", "lanes"), ("ifma/fold", "ifma/sums"), ("field/portable", "field"), ("ifma/load", "entry")] {
        assert!(edges.contains(&(pair.0.to_owned(), pair.1.to_owned())), "{pair:?} must be seen");
    }
}

/// Files can be read in the order of their imports: no file needs one that imports it.
#[test]
fn no_circle_inside_a_module() {
    let mut all = Vec::new();
    for module in ROOMS {
        let files = files_of(module);
        let rooms = Rooms::read(&files);
        let (imports, circles) = (rooms.imports(), rooms.circles());
        say(&format!("layout: {module}: {} files, {imports} imports, {} circles", files.len(), circles.len()));
        assert!(files.len() > 2 && imports > 1, "{module}: is the reader blind?");
        all.extend(circles);
    }
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn no_file_outgrows_one_idea() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let lines = |path: &PathBuf| std::fs::read_to_string(path).unwrap().lines().count();
    let mut lengths: Vec<_> = files.iter().map(|path| (lines(path), name(path))).collect();
    lengths.sort();
    let longest = lengths.iter().rev().take(5).map(|(lines, name)| format!("{name} {lines}"));
    say(&format!("layout: longest files: {}", longest.collect::<Vec<_>>().join(", ")));
    let bounded = |name: &str| SHORT.iter().any(|module| name.starts_with(module));
    lengths.retain(|(lines, name)| bounded(name) && *lines > LONGEST_FILE);
    assert!(lengths.is_empty(), "over {LONGEST_FILE} lines: {lengths:?}");
}

/// `super::` out of a top-level file, or twice, would be a way around `crate::`.
#[test]
fn no_path_climbs_past_its_module() {
    for (module, text) in sources() {
        assert!(!text.contains("super::super"), "{module}");
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    for path in files.iter().filter(|path| path.parent() == Some(&root)) {
        assert!(!code(path).contains("super::"), "{}", path.display());
    }
}

#[test]
fn dependencies_have_one_door() {
    let mut checked = 0;
    for (module, text) in sources() {
        for (dependency, doors) in DOORS {
            checked += 1;
            assert!(!names(&text, dependency) || doors.contains(&module.as_str()), "{module} names {dependency}");
        }
    }
    say(&format!("layout: {checked} pairs of file and dependency checked"));
    for (door, dependency) in [("sha256", "sha2"), ("base64url", "base64ct")] {
        assert!(sources().iter().any(|(module, text)| module == door && names(text, dependency)), "{dependency}");
    }
}

#[test]
fn inside_net_each_dependency_has_one_file() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root.join("net"), &mut files);
    assert!(files.len() > 10, "{files:?}");
    for (dependency, doors) in FILES {
        let naming = files.iter().filter(|path| names(&code(path), dependency));
        let naming: BTreeSet<_> = naming.map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap()).collect();
        assert_eq!(naming, doors.split(' ').collect(), "{dependency}");
    }
}

/// A default or bound of time that stands elsewhere would be a rule beside those of `limits`.
#[test]
fn times_stand_in_limits_alone() {
    let mut files = 0;
    for (module, text) in sources() {
        if TIMED_BY_LIMITS.contains(&module.as_str()) {
            files += 1;
            let found = literal_times(&text);
            assert!(found.is_empty(), "{module}: move to limits.rs: {found:?}");
        }
    }
    say(&format!("layout: no time of its own in {files} files of {TIMED_BY_LIMITS:?}"));
    assert!(files > 15, "{files} files");
    // `literal_times` is not blind: it finds those of `limits`.
    let limits = sources().into_iter().find(|(module, _)| module == "limits").unwrap().1;
    assert!(literal_times(&limits).len() > 10);
}

/// Constants of time with digits in their value, and durations made of digits.
fn literal_times(code: &str) -> Vec<String> {
    const UNITS: [&str; 7] = ["_MS", "_MILLIS", "_SECONDS", "_SECS", "_MINUTES", "_HOURS", "_DAYS"];
    let digits = |text: &str| {
        let mut before = ' ';
        text.chars().any(|c| {
            let begins = c.is_ascii_digit() && !before.is_alphanumeric() && before != '_';
            before = c;
            begins
        })
    };
    let mut found = Vec::new();
    for word in ["const ", "static "] {
        for (at, _) in code.match_indices(word) {
            let item = code[at + word.len()..].split(';').next().unwrap();
            let name = identifier(item);
            let timed = UNITS.iter().any(|unit| name.ends_with(unit)) || item.contains("Duration");
            if timed && item.split_once('=').is_some_and(|(_, value)| digits(value)) {
                found.push(name);
            }
        }
    }
    for (at, _) in code.match_indices("Duration::") {
        let call = &code[at + "Duration::".len()..];
        let made = call.starts_with("from_") || call.starts_with("new(");
        let inside = call.split_once('(').and_then(|(_, rest)| rest.split(')').next());
        if made && inside.is_some_and(digits) {
            found.push(call.split(')').next().unwrap().to_owned());
        }
    }
    found
}

#[test]
fn the_reader_of_times_sees_them() {
    let seen = |code: &str| !literal_times(code).is_empty();
    assert!(
        seen("Duration::from_secs(10)") && seen("Duration::from_millis(\n    2_000,\n)") && seen("Duration::new(1, 0)")
    );
    assert!(seen("const PAUSE_MS: u64 = 5;") && seen("pub(super) const A_SECONDS: u64 = 24 * 60 * HOUR;"));
    assert!(seen("const PAUSE: Duration = Duration::from_secs(MINUTES * 60);"));
    assert!(
        !seen("Duration::from_millis(given.wait_ms.into())") && !seen("Duration::from_millis(u64::from(PAUSE_MS))")
    );
    assert!(!seen("const PAUSE_MS: u64 = limits::DEFAULT_WAIT_MS;") && !seen("const LEN: usize = 5;"));
}

fn layer(module: &str) -> usize {
    let known = LAYERS.iter().position(|layer| layer.contains(&module));
    known.unwrap_or_else(|| panic!("{module} is new: give it a place in LAYERS, by docs/design.md 2"))
}

/// The files of one module. The program is a crate of its own, whose root is `main.rs`.
fn files_of(module: &str) -> Vec<File> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root.join(module), &mut paths);
    paths.extend(Some(root.join(format!("{module}.rs"))).filter(|door| door.exists()));
    paths.sort();
    let file = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let inside = if module.starts_with("bin/") { &name[module.len() + 1..] } else { &name };
        let segments = inside.trim_end_matches(".rs").split('/').map(str::to_owned);
        let module = segments.filter(|segment| segment != "mod" && segment != "main").collect();
        File { module, code: code(&path), name }
    };
    paths.into_iter().map(file).collect()
}

/// Each file's top-level module, and its text without comments and unit tests.
fn sources() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 15, "{files:?}");
    let source = |path: PathBuf| {
        let inside = path.strip_prefix(&root).unwrap().components().next().unwrap();
        let module = inside.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        (module, code(&path))
    };
    files.into_iter().map(source).collect()
}

/// Without comments and unit tests, which may fill a file `tests.rs`.
fn code(path: &Path) -> String {
    if path.ends_with("tests.rs") {
        return String::new();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let tests = text.match_indices("#[cfg(test)]\n").find(|(at, mark)| {
        let item = text[at + mark.len()..].lines().next().unwrap_or("");
        item.ends_with("mod tests {")
    });
    let code = tests.map_or(&text[..], |(at, _)| &text[..at]);
    code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.ends_with("tests.rs") {
            // Unit tests in a file of their own.
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The modules that stand after each `crate::`, also of every path in `crate::{ … }`.
fn crate_paths(code: &str) -> Vec<String> {
    let mut found = paths_after("crate::", code);
    found.retain(|name| name.starts_with(char::is_lowercase));
    found
}

/// The first segment after each `prefix`, also of every path in braces behind it.
fn paths_after(prefix: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_members(group)),
            None => found.push(identifier(rest)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The first identifiers of the comma-separated paths up to the closing brace.
fn group_members(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(identifier(group[start..at].trim_start()));
                if c == '}' {
                    break;
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether the code has this word as the start of a path.
fn names(code: &str, krate: &str) -> bool {
    code.match_indices(krate).any(|(at, _)| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let before = code[..at].chars().next_back();
        let after = &code[at + krate.len()..];
        !before.is_some_and(|c| word(c) || c == '"') && (after.starts_with("::") || after.starts_with(';'))
    })
}

#[test]
fn the_reader_of_paths_sees_them() {
    let paths = crate_paths("use crate::{a::B, c::{D, e::F}, g};\nfn f(_: crate::h::I, _: crate::J) {}");
    assert_eq!(paths, ["a", "c", "g", "h"]);
    assert!(names("use sha2::Digest;", "sha2") && names("extern crate sha2;", "sha2"));
    assert!(!names("use mysha2::X;", "sha2") && !names("sha256::digest", "sha2") && !names("\"sha2::x\"", "sha2"));
}
