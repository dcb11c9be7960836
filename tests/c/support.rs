//! What the tests of the C side share: the built library, compiling, running.
#![allow(dead_code)] // each test program uses a part

use std::{
    env,
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// C as strict as it gets.
pub const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `tests/c`.
pub fn source(file: &str) -> PathBuf {
    root().join("tests/c").join(file)
}

/// Where `make` leaves the library: a prefix. Built once for each test program.
pub fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let target = target();
        run(make("build").env("CARGO_TARGET_DIR", target));
        target.join("c")
    })
}

/// `make`, with this run's target directory and without the variables that cargo gives to tests.
pub fn make(goal: &str) -> Command {
    let mut make = Command::new("make");
    make.current_dir(root()).args(["--no-print-directory", goal]).env("CARGO_TARGET_DIR", target());
    for name in ["MAKEFLAGS", "MAKELEVEL", "PREFIX", "DESTDIR", "LIBDIR", "INCLUDEDIR", "PKGCONFIGDIR", "LIBRARIES"] {
        make.env_remove(name);
    }
    // Cargo sets these for tests only. A build script that reads one would run again whenever make runs outside of a test.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            make.env_remove(name);
        }
    }
    make
}

pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// A directory of this name, empty.
pub fn fresh_directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Compiles a file of `tests/c` and links it with the static library.
pub fn compile(file: &str, directory: &Path, more: &[&str]) -> PathBuf {
    let program = directory.join(Path::new(file).file_stem().unwrap());
    let libs = fs::read_to_string(prefix().join("native-static-libs")).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-g", "-D_GNU_SOURCE", "-DTESSERAL_VERIFY_STD"]).args(WARNINGS).args(more);
    cc.arg("-I").arg(prefix().join("include")).arg(source(file)).arg("-o").arg(&program);
    cc.arg(prefix().join("lib/libtesseral_verify.a")).args(libs.split_whitespace()).arg("-pthread");
    run(&mut cc);
    program
}

/// Compiles files of `tests/cpp` or objects, and links them with a static library: `""`, or `"_core"` for the freestanding one.
pub fn compile_cpp(compiler: &str, files: &[&Path], library: &str, directory: &Path, more: &[&str]) -> PathBuf {
    let program = directory.join(files[0].file_stem().unwrap());
    let libs = fs::read_to_string(prefix().join(format!("native-static-libs{}", library.replace('_', "-")))).unwrap();
    let mut cc = cpp(compiler, more);
    cc.args(files).arg("-o").arg(&program).arg(prefix().join(format!("lib/libtesseral_verify{library}.a")));
    run(cc.args(libs.split_whitespace()).arg("-pthread"));
    program
}

/// A C++ compiler as strict as the C one, with the headers that `make` left.
pub fn cpp(compiler: &str, more: &[&str]) -> Command {
    let mut cc = Command::new(compiler);
    cc.args(["-g", "-DTESSERAL_VERIFY_STD"]).args(WARNINGS).args(more).arg("-I").arg(prefix().join("include"));
    cc
}

/// Compiler flags that make a C program stop at its own mistakes, and at the library's reads of its memory.
pub const SANITIZE: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// `program` under memcheck.
pub fn memcheck(program: &Path) -> Command {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=all"]).arg(program);
    valgrind
}

/// Runs a command that must succeed, and returns what it wrote to standard output.
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

pub fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Writes lines past the test harness, which would keep them for itself when the test passes.
pub fn say(lines: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", lines.as_ref().trim_end());
}

/// Names of the global symbols that an object, archive or shared library defines.
pub fn defined_symbols(file: &Path) -> Vec<String> {
    let dynamic = file.extension() == Some(OsStr::new("a"));
    let mut nm = Command::new("nm");
    nm.args(["--defined-only", "--extern-only"]).args((!dynamic).then_some("--dynamic")).arg(file);
    symbols(&run(&mut nm))
}

/// Names of the symbols that an archive needs from elsewhere.
pub fn undefined_symbols(archive: &Path) -> Vec<String> {
    symbols(&run(Command::new("nm").arg("--undefined-only").arg(archive)))
}

fn symbols(listing: &str) -> Vec<String> {
    let mut names: Vec<String> = listing
        .lines()
        .filter(|line| line.contains(' ') && !line.ends_with(':'))
        .map(|line| line.rsplit(' ').next().unwrap().to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}
