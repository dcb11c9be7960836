//! The verifier: a snapshot, a policy, and the checks in their fixed order.

mod batch;

use crate::{
    api_key::ApiKey,
    auth::Auth,
    cache::{Cache, Remembered},
    claims::AccessTokenClaims,
    credential::{self, Kind, Presented},
    error::Error,
    es256::{self, Point, Verified},
    jws::{self, CompactJws, DecodedJws, JoseHeader, SignedPayload},
    limits::{MAX_COOKIE_CANDIDATES, scratch_len},
    policy::{Options, Policy},
    rulebook::{KidHash, UnknownKids},
    snapshot::{Found, LoadError, Memory, Snapshot, Survey},
};
#[cfg(feature = "ffi")]
use crate::{cache::Hold, claims::InPlace};

/// Decides whether a request carries a valid credential, and says who sent it.
///
/// Immutable: any number of threads may share one, each with its own scratch memory. To rotate keys, load
/// another verifier and drop this one after its last reader.
#[derive(Debug)]
pub struct Verifier<'m> {
    snapshot: Snapshot<'m>,
    policy: Policy,
}

/// What [`Verifier::authenticate`] found.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant)] // the large one is the usual one, and there is no allocator to box it with
pub enum Authentication<'a> {
    /// The credential is good.
    Complete(Auth<'a>),
    /// The credential is an API key of the right shape, which the service has to be asked about.
    LookupNeeded(ApiKey<'a>),
}

impl<'m> Verifier<'m> {
    /// Loads the project's configuration document, or a plain JWKS, into the caller's memory.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when an option is out of range, [`Error::ConfigNoIssuer`] when neither document nor
    /// options tell the issuer; else as [`Snapshot::load`].
    pub fn load(document: &[u8], memory: Memory<'m>, options: &Options<'_>) -> Result<Self, LoadError> {
        Self::build(document, options, memory.provider(options.profile))
    }

    /// Loads the project's configuration document, or a plain JWKS, into memory of its own.
    ///
    /// # Errors
    /// As [`Verifier::load`], without [`Error::BufferTooSmall`].
    #[cfg(feature = "alloc")]
    pub fn load_owned(document: &[u8], options: &Options<'_>) -> Result<Verifier<'static>, LoadError> {
        Verifier::build(document, options, |keys| Ok(Memory::owned(options.profile, keys)))
    }

    /// Loads into what `memory` gives for so many keys; it is asked only when nothing else can fail.
    pub(crate) fn build(
        document: &[u8],
        options: &Options<'_>,
        memory: impl FnOnce(usize) -> Result<Memory<'m>, Error>,
    ) -> Result<Self, LoadError> {
        options.check()?;
        let survey = Survey::of(document)?;
        let policy = Policy::new(options, survey.project_id())?;
        let snapshot = Snapshot::build(&survey, options.engine(), memory)?;
        Ok(Self { snapshot, policy })
    }

    /// The keys.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot<'m> {
        &self.snapshot
    }

    /// What tokens are compared with.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Octets of scratch memory that each call needs.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        scratch_len(self.policy.max_token_len())
    }

    /// Verifies one access token.
    ///
    /// `now` is in seconds since 1970-01-01T00:00:00Z. `scratch` needs [`Verifier::scratch_len`] octets, whatever the
    /// token's length; the result borrows from it, and what it holds after a failure is unspecified.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`] before the token is looked at, then the first check that fails: see the table
    /// in the crate's documentation.
    pub fn verify_token<'a>(&self, token: &'a [u8], now: i64, scratch: &'a mut [u8]) -> Result<Auth<'a>, Error> {
        self.verify(token, now, None, scratch)
    }

    /// As [`Verifier::verify_token`], with a cache for tokens seen before.
    ///
    /// # Errors
    /// The same.
    pub fn verify_token_cached<'a>(
        &self,
        token: &'a [u8],
        now: i64,
        cache: &mut Cache<'_>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        self.verify(token, now, Some(cache), scratch)
    }

    pub(crate) fn verify<'a>(
        &self,
        token: &'a [u8],
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Auth<'a>, Error> {
        self.check_scratch(scratch)?;
        self.check_len(token)?;
        let known = self.snapshot.find_issuer_header(token);
        let looked_up = known.is_some();
        if let Some(key) = &known
            && let Some(found) = remembered(cache.as_deref_mut(), token, key)
        {
            // The same octets passed all checks before; those that depend on clock and policy are made again.
            let claims = match found.claims {
                Some(kept) => kept.read_into(found.proof, scratch).ok_or(Error::InternalError)?,
                None => {
                    let payload = CompactJws::split(token)?.decode_payload(scratch)?;
                    AccessTokenClaims::parse(payload.verified(found.proof))?
                }
            };
            return self.accept(token, claims, now);
        }
        let jws = CompactJws::split(token)?;
        let (key, decoded) = self.open(&jws, known, scratch)?;
        let proof =
            if looked_up { None } else { remembered(cache.as_deref_mut(), token, &key).map(|found| found.proof) };
        let (proof, cache) = match proof {
            Some(proof) => (proof, None),
            None => (es256::verify(&key.tables, jws.signing_input(), &decoded.signature)?, cache),
        };
        self.accept_payload(token, decoded.payload.verified(proof), key.point, proof, cache, now)
    }

    /// What the cache remembers of a token, where it is, with all checks made; `None` when [`Verifier::verify`] has to
    /// say more.
    ///
    /// # Errors
    /// As checks 9 to 11.
    #[cfg(feature = "ffi")]
    #[inline(always)]
    pub(crate) fn recall<'c>(
        &self,
        token: &[u8],
        now: i64,
        cache: &'c Cache<'_>,
    ) -> Result<Option<(Hold, InPlace<'c>)>, Error> {
        if self.check_len(token).is_err() {
            return Ok(None);
        }
        let found = self.snapshot.find_issuer_header(token).and_then(|key| cache.peek(token, key.point));
        let Some((hold, proof, kept)) = found else { return Ok(None) };
        Ok(Some((hold, kept.check(proof, &self.policy, now)?)))
    }

    /// Check 1.
    fn check_len(&self, token: &[u8]) -> Result<(), Error> {
        if token.len() > self.policy.max_token_len() { Err(Error::TokenTooLarge) } else { Ok(()) }
    }

    /// Checks 2 to 6. `known`: the key whose header segment, as the issuer writes it, is this token's.
    fn open<'s, 'a>(
        &'s self,
        jws: &CompactJws<'_>,
        known: Option<Found<'s>>,
        scratch: &'a mut [u8],
    ) -> Result<(Found<'s>, DecodedJws<'a>), Error> {
        // The issuer's own header needs no parsing: its octets say all that the checks of a header would find.
        if let Some(key) = known {
            return Ok((key, jws.decode_known_header(scratch)?));
        }
        let decoded = jws.decode(scratch)?;
        let key = self.find_key(decoded.header)?;
        Ok((key, decoded))
    }

    /// Checks 8 to 11; remembers a token that is new and passes them. Not inlined: its memory is not needed during check 7.
    #[inline(never)]
    fn accept_payload<'a>(
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
    fn accept<'a>(&self, token: &'a [u8], claims: AccessTokenClaims<'a>, now: i64) -> Result<Auth<'a>, Error> {
        let audience = claims.check(&self.policy, now)?;
        Ok(Auth::access_token(token, claims, audience))
    }

    /// Finds the request's credential and verifies it.
    ///
    /// `authorization` and `cookie` are the values of all headers of these names. A Bearer credential decides
    /// alone, without spaces and tabs at its end. Without one, each cookie of the access token's name is tried, at most
    /// four, and the first that verifies wins; otherwise the first one's error is reported.
    ///
    /// More than one Authorization header is refused as [`Error::CredentialsUnrecognized`]. So is a value that a server may
    /// have joined from several: a Bearer credential with a comma, or a value of which a later element, after a comma outside
    /// of quotes, begins with `Bearer` and a space. Other schemes may have commas. Cookies are not split at commas.
    ///
    /// # Errors
    /// [`Error::CredentialsMissing`], [`Error::CredentialsUnrecognized`], [`Error::ApiKeyInvalid`] for an API key of the
    /// wrong shape; else as [`Verifier::verify_token`].
    pub fn authenticate<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        now: i64,
        scratch: &'a mut [u8],
    ) -> Result<Authentication<'a>, Error> {
        self.authenticate_with(authorization, cookie, now, None, scratch)
    }

    /// As [`Verifier::authenticate`], with a cache for tokens seen before.
    ///
    /// # Errors
    /// The same.
    pub fn authenticate_cached<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        now: i64,
        cache: &mut Cache<'_>,
        scratch: &'a mut [u8],
    ) -> Result<Authentication<'a>, Error> {
        self.authenticate_with(authorization, cookie, now, Some(cache), scratch)
    }

    pub(crate) fn authenticate_with<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Authentication<'a>, Error> {
        let mut unknown = UnknownKids::new();
        match self.find_credential(authorization, cookie, now, cache.as_deref_mut(), scratch, &mut unknown)? {
            Credential::AccessToken(found) => match self.verify(found.octets, now, cache, scratch) {
                Ok(auth) => Ok(Authentication::Complete(auth)),
                Err(error) => Err(found.refusal(error)),
            },
            Credential::ApiKey(key) => Ok(Authentication::LookupNeeded(key)),
        }
    }

    /// The unknown `kid`s for which a refused request might be accepted with newer keys.
    ///
    /// Arguments as for [`Verifier::authenticate`]; call it when that refused the request. A `kid` counts when check 6 was
    /// the first that failed, be it of the Bearer token or of any cookie; none counts when a cookie verifies. Nothing is
    /// read from claims. [`Refresh::request`](crate::rulebook::Refresh::request) says what the request does then.
    pub fn unknown_kids<'c>(
        &self,
        authorization: impl IntoIterator<Item = &'c [u8]>,
        cookie: impl IntoIterator<Item = &'c [u8]>,
        now: i64,
        scratch: &mut [u8],
    ) -> UnknownKids {
        let mut unknown = UnknownKids::new();
        let found = self.find_credential(authorization, cookie, now, None, scratch, &mut unknown);
        if let Ok(Credential::AccessToken(found)) = found
            && let Some(kid) = self.unknown_kid(found.octets, scratch)
        {
            unknown.add(kid);
        }
        unknown
    }

    /// The token's `kid` when check 6 is the first that fails.
    pub(crate) fn unknown_kid(&self, token: &[u8], scratch: &mut [u8]) -> Option<KidHash> {
        if self.check_len(token).is_err() || self.snapshot.find_issuer_header(token).is_some() {
            return None;
        }
        let decoded = CompactJws::split(token).ok()?.decode(scratch).ok()?;
        let unknown = self.find_key(decoded.header).err() == Some(Error::KeyUnknown);
        if unknown { jws::kid_hash_of(token) } else { None }
    }

    /// The request's credential, of a kind that is accepted; an access token is not verified yet.
    ///
    /// When several cookies were tried and none verified, `unknown` has the `kid`s of those that check 6 refused.
    pub(crate) fn find_credential<'c>(
        &self,
        authorization: impl IntoIterator<Item = &'c [u8]>,
        cookie: impl IntoIterator<Item = &'c [u8]>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &mut [u8],
        unknown: &mut UnknownKids,
    ) -> Result<Credential<'c>, Error> {
        self.check_scratch(scratch)?;
        self.choose(&self.extract(authorization, cookie)?, now, cache, scratch, unknown)
    }

    /// What the request's headers have to offer.
    #[inline]
    pub(crate) fn extract<'c>(
        &self,
        authorization: impl IntoIterator<Item = &'c [u8]>,
        cookie: impl IntoIterator<Item = &'c [u8]>,
    ) -> Result<Candidates<'c>, Error> {
        if let Some(credential) = credential::bearer(authorization)? {
            return Ok(Candidates::Bearer(credential));
        }
        let project_id = self.policy.project_id().ok_or(Error::CredentialsMissing)?;
        Ok(Candidates::Cookies(credential::cookies(cookie, project_id)))
    }

    /// The credential that decides; of several cookies, the first that verifies.
    #[inline]
    pub(crate) fn choose<'c>(
        &self,
        candidates: &Candidates<'c>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &mut [u8],
        unknown: &mut UnknownKids,
    ) -> Result<Credential<'c>, Error> {
        let credential = match candidates {
            Candidates::Bearer(credential) => *credential,
            Candidates::Cookies(cookies) => {
                let token = self.choose_cookie(cookies, now, cache, scratch, unknown)?;
                return Ok(Credential::AccessToken(Presented::in_cookie(token)));
            }
        };
        match Kind::of(credential) {
            Kind::AccessToken => Ok(Credential::AccessToken(Presented::in_header(credential))),
            Kind::ApiKey if self.policy.accepts_api_keys() => ApiKey::parse(credential).map(Credential::ApiKey),
            Kind::ApiKey | Kind::Unrecognized => Err(Error::CredentialsUnrecognized),
        }
    }

    /// The cookie that is worth verifying; with several, the first that verifies.
    ///
    /// Only then is a token verified twice: its result may not outlive a loop over the same scratch memory.
    fn choose_cookie<'a>(
        &self,
        candidates: &[&'a [u8]],
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &mut [u8],
        unknown: &mut UnknownKids,
    ) -> Result<&'a [u8], Error> {
        let first = *candidates.first().ok_or(Error::CredentialsMissing)?;
        // API keys are accepted from the header only.
        let is_token = |candidate: &&&[u8]| Kind::of(candidate) == Kind::AccessToken;
        if candidates.len() == 1 {
            return candidates.iter().find(is_token).copied().ok_or(Error::CredentialsUnrecognized);
        }
        let mut verifies = |token: &&&[u8]| match self.verify(token, now, cache.as_deref_mut(), scratch) {
            Ok(_) => true,
            Err(error) => {
                if error == Error::KeyUnknown
                    && let Some(kid) = jws::kid_hash_of(token)
                {
                    unknown.add(kid);
                }
                false
            }
        };
        let good = candidates.iter().filter(is_token).find(|token| verifies(token));
        match good {
            Some(token) => {
                unknown.clear();
                Ok(token)
            }
            None if is_token(&&first) => Ok(first),
            None => Err(Error::CredentialsUnrecognized),
        }
    }

    fn find_key(&self, header: &[u8]) -> Result<Found<'_>, Error> {
        let header = JoseHeader::parse(header)?;
        if !header.alg.is("ES256") {
            return Err(Error::AlgNotAllowed);
        }
        if header.has_crit {
            return Err(Error::CritNotSupported);
        }
        self.snapshot.find(header.kid).ok_or(Error::KeyUnknown)
    }

    fn check_scratch(&self, scratch: &[u8]) -> Result<(), Error> {
        if scratch.len() < self.scratch_len() { Err(Error::BufferTooSmall) } else { Ok(()) }
    }
}

/// What a request's headers have to offer.
pub(crate) enum Candidates<'c> {
    /// A Bearer credential, which decides alone.
    Bearer(&'c [u8]),
    /// Cookies of the access token's name.
    Cookies(heapless::Vec<&'c [u8], MAX_COOKIE_CANDIDATES>),
}

/// What a request carries.
pub(crate) enum Credential<'c> {
    AccessToken(Presented<'c>),
    ApiKey(ApiKey<'c>),
}

/// What the cache knows of a token under this key.
fn remembered<'c>(cache: Option<&'c mut Cache<'_>>, token: &[u8], key: &Found<'_>) -> Option<Remembered<'c>> {
    cache?.find(token, key.point)
}
