//! The shape of a token that the real issuer made, from the test set of its SDKs.
//!
//! The set is not part of this repository: the environment variable `TESSERAL_VECTORS` names its folder.

use std::io::Write;

use fake_tesseral::{Claims, MemberOrder, base64url, jws};

/// The text between the first `before` and the next quote.
fn after<'a>(text: &'a str, before: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before}")).1;
    rest.split('"').next().unwrap_or(rest)
}

/// Writes past the test harness, which hides what passing tests print.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[test]
fn the_issuers_token_comes_out_again() {
    let Some(folder) = std::env::var_os("TESSERAL_VECTORS") else {
        return say("NOT RUN: TESSERAL_VECTORS is not set; the token of the issuer's SDKs was not compared");
    };
    let path = std::path::Path::new(&folder).join("tokens/issuer_sdk_authenticate_access_token_tests.json");
    let file = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));

    let token = after(&file, r#""accessToken": ""#);
    let [header, payload, signature] = jws::split(token).expect("three parts");
    let [header, payload] = [header, payload].map(|part| String::from_utf8(part).expect("UTF-8"));
    assert_eq!((token.len(), header.len(), signature.len()), (823, 69, 64));

    let kid = after(&header, r#""kid":""#);
    let key = fake_tesseral::Project::new(1).signing_key().clone().with_kid(kid);
    assert_eq!(key.jose_header(), header);

    let claims = Claims {
        iss: after(&payload, r#""iss":""#).to_owned(),
        sub: after(&payload, r#""sub":""#).to_owned(),
        aud: after(&payload, r#""aud":""#).to_owned(),
        session_id: after(&payload, r#""session":{"id":""#).to_owned(),
        user_id: after(&payload, r#""user":{"id":""#).to_owned(),
        user_email: after(&payload, r#""email":""#).to_owned(),
        organization_id: after(&payload, r#""organization":{"id":""#).to_owned(),
        organization_display_name: after(&payload, r#""displayName":""#).to_owned(),
        order: MemberOrder::Older,
        ..Claims::default()
    }
    .issued_at(1_741_195_168);
    assert_eq!(claims.to_json(), payload);

    let minted = key.sign_claims(&payload);
    assert_eq!(minted.len(), token.len());
    assert_eq!(minted.rsplit_once('.').map(|parts| parts.0), token.rsplit_once('.').map(|parts| parts.0));

    // The JWK, too, has the issuer's layout; in the file it stands inside a JSON string.
    let jwk = key.jwk().replace('"', "\\\"");
    let until_x = jwk.split_once("\\\"x\\\"").expect("x").0;
    assert!(file.contains(until_x), "{until_x}");
    assert_eq!(base64url::encode(key.uncompressed_point().get(1..33).expect("x")).len(), 43);
    say("1 token of the issuer's SDKs compared");
}
