//! Verdicts against the p256 crate, on valid, mutated and extreme signatures. `TESSERAL_ES256_ROUNDS` sets how many.

mod support;

use p256::ecdsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use std::io::Write as _;
use support::{Keys, PROFILES, Random, order_be, sub_be};
use tesseral_verify::es256::{Item, verify_batch, verify_digest};

use p256::ecdsa::{Signature, SigningKey, VerifyingKey};

fn oracle(key: &VerifyingKey, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
    Signature::from_slice(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
}

#[test]
fn agrees_with_p256() {
    let rounds: usize = std::env::var("TESSERAL_ES256_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000);
    let mut random = Random::new(1);
    let secrets: Vec<[u8; 32]> = (0..4).map(|_| random.scalar()).chain(support::small_secrets()).collect();
    let (mut accepted, mut refused) = (0, 0);
    for (number, secret) in secrets.iter().enumerate() {
        let signing = SigningKey::from_slice(secret).unwrap();
        let verifying = *signing.verifying_key();
        let keys = Keys::new(&verifying);
        let mut pending = Vec::new();
        for round in 0..rounds.div_ceil(secrets.len()) {
            let digest = if round % 16 == 0 { random.edge() } else { random.octets() };
            let signature: Signature = signing.sign_prehash_with_rng(&mut random, &digest).unwrap();
            let mut signature: [u8; 64] = signature.to_bytes().into();
            let mut digest = digest;
            match round % 8 {
                // Both of s and n − s are valid.
                0 | 1 => {
                    let high = sub_be(&order_be(), signature[32..].try_into().unwrap());
                    signature[32..].copy_from_slice(&high);
                }
                2 => signature[random.below(64)] ^= 1 << random.below(8),
                3 => digest[random.below(32)] ^= 1 << random.below(8),
                4 => signature[..32].copy_from_slice(&random.edge()),
                5 if round % 3 == 0 => signature[32..].copy_from_slice(&random.edge()),
                6 if round % 5 == 0 => signature = random.edges(),
                _ => {}
            }
            let expected = oracle(&verifying, &digest, &signature);
            if expected {
                accepted += 1
            } else {
                refused += 1
            }
            for (profile, tables) in keys.each() {
                // The slow profiles see a part of a long run.
                if rounds > 100_000 && profile != PROFILES[0] && round % 8 > 3 {
                    continue;
                }
                let verdict = verify_digest(&tables, &digest, &signature);
                assert_eq!(verdict, expected, "{profile:?} key {number} {digest:02x?} {signature:02x?}");
            }
            pending.push((digest, signature, expected));
            if pending.len() == 21 {
                let (_, tables) = keys.each().next().unwrap();
                let items: Vec<_> =
                    pending.iter().map(|(digest, signature, _)| Item { tables, digest, signature }).collect();
                let mut verdicts = [true; 21];
                verify_batch(&items, &mut verdicts);
                assert!(verdicts.iter().zip(&pending).all(|(a, b)| *a == b.2));
                pending.clear();
            }
        }
    }
    let _ = writeln!(std::io::stderr(), "es256: {accepted} accepted and {refused} refused as p256 does, 0 disagree");
    assert!(accepted > rounds / 4 && refused > rounds / 4);
}
