//! The C and C++ of the pages compiles, with every warning on.

use crate::{
    c::{WARNINGS, fresh_directory, run},
    pages::{blocks, pages, read, root},
};
use std::{fs, process::Command};

/// Code on this page is for the freestanding library, which has fewer functions and no C library beside it.
const FREESTANDING: &str = "docs/devices.md";

#[test]
fn c_compiles() {
    let compiled = compile("c", "cc", "-std=c11");
    assert!(compiled >= 6, "{compiled} blocks of C: is this test blind?");
}

#[test]
fn cpp_compiles() {
    let compiled = compile("cpp", "c++", "-std=c++11");
    assert!(compiled >= 3, "{compiled} blocks of C++: is this test blind?");
}

fn compile(language: &str, compiler: &str, dialect: &str) -> usize {
    let folder = fresh_directory(&format!("readme_{language}"));
    let mut compiled = 0;
    for page in pages() {
        for block in blocks(&read(&page), language) {
            let file = folder.join(format!("{compiled}.{language}"));
            fs::write(&file, block).unwrap();
            let library = if page == FREESTANDING { "-ffreestanding" } else { "-DTESSERAL_VERIFY_STD" };
            let mut cc = Command::new(compiler);
            cc.args([dialect, "-fsyntax-only", library]).args(WARNINGS);
            cc.arg("-I").arg(root().join("include")).arg("-I").arg(root().join("bindings/cpp"));
            run(cc.arg(file));
            compiled += 1;
        }
    }
    compiled
}

/// Python reads it, and the package has the names that it imports. The package's own tests run its README.
#[test]
fn python_parses_and_finds_what_it_imports() {
    let (mut parsed, mut names) = (0, 0);
    for page in pages().iter().filter(|page| page.starts_with("docs/")) {
        for block in blocks(&read(page), "python") {
            run(Command::new("python3").args(["-c", "import ast, sys; ast.parse(sys.argv[1])", block]));
            parsed += 1;
            for line in block.lines().filter_map(|line| line.strip_prefix("from tesseral_verify")) {
                // Not of a package whose name only begins so.
                if !line.starts_with([' ', '.']) {
                    continue;
                }
                let (module, imported) = line.split_once(" import ").unwrap();
                let file = format!("bindings/python/python/tesseral_verify{}", module.replace('.', "/"));
                let file =
                    [format!("{file}.py"), format!("{file}/__init__.py")].into_iter().find(|f| root().join(f).exists());
                let source = read(&file.unwrap_or_else(|| panic!("{page}: no module tesseral_verify{module}")));
                let imported = imported.split("  #").next().unwrap().trim_matches(['(', ')']);
                for name in imported.split(", ").filter(|name| !name.is_empty()) {
                    let name = name.split(" as ").next().unwrap();
                    assert!(source.contains(name), "{page}: tesseral_verify{module} lacks {name}");
                    names += 1;
                }
            }
        }
    }
    assert!(parsed >= 1 && names >= 3, "{parsed} blocks, {names} names: is this test blind?");
}

/// One program, so that what the page shows is what a test runs: tests/c_header.rs.
#[test]
fn the_program_of_the_page_for_c_is_the_headers() {
    let (_, program) = include_str!("../c/first_page.c").split_once("*/\n").unwrap();
    assert_eq!(blocks(&read("docs/c.md"), "c")[0], program);
}
