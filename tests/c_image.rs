//! `tesseral-verify bake`, and what C programs make of the images that it writes.
#![cfg(all(feature = "cli", feature = "ffi", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, WARNINGS, compile, compile_cpp, fresh_directory, output, root, run};
use fake_tesseral::{Project, jws};
use std::{fs, path::Path, process::Command};
use tesseral_verify::{
    Error, Verifier,
    image::{self, Trust},
};

const NOW: i64 = 1_750_000_000;

fn bake(snapshot: &Path, more: &[&str], out: &Path) -> Command {
    let mut bake = Command::new(env!("CARGO_BIN_EXE_tesseral-verify"));
    bake.arg("bake").arg(snapshot).args(["--now", &NOW.to_string()]).args(more).arg("-o").arg(out);
    bake
}

/// The line of a description that begins with `name`.
fn said<'s>(description: &'s str, name: &str) -> &'s str {
    description.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{description}")).trim()
}

#[test]
fn an_image_as_c_source_is_opened_in_c() {
    let directory = fresh_directory("c_image");
    let project = Project::new(41);
    let snapshot = directory.join("config.json");
    fs::write(&snapshot, project.config_document().to_json()).unwrap();
    let token = project.access_token(NOW);
    for (profile, flags) in [("tiny", &SANITIZE[..]), ("compact", &[]), ("server", &[])] {
        let (code, octets) = (directory.join(format!("{profile}.c")), directory.join(format!("{profile}.bin")));
        let description = run(&mut bake(&snapshot, &["--profile", profile, "--days", "1"], &code));
        assert_eq!(run(&mut bake(&snapshot, &["--profile", profile, "--days", "1"], &octets)), description);
        let image = fs::read(&octets).unwrap();
        let digest = image::digest(&image);
        let sum = run(Command::new("sha256sum").arg(&octets));
        assert_eq!(said(&description, "sha256"), sum.split(' ').next().unwrap());
        assert_eq!(said(&description, "image"), format!("{} octets", image.len()));
        assert!(said(&description, "engine").starts_with(&format!("{profile}, for native ")), "{description}");
        assert!(said(&description, "not after").starts_with(&(NOW + 86_400).to_string()));
        assert!(description.contains(project.signing_key().kid()));
        Verifier::open_owned(&image, Trust::Digest(&digest)).unwrap();

        let program = compile("image.c", &directory, &[flags, &[code.to_str().unwrap()]].concat());
        let verdict =
            |token: &str, now: i64| run(Command::new(&program).args([token, &now.to_string(), &NOW.to_string()]));
        assert_eq!(verdict(&token, NOW), "ok\n");
        assert_eq!(verdict(&jws::tamper(&token).unwrap(), NOW), "signature_invalid\n");
        assert_eq!(verdict(&token, NOW + 301), "token_expired\n");
        assert_eq!(verdict(&token, NOW + 86_401), "keys_unavailable\n");
        if profile == "tiny" {
            let object = directory.join("keys.o");
            run(Command::new("cc").arg("-c").arg(&code).arg("-o").arg(&object));
            let program =
                compile_cpp("c++", &[&root().join("tests/cpp/image.cpp"), &object], "", &directory, &["-std=c++11"]);
            for (now, slug) in [(NOW, "ok\n"), (NOW + 301, "token_expired\n")] {
                assert_eq!(run(Command::new(&program).args([token.as_str(), &now.to_string()])), slug);
            }
        }
        // The source is C99 and C++11, too.
        for compiler in [&["cc", "-std=c99"][..], &["c++", "-std=c++11", "-x", "c++"]] {
            let mut check = Command::new(compiler[0]);
            run(check.args(&compiler[1..]).args(WARNINGS).args(["-fsyntax-only"]).arg(&code));
        }
    }
}

#[test]
fn images_for_other_processors() {
    let directory = fresh_directory("c_image_targets");
    let project = Project::new(42);
    let (snapshot, out) = (directory.join("config.json"), directory.join("image"));
    fs::write(&snapshot, project.config_document().to_json()).unwrap();
    let mut images = Vec::new();
    for target in ["native", "thumbv7em-none-eabihf", "x86_64-unknown-linux-gnu", "s390x-unknown-linux-gnu"] {
        let description = run(&mut bake(&snapshot, &["--profile", "tiny", "--target", target], &out));
        assert!(said(&description, "engine").contains(target), "{description}");
        images.push(fs::read(&out).unwrap());
    }
    let (little, big) = (&images[1], &images[3]);
    assert!(images[2] == *little && big != little && big.len() == little.len());
    assert!(images[0] == *if cfg!(target_endian = "little") { little } else { big });
    assert_eq!((&little[8..12], &big[8..12]), (&[4, 3, 2, 1][..], &[1, 2, 3, 4][..]));
    let foreign = if cfg!(target_endian = "little") { big } else { little };
    assert_eq!(Verifier::open_owned(foreign, Trust::Storage).err(), Some(Error::ImageMalformed));
}

#[test]
fn options_become_the_policy_and_faults_leave_the_file() {
    let directory = fresh_directory("c_image_options");
    let project = Project::new(43);
    let (snapshot, out) = (directory.join("config.json"), directory.join("image"));
    fs::write(&snapshot, project.config_document().to_json()).unwrap();
    let options = ["--profile", "tiny", "--leeway", "9", "--max-token-len", "3000", "--api-keys", "--days", "2"];
    run(&mut bake(&snapshot, &[&options[..], &["--issuer", "https://i.example"]].concat(), &out));
    let image = fs::read(&out).unwrap();
    let opened = Verifier::open_owned(&image, Trust::Storage).unwrap();
    let policy = opened.policy();
    assert_eq!((policy.issuer(), policy.max_token_len()), ("https://i.example", 3_000));
    assert_eq!((policy.accepts_api_keys(), policy.not_after()), (true, NOW + 2 * 86_400));
    assert!(format!("{policy:?}").contains("leeway_seconds: 9"));
    let broken = directory.join("broken.json");
    fs::write(&broken, "{").unwrap();
    for (snapshot, more, message) in [
        (&snapshot, &[][..], "--profile"),
        (&snapshot, &["--profile", "huge"], "huge"),
        (&snapshot, &["--profile", "tiny", "--target", "pdp11-dec"], "no processor of this name"),
        (&snapshot, &["--profile", "tiny", "--ifma"], "--ifma needs"),
        (&snapshot, &["--profile", "server", "--ifma", "--target", "s390x-unknown-linux-gnu"], "--ifma needs"),
        (&snapshot, &["--profile", "tiny", "--days", "0"], "--days"),
        (&snapshot, &["--profile", "tiny", "--issuer", ""], "--issuer takes"),
        (&broken, &["--profile", "tiny"], "[config_malformed]"),
        (&directory.join("missing"), &["--profile", "tiny"], "cannot be read"),
    ] {
        let refused = output(&mut bake(snapshot, more, &out));
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && stderr.contains(message), "{more:?}: {stderr}");
        assert!(fs::read(&out).unwrap() == image, "{more:?}");
    }
    let nowhere = output(&mut bake(&snapshot, &["--profile", "tiny"], &directory.join("missing/image")));
    let stderr = String::from_utf8(nowhere.stderr).unwrap();
    assert!(nowhere.status.code() == Some(2) && stderr.contains("the image cannot be written"), "{stderr}");
}
