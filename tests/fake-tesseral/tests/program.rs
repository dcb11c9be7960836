//! The program: the files that it writes, which are the same for the same seed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fake_tesseral::{Project, jws};

fn run(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_fake-tesseral")).args(arguments).output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

#[test]
fn mint_writes_what_the_library_makes() {
    let out = folder("mint_seeded");
    let dir = out.to_str().expect("UTF-8");
    let said = run(&[
        "mint",
        "--out",
        dir,
        "--seed",
        "7",
        "--now",
        "1750000000",
        "--tokens",
        "3",
        "--actions",
        "2",
        "--user-email",
        "ada@example.com",
    ]);
    assert!(said.contains("ada@example.com, 2 actions") && said.contains("until 1750000300"), "{said}");
    let read = |name: &str| fs::read_to_string(out.join(name)).expect(name);

    let project = Project::new(7);
    assert_eq!(read("config.json"), project.config_document().to_json());
    assert_eq!(read("project_id"), format!("{}\n", project.id));
    let token = |user, now| {
        let claims = project.claims_of(user, now).with_user_email("ada@example.com");
        project.mint(&claims.with_actions(fake_tesseral::claims::sample_actions(2)))
    };
    let good = token(0, 1_750_000_000);
    assert_eq!(read("token"), format!("{good}\n"));
    assert_eq!(read("tampered"), format!("{}\n", jws::tamper(&good).expect("long")));
    assert_eq!(read("expired"), format!("{}\n", token(0, 1_749_996_400)));
    let tokens = read("tokens");
    let lines: Vec<&str> = tokens.lines().collect();
    assert_eq!(lines, [good, token(1, 1_750_000_000), token(2, 1_750_000_000)]);

    let secret = out.join("secret_seed");
    let more = run(&["token", "--secret", secret.to_str().expect("UTF-8"), "--now", "1750000100"]);
    assert_eq!(more, format!("{}\n", project.access_token(1_750_000_100)));
}

#[test]
fn without_a_seed_projects_differ_and_tokens_are_fresh() {
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let [a, b] = ["mint_a", "mint_b"].map(|name| {
        let out = folder(name);
        let before = now();
        run(&["mint", "--out", out.to_str().expect("UTF-8")]);
        let token = fs::read_to_string(out.join("token")).expect("token");
        let [_, payload, _] = jws::split(token.trim_end()).expect("three parts");
        let payload = String::from_utf8(payload).expect("UTF-8");
        assert!((before..=now()).any(|iat| payload.contains(&format!(r#""iat":{iat},"#))), "{payload}");
        fs::read_to_string(out.join("project_id")).expect("project_id")
    });
    assert_ne!(a, b);
}

#[cfg(unix)]
#[test]
fn the_seed_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let out = folder("mint_private");
    run(&["mint", "--out", out.to_str().expect("UTF-8"), "--seed", "1"]);
    let mode = fs::metadata(out.join("secret_seed")).expect("secret_seed").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
