//! The crate jwt-simple. It takes its options by value, so a user with one policy clones them.

use super::{Peer, claims::OwnedCustomClaims};
use crate::tokens::{NOW, Set};
use jwt_simple::prelude::{
    Duration, ECDSAP256PublicKeyLike as _, ES256PublicKey, JWTClaims, Token, UnixTimeStamp, VerificationOptions,
};
use std::{
    collections::{HashMap, HashSet},
    hint::black_box,
};

pub struct JwtSimple {
    keys: HashMap<String, ES256PublicKey>,
    options: VerificationOptions,
}

impl JwtSimple {
    pub fn new(set: &Set) -> Self {
        let parse = |point: &[u8; 65]| ES256PublicKey::from_bytes(point).expect("a valid key");
        let issuer = Some(HashSet::from([set.issuer.clone()]));
        Self {
            keys: set.keys.iter().map(|key| (key.kid.clone(), parse(&key.point))).collect(),
            options: VerificationOptions {
                allowed_issuers: issuer.clone(),
                allowed_audiences: issuer,
                time_tolerance: Some(Duration::from_secs(0)),
                artificial_time: Some(UnixTimeStamp::from_secs(NOW.unsigned_abs())),
                ..VerificationOptions::default()
            },
        }
    }

    fn verify(&self, token: &str) -> Option<JWTClaims<OwnedCustomClaims>> {
        let metadata = Token::decode_metadata(token).ok()?;
        let key = self.keys.get(metadata.key_id()?)?;
        key.verify_token(token, Some(self.options.clone())).ok()
    }
}

impl Peer for JwtSimple {
    fn accepts(&mut self, token: &str) -> bool {
        black_box(self.verify(token)).is_some()
    }
}
