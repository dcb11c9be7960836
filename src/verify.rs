//! The verifier: a snapshot and a policy. `token` has the checks of one token, `batch` those of many, `request` finds the
//! credential of a request, and `open` reads and writes images.

mod batch;
mod open;
mod request;
mod token;

use crate::{
    api_key::ApiKey,
    auth::Auth,
    error::Error,
    policy::{Options, Policy},
    revoked::Revoked,
    snapshot::{LoadError, Memory, Snapshot, Survey},
};
#[cfg(any(feature = "ffi", feature = "std"))]
pub(crate) use request::{Candidates, Credential};

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
    /// The credential is an API key of the right shape. The caller has to ask the service whether it is valid.
    LookupNeeded(ApiKey<'a>),
}

impl<'m> Verifier<'m> {
    /// Loads the project's configuration document, or a plain JWKS, into the caller's memory.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when an option is out of range, [`Error::ConfigNoIssuer`] when neither document nor
    /// options tell the issuer; else as [`Snapshot::load`].
    pub fn load(document: &[u8], memory: Memory<'m>, options: &Options<'_>) -> Result<Self, LoadError> {
        Self::build(document, options, memory.provider(|keys| options.entries(keys)))
    }

    /// Loads the project's configuration document, or a plain JWKS, into memory that it allocates.
    ///
    /// # Errors
    /// As [`Verifier::load`], without [`Error::BufferTooSmall`].
    #[cfg(feature = "alloc")]
    pub fn load_owned(document: &[u8], options: &Options<'_>) -> Result<Verifier<'static>, LoadError> {
        Verifier::build(document, options, |keys| Ok(Memory::owned(keys, options.entries(keys))))
    }

    /// Loads into the memory that `memory` gives for so many keys. It is called only when nothing else can fail.
    pub(crate) fn build(
        document: &[u8],
        options: &Options<'_>,
        memory: impl FnOnce(usize) -> Result<Memory<'m>, Error>,
    ) -> Result<Self, LoadError> {
        options.check()?;
        let survey = Survey::of(document)?;
        // Faults of the keys are reported before a missing issuer, because other options cannot fix them.
        survey.keys_usable()?;
        let policy = Policy::new(options, survey.project_id())?;
        let snapshot = Snapshot::build(&survey, options.engine(), options.filled_base_table(), memory)?;
        Ok(Self { snapshot, policy })
    }

    /// Refuses an accepted access token whose session or user is on the caller's list, for this verifier's project.
    ///
    /// Call it with the result of [`Verifier::authenticate`] or [`Verifier::verify_token`], also when a cache saved the
    /// signature check. The token of an impersonated session names the session and the impersonated user; it has no ID of the
    /// person who acts in that user's name. API keys pass: the service refuses revoked ones.
    ///
    /// # Errors
    /// [`Error::TokenRevoked`]; [`Error::InvalidArgument`] when neither document nor options told the project ID.
    pub fn check_revoked(&self, revoked: &Revoked<'_>, auth: &Auth<'_>) -> Result<(), Error> {
        revoked.check(self.policy.project_id().ok_or(Error::InvalidArgument)?, auth)
    }

    /// The keys.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot<'m> {
        &self.snapshot
    }

    /// The policy that tokens are checked against.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Bytes of scratch memory that each call needs.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        self.policy.scratch_len()
    }

    fn check_scratch(&self, scratch: &[u8]) -> Result<(), Error> {
        if scratch.len() < self.scratch_len() { Err(Error::BufferTooSmall) } else { Ok(()) }
    }
}
