//! The claims: which members are required, of what type, how often, and what the others may be.

use crate::fixture::{NOW, PROJECT, Payload, key, nested, verdict, with_verifier};
use tesseral_verify::{AccessTokenClaims, Options};

const REFUSED: &str = "claims_malformed";

/// Calls `test` with the claims of a token that must be accepted.
fn claims<T>(payload: &Payload, test: impl FnOnce(&AccessTokenClaims<'_>) -> T) -> T {
    let token = payload.token();
    with_verifier(&Options::new(), |verifier| {
        let mut scratch = vec![0; verifier.scratch_len()];
        let auth = verifier.verify_token(token.as_bytes(), NOW, None, &mut scratch).unwrap();
        test(auth.access_token_claims().unwrap())
    })
}

#[test]
fn required_strings() {
    for (member, inside) in [
        ("iss", "{}"),
        ("sub", "{}"),
        ("session", r#"{"id":{}}"#),
        ("user", r#"{"id":{},"email":"e"}"#),
        ("user", r#"{"id":"u","email":{}}"#),
        ("organization", r#"{"id":{}}"#),
    ] {
        let with = |value: &str| Payload::new().with(member, inside.replace("{}", value)).verdict();
        let good = if member == "iss" { format!("\"{}\"", PROJECT.issuer()) } else { "\"x\"".to_owned() };
        assert_eq!(with(&good), "ok", "{member} {inside}");
        for value in [r#""""#, "null", "1", "true", r#"["x"]"#, r#"{"x":"x"}"#] {
            assert_eq!(with(value), REFUSED, "{member} {inside} {value}");
        }
    }
    for member in ["iss", "sub", "aud", "session", "user", "organization"] {
        assert_eq!(Payload::new().without(member).verdict(), REFUSED, "{member}");
    }
    for (member, value) in [
        ("session", "{}"),
        ("user", r#"{"email":"e"}"#),
        ("user", r#"{"id":"u"}"#),
        ("organization", r#"{"displayName":"o"}"#),
    ] {
        assert_eq!(Payload::new().with(member, value).verdict(), REFUSED, "{member} {value}");
    }
}

#[test]
fn objects_are_objects() {
    for member in ["session", "user", "organization"] {
        for value in ["null", "[]", r#"[{"id":"x","email":"e"}]"#, r#""x""#, "1", "false"] {
            assert_eq!(Payload::new().with(member, value).verdict(), REFUSED, "{member} {value}");
        }
    }
    for value in ["null", "[]", "1", r#""x""#, "true", "", " "] {
        let expected = if value.is_empty() { "token_malformed" } else { REFUSED };
        assert_eq!(verdict(&key().sign_claims(value)), expected, "{value:?}");
    }
}

#[test]
fn audience_is_a_string_or_an_array_of_strings() {
    let issuer = PROJECT.issuer();
    for (value, expected) in [
        (format!(r#""{issuer}""#), "ok"),
        (format!(r#"["{issuer}"]"#), "ok"),
        (format!(r#"["x","{issuer}"]"#), "ok"),
        (format!(r#"["{issuer}","x","{issuer}"]"#), "ok"),
        (format!(r#"["","\u0068{}"]"#, &issuer[1..]), "ok"),
        (format!(r#""{issuer}/""#), "audience_mismatch"),
        (format!(r#""{}""#, issuer.to_uppercase()), "audience_mismatch"),
        (format!(r#""{}""#, &issuer[..issuer.len() - 1]), "audience_mismatch"),
        (format!(r#"["{issuer} "," {issuer}"]"#), "audience_mismatch"),
        (format!(r#"["[\"{issuer}\"]"]"#), "audience_mismatch"),
        (r#""""#.to_owned(), "audience_mismatch"),
        ("[]".to_owned(), "audience_mismatch"),
        (r#"[""]"#.to_owned(), "audience_mismatch"),
        ("null".to_owned(), REFUSED),
        ("1".to_owned(), REFUSED),
        (format!(r#"{{"x":"{issuer}"}}"#), REFUSED),
        (format!(r#"["{issuer}",1]"#), REFUSED),
        (format!(r#"["{issuer}",null]"#), REFUSED),
        (format!(r#"[["{issuer}"]]"#), REFUSED),
    ] {
        assert_eq!(Payload::new().with("aud", &value).verdict(), expected, "{value}");
    }
}

#[test]
fn issuer_octet_for_octet() {
    let issuer = PROJECT.issuer();
    for (value, expected) in [
        (issuer.clone(), "ok"),
        (issuer.replace(':', r"\u003a"), "ok"),
        (issuer.clone() + "/", "issuer_mismatch"),
        (issuer.clone() + r"\u0000", "issuer_mismatch"),
        (issuer.replace("https", "HTTPS"), "issuer_mismatch"),
        (issuer.replace('-', "_"), "issuer_mismatch"),
        (issuer[..issuer.len() - 1].to_owned(), "issuer_mismatch"),
    ] {
        assert_eq!(Payload::new().with("iss", format!("\"{value}\"")).verdict(), expected, "{value}");
    }
}

#[test]
fn null_for_an_optional_member_means_absent() {
    let user = |rest: &str| Payload::new().with("user", format!(r#"{{"id":"u","email":"e"{rest}}}"#));
    for (absent, null, name) in [
        (user(""), user(r#","displayName":null"#), "displayName"),
        (user(""), user(r#","profilePictureUrl":null"#), "profilePictureUrl"),
        (Payload::new(), Payload::new().with("organization", r#"{"id":"org_1","displayName":null}"#), "organization"),
        (Payload::new(), Payload::new().with("actions", "null"), "actions"),
        (Payload::new(), Payload::new().with("impersonator", "null"), "impersonator"),
    ] {
        let json = |payload: &Payload| claims(payload, |claims| serde_json::to_value(claims).unwrap());
        assert_eq!(json(&null), json(&absent), "{name}");
    }
}

#[test]
fn optional_members_have_their_type() {
    let user = |member: &str, value: &str| {
        Payload::new().with("user", format!(r#"{{"id":"u","email":"e","{member}":{value}}}"#))
    };
    for value in ["1", "true", "[]", "{}", r#"["x"]"#] {
        assert_eq!(user("displayName", value).verdict(), REFUSED, "{value}");
        assert_eq!(user("profilePictureUrl", value).verdict(), REFUSED, "{value}");
        let organization = format!(r#"{{"id":"o","displayName":{value}}}"#);
        assert_eq!(Payload::new().with("organization", organization).verdict(), REFUSED, "{value}");
    }
    for value in [r#""""#, r#""x""#] {
        assert_eq!(user("displayName", value).verdict(), "ok", "{value}");
        assert_eq!(user("profilePictureUrl", value).verdict(), "ok", "{value}");
    }
    for (value, expected) in [
        ("[]", "ok"),
        (r#"["a.b.c"]"#, "ok"),
        (r#"[""]"#, "ok"),
        (r#""a.b.c""#, REFUSED),
        ("{}", REFUSED),
        ("1", REFUSED),
        ("false", REFUSED),
        (r#"["a.b.c",1]"#, REFUSED),
        (r#"["a.b.c",null]"#, REFUSED),
        (r#"["a.b.c",["a.b.c"]]"#, REFUSED),
    ] {
        assert_eq!(Payload::new().with("actions", value).verdict(), expected, "{value}");
    }
    for (value, expected) in [
        (r#"{"email":"staff@example.com"}"#, "ok"),
        (r#"{"email":""}"#, REFUSED),
        (r#"{"email":null}"#, REFUSED),
        ("{}", REFUSED),
        ("[]", REFUSED),
        (r#""staff@example.com""#, REFUSED),
    ] {
        assert_eq!(Payload::new().with("impersonator", value).verdict(), expected, "{value}");
    }
}

#[test]
fn members_that_are_read_occur_once_at_every_level() {
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "session", "user", "organization"] {
        let value = serde_json::from_str::<serde_json::Value>(&Payload::new().json()).unwrap()[name].to_string();
        assert_eq!(Payload::new().and(name, &value).verdict(), REFUSED, "{name}");
        let escaped = format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]);
        assert_eq!(Payload::new().and(&escaped, &value).verdict(), REFUSED, "{escaped}");
        assert_eq!(Payload::new().without(name).and(&escaped, &value).verdict(), "ok", "{escaped}");
    }
    for (name, value) in [("actions", "[]"), ("actions", "null"), ("impersonator", "null")] {
        assert_eq!(Payload::new().and(name, value).verdict(), "ok", "{name}");
        assert_eq!(Payload::new().and(name, value).and(name, value).verdict(), REFUSED, "{name}");
    }
    for (name, value) in [
        ("session", r#"{"id":"s","id":"s"}"#),
        ("user", r#"{"id":"u","email":"e","\u0069d":"u"}"#),
        ("user", r#"{"id":"u","email":"e","email":"e"}"#),
        ("user", r#"{"id":"u","email":"e","displayName":null,"displayName":null}"#),
        ("user", r#"{"id":"u","email":"e","profilePictureUrl":"","profilePictureUrl":""}"#),
        ("organization", r#"{"id":"o","id":"o"}"#),
        ("organization", r#"{"id":"o","displayName":"x","displayName":"x"}"#),
        ("impersonator", r#"{"email":"e","email":"e"}"#),
    ] {
        assert_eq!(Payload::new().with(name, value).verdict(), REFUSED, "{name} {value}");
    }
}

#[test]
fn unknown_members_are_ignored_at_every_level() {
    for payload in [
        Payload::new().and("jti", "1").and("jti", "2").and("roles", r#"["iss",{"exp":0,"exp":0}]"#),
        Payload::new().and("Exp", "0").and("EXP", "0").and(r"exp\u0000", "0").and("", "0"),
        Payload::new().with("session", r#"{"id":"s","x":{"id":1},"email":1,"email":2}"#),
        Payload::new().with("user", r#"{"id":"u","email":"e","iss":0,"iss":0}"#),
        Payload::new().with("organization", r#"{"id":"o","email":0}"#),
        Payload::new().with("impersonator", r#"{"email":"e","id":0}"#),
    ] {
        assert_eq!(payload.verdict(), "ok", "{}", payload.json());
    }
    for value in ["01", r#""\ud800""#, "nul", "[1,]", "\"\t\""] {
        assert_eq!(Payload::new().and("x", value).verdict(), REFUSED, "{value}");
    }
}

#[test]
fn depth_of_the_claims() {
    for (levels, expected) in [(32, "ok"), (33, REFUSED)] {
        assert_eq!(Payload::new().and("x", nested(levels)).verdict(), expected, "{levels}");
        let inside = format!(r#"{{"id":"o","x":{}}}"#, nested(levels - 1));
        assert_eq!(Payload::new().with("organization", inside).verdict(), expected, "{levels} levels, in a member");
    }
}

#[test]
fn names_come_out_decoded_with_control_characters() {
    let user =
        r#"{"id":"u","email":"e","displayName":"\u0000a\r\n\t\"\\\/\ud83d\ude00é\u2028","profilePictureUrl":"\u0026"}"#;
    let payload = Payload::new().with("user", user).with("organization", r#"{"id":"o","displayName":"\u000d\u000a"}"#);
    claims(&payload, |claims| {
        assert_eq!(claims.user.display_name, Some("\0a\r\n\t\"\\/😀é\u{2028}"));
        assert_eq!(claims.user.profile_picture_url, Some("&"));
        assert_eq!(claims.organization.display_name, Some("\r\n"));
        assert_eq!(claims.payload(), payload.json());
    });
}

#[test]
fn every_claim_in_its_field() {
    let payload = Payload::new()
        .with("aud", format!(r#"["x","{}"]"#, PROJECT.issuer()))
        .with("actions", r#"["a.b.c"]"#)
        .with("impersonator", r#"{"email":"staff@example.com"}"#);
    claims(&payload, |claims| {
        assert_eq!(claims.iss, PROJECT.issuer());
        assert_eq!((claims.sub, claims.session.id, claims.organization.id), ("user_1", "session_1", "org_1"));
        assert_eq!((claims.user.id, claims.user.email), ("user_1", "a@example.com"));
        assert_eq!((claims.user.display_name, claims.user.profile_picture_url), (None, None));
        assert_eq!(claims.organization.display_name, None);
        assert_eq!(claims.impersonator.map(|impersonator| impersonator.email), Some("staff@example.com"));
        assert!(claims.aud.contains("x") && claims.aud.contains(claims.iss) && !claims.aud.contains(""));
        assert!(claims.actions.iter().eq(["a.b.c"]));
    });
}

#[test]
fn members_in_any_order_and_with_white_space() {
    let json = Payload::new().json();
    let reordered: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
    let reversed: Vec<String> =
        reordered.iter().rev().map(|(name, value)| format!(" \"{name}\" :\t{value}\r\n")).collect();
    assert_eq!(verdict(&key().sign_claims(&format!("\n{{{}}} ", reversed.join(",")))), "ok");
}
