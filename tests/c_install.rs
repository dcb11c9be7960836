//! `make install` installs what pkg-config and CMake need, and nothing else.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{defined_symbols, fresh_directory, make, output, prefix, root, run, say, source, target};
use fake_tesseral::{Project, jws};
use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

const ALL: &str = "shared static core";

/// Installs into an empty prefix.
fn installed(name: &str, libraries: &str) -> PathBuf {
    prefix(); // builds the libraries
    let to = fresh_directory(name).join("usr");
    run(make("install").arg(format!("PREFIX={}", to.display())).arg(format!("LIBRARIES={libraries}")));
    to
}

fn files(directory: &Path) -> Vec<String> {
    let found =
        run(Command::new("find").arg(directory).args(["(", "-type", "f", "-o", "-type", "l", ")", "-printf", "%P\n"]));
    let mut found: Vec<_> = found.lines().map(str::to_owned).collect();
    found.sort();
    found
}

fn pkg_config(prefix: &Path, arguments: &[&str]) -> Vec<String> {
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).args(arguments);
    run(&mut pkg_config).split_whitespace().map(str::to_owned).collect()
}

/// The example accepts a good token and refuses a tampered one.
fn try_example(example: &Path, prefix: &Path) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let project = Project::new(41);
    let snapshot = fresh_directory("c_install_snapshot").join("config.json");
    fs::write(&snapshot, project.config_document().to_json()).unwrap();
    let token = project.access_token(i64::try_from(now).unwrap());
    for (token, status, word) in
        [(token.clone(), 0, "organization org_"), (jws::tamper(&token).unwrap(), 1, "signature_invalid")]
    {
        let mut child = Command::new(example)
            .arg(&snapshot)
            .env("LD_LIBRARY_PATH", prefix.join("lib"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "Bearer {token}").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", example.display());
        assert!(String::from_utf8(output.stdout).unwrap().contains(word), "{}", example.display());
    }
}

fn needed(program: &Path) -> String {
    run(Command::new("readelf").arg("-d").arg(program)).lines().filter(|line| line.contains("NEEDED")).collect()
}

fn cc_example(program: &Path, flags: &[String]) {
    run(Command::new("cc").arg(root().join("bindings/c/example.c")).args(flags).arg("-o").arg(program));
}

#[test]
fn pkg_config_links_the_example() {
    let prefix = installed("c_install_pkg_config", ALL);
    let directory = fresh_directory("c_install_pkg_config_bin");
    let shared = directory.join("shared");
    cc_example(&shared, &pkg_config(&prefix, &["--cflags", "--libs", "tesseral_verify"]));
    assert!(needed(&shared).contains("libtesseral_verify.so.0.1]"));
    try_example(&shared, &prefix);

    // Where only the static library is installed, --static is all it takes.
    let alone = installed("c_install_static", "static");
    let program = directory.join("static");
    cc_example(&program, &pkg_config(&alone, &["--cflags", "--libs", "--static", "tesseral_verify"]));
    assert!(!needed(&program).contains("tesseral"));
    try_example(&program, &alone);

    // Where both are, the linker has to be told.
    let mixed = directory.join("mixed");
    let mut flags = pkg_config(&prefix, &["--cflags", "--libs", "--static", "tesseral_verify"]);
    for flag in &mut flags {
        if flag == "-ltesseral_verify" {
            *flag = "-l:libtesseral_verify.a".to_owned();
        }
    }
    cc_example(&mixed, &flags);
    assert!(!needed(&mixed).contains("tesseral"));
    try_example(&mixed, &prefix);

    let core = directory.join("core");
    cc_example(&core, &pkg_config(&prefix, &["--cflags", "--libs", "tesseral_verify_core"]));
    assert!(!needed(&core).contains("tesseral"));
    try_example(&core, &prefix);

    // Programs that need no shared library at all.
    for (name, from, package) in [
        ("nothing_shared", &prefix, "tesseral_verify"),
        ("nothing_shared_alone", &alone, "tesseral_verify"),
        ("nothing_shared_core", &prefix, "tesseral_verify_core"),
    ] {
        let program = directory.join(name);
        let mut flags = pkg_config(from, &["--cflags", "--libs", "--static", package]);
        flags.push("-static".to_owned());
        cc_example(&program, &flags);
        assert_eq!(needed(&program), "", "{name}");
        try_example(&program, from);
    }
    assert!(!pkg_config(&prefix, &["--cflags", "tesseral_verify_core"]).contains(&"-DTESSERAL_VERIFY_STD".to_owned()));
    say("install: pkg-config linked 7 programs");
}

/// A prefix with a space: what pkg-config and CMake print is one word to a shell and to a linker.
#[test]
fn a_prefix_with_a_space() {
    prefix();
    let directory = fresh_directory("c_install_space");
    let prefix = directory.join("two words & more");
    run(make("install").arg(format!("PREFIX={}", prefix.display())));
    for package in ["tesseral_verify", "tesseral_verify_core"] {
        let program = directory.join(package);
        let mut shell = Command::new("sh");
        shell.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
        let compile = r#"flags=$(pkg-config --cflags --libs "$1") && eval "cc \"\$2\" $flags -o \"\$3\"""#;
        run(shell.args(["-c", compile, "sh", package]).arg(root().join("bindings/c/example.c")).arg(&program));
        try_example(&program, &prefix);
    }
    let build = directory.join("build");
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(root().join("bindings/c")).arg("-B").arg(&build);
    run(cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())));
    run(Command::new("cmake").arg("--build").arg(&build));
    try_example(&build.join("example"), &prefix);
    run(make("uninstall").arg(format!("PREFIX={}", prefix.display())));
    assert_eq!(files(&prefix), Vec::<String>::new());
    // A prefix that such a file cannot express is refused before anything is copied.
    let unsayable = directory.join("one;two");
    let refused = output(make("install").arg(format!("PREFIX={}", unsayable.display())));
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("may hold no"));
    assert!(!unsayable.exists());
    say("install: 3 programs linked from a prefix with a space");
}

/// The header for C++ is found wherever the one for C is, and needs no library besides.
#[test]
fn pkg_config_finds_the_cpp_header() {
    let prefix = installed("c_install_cpp", ALL);
    let directory = fresh_directory("c_install_cpp_bin");
    let source = directory.join("version.cpp");
    let text = "#include <tesseral_verify.hpp>\n#include <cstdio>\nint main() {\n\
                std::printf(\"%s %u\\n\", tesseral_version(), unsigned(tesseral::VerifierView().keys_used()));\n}\n";
    fs::write(&source, text).unwrap();
    for package in ["tesseral_verify", "tesseral_verify_core"] {
        let program = directory.join(package);
        let flags = pkg_config(&prefix, &["--cflags", "--libs", package]);
        run(Command::new("c++").arg("-std=c++11").arg(&source).args(flags).arg("-o").arg(&program));
        let said = run(Command::new(&program).env("LD_LIBRARY_PATH", prefix.join("lib")));
        assert_eq!(said, format!("{} 0\n", env!("CARGO_PKG_VERSION")), "{package}");
    }
    say("install: pkg-config linked 2 programs in C++");
}

#[test]
fn cmake_links_the_example_also_from_a_moved_prefix() {
    let first = installed("c_install_cmake", ALL);
    let moved = fresh_directory("c_install_cmake_moved").join("elsewhere");
    fs::rename(&first, &moved).unwrap();
    for (target, linker_flags) in [
        ("Tesseral::verify", ""),
        ("TesseralVerify::tesseral_verify", ""),
        ("TesseralVerify::tesseral_verify_static", ""),
        ("TesseralVerify::tesseral_verify_static", "-static"),
        ("TesseralVerify::tesseral_verify_core", ""),
        ("TesseralVerify::tesseral_verify_core", "-static"),
    ] {
        let build = fresh_directory("c_install_cmake_build");
        let mut cmake = Command::new("cmake");
        cmake.arg("-S").arg(root().join("bindings/c")).arg("-B").arg(&build);
        cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", moved.display())).arg(format!("-DTESSERAL_TARGET={target}"));
        run(cmake.arg(format!("-DCMAKE_EXE_LINKER_FLAGS={linker_flags}")));
        run(Command::new("cmake").arg("--build").arg(&build));
        let example = build.join("example");
        let shared = !target.ends_with("_static") && !target.ends_with("_core");
        assert_eq!(needed(&example).contains("libtesseral_verify.so.0.1]"), shared, "{target}");
        assert_eq!(needed(&example).is_empty(), linker_flags == "-static", "{target} {linker_flags}");
        try_example(&example, &moved);
    }
    // A newer minor version before 1.0 is another interface.
    for (version, found) in [("0.1", true), ("0.2", false), ("1.0", false)] {
        let directory = fresh_directory("c_install_cmake_version");
        let project = format!(
            "cmake_minimum_required(VERSION 3.13)\nproject(version C)\nfind_package(TesseralVerify {version} REQUIRED)\n"
        );
        fs::write(directory.join("CMakeLists.txt"), project).unwrap();
        let mut cmake = Command::new("cmake");
        cmake.arg("-S").arg(&directory).arg("-B").arg(directory.join("build"));
        let output = output(cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", moved.display())));
        assert_eq!(output.status.success(), found, "{version}");
    }
    say("install: CMake linked 6 programs");
}

#[test]
fn staged_and_separate_directories_and_back() {
    prefix();
    let root = fresh_directory("c_install_staged");
    let variables = [
        format!("DESTDIR={}", root.display()),
        "PREFIX=/opt/tesseral".to_owned(),
        "LIBDIR=/opt/tesseral/lib64".to_owned(),
        "INCLUDEDIR=/opt/headers".to_owned(),
        "PKGCONFIGDIR=/opt/tesseral/share/pkgconfig".to_owned(),
    ];
    run(make("install").args(&variables));
    let expected = [
        "opt/headers/tesseral_verify.h",
        "opt/headers/tesseral_verify.hpp",
        "opt/tesseral/lib64/cmake/TesseralVerify/TesseralVerifyConfig.cmake",
        "opt/tesseral/lib64/cmake/TesseralVerify/TesseralVerifyConfigVersion.cmake",
        "opt/tesseral/lib64/libtesseral_verify.a",
        "opt/tesseral/lib64/libtesseral_verify.so",
        "opt/tesseral/lib64/libtesseral_verify.so.0.1",
        "opt/tesseral/lib64/libtesseral_verify.so.0.1.0",
        "opt/tesseral/lib64/libtesseral_verify_core.a",
        "opt/tesseral/share/pkgconfig/tesseral_verify.pc",
        "opt/tesseral/share/pkgconfig/tesseral_verify_core.pc",
    ];
    assert_eq!(files(&root), expected);
    let description = fs::read_to_string(root.join("opt/tesseral/share/pkgconfig/tesseral_verify.pc")).unwrap();
    assert!(!description.contains(root.to_str().unwrap()), "{description}");
    assert!(description.contains("includedir=/opt/headers\n") && description.contains("libdir=${prefix}/lib64\n"));
    run(make("uninstall").args(&variables));
    assert_eq!(files(&root), Vec::<String>::new());
}

/// Builds in a folder that CARGO_BUILD_TARGET_DIR names. Links to cargo's usual folder save the work that it did there.
#[test]
fn built_and_installed_where_cargo_is_told_to_build() {
    prefix();
    let directory = fresh_directory("c_install_elsewhere");
    let (elsewhere, root) = (directory.join("target"), directory.join("root"));
    fs::create_dir(&elsewhere).unwrap();
    for profile in ["release", "freestanding"] {
        std::os::unix::fs::symlink(target().join(profile), elsewhere.join(profile)).unwrap();
    }
    let make = |goal: &str| {
        let mut make = make(goal);
        make.env_remove("CARGO_TARGET_DIR").env("CARGO_BUILD_TARGET_DIR", &elsewhere);
        run(make.arg(format!("DESTDIR={}", root.display())).arg("PREFIX=/opt"))
    };
    assert!(make("build").contains(&format!("built in {}", elsewhere.join("c").display())));
    let mut header = fs::OpenOptions::new().append(true).open(elsewhere.join("c/include/tesseral_verify.h")).unwrap();
    header.write_all(b"/* elsewhere */\n").unwrap();
    make("install");
    let installed = root.join("opt");
    assert!(fs::read_to_string(installed.join("include/tesseral_verify.h")).unwrap().ends_with("/* elsewhere */\n"));
    let program = directory.join("example");
    let mut flags = pkg_config(&installed, &["--cflags", "--libs", "--static", "tesseral_verify"]);
    for flag in &mut flags {
        // Staged: the files are not yet where the package description says.
        *flag = flag.replace("/opt/", &format!("{}/", installed.display()));
    }
    flags.push("-static".to_owned());
    cc_example(&program, &flags);
    try_example(&program, &installed);
    say("install: built and installed from another target directory");
}

#[test]
fn the_target_directory_is_cargos() {
    let package = fresh_directory("c_install_target");
    fs::create_dir_all(package.join("src")).unwrap();
    fs::create_dir_all(package.join(".cargo")).unwrap();
    fs::write(package.join("Cargo.toml"), "[package]\nname = \"empty\"\n[workspace]\n").unwrap();
    fs::write(package.join("src/lib.rs"), "").unwrap();
    let told = |variables: &[(&str, &str)]| {
        let mut script = Command::new(root().join("bindings/c/package/target.sh"));
        script.arg(&package).env("CARGO", env!("CARGO"));
        script.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR").envs(variables.iter().copied());
        run(&mut script).trim_end().strip_prefix(package.to_str().unwrap()).unwrap().to_owned()
    };
    assert_eq!(told(&[]), "/target");
    fs::write(package.join(".cargo/config.toml"), "[build]\ntarget-dir = \"by config\"\n").unwrap();
    assert_eq!(told(&[]), "/by config");
    assert_eq!(told(&[("CARGO_BUILD_TARGET_DIR", "by build")]), "/by build");
    assert_eq!(told(&[("CARGO_BUILD_TARGET_DIR", "by build"), ("CARGO_TARGET_DIR", "by target")]), "/by target");
    assert_eq!(told(&[("CARGO", "/bin/false")]), "/target");
}

#[test]
fn install_never_builds() {
    prefix();
    let nothing = fresh_directory("c_install_nothing");
    let mut install = make("install");
    install.env("CARGO_TARGET_DIR", &nothing).env("CARGO", "/bin/false").arg(format!("PREFIX={}", nothing.display()));
    let output = output(&mut install);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("type make first"));
    assert_eq!(files(&nothing), Vec::<String>::new());
    run(make("install").env("CARGO", "/bin/false").arg(format!("PREFIX={}", nothing.join("usr").display())));
}

#[test]
fn libraries_show_our_functions_only() {
    let header = fs::read_to_string(root().join("include/tesseral_verify.h")).unwrap();
    for library in ["libtesseral_verify.a", "libtesseral_verify.so"] {
        let shown = defined_symbols(&prefix().join("lib").join(library));
        assert!(shown.len() > 45, "{library}: {shown:?}");
        for name in &shown {
            assert!(name.starts_with("tesseral_") && header.contains(&format!("{name}(")), "{library} shows {name}");
        }
    }
    let soname = run(Command::new("readelf").arg("-d").arg(prefix().join("lib/libtesseral_verify.so")));
    assert!(soname.contains("Library soname: [libtesseral_verify.so.0.1]"), "{soname}");
}

#[test]
fn two_rust_libraries_in_one_program() {
    let manifest = source("other-rust/Cargo.toml");
    let directory = target().join("other-rust");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--manifest-path"]).arg(manifest).env("CARGO_TARGET_DIR", &directory);
    run(&mut cargo);
    let other = directory.join("debug/libother_rust.a");
    let program = fresh_directory("c_two_rusts").join("two_rusts");
    let mut cc = Command::new("cc");
    cc.arg("-DTESSERAL_VERIFY_STD").arg("-I").arg(prefix().join("include")).arg(source("two_rusts.c"));
    let libs = fs::read_to_string(prefix().join("native-static-libs")).unwrap();
    cc.arg(prefix().join("lib/libtesseral_verify.a")).arg(other).args(libs.split_whitespace());
    run(cc.arg("-o").arg(&program));
    assert_eq!(run(&mut Command::new(program)), "config_malformed 10 -1\n");
    say("install: two Rust libraries in one program");
}

/// The lines of a package description that say what to link, but for what cargo-c writes otherwise: it quotes no path, and
/// names libgcc_s as rustc does.
fn essence(description: &Path) -> Vec<String> {
    let text = fs::read_to_string(description).unwrap().replace('"', "").replace(" -lgcc_s", "");
    let lines = text
        .lines()
        .filter(|line| ["Name:", "Description:", "Version:", "Libs"].iter().any(|start| line.starts_with(start)));
    lines
        .map(|line| line.split_whitespace().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" "))
        .collect()
}

/// `cargo cinstall`: this machine's, or the one that `make test-full` puts into the target directory.
fn cargo_cinstall() -> Command {
    let mut folders = vec![target().join("cargo-c/bin")];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).env("PATH", std::env::join_paths(folders).unwrap()).arg("cinstall");
    cargo
}

/// cargo-c places and names the same files. It cannot write a define into a package description: see README.md.
#[test]
fn cargo_cinstall_agrees() {
    if !output(cargo_cinstall().arg("--version")).status.success() {
        assert!(std::env::var_os("TESSERAL_FULL").is_none(), "cargo cinstall is missing");
        return say(
            "install: SKIPPED cargo cinstall, which is not installed: make test-full installs it and tests with it",
        );
    }
    let ours = installed("c_install_ours", "shared static");
    let theirs = fresh_directory("c_install_cargo_c");
    let mut cargo = cargo_cinstall();
    cargo.env("CARGO_TARGET_DIR", target()).args(["--release", "--libdir=lib"]);
    run(cargo.arg(format!("--prefix={}", theirs.display())));
    let of_cmake = |file: &String| file.contains("/cmake/");
    let expected: Vec<_> = files(&ours).into_iter().filter(|file| !of_cmake(file)).collect();
    assert_eq!(files(&theirs), expected);
    let both = [&ours, &theirs];
    for header in ["tesseral_verify.h", "tesseral_verify.hpp"] {
        let [a, b] = both.map(|prefix| fs::read(prefix.join("include").join(header)).unwrap());
        assert!(a == b, "{header} differs");
    }
    let [a, b] = both.map(|prefix| essence(&prefix.join("lib/pkgconfig/tesseral_verify.pc")));
    assert_eq!(a, b);
    let [a, b] = both.map(|prefix| {
        let library = prefix.join("lib/libtesseral_verify.so");
        let dynamic = run(Command::new("readelf").arg("-d").arg(&library));
        let soname = dynamic.lines().find(|line| line.contains("SONAME")).map(str::to_owned);
        (soname, needed(&library), defined_symbols(&library))
    });
    assert_eq!(a, b);
    say(format!("install: cargo cinstall agrees on {} files and {} functions", expected.len(), a.2.len()));
}
