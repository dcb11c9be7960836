//! The first check that fails names the verdict: one token for each pair of neighbours that fails both.

use crate::{
    common::room::{Room, load_slug, slug, verify},
    fixture::{NOW, PROJECT, Payload, key, token_with_header, verdict, with_verifier},
};
use fake_tesseral::{SigningKey, base64url, jws};
use tesseral_verify::Options;

fn header(kid: &str, alg: &str, rest: &str) -> String {
    format!(r#"{{"kid":"{kid}","alg":"{alg}"{rest}}}"#)
}

#[test]
fn scratch_is_checked_before_the_token() {
    with_verifier(&Options::new().max_token_len(10), |verifier| {
        let mut scratch = vec![0; verifier.scratch_len() - 1];
        assert_eq!(slug(verifier.verify_token(b"01234567890", NOW, None, &mut scratch)), "buffer_too_small");
        assert_eq!(verify(verifier, b"01234567890", NOW), "token_too_large");
    });
}

#[test]
fn length_is_checked_before_the_form() {
    with_verifier(&Options::new().max_token_len(10), |verifier| {
        assert_eq!(verify(verifier, b"0123456789", NOW), "token_malformed");
        assert_eq!(verify(verifier, b"01234567890", NOW), "token_too_large");
    });
}

#[test]
fn form_is_checked_before_the_header() {
    let token = key().sign_compact(b"[]", b"{}");
    assert_eq!(verdict(&token), "header_malformed");
    // One character too many, trailing bits in the payload that are not zero, and signatures of 63, 64 and 65 octets.
    assert_eq!(verdict(&format!("{token}=")), "token_malformed");
    assert_eq!(verdict(&token.replace(".e30.", ".e31.")), "token_malformed");
    assert_eq!(verdict(&jws::compact(b"[]", b"{}", &[0; 63])), "token_malformed");
    assert_eq!(verdict(&jws::compact(b"[]", b"{}", &[0; 64])), "header_malformed");
    assert_eq!(verdict(&jws::compact(b"[]", b"{}", &[0; 65])), "token_malformed");
}

#[test]
fn header_form_is_checked_before_alg() {
    assert_eq!(verdict(&token_with_header(&header("k", "none", r#","crit":1,"crit":1"#))), "header_malformed");
    assert_eq!(verdict(&token_with_header(r#"{"alg":"none"}"#)), "header_malformed");
}

#[test]
fn alg_is_checked_before_crit() {
    assert_eq!(verdict(&token_with_header(&header("k", "none", r#","crit":[]"#))), "alg_not_allowed");
}

#[test]
fn crit_is_checked_before_the_kid() {
    assert_eq!(verdict(&token_with_header(&header("k", "ES256", r#","crit":[]"#))), "crit_not_supported");
    assert_eq!(verdict(&token_with_header(&header("k", "ES256", ""))), "key_unknown");
}

#[test]
fn kid_is_checked_before_the_signature() {
    let token = |kid: &str| jws::compact(header(kid, "ES256", "").as_bytes(), b"{}", &[0; 64]);
    assert_eq!(verdict(&token("k")), "key_unknown");
    assert_eq!(verdict(&token(key().kid())), "signature_invalid");
}

/// The signature is checked before the claims. So a client learns nothing about unsigned claims, not even whether they are JSON.
#[test]
fn signature_is_checked_before_the_claims() {
    let stranger = fake_tesseral::Project::new(2).signing_key().clone().with_kid(key().kid());
    let sign = |key: &SigningKey, payload: &str| verdict(&key.sign_claims(payload));
    for (payload, expected) in [
        ("x".to_owned(), "claims_malformed"),
        (Payload::new().with("exp", 0).json(), "token_expired"),
        (Payload::new().with("iss", "\"x\"").json(), "issuer_mismatch"),
        (Payload::new().json(), "ok"),
    ] {
        assert_eq!(sign(key(), &payload), expected, "{payload}");
        assert_eq!(sign(&stranger, &payload), "signature_invalid", "{payload}");
    }
}

#[test]
fn claims_form_times_issuer_and_audience_in_this_order() {
    let all_wrong = Payload::new().with("aud", "[]").with("iss", "\"x\"").with("nbf", NOW + 1).with("exp", NOW - 1);
    assert_eq!(all_wrong.clone().and("exp", NOW - 1).verdict(), "claims_malformed");
    assert_eq!(all_wrong.clone().verdict(), "token_expired");
    let no_longer_expired = all_wrong.with("exp", NOW);
    assert_eq!(no_longer_expired.verdict(), "token_not_yet_valid");
    let valid_now = no_longer_expired.with("nbf", NOW);
    assert_eq!(valid_now.verdict(), "issuer_mismatch");
    let right_issuer = valid_now.with("iss", format!("\"{}\"", PROJECT.issuer()));
    assert_eq!(right_issuer.verdict(), "audience_mismatch");
    assert_eq!(right_issuer.with("aud", format!("[\"{}\"]", PROJECT.issuer())).verdict(), "ok");
}

/// The claims are read to their end before any of them is compared, so that the order of members does not matter.
#[test]
fn a_fault_at_the_end_of_the_claims() {
    let expired = Payload::new().with("exp", 0).json();
    for end in ["", "x", " {}", "\0"] {
        let expected = if end.is_empty() { "token_expired" } else { "claims_malformed" };
        assert_eq!(verdict(&key().sign_claims(&(expired.clone() + end))), expected, "{end:?}");
    }
}

#[test]
fn options_are_checked_before_the_document() {
    let bad = Options::new().leeway_seconds(301);
    assert_eq!(load_slug(b"x", &bad), "invalid_argument");
    assert_eq!(load_slug(b"x", &Options::new()), "config_malformed");
}

#[test]
fn form_of_the_document_then_its_keys_then_the_issuer() {
    assert_eq!(load_slug(b"x", &Options::new()), "config_malformed");
    assert_eq!(load_slug(br#"{"keys":[]}"#, &Options::new()), "config_no_usable_key");
    assert_eq!(load_slug(br#"{"keys":[]}"#, &Options::new().issuer("i")), "config_no_usable_key");
    let jwks = format!(r#"{{"keys":[{}]}}"#, key().jwk());
    assert_eq!(load_slug(jwks.as_bytes(), &Options::new()), "config_no_issuer");
    assert_eq!(load_slug(jwks.as_bytes(), &Options::new().issuer("i")), "ok");
}

#[test]
fn strict_base64url_in_every_segment() {
    let token = Payload::new().token();
    assert_eq!(verdict(&token), "ok");
    let dots: Vec<usize> = token.match_indices('.').map(|(at, _)| at).collect();
    for at in [0, dots[0] - 1, dots[0] + 1, dots[1] - 1, dots[1] + 1, token.len() - 1] {
        for character in ['=', '+', '/', ' ', '\n', '\0', '\u{7f}', '.'] {
            let mut octets = token.clone().into_bytes();
            octets[at] = u8::try_from(character).unwrap();
            let damaged = String::from_utf8(octets).unwrap();
            assert_eq!(verdict(&damaged), "token_malformed", "{character:?} at {at}");
        }
    }
    let mut room = Room::new();
    let document = crate::fixture::document();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    for octet in 0x80..=0xff_u8 {
        let mut octets = token.clone().into_bytes();
        octets[5] = octet;
        assert_eq!(verify(&verifier, &octets, NOW), "token_malformed", "{octet:#x}");
    }
    // 86 characters carry 64 octets and four bits, which must be zero.
    let (front, last) = token.split_at(token.len() - 1);
    let value = base64url::decode(&format!("{last}A")).unwrap()[0] >> 2;
    for bits in 1..16_u8 {
        let other = &base64url::encode(&[(value | bits) << 2])[..1];
        assert_eq!(verdict(&format!("{front}{other}")), "token_malformed", "{bits}");
    }
}

#[test]
fn three_segments_that_are_not_empty() {
    let token = Payload::new().token();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for damaged in [
        String::new(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}.{payload}.{signature}."),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}.{signature}"),
    ] {
        assert_eq!(verdict(&damaged), "token_malformed", "{damaged}");
    }
}
