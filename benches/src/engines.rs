//! The bare ES256 check by other libraries: key parsed once, hashing included, signature as R ‖ S.

use crate::tokens::Set;
use std::hint::black_box;

/// An engine that checks signatures under one key.
pub trait Engine {
    /// Whether the signature, R ‖ S, is good.
    fn verify(&self, signing_input: &[u8], signature: &[u8; 64]) -> bool;
}

/// All of them with the names that figures have, under the set's first key.
#[must_use]
pub fn all(set: &Set) -> Vec<(&'static str, Box<dyn Engine>)> {
    let point = &set.keys[0].point;
    vec![
        ("aws_lc", Box::new(AwsLc::new(point))),
        ("ring", Box::new(Ring::new(point))),
        ("openssl", Box::new(OpenSsl::new(point))),
        ("graviola", Box::new(Graviola::new(point))),
        ("p256", Box::new(P256::new(point))),
    ]
}

/// Panics unless the engine accepts all tokens of a set with one key, and refuses each with one bit changed.
pub fn check(name: &str, engine: &dyn Engine, set: &Set) {
    for (i, token) in set.good.iter().enumerate() {
        assert!(engine.verify(token.signing_input(), &token.signature), "{name} refuses token {i}");
        let mut forged = token.signature;
        forged[i % 64] ^= 1 << (i % 8);
        assert!(!engine.verify(token.signing_input(), &forged), "{name} accepts a changed signature");
    }
}

/// Verifies token number `i` and asserts the verdict.
pub fn run(engine: &dyn Engine, set: &Set, i: usize) {
    let token = set.rotating(i);
    assert!(black_box(engine.verify(black_box(token.signing_input()), black_box(&token.signature))));
}

struct AwsLc(aws_lc_rs::signature::ParsedPublicKey);

impl AwsLc {
    fn new(point: &[u8; 65]) -> Self {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
        Self(ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).expect("a valid key"))
    }
}

impl Engine for AwsLc {
    fn verify(&self, signing_input: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_sig(signing_input, signature).is_ok()
    }
}

/// ring has no parsed keys: it reads the point each time.
struct Ring(ring::signature::UnparsedPublicKey<[u8; 65]>);

impl Ring {
    fn new(point: &[u8; 65]) -> Self {
        use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
        Self(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, *point))
    }
}

impl Engine for Ring {
    fn verify(&self, signing_input: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify(signing_input, signature).is_ok()
    }
}

struct OpenSsl(openssl::ec::EcKey<openssl::pkey::Public>);

impl OpenSsl {
    fn new(point: &[u8; 65]) -> Self {
        Self(openssl_key(point))
    }
}

impl Engine for OpenSsl {
    fn verify(&self, signing_input: &[u8], signature: &[u8; 64]) -> bool {
        use openssl::{bn::BigNum, ecdsa::EcdsaSig};
        let (r, s) = signature.split_at(32);
        let digest = openssl::sha::sha256(signing_input);
        let verify = || {
            let signature = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
            signature.verify(&digest, &self.0)
        };
        verify().unwrap_or(false)
    }
}

/// The key in the form of OpenSSL.
#[must_use]
pub fn openssl_key(point: &[u8; 65]) -> openssl::ec::EcKey<openssl::pkey::Public> {
    use openssl::{
        bn::BigNumContext,
        ec::{EcGroup, EcKey, EcPoint},
        nid::Nid,
    };
    let make = || {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let mut context = BigNumContext::new()?;
        let point = EcPoint::from_bytes(&group, point, &mut context)?;
        EcKey::from_public_key(&group, &point)
    };
    make().expect("a valid key")
}

struct Graviola(graviola::signing::ecdsa::VerifyingKey<graviola::signing::ecdsa::P256>);

impl Graviola {
    fn new(point: &[u8; 65]) -> Self {
        Self(graviola::signing::ecdsa::VerifyingKey::from_x962_uncompressed(point).expect("a valid key"))
    }
}

impl Engine for Graviola {
    fn verify(&self, signing_input: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify::<graviola::hashing::Sha256>(&[signing_input], signature).is_ok()
    }
}

struct P256(p256::ecdsa::VerifyingKey);

impl P256 {
    fn new(point: &[u8; 65]) -> Self {
        Self(p256::ecdsa::VerifyingKey::from_sec1_bytes(point).expect("a valid key"))
    }
}

impl Engine for P256 {
    fn verify(&self, signing_input: &[u8], signature: &[u8; 64]) -> bool {
        use p256::ecdsa::{Signature, signature::Verifier as _};
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(signing_input, &signature).is_ok())
    }
}
