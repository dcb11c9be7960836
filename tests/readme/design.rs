//! docs/design.md has every status, check, limit and layer as the code has it, and the READMEs have the limits.

use crate::pages::{files, read, root, table};
use std::fs;
use tesseral_verify::{Error, limits};

const PAGE: &str = "docs/design.md";

#[test]
fn statuses() {
    let rows = table(&read(PAGE), "number");
    let code: Vec<_> = Error::ALL
        .iter()
        .map(|error| vec![error.code().to_string(), format!("`{}`", error.slug()), error.http_status().to_string()])
        .collect();
    assert_eq!(rows, code);
}

/// The rows of the table of checks name the statuses with their numbers.
#[test]
fn checks() {
    let rows = table(&read(PAGE), "#");
    assert_eq!(rows.len(), 11);
    for (index, row) in rows.iter().enumerate() {
        let [number, _, slugs, codes] = &row[..] else { panic!("{row:?}") };
        assert_eq!(*number, (index + 1).to_string());
        let said: Vec<_> = slugs.split(", ").map(|slug| slug.trim_matches('`')).collect();
        let known: Vec<_> = said.iter().map(|slug| Error::from_slug(slug).unwrap().code().to_string()).collect();
        assert_eq!(*codes, known.join(", "), "{slugs}");
    }
}

/// Each constant of limits.rs has a row with its value.
#[test]
fn limits_have_their_values() {
    let rows = table(&read(PAGE), "constant");
    let source = read("src/limits.rs");
    let constants: Vec<_> = source.lines().filter_map(constant).collect();
    assert!(constants.len() > 40, "{constants:?}: is this test blind?");
    let said: Vec<_> = rows.iter().map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone())).collect();
    for (name, value) in &constants {
        let row = said.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("{PAGE} lacks {name}"));
        assert_eq!(row.1.split(' ').next(), Some(&**value), "{name}");
    }
    assert_eq!(said.len(), constants.len(), "a row is of no constant");
    assert!(rows.iter().all(|row| row.len() == 3 && row[2].len() > 5), "a limit without a reason");
}

/// The name and the value of `pub const NAME: TYPE = VALUE;`, the value as the page writes it.
fn constant(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("pub const ").or_else(|| line.strip_prefix("pub(crate) const "))?;
    let (name, rest) = line.split_once(": ")?;
    let value = rest.split_once(" = ")?.1.strip_suffix(';')?;
    let value = match value {
        "1 << 53" => "2^53".to_owned(),
        "2 * MAX_KEYS" => (2 * limits::MAX_KEYS).to_string(),
        _ => value.replace('_', ","),
    };
    Some((name.to_owned(), value))
}

/// The table of layers has every module of the library.
#[test]
fn modules() {
    let rows = table(&read(PAGE), "layer");
    let said: String = rows.iter().map(|row| format!("{} ", row[1])).collect();
    let mut modules = 0;
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap();
        assert!(said.contains(&format!("`{module}`")), "{PAGE} lacks the module {module}");
        modules += 1;
    }
    assert!(modules > 25, "{modules} modules: is this test blind?");
}

/// SECURITY.md and CONTRIBUTING.md name each place where the compiler lets unsafe code stand.
#[test]
fn unsafe_code_is_where_the_pages_say() {
    let pages = ["SECURITY.md", "CONTRIBUTING.md"].map(|page| (page, read(page)));
    let mut places = 0;
    for file in files(&["rs"]).iter().filter(|file| file.starts_with("src/")) {
        if read(file).contains("allow(unsafe_code)") {
            // The crate's root allows it in one module.
            let place = if file == "src/lib.rs" { "src/ffi" } else { file.trim_end_matches(".rs") };
            for (page, text) in &pages {
                assert!(text.contains(&format!("`{place}")), "{page} lacks {place}");
            }
            places += 1;
        }
    }
    assert_eq!(places, 6, "SECURITY.md says six");
}

/// What cites a section of the page by its number cites one that is there.
#[test]
fn citations_name_sections() {
    let page = read(PAGE);
    let headings = page.lines().filter_map(|line| line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")));
    let sections: Vec<_> = headings.filter_map(|line| Some(line.split_once(' ')?.0.trim_end_matches('.'))).collect();
    let mut citations = 0;
    for file in files(&["rs", "c", "h", "hpp", "cpp", "py", "sh", "md"]).iter().filter(|file| *file != file!()) {
        let text = read(file);
        for (at, _) in text.match_indices("design.md") {
            let page = file.ends_with(".md") || text[..at].ends_with("docs/");
            assert!(page, "{file} cites a design.md that is not in this repository");
            let after = text[at + "design.md".len()..].trim_start_matches('`');
            let after = after.strip_prefix(" section").unwrap_or(after);
            let number: String = after.trim_start().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            if after.starts_with(' ') && number.starts_with(|c: char| c.is_ascii_digit()) {
                assert!(sections.contains(&number.trim_end_matches('.')), "{file}: {PAGE} has no section {number}");
                citations += 1;
            }
        }
    }
    assert!(citations >= 10, "{citations} citations: is this test blind?");
}

#[test]
fn numbers_of_the_readmes_are_the_codes() {
    let manifest = read("Cargo.toml");
    let stated = |name: &str| {
        let start = format!("\n{name} = \"");
        manifest.split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    };
    let version = stated("rust-version");
    let (mut said, script) = (0, "bindings/c/package/build.sh".to_owned());
    for file in files(&["md"]).iter().chain([&script]).filter(|file| *file != "CHANGELOG.md") {
        for rest in read(file).split("Rust 1.").skip(1) {
            assert!(format!("1.{rest}").starts_with(&version), "{file}: Rust 1.{}, not {version}", &rest[..2]);
            said += 1;
        }
    }
    assert!(said >= 3, "{said} pages say which Rust: is this test blind?");
    let grouped = |number: usize| format!("{},{:03}", number / 1000, number % 1000);
    let readme = read("README.md");
    for limit in [
        format!(
            "Token {} octets (option up to {})",
            grouped(limits::DEFAULT_MAX_TOKEN_LEN),
            grouped(limits::MAX_TOKEN_LEN)
        ),
        format!("document {} KiB, {} usable keys", limits::MAX_DOCUMENT_LEN / 1024, limits::MAX_KEYS),
        format!("{} different `kid`s", limits::MAX_KIDS),
        format!("`kid` {} octets, JSON depth {}", limits::MAX_KID_LEN, limits::MAX_JSON_DEPTH),
        format!("leeway {} s, {} cookies", limits::MAX_LEEWAY_SECONDS, limits::MAX_COOKIE_CANDIDATES),
    ] {
        assert!(readme.contains(&limit), "README.md: {limit}");
    }
    let example = read("bindings/c/example.c").lines().count();
    assert!(example < 60, "the example has {example} lines, and is said to have less than 60");
}
