//! The symbols that docs/devices.md says an archive needs from elsewhere.

use crate::c::root;
use std::{collections::BTreeSet, fs};

/// Those of the row of this target.
pub fn on_the_page(target: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/devices.md")).unwrap();
    let row = page.lines().find_map(|line| line.strip_prefix(&format!("| `{target}` |")));
    let row = row.unwrap_or_else(|| panic!("docs/devices.md has no row for {target}"));
    row.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
