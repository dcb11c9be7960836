//! The freestanding archive needs no operating system: five memory functions are the only symbols that it lacks.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux", target_arch = "x86_64"))]

#[path = "c/support.rs"]
mod c;
#[path = "common/tables.rs"]
mod tables;

use c::{WARNINGS, defined_symbols, fresh_directory, prefix, root, run, say, source, target, undefined_symbols};
use fake_tesseral::{Project, jws};
use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
};
use tesseral_verify::Profile;

const NOW: i64 = 1_750_000_000;
const MAY_BE_MISSING: [&str; 5] = ["bcmp", "memcmp", "memcpy", "memmove", "memset"];

#[test]
fn only_memory_functions_are_missing() {
    let archive = prefix().join("lib/libtesseral_verify_core.a");
    let missing = undefined_symbols(&archive);
    say(format!("freestanding: {} symbols from elsewhere: {}", missing.len(), missing.join(" ")));
    assert!(missing.iter().all(|name| MAY_BE_MISSING.contains(&name.as_str())), "{missing:?}");
    let shown = defined_symbols(&archive);
    assert!(shown.len() > 40 && shown.iter().all(|name| name.starts_with("tesseral_")), "{shown:?}");
    assert!(!shown.iter().any(|name| name == "tesseral_verifier_new"), "the hosted functions are not in here");
}

/// Which functions of the archive call a panic function? Only the curve arithmetic may, and it does so only for a table without
/// groups, which does not exist.
#[test]
fn no_panic_is_reachable_outside_the_curve() {
    prefix();
    let archive = target().join("freestanding/libtesseral_verify.a");
    let linked = fresh_directory("freestanding_names").join("linked.a");
    // `true` in place of objcopy keeps the names that it would strip.
    let mut isolate = Command::new("sh");
    isolate.arg(root().join("bindings/c/package/isolate.sh")).arg("tesseral_").arg(archive).arg(&linked);
    run(isolate.env("OBJCOPY", "true"));
    let listing = run(Command::new("objdump").args(["-dr", "--no-show-raw-insn"]).arg(&linked));
    let (mut function, mut functions, mut callers) = ("", 0, BTreeSet::new());
    for line in listing.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            function = name;
            functions += 1;
        } else if line.contains("R_X86_64") && line.contains("panic") && !function.contains("panicking") {
            // The panic handler itself calls tesseral_panic.
            if !function.contains("rust_begin_unwind") {
                callers.insert(function);
            }
        }
    }
    say(format!("freestanding: {} of {functions} functions can panic: {callers:?}", callers.len()));
    assert!(functions > 80, "names are stripped");
    assert!(callers.iter().all(|caller| caller.contains("es256")), "{callers:?}");
}

/// The constant tables of the base point, as they are in the archive and in a program: a wrong limb would accept forgeries.
#[test]
fn the_base_tables_that_were_built_are_right() {
    let directory = fresh_directory("freestanding_tables");
    let (archive, program) = (prefix().join("lib/libtesseral_verify_core.a"), directory.join("freestanding"));
    let mut cc = Command::new("cc");
    cc.arg("-std=c11").arg("-Wl,--gc-sections").arg("-I").arg(prefix().join("include")).arg(source("freestanding.c"));
    run(cc.arg(&archive).arg("-o").arg(&program));
    for profile in [Profile::Tiny, Profile::Compact] {
        let octets = tables::octets(profile, cfg!(target_endian = "big"));
        for file in [&archive, &program] {
            assert_eq!(tables::count(&octets, file), 1, "{profile:?} in {}", file.display());
        }
        say(format!("freestanding: {} bytes of the table of {profile:?} are right", octets.len()));
    }
}

/// A firmware's own `tesseral_panic` replaces the archive's, and the panic handler calls it.
#[test]
fn a_firmware_brings_its_own_panic_function() {
    let directory = fresh_directory("freestanding_panic");
    let (own, program) = (directory.join("own.c"), directory.join("own"));
    fs::write(&own, "void tesseral_panic(void);\nvoid tesseral_panic(void) { for (;;) __builtin_trap(); }\n").unwrap();
    let mut cc = Command::new("cc");
    cc.arg("-std=c11").args(WARNINGS).arg("-I").arg(prefix().join("include")).arg(source("freestanding.c")).arg(&own);
    run(cc.arg(prefix().join("lib/libtesseral_verify_core.a")).arg("-o").arg(&program));
    let listing = run(Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(&program));
    let functions: Vec<_> = listing.split("\n\n").filter(|function| function.contains("<tesseral_panic>:")).collect();
    assert_eq!(functions.len(), 1);
    assert!(functions[0].contains("ud2"), "{}", functions[0]);
    let archive = prefix().join("lib/libtesseral_verify_core.a");
    let relocations = run(Command::new("objdump").arg("-r").arg(&archive));
    let by_name = relocations.lines().filter(|line| line.contains(" tesseral_panic")).count();
    assert_eq!(by_name, 1, "the panic handler calls it by its name");
}

#[test]
fn a_token_is_verified() {
    let directory = fresh_directory("freestanding");
    let project = Project::new(31);
    let (snapshot, program) = (directory.join("config.json"), directory.join("freestanding"));
    fs::write(&snapshot, project.config_document().to_json()).unwrap();
    let mut cc = Command::new("cc");
    cc.arg("-std=c11").args(WARNINGS).arg("-I").arg(prefix().join("include")).arg(source("freestanding.c"));
    run(cc.arg(prefix().join("lib/libtesseral_verify_core.a")).arg("-o").arg(&program));
    let token = project.access_token(NOW);
    let verify = |token: &str| {
        let output = Command::new(&program)
            .arg(&snapshot)
            .args([token, &NOW.to_string()])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(verify(&token), (Some(0), format!("{}\n", project.claims(NOW).organization_id)));
    assert_eq!(verify(&jws::tamper(&token).unwrap()), (Some(1), "signature_invalid\n".to_owned()));
}

/// The code of docs/devices.md: it refuses without keys, keeps them when a snapshot is refused, and asks for permissions.
#[test]
fn the_code_of_the_page_for_devices_runs() {
    let directory = fresh_directory("freestanding_device");
    let project = Project::new(32);
    let page = fs::read_to_string(root().join("docs/devices.md")).unwrap();
    let code = page.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (snapshot, device) = (directory.join("config.json"), directory.join("device.c"));
    let (object, program) = (directory.join("device.o"), directory.join("device"));
    fs::write(&snapshot, project.config_document().to_json()).unwrap();
    fs::write(&device, code).unwrap();
    let cc = |arguments: &[&str]| {
        let mut cc = Command::new("cc");
        cc.args(["-std=c11"]).args(WARNINGS).args(arguments).arg("-I").arg(prefix().join("include"));
        cc
    };
    run(cc(&["-ffreestanding", "-c"]).arg(&device).arg("-o").arg(&object));
    let mut link = cc(&[]);
    run(link
        .arg(source("device.c"))
        .arg(&object)
        .arg(prefix().join("lib/libtesseral_verify_core.a"))
        .arg("-o")
        .arg(&program));
    let mut claims = project.claims(NOW);
    claims.actions = vec!["door.front.open".to_owned()];
    let may = |token: &str, now: i64, action: &str| {
        run(Command::new(&program).arg(&snapshot).args([token, &now.to_string(), action]))
    };
    let token = project.mint(&claims);
    for (now, action, verdict) in [
        (NOW, "door.front.open", "ok"),
        (NOW, "door.back.open", "permission_missing"),
        (NOW + 301, "door.front.open", "token_expired"),
    ] {
        let said = may(&token, now, action);
        assert_eq!(said, format!("keys_unavailable ok config_malformed {verdict}\n"), "{action}");
    }
}
