//! Compiles the C side of the peer libjwt, where Debian's package libjwt-dev is installed (`setup.sh`).

fn main() {
    println!("cargo::rustc-check-cfg=cfg(libjwt)");
    println!("cargo::rerun-if-changed=src/peers/libjwt.c");
    // The package may be installed after the first build.
    println!("cargo::rerun-if-changed=/usr/include/jwt.h");
    match pkg_config::probe_library("libjwt") {
        Ok(libjwt) => {
            cc::Build::new().file("src/peers/libjwt.c").includes(&libjwt.include_paths).warnings(true).compile("peer");
            println!("cargo::rustc-cfg=libjwt");
            println!("cargo::rustc-env=LIBJWT_VERSION={}", libjwt.version);
            // After the archive that needs it.
            for library in &libjwt.libs {
                println!("cargo::rustc-link-lib={library}");
            }
        }
        Err(_) => println!("cargo::warning=peer libjwt not found"),
    }
}
