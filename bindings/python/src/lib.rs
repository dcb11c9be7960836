//! `tesseral_verify._native`: the verifier as Python objects.
//!
//! A call holds the interpreter's lock while it verifies one token. To release the lock and to get it back beside a busy
//! thread would take longer. Calls that build tables or verify batches release it.
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

/// The compiled module of the package `tesseral_verify`.
///
/// A free-threaded interpreter need not switch its lock on for it. Every class is frozen and `Sync`. What changes is behind
/// a `Mutex` or an atomic of Rust, and no object whose memory is borrowed can be changed by another thread.
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

    /// Why these settings can never work, in one line; None if they may work.
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

    /// The URL of the proxy for a host, `host` or `host:port`, from the environment variables, or None.
    #[pyfunction]
    fn proxy_for(host: &str) -> Option<String> {
        net::proxy_for(host)
    }

    /// The text for the operator about a failed exchange with a host. `fault`: its stable name; `status`: that of the answer,
    /// for `http_status`. None if no fault has this name.
    #[pyfunction]
    #[pyo3(signature = (about, host, fault, status=0))]
    fn notice(about: &str, host: &str, fault: &str, status: u16) -> Option<String> {
        let about = if about == "document" { About::Document } else { About::ApiKeys };
        let found = super::faults::named(fault, status)?;
        Some(Notice::new(about, host, found).to_string())
    }

    /// Raises ImportError unless this is the interpreter that has loaded the package first.
    ///
    /// Its exceptions have the classes of the first interpreter: an `except` in another one would catch none of them.
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
