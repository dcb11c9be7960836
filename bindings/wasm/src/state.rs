//! What an instance holds, and the calls that change it.

use crate::INPUT_LEN;
use alloc::{vec, vec::Vec};
use core::{cell::UnsafeCell, iter::repeat_n, ptr, str};
use tesseral_verify::{
    ApiKey, Auth, Authentication, Error, LoadError, Options, Profile, Verifier,
    limits::{DEFAULT_MAX_TOKEN_LEN, MAX_API_KEY_ANSWER_LEN},
};

/// What an instance holds.
pub(crate) struct State {
    pub(crate) verifier: Option<Verifier<'static>>,
    scratch: Vec<u8>,
    /// Of a document that was refused.
    pub(crate) error_offset: usize,
    /// Of the last request: the token that was accepted, or the API key. It lies in the input.
    pub(crate) credentials: (*const u8, usize),
    /// Of the last token that was accepted.
    pub(crate) claims: Claims,
}

/// What JavaScript reads of an accepted token. The payload lies in the scratch memory.
#[derive(Clone, Copy)]
pub(crate) struct Claims {
    pub(crate) payload: (*const u8, usize),
    pub(crate) exp: i64,
    pub(crate) nbf: i64,
    pub(crate) iat: i64,
}

/// How a verifier is loaded.
pub(crate) struct Load {
    pub(crate) document_len: usize,
    pub(crate) issuer_len: usize,
    pub(crate) project_id_len: usize,
    pub(crate) leeway_seconds: u32,
    pub(crate) max_token_len: usize,
    pub(crate) api_keys: bool,
    pub(crate) profile: u32,
}

impl State {
    const NEW: Self = Self {
        verifier: None,
        scratch: Vec::new(),
        error_offset: 0,
        credentials: (ptr::null(), 0),
        claims: Claims { payload: (ptr::null(), 0), exp: 0, nbf: 0, iat: 0 },
    };

    pub(crate) fn load(&mut self, load: &Load) -> u32 {
        match self.try_load(load) {
            Ok(()) => 0,
            Err(LoadError { error, offset, .. }) => {
                self.error_offset = offset.unwrap_or(0);
                error.code()
            }
        }
    }

    fn try_load(&mut self, load: &Load) -> Result<(), LoadError> {
        let [document, issuer, project_id] =
            parts([load.document_len, load.issuer_len, load.project_id_len]).ok_or(Error::ConfigTooLarge)?;
        let text = |octets| str::from_utf8(octets).map_err(|_| Error::InvalidArgument);
        let profile = match load.profile {
            0 => Profile::Server,
            1 => Profile::Compact,
            2 => Profile::Tiny,
            _ => return Err(Error::InvalidArgument.into()),
        };
        let mut options = Options::new().profile(profile).leeway_seconds(load.leeway_seconds).api_keys(load.api_keys);
        options = options.max_token_len(match load.max_token_len {
            0 => DEFAULT_MAX_TOKEN_LEN,
            octets => octets,
        });
        if !issuer.is_empty() {
            options = options.issuer(text(issuer)?);
        }
        if !project_id.is_empty() {
            options = options.project_id(text(project_id)?);
        }
        let verifier = Verifier::load_owned(document, &options)?;
        self.scratch = vec![0; verifier.scratch_len().max(MAX_API_KEY_ANSWER_LEN)];
        self.verifier = Some(verifier);
        Ok(())
    }

    pub(crate) fn verify_token(&mut self, token_len: usize, now: i64) -> u32 {
        let Some(verifier) = &self.verifier else { return Error::KeysUnavailable.code() };
        let Some([token]) = parts([token_len]) else { return Error::TokenTooLarge.code() };
        keep(&mut self.claims, verifier.verify_token(token, now, None, &mut self.scratch))
    }

    pub(crate) fn authenticate(&mut self, count: usize, authorization_len: usize, cookie_len: usize, now: i64) -> u32 {
        let Some(verifier) = &self.verifier else { return Error::KeysUnavailable.code() };
        let Some([authorization, cookie]) = parts([authorization_len, cookie_len]) else {
            return Error::CredentialsUnrecognized.code();
        };
        let authorization = repeat_n(authorization, count);
        match verifier.authenticate(authorization, [cookie], now, None, &mut self.scratch) {
            Ok(Authentication::Complete(auth)) => {
                self.credentials = place(auth.credentials().as_bytes());
                keep(&mut self.claims, Ok(auth))
            }
            Ok(Authentication::LookupNeeded(key)) => {
                self.credentials = place(key.as_bytes());
                Error::ApiKeyLookupNeeded.code()
            }
            Err(error) => error.code(),
        }
    }

    pub(crate) fn api_key_response(&mut self, key_len: usize, body_len: usize, http_status: u32) -> u32 {
        // The scratch memory is as long as the longest answer.
        let Some([key, body]) = parts([key_len, body_len]).filter(|[_, body]| body.len() <= self.scratch.len()) else {
            return Error::ApiKeyLookupFailed.code();
        };
        match ApiKey::parse(key).and_then(|key| key.response(http_status, body, &mut self.scratch).map(drop)) {
            Ok(()) => 0,
            Err(error) => error.code(),
        }
    }
}

/// The parts of the input, one behind the other; `None` when they have no room there.
fn parts<const N: usize>(lens: [usize; N]) -> Option<[&'static [u8]; N]> {
    // SAFETY: JavaScript writes the input between calls, and no call writes it.
    let mut rest: &[u8] = unsafe { &*INPUT.0.get() };
    let mut parts: [&[u8]; N] = [&[]; N];
    for (part, len) in parts.iter_mut().zip(lens) {
        (*part, rest) = rest.split_at_checked(len)?;
    }
    Some(parts)
}

/// Keeps the claims of an accepted token for [`crate::results`].
fn keep(kept: &mut Claims, result: Result<Auth<'_>, Error>) -> u32 {
    let claims = match &result {
        Ok(auth) => auth.access_token_claims().map_err(|_| Error::InternalError),
        Err(error) => Err(*error),
    };
    match claims {
        Ok(claims) => {
            let payload = place(claims.payload().as_bytes());
            *kept = Claims { payload, exp: claims.exp, nbf: claims.nbf, iat: claims.iat };
            0
        }
        Err(error) => error.code(),
    }
}

/// Where octets lie, for JavaScript.
fn place(octets: &[u8]) -> (*const u8, usize) {
    (octets.as_ptr(), octets.len())
}

/// The state of this instance.
pub(crate) fn state() -> &'static mut State {
    // SAFETY: an instance of the module has one thread, JavaScript makes one call at a time, and each export asks for the state
    // once.
    unsafe { &mut *STATE.0.get() }
}

/// Where the input is.
pub(crate) fn input() -> *mut u8 {
    INPUT.0.get().cast()
}

struct OfOneThread<T>(UnsafeCell<T>);

// SAFETY: as in `state`.
unsafe impl<T> Sync for OfOneThread<T> {}

static STATE: OfOneThread<State> = OfOneThread(UnsafeCell::new(State::NEW));

// By itself: the file of the module holds no octets for what is all zeros.
static INPUT: OfOneThread<[u8; INPUT_LEN]> = OfOneThread(UnsafeCell::new([0; INPUT_LEN]));
