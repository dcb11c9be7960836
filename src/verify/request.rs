//! Authenticating a request. A Bearer credential decides alone; cookies count only in a request without one.

use super::{Authentication, Verifier};
use crate::{
    api_key::ApiKey,
    cache::Cache,
    credential::{self, Kind, Presented},
    error::Error,
    jws,
    limits::MAX_COOKIE_CANDIDATES,
    rulebook::UnknownKids,
};

impl Verifier<'_> {
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
    /// `now`, `cache` and `scratch` are as for [`Verifier::verify_token`].
    ///
    /// # Errors
    /// [`Error::CredentialsMissing`], [`Error::CredentialsUnrecognized`], [`Error::ApiKeyInvalid`] for an API key of the
    /// wrong shape; else as [`Verifier::verify_token`].
    pub fn authenticate<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        cookie: impl IntoIterator<Item = &'a [u8]>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Authentication<'a>, Error> {
        self.authenticate_with(|verifier| verifier.extract(authorization, cookie), now, cache, scratch)
    }

    /// Verifies a credential that the caller took from elsewhere than `Authorization` and `Cookie`, in the way in which
    /// [`Verifier::authenticate`] verifies a Bearer credential.
    ///
    /// `api_keys`: whether it may be an API key. [`Options::api_keys`](crate::Options::api_keys) must allow that too.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`]; [`Error::CredentialsMissing`] when it is empty.
    pub fn authenticate_credential<'a>(
        &self,
        credential: &'a [u8],
        api_keys: bool,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Authentication<'a>, Error> {
        let bare = |_: &Self| Candidates::bare(credential).map(|candidates| candidates.with_api_keys(api_keys));
        self.authenticate_with(bare, now, cache, scratch)
    }

    /// As [`Verifier::authenticate`], with the credentials that `extract` finds in the request.
    #[inline(always)]
    pub(crate) fn authenticate_with<'a>(
        &self,
        extract: impl FnOnce(&Self) -> Result<Candidates<'a>, Error>,
        now: i64,
        mut cache: Option<&mut Cache<'_>>,
        scratch: &'a mut [u8],
    ) -> Result<Authentication<'a>, Error> {
        match self.find_credential(extract, now, cache.as_deref_mut(), scratch)? {
            Credential::AccessToken(found) => match self.verify_token(found.octets, now, cache, scratch) {
                Ok(auth) => Ok(Authentication::Complete(auth)),
                Err(error) => Err(found.refusal(error)),
            },
            Credential::ApiKey(key) => Ok(Authentication::LookupNeeded(key)),
        }
    }

    /// The unknown `kid`s for which a refused request might be accepted with newer keys.
    ///
    /// Call it with the same arguments when [`Verifier::authenticate`] refused the request. It gives the `kid` of the Bearer
    /// token, or of each cookie, for which check 6 was the first that failed; none when a cookie verifies. No claims are
    /// read. [`Refresh::request`](crate::rulebook::Refresh::request) says what the request does then.
    pub fn unknown_kids<'c>(
        &self,
        authorization: impl IntoIterator<Item = &'c [u8]>,
        cookie: impl IntoIterator<Item = &'c [u8]>,
        now: i64,
        scratch: &mut [u8],
    ) -> UnknownKids {
        self.unknown_kids_with(|verifier| verifier.extract(authorization, cookie), now, scratch)
    }

    /// As [`Verifier::unknown_kids`], with the credentials that `extract` finds in the request.
    pub(crate) fn unknown_kids_with<'c>(
        &self,
        extract: impl FnOnce(&Self) -> Result<Candidates<'c>, Error>,
        now: i64,
        scratch: &mut [u8],
    ) -> UnknownKids {
        let mut unknown = UnknownKids::new();
        if self.check_scratch(scratch).is_ok()
            && self.check_age(now).is_ok()
            && let Ok(candidates) = extract(self)
            && let Ok(Credential::AccessToken(found)) = self.choose(&candidates, now, None, scratch, &mut unknown)
            && let Some(kid) = self.unknown_kid(found.octets, scratch)
        {
            unknown.add(kid);
        }
        unknown
    }

    /// Finds the credential that decides; see [`Verifier::choose`].
    #[inline(always)]
    pub(crate) fn find_credential<'c>(
        &self,
        extract: impl FnOnce(&Self) -> Result<Candidates<'c>, Error>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &mut [u8],
    ) -> Result<Credential<'c>, Error> {
        self.check_scratch(scratch)?;
        let candidates = extract(self);
        let found = candidates.and_then(|found| self.choose(&found, now, cache, scratch, &mut UnknownKids::new()));
        match found {
            // Verifying it begins with the same check.
            Ok(Credential::AccessToken(_)) => found,
            Ok(Credential::ApiKey(_)) | Err(_) => self.check_age(now).and(found),
        }
    }

    /// The candidates in the request's headers.
    #[inline]
    pub(crate) fn extract<'c>(
        &self,
        authorization: impl IntoIterator<Item = &'c [u8]>,
        cookie: impl IntoIterator<Item = &'c [u8]>,
    ) -> Result<Candidates<'c>, Error> {
        if let Some(credential) = credential::bearer(authorization)? {
            return Ok(Candidates::Bearer { credential, api_keys: true });
        }
        let project_id = self.policy.project_id().ok_or(Error::CredentialsMissing)?;
        Ok(Candidates::Cookies(credential::cookies(cookie, project_id)))
    }

    /// Chooses the credential that decides, of a kind that is accepted. An access token is not verified here, unless there are
    /// several cookies: then the first that verifies is chosen. When none does, `unknown` gets the `kid`s that check 6 refused.
    #[inline]
    pub(crate) fn choose<'c>(
        &self,
        candidates: &Candidates<'c>,
        now: i64,
        cache: Option<&mut Cache<'_>>,
        scratch: &mut [u8],
        unknown: &mut UnknownKids,
    ) -> Result<Credential<'c>, Error> {
        let (credential, api_keys) = match candidates {
            Candidates::Bearer { credential, api_keys } => (*credential, *api_keys && self.policy.accepts_api_keys()),
            Candidates::Cookies(cookies) => {
                let token = self.choose_cookie(cookies, now, cache, scratch, unknown)?;
                return Ok(Credential::AccessToken(Presented::in_cookie(token)));
            }
        };
        match Kind::of(credential) {
            Kind::AccessToken => Ok(Credential::AccessToken(Presented::in_header(credential))),
            Kind::ApiKey if api_keys => ApiKey::parse(credential).map(Credential::ApiKey),
            Kind::ApiKey | Kind::Unrecognized => Err(Error::CredentialsUnrecognized),
        }
    }

    /// Chooses the cookie to verify: with several, the first that verifies.
    ///
    /// The caller then verifies that token a second time: a result that borrows from the scratch memory cannot leave the loop
    /// that uses it for each cookie.
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
        let mut verifies = |token: &&&[u8]| match self.verify_token(token, now, cache.as_deref_mut(), scratch) {
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
}

/// The credentials that a request offers.
pub(crate) enum Candidates<'c> {
    /// A Bearer credential, or one that is verified like it. `api_keys`: whether it may be an API key, if the policy allows it.
    Bearer { credential: &'c [u8], api_keys: bool },
    /// Cookies with the access token's name. They are never API keys.
    Cookies(heapless::Vec<&'c [u8], MAX_COOKIE_CANDIDATES>),
}

impl<'c> Candidates<'c> {
    /// A credential that the caller took from elsewhere.
    pub(crate) fn bare(credential: &'c [u8]) -> Result<Self, Error> {
        let credential = credential::bare(credential).ok_or(Error::CredentialsMissing)?;
        Ok(Self::Bearer { credential, api_keys: true })
    }

    /// The same candidates; `accepted` says whether they may be API keys.
    pub(crate) fn with_api_keys(self, accepted: bool) -> Self {
        match self {
            Self::Bearer { credential, api_keys } => Self::Bearer { credential, api_keys: api_keys && accepted },
            Self::Cookies(_) => self,
        }
    }
}

/// The credential that decides about a request.
pub(crate) enum Credential<'c> {
    AccessToken(Presented<'c>),
    ApiKey(ApiKey<'c>),
}
