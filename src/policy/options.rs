//! The options from which a snapshot and a policy are made.

use crate::{
    error::Error,
    es256::{BaseTable, Engine, Profile},
    limits::{DEFAULT_MAX_TOKEN_LEN, MAX_ISSUER_LEN, MAX_LEEWAY_SECONDS, MAX_PROJECT_ID_LEN, MAX_TOKEN_LEN},
};

/// How a snapshot is loaded and tokens are judged.
///
/// No option, and no missing option, skips the signature, `exp` or the issuer.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o> {
    pub(crate) issuer: Option<&'o str>,
    pub(crate) project_id: Option<&'o str>,
    pub(crate) leeway_seconds: u32,
    pub(crate) max_token_len: usize,
    pub(crate) profile: Profile,
    portable: bool,
    pub(crate) api_keys: bool,
    shared_base_table: Option<&'o BaseTable>,
}

impl<'o> Options<'o> {
    /// Issuer and project ID come from the document, there is no leeway, tokens have up to 16,384 octets, API keys are off.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            issuer: None,
            project_id: None,
            leeway_seconds: 0,
            max_token_len: DEFAULT_MAX_TOKEN_LEN,
            profile: Profile::DEFAULT,
            portable: false,
            api_keys: false,
            shared_base_table: None,
        }
    }

    /// The issuer, and audience, that tokens must have: 1 to 256 octets. It takes precedence over the issuer that is derived
    /// from the project ID.
    #[must_use]
    pub const fn issuer(mut self, issuer: &'o str) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// The project ID for a document without `projectId`, such as a plain JWKS: 1 to 64 octets.
    #[must_use]
    pub const fn project_id(mut self, project_id: &'o str) -> Self {
        self.project_id = Some(project_id);
        self
    }

    /// How many seconds the issuer's clock may differ: at most 300.
    #[must_use]
    pub const fn leeway_seconds(mut self, seconds: u32) -> Self {
        self.leeway_seconds = seconds;
        self
    }

    /// The longest token that is accepted, in octets: 1 to 65,536.
    #[must_use]
    pub const fn max_token_len(mut self, octets: usize) -> Self {
        self.max_token_len = octets;
        self
    }

    /// How much memory each key may take.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// A table that verifiers of the profile [`Server`](Profile::Server) share, so that each needs one table less, and half the
    /// time to load one key. The other profiles do not need it.
    #[must_use]
    pub const fn base_table(mut self, table: &'o BaseTable) -> Self {
        self.shared_base_table = Some(table);
        self
    }

    /// Entries of the tables of a verifier with these options and room for `keys` keys.
    #[must_use]
    pub fn entries(&self, keys: usize) -> usize {
        if self.filled_base_table().is_some() {
            self.profile.table_entries().saturating_mul(keys)
        } else {
            self.profile.entries(keys)
        }
    }

    /// The base point's table, when the snapshot does not have to fill it.
    pub(crate) fn filled_base_table(&self) -> Option<BaseTable> {
        BaseTable::constant(self.profile).or_else(|| self.shared_base_table.cloned())
    }

    /// Uses the portable arithmetic even where the processor has AVX-512 IFMA or AVX-IFMA. For comparisons.
    #[doc(hidden)]
    #[must_use]
    pub const fn portable(mut self) -> Self {
        self.portable = true;
        self
    }

    pub(crate) fn engine(&self) -> Engine {
        if self.portable { Engine::portable(self.profile) } else { Engine::new(self.profile) }
    }

    /// Whether requests may carry an API key in place of an access token.
    #[must_use]
    pub const fn api_keys(mut self, accepted: bool) -> Self {
        self.api_keys = accepted;
        self
    }

    /// Checks everything that does not depend on the document.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let fits = |value: Option<&str>, limit| value.is_none_or(|text| (1..=limit).contains(&text.len()));
        let good = self.leeway_seconds <= MAX_LEEWAY_SECONDS
            && (1..=MAX_TOKEN_LEN).contains(&self.max_token_len)
            && self.profile.is_built()
            // A portable engine cannot read the table of another one.
            && self.filled_base_table().is_none_or(|table| table.engine() == self.engine())
            && fits(self.issuer, MAX_ISSUER_LEN)
            && fits(self.project_id, MAX_PROJECT_ID_LEN);
        if good { Ok(()) } else { Err(Error::InvalidArgument) }
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn options_at_their_limits_and_one_past() {
        let good = |options: Options<'_>| options.check().is_ok();
        let text = core::str::from_utf8(&[b'a'; 257]).unwrap();
        assert!(good(Options::new().leeway_seconds(300)) && !good(Options::new().leeway_seconds(301)));
        assert!(good(Options::new().max_token_len(65_536)) && !good(Options::new().max_token_len(65_537)));
        assert!(good(Options::new().max_token_len(1)) && !good(Options::new().max_token_len(0)));
        assert!(good(Options::new().issuer(&text[..256])) && !good(Options::new().issuer(text)));
        assert!(good(Options::new().project_id(&text[..64])) && !good(Options::new().project_id(&text[..65])));
        assert!(!good(Options::new().issuer("")) && !good(Options::new().project_id("")));
    }
}
