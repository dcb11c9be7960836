//! What a verifier tells about its configuration document.

use pyo3::prelude::*;

/// What a verifier was made of.
#[pyclass(frozen, get_all, module = "tesseral_verify")]
pub struct Snapshot {
    /// The project's ID, or None when neither document nor options say it.
    pub project_id: Option<String>,
    /// The only accepted `iss` and `aud`.
    pub issuer: String,
    /// The `kid`s of the keys in use, in the order of the document.
    pub keys: Vec<String>,
    /// How many keys of the document are not used.
    pub keys_skipped: usize,
    /// The first 64 of the keys that are not used.
    pub skipped: Vec<Py<SkippedKey>>,
}

/// A key of the document that is not used.
#[pyclass(frozen, get_all, module = "tesseral_verify")]
pub struct SkippedKey {
    /// Its place in the array `keys`, from 0 on.
    pub index: u32,
    /// The stable name of the reason.
    pub reason: &'static str,
}

impl Snapshot {
    /// Copies what the library tells.
    pub fn new(py: Python<'_>, verifier: &tesseral_verify::Verifier<'_>) -> PyResult<Self> {
        let (snapshot, policy) = (verifier.snapshot(), verifier.policy());
        let skipped = snapshot.skipped().iter();
        Ok(Self {
            project_id: policy.project_id().map(str::to_owned),
            issuer: policy.issuer().to_owned(),
            keys: snapshot.keys().iter().map(|key| key.kid().to_owned()).collect(),
            keys_skipped: snapshot.keys_skipped(),
            skipped: skipped
                .map(|key| Py::new(py, SkippedKey { index: key.index, reason: key.reason.slug() }))
                .collect::<PyResult<_>>()?,
        })
    }
}
