//! The committed header is what cbindgen makes of src/ffi, and its constants are those of the Rust side.
//!
//! `TESSERAL_BLESS=1 cargo test --features ffi,std --test header` rewrites it.
#![cfg(all(feature = "ffi", feature = "std"))]

use std::{fs, path::Path};
use tesseral_verify::{Error, ffi};

#[test]
fn committed_header_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/tesseral_verify.h");
    let generated = generate();
    if std::env::var_os("TESSERAL_BLESS").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let first_difference = committed.lines().zip(generated.lines()).position(|(is, should)| is != should);
    assert!(committed == generated, "line {first_difference:?} differs: run this test with TESSERAL_BLESS=1");
}

#[test]
fn every_error_has_its_constant() {
    let header = generate();
    for error in Error::ALL {
        let line = format!("#define TESSERAL_ERR_{} {}\n", error.slug().to_uppercase(), error.code());
        assert!(header.contains(&line), "{line}");
    }
    let defined = header.matches("#define TESSERAL_ERR_").count();
    assert_eq!(defined, Error::ALL.len());
}

/// A status, of which 0 is success, would make `if (tesseral_auth_permits(…))` mean the opposite of what it says.
#[test]
fn questions_are_answered_with_bool() {
    const ANYWHERE: [&str; 7] = ["is", "are", "has", "can", "may", "permits", "allows"];
    const LAST: [&str; 5] = ["ready", "valid", "expired", "empty", "fresh"];
    let header = generate();
    let mut questions = Vec::new();
    for item in header.split("\n/**\n").skip(1) {
        let Some((description, declaration)) = item.split_once(" */\n") else { continue };
        let Some((head, _)) = declaration.split_once('(') else { continue };
        let Some(start) = head.find("tesseral_").filter(|_| !head.contains(['#', '{', ';'])) else { continue };
        let (result, name) = head.split_at(start);
        let words: Vec<&str> = name.split('_').collect();
        let reads_so =
            words.iter().any(|word| ANYWHERE.contains(word)) || words.last().is_some_and(|word| LAST.contains(word));
        if reads_so || description.starts_with(" * Whether ") {
            assert_eq!(result, "bool ", "{name}");
            questions.push(name);
        }
    }
    let all = ["tesseral_auth_permits", "tesseral_authenticator_is_ready", "tesseral_refresh_is_fetching"];
    assert_eq!(questions, all);
}

/// How many functions there are; each stands below the heading of a group.
#[test]
fn functions_are_in_groups() {
    let header = generate();
    let (before, groups) = header.split_once(&format!("/* {} -", GROUPS[0].1)).unwrap();
    let functions = |text: &str| {
        let declares = |line: &&str| {
            let begins = line.starts_with(|first: char| first.is_ascii_lowercase()) && !line.starts_with("typedef");
            begins && line.contains('(') && (line.contains(" tesseral_") || line.contains("*tesseral_"))
        };
        text.lines().filter(declares).count()
    };
    println!("header: {} functions in {} groups", functions(groups), GROUPS.len());
    assert_eq!(functions(before), 0);
    assert_eq!(functions(groups), groups.matches("\n/**\n").count(), "every description is of a function");
}

#[test]
fn a_verifier_has_a_table_for_each_key_and_a_server_one_more() {
    for (profile, table, base) in [
        (ffi::TESSERAL_PROFILE_SERVER, ffi::TESSERAL_TABLE_SIZE_SERVER, 1),
        (ffi::TESSERAL_PROFILE_COMPACT, ffi::TESSERAL_TABLE_SIZE_COMPACT, 0),
        (ffi::TESSERAL_PROFILE_TINY, ffi::TESSERAL_TABLE_SIZE_TINY, 0),
    ] {
        for keys in 1..=ffi::TESSERAL_MAX_KEYS {
            let beside = ffi::tesseral_verifier_size(profile, keys) - table * (keys + base);
            // Head and keys; tests/c/arguments/verifier.c compares with the macro.
            assert!((1..2048 + 416 * keys).contains(&beside), "profile {profile}, {keys} keys: {beside}");
        }
        assert_eq!(ffi::tesseral_verifier_size(profile, 0), 0);
        assert_eq!(ffi::tesseral_verifier_size(profile, ffi::TESSERAL_MAX_KEYS + 1), 0);
    }
    assert_eq!(ffi::tesseral_verifier_size(3, 1), 0);
    for keys in 1..=ffi::TESSERAL_MAX_KEYS {
        let tiny = ffi::tesseral_verifier_size(ffi::TESSERAL_PROFILE_TINY, keys);
        assert_eq!(ffi::tesseral_opened_verifier_size(keys), tiny - keys * ffi::TESSERAL_TABLE_SIZE_TINY);
    }
    assert_eq!(ffi::tesseral_opened_verifier_size(0), 0);
    assert_eq!(ffi::tesseral_opened_verifier_size(ffi::TESSERAL_MAX_KEYS + 1), 0);
}

fn generate() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_root_or_default(root);
    config.header = Some(title());
    config.after_includes = Some(macros());
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in [
        "constants",
        "types",
        "verifier",
        "memory",
        "base_table",
        "image",
        "survey",
        "authenticate",
        "verify",
        "auth",
        "actions",
        "find_claim",
        "copy",
        "status",
        "cache",
        "revoked",
        "api_key",
        "authenticator",
        "settings",
        "stats",
        "attempt",
        "rulebook/constants",
        "rulebook/types",
        "rulebook/kids",
        "rulebook/refresh",
        "rulebook/request",
        "rulebook/answers",
    ] {
        builder = builder.with_src(root.join(format!("src/ffi/{file}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    let mut header = String::from_utf8(header).unwrap();
    for (first, heading) in GROUPS {
        let declared = ["uint32_t ", "size_t ", "const char *"].map(|result| format!("\n{result}{first}("));
        let declaration = declared.iter().find_map(|declared| header.find(declared)).unwrap();
        let comment = header[..declaration].rfind("\n/**\n").unwrap() + 1;
        // What is under TESSERAL_VERIFY_STD says so in the line before.
        let place = header[..comment].strip_suffix("#if defined(TESSERAL_VERIFY_STD)\n").map_or(comment, str::len);
        header.insert_str(place, &format!("/* {heading} {} */\n\n", "-".repeat(100 - heading.len())));
    }
    header
}

/// The first function of each group, common ones before less common ones.
const GROUPS: [(&str, &str); 10] = [
    ("tesseral_verifier_init", "Keys: a verifier from a configuration document"),
    ("tesseral_authenticate", "Requests and tokens"),
    ("tesseral_auth_credentials_type", "Who sent the request"),
    ("tesseral_status_slug", "Statuses and versions"),
    ("tesseral_cache_size", "A cache for tokens that come again"),
    ("tesseral_revoked_size", "Sessions and users that are revoked before their tokens expire"),
    ("tesseral_api_key_request", "API keys, with your own transport"),
    ("tesseral_authenticator_new", "Keys kept fresh and API keys looked up over the network"),
    ("tesseral_unknown_kids", "Keys kept fresh with your own transport"),
    ("tesseral_answers_size", "Answers about API keys, with your own transport"),
];

/// The first page of the header. Its `PROGRAM` is tests/c/first_page.c.
fn title() -> String {
    let (_, program) = include_str!("c/first_page.c").split_once("*/\n").unwrap();
    let program: Vec<String> = program.lines().map(|line| format!(" *     {line}").trim_end().to_owned()).collect();
    TITLE.replace(" * PROGRAM", &program.join("\n"))
}

const TITLE: &str = "\
/*
 * tesseral_verify.h: verifies Tesseral access tokens and API keys.
 *
 * Generated from src/ffi by cbindgen; do not edit.
 *
 * A whole program: it says whose request it is that has this Authorization header, by the keys of this file.
 *
 * PROGRAM
 *
 * Octets are a pointer and a length, never NUL-terminated. Functions that can fail return a status: 0 is
 * success, TESSERAL_ERR_ constants say what is wrong, and outputs are written only on success unless their
 * description says otherwise. A NULL, misaligned, overlapping or too long argument is
 * TESSERAL_ERR_INVALID_ARGUMENT. Functions that answer a question return bool: true is yes, and with such an argument
 * the answer is false. Nothing here keeps global state, reads a clock, or starts a thread, except a
 * tesseral_authenticator, which has a few threads; only the functions under TESSERAL_VERIFY_STD allocate. A verifier never
 * changes: any number of threads may share one.
 *
 * TESSERAL_VERIFY_STD is defined by pkg-config and CMake for the library that has those functions.
 */";

fn macros() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let [major, minor, patch] =
        [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
    format!(
        "
/* The version of this header; tesseral_version() tells that of the library. */
#define TESSERAL_VERSION \"{version}\"
#define TESSERAL_VERSION_MAJOR {major}
#define TESSERAL_VERSION_MINOR {minor}
#define TESSERAL_VERSION_PATCH {patch}
{MACROS}"
    )
}

const MACROS: &str = "
/*
 * Bytes of a verifier, as a constant for static arrays: what tesseral_verifier_size() says. profile is SERVER, COMPACT or TINY:
 *
 *     static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, 2)];
 *
 * TESSERAL_VERIFIER_SIZE(SHARING, n) is that of a server's verifier that shares a tesseral_base_table.
 */
#define TESSERAL_VERIFIER_SIZE(profile, max_keys) \\
    (TESSERAL_OPENED_VERIFIER_SIZE(max_keys) + TESSERAL_VERIFIER_TABLES_##profile(max_keys))

/* What TESSERAL_VERIFIER_SIZE adds up: the bytes of a verifier without its keys, of one key without its table, and the tables. */
#define TESSERAL_VERIFIER_HEAD_SIZE (960 + 16 * sizeof(size_t))
#define TESSERAL_VERIFIER_KEY_SIZE (392 + 3 * sizeof(size_t))
#define TESSERAL_VERIFIER_TABLES_SERVER(max_keys) (TESSERAL_TABLE_SIZE_SERVER * ((max_keys) + 1))
#define TESSERAL_VERIFIER_TABLES_SHARING(max_keys) (TESSERAL_TABLE_SIZE_SERVER * (max_keys))
#define TESSERAL_VERIFIER_TABLES_COMPACT(max_keys) (TESSERAL_TABLE_SIZE_COMPACT * (max_keys))
#define TESSERAL_VERIFIER_TABLES_TINY(max_keys) (TESSERAL_TABLE_SIZE_TINY * (max_keys))

/* Bytes of a verifier of an image, as a constant for static arrays: what tesseral_opened_verifier_size() says. */
#define TESSERAL_OPENED_VERIFIER_SIZE(max_keys) \\
    (TESSERAL_VERIFIER_HEAD_SIZE + (TESSERAL_VERIFIER_KEY_SIZE * (max_keys) + 63) / 64 * 64)

/* Bytes of scratch memory for tokens of up to max_token_len octets, as a constant for static arrays. */
#define TESSERAL_SCRATCH_SIZE(max_token_len) (((max_token_len) / 4 + 1) * 6)

/*
 * Bytes of a list of revoked sessions and users with so many lines, as a constant for static arrays: what
 * tesseral_revoked_size() says.
 */
#define TESSERAL_REVOKED_SIZE(lines) (TESSERAL_REVOKED_HEAD_SIZE + ((lines) + (lines) / 2 + 1) * 16)

/*
 * Bytes of a tesseral_answers_ state, as a constant for static arrays: what tesseral_answers_size() says for numbers in
 * range.
 */
#define TESSERAL_ANSWERS_SIZE(answers, questions) (((answers) + 15) / 16 * 1664 + (questions) * 160 + 88)

/* What callers' structs start from. */
#define TESSERAL_STR_NONE {NULL, 0}
#define TESSERAL_OPTIONS_INIT \\
    {sizeof(tesseral_options), 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, 0, 0, 0, 0, NULL}
#define TESSERAL_HEADERS_INIT {sizeof(tesseral_headers), 0, NULL, 0, NULL, 0, TESSERAL_STR_NONE}
#define TESSERAL_SURVEY_INIT {sizeof(tesseral_survey), 0, 0, 0, 0, {0, 0, 0}, 0, 0, {0}, {0}, {{0, 0}}}
#define TESSERAL_AUTH_INIT \\
    {sizeof(tesseral_auth), 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, \\
     TESSERAL_STR_NONE, TESSERAL_STR_NONE, \\
     {TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, 0, 0, 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, \\
      TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE}}
#define TESSERAL_HOLD_INIT {sizeof(tesseral_hold), 0, 0, 0}
#define TESSERAL_ACTION_CURSOR_INIT {0, 0}
#define TESSERAL_REFRESH_RULES_INIT {sizeof(tesseral_refresh_rules), 0, 0, 0, 0, 0, 0}
#define TESSERAL_POLL_INIT {sizeof(tesseral_poll), 0, {0, {0, 0}}, 0}
#define TESSERAL_REQUEST_INIT {sizeof(tesseral_request), 0, 0, 0, {0, {0, 0}}, {0, 0, 0}}
#define TESSERAL_KID_HASHES_INIT {sizeof(tesseral_kid_hashes), 0, {0}}
#define TESSERAL_DOCUMENT_INIT {sizeof(tesseral_document), 0, 0, 0, 0, {0, 0}, 0, 0, 0}
#define TESSERAL_ANSWERS_RULES_INIT {sizeof(tesseral_answers_rules), 0, 0, 0, 0, 0}
#define TESSERAL_ASK_INIT {sizeof(tesseral_ask), 0, {0, 0, 0, 0}, {0, {0, 0}}, 0, 0}
#define TESSERAL_LANDED_INIT {sizeof(tesseral_landed), 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0}}
#define TESSERAL_AUTHENTICATOR_OPTIONS_INIT \\
    {sizeof(tesseral_authenticator_options), 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, \\
     TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \\
     0, 0, NULL, NULL}
#define TESSERAL_STATS_INIT {sizeof(tesseral_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/*
 * Earlier names of functions. Every use is a compile error that names the function to use instead. These returned 0 for yes,
 * had a name that read like a question, or blocked or judged after tesseral_authenticator_try_authenticate().
 */
#define TESSERAL_RENAMED_TO(name) (sizeof(struct renamed_to_##name))
#define tesseral_auth_has_permission TESSERAL_RENAMED_TO(tesseral_auth_permits)
#define tesseral_authenticator_ready TESSERAL_RENAMED_TO(tesseral_authenticator_is_ready)
#define tesseral_authenticator_not_ready TESSERAL_RENAMED_TO(tesseral_authenticator_not_ready_reason)
#define tesseral_authenticator_wait_for_fetch TESSERAL_RENAMED_TO(tesseral_attempt_poll)
#define tesseral_authenticator_authenticate_after_fetch TESSERAL_RENAMED_TO(tesseral_attempt_poll)
#define tesseral_authenticator_look_up TESSERAL_RENAMED_TO(tesseral_attempt_poll)

/* The same for functions that gave one claim each, and for what a struct of claims used to start from. */
#define tesseral_auth_iss TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_sub TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_aud TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_exp TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_nbf TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_iat TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_session_id TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_id TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_email TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_display_name TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_profile_picture_url TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_organization_display_name TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_impersonator_email TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define TESSERAL_ACCESS_TOKEN_CLAIMS_INIT TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)

/* The same for functions that had a cache or a hold besides, for what a survey says, and for sizes that are constants. */
#define tesseral_verify_token_cached TESSERAL_RENAMED_TO(tesseral_verify_token)
#define tesseral_authenticate_cached TESSERAL_RENAMED_TO(tesseral_authenticate)
#define tesseral_authenticate_held TESSERAL_RENAMED_TO(tesseral_authenticate)
#define tesseral_verifier_keys_skipped TESSERAL_RENAMED_TO(tesseral_survey_document)
#define tesseral_verifier_skipped_key TESSERAL_RENAMED_TO(tesseral_survey_document)
#define tesseral_verifier_align TESSERAL_RENAMED_TO(TESSERAL_VERIFIER_ALIGN)
#define tesseral_cache_align TESSERAL_RENAMED_TO(TESSERAL_CACHE_ALIGN)
#define tesseral_scratch_size TESSERAL_RENAMED_TO(TESSERAL_SCRATCH_SIZE)
";
