//! Tells the crate what it cannot see itself. Which multiplication the processor has, where stable Rust does not show that: UMAAL,
//! which `target_feature = "dsp"` brings, or on 32-bit Arm the shortest one alone, which no `target_feature` tells. Whether the
//! build is optimised for the smallest size. Whether it has one profile alone (the variable `TESSERAL_PROFILE`).

use std::env;

const PROFILES: [&str; 3] = ["server", "compact", "tiny"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(tesseral_umaal, tesseral_armv6m)");
    let given = |name: &str| env::var(name).unwrap_or_default();
    let little = given("CARGO_CFG_TARGET_ARCH") == "arm" && given("CARGO_CFG_TARGET_ENDIAN") == "little";
    let featured = given("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "dsp");
    let named = |names: &[&str]| names.iter().any(|name| given("TARGET").starts_with(name));
    // Armv7E-M and Armv7-A have the DSP instructions in any case.
    if little && (featured || named(&["thumbv7em-", "armv7-", "armv7a-", "thumbv7neon-"])) {
        println!("cargo:rustc-cfg=tesseral_umaal");
    } else if little && named(&["thumbv6m-", "thumbv8m.base-"]) {
        println!("cargo:rustc-cfg=tesseral_armv6m");
    }
    println!("cargo:rustc-check-cfg=cfg(tesseral_smallest)");
    if given("OPT_LEVEL") == "z" {
        println!("cargo:rustc-cfg=tesseral_smallest");
    }
    one_profile();
}

fn one_profile() {
    println!("cargo:rerun-if-env-changed=TESSERAL_PROFILE");
    println!(
        "cargo:rustc-check-cfg=cfg(tesseral_profile, values({}))",
        PROFILES.map(|name| format!("\"{name}\"")).join(", ")
    );
    let Some(profile) = env::var("TESSERAL_PROFILE").ok().filter(|name| !name.is_empty()) else { return };
    assert!(PROFILES.contains(&&*profile), "TESSERAL_PROFILE is {profile:?}, and not one of {PROFILES:?}");
    println!("cargo:rustc-cfg=tesseral_profile=\"{profile}\"");
}
