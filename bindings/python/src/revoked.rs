//! The caller's list of revoked sessions and users.

use crate::{auth::Auth, errors, octets};
use pyo3::prelude::*;
use std::hash::{BuildHasher as _, RandomState};
use tesseral_verify::Error;

/// Sessions and users that are revoked before their tokens expire. Immutable: share it between threads, and put a newer one
/// in its place.
#[pyclass(frozen, module = "tesseral_verify")]
pub struct Revoked {
    revoked: tesseral_verify::Revoked<'static>,
}

#[pymethods]
impl Revoked {
    /// Reads a list: the line "tesseral-revoked 1", then a project ID, a blank, and the ID of a session or a user on each line.
    #[new]
    fn new(py: Python<'_>, list: &Bound<'_, PyAny>) -> PyResult<Self> {
        let list = octets::of(list)?;
        let hasher = RandomState::new();
        let [low, high] = [0_u64, 1].map(|half| hasher.hash_one(half));
        let seed = (u128::from(low) << 64 | u128::from(high)).to_le_bytes();
        let loaded = py.detach(|| tesseral_verify::Revoked::load_owned(&list, seed));
        Ok(Self { revoked: loaded.map_err(|refused| errors::raise_list(py, refused))? })
    }

    /// How many sessions and users are on it.
    fn __len__(&self) -> usize {
        self.revoked.len()
    }
}

impl Revoked {
    /// Refuses an access token whose session or user is on the list; `sub` is the user's ID, too.
    pub fn check(&self, py: Python<'_>, project_id: Option<&str>, auth: &Auth) -> PyResult<()> {
        let Some(ids) = auth.revocable(py) else { return Ok(()) };
        let project_id = project_id.ok_or_else(|| errors::raise(py, Error::InvalidArgument))?;
        for id in ids {
            if self.revoked.contains(project_id, &id.to_cow()?) {
                return Err(errors::raise(py, Error::TokenRevoked));
            }
        }
        Ok(())
    }
}
