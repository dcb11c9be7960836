//! What C may get wrong, and exact use of its memory: tests/c/arguments, tests/c/rulebook_arguments.c and
//! tests/c/guarded.c; tokens that are held in a cache: tests/c/held.c; results that are copied: tests/c/copied.c; and a
//! verifier that threads share: tests/c/threads.c.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{SANITIZE, compile, fresh_directory, memcheck, output, run, say, source};
use fake_tesseral::{Project, ids};
use std::{fs, path::PathBuf, process::Command};
use tesseral_verify::Error;

const NOW: i64 = 1_750_000_000;

/// A snapshot file, and a token with one plain action and one with an escape.
fn snapshot(directory: &str) -> (PathBuf, String) {
    let project = Project::new(21);
    let file = fresh_directory(directory).join("config.json");
    fs::write(&file, project.config_document().to_json()).unwrap();
    let token = project.mint(&project.claims(NOW).with_actions(["a.b.c", "x\ny"]));
    (file, token)
}

fn api_key() -> String {
    format!("acme_{}", "0".repeat(55))
}

/// The programs of tests/c/arguments: each gives some functions every argument that is wrong.
const ARGUMENTS: [&str; 13] = [
    "api_key",
    "base_table",
    "batch",
    "cache",
    "copy",
    "found",
    "request",
    "result",
    "revoked",
    "status",
    "survey",
    "token",
    "verifier",
];

#[test]
fn every_argument_of_every_function() {
    assert!(ids::LARGEST_API_KEY.len() == 55 && api_key().len() == 60);
    let sources = fs::read_dir(source("arguments")).unwrap().filter_map(|file| {
        let path = file.unwrap().path();
        path.extension().is_some_and(|extension| extension == "c").then(|| path.file_stem().unwrap().to_owned())
    });
    let mut sources: Vec<_> = sources.collect();
    sources.sort();
    assert!(sources == ARGUMENTS, "{sources:?}");

    let (file, token) = snapshot("c_arguments");
    for flags in [&[][..], &SANITIZE] {
        let directory = fresh_directory("c_arguments_bin");
        for name in ARGUMENTS {
            let program = compile(&format!("arguments/{name}.c"), &directory, flags);
            let printed = run(Command::new(program).arg(&file).args([&token, &api_key(), &NOW.to_string()]));
            say(format!("arguments of {name} (C): {}", printed.lines().last().unwrap()));
            if name == "status" {
                // Number, name, HTTP status and text of every status are the same in Rust.
                let statuses: Vec<_> = printed.lines().filter_map(|line| line.strip_prefix("status ")).collect();
                let rust = Error::ALL
                    .iter()
                    .map(|error| format!("{} {} {} {}", error.code(), error.slug(), error.http_status(), error.text()));
                assert!(statuses.iter().copied().eq(rust), "{statuses:?}");
            }
        }
    }
}

#[test]
fn every_argument_of_the_rulebook() {
    for flags in [&[][..], &SANITIZE] {
        let program = compile("rulebook_arguments.c", &fresh_directory("c_rulebook_arguments_bin"), flags);
        say(run(&mut Command::new(&program)));
        if flags.is_empty() {
            say(format!("memcheck: {}", run(&mut memcheck(&program))));
        }
    }
}

#[test]
fn the_arguments_again_under_memcheck() {
    let (file, token) = snapshot("c_memcheck");
    let directory = fresh_directory("c_memcheck_bin");
    for name in ARGUMENTS {
        let program = compile(&format!("arguments/{name}.c"), &directory, &[]);
        let printed = run(memcheck(&program).arg(&file).args([&token, &api_key(), &NOW.to_string()]));
        say(format!("memcheck, arguments of {name}: {}", printed.lines().last().unwrap()));
    }
}

#[test]
fn pages_that_may_not_be_touched() {
    let (file, token) = snapshot("c_guarded");
    let program = compile("guarded.c", &fresh_directory("c_guarded_bin"), &[]);
    say(run(Command::new(program).arg(&file).args([&token, &NOW.to_string()])));
}

#[test]
fn held_tokens_stay_what_they_are() {
    let project = Project::new(21);
    let file = fresh_directory("c_held").join("config.json");
    fs::write(&file, project.config_document().to_json()).unwrap();
    let people = (0..24).map(|user| project.claims_of(user, NOW)).flat_map(|claims| {
        let payload = claims.to_json();
        let (_, sub) = payload.split_once(r#""sub":""#).unwrap();
        [project.mint(&claims), sub.split('"').next().unwrap().to_owned()]
    });
    let people: Vec<String> = people.collect();
    for flags in [&[][..], &SANITIZE] {
        let program = compile("held.c", &fresh_directory("c_held_bin"), flags);
        say(run(Command::new(program).arg(&file).arg(NOW.to_string()).args(&people)));
    }
}

/// Strings as they are in the payload, and decoded; absent and empty ones; one audience and several; actions with escapes.
#[test]
fn copies_need_nothing_of_the_original() {
    let project = Project::new(21);
    let file = fresh_directory("c_copied").join("config.json");
    fs::write(&file, project.config_document().to_json()).unwrap();
    let claims = project.claims(NOW);
    let full = claims
        .clone()
        .with_user_display_name("N\u{e4}me")
        .with_user_profile_picture_url("https://example.com/x.png")
        .with_organization_display_name("Acme")
        .with_impersonator("admin@example.com");
    let plain = full.clone().with_actions(["a.b.c", "d"]).to_json();
    let escaped = full.with_actions(["a.b.c", "x\ny", "", "\u{1}"]).to_json();
    let aud = format!(r#""aud":"{}""#, project.issuer());
    let several = |list: &str| escaped.replacen(&aud, &format!(r#""aud":{list}"#), 1);
    let payloads = [
        plain.clone(),
        escaped.clone(),
        // The first letter of every string as an escape.
        letters_escaped(&escaped),
        several(&format!(r#"["x","{}"]"#, project.issuer())),
        several(&format!(r#"["\n","\u0068{}","\u0079"]"#, &project.issuer()[1..])),
        claims.with_user_display_name("").with_actions(Vec::<String>::new()).to_json(),
        plain.replacen(r#""displayName":"Acme""#, r#""displayName":"""#, 1),
    ];
    let tokens = payloads.map(|payload| project.signing_key().sign_claims(&payload));
    for flags in [&[][..], &SANITIZE] {
        let program = compile("copied.c", &fresh_directory("c_copied_bin"), flags);
        let run = |mut command: Command| {
            say(run(command.arg(&file).arg(NOW.to_string()).arg(api_key()).args(&tokens)));
        };
        if flags.is_empty() {
            run(memcheck(&program));
        }
        run(Command::new(&program));
    }
}

/// The same JSON, with the first octet of each value that is a string written as an escape.
fn letters_escaped(json: &str) -> String {
    let mut parts = json.split(":\"");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let first = part.as_bytes()[0];
        assert!(first.is_ascii_alphanumeric(), "{part}");
        text += &format!(":\"\\u{:04x}{}", first, &part[1..]);
    }
    text
}

#[test]
fn threads_share_a_verifier() {
    let (file, token) = snapshot("c_threads");
    let program = compile("threads.c", &fresh_directory("c_threads_bin"), &[]);
    say(run(Command::new(program).arg(&file).args([&token, &NOW.to_string()])));
}

/// helgrind watches every access to memory, also those of the library; it finds the race that is there on purpose.
#[test]
fn threads_do_not_race() {
    let (file, token) = snapshot("c_races");
    for (flags, code) in [(&["-DTOKENS=20"][..], Some(0)), (&["-DTOKENS=20", "-DSHARED_SCRATCH"], Some(99))] {
        let program = compile("threads.c", &fresh_directory("c_races_bin"), flags);
        let mut helgrind = Command::new("valgrind");
        helgrind.args(["--tool=helgrind", "--quiet", "--error-exitcode=99"]).arg(program).arg(&file);
        let output = output(helgrind.args([&token, &NOW.to_string()]));
        let races = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), code, "{flags:?}\n{races}");
        assert!(code == Some(0) || races.contains("tesseral_verify"), "the race is inside the library:\n{races}");
    }
    say("threads: helgrind finds no race, and finds one that was made");
}
