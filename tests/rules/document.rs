//! The configuration document: why it is refused as a whole, and where the issuer comes from.

use crate::{
    common::room::{Room, load_slug, verify},
    fixture::{NOW, PROJECT, Payload, document, document_of, key, nested},
};
use tesseral_verify::Options;

const MALFORMED: &str = "config_malformed";

#[test]
fn documents_that_are_malformed_and_where() {
    let jwk = key().jwk();
    for (text, offset) in [
        (String::new(), 0),
        (" ".to_owned(), 1),
        ("null".to_owned(), 0),
        ("[]".to_owned(), 0),
        ("x".to_owned(), 0),
        ("\u{feff}{}".to_owned(), 0),
        ("{}".to_owned(), 2),
        (r#"{"keys":null}"#.to_owned(), 8),
        (r#"{"keys":{}}"#.to_owned(), 8),
        (r#"{"keys":"x"}"#.to_owned(), 8),
        (r#"{"keys":[]"#.to_owned(), 10),
        (r#"{"keys":[],}"#.to_owned(), 11),
        (r#"{"keys":[1,]}"#.to_owned(), 11),
        (r#"{"keys":[{]}"#.to_owned(), 10),
        (r#"{"keys":[]}x"#.to_owned(), 11),
        (r#"{"keys":[],"x":01}"#.to_owned(), 16),
        (r#"{"x":"\ud800","keys":[]}"#.to_owned(), 7),
        (format!(r#"{{"keys":[{jwk}],"projectId":null}}"#), 8 + 2 + jwk.len() + 13),
        (format!(r#"{{"keys":[{jwk}],"projectId":1}}"#), 8 + 2 + jwk.len() + 13),
        (format!(r#"{{"keys":[{jwk}],"projectId":""}}"#), 8 + 2 + jwk.len() + 13),
    ] {
        let refusal = Room::new().load(text.as_bytes(), &Options::new().issuer("i")).unwrap_err();
        assert_eq!((refusal.error.slug(), refusal.offset), (MALFORMED, Some(offset)), "{text}");
        assert!(refusal.to_string().ends_with(&format!(" at octet {offset}")), "{refusal}");
    }
    let latin1 = [b"{\"keys\":[],\"x\":\"", &[0xe9][..], b"\"}"].concat();
    let refusal = Room::new().load(&latin1, &Options::new().issuer("i")).unwrap_err();
    assert_eq!((refusal.error.slug(), refusal.offset), (MALFORMED, Some(16)));
}

#[test]
fn keys_and_project_id_occur_once() {
    let jwk = key().jwk();
    for (text, expected) in [
        (format!(r#"{{"projectId":"p","keys":[{jwk}]}}"#), "ok"),
        (format!(r#"{{"keys":[{jwk}],"projectId":"p"}}"#), "ok"),
        (format!(r#"{{"\u006beys":[{jwk}],"\u0070rojectId":"p"}}"#), "ok"),
        (format!(r#"{{"projectId":"p","keys":[{jwk}],"keys":[]}}"#), MALFORMED),
        (format!(r#"{{"projectId":"p","keys":[{jwk}],"\u006beys":[{jwk}]}}"#), MALFORMED),
        (format!(r#"{{"projectId":"p","keys":[{jwk}],"projectId":"p"}}"#), MALFORMED),
        (format!(r#"{{"projectId":"p","keys":[{jwk}],"project\u0049d":"p"}}"#), MALFORMED),
        (format!(r#"{{"projectId":"p","keys":[{jwk}],"devMode":true,"devMode":[],"x":{{"keys":1,"keys":2}}}}"#), "ok"),
    ] {
        assert_eq!(load_slug(text.as_bytes(), &Options::new()), expected, "{text}");
    }
}

#[test]
fn depth_of_the_document() {
    let jwk = key().jwk();
    for (levels, expected) in [(32, "ok"), (33, MALFORMED)] {
        let beside = format!(r#"{{"x":{},"projectId":"p","keys":[{jwk}]}}"#, nested(levels));
        assert_eq!(load_slug(beside.as_bytes(), &Options::new()), expected, "{levels}");
        let among = format!(r#"{{"projectId":"p","keys":[{jwk},{}]}}"#, nested(levels - 1));
        assert_eq!(load_slug(among.as_bytes(), &Options::new()), expected, "{levels} levels, among the keys");
        let inside = format!(r#"{{"projectId":"p","keys":[{jwk},{{"kid":{}}}]}}"#, nested(levels - 2));
        assert_eq!(load_slug(inside.as_bytes(), &Options::new()), expected, "{levels} levels, in a key");
    }
}

#[test]
fn the_issuers_documents() {
    let mut none = PROJECT.config_document();
    none.keys = None;
    let mut unlisted = PROJECT.config_document();
    unlisted.trusted_domains = None;
    for (document, expected) in [
        (PROJECT.config_document(), "ok"),
        (PROJECT.config_document().older(), "ok"),
        (PROJECT.config_document().without("vaultDomain"), "ok"),
        (unlisted, "ok"),
        (none, MALFORMED),
        (PROJECT.config_document().without("keys"), MALFORMED),
        (PROJECT.config_document().without("projectId"), "config_no_issuer"),
    ] {
        assert_eq!(load_slug(document.to_json().as_bytes(), &Options::new()), expected, "{}", document.to_json());
    }
}

#[test]
fn issuer_comes_from_the_project_id_or_the_options() {
    let jwks = format!(r#"{{"keys":[{}]}}"#, key().jwk());
    let with_id = document();
    for (document, options, expected) in [
        (&with_id, Options::new(), Some(PROJECT.issuer())),
        (&with_id, Options::new().issuer("https://x"), Some("https://x".to_owned())),
        (&with_id, Options::new().project_id("project_1"), Some(PROJECT.issuer())),
        (&jwks, Options::new().project_id("project_a_b"), Some("https://project-a-b.tesseral.app".to_owned())),
        (&jwks, Options::new().project_id("project_1").issuer("https://x"), Some("https://x".to_owned())),
        (&jwks, Options::new().issuer("https://x"), Some("https://x".to_owned())),
        (&jwks, Options::new(), None),
    ] {
        let mut room = Room::new();
        let loaded = room.load(document.as_bytes(), &options);
        match (loaded, expected) {
            (Ok(verifier), Some(issuer)) => assert_eq!(verifier.policy().issuer(), issuer),
            (Err(refusal), None) => assert_eq!((refusal.error.slug(), refusal.offset), ("config_no_issuer", None)),
            (loaded, expected) => panic!("{options:?}: {loaded:?} {expected:?}"),
        }
    }
}

#[test]
fn the_issuer_of_the_options_decides_about_tokens() {
    let document = document();
    let other = Payload::new().with("iss", r#""https://x""#).with("aud", r#""https://x""#).token();
    for (options, own, others) in
        [(Options::new(), "ok", "issuer_mismatch"), (Options::new().issuer("https://x"), "issuer_mismatch", "ok")]
    {
        let mut room = Room::new();
        let verifier = room.load(document.as_bytes(), &options).unwrap();
        assert_eq!(verify(&verifier, Payload::new().token().as_bytes(), NOW), own);
        assert_eq!(verify(&verifier, other.as_bytes(), NOW), others);
    }
}

#[test]
fn project_id_comes_out_decoded() {
    let text = document_of(&[key().jwk()]).replace("\"project_", r#""\u0070roject\u005f"#);
    let mut room = Room::new();
    let verifier = room.load(text.as_bytes(), &Options::new()).unwrap();
    assert_eq!(verifier.snapshot().project_id(), Some(PROJECT.id.as_str()));
    assert_eq!(verifier.policy().project_id(), Some(PROJECT.id.as_str()));
    assert_eq!(verify(&verifier, Payload::new().token().as_bytes(), NOW), "ok");
}

/// The document is not needed after loading.
#[test]
fn the_document_may_be_overwritten() {
    let mut text = document().into_bytes();
    let mut room = Room::new();
    let verifier = room.load(&text, &Options::new()).unwrap();
    text.fill(0);
    assert_eq!(verify(&verifier, Payload::new().token().as_bytes(), NOW), "ok");
}
