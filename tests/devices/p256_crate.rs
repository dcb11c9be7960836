//! What the crate p256 takes for the signature of the same token, in a firmware built by the same compiler.

use crate::{
    Device,
    c::{root, run, target},
    emulate,
};
use fake_tesseral::Project;
use std::{path::Path, process::Command};

/// Instructions for one signature.
pub fn instructions(device: &Device, folder: &Path, project: &Project, optimized: &str) -> u64 {
    let mut build = Command::new(root().join("bindings/c/package/cross.sh"));
    build.arg(device.target).args(["build", "--quiet", "--locked", "--profile", "freestanding", "--manifest-path"]);
    build.arg(root().join("bindings/device/p256-crate/Cargo.toml"));
    let built = target().join("core");
    run(build.env("CARGO_TARGET_DIR", &built).env("OPT_LEVEL", optimized));

    let archive = built.join(device.target).join("freestanding/libp256_crate.a");
    let point = project.signing_key().uncompressed_point().map(|octet| octet.to_string()).join(",");
    let options = [
        format!("-DPOINT={point}"),
        "-Wl,--undefined=p256_crate_load,--undefined=p256_crate_verify".to_owned(),
        archive.into_os_string().into_string().unwrap(),
    ];
    emulate(device, folder, "p256_crate", &options).said.parse().unwrap()
}
