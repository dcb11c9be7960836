//! Says whether the processor has UMAAL: stable Rust does not show `target_feature = "dsp"` to the crate itself.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(tesseral_umaal)");
    let given = |name: &str| env::var(name).unwrap_or_default();
    let little = given("CARGO_CFG_TARGET_ARCH") == "arm" && given("CARGO_CFG_TARGET_ENDIAN") == "little";
    let featured = given("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "dsp");
    // Armv7E-M and Armv7-A have the DSP instructions in any case.
    let named =
        ["thumbv7em-", "armv7-", "armv7a-", "thumbv7neon-"].iter().any(|name| given("TARGET").starts_with(name));
    if little && (featured || named) {
        println!("cargo:rustc-cfg=tesseral_umaal");
    }
}
