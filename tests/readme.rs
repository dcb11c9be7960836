//! What the README and its neighbours say is so: the C in it compiles, links lead somewhere, numbers are the code's.

#[cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]
#[path = "c/support.rs"]
mod c;

use std::{fs, path::Path};
use tesseral_verify::limits;

const TEXTS: [&str; 12] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/operators.md",
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
            cc.args([standard, "-fsyntax-only", "-DTESSERAL_VERIFY_STD"])
                .args(c::WARNINGS)
                .arg("-I")
                .arg(root().join("include"));
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

/// The cells of a table's rows, from the one after the heading `slug` or `metric` on.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let start = text.find(&format!("\n| {heading} |")).unwrap_or_else(|| panic!("no table of {heading}s"));
    let rows = text[start + 1..].lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What `fn NAME` of a source file gives for each variant that has a text of its own.
fn words_of(source: &str, function: &str) -> Vec<(String, String)> {
    let body = source.split(function).nth(1).and_then(|rest| rest.split("\n    }\n").next()).unwrap();
    let arms = body.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => "));
    let words = arms.filter_map(|(variant, value)| {
        let variant = variant.split('(').next().unwrap();
        Some((variant.to_owned(), value.split('"').nth(1)?.replace(" {status}", "")))
    });
    words.collect()
}

/// Each fault has a row with the words that its log line has, and each row is a fault's or an error's.
#[test]
fn operators_find_every_log_line() {
    use std::collections::BTreeSet;
    use tesseral_verify::Error;
    let (page, source) = (read("docs/operators.md"), read("src/net/fault.rs"));
    let texts = words_of(&source, "impl fmt::Display for Fault");
    let mut lines: Vec<_> = words_of(&source, "pub const fn slug(self)")
        .into_iter()
        .map(|(variant, slug)| {
            let text = texts.iter().find(|(other, _)| *other == variant);
            (format!("`{slug}`"), text.unwrap_or_else(|| panic!("{variant}")).1.clone())
        })
        .collect();
    assert!(lines.len() >= 15, "{lines:?}: is this test blind?");
    let rows = table(&page, "slug");
    let errors = Error::ALL.iter().map(|error| (format!("`{}`", error.slug()), error.text().to_owned()));
    lines.extend(errors.filter(|(slug, _)| rows.iter().any(|row| row[0] == *slug)));
    let said: BTreeSet<_> = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(said, lines.into_iter().collect());
    assert_eq!(said.len(), rows.len(), "a slug has two rows");
    assert!(rows.iter().all(|row| row.len() == 4 && row.iter().all(|cell| !cell.is_empty())));
}

#[test]
fn operators_find_every_metric_and_the_times_of_the_code() {
    use std::collections::BTreeSet;
    let (page, source) = (read("docs/operators.md"), read("src/net/stats.rs"));
    let quoted =
        |text: &str, quote: char| -> Vec<String> { text.split(quote).skip(1).step_by(2).map(str::to_owned).collect() };
    let code = source.split("pub fn to_prometheus").nth(1).unwrap().split("\n    }\n").next().unwrap();
    let names = code.lines().filter(|line| {
        ["(\"", "head(&mut text, \"", "one(\""]
            .iter()
            .any(|start| line.trim().trim_start_matches("if ").starts_with(start))
    });
    let names: BTreeSet<_> = names.map(|line| format!("tesseral_{}", line.split('"').nth(1).unwrap())).collect();
    let rows: BTreeSet<_> = table(&page, "metric").iter().flat_map(|row| quoted(&row[0], '`')).collect();
    assert!(names.len() >= 10, "{names:?}: is this test blind?");
    assert_eq!(rows, names);

    let seconds = |milliseconds: u64| milliseconds / 1000;
    for said in [
        format!("{} hour |", seconds(limits::DEFAULT_REFRESH_INTERVAL_MS) / 3600),
        format!(
            "{} s, doubled by each up to {} s",
            seconds(limits::DEFAULT_COOLDOWN_MS),
            seconds(limits::TOP_COOLDOWN_MS)
        ),
        format!("judged once more | {} s |", seconds(limits::DEFAULT_WAIT_MS)),
        format!("refused at once | {} |", limits::DEFAULT_WAITERS),
        format!("({} hours since", seconds(limits::DEFAULT_STALE_MS) / 3600),
        format!(
            "after {} s,\ndoubled by each failure up to {} s",
            seconds(limits::FIRST_RETRY_MS),
            seconds(limits::MAX_RETRY_MS)
        ),
        format!("the total time-out ({} s)", seconds(limits::DEFAULT_TOTAL_TIMEOUT_MS)),
        format!(
            "{} s to connect, {} s for a\nwhole exchange",
            seconds(limits::DEFAULT_CONNECT_TIMEOUT_MS),
            seconds(limits::DEFAULT_TOTAL_TIMEOUT_MS)
        ),
        format!("(`api_key_ttl`) | {} s", seconds(limits::DEFAULT_GOOD_TTL_MS)),
        format!("(`refused_api_key_ttl`) | {} s |", seconds(limits::DEFAULT_REFUSED_TTL_MS)),
        format!(
            "good in the last {} hours | {} |",
            seconds(limits::GOOD_MARK_MS) / 3600,
            limits::DEFAULT_MAX_QUESTIONS
        ),
        format!("| 4,096 and {} MiB |", limits::DEFAULT_MAX_ANSWERS_LEN >> 20),
    ] {
        assert!(page.contains(&said), "docs/operators.md: {said}");
    }
    assert_eq!(limits::DEFAULT_ANSWERS, 4096);
}
