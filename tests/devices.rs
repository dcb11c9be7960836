//! The freestanding archive on microcontrollers, in qemu: `make test-devices` and `make bench-devices`.
//!
//! `TESSERAL_DEVICES` names the targets, for instance `thumbv7em-none-eabihf riscv32imac-unknown-none-elf`. Without it, nothing
//! runs here, since the compilers and emulators are large.
#![cfg(all(feature = "ffi", feature = "cli", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;
mod common;
#[path = "devices/field.rs"]
mod field;
#[path = "devices/p256_crate.rs"]
mod p256_crate;
#[path = "devices/symbols.rs"]
mod symbols;

use c::{defined_symbols, root, run, say, target, undefined_symbols};
use common::{lines::every_vector, tables};
use fake_tesseral::{Project, jws};
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use tesseral_verify::Profile;

/// When the tokens in the images were issued.
const NOW: i64 = 1_750_000_000;

/// A target, what its figures are called, and how many instructions one tick of its counter stands for in qemu.
struct Device {
    target: &'static str,
    name: &'static str,
    tick: u32,
    /// The file of `src/es256/field` that multiplies there.
    assembly: Option<&'static str>,
}

const DEVICES: [Device; 3] = [
    // The timer of qemu's board counts at 25 MHz, and each instruction takes a nanosecond.
    Device { target: "thumbv7em-none-eabihf", name: "m4", tick: 40, assembly: Some("umaal.s") },
    Device { target: "thumbv6m-none-eabi", name: "m0", tick: 40, assembly: Some("armv6m.s") },
    Device { target: "riscv32imac-unknown-none-elf", name: "rv32", tick: 1, assembly: None },
];

#[test]
fn devices_verify() {
    let Ok(wanted) = env::var("TESSERAL_DEVICES") else {
        say("devices: SKIPPED, since TESSERAL_DEVICES is not set: make test-devices");
        return;
    };
    let mut ran = 0;
    for wanted in wanted.split_whitespace() {
        let device = DEVICES.iter().find(|device| device.target == wanted);
        check(device.unwrap_or_else(|| panic!("{wanted} is not one of the devices")));
        ran += 1;
    }
    assert!(ran > 0, "TESSERAL_DEVICES names no target");
}

fn check(device: &Device) {
    let folder = target().join("devices");
    fs::create_dir_all(&folder).unwrap();
    let project = Project::new(7);
    write_files(&project, &folder);
    let lines = every_vector();
    fs::write(folder.join("cases"), &lines.text).unwrap();
    let expected: usize = lines.expected.values().sum();
    let checksums = field::write(&folder);
    let mut missing = BTreeSet::new();

    for archive in ARCHIVES {
        let mut core = Command::new(root().join("bindings/c/package/core.sh"));
        core.arg(device.target).env("CARGO_TARGET_DIR", target());
        run(core.env("OPT_LEVEL", archive.optimized).env("PROFILE", archive.only.unwrap_or("")));
        let figure =
            |name: &str, number: String| say(format!("figure {}_{name}{} {number}", device.name, archive.suffix));
        let built = target().join(format!("c-{}/lib/libtesseral_verify_core.a", device.target));
        assert!(defined_symbols(&built).iter().any(|name| name == "tesseral_verify_token"), "the listing has names");
        missing.extend(undefined_symbols(&built));
        for (name, profile) in [("tiny", Profile::Tiny), ("compact", Profile::Compact)] {
            let found = tables::count(&tables::octets(profile, false), &built);
            assert_eq!(
                found,
                usize::from(archive.has(name)),
                "{}: the base point's table of {profile:?}",
                device.target
            );
        }

        if archive.has("tiny") {
            let ran = emulate(device, &folder, "verify", &[]);
            assert_eq!(
                ran.said, "good: ok\ntampered: signature_invalid\nexpired: token_expired\n",
                "{}",
                device.target
            );
            figure("text_tiny_bytes", loaded_bytes(&ran.image).to_string());

            let said = emulate(device, &folder, "replay", &[]).said;
            assert!(said.ends_with(&format!("vectors: {expected} ran, 0 disagree\n")), "{}: {said}", device.target);
            figure("vectors_disagree", "0".to_owned());
            say(format!("devices: {} (optimization {}): {}", device.target, archive.optimized, said.trim_end()));
        } else {
            let ran = start(device, &folder, "verify", &[]);
            assert_eq!((ran.succeeded, &*ran.said), (false, "no verifier: invalid_argument\n"), "{}", device.target);
        }
        if let (Some(assembly), "_fast") = (device.assembly, archive.suffix) {
            // It comes from the source: the archive keeps its functions to itself.
            let assembly = root().join("src/es256/field").join(assembly).into_os_string().into_string().unwrap();
            let said = emulate(device, &folder, "field", &["-xassembler", &assembly, "-xnone"].map(str::to_owned)).said;
            let wrong = said.lines().zip(checksums.lines()).position(|(said, right)| said != right);
            assert!(said == checksums, "{}: the field is wrong from integer {wrong:?} on", device.target);
        }
        for profile in ["tiny", "compact"].into_iter().filter(|profile| archive.has(profile)) {
            // The stack is that of the profile which needs more.
            let with_stack = profile == "compact" || archive.suffix == "_smallest";
            let upper = profile.to_uppercase();
            let built = [
                format!("-DPROFILE=TESSERAL_PROFILE_{upper}"),
                format!("-DMEMORY_SIZE=TESSERAL_VERIFIER_SIZE({upper},1)"),
            ];
            for (name, number) in measure(device, &folder, &built) {
                if profile == "compact" && name == "verify_instructions" {
                    let theirs = p256_crate::instructions(device, &folder, &project, archive.optimized);
                    figure("verify_p256_crate_instructions", theirs.to_string());
                    figure("verify_compact_vs_p256_crate", format!("{:.1}", theirs as f64 / number as f64));
                }
                let number = number.to_string();
                match name.split_once('_').unwrap() {
                    (what @ ("load" | "verify"), "instructions") => {
                        figure(&format!("{what}_{profile}_instructions"), number)
                    }
                    ("memory", "bytes") => figure(&format!("memory_{profile}_bytes"), number),
                    _ if with_stack => figure(&name, number),
                    _ => {}
                }
            }
        }
        if let Some(profile) = archive.only {
            open_image(device, &folder, profile, &figure);
        }
    }
    assert_eq!(
        missing,
        symbols::on_the_page(device.target),
        "{}: symbols, and what docs/devices.md says",
        device.target
    );
}

/// One build of the archive.
struct Archive {
    optimized: &'static str,
    /// The only profile that it has.
    only: Option<&'static str>,
    /// What its figures end with.
    suffix: &'static str,
}

const ARCHIVES: [Archive; 4] = [
    Archive { optimized: "s", only: Some("tiny"), suffix: "" },
    Archive { optimized: "s", only: Some("compact"), suffix: "" },
    Archive { optimized: "3", only: None, suffix: "_fast" },
    Archive { optimized: "z", only: Some("tiny"), suffix: "_smallest" },
];

impl Archive {
    fn has(&self, profile: &str) -> bool {
        self.only.is_none_or(|only| only == profile)
    }
}

/// Bakes the snapshot into an image of this profile, which is opened where it lies.
fn open_image(device: &Device, folder: &Path, profile: &str, figure: &impl Fn(&str, String)) {
    let keys = folder.join("keys.c");
    let mut bake = Command::new(env!("CARGO_BIN_EXE_tesseral-verify"));
    bake.arg("bake").arg(folder.join("config.json")).args(["--profile", profile, "--target", device.target]);
    run(bake.args(["--max-token-len", "2048", "--now", &NOW.to_string(), "--out"]).arg(&keys));
    let keys = keys.to_str().unwrap().to_owned();

    let ran = emulate(device, folder, "open", std::slice::from_ref(&keys));
    assert_eq!(ran.said, "0\n5001\n4001\n", "{}: good, expired, tampered", device.target);
    figure(&format!("text_opened_{profile}_bytes"), loaded_bytes(&ran.image).to_string());
    let opened = ["-DOPENED".into(), "-DMEMORY_SIZE=TESSERAL_OPENED_VERIFIER_SIZE(1)".into(), keys];
    for (name, number) in measure(device, folder, &opened) {
        let number = number.to_string();
        match &*name {
            "open_instructions" | "stack_open_bytes" => {
                figure(&name.replace("open", &format!("open_{profile}")), number)
            }
            "memory_bytes" => figure(&format!("memory_opened_{profile}_bytes"), number),
            _ => {}
        }
    }
}

/// What `measure` says: names and numbers.
fn measure(device: &Device, folder: &Path, options: &[String]) -> Vec<(String, u64)> {
    let said = emulate(device, folder, "measure", options).said;
    let measured: Vec<_> = said
        .lines()
        .map(|line| line.split_once(' ').unwrap_or_else(|| panic!("{said}")))
        .map(|(name, number)| (name.to_owned(), number.parse().unwrap()))
        .collect();
    assert_eq!(measured.len(), 5, "{said}");
    measured
}

/// The snapshot and the tokens of a project that is the same each time.
fn write_files(project: &Project, folder: &Path) {
    let token = project.access_token(NOW);
    fs::write(folder.join("config.json"), project.config_document().to_json()).unwrap();
    fs::write(folder.join("tampered"), jws::tamper(&token).unwrap()).unwrap();
    fs::write(folder.join("expired"), project.access_token(NOW - 3600)).unwrap();
    fs::write(folder.join("token"), token).unwrap();
}

struct Ran {
    image: PathBuf,
    said: String,
    succeeded: bool,
}

/// Links a program and runs it, which has to succeed. It gets the folder's files.
fn emulate(device: &Device, folder: &Path, program: &str, options: &[String]) -> Ran {
    let ran = start(device, folder, program, options);
    assert!(ran.succeeded, "{}: {program}: {}", device.target, ran.said);
    ran
}

fn start(device: &Device, folder: &Path, program: &str, options: &[String]) -> Ran {
    let scripts = root().join("bindings/device");
    let mut link = Command::new(scripts.join("firmware.sh"));
    link.args([device.target, program]).args(options).env("DEVICE_FILES", folder).env("CARGO_TARGET_DIR", target());
    link.arg(format!("-DMINTED_AT={NOW}")).arg(format!("-DMACHINE_TICK={}", device.tick));
    let image = PathBuf::from(run(&mut link).trim_end());
    let mut emulate = Command::new("timeout");
    emulate.arg("600").arg(scripts.join("emulate.sh")).arg(device.target).arg(&image).current_dir(folder);
    // Semihosting writes to standard error.
    let output = emulate.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Ran { image, said, succeeded: output.status.success() }
}

/// What lies in the flash: text, constants, and the snapshot and tokens of the example.
fn loaded_bytes(image: &Path) -> u64 {
    let listing = run(Command::new("size").arg(image));
    let numbers = listing.lines().nth(1).unwrap_or_else(|| panic!("{listing}"));
    numbers.split_whitespace().take(2).map(|number| number.parse::<u64>().unwrap()).sum()
}
