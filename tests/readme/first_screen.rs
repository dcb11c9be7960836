//! Whoever opens a page finds a whole thing that works, before anything else.

use crate::pages::read;

/// In this order: what it is, a program and how to run it, nginx, and what is checked and what is not.
#[test]
fn of_the_readme() {
    let text = read("README.md");
    let mut last = 0;
    for mark in [
        "# libtesseral_verify\n",
        "```c\n",
        "int main(",
        "```sh\n",
        "```nginx\n",
        "| checks | does **not** check |",
        "## Two commands",
        "## Install",
    ] {
        let place = text.find(mark).unwrap_or_else(|| panic!("{mark} is missing"));
        assert!(place >= last, "{mark} stands too early");
        last = place;
    }
    let lines = |end: &str| text.split(end).next().unwrap().lines().count();
    assert!(lines("| checks |") <= 60, "the first screen is long");
}

/// The pages for users begin with code, a configuration or commands.
#[test]
fn of_the_pages() {
    for page in ["docs/c.md", "docs/nginx.md", "docs/python.md", "docs/operators.md", "docs/devices.md"] {
        let text = read(page);
        let before = text.split("\n```").next().unwrap();
        assert!(before.len() < text.len() && before.lines().count() <= 12, "{page} begins with prose");
    }
}
