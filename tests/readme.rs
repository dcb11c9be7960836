//! What the README and its neighbours say is so: the C in it compiles, links lead somewhere, numbers are the code's.

#[cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]
#[path = "c/support.rs"]
mod c;

use std::{fs, path::Path};
use tesseral_verify::limits;

const TEXTS: [&str; 11] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "bindings/c/README.md",
    "bindings/cpp/README.md",
    "bindings/nginx/README.md",
    "bindings/python/README.md",
    "fuzz/README.md",
    "benches/README.md",
    "tests/vectors/README.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn links_lead_to_files() {
    let mut links = 0;
    for file in TEXTS {
        let text = read(file);
        let folder = root().join(file).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.contains("://") {
                assert!(folder.join(target).exists(), "{file} links to {target}");
                links += 1;
            }
        }
    }
    assert!(links >= 10, "{links} links: is this test blind?");
}

#[cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]
#[test]
fn its_c_compiles() {
    for (readme, standard) in [("README.md", "-std=c99"), ("bindings/c/README.md", "-std=c11")] {
        let text = read(readme);
        let blocks: Vec<_> = text.split("```c\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty(), "{readme}");
        for block in blocks {
            let file = c::fresh_directory("readme").join("readme.c");
            fs::write(&file, block).unwrap();
            let mut cc = std::process::Command::new("cc");
            cc.args([standard, "-fsyntax-only"]).args(c::WARNINGS).arg("-I").arg(root().join("include"));
            c::run(cc.arg(file));
        }
    }
}

#[cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]
#[test]
fn the_cpp_of_its_readme_compiles() {
    let text = read("bindings/cpp/README.md");
    let blocks: Vec<_> = text.split("```cpp\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let file = c::fresh_directory("readme_cpp").join("readme.cpp");
        fs::write(&file, block).unwrap();
        let mut cc = std::process::Command::new("c++");
        cc.args(["-std=c++11", "-fsyntax-only", "-DTESSERAL_VERIFY_STD"]).args(c::WARNINGS);
        c::run(cc.arg("-I").arg(root().join("include")).arg("-I").arg(root().join("bindings/cpp")).arg(file));
    }
}

/// The first screen: what it is, C, and what is checked and what is not, in this order.
#[test]
fn the_first_screen() {
    let text = read("README.md");
    let mut last = 0;
    for mark in ["# libtesseral_verify\n", "```c\n", "| checks | does **not** check |", "## Two commands", "## Install"]
    {
        let place = text.find(mark).unwrap_or_else(|| panic!("{mark} is missing"));
        assert!(place >= last, "{mark} stands too early");
        last = place;
    }
    let lines = |end: &str| text.split(end).next().unwrap().lines().count();
    assert!(lines("## Two commands") <= 45, "the first screen is long");
}

#[test]
fn numbers_are_the_codes() {
    let manifest = read("Cargo.toml");
    let stated = |name: &str| {
        let start = format!("\n{name} = \"");
        manifest.split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    };
    let rust = format!("Rust {} or newer", stated("rust-version"));
    for file in ["README.md", "bindings/c/package/build.sh", "bindings/python/README.md"] {
        assert!(read(file).contains(&rust), "{file}: {rust}");
    }
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
