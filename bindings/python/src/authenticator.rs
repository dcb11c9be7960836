//! The authenticator: a verifier that keeps itself fresh and asks about API keys.

use crate::{
    auth::Auth,
    clock, errors,
    headers::Headers,
    octets,
    revoked::Revoked,
    scratch,
    verifier::{base_table, profile_of},
};
use pyo3::{exceptions::PyValueError, prelude::*};
use std::{path::PathBuf, time::Duration};
use tesseral_verify::{
    Error,
    net::{self, Attempt, Settings},
};

/// Authenticates requests with keys that it keeps fresh in a background thread, and asks the service about API keys.
///
/// Share it between threads. After a fork, the child's first call makes a thread and connections of its own. A call holds
/// the interpreter's lock for one token, and releases it while it waits for the network: for the first document, for an
/// unknown key, or for the answer about an API key.
#[pyclass(frozen, module = "tesseral_verify")]
pub struct Authenticator {
    authenticator: Option<net::Authenticator>,
    total_timeout: Duration,
}

#[pymethods]
impl Authenticator {
    #[new]
    #[pyo3(signature = (
        publishable_key, *, config_api_hostname="config.tesseral.com", backend_api_hostname="api.tesseral.com",
        api_keys_enabled=false, backend_api_key=None, jwks_refresh_interval_seconds=3600.0, cooldown_seconds=10.0,
        max_stale_seconds=86400.0, connect_timeout_seconds=2.0, total_timeout_seconds=5.0, api_key_ttl_seconds=0.0,
        ca_pem=None, last_good_file=None, issuer=None, leeway_seconds=0, max_token_len=16384, profile="server"
    ))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn new(
        py: Python<'_>,
        publishable_key: &str,
        config_api_hostname: &str,
        backend_api_hostname: &str,
        api_keys_enabled: bool,
        backend_api_key: Option<&str>,
        jwks_refresh_interval_seconds: f64,
        cooldown_seconds: f64,
        max_stale_seconds: f64,
        connect_timeout_seconds: f64,
        total_timeout_seconds: f64,
        api_key_ttl_seconds: f64,
        ca_pem: Option<&Bound<'_, PyAny>>,
        last_good_file: Option<PathBuf>,
        issuer: Option<&str>,
        leeway_seconds: u32,
        max_token_len: usize,
        profile: &str,
    ) -> PyResult<Self> {
        let (total_timeout, profile) = (duration(total_timeout_seconds)?, profile_of(profile)?);
        let mut settings = Settings::new(publishable_key)
            .config_host(config_api_hostname)
            .backend_host(backend_api_hostname)
            .api_keys(api_keys_enabled)
            .refresh_interval(duration(jwks_refresh_interval_seconds)?)
            .cooldown(duration(cooldown_seconds)?)
            .max_stale(duration(max_stale_seconds)?)
            .connect_timeout(duration(connect_timeout_seconds)?)
            .total_timeout(total_timeout)
            .api_key_ttl(duration(api_key_ttl_seconds)?)
            .leeway_seconds(leeway_seconds)
            .max_token_len(max_token_len)
            .profile(profile);
        if let Some(secret) = backend_api_key {
            settings = settings.backend_api_key(secret);
        }
        if let Some(pem) = ca_pem {
            settings = settings.ca_pem(&octets::of(pem)?);
        }
        if let Some(file) = last_good_file {
            settings = settings.last_good_file(&file);
        }
        if let Some(issuer) = issuer {
            settings = settings.issuer(issuer);
        }
        if let Some(base_table) = base_table(profile) {
            settings = settings.base_table(base_table);
        }
        let made = py.detach(|| net::Authenticator::new(settings));
        let authenticator = Some(made.map_err(|error| errors::raise(py, error))?);
        Ok(Self { authenticator, total_timeout })
    }

    /// Finds the credential among a request's headers, an iterable of pairs of name and value, and says who sent it.
    #[pyo3(signature = (headers, now=None))]
    fn authenticate(&self, py: Python<'_>, headers: &Bound<'_, PyAny>, now: Option<f64>) -> PyResult<Auth> {
        let (headers, now) = (Headers::of(headers)?, clock::seconds(now)?);
        let (authorization, cookie) = (headers.authorization()?, headers.cookie()?);
        let authenticator = self.await_first(py)?;
        scratch::with(authenticator.scratch_len(), |scratch| {
            let (authorization, cookie) = (authorization.iter().map(AsRef::as_ref), cookie.iter().map(AsRef::as_ref));
            let values = || (authorization.clone(), cookie.clone());
            let (first_authorization, first_cookie) = values();
            let attempt = authenticator.try_authenticate(first_authorization, first_cookie, now, None, scratch);
            if let Ok(Attempt::Complete(auth)) = &attempt {
                return Auth::new(py, auth);
            }
            // A call that waits does not hold the interpreter's lock.
            let attempt = match attempt {
                Ok(Attempt::FetchNeeded(fetch)) => {
                    py.detach(|| fetch.wait());
                    let (authorization, cookie) = values();
                    authenticator.authenticate_after_fetch(authorization, cookie, now, None, scratch)
                }
                attempt => attempt,
            };
            let judged = match attempt {
                Ok(Attempt::Complete(auth)) => Some(Auth::new(py, &auth)),
                Ok(Attempt::FetchNeeded(_)) => Some(Err(errors::raise(py, Error::KeyUnknown))),
                Ok(Attempt::LookupNeeded(_)) => None,
                Err(error) => Some(Err(errors::raise(py, error))),
            };
            if let Some(judged) = judged {
                return judged;
            }
            // The call that blocks also counts how the request ends.
            let (authorization, cookie) = values();
            match py.detach(|| authenticator.authenticate(authorization, cookie, now, None, scratch)) {
                Ok(auth) => Auth::new(py, &auth),
                Err(error) => Err(errors::raise(py, error)),
            }
        })
    }

    /// Verifies one access token.
    #[pyo3(signature = (token, now=None))]
    fn verify_token(&self, py: Python<'_>, token: &Bound<'_, PyAny>, now: Option<f64>) -> PyResult<Auth> {
        let (token, now) = (octets::of(token)?, clock::seconds(now)?);
        let authenticator = self.await_first(py)?;
        // Without a document, `verify_token` would wait once more, and hold the lock.
        authenticator.ready().map_err(|_| errors::raise(py, Error::KeysUnavailable))?;
        scratch::with(authenticator.scratch_len(), |scratch| {
            // It may wait for an unknown key, which must not hold the interpreter's lock.
            match py.detach(|| authenticator.verify_token(&token, now, None, scratch)) {
                Ok(auth) => Auth::new(py, &auth),
                Err(error) => Err(errors::raise(py, error)),
            }
        })
    }

    /// Raises token_revoked when the list names the session or the user of an accepted access token. API keys pass.
    fn check_revoked(&self, py: Python<'_>, revoked: &Revoked, auth: &Auth) -> PyResult<()> {
        revoked.check(py, self.inner()?.project_id().as_deref(), auth)
    }

    /// None when requests can be accepted, else why not: one line of text.
    fn not_ready_reason(&self) -> PyResult<Option<String>> {
        Ok(self.inner()?.ready().err().map(|reason| reason.to_string()))
    }

    /// Whether requests can be accepted. Waits at most so long for the first document.
    fn wait_until_ready(&self, py: Python<'_>, seconds: f64) -> PyResult<bool> {
        let (authenticator, at_most) = (self.inner()?, duration(seconds)?);
        Ok(py.detach(|| authenticator.wait_until_ready(at_most).is_ok()))
    }

    /// The project's ID, or None before the first document.
    fn project_id(&self) -> PyResult<Option<String>> {
        Ok(self.inner()?.project_id())
    }

    /// All numbers at this moment, as JSON.
    fn stats_json(&self) -> PyResult<String> {
        Ok(self.inner()?.stats().to_json())
    }

    /// All numbers at this moment, in the text format of Prometheus, with the label `pid`.
    fn stats_prometheus(&self) -> PyResult<String> {
        Ok(self.inner()?.stats().to_prometheus_of_process(std::process::id()))
    }
}

impl Authenticator {
    fn inner(&self) -> PyResult<&net::Authenticator> {
        // It is there until this object is dropped.
        self.authenticator.as_ref().ok_or_else(|| PyValueError::new_err("the authenticator is gone"))
    }

    /// Waits for the first document without the interpreter's lock. Only a call that waits gains by releasing it.
    fn await_first(&self, py: Python<'_>) -> PyResult<&net::Authenticator> {
        let authenticator = self.inner()?;
        if authenticator.ready().is_err() {
            // Returns at once when there was one, however old.
            let _ = py.detach(|| authenticator.wait_until_ready(self.total_timeout));
        }
        Ok(authenticator)
    }
}

impl Drop for Authenticator {
    /// Ends the background thread without the interpreter's lock, so that other threads do not wait for that end.
    fn drop(&mut self) {
        let authenticator = self.authenticator.take();
        Python::attach(|py| py.detach(|| drop(authenticator)));
    }
}

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| PyValueError::new_err("not a number of seconds"))
}
