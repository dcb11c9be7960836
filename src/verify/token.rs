//! Verifying one token. A header segment that the issuer writes for a key is recognized by its octets; any other is parsed.

use super::Verifier;
use crate::{
    auth::Auth,
    cache::{Cache, Remembered},
    claims::AccessTokenClaims,
    error::Error,
    es256::{self, Point, Verified},
    jws::{self, CompactJws, DecodedJws, JoseHeader, SignedPayload},
    rulebook::KidHash,
    snapshot::VerifyingKey,
};
#[cfg(feature = "ffi")]
use crate::{cache::Hold, claims::InPlace};

impl Verifier<'_> {
    /// Verifies one access token.
    ///
    /// `now` is in seconds since 1970-01-01T00:00:00Z. `cache` is for tokens that come again: each thread has its own, or none.
    /// `scratch` needs [`Verifier::scratch_len`] bytes, whatever the token's length. The result borrows from it; after a
    /// failure its contents are unspecified.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`] before the token is looked at, then the first check that fails: see the table
    /// in the crate's documentation.
    pub fn verify_token<'a>(
        &self,
        token: &'a [u8],
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        self.verify(token, now, cache, scratch, nothing)
    }

    /// As [`Verifier::verify_token`]; calls `remembered` when the cache saves the signature check.
    pub(crate) fn verify<'a>(
        &self,
        token: &'a [u8],
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        remembered: impl FnOnce(),
    ) -> Result<Auth<'a>, Error> {
        self.check_scratch(scratch)?;
        self.verify_within(token, now, cache, scratch, remembered)
    }

    /// The same with scratch memory that suffices for this token: [`scratch_len`](crate::limits::scratch_len) of its length.
    pub(super) fn verify_within<'a>(
        &self,
        token: &'a [u8],
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        remembered: impl FnOnce(),
    ) -> Result<Auth<'a>, Error> {
        self.check_age(now)?;
        self.check_len(token)?;
        match self.snapshot.find_issuer_header(token) {
            Some(key) => self.verify_issuers_header(token, &key, now, cache, scratch, remembered),
            None => self.verify_any_header(token, now, cache, scratch, remembered),
        }
    }

    /// A header segment that the issuer writes for a key needs no parsing: equal octets mean that checks 3 to 6 pass.
    #[inline(always)]
    fn verify_issuers_header<'a>(
        &self,
        token: &'a [u8],
        key: &VerifyingKey<'_>,
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        remembered: impl FnOnce(),
    ) -> Result<Auth<'a>, Error> {
        if let Some(found) = look_in_cache(cache.as_deref_mut(), token, key) {
            remembered();
            // The same octets passed all checks before. Only the checks against clock and policy are repeated.
            let claims = match found.claims {
                Some(kept) => kept.read_into(found.proof, scratch).ok_or(Error::InternalError)?,
                None => {
                    let payload = CompactJws::split(token)?.decode_payload(scratch)?;
                    AccessTokenClaims::parse(payload.verified(found.proof))?
                }
            };
            return self.accept_claims(token, claims, now);
        }
        let jws = CompactJws::split(token)?;
        let decoded = jws.decode_known_header(scratch)?;
        let proof = es256::verify(&key.tables, jws.signing_input(), &decoded.signature)?;
        self.accept(token, decoded.payload.verified(proof), key.point, proof, cache, now)
    }

    /// A header in any other form is parsed. Then the cache saves only the signature check.
    #[inline(never)]
    fn verify_any_header<'a>(
        &self,
        token: &'a [u8],
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
        remembered: impl FnOnce(),
    ) -> Result<Auth<'a>, Error> {
        let jws = CompactJws::split(token)?;
        let (key, decoded) = self.decode_and_find(&jws, scratch)?;
        if let Some(found) = look_in_cache(cache.as_deref_mut(), token, &key) {
            remembered();
            return self.accept(token, decoded.payload.verified(found.proof), key.point, found.proof, None, now);
        }
        let proof = es256::verify(&key.tables, jws.signing_input(), &decoded.signature)?;
        self.accept(token, decoded.payload.verified(proof), key.point, proof, cache, now)
    }

    /// Checks 8 to 11, and caches a token that passes them. Kept out of line so that its locals are not on the stack during
    /// check 7.
    #[inline(never)]
    pub(super) fn accept<'a>(
        &self,
        token: &'a [u8],
        payload: SignedPayload<'a>,
        point: &Point,
        proof: Verified,
        cache: Option<&mut Cache<'_>>,
        now: i64,
    ) -> Result<Auth<'a>, Error> {
        let claims = AccessTokenClaims::parse(payload)?;
        let audience = claims.check(&self.policy, now)?;
        if let Some(cache) = cache {
            cache.insert(token, point, proof, &claims, self.policy.least_exp(now));
        }
        Ok(Auth::access_token(token, claims, audience))
    }

    /// Checks 9 to 11.
    fn accept_claims<'a>(&self, token: &'a [u8], claims: AccessTokenClaims<'a>, now: i64) -> Result<Auth<'a>, Error> {
        let audience = claims.check(&self.policy, now)?;
        Ok(Auth::access_token(token, claims, audience))
    }

    /// Verifies a cached token, and gives its claims where they are in the cache. `None` when it is not cached: then
    /// [`Verifier::verify`] decides.
    ///
    /// # Errors
    /// As checks 9 to 11.
    #[cfg(feature = "ffi")]
    #[inline(always)]
    pub(crate) fn verify_cached<'c>(
        &self,
        token: &[u8],
        now: i64,
        cache: &'c Cache<'_>,
    ) -> Result<Option<(Hold, InPlace<'c>)>, Error> {
        if self.check_age(now).is_err() || self.check_len(token).is_err() {
            return Ok(None);
        }
        let found = self.snapshot.find_issuer_header(token).and_then(|key| cache.peek(token, key.point));
        let Some((hold, proof, kept)) = found else { return Ok(None) };
        Ok(Some((hold, kept.check(proof, &self.policy, now)?)))
    }

    /// The hash of the token's `kid`, when check 6 is the first that fails.
    pub(crate) fn unknown_kid(&self, token: &[u8], scratch: &mut [u8]) -> Option<KidHash> {
        if self.check_len(token).is_err() || self.snapshot.find_issuer_header(token).is_some() {
            return None;
        }
        let decoded = CompactJws::split(token).ok()?.decode(scratch).ok()?;
        let refused = self.find_key(decoded.header).err();
        if refused == Some(Error::KeyUnknown) { jws::kid_hash_of(token) } else { None }
    }

    /// Check 1.
    pub(super) fn check_len(&self, token: &[u8]) -> Result<(), Error> {
        if token.len() > self.policy.max_token_len() { Err(Error::TokenTooLarge) } else { Ok(()) }
    }

    /// Checks 2 to 6.
    pub(super) fn decode_and_find<'s, 'a>(
        &'s self,
        jws: &CompactJws<'_>,
        scratch: &'a mut [u8],
    ) -> Result<(VerifyingKey<'s>, DecodedJws<'a>), Error> {
        let decoded = jws.decode(scratch)?;
        let key = self.find_key(decoded.header)?;
        Ok((key, decoded))
    }

    /// Checks 3 to 6.
    #[inline(always)]
    fn find_key(&self, header: &[u8]) -> Result<VerifyingKey<'_>, Error> {
        let header = JoseHeader::parse(header)?;
        if !header.alg.is("ES256") {
            return Err(Error::AlgNotAllowed);
        }
        if header.has_crit {
            return Err(Error::CritNotSupported);
        }
        self.snapshot.find(header.kid).ok_or(Error::KeyUnknown)
    }
}

/// For callers that need not know whether the cache saved the signature check. It is a function and not a closure, so that
/// these callers share one copy of [`Verifier::verify_within`], into which LLVM then inlines the reading of cached claims.
pub(super) fn nothing() {}

/// The cached result for a token under this key.
pub(super) fn look_in_cache<'c>(
    cache: Option<&'c mut Cache<'_>>,
    token: &[u8],
    key: &VerifyingKey<'_>,
) -> Option<Remembered<'c>> {
    cache?.find(token, key.point)
}
