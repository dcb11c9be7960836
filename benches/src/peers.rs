//! Peers, which verify a whole token: kid lookup, ES256, exp, nbf, iss, aud and typed claims.

mod claims;
mod hand_made;
mod jsonwebtoken;
mod jwt_simple;
#[cfg(libjwt)]
mod libjwt;

use crate::tokens::Set;
use std::hint::black_box;

/// A peer that verifies tokens of one project.
pub trait Peer {
    /// Whether the token is good; its typed claims went to a black box.
    fn accepts(&mut self, token: &str) -> bool;
}

/// All of them with the names that figures have.
#[must_use]
pub fn all(set: &Set) -> Vec<(&'static str, Box<dyn Peer>)> {
    vec![
        ("hand_made", Box::new(hand_made::HandMade::new(set))),
        ("jsonwebtoken", Box::new(jsonwebtoken::JsonWebToken::new(set))),
        ("jwt_simple", Box::new(jwt_simple::JwtSimple::new(set))),
        #[cfg(libjwt)]
        ("libjwt", Box::new(libjwt::LibJwt::new(set))),
    ]
}

/// The version of libjwt, when it was found.
pub const LIBJWT: Option<&str> = option_env!("LIBJWT_VERSION");

/// Panics unless the peer makes every check that a peer must make.
pub fn check(name: &str, peer: &mut dyn Peer, set: &Set) {
    for (i, token) in set.good.iter().enumerate() {
        assert!(peer.accepts(&token.text), "{name} refuses token {i}");
    }
    for (reason, token) in &set.bad {
        assert!(!peer.accepts(token), "{name} accepts a token that is {reason}");
    }
}

/// Verifies token number `i` and asserts the verdict.
pub fn run(peer: &mut dyn Peer, set: &Set, i: usize) {
    assert!(black_box(peer.accepts(black_box(&set.rotating(i).text))));
}
