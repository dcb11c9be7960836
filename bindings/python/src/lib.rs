//! `tesseral_verify._native`: the verifier as Python objects.
//!
//! The interpreter's lock is held while one token is verified, which takes less time than giving it back and waiting
//! for it anew beside a busy thread; it is released while tables are built and batches verified.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod api_key;
mod auth;
mod authenticator;
mod claims;
mod clock;
mod errors;
mod faults;
mod headers;
mod octets;
mod revoked;
mod rulebook;
mod scratch;
mod snapshot;
mod stats;
mod verifier;

/// The compiled half of the package `tesseral_verify`.
///
/// Free-threaded interpreters need not switch their lock on for it: every class is frozen and `Sync`, what changes is behind
/// a `Mutex` or an atomic of Rust, and no borrowed memory is of an object that another thread can change.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    use pyo3::{exceptions::PyImportError, ffi, prelude::*, types::PyDict};
    use std::sync::OnceLock;
    use tesseral_verify::net::{self, About, Notice, Settings};

    #[pymodule_export]
    use super::{
        api_key::ApiKey,
        auth::Auth,
        authenticator::Authenticator,
        claims::{AccessTokenClaims, Impersonator, Organization, Session, User, unpickled},
        revoked::Revoked,
        rulebook::{Answers, AnswersRules, Refresh, RefreshRules, UnknownKids, new_handle},
        snapshot::{SkippedKey, Snapshot},
        stats::{Counters, Stats},
        verifier::Verifier,
    };

    /// Why these settings can never work, in one line; None when they may.
    #[pyfunction]
    #[pyo3(signature = (publishable_key, config_host, backend_host, backend_api_key=None))]
    fn complaint(
        publishable_key: &str,
        config_host: &str,
        backend_host: &str,
        backend_api_key: Option<&str>,
    ) -> Option<&'static str> {
        let settings = Settings::new(publishable_key).config_host(config_host).backend_host(backend_host);
        match backend_api_key {
            Some(secret) => settings.backend_api_key(secret).complaint(),
            None => settings.complaint(),
        }
    }

    /// The URL of the proxy that leads to a host, `host` or `host:port`, by the environment, or None.
    #[pyfunction]
    fn proxy_for(host: &str) -> Option<String> {
        net::proxy_for(host)
    }

    /// What the operator is told when an exchange with a host has failed. `fault`: its stable name; `status`: of the answer,
    /// for `http_status`. None for a name that is none.
    #[pyfunction]
    #[pyo3(signature = (about, host, fault, status=0))]
    fn notice(about: &str, host: &str, fault: &str, status: u16) -> Option<String> {
        let about = if about == "document" { About::Document } else { About::ApiKeys };
        let found = super::faults::named(fault, status)?;
        Some(Notice::new(about, host, found).to_string())
    }

    /// Raises ImportError unless this is the interpreter that has loaded the package first.
    ///
    /// The classes of its exceptions and objects are that one's: another one's `except` would catch nothing.
    #[pyfunction]
    fn stay_in_one_interpreter(_py: Python<'_>) -> PyResult<()> {
        static FIRST: OnceLock<i64> = OnceLock::new();
        // SAFETY: the thread is attached to an interpreter, which `_py` proves.
        let here = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
        if *FIRST.get_or_init(|| here) == here {
            return Ok(());
        }
        Err(PyImportError::new_err(
            "tesseral_verify works in one interpreter of a process, and another one has loaded it: with mod_wsgi set \
             WSGIApplicationGroup %{GLOBAL}, with uWSGI single-interpreter = true",
        ))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let errors = PyDict::new(module.py());
        for error in tesseral_verify::Error::ALL {
            errors.set_item(error.slug(), (error.code(), error.http_status(), error.text()))?;
        }
        module.add("ERRORS", errors)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
