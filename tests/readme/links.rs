//! Each link of each page leads to a file, and to a heading of it.

use crate::pages::{pages, prose, read, root};
use std::path::Path;

#[test]
fn links_lead_to_files_and_headings() {
    let (mut links, mut headings) = (0, 0);
    for page in pages() {
        let text = prose(&read(&page));
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { beside(&page, file) };
            assert!(root().join(&path).exists(), "{page} links to {target}");
            links += 1;
            if !heading.is_empty() {
                assert!(anchors(&read(&path)).iter().any(|anchor| anchor == heading), "{page}: no heading {target}");
                headings += 1;
            }
        }
    }
    assert!(links >= 60 && headings >= 10, "{links} links, {headings} to headings: is this test blind?");
}

/// A file, from the root, that a page names as it stands beside the page.
fn beside(page: &str, file: &str) -> String {
    Path::new(page).parent().unwrap().join(file).to_str().unwrap().to_owned()
}

/// What a browser finds each heading by: lower case, blanks as `-`, and no other punctuation.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings
        .map(|heading| heading.to_lowercase().chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-"))
        .collect()
}
