//! Signs tokens in microseconds.

use p256::{
    FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{PrimeField, ops::Reduce, sec1::ToSec1Point},
};
use sha2::{Digest, Sha256};

/// Signs with one of a few nonces whose points were computed before. A point multiplication for each token would
/// cost more than everything else, and these test keys are no secret.
pub struct Signer {
    secret: Scalar,
    /// The inverse of each nonce, and its r.
    nonces: Vec<(Scalar, Scalar)>,
}

impl Signer {
    /// `secret`: a big-endian number in 1 … n - 1.
    pub fn new(secret: &[u8; 32]) -> Self {
        let nonce = |number: u64| {
            let nonce = Scalar::from(number + 0x1234_5678_9abc_def1).square().square(); // any number of 256 bits
            let point = (ProjectivePoint::GENERATOR * nonce).to_affine().to_sec1_point(false);
            let x = FieldBytes::try_from(&point.as_bytes()[1..33]).expect("32 octets");
            (nonce.invert().expect("not zero"), Scalar::reduce(&x))
        };
        let secret = Scalar::from_repr(FieldBytes::from(*secret)).expect("in range");
        Self { secret, nonces: (0..16).map(nonce).collect() }
    }

    /// The compact serialization with r ‖ s, or with r ‖ (n - s).
    pub fn compact(&self, header: &[u8], payload: &[u8], negated: bool) -> Vec<u8> {
        let input = fake_tesseral::jws::signing_input(header, payload);
        let digest = Sha256::digest(input.as_bytes());
        let (inverse, r) = self.nonces[usize::from(digest[0]) % self.nonces.len()];
        let digest = FieldBytes::try_from(&digest[..]).expect("32 octets");
        let s = inverse * (Scalar::reduce(&digest) + r * self.secret);
        let s = if negated { -s } else { s };
        let signature = [r.to_repr(), s.to_repr()].concat();
        fake_tesseral::jws::compact(header, payload, &signature).into_bytes()
    }
}
