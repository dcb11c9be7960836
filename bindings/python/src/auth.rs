//! Who sent a request.

use crate::{
    claims::{AccessTokenClaims, strings},
    errors,
};
use pyo3::{
    prelude::*,
    types::{PyString, PyTuple},
};
use tesseral_verify::{CredentialsType, Error};

/// An authenticated request. It prints neither credential nor claims: those must not reach a log.
#[pyclass(frozen, module = "tesseral_verify")]
pub struct Auth {
    credentials: Py<PyString>,
    identity: Identity,
}

enum Identity {
    AccessToken(Py<AccessTokenClaims>),
    ApiKey { api_key_id: Py<PyString>, organization_id: Py<PyString>, actions: Py<PyTuple> },
}

impl Auth {
    /// Copies the library's result out of the scratch memory.
    pub fn new(py: Python<'_>, auth: &tesseral_verify::Auth<'_>) -> PyResult<Self> {
        let identity = match auth.access_token_claims() {
            Ok(claims) => Identity::AccessToken(Py::new(py, AccessTokenClaims::new(py, claims)?)?),
            Err(_) => Identity::ApiKey {
                api_key_id: PyString::new(py, auth.api_key_id().unwrap_or_default()).unbind(),
                organization_id: PyString::new(py, auth.organization_id()).unbind(),
                actions: strings(py, auth.actions())?,
            },
        };
        Ok(Self { credentials: PyString::new(py, auth.credentials()).unbind(), identity })
    }

    /// The session and the user, which a list of revoked ones may name; None for an API key.
    pub fn revocable<'py>(&self, py: Python<'py>) -> Option<[Bound<'py, PyString>; 3]> {
        match &self.identity {
            Identity::AccessToken(claims) => Some(claims.get().revocable(py)),
            Identity::ApiKey { .. } => None,
        }
    }

    fn action_names(&self) -> &Py<PyTuple> {
        match &self.identity {
            Identity::AccessToken(claims) => claims.get().actions(),
            Identity::ApiKey { actions, .. } => actions,
        }
    }
}

#[pymethods]
impl Auth {
    /// It is immutable, so that a copy is the same object. It cannot be pickled: the pickle would contain the credential.
    fn __copy__(itself: Py<Self>) -> Py<Self> {
        itself
    }

    fn __deepcopy__(itself: Py<Self>, _copied: &Bound<'_, PyAny>) -> Py<Self> {
        itself
    }

    /// `access_token` or `api_key`.
    fn credentials_type(&self) -> &'static str {
        match self.identity {
            Identity::AccessToken(_) => CredentialsType::AccessToken.as_str(),
            Identity::ApiKey { .. } => CredentialsType::ApiKey.as_str(),
        }
    }

    /// The credential itself: a secret.
    fn credentials(&self, py: Python<'_>) -> Py<PyString> {
        self.credentials.clone_ref(py)
    }

    /// The organization that the user or the API key belongs to.
    fn organization_id(&self, py: Python<'_>) -> Py<PyString> {
        match &self.identity {
            Identity::AccessToken(claims) => claims.get().organization().get().id.clone_ref(py),
            Identity::ApiKey { organization_id, .. } => organization_id.clone_ref(py),
        }
    }

    /// The claims of the access token; raises NotAnAccessTokenError for an API key.
    fn access_token_claims(&self, py: Python<'_>) -> PyResult<Py<AccessTokenClaims>> {
        match &self.identity {
            Identity::AccessToken(claims) => Ok(claims.clone_ref(py)),
            Identity::ApiKey { .. } => Err(errors::raise(py, Error::NotAnAccessToken)),
        }
    }

    /// The API key's ID, which is not secret; None for an access token.
    fn api_key_id(&self, py: Python<'_>) -> Option<Py<PyString>> {
        match &self.identity {
            Identity::AccessToken(_) => None,
            Identity::ApiKey { api_key_id, .. } => Some(api_key_id.clone_ref(py)),
        }
    }

    /// What the user or the API key may do.
    fn actions(&self, py: Python<'_>) -> Py<PyTuple> {
        self.action_names().clone_ref(py)
    }

    /// Whether `action` is among the actions, character for character.
    fn has_permission(&self, py: Python<'_>, action: &Bound<'_, PyString>) -> PyResult<bool> {
        self.action_names().bind(py).contains(action)
    }
}
