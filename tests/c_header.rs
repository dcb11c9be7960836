//! The header compiles alone in every dialect that we promise, and C sees the structs as Rust does.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod support;

use std::{mem::offset_of, process::Command};
use support::{WARNINGS, compile, fresh_directory, output, root, run, say, source};
use tesseral_verify::ffi::{
    tesseral_access_token_claims, tesseral_action_cursor, tesseral_auth, tesseral_authenticator_options,
    tesseral_headers, tesseral_options, tesseral_skipped_key, tesseral_stats, tesseral_str,
};

const C: [&str; 4] = ["-std=c99", "-std=c11", "-std=c17", "-std=c2x"];
const CPP: [&str; 2] = ["-std=c++11", "-std=c++20"];

#[test]
fn header_compiles_in_every_dialect() {
    let alone = fresh_directory("c_header").join("alone.c");
    std::fs::write(&alone, "#include \"tesseral_verify.h\"\n").unwrap();
    let mut compiled = 0;
    for (compiler, language, dialects) in
        [("gcc", "c", &C[..]), ("clang", "c", &C), ("g++", "c++", &CPP), ("clang++", "c++", &CPP)]
    {
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
        table!(tesseral_options: struct_size, profile, issuer, project_id, leeway_seconds, max_token_len, api_keys, reserved),
        table!(tesseral_skipped_key: index, reason, reserved),
        table!(tesseral_auth: struct_size, credentials_type, credentials, organization_id, api_key_id, actions_json, actions_decoded, exp, nbf, iat, iss, sub, aud, session_id, user_id, user_email, user_display_name, user_profile_picture_url, organization_display_name, impersonator_email, payload),
        table!(tesseral_headers: struct_size, reserved, authorization, authorization_count, cookie, cookie_count),
        table!(tesseral_action_cursor: json_used, decoded_used),
        table!(tesseral_authenticator_options: struct_size, profile, publishable_key, config_host, backend_host, backend_api_key, ca_pem, last_good_file, issuer, leeway_seconds, max_token_len, api_keys, refresh_interval_ms, cooldown_ms, max_stale_seconds, connect_timeout_ms, total_timeout_ms, api_key_ttl_ms, refused_api_key_ttl_ms),
        table!(tesseral_stats: struct_size, ready, keys_used, keys_skipped, snapshot_age_ms, next_refresh_ms, refreshes, refresh_failures, early_refreshes, lookups, lookup_failures, api_key_cache_hits, signature_cache_hits),
        table!(tesseral_access_token_claims: struct_size, reserved, iss, sub, aud, exp, nbf, iat, session_id, user_id, user_email, user_display_name, user_profile_picture_url, organization_id, organization_display_name, impersonator_email),
    ]
    .concat();
    let c = run(&mut Command::new(compile("layout.c", &fresh_directory("c_layout"), &[])));
    say(format!("layout: {} sizes and offsets compared", rust.lines().count()));
    assert_eq!(c, rust);
}
