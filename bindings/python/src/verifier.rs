//! The verifier.

use crate::{
    api_key::ApiKey, auth::Auth, clock, errors, headers::Headers, octets, revoked::Revoked, rulebook::UnknownKids,
    scratch, snapshot::Snapshot,
};
use pyo3::{IntoPyObjectExt as _, exceptions::PyValueError, prelude::*, types::PyList};
use std::borrow::Cow;
use std::sync::OnceLock;
use tesseral_verify::{Authentication, BaseTable, Error, Options, Profile, net::Stats};

/// Decides whether a credential is good, and says who sent it.
///
/// Made from the project's configuration document, or a plain JWKS. Immutable: share it between threads. The
/// interpreter's lock is held for one token and released for batches and while the tables are built.
#[pyclass(frozen, module = "tesseral_verify")]
pub struct Verifier {
    verifier: tesseral_verify::Verifier<'static>,
}

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (
        document, *, issuer=None, project_id=None, leeway_seconds=0, max_token_len=16384, profile="server",
        api_keys=false
    ))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn new(
        py: Python<'_>,
        document: &Bound<'_, PyAny>,
        issuer: Option<&str>,
        project_id: Option<&str>,
        leeway_seconds: u32,
        max_token_len: usize,
        profile: &str,
        api_keys: bool,
    ) -> PyResult<Self> {
        let document = octets::of(document)?;
        let profile = profile_of(profile)?;
        let mut options = Options::new()
            .leeway_seconds(leeway_seconds)
            .max_token_len(max_token_len)
            .profile(profile)
            .api_keys(api_keys);
        if let Some(issuer) = issuer {
            options = options.issuer(issuer);
        }
        if let Some(project_id) = project_id {
            options = options.project_id(project_id);
        }
        if let Some(base_table) = base_table(profile) {
            options = options.base_table(base_table);
        }
        let loaded = py.detach(|| tesseral_verify::Verifier::load_owned(&document, &options));
        Ok(Self { verifier: loaded.map_err(|error| errors::raise_load(py, error))? })
    }

    /// Verifies one access token. `now`: seconds since 1970, or the system's clock.
    #[pyo3(signature = (token, now=None))]
    fn verify_token(&self, py: Python<'_>, token: &Bound<'_, PyAny>, now: Option<f64>) -> PyResult<Auth> {
        let (token, now) = (octets::of(token)?, clock::seconds(now)?);
        scratch::with(self.verifier.scratch_len(), |scratch| {
            match self.verifier.verify_token(&token, now, None, scratch) {
                Ok(auth) => Auth::new(py, &auth),
                Err(error) => Err(errors::raise(py, error)),
            }
        })
    }

    /// Verifies many access tokens. The list has an exception of `verify_token` in the place of each refused one.
    #[pyo3(signature = (tokens, now=None))]
    fn verify_batch(&self, py: Python<'_>, tokens: &Bound<'_, PyAny>, now: Option<f64>) -> PyResult<Py<PyList>> {
        let now = clock::seconds(now)?;
        let tokens: Vec<Bound<'_, PyAny>> = tokens.try_iter()?.collect::<PyResult<_>>()?;
        let tokens: Vec<Cow<'_, [u8]>> = tokens.iter().map(octets::of).collect::<PyResult<_>>()?;
        let verdicts = PyList::empty(py);
        for tokens in tokens.chunks(TOKENS_AT_ONCE) {
            let tokens: Vec<&[u8]> = tokens.iter().map(AsRef::as_ref).collect();
            scratch::with(self.verifier.batch_scratch_len(tokens.len()), |scratch| {
                for verdict in py.detach(|| self.verdicts(&tokens, now, scratch)) {
                    verdicts.append(match verdict {
                        Ok(auth) => Auth::new(py, &auth)?.into_bound_py_any(py)?,
                        Err(error) => errors::exception(py, error)?,
                    })?;
                }
                Ok::<_, PyErr>(())
            })?;
        }
        Ok(verdicts.unbind())
    }

    /// Finds the credential among a request's headers, an iterable of pairs of name and value, and verifies it.
    ///
    /// Returns an ApiKey when API keys are on and the request carries one. The caller has to ask the service about it.
    #[pyo3(signature = (headers, now=None))]
    pub fn authenticate(&self, py: Python<'_>, headers: &Bound<'_, PyAny>, now: Option<f64>) -> PyResult<Py<PyAny>> {
        let now = clock::seconds(now)?;
        let headers = Headers::of(headers)?;
        let (authorization, cookie) = (headers.authorization()?, headers.cookie()?);
        scratch::with(self.verifier.scratch_len(), |scratch| {
            let (authorization, cookie) = (authorization.iter().map(AsRef::as_ref), cookie.iter().map(AsRef::as_ref));
            match self.verifier.authenticate(authorization, cookie, now, None, scratch) {
                Ok(Authentication::Complete(auth)) => Auth::new(py, &auth)?.into_py_any(py),
                Ok(Authentication::LookupNeeded(key)) => ApiKey::new(key).into_py_any(py),
                Err(error) => Err(errors::raise(py, error)),
            }
        })
    }

    /// Raises token_revoked when the list names the session or the user of an accepted access token. API keys pass.
    fn check_revoked(&self, py: Python<'_>, revoked: &Revoked, auth: &Auth) -> PyResult<()> {
        revoked.check(py, self.verifier.policy().project_id(), auth)
    }

    /// The unknown `kid`s for which a refused request might be accepted with newer keys, or None.
    ///
    /// Call it when `authenticate` refused the request, with the same arguments.
    #[pyo3(signature = (headers, now=None))]
    fn unknown_kids(&self, headers: &Bound<'_, PyAny>, now: Option<f64>) -> PyResult<Option<UnknownKids>> {
        let now = clock::seconds(now)?;
        let headers = Headers::of(headers)?;
        let (authorization, cookie) = (headers.authorization()?, headers.cookie()?);
        let (authorization, cookie) = (authorization.iter().map(AsRef::as_ref), cookie.iter().map(AsRef::as_ref));
        let unknown = scratch::with(self.verifier.scratch_len(), |scratch| {
            self.verifier.unknown_kids(authorization, cookie, now, scratch)
        });
        Ok((!unknown.as_slice().is_empty()).then_some(UnknownKids(unknown)))
    }

    /// Whether `other` has the same keys, in whatever order.
    fn has_keys_of(&self, other: &Self) -> bool {
        self.verifier.snapshot().has_keys_of(other.verifier.snapshot())
    }

    /// What the verifier was made of.
    fn inspect(&self, py: Python<'_>) -> PyResult<Snapshot> {
        Snapshot::new(py, &self.verifier)
    }
}

impl Verifier {
    /// Fills in what statistics say of the document.
    pub fn describe(&self, stats: &mut Stats) {
        let snapshot = self.verifier.snapshot();
        stats.project_id = self.verifier.policy().project_id().map(str::to_owned);
        stats.kids = snapshot.keys().iter().map(|key| key.kid().to_owned()).collect();
        stats.keys_skipped = snapshot.keys_skipped();
        stats.skipped = snapshot.skipped().iter().map(|key| (key.index, key.reason.slug())).collect();
    }

    fn verdicts<'a>(
        &self,
        tokens: &[&'a [u8]],
        now: i64,
        scratch: &'a mut [u8],
    ) -> Vec<Result<tesseral_verify::Auth<'a>, Error>> {
        let mut verdicts = vec![Err(Error::InternalError); tokens.len()];
        // An error here would also be that of every verdict.
        let _ = self.verifier.verify_batch(tokens, now, None, scratch, &mut verdicts);
        verdicts
    }
}

/// The table that all verifiers of this process share, filled for the first one of the profile `server`. The other profiles need
/// none. `None` also when filling it fails, which would be a fault of the library; then each verifier fills its own.
///
/// Call it with the interpreter's lock: no thread can fork the process while this one fills the table.
pub fn base_table(profile: Profile) -> Option<&'static BaseTable> {
    static SHARED: OnceLock<Option<BaseTable>> = OnceLock::new();
    if profile == Profile::Server { SHARED.get_or_init(|| BaseTable::owned().ok()).as_ref() } else { None }
}

/// Bounds the scratch memory of a batch, and with it how many tokens are verified before their objects are made.
const TOKENS_AT_ONCE: usize = 16;

/// The profile of this name.
pub fn profile_of(name: &str) -> PyResult<Profile> {
    match name {
        "server" => Ok(Profile::Server),
        "compact" => Ok(Profile::Compact),
        "tiny" => Ok(Profile::Tiny),
        _ => Err(PyValueError::new_err("profile is not server, compact or tiny")),
    }
}
