//! The freestanding archive on microcontrollers, in qemu: `make test-devices` and `make bench-devices`.
//!
//! `TESSERAL_DEVICES` names the targets, for instance `thumbv7em-none-eabihf riscv32imac-unknown-none-elf`. Without it, nothing
//! runs here, since the compilers and emulators are large.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;
mod common;

use c::{root, run, say, target};
use common::lines::every_vector;
use fake_tesseral::{Project, jws};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// When the tokens in the images were issued.
const NOW: i64 = 1_750_000_000;

/// A target, what its figures are called, and how many instructions one tick of its counter stands for in qemu.
struct Device {
    target: &'static str,
    name: &'static str,
    tick: u32,
}

const DEVICES: [Device; 3] = [
    // The timer of qemu's board counts at 25 MHz, and each instruction takes a nanosecond.
    Device { target: "thumbv7em-none-eabihf", name: "m4", tick: 40 },
    Device { target: "thumbv6m-none-eabi", name: "m0", tick: 40 },
    Device { target: "riscv32imac-unknown-none-elf", name: "rv32", tick: 1 },
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
    write_files(&folder);
    let lines = every_vector();
    fs::write(folder.join("cases"), &lines.text).unwrap();
    let expected: usize = lines.expected.values().sum();

    for (optimized, suffix) in [("s", ""), ("3", "_fast")] {
        let mut core = Command::new(root().join("bindings/c/package/core.sh"));
        run(core.arg(device.target).env("CARGO_TARGET_DIR", target()).env("OPT_LEVEL", optimized));

        let (image, said) = emulate(device, &folder, "verify", &[]);
        assert_eq!(said, "good: ok\ntampered: signature_invalid\nexpired: token_expired\n", "{}", device.target);
        figure(device, &format!("text_tiny_bytes{suffix}"), loaded_bytes(&image));

        let (_, said) = emulate(device, &folder, "replay", &[]);
        assert!(said.ends_with(&format!("vectors: {expected} ran, 0 disagree\n")), "{}: {said}", device.target);
        figure(device, &format!("vectors_disagree{suffix}"), 0);
        say(format!("devices: {} (optimization {optimized}): {}", device.target, said.trim_end()));

        for profile in ["tiny", "compact"] {
            let upper = profile.to_uppercase();
            let options = [
                format!("-DPROFILE=TESSERAL_PROFILE_{upper}"),
                format!("-DMEMORY_SIZE=TESSERAL_VERIFIER_SIZE({upper},1)"),
            ];
            let (_, said) = emulate(device, &folder, "measure", &options);
            let mut measured = 0;
            for line in said.lines() {
                let (name, number) = line.split_once(' ').unwrap_or_else(|| panic!("{said}"));
                let name = match name.split_once('_').unwrap() {
                    (what @ ("load" | "verify"), "instructions") => format!("{what}_{profile}_instructions"),
                    ("memory", "bytes") => format!("memory_{profile}_bytes"),
                    // The stack is that of the profile which needs more.
                    _ if profile == "tiny" => continue,
                    _ => name.to_owned(),
                };
                figure(device, &format!("{name}{suffix}"), number.parse().unwrap());
                measured += 1;
            }
            assert!(measured >= 3, "{said}");
        }
    }
}

/// The snapshot and the tokens of a project that is the same each time.
fn write_files(folder: &Path) {
    let project = Project::new(7);
    let token = project.access_token(NOW);
    fs::write(folder.join("config.json"), project.config_document().to_json()).unwrap();
    fs::write(folder.join("tampered"), jws::tamper(&token).unwrap()).unwrap();
    fs::write(folder.join("expired"), project.access_token(NOW - 3600)).unwrap();
    fs::write(folder.join("token"), token).unwrap();
}

/// Links a program and runs it. It gets the folder's files.
fn emulate(device: &Device, folder: &Path, program: &str, options: &[String]) -> (PathBuf, String) {
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
    assert!(output.status.success(), "{}: {program}: {}: {said}", device.target, output.status);
    (image, said)
}

/// What lies in the flash: text, constants, and the snapshot and tokens of the example.
fn loaded_bytes(image: &Path) -> u64 {
    let listing = run(Command::new("size").arg(image));
    let numbers = listing.lines().nth(1).unwrap_or_else(|| panic!("{listing}"));
    numbers.split_whitespace().take(2).map(|number| number.parse::<u64>().unwrap()).sum()
}

fn figure(device: &Device, name: &str, number: u64) {
    say(format!("figure {}_{name} {number}", device.name));
}
