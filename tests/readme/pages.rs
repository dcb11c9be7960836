//! The repository's Markdown files, and what stands in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The path of each Markdown file, from the root.
pub fn pages() -> Vec<String> {
    let pages = files(&["md"]);
    assert!(pages.len() > 15 && pages.iter().any(|page| page == "README.md"), "{pages:?}");
    pages
}

/// The path of each file whose name ends like this, from the root.
pub fn files(extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    collect(root(), extensions, &mut found);
    let from_root = |file: &PathBuf| file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<_> = found.iter().map(from_root).collect();
    files.sort();
    files
}

/// Not in hidden folders, nor where builds and fuzzers write.
fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    const SKIPPED: [&str; 4] = ["target", "corpus", "artifacts", "node_modules"];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name) {
            collect(&path, extensions, found);
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|other| extension == *other)) {
            found.push(path);
        }
    }
}

/// The fenced blocks of a language.
pub fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let start = format!("```{language}\n");
    text.split(&*start).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The text without its fenced blocks.
pub fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// The cells of a table's rows, from the one after this heading on.
pub fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let start = text.find(&format!("\n| {heading} |")).unwrap_or_else(|| panic!("no table of {heading}s"));
    let rows = text[start + 1..].lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}
