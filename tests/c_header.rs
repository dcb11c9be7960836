//! The header compiles alone in every dialect that we promise, and C sees the structs as Rust does.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod support;

use fake_tesseral::Project;
use std::{
    mem::offset_of,
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};
use support::{WARNINGS, compile, fresh_directory, output, root, run, say, source};
use tesseral_verify::ffi::{
    tesseral_access_token_claims, tesseral_action_cursor, tesseral_answers_rules, tesseral_api_key_name, tesseral_ask,
    tesseral_auth, tesseral_authenticator_options, tesseral_document, tesseral_flight, tesseral_headers,
    tesseral_kid_hashes, tesseral_landed, tesseral_moment, tesseral_options, tesseral_poll, tesseral_question,
    tesseral_refresh_rules, tesseral_request, tesseral_skipped_key, tesseral_stats, tesseral_str, tesseral_survey,
    tesseral_verdict, tesseral_wait,
};

const C: [&str; 4] = ["-std=c99", "-std=c11", "-std=c17", "-std=c2x"];
const CPP: [&str; 2] = ["-std=c++11", "-std=c++20"];
const COMPILERS: [(&str, &str, &[&str]); 4] =
    [("gcc", "c", &C), ("clang", "c", &C), ("g++", "c++", &CPP), ("clang++", "c++", &CPP)];

#[test]
fn header_compiles_in_every_dialect() {
    let alone = fresh_directory("c_header").join("alone.c");
    std::fs::write(&alone, "#include \"tesseral_verify.h\"\n").unwrap();
    let mut compiled = 0;
    for (compiler, language, dialects) in COMPILERS {
        for dialect in dialects {
            for define in [&[][..], &["-DTESSERAL_VERIFY_STD"]] {
                for file in [&alone, &source("header.c")] {
                    let mut cc = Command::new(compiler);
                    cc.args(["-x", language, "-fsyntax-only", dialect]).args(WARNINGS).args(define);
                    run(cc.arg("-I").arg(root().join("include")).arg(file));
                    compiled += 1;
                }
            }
        }
    }
    say(format!("header: {compiled} compilations without a warning"));
    assert_eq!(compiled, 48);
}

#[test]
fn functions_of_std_need_their_define() {
    let file = fresh_directory("c_header_std").join("std.c");
    std::fs::write(&file, "#include \"tesseral_verify.h\"\nvoid *f(void) { return (void *)tesseral_verifier_new; }\n")
        .unwrap();
    for (define, compiles) in [("-DTESSERAL_VERIFY_STD", true), ("-DNOTHING", false)] {
        let mut cc = Command::new("cc");
        cc.args(["-fsyntax-only", define, "-I"]).arg(root().join("include")).arg(&file);
        assert_eq!(output(&mut cc).status.success(), compiles, "{define}");
    }
}

/// Claims for which a function existed earlier, with the type of its result.
const CLAIMS: [(&str, &str); 13] = [
    ("iss", "tesseral_str"),
    ("sub", "tesseral_str"),
    ("aud", "tesseral_str"),
    ("exp", "int64_t"),
    ("nbf", "int64_t"),
    ("iat", "int64_t"),
    ("session_id", "tesseral_str"),
    ("user_id", "tesseral_str"),
    ("user_email", "tesseral_str"),
    ("user_display_name", "tesseral_str"),
    ("user_profile_picture_url", "tesseral_str"),
    ("organization_display_name", "tesseral_str"),
    ("impersonator_email", "tesseral_str"),
];

/// To use a function that gave one claim is a compile error that names the function to use; so is the old `_INIT` macro.
#[test]
fn functions_for_one_claim_are_errors_that_tell_the_one_for_all() {
    const NEW: &str = "tesseral_auth_access_token_claims";
    let file = fresh_directory("c_header_claims").join("claims.c");
    let functions = CLAIMS.map(|(claim, result)| {
        let old = format!("tesseral_auth_{claim}");
        [
            format!("{result} out; count += {old}(auth, &out) == 0; (void)out;"),
            format!("uint32_t (*at)(const tesseral_auth *, {result} *) = {old}; count += at != NULL;"),
        ]
    });
    let old = functions.as_flattened().iter().map(|old| (&**old, false));
    let start = "tesseral_access_token_claims claims = TESSERAL_ACCESS_TOKEN_CLAIMS_INIT; (void)claims;";
    let good = "const tesseral_access_token_claims *claims = NULL; \
                count += tesseral_auth_access_token_claims(auth, &claims) == 0; (void)claims;";
    let mut refused = 0;
    for (statement, compiles) in old.chain([(start, false), (good, true)]) {
        let text = format!(
            "#include \"tesseral_verify.h\"\nint f(const tesseral_auth *);\n\
             int f(const tesseral_auth *auth) {{ int count = 0; {{ {statement} }} (void)auth; return count; }}\n"
        );
        std::fs::write(&file, text).unwrap();
        // In the oldest and the newest dialect that we promise.
        for (compiler, language, dialects) in COMPILERS {
            for dialect in [dialects[0], dialects[dialects.len() - 1]] {
                let mut cc = Command::new(compiler);
                cc.args(["-x", language, "-fsyntax-only", dialect, "-I"]).arg(root().join("include")).arg(&file);
                let output = output(&mut cc);
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.success(), compiles, "{compiler} {dialect}: {statement}\n{said}");
                let told = said.lines().any(|line| line.contains("error: ") && line.contains(NEW));
                assert!(compiles || told, "{compiler} {dialect}: {statement}\n{said}");
                refused += usize::from(!compiles);
            }
        }
    }
    say(format!("header: {refused} uses of functions for one claim refused"));
    assert_eq!(refused, (2 * CLAIMS.len() + 1) * 8);
}

/// The program of the header's first page refuses and accepts.
#[test]
fn the_first_page_is_a_program() {
    let directory = fresh_directory("c_first_page");
    let program = compile("first_page.c", &directory, &[]);
    let (project, file) = (Project::new(1), directory.join("config.json"));
    std::fs::write(&file, project.config_document().to_json()).unwrap();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let mut claims = project.claims(now);
    claims.actions = vec!["a.b.c".to_owned()];
    let (may, may_not) = (project.mint(&claims), project.access_token(now - 301));
    for (file, value, status, printed) in [
        (&*file, format!("Bearer {may}"), 0, format!("user {}\n", claims.user_id)),
        (&*file, format!("Bearer {may_not}"), 1, "401: token_expired\n".to_owned()),
        (Path::new("/nowhere"), String::new(), 2, "no keys: the configuration document is malformed\n".to_owned()),
    ] {
        let output = output(Command::new(&program).arg(file).arg(value));
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()),
            (Some(status), printed)
        );
    }
}

/// The program of README.md, as it stands there.
#[test]
fn the_readmes_program_runs() {
    let directory = fresh_directory("c_readme");
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let code = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (project, file, who) = (Project::new(2), directory.join("config.json"), directory.join("who.c"));
    std::fs::write(&file, project.config_document().to_json()).unwrap();
    std::fs::write(&who, code).unwrap();
    let program = compile(who.to_str().unwrap(), &directory, &[]);
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let accepted = format!("ok {}\n", project.claims(now).organization_id);
    for (token, status, printed) in
        [(project.access_token(now), 0, &*accepted), (project.access_token(now - 301), 1, "token_expired \n")]
    {
        let output = output(Command::new(&program).arg(&file).arg(token));
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stdout)), (Some(status), printed));
    }
}

/// A program that uses the old name of a function gets an error that has the new one; the same program with the new one compiles.
#[test]
fn old_names_are_errors_that_tell_the_new_ones() {
    // Old and new name, how it is called, and its type around the name.
    const RENAMED: [(&str, &str, &str, [&str; 2]); 7] = [
        (
            "tesseral_authenticate_held",
            "tesseral_authenticate",
            "(NULL, NULL, NULL, 0, text, 5, NULL, NULL)",
            [
                "uint32_t (*",
                ")(const tesseral_verifier *, tesseral_cache *, const tesseral_headers *, int64_t, uint8_t *, size_t, \
                 tesseral_auth *, tesseral_hold *)",
            ],
        ),
        (
            "tesseral_auth_has_permission",
            "tesseral_auth_permits",
            "(auth, text, 5)",
            ["bool (*", ")(const tesseral_auth *, const uint8_t *, size_t)"],
        ),
        (
            "tesseral_authenticator_ready",
            "tesseral_authenticator_is_ready",
            "(keeper, 0)",
            ["bool (*", ")(const tesseral_authenticator *, uint32_t)"],
        ),
        (
            "tesseral_authenticator_not_ready",
            "tesseral_authenticator_not_ready_reason",
            "(keeper, text, 5, len)",
            ["uint32_t (*", ")(const tesseral_authenticator *, uint8_t *, size_t, size_t *)"],
        ),
        ("tesseral_authenticator_wait_for_fetch", "tesseral_attempt_poll", POLL_ARGUMENTS, POLL_TYPE),
        ("tesseral_authenticator_authenticate_after_fetch", "tesseral_attempt_poll", POLL_ARGUMENTS, POLL_TYPE),
        ("tesseral_authenticator_look_up", "tesseral_attempt_poll", POLL_ARGUMENTS, POLL_TYPE),
    ];
    const POLL_ARGUMENTS: &str = "(NULL, NULL, NULL, 0, text, 5, NULL)";
    const POLL_TYPE: [&str; 2] = [
        "uint32_t (*",
        ")(tesseral_attempt *, tesseral_cache *, const tesseral_headers *, int64_t, uint8_t *, size_t, tesseral_auth *)",
    ];
    let directory = fresh_directory("c_header_renamed");
    let mut refused = 0;
    for (old, new, arguments, [before, after]) in RENAMED {
        // A program calls a function, ignores its result, takes its address, or puts it into a table.
        let uses = |name: &str| {
            [
                format!("if ({name}{arguments}) count++;"),
                format!("{name}{arguments};"),
                format!("{before}at{after} = &{name}; count += at != NULL;"),
                format!("{before}at{after} = {name}; count += at != NULL;"),
                format!("{before}table[1]{after} = {{{name}}}; count += table[0] != NULL;"),
            ]
        };
        for (name, compiles) in [(new, true), (old, false)] {
            for statement in uses(name) {
                let file = directory.join("renamed.c");
                let text = format!(
                    "#include \"tesseral_verify.h\"\n\
                     int f(const tesseral_auth *, const tesseral_authenticator *, uint8_t *, size_t *);\n\
                     int f(const tesseral_auth *auth, const tesseral_authenticator *keeper, uint8_t *text, size_t *len)\n\
                     {{ int count = 0; {{ {statement} }} (void)auth; (void)keeper; (void)text; (void)len; return count; }}\n"
                );
                std::fs::write(&file, text).unwrap();
                for (compiler, language, dialects) in COMPILERS {
                    for dialect in dialects {
                        let mut cc = Command::new(compiler);
                        cc.args(["-x", language, "-fsyntax-only", dialect, "-DTESSERAL_VERIFY_STD"]);
                        // The old name itself is the error, not a warning about something else.
                        cc.args(compiles.then_some(WARNINGS).into_iter().flatten());
                        let output = output(cc.arg("-I").arg(root().join("include")).arg(&file));
                        let said = String::from_utf8_lossy(&output.stderr);
                        assert_eq!(output.status.success(), compiles, "{compiler} {dialect}: {statement}\n{said}");
                        // The new name stands in the error itself, before the line of the program that the compiler quotes.
                        let told = said.lines().any(|line| line.contains("error: ") && line.contains(new));
                        assert!(compiles || told, "{compiler} {dialect}: {statement}\n{said}");
                        refused += usize::from(!compiles);
                    }
                }
            }
        }
    }
    say(format!("header: {refused} uses of old names refused, and as many of the new ones compile"));
    assert_eq!(refused, 7 * 5 * 12);
}

macro_rules! table {
    ($type:ident: $($member:ident),+) => {{
        fn size<T, M>(_: impl Fn(&T) -> &M) -> usize {
            size_of::<M>()
        }
        let mut table = format!("{} {}\n", stringify!($type), size_of::<$type>());
        $(
            let member = size(|whole: &$type| &whole.$member);
            let name = stringify!($member);
            table += &format!("{}.{name} {} {member}\n", stringify!($type), offset_of!($type, $member));
        )+
        table
    }};
}

#[test]
fn c_and_rust_agree_on_every_offset() {
    let rust = [
        table!(tesseral_str: ptr, len),
        table!(tesseral_options: struct_size, profile, issuer, project_id, leeway_seconds, max_token_len, api_keys, reserved, base_table),
        table!(tesseral_skipped_key: index, reason),
        table!(tesseral_auth: struct_size, credentials_type, credentials, organization_id, api_key_id, actions_json, actions_decoded, payload, claims),
        table!(
            tesseral_headers: struct_size,
            refuse_api_keys,
            authorization,
            authorization_count,
            cookie,
            cookie_count,
            credential
        ),
        table!(
            tesseral_survey: struct_size,
            skipped_count,
            keys_usable,
            keys_skipped,
            error_offset,
            memory_len,
            project_id_len,
            issuer_len,
            project_id,
            issuer,
            skipped
        ),
        table!(tesseral_action_cursor: json_used, decoded_used),
        table!(tesseral_authenticator_options: struct_size, profile, publishable_key, config_host, backend_host, backend_api_key, ca_pem, last_good_file, issuer, leeway_seconds, max_token_len, api_keys, refresh_interval_ms, cooldown_ms, max_stale_seconds, connect_timeout_ms, total_timeout_ms, api_key_ttl_ms, refused_api_key_ttl_ms, key_wait_ms, key_waiters, log, log_context),
        table!(tesseral_stats: struct_size, ready, keys_used, keys_skipped, snapshot_age_ms, next_refresh_ms, refreshes, refresh_failures, early_refreshes, lookups, lookup_failures, api_key_cache_hits, signature_cache_hits),
        table!(tesseral_access_token_claims: iss, sub, aud, exp, nbf, iat, session_id, user_id, user_email, user_display_name, user_profile_picture_url, organization_id, organization_display_name, impersonator_email),
        table!(tesseral_moment: steady, wall),
        table!(tesseral_flight: number, began),
        table!(tesseral_refresh_rules: struct_size, waiters, interval_ms, stale_ms, cooldown_ms, timeout_ms, wait_ms),
        table!(tesseral_poll: struct_size, act, flight, until),
        table!(tesseral_wait: until, place, reserved),
        table!(tesseral_request: struct_size, act, wake, reserved, flight, wait),
        table!(tesseral_kid_hashes: struct_size, count, hashes),
        table!(tesseral_document: struct_size, in_use, usable, due_percent, number, began, age_ms, handle, len),
        table!(tesseral_api_key_name: scope, fingerprint),
        table!(tesseral_answers_rules: struct_size, questions, good_ttl_ms, refused_ttl_ms, timeout_ms, max_answers_len),
        table!(tesseral_question: number, sent),
        table!(tesseral_verdict: kind, reserved, handle, len),
        table!(tesseral_ask: struct_size, act, verdict, question, until, ticket),
        table!(tesseral_landed: struct_size, kept, freed_count, reserved, freed),
    ]
    .concat();
    let c = run(&mut Command::new(compile("layout.c", &fresh_directory("c_layout"), &[])));
    say(format!("layout: {} sizes and offsets compared", rust.lines().count()));
    assert_eq!(c, rust);
}
