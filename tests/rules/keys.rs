//! Which keys of a document are used, and why the others are skipped.

use crate::{
    common::room::{Room, verify},
    fixture::{NOW, PROJECT, Payload, document_of, key},
};
use fake_tesseral::{Coordinate, Project, Seed, SigningKey, base64url};
use tesseral_verify::{Options, Survey, jwk::SkipReason};

/// A JWK with the members of a good one, changed by `edit`.
fn jwk(edit: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> String {
    let mut members = serde_json::from_str(&key().clone().with_kid("edited").jwk()).unwrap();
    edit(&mut members);
    serde_json::Value::from(members).to_string()
}

fn with(name: &str, value: &str) -> String {
    jwk(|members| {
        members.insert(name.to_owned(), serde_json::from_str(value).unwrap());
    })
}

fn without(name: &str) -> String {
    jwk(|members| {
        members.remove(name);
    })
}

/// What loading says of the last element of `keys`, beside a good key: used, or why it is not.
fn reason(element: &str) -> Option<SkipReason> {
    let document = document_of(&[&key().jwk(), element]);
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    let snapshot = verifier.snapshot();
    assert_eq!(snapshot.keys().len() + snapshot.keys_skipped(), 2);
    // The good key works, whatever key stands beside it.
    assert_eq!(verify(&verifier, Payload::new().token().as_bytes(), NOW), "ok");
    assert!(snapshot.skipped().iter().all(|skipped| skipped.index == 1));
    snapshot.skipped().first().map(|skipped| skipped.reason)
}

#[test]
fn each_reason() {
    let point = key().uncompressed_point();
    let padded = |octets: &[u8]| format!("\"{}\"", base64url::encode(octets));
    let mut off_curve = point;
    off_curve[64] ^= 1;
    let p = "\"_____wAAAAEAAAAAAAAAAAAAAAD_______________8\"";
    let over_long = [&[0][..], &point[1..33]].concat();
    let good = without("nothing");
    let seen: Vec<SkipReason> = [
        ("null".to_owned(), Some(SkipReason::NotAnObject)),
        ("[{}]".to_owned(), Some(SkipReason::NotAnObject)),
        ("\"k\"".to_owned(), Some(SkipReason::NotAnObject)),
        (good.clone(), None),
        (good.replacen('{', r#"{"kty":"EC","#, 1), Some(SkipReason::MemberRepeated)),
        (good.replacen('{', r#"{"\u006bid":"edited","#, 1), Some(SkipReason::MemberRepeated)),
        (good.replacen('{', r#"{"x5c":1,"x5c":2,"#, 1), None),
        (with("d", "\"AQ\""), Some(SkipReason::PrivateKey)),
        (with("d", "null"), Some(SkipReason::PrivateKey)),
        (with("D", "null"), None),
        (with("kty", "\"RSA\""), Some(SkipReason::KtyUnsupported)),
        (with("kty", "\"ec\""), Some(SkipReason::KtyUnsupported)),
        (with("kty", "null"), Some(SkipReason::KtyUnsupported)),
        (without("kty"), Some(SkipReason::KtyUnsupported)),
        (with("crv", "\"P-384\""), Some(SkipReason::CrvUnsupported)),
        (with("crv", "[\"P-256\"]"), Some(SkipReason::CrvUnsupported)),
        (without("crv"), Some(SkipReason::CrvUnsupported)),
        (with("alg", "\"ES256\""), None),
        (with("alg", "\"ES384\""), Some(SkipReason::AlgMismatch)),
        (with("alg", "null"), Some(SkipReason::AlgMismatch)),
        (with("use", "\"sig\""), None),
        (with("use", "\"enc\""), Some(SkipReason::UseMismatch)),
        (with("use", "null"), Some(SkipReason::UseMismatch)),
        (with("key_ops", "[\"verify\"]"), None),
        (with("key_ops", "[\"sign\",\"verify\"]"), None),
        (with("key_ops", "[\"sign\"]"), Some(SkipReason::KeyOpsMismatch)),
        (with("key_ops", "[]"), Some(SkipReason::KeyOpsMismatch)),
        (with("key_ops", "[\"verify\",1]"), Some(SkipReason::KeyOpsMismatch)),
        (with("key_ops", "\"verify\""), Some(SkipReason::KeyOpsMismatch)),
        (with("key_ops", "null"), Some(SkipReason::KeyOpsMismatch)),
        (with("kid", "\"\""), Some(SkipReason::KidMalformed)),
        (with("kid", "1"), Some(SkipReason::KidMalformed)),
        (without("kid"), Some(SkipReason::KidMalformed)),
        (without("x"), Some(SkipReason::CoordinateMalformed)),
        (with("y", "null"), Some(SkipReason::CoordinateMalformed)),
        (with("x", "\"\""), Some(SkipReason::CoordinateMalformed)),
        (with("x", &padded(&over_long)), Some(SkipReason::CoordinateMalformed)),
        (with("x", &format!("\"{}=\"", base64url::encode(&point[1..33]))), Some(SkipReason::CoordinateMalformed)),
        (with("y", &padded(&off_curve[33..])), Some(SkipReason::PointInvalid)),
        (with("x", p), Some(SkipReason::PointInvalid)),
        (with("x", "\"AA\""), Some(SkipReason::PointInvalid)),
        (with("kid", &format!("\"{}\"", key().kid())), Some(SkipReason::KeyRepeated)),
    ]
    .into_iter()
    .filter_map(|(element, expected)| {
        assert_eq!(reason(&element), expected, "{element}");
        expected
    })
    .collect();
    let missing = SkipReason::ALL.iter().filter(|reason| !seen.contains(reason));
    assert!(missing.eq(&[SkipReason::KidConflict]), "each reason has a witness; the conflict has its own tests");
}

/// A second key under the first one's `kid`.
fn stranger() -> SigningKey {
    Project::new(2).signing_key().clone().with_kid(key().kid())
}

fn third() -> SigningKey {
    Project::new(3).signing_key().clone()
}

/// Indexes and reasons of the skipped keys, and the verdicts on tokens of the three keys.
fn conflicts(keys: &[&SigningKey]) -> (Vec<(u32, SkipReason)>, [&'static str; 3]) {
    let document = document_of(&keys.iter().map(|key| key.jwk()).collect::<Vec<_>>());
    let mut room = Room::with_keys(keys.len());
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    let snapshot = verifier.snapshot();
    let survey = Survey::of(document.as_bytes()).unwrap();
    assert_eq!((survey.keys_usable(), survey.project_id()), (Ok(snapshot.keys().len()), snapshot.project_id()));
    assert_eq!((survey.skipped().count(), survey.skipped().listed()), (snapshot.keys_skipped(), snapshot.skipped()));
    let skipped = snapshot.skipped().iter().map(|skipped| (skipped.index, skipped.reason)).collect();
    let payload = Payload::new().json();
    let verdicts =
        [key(), &stranger(), &third()].map(|key| verify(&verifier, key.sign_claims(&payload).as_bytes(), NOW));
    (skipped, verdicts)
}

#[test]
fn one_kid_with_different_points() {
    use SkipReason::{KeyRepeated, KidConflict};
    let (own, other, third) = (key(), &stranger(), &third());
    let neither = ["key_unknown", "key_unknown", "ok"];
    for (keys, skipped, verdicts) in [
        (&[own, third][..], vec![], ["ok", "signature_invalid", "ok"]),
        (&[own, other, third], vec![(0, KidConflict), (1, KidConflict)], neither),
        (&[third, other, own], vec![(1, KidConflict), (2, KidConflict)], neither),
        (&[own, third, other, own], vec![(0, KidConflict), (2, KidConflict), (3, KidConflict)], neither),
        (&[own, own, third], vec![(1, KeyRepeated)], ["ok", "signature_invalid", "ok"]),
        (&[own, own, own, third], vec![(1, KeyRepeated), (2, KeyRepeated)], ["ok", "signature_invalid", "ok"]),
        (&[own, own, other, third], vec![(1, KeyRepeated), (0, KidConflict), (2, KidConflict)], neither),
    ] {
        assert_eq!(conflicts(keys), (skipped, verdicts));
    }
}

#[test]
fn a_conflict_alone_leaves_no_key() {
    let document = document_of(&[key().jwk(), stranger().jwk()]);
    let refusal = Room::new().load(document.as_bytes(), &Options::new()).unwrap_err();
    assert_eq!((refusal.error.slug(), refusal.offset), ("config_no_usable_key", None));
}

/// Escapes are decoded before IDs are compared.
#[test]
fn one_kid_in_two_spellings() {
    let escaped = stranger().jwk().replace("session_", r"\u0073ession_");
    let document = document_of(&[&key().jwk(), &escaped, &third().jwk()]);
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    assert_eq!(verifier.snapshot().keys().len(), 1);
    assert_eq!(verify(&verifier, Payload::new().token().as_bytes(), NOW), "key_unknown");
}

#[test]
fn a_broken_twin_does_not_conflict() {
    let broken = stranger().jwk().replace("P-256", "P-384");
    let document = document_of(&[&broken, &key().jwk()]);
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    assert_eq!(verify(&verifier, Payload::new().token().as_bytes(), NOW), "ok");
}

#[test]
fn coordinates_without_their_leading_zeros() {
    let mut random = Seed::from_number(1).random("short coordinates");
    for coordinate in [Coordinate::X, Coordinate::Y] {
        let short = SigningKey::generate_short(&mut random, coordinate);
        let point = short.uncompressed_point();
        let padded = format!(
            r#"{{"crv":"P-256","kid":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
            short.kid(),
            base64url::encode(&point[1..33]),
            base64url::encode(&point[33..])
        );
        assert_ne!(short.jwk(), padded);
        for jwk in [short.jwk(), padded] {
            let document = document_of(&[jwk]);
            let mut room = Room::new();
            let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
            assert_eq!(verify(&verifier, short.sign_claims(&Payload::new().json()).as_bytes(), NOW), "ok");
        }
    }
}

#[test]
fn rotation() {
    let mut project = PROJECT.clone();
    let (old, before) = (project.access_token(NOW), project.config_document());
    project.rotate();
    let (new, after) = (project.access_token(NOW), project.config_document());
    for (document, verdicts) in
        [(before, ["ok", "key_unknown"]), (after.clone(), ["ok", "ok"]), (after.with_keys_reversed(), ["ok", "ok"])]
    {
        let mut room = Room::new();
        let document = document.to_json();
        let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
        assert_eq!([&old, &new].map(|token| verify(&verifier, token.as_bytes(), NOW)), verdicts);
    }
}

#[test]
fn keys_come_out_in_the_order_of_the_document() {
    let kids: Vec<String> = (0..6).map(|i| format!("k{i}")).collect();
    let mut keys: Vec<String> = kids.iter().map(|kid| key().clone().with_kid(kid).jwk()).collect();
    keys[2] = "null".to_owned();
    let document = document_of(&keys);
    let mut room = Room::with_keys(6);
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    let used = verifier.snapshot().keys().iter().map(|key| key.kid());
    assert!(used.eq(["k0", "k1", "k3", "k4", "k5"]));
}
