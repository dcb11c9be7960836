//! API keys without I/O: the caller exchanges requests and answers with the service.

use crate::{auth::Auth, errors, octets};
use pyo3::{
    prelude::*,
    types::{PyBytes, PyString},
};
use std::borrow::Cow;
use tesseral_verify::{Error, api_key};

/// An API key of the right shape. Only the service knows whether it is good.
#[pyclass(frozen, module = "tesseral_verify")]
pub struct ApiKey {
    octets: Vec<u8>,
}

impl ApiKey {
    /// Keeps the key.
    pub fn new(key: api_key::ApiKey<'_>) -> Self {
        Self { octets: key.as_bytes().to_vec() }
    }

    fn parsed(&self) -> Result<api_key::ApiKey<'_>, Error> {
        api_key::ApiKey::parse(&self.octets)
    }
}

#[pymethods]
impl ApiKey {
    /// The key itself: a secret.
    fn credentials(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.octets)
    }

    /// SHA-256 of the key, 32 bytes, under which a caller can remember answers.
    fn fingerprint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let key = self.parsed().map_err(|error| errors::raise(py, error))?;
        Ok(PyBytes::new(py, &key.fingerprint()))
    }

    /// The body of `POST /v1/api-keys/authenticate`, `Content-Type: application/json`.
    fn request<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = [0; api_key::MAX_REQUEST_LEN];
        let body = self.parsed().and_then(|key| key.request(&mut out).map(|body| body.to_vec()));
        Ok(PyBytes::new(py, &body.map_err(|error| errors::raise(py, error))?))
    }

    /// What the service's answer means. Status and body are those that were received.
    fn response(&self, py: Python<'_>, http_status: u32, body: &Bound<'_, PyAny>) -> PyResult<Auth> {
        let body = octets::of(body)?;
        let mut scratch = vec![0; body.len()];
        match self.parsed().and_then(|key| key.response(http_status, &body, &mut scratch)) {
            Ok(auth) => Auth::new(py, &auth),
            Err(error) => Err(errors::raise(py, error)),
        }
    }

    fn __repr__(&self, py: Python<'_>) -> Py<PyString> {
        PyString::new(py, "<tesseral_verify.ApiKey>").unbind()
    }
}
