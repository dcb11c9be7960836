//! The JOSE header: the issuer's own form, which is not parsed, and every other form with the same verdicts.

use crate::common::room::{Room, verify};
use crate::fixture::{NOW, Payload, document_of, key, nested, token_with_header, verdict};
use fake_tesseral::base64url;
use tesseral_verify::Options;

fn header(text: &str) -> &'static str {
    verdict(&token_with_header(&text.replace("{kid}", key().kid())))
}

#[test]
fn other_spellings_of_the_issuers_header() {
    for (rule, text) in [
        ("the issuer's", r#"{"kid":"{kid}","alg":"ES256"}"#),
        ("in another order", r#"{"alg":"ES256","kid":"{kid}"}"#),
        ("with white space", "\t{ \"kid\" :\r\n\"{kid}\" , \"alg\": \"ES256\" } "),
        ("escapes in names", r#"{"\u006bid":"{kid}","al\u0067":"ES256"}"#),
        ("escapes in values", r#"{"kid":"{kid}","alg":"\u0045S256"}"#),
        ("a member more", r#"{"kid":"{kid}","alg":"ES256","typ":"JWT"}"#),
        ("a nested member more", r#"{"x":{"alg":"none","kid":[1,{"crit":[]}]},"kid":"{kid}","alg":"ES256"}"#),
        ("an unknown member twice", r#"{"typ":"JWT","typ":1,"kid":"{kid}","alg":"ES256"}"#),
        ("names differ in case", r#"{"Crit":[],"ALG":"none","KID":1,"kid":"{kid}","alg":"ES256"}"#),
        ("embedded keys are ignored", r#"{"kid":"{kid}","alg":"ES256","jwk":{},"jku":"x","x5c":[]}"#),
    ] {
        assert_eq!(header(text), "ok", "{rule}");
    }
}

/// The verdict on a faulty token does not depend on how its header is written.
#[test]
fn the_issuers_form_and_others_agree() {
    let forms =
        [r#"{"kid":"{kid}","alg":"ES256"}"#, r#"{"alg":"ES256","kid":"{kid}"}"#, r#"{ "kid":"{kid}","alg":"ES256"}"#];
    let mut seen = Vec::new();
    for payload in [
        Payload::new().json(),
        Payload::new().with("exp", 1).json(),
        Payload::new().with("nbf", NOW + 1).json(),
        Payload::new().with("iss", r#""x""#).json(),
        Payload::new().with("aud", r#""x""#).json(),
        r#"{"x":[]}"#.to_owned(),
    ] {
        let tokens = forms.map(|form| {
            let form = form.replace("{kid}", key().kid());
            key().sign_compact(form.as_bytes(), payload.as_bytes())
        });
        let verdicts = tokens.each_ref().map(|token| verdict(token));
        assert!(verdicts.iter().all(|other| *other == verdicts[0]), "{payload}: {verdicts:?}");
        seen.push(verdicts[0]);
        let tampered = tokens.map(|token| verdict(&fake_tesseral::jws::tamper(&token).unwrap()));
        assert_eq!(tampered, ["signature_invalid"; 3]);
    }
    let all =
        ["ok", "token_expired", "token_not_yet_valid", "issuer_mismatch", "audience_mismatch", "claims_malformed"];
    assert_eq!(seen, all);
}

#[test]
fn header_must_be_one_json_object() {
    for text in [
        "",
        "x",
        "null",
        "[]",
        r#"["kid","alg"]"#,
        r#""{kid}""#,
        r#"{"kid":"{kid}","alg":"ES256"}x"#,
        r#"{"kid":"{kid}","alg":"ES256",}"#,
        r#"{"kid":"{kid}","alg":"ES256""#,
        r#"{"kid":"{kid}","alg":"ES256"}{}"#,
        "{'kid':'{kid}','alg':'ES256'}",
        "\u{feff}{\"kid\":\"{kid}\",\"alg\":\"ES256\"}",
        "{\"kid\":\"{kid}\",\"alg\":\"ES256\",\"x\":\"\n\"}",
        r#"{"kid":"{kid}","alg":"ES256","x":"\ud800"}"#,
        r#"{"kid":"{kid}","alg":"ES256","x":01}"#,
    ] {
        // An empty segment is not even a header.
        let expected = if text.is_empty() { "token_malformed" } else { "header_malformed" };
        assert_eq!(header(text), expected, "{text}");
    }
    let token = key().sign_compact(b"{\"kid\":\"k\xff\",\"alg\":\"ES256\"}", b"{}");
    assert_eq!(verdict(&token), "header_malformed");
}

#[test]
fn kid_and_alg_are_strings_and_occur_once() {
    for (text, expected) in [
        (r#"{"kid":"{kid}","alg":"ES256"}"#, "ok"),
        (r#"{"alg":"ES256"}"#, "header_malformed"),
        (r#"{"kid":"{kid}"}"#, "header_malformed"),
        (r#"{"kid":null,"alg":"ES256"}"#, "header_malformed"),
        (r#"{"kid":["{kid}"],"alg":"ES256"}"#, "header_malformed"),
        (r#"{"kid":"{kid}","alg":null}"#, "header_malformed"),
        (r#"{"kid":"{kid}","alg":{"ES256":1}}"#, "header_malformed"),
        (r#"{"kid":"{kid}","kid":"{kid}","alg":"ES256"}"#, "header_malformed"),
        (r#"{"kid":"{kid}","\u006bid":"{kid}","alg":"ES256"}"#, "header_malformed"),
        (r#"{"kid":"{kid}","alg":"ES256","alg":"ES256"}"#, "header_malformed"),
        (r#"{"kid":"{kid}","alg":"ES256","\u0061lg":"ES256"}"#, "header_malformed"),
        (r#"{"kid":"{kid}","alg":"ES256","crit":[],"crit":[]}"#, "header_malformed"),
        (r#"{"kid":"{kid}","alg":"ES256","crit":[],"cri\u0074":[]}"#, "header_malformed"),
    ] {
        assert_eq!(header(text), expected, "{text}");
    }
}

#[test]
fn alg_is_es256_octet_for_octet() {
    for alg in
        ["none", "None", "", "es256", "ES256 ", " ES256", "ES256K", "ES384", "HS256", "ES25\u{ff16}", r"ES256\u0000"]
    {
        assert_eq!(header(&format!(r#"{{"kid":"{{kid}}","alg":"{alg}"}}"#)), "alg_not_allowed", "{alg}");
    }
}

#[test]
fn crit_is_refused_whatever_its_value() {
    for crit in ["[]", r#"["exp"]"#, r#"["b64"]"#, "null", "false", "0", r#""""#, "{}"] {
        assert_eq!(header(&format!(r#"{{"kid":"{{kid}}","alg":"ES256","crit":{crit}}}"#)), "crit_not_supported");
    }
    assert_eq!(header(r#"{"kid":"{kid}","alg":"ES256","crit\u0000":[]}"#), "ok");
    assert_eq!(header(r#"{"kid":"{kid}","alg":"ES256","\u0063rit":[]}"#), "crit_not_supported");
}

#[test]
fn depth_of_the_header() {
    for (levels, expected) in [(32, "ok"), (33, "header_malformed")] {
        let text = format!(r#"{{"kid":"{{kid}}","alg":"ES256","x":{}}}"#, nested(levels));
        assert_eq!(header(&text), expected, "{levels}");
    }
}

/// The key is found by the decoded octets, with the issuer's form or without.
#[test]
fn kid_octet_for_octet() {
    for (kid, others) in [
        ("k", &["K", "k ", " k", "kk", "", "\0k", "\u{212a}"][..]),
        ("a-b_c", &["a-b-c", "a_b_c"]),
        ("é", &["e\u{301}", "e"]),
        ("a\"b\\c/\u{1}", &["a\"b\\c", "a"]),
        ("😀", &["😁"]),
    ] {
        let json = |kid: &str| serde_json::to_string(kid).unwrap();
        let escaped: String = kid.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let named = key().clone().with_kid(kid);
        let document = document_of(&[named.jwk()]);
        let mut room = Room::new();
        let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
        let judge = |kid: &str| {
            let header = format!(r#"{{"kid":{kid},"alg":"ES256"}}"#);
            verify(&verifier, named.sign_compact(header.as_bytes(), Payload::new().json().as_bytes()).as_bytes(), NOW)
        };
        assert_eq!(verifier.snapshot().keys()[0].kid(), kid);
        assert_eq!([judge(&json(kid)), judge(&format!("\"{escaped}\""))], ["ok"; 2], "{kid}");
        for other in others {
            assert_eq!(judge(&json(other)), "key_unknown", "{kid} {other}");
        }
    }
}

/// The header segment is compared as text. That is enough, because strict base64url has one text for each octet string.
#[test]
fn header_segment_has_one_spelling() {
    let token = Payload::new().token();
    let (segment, rest) = token.split_once('.').unwrap();
    assert_eq!(base64url::encode(key().jose_header().as_bytes()), segment);
    assert_eq!(verdict(&token), "ok");
    for other in [format!("{segment}="), format!("{segment} "), format!(" {segment}"), format!("{segment}A")] {
        assert_eq!(verdict(&format!("{other}.{rest}")), "token_malformed", "{other}");
    }
}
