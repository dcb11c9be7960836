//! The policy that claims are checked against.

mod options;

use crate::{
    error::Error,
    limits::{MAX_ISSUER_LEN, MAX_PROJECT_ID_LEN, scratch_len},
};
use heapless::String;
pub use options::Options;

/// What an access token must agree with. It is made when the snapshot is loaded, and immutable.
#[derive(Clone, Debug)]
pub struct Policy {
    issuer: String<MAX_ISSUER_LEN>,
    project_id: Option<String<MAX_PROJECT_ID_LEN>>,
    leeway_seconds: u32,
    max_token_len: usize,
    scratch_len: usize,
    api_keys: bool,
    not_after: i64,
}

impl Policy {
    /// `project_id` is the document's. It takes precedence over that of the options.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when an option is out of range, [`Error::ConfigNoIssuer`] when neither an issuer nor a
    /// project ID is known.
    pub(crate) fn new(options: &Options<'_>, project_id: Option<&str>) -> Result<Self, Error> {
        options.check()?;
        let project_id = project_id.or(options.project_id);
        let issuer = match (options.issuer, project_id) {
            (Some(issuer), _) => String::try_from(issuer).map_err(|_| Error::InvalidArgument)?,
            (None, Some(project_id)) => issuer_of(project_id).ok_or(Error::InvalidArgument)?,
            (None, None) => return Err(Error::ConfigNoIssuer),
        };
        let project_id = project_id.map(String::try_from).transpose().map_err(|_| Error::InvalidArgument)?;
        Ok(Self {
            issuer,
            project_id,
            leeway_seconds: options.leeway_seconds,
            max_token_len: options.max_token_len,
            scratch_len: scratch_len(options.max_token_len),
            api_keys: options.api_keys,
            not_after: i64::MAX,
        })
    }

    /// The same policy, which is over after `not_after`.
    pub(crate) fn until(self, not_after: i64) -> Self {
        Self { not_after, ..self }
    }

    /// The only accepted `iss`, and the audience that `aud` must contain.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The project ID of the document or, without one there, of the options. It is part of the cookie's name.
    #[must_use]
    pub fn project_id(&self) -> Option<&str> {
        self.project_id.as_deref()
    }

    /// The longest token that is accepted, in octets.
    #[must_use]
    pub fn max_token_len(&self) -> usize {
        self.max_token_len
    }

    /// Whether requests may carry an API key.
    #[must_use]
    pub fn accepts_api_keys(&self) -> bool {
        self.api_keys
    }

    /// The last second at which an image is used, in seconds since 1970-01-01T00:00:00Z; `i64::MAX` for a document.
    #[must_use]
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// How many seconds the issuer's clock may differ.
    #[cfg(feature = "alloc")]
    pub(crate) fn leeway_seconds(&self) -> u32 {
        self.leeway_seconds
    }

    /// Checks 9 to 11: times, issuer, audience. `matching` finds the audience of this policy among the token's.
    #[inline(always)]
    pub(crate) fn check<T>(
        &self,
        (exp, nbf): (i64, i64),
        iss: &[u8],
        matching: impl FnOnce(&str) -> Option<T>,
        now: i64,
    ) -> Result<T, Error> {
        self.check_time(exp, nbf, now)?;
        if iss != self.issuer().as_bytes() {
            return Err(Error::IssuerMismatch);
        }
        matching(self.issuer()).ok_or(Error::AudienceMismatch)
    }

    pub(crate) fn scratch_len(&self) -> usize {
        self.scratch_len
    }

    /// The smallest `exp` of a token that has not expired at `now`.
    pub(crate) fn least_exp(&self, now: i64) -> i64 {
        now.saturating_sub(i64::from(self.leeway_seconds))
    }

    /// Compares `exp` and `nbf` with the clock; both ends are inclusive, as they are for the issuer.
    fn check_time(&self, exp: i64, nbf: i64, now: i64) -> Result<(), Error> {
        if now > exp.saturating_add(i64::from(self.leeway_seconds)) {
            return Err(Error::TokenExpired);
        }
        if now < nbf.saturating_sub(i64::from(self.leeway_seconds)) {
            return Err(Error::TokenNotYetValid);
        }
        Ok(())
    }
}

/// The issuer that Tesseral derives from a project ID, also on self-hosted servers:
/// `https://`, the project ID with `-` in place of `_`, `.tesseral.app`.
fn issuer_of(project_id: &str) -> Option<String<MAX_ISSUER_LEN>> {
    let mut issuer = String::try_from("https://").ok()?;
    for c in project_id.chars() {
        issuer.push(if c == '_' { '-' } else { c }).ok()?;
    }
    issuer.push_str(".tesseral.app").ok()?;
    Some(issuer)
}

#[cfg(test)]
mod tests {
    use super::{Options, Policy};
    use crate::error::Error;

    #[test]
    fn issuer_is_derived_or_given() {
        let derived = Policy::new(&Options::new(), Some("project_54vwf0clhh0caqe20eujxgpeq")).unwrap();
        assert_eq!(derived.issuer(), "https://project-54vwf0clhh0caqe20eujxgpeq.tesseral.app");
        let given = Policy::new(&Options::new().issuer("https://a.example"), Some("project_x")).unwrap();
        assert_eq!(given.issuer(), "https://a.example");
        assert_eq!(Policy::new(&Options::new(), None).err(), Some(Error::ConfigNoIssuer));
    }

    #[test]
    fn both_ends_are_inclusive_and_sums_saturate() {
        let policy = |leeway| Policy::new(&Options::new().issuer("i").leeway_seconds(leeway), None).unwrap();
        let check = |leeway, now| policy(leeway).check_time(200, 100, now);
        assert_eq!(check(0, 200), Ok(()));
        assert_eq!(check(0, 201), Err(Error::TokenExpired));
        assert_eq!(check(0, 100), Ok(()));
        assert_eq!(check(0, 99), Err(Error::TokenNotYetValid));
        assert_eq!(check(300, 500), Ok(()));
        assert_eq!(check(300, 501), Err(Error::TokenExpired));
        assert_eq!(check(300, -200), Ok(()));
        assert_eq!(check(300, -201), Err(Error::TokenNotYetValid));
        assert_eq!(check(300, i64::MAX), Err(Error::TokenExpired));
        assert_eq!(check(300, i64::MIN), Err(Error::TokenNotYetValid));
        assert_eq!(policy(300).check_time(i64::MAX, i64::MIN, i64::MAX), Ok(()));
    }
}
