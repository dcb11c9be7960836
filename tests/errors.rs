//! The list of errors, and one witness for each that Rust gives without I/O.

mod common;

use common::room::{authenticate, load_slug, slug, verify};
use fake_tesseral::{Project, jws};
use std::collections::HashSet;
use tesseral_verify::{
    ApiKey, Error, Key, Memory, Options, Profile, Revoked, TableEntry, Verifier, image::Trust, revoked,
};

/// The statuses of docs/design.md 3.6. Once a number is released, its meaning never changes.
const DESIGN: [(Error, u32, &str, u16); 32] = [
    (Error::InvalidArgument, 1001, "invalid_argument", 500),
    (Error::BufferTooSmall, 1002, "buffer_too_small", 500),
    (Error::NotAnAccessToken, 1003, "not_an_access_token", 500),
    (Error::ConfigMalformed, 1101, "config_malformed", 500),
    (Error::ConfigTooLarge, 1102, "config_too_large", 500),
    (Error::ConfigNoUsableKey, 1103, "config_no_usable_key", 500),
    (Error::ConfigNoIssuer, 1104, "config_no_issuer", 500),
    (Error::RevocationsMalformed, 1105, "revocations_malformed", 500),
    (Error::ImageMalformed, 1106, "image_malformed", 500),
    (Error::TokenTooLarge, 2001, "token_too_large", 401),
    (Error::TokenMalformed, 2002, "token_malformed", 401),
    (Error::HeaderMalformed, 2003, "header_malformed", 401),
    (Error::CritNotSupported, 2004, "crit_not_supported", 401),
    (Error::CredentialsMissing, 2101, "credentials_missing", 401),
    (Error::CredentialsUnrecognized, 2102, "credentials_unrecognized", 401),
    (Error::AlgNotAllowed, 3001, "alg_not_allowed", 401),
    (Error::KeyUnknown, 3002, "key_unknown", 401),
    (Error::KeysUnavailable, 3003, "keys_unavailable", 503),
    (Error::KeyFetchNeeded, 3004, "key_fetch_needed", 401),
    (Error::SignatureInvalid, 4001, "signature_invalid", 401),
    (Error::TokenExpired, 5001, "token_expired", 401),
    (Error::TokenNotYetValid, 5002, "token_not_yet_valid", 401),
    (Error::ClaimsMalformed, 5003, "claims_malformed", 401),
    (Error::IssuerMismatch, 5004, "issuer_mismatch", 401),
    (Error::AudienceMismatch, 5005, "audience_mismatch", 401),
    (Error::TokenRevoked, 5006, "token_revoked", 401),
    (Error::ApiKeyInvalid, 6001, "api_key_invalid", 401),
    (Error::ApiKeysNotPermitted, 6002, "api_keys_not_permitted", 403),
    (Error::ApiKeyLookupNeeded, 6003, "api_key_lookup_needed", 500),
    (Error::ApiKeyLookupFailed, 6004, "api_key_lookup_failed", 503),
    (Error::PermissionMissing, 7001, "permission_missing", 403),
    (Error::InternalError, 9001, "internal_error", 500),
];

/// What Rust without I/O never returns, and what does.
const NO_WITNESS: [(Error, &str); 5] = [
    (Error::KeysUnavailable, "the authenticator of the feature std, before the first snapshot or when it is too old"),
    (Error::KeyFetchNeeded, "C, where Rust has net::Attempt::FetchNeeded"),
    (Error::ApiKeyLookupNeeded, "C, where Rust has Authentication::LookupNeeded"),
    (Error::PermissionMissing, "the bindings, where Rust has Auth::has_permission"),
    (Error::InternalError, "the C boundary, when it caught a panic"),
];

#[test]
fn list_is_the_designs() {
    assert_eq!(Error::ALL.len(), DESIGN.len());
    for (error, (variant, code, slug, http)) in Error::ALL.iter().zip(DESIGN) {
        let own = (*error, error.code(), error.slug(), error.http_status());
        assert_eq!(own, (variant, code, slug, http));
        assert_eq!((Error::from_code(code), Error::from_slug(slug)), (Some(variant), Some(variant)));
    }
    let codes: HashSet<u32> = Error::ALL.iter().map(|error| error.code()).collect();
    let slugs: HashSet<&str> = Error::ALL.iter().map(|error| error.slug()).collect();
    let texts: HashSet<&str> = Error::ALL.iter().map(|error| error.text()).collect();
    assert_eq!([codes.len(), slugs.len(), texts.len()], [DESIGN.len(); 3], "one to one");
}

#[test]
fn unknown_codes_and_slugs() {
    for code in [0, 1, 401, 1000, 1004, 9002, u32::MAX] {
        assert_eq!(Error::from_code(code), None, "{code}");
    }
    for slug in ["", "ok", "Token_expired", "token_expired ", "TESSERAL_ERR_TOKEN_EXPIRED"] {
        assert_eq!(Error::from_slug(slug), None, "{slug}");
    }
}

#[test]
fn every_error_has_a_witness_or_a_reason() {
    let witnessed: HashSet<&str> = witnesses().into_iter().collect();
    for error in Error::ALL {
        let excused = NO_WITNESS.iter().any(|(other, _)| other == error);
        assert_ne!(
            witnessed.contains(error.slug()),
            excused,
            "{error:?}: a witness or an entry of NO_WITNESS, not both"
        );
    }
    assert!(witnessed.iter().all(|slug| *slug == "ok" || Error::from_slug(slug).is_some()), "{witnessed:?}");
}

const NOW: i64 = 1_750_000_000;

/// Causes each error once, and gives the slugs.
fn witnesses() -> Vec<&'static str> {
    let project = Project::new(1);
    let (key, document) = (project.signing_key(), project.config_document().to_json());
    let options = Options::new().api_keys(true);
    let mut slugs = vec![
        load_slug(document.as_bytes(), &Options::new().leeway_seconds(301)),
        load_slug(b"", &Options::new()),
        slug(Revoked::load(b"", &mut [], [0; 16]).map_err(|refusal| refusal.error)),
        slug(Verifier::open(&[], &mut [], Trust::Storage)),
        load_slug(&vec![b' '; 262_145], &Options::new()),
        load_slug(br#"{"projectId":"p","keys":[]}"#, &Options::new()),
        load_slug(format!(r#"{{"keys":[{}]}}"#, key.jwk()).as_bytes(), &Options::new()),
    ];
    let memory = Memory::borrowed(&mut [], &mut []);
    slugs.push(slug(Verifier::load(document.as_bytes(), memory, &options).map_err(|refusal| refusal.error)));

    let (mut keys, mut entries) = ([Key::VACANT], vec![TableEntry::ZERO; Profile::Server.entries(1)]);
    let memory = Memory::borrowed(&mut keys, &mut entries);
    let verifier = Verifier::load(document.as_bytes(), memory, &options).unwrap();
    let claims = project.claims(NOW);
    let good = project.mint(&claims);
    let other_issuer = claims.to_json().replacen("tesseral.app", "example", 1);
    let other_audience = claims.to_json().replacen("\"aud\":\"", "\"aud\":\"x", 1);
    let header = |alg: &str, rest: &str| {
        let header = format!(r#"{{"alg":"{alg}","kid":"{}"{rest}}}"#, key.kid());
        key.sign_compact(header.as_bytes(), claims.to_json().as_bytes())
    };
    for (token, now) in [
        (good.clone(), NOW),
        ("a".repeat(16_385), NOW),
        (String::new(), NOW),
        (key.sign_compact(b"[]", b"{}"), NOW),
        (header("none", ""), NOW),
        (header("ES256", r#","crit":[]"#), NOW),
        (key.clone().with_kid("k").sign_claims("{}"), NOW),
        (jws::tamper(&good).unwrap(), NOW),
        (good.clone(), NOW + 301),
        (good.clone(), NOW - 1),
        (key.sign_claims("{}"), NOW),
        (key.sign_claims(&other_issuer), NOW),
        (key.sign_claims(&other_audience), NOW),
    ] {
        slugs.push(verify(&verifier, token.as_bytes(), now));
    }
    let list = format!("tesseral-revoked 1\n{} {}\n", project.id, claims.session_id);
    let mut memory = vec![0; revoked::size(1)];
    let revoked = Revoked::load(list.as_bytes(), &mut memory, [0; 16]).unwrap();
    let mut scratch = vec![0; verifier.scratch_len()];
    let auth = verifier.verify_token(good.as_bytes(), NOW, None, &mut scratch).unwrap();
    slugs.push(slug(verifier.check_revoked(&revoked, &auth)));
    slugs.push(authenticate(&verifier, &[], &[], NOW));
    slugs.push(authenticate(&verifier, &[b"Bearer A"], &[], NOW));
    slugs.push(authenticate(&verifier, &[b"Bearer a"], &[], NOW));

    let text = format!("p_{}", "0".repeat(55));
    let api_key = ApiKey::parse(text.as_bytes()).unwrap();
    let mut scratch = [0; 100];
    let body = br#"{"apiKeyId":"a","organizationId":"o"}"#;
    slugs.push(slug(
        api_key.response(200, body, &mut scratch).and_then(|auth| auth.access_token_claims().copied().map(drop)),
    ));
    slugs.push(slug(api_key.response(500, b"", &mut scratch)));
    slugs.push(slug(api_key.response(403, br#"{"message":"permission_denied"}"#, &mut scratch)));
    slugs
}
