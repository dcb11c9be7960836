//! A throw-away project.

use crate::{
    claims::{Wanted, wanted},
    clock, refused,
};
use fake_tesseral::{
    Random, Seed,
    answers::{self, Said},
    api_keys::ApiKey,
    ids,
};
use pyo3::{
    exceptions::{PyOSError, PyValueError},
    prelude::*,
    types::{PyBytes, PyDict},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Random bytes of the operating system.
pub fn fresh(label: &str) -> PyResult<Random> {
    let seed = Seed::from_os().map_err(|_| PyOSError::new_err("the system has no randomness to give"))?;
    Ok(seed.random(label))
}

/// The token that was wanted, signed with the project's newest key.
pub fn mint(project: &fake_tesseral::Project, wanted: &Wanted) -> String {
    match &wanted.kid {
        Some(kid) => project.signing_key().clone().with_kid(kid).sign_claims(&wanted.claims.to_json()),
        None => project.mint(&wanted.claims),
    }
}

type Answer<'py> = Option<(u16, Bound<'py, PyBytes>)>;

/// A project with keys of its own, which are in no other process and nowhere on disk.
#[pyclass(frozen, subclass, module = "tesseral_verify_testing")]
pub struct Project(Mutex<fake_tesseral::Project>);

impl Project {
    fn inner(&self) -> MutexGuard<'_, fake_tesseral::Project> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Project {
    #[new]
    fn new() -> PyResult<Self> {
        let seed = Seed::from_os().map_err(|_| PyOSError::new_err("the system has no randomness to give"))?;
        Ok(Self(Mutex::new(fake_tesseral::Project::from_seed(seed))))
    }

    #[getter]
    fn project_id(&self) -> String {
        self.inner().id.clone()
    }

    #[getter]
    fn publishable_key(&self) -> String {
        self.inner().publishable_key.clone()
    }

    #[getter]
    fn backend_api_key(&self) -> String {
        self.inner().backend_api_key.clone()
    }

    #[getter]
    fn issuer(&self) -> String {
        self.inner().issuer()
    }

    #[getter]
    fn cookie_name(&self) -> String {
        self.inner().cookie_name()
    }

    #[getter]
    fn kid(&self) -> String {
        self.inner().signing_key().kid().to_owned()
    }

    /// The configuration document, which is also the JWKS.
    #[getter]
    fn document<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.inner().config_document().to_json().as_bytes())
    }

    /// A token with these claims. Claims that are not named are those of an ordinary user.
    #[pyo3(signature = (**claims))]
    fn mint_access_token(&self, claims: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
        let project = self.inner();
        Ok(mint(&project, &wanted(&project, claims)?))
    }

    /// A token that a verifier refuses with this slug.
    #[pyo3(signature = (slug, /, **claims))]
    fn mint_refused_token(&self, slug: &str, claims: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
        let project = self.inner();
        refused::token(&project, wanted(&project, claims)?, slug)
    }

    /// Signs any header and payload, however wrong: a compact serialization (RFC 7515 section 3.1).
    fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        self.inner().signing_key().sign_compact(header, payload)
    }

    /// Signs with a new key from now on; gives its `kid`. Older keys stay in the document.
    #[pyo3(signature = (*, published=true))]
    fn rotate(&self, published: bool) -> String {
        let mut project = self.inner();
        let key = if published { project.rotate() } else { project.rotate_unpublished() };
        key.kid().to_owned()
    }

    /// Puts all keys into the document.
    fn publish(&self) {
        self.inner().publish();
    }

    /// Returns the secret of a new API key.
    #[pyo3(signature = (*, organization_id=None, permissions=Vec::new(), api_key_id=None, expires_at=None, permitted=true))]
    fn issue_api_key(
        &self,
        organization_id: Option<String>,
        permissions: Vec<String>,
        api_key_id: Option<String>,
        expires_at: Option<i64>,
        permitted: bool,
    ) -> PyResult<String> {
        let mut project = self.inner();
        let organization_id = organization_id.unwrap_or_else(|| project.claims(0).organization_id);
        let secret = project.api_keys.issue(&organization_id, permissions);
        let key = project.api_keys.find_mut(&secret);
        let key: &mut ApiKey = key.ok_or_else(|| PyValueError::new_err("the project has no API keys"))?;
        if let Some(id) = api_key_id {
            key.id = id;
        }
        key.expires = expires_at;
        key.organization_permits = permitted;
        Ok(secret)
    }

    /// Revokes an API key at once; `False` if there is no such key.
    fn revoke_api_key(&self, secret: &str) -> bool {
        self.inner().api_keys.revoke(secret)
    }

    /// A key of the right shape that the project has never issued.
    fn unknown_api_key(&self) -> PyResult<String> {
        let prefix = self.inner().api_keys.prefix.clone().unwrap_or_default();
        Ok(ids::render_api_key(&prefix, &fresh("unknown API key")?.octets()))
    }

    /// Status and body for a client that asks for the document of this publishable key; `None` when the connection dies.
    fn answer_config<'py>(&self, py: Python<'py>, publishable_key: &str) -> Answer<'py> {
        let project = self.inner();
        let document = || project.config_document().to_json();
        answer(py, answers::config(&project.publishable_key, publishable_key, document))
    }

    /// Status and body for a client that asks about an API key; `None` when the connection dies.
    #[pyo3(signature = (secret, authorization))]
    fn answer_api_key<'py>(&self, py: Python<'py>, secret: &str, authorization: Option<&str>) -> Answer<'py> {
        answer(py, answers::api_key(&self.inner(), authorization, secret, clock::seconds()))
    }

    fn __repr__(&self) -> String {
        format!("<tesseral_verify_testing.Project {}>", self.inner().id)
    }
}

fn answer<'py>(py: Python<'py>, said: Option<Said>) -> Answer<'py> {
    said.map(|said| (said.status, PyBytes::new(py, said.body.as_bytes())))
}
