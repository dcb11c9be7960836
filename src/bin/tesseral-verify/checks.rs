//! The checks in their fixed order, and which of them an error belongs to.

use tesseral_verify::Error;

pub struct Check {
    pub name: &'static str,
    pub rule: &'static str,
    errors: &'static [Error],
}

/// The first one that fails decides; the numbers that people see start at 1.
pub const CHECKS: [Check; 12] = [
    Check { name: "length", rule: "not longer than the limit", errors: &[Error::TokenTooLarge] },
    Check {
        name: "form",
        rule: "three strict base64url segments, 64 octets of signature",
        errors: &[Error::TokenMalformed],
    },
    Check { name: "header", rule: "a JSON object with one alg and one kid", errors: &[Error::HeaderMalformed] },
    Check { name: "algorithm", rule: "alg is ES256", errors: &[Error::AlgNotAllowed] },
    Check { name: "extensions", rule: "no crit member", errors: &[Error::CritNotSupported] },
    Check { name: "key", rule: "kid is that of a key of the snapshot", errors: &[Error::KeyUnknown] },
    Check {
        name: "signature",
        rule: "made by that key over this header and payload",
        errors: &[Error::SignatureInvalid],
    },
    Check { name: "claims", rule: "a JSON object with the issuer's members", errors: &[Error::ClaimsMalformed] },
    Check {
        name: "time",
        rule: "the clock stands between nbf and exp",
        errors: &[Error::TokenExpired, Error::TokenNotYetValid],
    },
    Check { name: "issuer", rule: "iss is the issuer", errors: &[Error::IssuerMismatch] },
    Check { name: "audience", rule: "aud is, or contains, the issuer", errors: &[Error::AudienceMismatch] },
    Check { name: "revocation", rule: "the list names neither session nor user", errors: &[Error::TokenRevoked] },
];

/// What became of one check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    Pass,
    Fail,
    NotReached,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotReached => "not reached",
        }
    }
}

/// The state of each check; an error that is no verdict on a token comes back.
pub fn states<T>(verdict: Result<T, Error>) -> Result<[State; CHECKS.len()], Error> {
    let failed = match verdict {
        Ok(_) => CHECKS.len(),
        Err(error) => CHECKS.iter().position(|check| check.errors.contains(&error)).ok_or(error)?,
    };
    Ok(std::array::from_fn(|place| match place.cmp(&failed) {
        std::cmp::Ordering::Less => State::Pass,
        std::cmp::Ordering::Equal => State::Fail,
        std::cmp::Ordering::Greater => State::NotReached,
    }))
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, State, states};
    use tesseral_verify::Error;

    #[test]
    fn the_order_is_that_of_the_design() {
        let failed =
            |error| states::<()>(Err(error)).map(|states| states.iter().position(|state| *state == State::Fail));
        assert_eq!(failed(Error::TokenTooLarge), Ok(Some(0)));
        assert_eq!(failed(Error::SignatureInvalid), Ok(Some(6)));
        assert_eq!(failed(Error::TokenNotYetValid), Ok(Some(8)));
        assert_eq!(failed(Error::AudienceMismatch), Ok(Some(10)));
        assert_eq!(failed(Error::TokenRevoked), Ok(Some(11)));
        assert_eq!(failed(Error::BufferTooSmall), Err(Error::BufferTooSmall));
        assert_eq!(states(Ok(())), Ok([State::Pass; CHECKS.len()]));
    }
}
