//! Token-shaped vectors, through `verify_token` and through `authenticate`.

mod common;

use common::{
    engine::PublicKey,
    room::{Room, authenticate, slug, verify},
    sets::{Summary, authored, base64, external, folder, grouped, list, text},
};
use serde_json::{Map, Value, json};
use tesseral_verify::{Auth, Cache, Error, Options, Profile, Verifier, cache};

#[test]
fn hostile_corpus() {
    authored_set("jwt_hostile_corpus.json", 388);
}

#[test]
fn extreme_scalars() {
    authored_set("es256_extreme_scalars.json", 160);
}

#[test]
fn forged_and_bounds() {
    authored_set("forged_and_bounds.json", 354);
}

#[test]
fn the_copies_are_those_of_the_folder() {
    let Some(folder) = folder("authored/") else { return };
    for file in ["jwt_hostile_corpus.json", "es256_extreme_scalars.json", "forged_and_bounds.json"] {
        let original: Value =
            serde_json::from_slice(&std::fs::read(folder.join("authored").join(file)).unwrap()).unwrap();
        assert!(authored(file) == original, "{file} is not the folder's");
    }
}

/// Each token is judged in four ways: alone, in every profile; with a cache, twice; in a Bearer header; and in the cookie.
fn authored_set(file: &str, count: usize) {
    let set = authored(file);
    let options = Options::new().issuer(text(&set, "issuer")).project_id("project_of_the_cookie");
    let (mut room, mut other) = (Room::with_keys(64), Room::with_keys(64));
    let mut memory = vec![0; cache::size(64, 4096)];
    let mut cache = Cache::new(&mut memory, 4096, *b"sixteen octets!!").unwrap();
    let mut summary = Summary::of(file, &set);
    for test in list(&set, "tests") {
        let (id, expected) = (text(test, "id"), text(test, "slug"));
        assert_eq!(text(test, "expect") == "accept", expected == "ok", "{id}");
        let document = test.get("jwks").unwrap_or(&set["jwks"]).as_str().unwrap();
        let now = test.get("now").unwrap_or(&set["now_default"]).as_i64().unwrap();
        let token = match test.get("token_b64") {
            Some(octets) => base64(octets.as_str().unwrap()),
            None => text(test, "token").as_bytes().to_vec(),
        };
        let verifier = match room.load(document.as_bytes(), &options) {
            Ok(verifier) => verifier,
            Err(refusal) => {
                summary.check(id, expected, refusal.error.slug());
                continue;
            }
        };
        summary.check(id, expected, verify(&verifier, &token, now));
        for profile in [Profile::Compact, Profile::Tiny] {
            let verifier = other.load(document.as_bytes(), &options.profile(profile)).unwrap();
            summary.also(format!("{id} ({profile:?})"), expected, verify(&verifier, &token, now));
        }
        if let Some(claims) = test.get("claims") {
            summary.also(id, claims, &flat_claims(&verifier, &token, now));
        }
        let mut scratch = vec![0; verifier.scratch_len()];
        let first = answer(verifier.verify_token(&token, now, None, &mut scratch));
        for time in ["first", "second"] {
            let cached = answer(verifier.verify_token(&token, now, Some(&mut cache), &mut scratch));
            summary.also(format!("{id} (cached, {time} time)"), &first, &cached);
        }
        let bearer = [b"Bearer ", &token[..]].concat();
        let through_bearer = bearer_slug(id, &token, expected);
        summary.also(format!("{id} (Bearer)"), through_bearer, authenticate(&verifier, &[&bearer], &[], now));
        if !token.is_empty() && token.iter().all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(octet)) {
            let project_id = verifier.policy().project_id().unwrap();
            let cookie = [format!("tesseral_{project_id}_access_token=").as_bytes(), &token].concat();
            let through_cookie = bearer_slug(id, &token, expected);
            summary.also(format!("{id} (cookie)"), through_cookie, authenticate(&verifier, &[], &[&cookie], now));
        }
    }
    assert!(cache.hits() > 0, "no hit in {file}");
    summary.finish(count);
}

/// Everything that a caller can ask of an accepted token.
fn answer(verdict: Result<Auth<'_>, Error>) -> Value {
    match verdict {
        Ok(auth) => json!([auth, auth.access_token_claims().unwrap().payload(), auth.credentials()]),
        Err(error) => error.slug().into(),
    }
}

/// The verdict on a token after `Bearer `, where it differs from the verdict on the token alone.
fn bearer_slug<'s>(id: &str, token: &[u8], expected: &'s str) -> &'s str {
    match id {
        // All spaces after the scheme belong to the scheme (RFC 9110 section 11.4): 1*SP.
        "b64-lead-space" => "ok",
        // Blanks at the end of a header's value are no part of it.
        "b64-sig-space" => "ok",
        // Nothing after the scheme.
        "seg-empty" => "credentials_missing",
        _ if !token.contains(&b'.') => "credentials_unrecognized",
        // A server may have joined it from two headers.
        _ if token.contains(&b',') => "credentials_unrecognized",
        _ => expected,
    }
}

/// The claims as the authored files spell them: one level, absent strings as null.
fn flat_claims(verifier: &Verifier<'_>, token: &[u8], now: i64) -> Value {
    let mut scratch = vec![0; verifier.scratch_len()];
    let Ok(auth) = verifier.verify_token(token, now, None, &mut scratch) else { return Value::Null };
    let claims = serde_json::to_value(auth.access_token_claims().unwrap()).unwrap();
    let mut flat = Map::new();
    for name in ["iss", "sub", "exp", "nbf", "iat"] {
        flat.insert(name.to_owned(), claims[name].clone());
    }
    for (name, path) in [
        ("organization_id", "/organization/id"),
        ("organization_display_name", "/organization/displayName"),
        ("user_id", "/user/id"),
        ("user_email", "/user/email"),
        ("user_display_name", "/user/displayName"),
        ("user_profile_picture_url", "/user/profilePictureUrl"),
        ("session_id", "/session/id"),
    ] {
        flat.insert(name.to_owned(), claims.pointer(path).cloned().unwrap_or(Value::Null));
    }
    flat.insert("actions".to_owned(), claims.get("actions").cloned().unwrap_or_else(|| json!([])));
    if let Some(email) = claims.pointer("/impersonator/email") {
        flat.insert("impersonator_email".to_owned(), email.clone());
    }
    flat.into()
}

const ISSUER_SET: &str = "tokens/issuer_sdk_authenticate_access_token_tests.json";

#[test]
fn issuer_cases() {
    let Some(set) = external(ISSUER_SET) else { return };
    let mut summary = Summary::new(ISSUER_SET, 13);
    for test in set.as_array().unwrap() {
        let (verdict, claims) = issuer_case(test, text(test, "jwks"));
        let name = text(test, "name");
        summary.check(name, !test["claims"].is_null(), verdict == "ok");
        summary.also(name, &test["claims"], &claims);
    }
    summary.finish(13);
}

/// Cases 5 to 13 hold another `kid` in their key set: with the right one, each reaches the check that it names.
#[test]
fn issuer_cases_with_the_matching_kid() {
    let Some(set) = external(ISSUER_SET) else { return };
    let matching = text(&set[0], "jwks");
    let mut summary = Summary::new("issuer cases 5 to 13 with the matching kid", 9);
    for (number, expected) in [
        (5, "token_malformed"),
        // `e30` and `e30K` are good base64url; the last segment is no signature.
        (6, "token_malformed"),
        (7, "token_malformed"),
        (8, "token_malformed"),
        (9, "token_malformed"),
        // `XXX` at the end of 86 characters leaves trailing bits that are not zero; see the next test.
        (10, "token_malformed"),
        (11, "token_malformed"),
        (12, "token_malformed"),
        (13, "token_malformed"),
    ] {
        let test = &set[number - 1];
        summary.check(text(test, "name"), expected, issuer_case(test, matching).0);
    }
    summary.finish(9);
}

/// Case 10 again, with an end that is strict base64url: now the signature itself is looked at.
#[test]
fn issuer_case_10_with_zero_trailing_bits() {
    let Some(set) = external(ISSUER_SET) else { return };
    let mut test = set[0].clone();
    let token = text(&test, "accessToken").strip_suffix("EEA").unwrap().to_owned();
    for (end, expected) in [("EEA", "ok"), ("EEQ", "signature_invalid"), ("XXA", "signature_invalid")] {
        test["accessToken"] = format!("{token}{end}").into();
        assert_eq!(issuer_case(&test, text(&test, "jwks")).0, expected, "{end}");
    }
}

fn issuer_case(test: &Value, document: &str) -> (&'static str, Value) {
    let (token, now) = (text(test, "accessToken").as_bytes(), test["nowUnixSeconds"].as_i64().unwrap());
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    let mut scratch = vec![0; verifier.scratch_len()];
    match verifier.verify_token(token, now, None, &mut scratch) {
        Ok(auth) => ("ok", serde_json::to_value(auth.access_token_claims().unwrap()).unwrap()),
        refused => (slug(refused), Value::Null),
    }
}

/// These tokens lack the members that Tesseral adds, so that one with a good signature is `claims_malformed`.
#[test]
fn es256_tokens() {
    const FILE: &str = "tokens/es256_tokens.json";
    let Some(set) = external(FILE) else { return };
    let mut summary = Summary::of(FILE, &set);
    for (position, test) in list(&set, "tests").iter().enumerate() {
        assert_eq!(text(test, "expect_signature"), "valid");
        let token = text(test, "token");
        let (signing_input, _) = token.rsplit_once('.').unwrap();
        let [_, _, signature] = fake_tesseral::jws::split(token).unwrap();
        let signature: [u8; 64] = signature.try_into().unwrap();
        summary.check(position, true, key_of(&test["jwks"]["keys"][0]).accepts(signing_input.as_bytes(), &signature));
        let mut room = Room::new();
        let options = Options::new().issuer("aud1");
        let document = test["jwks"].to_string();
        match room.load(document.as_bytes(), &options) {
            Ok(verifier) => {
                summary.also(position, "claims_malformed", verify(&verifier, token.as_bytes(), 2));
                let tampered = fake_tesseral::jws::tamper(token).unwrap();
                summary.also(position, "signature_invalid", verify(&verifier, tampered.as_bytes(), 2));
            }
            // The key of RFC 7515 appendix A.3 has no `kid`.
            Err(refusal) => {
                assert_eq!(position, 0);
                summary.also(position, "config_no_usable_key", refusal.error.slug());
            }
        }
    }
    summary.finish(6);
}

fn key_of(jwk: &Value) -> PublicKey {
    let coordinate = |name| fake_tesseral::base64url::decode(text(jwk, name)).unwrap().try_into().unwrap();
    PublicKey::from_coordinates(&coordinate("x"), &coordinate("y")).unwrap()
}

/// The payload is `foo`: what Wycheproof accepts comes to `claims_malformed`, and the nearest refusals before it.
fn wycheproof_jws(file: &str, ours: usize, is_ours: impl Fn(&Value) -> bool, refused_keys: &[u64]) {
    let Some(set) = external(file) else { return };
    let mut summary = Summary::of(file, &set);
    for (group, test) in grouped(&set) {
        let keys = group.get("public").unwrap_or(&group["private"]);
        if !is_ours(keys) {
            summary.not_ours();
            continue;
        }
        let id = test["tcId"].as_u64().unwrap();
        let document = if keys.get("keys").is_some() { keys.clone() } else { json!({ "keys": [keys] }) };
        let mut room = Room::new();
        let loaded = room.load(document.to_string().as_bytes(), &Options::new().issuer("https://issuer.example"));
        let verdict = match &loaded {
            Ok(verifier) => verify(verifier, text(test, "jws").as_bytes(), 0),
            Err(refusal) => refusal.error.slug(),
        };
        summary.check(id, text(test, "result") == "valid", verdict == "claims_malformed");
        summary.also(format!("{id} (key)"), refused_keys.contains(&id), verdict == "config_no_usable_key");
        summary.also(format!("{id} (slug)"), jws_slug(text(test, "comment"), verdict), verdict);
    }
    summary.finish(ours);
}

/// The exact slug that each of Wycheproof's comments means.
fn jws_slug<'s>(comment: &str, otherwise: &'s str) -> &'s str {
    match comment {
        "acceptsValid" | "valid" => "claims_malformed",
        "rejectsModifiedSignature" | "rejectsModifiedPayload" => "signature_invalid",
        "rejectsMissingSignature"
        | "rejectsMissingSignatureAndSeparator"
        | "rejectsMissingPayload"
        | "rejectsMissingPayloadAndSeparator"
        | "rejectsMissingHeader"
        | "rejectsMissingHeaderAndSeparator"
        | "rejectsMissingHeaderAndSignature"
        | "rejectsMissingHeaderSignatureAndSeparators"
        | "rejectsEmptyString"
        | "SignatureTooLong"
        | "TrailingZeros" => "token_malformed",
        "rejectsModifiedHeader" => "key_unknown",
        "rejectsAttackerProvidedEmbeddedJwk" => "signature_invalid",
        "rejectWrongUse" | "rejectWrongKeyOps" => "config_no_usable_key",
        comment if comment.starts_with("rIs") => "signature_invalid",
        comment if comment.starts_with("rejectsSymmetryConfusion") => "token_malformed",
        _ => otherwise,
    }
}

fn is_p256(key: &Value) -> bool {
    key["crv"] == "P-256"
}

#[test]
fn wycheproof_json_web_signature() {
    wycheproof_jws("wycheproof/json_web_signature_test.json", 41, is_p256, &[354, 356]);
}

#[test]
fn wycheproof_json_web_crypto() {
    let is_ours = |key: &Value| is_p256(key) && key["alg"] == "ES256";
    wycheproof_jws("wycheproof/json_web_crypto_test.json", 15, is_ours, &[]);
}

#[test]
fn wycheproof_json_web_key() {
    let is_ours = |set: &Value| {
        let key = &set["keys"][0];
        key["kid"] == "kid-ec-sign"
    };
    wycheproof_jws("wycheproof/json_web_key_test.json", 6, is_ours, &[19, 20, 21, 22, 23, 24]);
}

/// This library loads exactly the keys that WebCrypto imports. It also pads short coordinates, on purpose, but this set has none.
#[test]
fn wycheproof_webcrypto_import() {
    const FILE: &str = "wycheproof/ecdh_secp256r1_webcrypto_test.json";
    let Some(set) = external(FILE) else { return };
    let mut summary = Summary::of(FILE, &set);
    let (mut room, mut loaded) = (Room::new(), 0);
    for (_, test) in grouped(&set) {
        let public = &test["public"];
        assert_eq!(public["kid"], "none");
        let document = json!({ "keys": [public] }).to_string();
        let verdict =
            slug(room.load(document.as_bytes(), &Options::new().issuer("i")).map_err(|refusal| refusal.error));
        let expected = if text(test, "result") == "valid" { "ok" } else { "config_no_usable_key" };
        summary.check(&test["tcId"], expected, verdict);
        loaded += usize::from(verdict == "ok");
    }
    summary.finish(353);
    assert_eq!(loaded, 330);
}
