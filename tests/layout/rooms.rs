//! Which file of a module imports which other file of it, and the circles among them.
//!
//! A module's *door* is the file that declares the others. A name that a door re-exports (`pub use child::Name`) is read as the
//! child's. A door that re-exports all names of a child (`pub use child::*`) imports it.

use std::collections::{BTreeMap, BTreeSet};

/// One file: its name for messages, its module path, and its text without comments and unit tests.
pub struct File {
    pub name: String,
    pub module: Vec<String>,
    pub code: String,
}

/// The imports among some files.
pub struct Rooms {
    names: Vec<String>,
    /// From each file to those that it imports.
    imports: BTreeMap<usize, BTreeSet<usize>>,
}

impl Rooms {
    pub fn read(files: &[File]) -> Self {
        let place: BTreeMap<&[String], usize> =
            files.iter().enumerate().map(|(index, file)| (&*file.module, index)).collect();
        let re_exports: Vec<_> = files.iter().map(|file| re_exports(&file.code)).collect();
        let mut imports: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (from, file) in files.iter().enumerate() {
            for path in paths(file, &place) {
                let Some(to) = home(path, &place, &re_exports) else { continue };
                if to != from {
                    imports.entry(from).or_default().insert(to);
                }
            }
        }
        Self { names: files.iter().map(|file| file.name.clone()).collect(), imports }
    }

    pub fn imports(&self) -> usize {
        self.imports.values().map(BTreeSet::len).sum()
    }

    pub fn has(&self, from: &str, to: &str) -> bool {
        let name = |file: &usize| self.names[*file].as_str();
        self.imports.iter().any(|(file, targets)| name(file) == from && targets.iter().any(|file| name(file) == to))
    }

    /// Each circle that a depth-first walk meets, as `a -> b -> a`.
    pub fn circles(&self) -> Vec<String> {
        let (mut found, mut done) = (Vec::new(), BTreeSet::new());
        for file in 0..self.names.len() {
            self.walk(file, &mut Vec::new(), &mut done, &mut found);
        }
        found
    }

    fn walk(&self, file: usize, on_the_way: &mut Vec<usize>, done: &mut BTreeSet<usize>, found: &mut Vec<String>) {
        if let Some(start) = on_the_way.iter().position(|other| *other == file) {
            let circle = on_the_way[start..].iter().chain([&file]);
            found.push(circle.map(|file| self.names[*file].as_str()).collect::<Vec<_>>().join(" -> "));
        } else if !done.contains(&file) {
            on_the_way.push(file);
            for target in self.imports.get(&file).into_iter().flatten() {
                self.walk(*target, on_the_way, done, found);
            }
            on_the_way.pop();
            done.insert(file);
        }
    }
}

/// The file that an absolute path leads to: the deepest module on it or, for a name that a door re-exports, the door's child.
fn home(
    path: Vec<String>,
    place: &BTreeMap<&[String], usize>,
    re_exports: &[BTreeMap<String, Vec<String>>],
) -> Option<usize> {
    let depth = (0..=path.len()).rev().find(|depth| place.contains_key(&path[..*depth]))?;
    let door = place[&path[..depth]];
    let Some(inside) = path.get(depth).and_then(|name| re_exports[door].get(name)) else { return Some(door) };
    home([&path[..depth], inside].concat(), place, re_exports)
}

/// All paths of a file that may lead to another one, from the root of the crate on.
fn paths(file: &File, place: &BTreeMap<&[String], usize>) -> Vec<Vec<String>> {
    let module = &file.module;
    let code = without_named_re_exports(&file.code);
    let children = place.keys().filter(|other| other.len() == module.len() + 1 && other.starts_with(module));
    let starts: BTreeSet<&str> =
        ["crate", "self", "super"].into_iter().chain(children.map(|child| child.last().unwrap().as_str())).collect();
    let mut found = Vec::new();
    for start in starts {
        for (at, _) in code.match_indices(start).filter(|(at, _)| begins_a_path(&code, *at, start)) {
            for path in expand(&code[at..]) {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                let (base, rest) = match path[0].as_str() {
                    "crate" => (&[][..], &path[1..]),
                    "self" => (&module[..], &path[1..]),
                    "super" => (&module[..module.len().saturating_sub(ups)], &path[ups..]),
                    _ => (&module[..], &path[..]),
                };
                found.push([base, rest].concat());
            }
        }
    }
    found
}

fn begins_a_path(code: &str, at: usize, word: &str) -> bool {
    let before = code[..at].chars().next_back().unwrap_or(' ');
    let inside = before.is_alphanumeric() || matches!(before, '_' | ':' | '"' | '$');
    let names_a_scope = code[..at].ends_with("(in ");
    !inside && !names_a_scope && code[at + word.len()..].starts_with("::")
}

/// The paths that begin here: one, or those of a group in braces. An alias, a glob and what follows a name are left out.
fn expand(code: &str) -> Vec<Vec<String>> {
    let code = code.trim_start();
    if let Some(group) = code.strip_prefix('{') {
        return members(group).into_iter().flat_map(expand).collect();
    }
    let name: String = code.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let Some(rest) = code[name.len()..].strip_prefix("::") else { return vec![vec![name]] };
    if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{') {
        return vec![vec![name]];
    }
    expand(rest).into_iter().map(|path| [vec![name.clone()], path].concat()).collect()
}

/// The parts between commas up to the closing brace.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(group[start..at].trim());
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found.retain(|member| !member.is_empty());
    found
}

/// Each `pub use …;` and `pub(…) use …;` that names what it re-exports: where it stands, and its paths.
fn named_re_exports(code: &str) -> Vec<(core::ops::Range<usize>, Vec<Vec<String>>)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("pub") {
        let rest = &code[at + 3..];
        let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
        let Some(used) = rest.strip_prefix(" use ").and_then(|rest| rest.split(';').next()) else { continue };
        if !used.contains('*') {
            let end = used.as_ptr().addr() - code.as_ptr().addr() + used.len();
            found.push((at..end, expand(used)));
        }
    }
    found
}

fn re_exports(code: &str) -> BTreeMap<String, Vec<String>> {
    let paths = named_re_exports(code).into_iter().flat_map(|(_, paths)| paths);
    paths.map(|path| (path.last().unwrap().clone(), path)).collect()
}

fn without_named_re_exports(code: &str) -> String {
    let mut left = code.to_owned();
    for (range, _) in named_re_exports(code).into_iter().rev() {
        left.replace_range(range, "");
    }
    left
}

#[test]
fn the_reader_of_rooms_sees_circles() {
    let file = |module: &str, code: &str| File {
        name: module.to_owned(),
        module: module.split('/').map(str::to_owned).collect(),
        code: code.to_owned(),
    };
    let circles = |files: &[File]| Rooms::read(files).circles();
    let door = file("m", "mod a;\nmod b;\npub use a::{Name, Other};\nfn help() {}");
    let a = file("m/a", "use super::{b::{B, self}, help};\nuse crate::other::X;");
    let b = || file("m/b", "use core::fmt;\nuse std::{mem, ops};");
    let good = Rooms::read(&[door, a, b()]);
    assert!(good.circles().is_empty() && good.has("m/a", "m/b") && good.has("m/a", "m") && good.imports() == 2);

    // Directly, through the crate, through a name that the door re-exports, through the door's own items, three in a row.
    let a = || file("m/a", "use super::b::B;");
    assert_eq!(circles(&[file("m", "mod a;"), a(), file("m/b", "use super::a;")]).len(), 1);
    assert_eq!(circles(&[file("m", "mod a;"), a(), file("m/b", "fn f() { crate::m::a::f() }")]), ["m/a -> m/b -> m/a"]);
    assert_eq!(circles(&[file("m", "pub(crate) use a::Name;"), a(), file("m/b", "use super::Name;")]).len(), 1);
    assert_eq!(circles(&[file("m", "pub use a::*;"), file("m/a", "use super::lock;")]), ["m -> m/a -> m"]);
    assert_eq!(circles(&[file("m", "fn f() { a::f() }"), file("m/a", "fn g() { super::f() }")]).len(), 1);
    let c = file("m/c", "use super::{x::y, a::A};");
    assert_eq!(circles(&[file("m", ""), a(), file("m/b", "use super::c::C;"), c]), ["m/a -> m/b -> m/c -> m/a"]);
    // What only looks like a path to another file.
    let own = file("m/b", "use std::a::X;\nlet x = other::a::f();\nlet a = 1;");
    assert!(circles(&[file("m", "mod a;"), a(), own]).is_empty());
}
