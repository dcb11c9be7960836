//! Tells the linker how large the stack is. It lies in front of all data, so that an overflow traps.

fn main() {
    // The library takes at most 12 KiB (docs/design.md 10). The default is 1 MiB, which each verifier would have.
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|machine| machine == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=131072");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
