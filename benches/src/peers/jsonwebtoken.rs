//! The crate jsonwebtoken on aws-lc-rs. It reads the system's clock.

use super::{Peer, claims::OwnedClaims};
use crate::tokens::Set;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use std::{collections::HashMap, hint::black_box};

pub struct JsonWebToken {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

impl JsonWebToken {
    pub fn new(set: &Set) -> Self {
        let keys = set.keys.iter().map(|key| (key.kid.clone(), DecodingKey::from_ec_der(&key.point))).collect();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_issuer(&[&set.issuer]);
        validation.set_audience(&[&set.issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Self { keys, validation }
    }

    fn verify(&self, token: &str) -> Option<OwnedClaims> {
        let header = decode_header(token).ok()?;
        let key = self.keys.get(&header.kid?)?;
        Some(decode(token, key, &self.validation).ok()?.claims)
    }
}

impl Peer for JsonWebToken {
    fn accepts(&mut self, token: &str) -> bool {
        black_box(self.verify(token)).is_some()
    }
}
