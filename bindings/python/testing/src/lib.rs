//! `tesseral_verify_testing._mint`: the double of the service, as far as tests of applications need it.
//!
//! Documents, tokens and answers come from `fake-tesseral`, which writes what the issuer writes.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod claims;
mod clock;
mod project;
mod refused;

/// The compiled module of the package `tesseral_verify_testing`.
#[pyo3::pymodule]
mod _mint {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::project::Project;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("REFUSALS", super::refused::SLUGS)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
