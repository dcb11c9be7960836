//! Raw Wycheproof sets: signatures through `es256::verify`, points through `Point::from_coordinates`.

mod common;

use common::{
    der::raw_signature,
    engine::{Keys, PublicKey},
    room::{Room, verify},
    sets::{Summary, external, grouped, text, unhex},
};
use tesseral_verify::Options;

#[test]
fn p1363() {
    const FILE: &str = "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json";
    let Some(set) = external(FILE) else { return };
    let (mut keys, mut summary, mut valid) = (Keys::default(), Summary::of(FILE, &set), 0);
    for (group, test) in grouped(&set) {
        let expected = text(test, "result") == "valid";
        let signature: Result<[u8; 64], _> = unhex(text(test, "sig")).try_into();
        let accepted = signature.is_ok_and(|signature| keys.of(group).accepts(&unhex(text(test, "msg")), &signature));
        summary.check(&test["tcId"], expected, accepted);
        valid += usize::from(accepted);
    }
    summary.finish(262);
    assert_eq!(valid, 173);
}

/// No DER signature of the set has 64 octets, so that each one is refused by its length.
#[test]
fn der_as_it_is() {
    const FILE: &str = "wycheproof/ecdsa_secp256r1_sha256_test.json";
    let Some(set) = external(FILE) else { return };
    let mut summary = Summary::of(FILE, &set);
    let mut room = Room::new();
    let key = fake_tesseral::Project::new(1).signing_key().clone().with_kid("k");
    let document = format!(r#"{{"keys":[{}]}}"#, key.jwk());
    let verifier = room.load(document.as_bytes(), &Options::new().issuer("i")).unwrap();
    for (_, test) in grouped(&set) {
        let signature = unhex(text(test, "sig"));
        summary.also(&test["tcId"], false, signature.len() == 64);
        let token = fake_tesseral::jws::compact(key.jose_header().as_bytes(), b"foo", &signature);
        summary.check(&test["tcId"], "token_malformed", verify(&verifier, token.as_bytes(), 0));
    }
    summary.finish(484);
}

/// The strictly parsable ones with both integers below 2^256, as R ‖ S.
#[test]
fn der_encoded_again() {
    const FILE: &str = "wycheproof/ecdsa_secp256r1_sha256_test.json";
    let Some(set) = external(FILE) else { return };
    let (mut keys, mut summary, mut valid) = (Keys::default(), Summary::of(&format!("{FILE} (R ‖ S)"), &set), 0);
    for (group, test) in grouped(&set) {
        let Some(signature) = raw_signature(&unhex(text(test, "sig"))) else {
            assert_ne!(text(test, "result"), "valid", "{}", test["tcId"]);
            summary.not_ours();
            continue;
        };
        let accepted = keys.of(group).accepts(&unhex(text(test, "msg")), &signature);
        summary.check(&test["tcId"], text(test, "result") == "valid", accepted);
        valid += usize::from(accepted);
    }
    summary.finish(249);
    assert_eq!(valid, 174);
}

#[test]
fn the_der_reader_is_strict() {
    let parsed = |hex: &str| raw_signature(&unhex(hex)).is_some();
    assert!(parsed("3006020101020100"));
    for (hex, why) in [
        ("300602010102010000", "an octet follows"),
        ("3007020101020100", "the content is shorter than its length"),
        ("308106020101020100", "length not minimal"),
        ("300602010102", "it ends early"),
        ("3007020101020200", "an octet of an integer is missing"),
        ("300702010102020001", "leading zero"),
        ("3006020101020180", "negative"),
        ("30050201010200", "no octet"),
        ("3009020101020100020100", "three integers"),
        ("3106020101020100", "not a SEQUENCE"),
        ("3080020101020100", "indefinite length"),
    ] {
        assert!(!parsed(hex), "{why}");
    }
    let integer = |octets: usize| format!("02{:02x}01{}", octets, "00".repeat(octets - 1));
    let pair = |octets: usize| format!("30{:02x}{}020101", octets + 5, integer(octets));
    assert!(parsed(&pair(32)) && !parsed(&pair(33)));
}

#[test]
fn points() {
    const FILE: &str = "wycheproof/ecdh_secp256r1_ecpoint_test.json";
    let Some(set) = external(FILE) else { return };
    let (mut summary, mut imported) = (Summary::of(FILE, &set), 0);
    for (_, test) in grouped(&set) {
        let octets = unhex(text(test, "public"));
        // "acceptable" marks compressed points, which a JWK cannot hold.
        let expected = text(test, "result") == "valid" && octets.first() == Some(&4);
        let accepted = PublicKey::from_uncompressed(&octets).is_some();
        summary.check(&test["tcId"], expected, accepted);
        imported += usize::from(accepted);
    }
    summary.finish(355);
    assert_eq!(imported, 330);
}

/// A valid signature stays valid with n - s in place of s, and both halves verify as a token's.
#[test]
fn both_halves_of_s() {
    let key = fake_tesseral::Project::new(1).signing_key().clone();
    let engine = PublicKey::from_uncompressed(&key.uncompressed_point()).unwrap();
    for half in [fake_tesseral::SHalf::Low, fake_tesseral::SHalf::High] {
        let signature = key.sign_input(b"message", half);
        assert!(engine.accepts(b"message", &signature), "{half:?}");
        assert!(!engine.accepts(b"messagf", &signature), "{half:?}");
    }
}
