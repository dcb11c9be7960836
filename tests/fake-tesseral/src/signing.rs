//! Signing keys: P-256, ES256 (RFC 7518 section 3.4), and their JWKs (RFC 7517, RFC 7518 section 6.2).

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{self, Signature};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{NonZeroScalar, ProjectivePoint, Scalar};

use crate::random::Random;
use crate::{base64url, ids, json, jws};

/// A private P-256 key with its `kid`.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    secret: ecdsa::SigningKey,
}

/// One of the two affine coordinates of a public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Coordinate {
    /// The JWK member `x`.
    X,
    /// The JWK member `y`.
    Y,
}

/// Which of the two equally valid signatures (r, s) and (r, n - s) is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SHalf {
    /// Whichever comes out; high half of the time. The issuer does not normalise.
    AsSigned,
    /// s at most n/2.
    Low,
    /// s over n/2.
    High,
}

impl SigningKey {
    /// A random key with a random `kid`, as the issuer creates with a project.
    pub fn generate(random: &mut Random) -> Self {
        let kid = ids::render(ids::SIGNING_KEY, ids::uuid_v4(random));
        loop {
            // A refusal (0, or n and more) has probability 2^-32.
            if let Some(key) = Self::from_secret(&kid, &random.octets()) {
                return key;
            }
        }
    }

    /// A random key whose JWK member `coordinate` has at most 31 octets, as 1 key in 256 has.
    pub fn generate_short(random: &mut Random, coordinate: Coordinate) -> Self {
        let start = Self::generate(random);
        let mut secret: Scalar = *start.secret.as_nonzero_scalar().as_ref();
        let mut point = ProjectivePoint::GENERATOR * secret;
        loop {
            // Stepping by one costs a point addition, much less than a fresh key.
            secret += Scalar::ONE;
            point += ProjectivePoint::GENERATOR;
            let uncompressed = point.to_affine().to_sec1_point(false);
            let octets = match coordinate {
                Coordinate::X => uncompressed.x(),
                Coordinate::Y => uncompressed.y(),
            };
            if octets.is_some_and(|octets| octets[0] == 0)
                && let Some(secret) = NonZeroScalar::new(secret).into_option()
            {
                return Self { kid: start.kid, secret: ecdsa::SigningKey::from(secret) };
            }
        }
    }

    /// A known key: any `kid`, and a big-endian number in 1 … n - 1; `None` when it is out of range.
    pub fn from_secret(kid: &str, secret: &[u8; 32]) -> Option<Self> {
        let secret = ecdsa::SigningKey::from_slice(secret).ok()?;
        Some(Self { kid: kid.to_owned(), secret })
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn with_kid(self, kid: &str) -> Self {
        Self { kid: kid.to_owned(), ..self }
    }

    /// The key id, 45 octets when the issuer made it.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// 0x04 ‖ X ‖ Y (SEC1 section 2.3.3).
    pub fn uncompressed_point(&self) -> [u8; 65] {
        let mut octets = [0; 65];
        octets.copy_from_slice(self.secret.verifying_key().to_sec1_point(false).as_bytes());
        octets
    }

    /// The public key as the config document prints it: crv, kid, kty, x, y; no `alg`, no `use`.
    ///
    /// The coordinates are minimal big-endian integers: leading zero octets are dropped, against
    /// RFC 7518 section 6.2.1.2.
    pub fn jwk(&self) -> String {
        let point = self.uncompressed_point();
        let (x, y) = point[1..].split_at(32);
        json::Object::new()
            .string("crv", "P-256")
            .string("kid", &self.kid)
            .string("kty", "EC")
            .string("x", &base64url::encode(minimal(x)))
            .string("y", &base64url::encode(minimal(y)))
            .close()
    }

    /// The JOSE header that the issuer writes: `{"kid":"…","alg":"ES256"}`, 69 octets for its own kids.
    pub fn jose_header(&self) -> String {
        json::Object::new().string("kid", &self.kid).string("alg", "ES256").close()
    }

    /// Signs claims as the issuer does, with [`Self::jose_header`].
    pub fn sign_claims(&self, payload: &str) -> String {
        self.sign_compact(self.jose_header().as_bytes(), payload.as_bytes())
    }

    /// Signs any header and payload, however wrong, and gives the compact serialization.
    pub fn sign_compact(&self, header_json: &[u8], payload_json: &[u8]) -> String {
        let input = jws::signing_input(header_json, payload_json);
        jws::compact(header_json, payload_json, &self.sign_input(input.as_bytes(), SHalf::AsSigned))
    }

    /// Signs any octets: r ‖ s, each 32 octets, big-endian, left-padded with zeros.
    ///
    /// The nonce is that of RFC 6979, so that the same input gives the same signature; SHA-256 is inside.
    pub fn sign_input(&self, signing_input: &[u8], half: SHalf) -> [u8; 64] {
        let signed: Signature = self.secret.sign(signing_input);
        let low = signed.normalize_s();
        let signature = match half {
            SHalf::AsSigned => signed,
            SHalf::Low => low,
            SHalf::High => negate_s(&low),
        };
        signature.to_bytes().into()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// (r, n - s), which verifies whenever (r, s) does.
fn negate_s(signature: &Signature) -> Signature {
    let (r, s) = signature.split_scalars();
    // r and s are in 1 … n - 1, and so is n - s.
    Signature::from_scalars(r, -s).expect("both scalars stay in range")
}

/// Without leading zero octets.
fn minimal(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|&&octet| octet == 0).count();
    &integer[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use p256::ecdsa::signature::Verifier;

    /// The key of RFC 6979 appendix A.2.5.
    fn known() -> SigningKey {
        let mut secret = [0; 32];
        let hex = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        for (i, octet) in secret.iter_mut().enumerate() {
            *octet = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hexadecimal");
        }
        SigningKey::from_secret("k", &secret).expect("in range")
    }

    #[test]
    fn rfc6979_signature_and_jwk() {
        let signature = known().sign_input(b"sample", SHalf::AsSigned);
        assert_eq!(
            base64url::encode(&signature),
            "79SLKqy2qP0RQN2c1F6B1p0sh3tWqvmRw00OqE6vNxb3yxyULWV8QdQ2x6G24p9l8-kA27mv9AZNxKsvhDrNqA"
        );
        assert_eq!(
            known().jwk(),
            concat!(
                r#"{"crv":"P-256","kid":"k","kty":"EC","#,
                r#""x":"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y","y":"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk"}"#
            )
        );
        assert_eq!(known().jose_header(), r#"{"kid":"k","alg":"ES256"}"#);
    }

    #[test]
    fn both_halves_verify() {
        let key = known();
        let verifying = key.secret.verifying_key();
        let [low, high] = [SHalf::Low, SHalf::High].map(|half| key.sign_input(b"x", half));
        assert_eq!(low[..32], high[..32]);
        assert!(low[32] < 0x80 && high[32] >= 0x7f && low[32..] != high[32..]);
        for signature in [low, high] {
            let signature = Signature::from_slice(&signature).expect("in range");
            assert!(verifying.verify(b"x", &signature).is_ok());
        }
    }

    #[test]
    fn high_s_about_half_of_the_time() {
        let key = known();
        let high = (0..400u32)
            .filter(|i| {
                let input = i.to_be_bytes();
                key.sign_input(&input, SHalf::AsSigned) == key.sign_input(&input, SHalf::High)
            })
            .count();
        assert!((160..=240).contains(&high), "{high} of 400");
    }

    #[test]
    fn short_coordinates_lose_their_zeros() {
        let mut random = Seed::from_number(1).random("short");
        for (coordinate, at) in [(Coordinate::X, 1), (Coordinate::Y, 33)] {
            let key = SigningKey::generate_short(&mut random, coordinate);
            let point = key.uncompressed_point();
            assert_eq!(point[at], 0);
            let short = base64url::encode(minimal(&point[at..at + 32]));
            assert!(short.len() <= 42, "31 octets are 42 characters");
            assert!(key.jwk().contains(&format!(r#":"{short}""#)));
            let signature = Signature::from_slice(&key.sign_input(b"x", SHalf::AsSigned));
            let verifying = ecdsa::VerifyingKey::from_sec1_bytes(&point).expect("on the curve");
            assert!(verifying.verify(b"x", &signature.expect("in range")).is_ok());
        }
    }

    #[test]
    fn kids_are_ids_and_secrets_do_not_print() {
        let key = SigningKey::generate(&mut Seed::from_number(1).random("key"));
        assert!(ids::parse(ids::SIGNING_KEY, key.kid()).is_some());
        assert_eq!(key.jose_header().len(), 69);
        assert_eq!(format!("{:?}", key.with_kid("k")), r#"SigningKey { kid: "k", .. }"#);
        assert!(SigningKey::from_secret("k", &[0; 32]).is_none());
        assert!(SigningKey::from_secret("k", &[0xff; 32]).is_none());
    }
}
