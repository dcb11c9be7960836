//! What comes out: accessors, JSON, and a Debug that may go to a log.

use crate::{
    common::room::Room,
    fixture::{NOW, PROJECT, Payload, document, key, with_verifier},
};
use serde_json::json;
use tesseral_verify::{
    ApiKey, Auth, Authentication, Cache, CredentialsType, Error, Key, LoadError, Memory, Options, Profile, Verifier,
    cache, limits::MAX_KID_LEN,
};

/// Claims with every member, and an escape in every string.
fn full() -> Payload {
    let issuer = PROJECT.issuer();
    Payload::new()
        .with("sub", r#""SECRET-sub\n""#)
        .with("aud", format!(r#"["SECRET-aud\n","{issuer}"]"#))
        .with("session", r#"{"id":"SECRET-session\n"}"#)
        .with(
            "user",
            r#"{"id":"SECRET-user\n","email":"SECRET-email\n","displayName":"SECRET-name\n","profilePictureUrl":"SECRET-url\n"}"#,
        )
        .with("organization", r#"{"id":"SECRET-org\n","displayName":"SECRET-orgname\n"}"#)
        .with("actions", r#"["SECRET.a.b","SECRET\u002ec\n","","SECRET,\"]"]"#)
        .with("impersonator", r#"{"email":"SECRET-staff\n"}"#)
}

fn with_auth<T>(payload: &Payload, test: impl FnOnce(&Auth<'_>, &str) -> T) -> T {
    let token = payload.token();
    with_verifier(&Options::new(), |verifier| {
        let mut scratch = vec![0; verifier.scratch_len()];
        test(&verifier.verify_token(token.as_bytes(), NOW, None, &mut scratch).unwrap(), &token)
    })
}

#[test]
fn accessors_mirror_the_sdks() {
    with_auth(&full(), |auth, token| {
        assert_eq!(auth.credentials_type(), CredentialsType::AccessToken);
        assert_eq!(auth.credentials_type().as_str(), "access_token");
        assert_eq!((auth.organization_id(), auth.credentials(), auth.api_key_id()), ("SECRET-org\n", token, None));
    });
}

/// It is the token's own copy, of the one or several that it has; a remembered token has it in the scratch memory.
#[test]
fn audience_is_the_one_that_matched() {
    let issuer = PROJECT.issuer();
    let escaped = format!(r#"["x","\u0068{}","y"]"#, &issuer[1..]);
    for aud in [format!("\"{issuer}\""), format!(r#"["x","{issuer}"]"#), escaped] {
        let token = Payload::new().with("aud", aud).token();
        with_verifier(&Options::new(), |verifier| {
            let (mut memory, mut scratch) = (vec![0; cache::size(1, 2000)], vec![0; verifier.scratch_len()]);
            let mut cache = Cache::new(&mut memory, 2000, [1; 16]).unwrap();
            let range = scratch.as_ptr_range();
            for _ in 0..2 {
                let auth = verifier.verify_token(token.as_bytes(), NOW, Some(&mut cache), &mut scratch).unwrap();
                assert_eq!(auth.audience(), Some(&*issuer));
                assert!(range.contains(&auth.audience().unwrap().as_ptr()));
            }
            assert_eq!(cache.hits(), 1);
        });
    }
    let key = format!("p_{}", "0".repeat(55));
    let body = br#"{"apiKeyId":"api_key_1","organizationId":"org_1"}"#;
    let mut scratch = vec![0; body.len()];
    let auth = ApiKey::parse(key.as_bytes()).unwrap().response(200, body, &mut scratch).unwrap();
    assert_eq!(auth.audience(), None);
}

#[test]
fn permissions_and_iteration_with_escapes() {
    with_auth(&full(), |auth, _| {
        let actions = ["SECRET.a.b", "SECRET.c\n", "", "SECRET,\"]"];
        assert!(auth.actions().iter().eq(actions) && auth.actions().into_iter().eq(actions));
        for action in actions {
            assert!(auth.has_permission(action), "{action}");
        }
        for other in ["SECRET.a", "SECRET.a.b ", r"SECRET\u002ec\n", "SECRET.c", "secret.a.b", "SECRET,"] {
            assert!(!auth.has_permission(other), "{other}");
        }
    });
    for absent in [Payload::new(), Payload::new().with("actions", "[]"), Payload::new().with("actions", "null")] {
        with_auth(&absent, |auth, _| {
            assert!(auth.actions().is_empty() && !auth.has_permission("") && !auth.has_permission("a"));
        });
    }
}

fn expected_claims() -> serde_json::Value {
    serde_json::from_str(&full().json()).unwrap()
}

#[test]
fn claims_as_json_are_the_issuers() {
    with_auth(&full(), |auth, token| {
        let claims = auth.access_token_claims().unwrap();
        assert_eq!(serde_json::to_value(claims).unwrap(), expected_claims());
        let all = serde_json::to_value(auth).unwrap();
        let expected = json!({
            "credentialsType": "access_token", "organizationId": "SECRET-org\n", "accessTokenClaims": expected_claims(),
        });
        assert_eq!(all, expected);
        assert!(!all.to_string().contains(token), "the credential itself is left out");
    });
    with_auth(&Payload::new(), |auth, _| {
        let claims = serde_json::to_string(auth.access_token_claims().unwrap()).unwrap();
        assert_eq!(claims, Payload::new().json(), "members, order and omissions are the issuer's");
    });
}

#[test]
fn claims_as_json_without_an_allocator() {
    with_auth(&full(), |auth, _| {
        let claims = auth.access_token_claims().unwrap();
        let mut out = [0; 2048];
        let len = serde_json_core::to_slice(claims, &mut out).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&out[..len]).unwrap();
        assert_eq!(written, expected_claims());
        assert!(serde_json_core::to_slice(claims, &mut out[..len - 1]).is_err());
    });
}

#[test]
fn an_api_keys_json() {
    let body = r#"{"apiKeyId":"api_key_1","organizationId":"org_1","actions":["a.b.c"]}"#;
    let text = format!("p_{}", "0".repeat(55));
    let mut scratch = vec![0; body.len()];
    let auth = ApiKey::parse(text.as_bytes()).unwrap().response(200, body.as_bytes(), &mut scratch).unwrap();
    let expected = json!({
        "credentialsType": "api_key", "organizationId": "org_1", "apiKeyId": "api_key_1", "actions": ["a.b.c"],
    });
    assert_eq!(serde_json::to_value(auth).unwrap(), expected);
    assert!(!format!("{auth:?}").contains("00000") && !format!("{auth:?}").contains("org_1"));
}

#[test]
fn debug_holds_no_octet_of_a_credential_or_a_claim() {
    let api_key = format!("p_{}", "0".repeat(55));
    let found = ApiKey::parse(api_key.as_bytes()).unwrap();
    assert_eq!(format!("{found:?}"), "ApiKey { .. }");
    let lookup = Authentication::LookupNeeded(found);
    assert!(!format!("{lookup:?}").contains("00000"));
    with_auth(&full(), |auth, token| {
        let claims = *auth.access_token_claims().unwrap();
        let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        for printed in [
            format!("{auth:?}"),
            format!("{auth:#?}"),
            format!("{:?}", Authentication::Complete(*auth)),
            format!("{claims:?}"),
            format!("{claims:#?}"),
            format!("{:?}", auth.actions()),
        ] {
            for octets in ["SECRET", header, payload, signature, &PROJECT.issuer(), "1750000"] {
                assert!(!printed.contains(octets), "{printed}");
            }
        }
        assert_eq!(format!("{auth:?}"), r#"Auth { credentials_type: "access_token", .. }"#);
        assert_eq!(format!("{claims:?}"), "AccessTokenClaims { .. }");
        assert_eq!(format!("{:?}", auth.actions()), "StringList { len: 4 }");
    });
}

/// What a snapshot and a verifier print is public: key IDs and the project's names.
#[test]
fn debug_of_keys_names_them() {
    let document = document();
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    let printed = format!("{verifier:?}");
    assert!(printed.contains(key().kid()) && printed.contains(&PROJECT.id) && printed.contains(&PROJECT.issuer()));
    for line in ["KidConflict", "slot"] {
        assert!(!printed.contains(line), "{printed}");
    }
}

#[test]
fn errors_print_their_text() {
    for error in Error::ALL {
        assert_eq!(error.to_string(), error.text());
        assert_eq!(LoadError::from(*error).to_string(), error.text());
    }
    let malformed = LoadError { error: Error::ConfigMalformed, offset: Some(7) };
    assert_eq!(malformed.to_string(), "the configuration document is malformed at octet 7");
}

/// Verifiers share no state, and a call leaves nothing behind that affects another one.
#[test]
fn the_same_call_gives_the_same_verdict_whatever_the_scratch_held() {
    let (document, token) = (document(), Payload::new().with("sub", r#""\u0061""#).token());
    let (mut keys, mut entries) =
        (vec![Key::VACANT; 1], vec![tesseral_verify::TableEntry::ZERO; Profile::Server.entries(1)]);
    let verifier =
        Verifier::load(document.as_bytes(), Memory::borrowed(&mut keys, &mut entries), &Options::new()).unwrap();
    for filling in [0x00, 0xff, b'"', b'.', b'A'] {
        let mut scratch = vec![filling; verifier.scratch_len()];
        let auth = verifier.verify_token(token.as_bytes(), NOW, None, &mut scratch).unwrap();
        assert_eq!(auth.access_token_claims().unwrap().sub, "a");
    }
}

/// Members that this library does not read can be found in verified tokens. The `kid` of the accepting key is known.
#[test]
fn other_members_and_the_kid() {
    let payload =
        Payload::new().with("plan", r#"{"tier":"gold","seats":12,"none":null}"#).and("twice", 1).and("twice", 2);
    with_auth(&payload, |auth, _| {
        let claims = auth.access_token_claims().unwrap();
        for (path, expected) in [
            (&["plan", "tier"][..], Some(r#""gold""#)),
            (&["plan", "seats"], Some("12")),
            (&["plan"], Some(r#"{"tier":"gold","seats":12,"none":null}"#)),
            (&["user", "id"], Some(r#""user_1""#)),
            (&["plan", "none"], None),
            (&["twice"], None),
            (&["user", "nobody"], None),
        ] {
            assert_eq!(claims.find(path), expected, "{path:?}");
        }
        assert_eq!(auth.kid(&mut [0; MAX_KID_LEN]), Some(key().kid()));
    });
}
