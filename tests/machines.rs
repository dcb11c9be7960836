//! The freestanding archive on other processors under Linux, in qemu: `make test-machines`.
//!
//! `TESSERAL_MACHINES` names the targets, for instance `aarch64-unknown-linux-gnu s390x-unknown-linux-gnu`. Without it, nothing
//! runs here, since each target wants a compiler of its own. `TESSERAL_MACHINES_PROFILES` names profiles by their numbers; without
//! it, all vectors run in each one.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;
mod common;

use c::{WARNINGS, fresh_directory, root, run, say, source, target};
use common::{
    images::Images,
    lines::{Lines, every_vector},
    tables,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};
use tesseral_verify::{Profile, image::ByteOrder};

/// What the archive may lack: memory functions everywhere, and on 32-bit x86 the linker's own name of its table of addresses.
const MEMORY: [&str; 6] = ["bcmp", "memcmp", "memcpy", "memmove", "memset", "_GLOBAL_OFFSET_TABLE_"];
/// On 32-bit Arm, memory functions by other names; and names of libgcc that tables for unwinding refer to, which are never called.
const OF_ARM: [&str; 2] = ["__aeabi_mem", "__aeabi_unwind_cpp_pr"];

#[test]
fn machines_verify() {
    let Ok(wanted) = env::var("TESSERAL_MACHINES") else {
        say("machines: SKIPPED, since TESSERAL_MACHINES is not set: make test-machines");
        return;
    };
    let profiles = env::var("TESSERAL_MACHINES_PROFILES").unwrap_or_else(|_| "0 1 2".to_owned());
    let lines = every_vector();
    let machines: Vec<_> = wanted.split_whitespace().map(|wanted| Machine::new(wanted, &lines)).collect();
    assert!(!machines.is_empty(), "TESSERAL_MACHINES names no target");
    // Side by side, since an emulator uses one core.
    thread::scope(|scope| {
        for machine in &machines {
            scope.spawn(|| machine.check(&profiles));
        }
    });
}

/// `tests/machines` builds the library's sources with the crates that the library has, in the versions that it asks for.
#[test]
fn unit_tests_have_the_same_crates() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let (library, copy) = (read("Cargo.toml"), read("tests/machines/Cargo.toml"));
    let crates: Vec<_> = copy.lines().filter(|line| line.contains(" = {") || line.starts_with("serde_json ")).collect();
    assert!(crates.len() >= 7, "{crates:?}: is this test blind?");
    for line in crates {
        assert!(library.lines().any(|other| other == line), "Cargo.toml has no line {line}");
    }
}

struct Machine<'a> {
    target: &'a str,
    lines: &'a Lines,
    with_images: usize,
    directory: PathBuf,
    /// What the names of its GNU tools begin with.
    compiler: String,
    emulator: String,
}

impl<'a> Machine<'a> {
    fn new(wanted: &'a str, lines: &'a Lines) -> Self {
        let directory = fresh_directory(&format!("machine_{wanted}"));
        // Of the smallest profile alone. Images for all of them would take hundreds of megabytes.
        let order = if wanted.starts_with("s390x-") { ByteOrder::Big } else { ByteOrder::Little };
        let (text, with_images) = Images::new(&directory, Profile::Tiny, order).beside(&lines.text);
        fs::write(directory.join("cases"), text).unwrap();
        let of = |what| {
            let name = run(Command::new(root().join("tools/machine.sh")).args([wanted, what])).trim().to_owned();
            assert!(!name.is_empty(), "{wanted} is not one of the machines");
            name
        };
        let (compiler, emulator) = (of("compiler"), of("emulator"));
        run(Command::new(root().join("tools/needs.sh")).args([format!("{compiler}-gcc"), emulator.clone()]));
        Self { target: wanted, lines, with_images, directory, compiler, emulator }
    }

    fn check(&self, profiles: &str) {
        let archive = self.archive();
        self.check_symbols(&archive);
        for profile in [Profile::Tiny, Profile::Compact] {
            let octets = tables::octets(profile, self.target.starts_with("s390x-"));
            assert_eq!(tables::count(&octets, &archive), 1, "{}: the base point's table of {profile:?}", self.target);
        }
        let program = self.compile(&archive, &[]);
        for profile in profiles.split_whitespace() {
            let printed = self.replay(&program, profile);
            assert!(!printed.contains("asked"), "{printed}");
        }
        if self.target.starts_with("aarch64-") {
            self.check_sha2(&archive);
        }
    }

    fn archive(&self) -> PathBuf {
        let mut core = Command::new(root().join("bindings/c/package/core.sh"));
        run(core.arg(self.target).env("CARGO_TARGET_DIR", target()));
        target().join(format!("c-{}/lib/libtesseral_verify_core.a", self.target))
    }

    fn check_symbols(&self, archive: &Path) {
        let listing = run(Command::new(format!("{}-nm", self.compiler)).arg("--extern-only").arg(archive));
        assert!(listing.contains(" T tesseral_verify_token\n"), "{listing}");
        // U for what must be found elsewhere, w for what may be.
        let elsewhere = |line: &str| line.starts_with("U ") || line.starts_with("w ");
        let missing: Vec<_> =
            listing.lines().map(str::trim).filter(|line| elsewhere(line)).map(|line| &line[2..]).collect();
        say(format!("machines: {}: {} symbols from elsewhere: {}", self.target, missing.len(), missing.join(" ")));
        let known = |name: &&str| MEMORY.contains(name) || OF_ARM.iter().any(|start| name.starts_with(start));
        assert!(missing.iter().all(known), "{missing:?}");
    }

    fn compile(&self, archive: &Path, more: &[&str]) -> PathBuf {
        let program = self.directory.join(format!("vectors{}", more.concat()));
        let mut cc = Command::new(format!("{}-gcc", self.compiler));
        cc.args(["-std=c11", "-O1", "-static", "-D_GNU_SOURCE"]).args(WARNINGS).args(more);
        cc.arg("-I").arg(root().join("include")).arg(source("vectors.c")).arg(archive).arg("-o").arg(&program);
        run(&mut cc);
        program
    }

    /// Runs all vectors with tables of a profile.
    fn replay(&self, program: &Path, profile: &str) -> String {
        let printed = run(Command::new(&self.emulator).arg(program).arg(profile).arg(self.directory.join("cases")));
        for (file, count) in &self.lines.expected {
            assert!(printed.contains(&format!("vectors {file} (C): {count} ran, 0 disagree\n")), "{file}: {printed}");
        }
        let ran: usize = self.lines.expected.values().sum();
        assert!(
            ran > 0 && printed.contains(&format!("vectors with an image (C): {}\n", self.with_images)),
            "{printed}"
        );
        say(format!("machines: {}, profile {profile}: {ran} vectors ran, 0 disagree", self.target));
        printed
    }

    /// A program that knows its processor makes the archive use the SHA-2 instructions.
    fn check_sha2(&self, archive: &Path) {
        let printed = self.replay(&self.compile(archive, &["-DASK_FOR_SHA2"]), "2");
        assert!(printed.contains("asked once or more, SHA-2 there"), "{printed}");
        let code = run(Command::new(format!("{}-objdump", self.compiler)).arg("-d").arg(archive));
        assert!(code.contains("sha256h2") && code.contains("prfm"), "the archive lacks instructions");
    }
}
