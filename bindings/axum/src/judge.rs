//! The steps of a request until it is accepted or refused.

use crate::{
    auth::Auth,
    authenticator::{Authenticator, CurrentList},
    first_document::FirstDocument,
};
use http::{HeaderMap, HeaderName, header};
use std::{cell::RefCell, sync::Arc, thread};
use tesseral_verify::{
    self as core, ApiKey, Error,
    net::{self, Attempt, KeyFetch, unix_time},
};
use tokio::task;

/// What all requests of a layer share.
pub(crate) struct Judge {
    authenticator: Arc<net::Authenticator>,
    first_document: Arc<FirstDocument>,
    revoked: Option<CurrentList>,
    pub(crate) www_authenticate: bool,
}

/// The result of an attempt, which borrows no scratch memory.
enum Found {
    Sender(Auth),
    /// A secret.
    ApiKey(Box<[u8]>),
    Fetch(KeyFetch),
}

impl Judge {
    /// Starts the first fetch, and does not wait for it.
    pub(crate) fn new(authenticator: Authenticator) -> Result<Self, Error> {
        let Authenticator { settings, www_authenticate, revoked } = authenticator;
        let authenticator = Arc::new(net::Authenticator::new(settings)?);
        Ok(Self { authenticator, first_document: Arc::default(), revoked, www_authenticate })
    }

    pub(crate) fn authenticator(&self) -> &net::Authenticator {
        &self.authenticator
    }

    pub(crate) async fn judge(&self, headers: &HeaderMap) -> Result<Auth, Error> {
        self.first_document.wait(&self.authenticator).await;
        let found = match self.attempt(headers, false)? {
            Found::Fetch(fetch) => {
                fetch.await;
                self.attempt(headers, true)?
            }
            found => found,
        };
        match found {
            Found::Sender(auth) => Ok(auth),
            Found::ApiKey(key) => self.look_up(&key).await,
            Found::Fetch(_) => Err(Error::KeyUnknown),
        }
    }

    /// Judges the request by the keys in use. `fetched`: after it has waited for a fetch.
    fn attempt(&self, headers: &HeaderMap, fetched: bool) -> Result<Found, Error> {
        SCRATCH.with_borrow_mut(|scratch| {
            let values = |name: HeaderName| headers.get_all(name).into_iter().map(|value| value.as_bytes());
            let (authorization, cookie) = (values(header::AUTHORIZATION), values(header::COOKIE));
            let len = self.authenticator.scratch_len();
            if scratch.len() < len {
                scratch.resize(len, 0);
            }
            let attempt = if fetched {
                self.authenticator.authenticate_after_fetch(authorization, cookie, unix_time(), None, scratch)
            } else {
                self.authenticator.try_authenticate(authorization, cookie, unix_time(), None, scratch)
            };
            match attempt? {
                Attempt::Complete(auth) => self.accept(&auth).map(Found::Sender),
                Attempt::LookupNeeded(key) => Ok(Found::ApiKey(key.as_bytes().into())),
                Attempt::FetchNeeded(fetch) => Ok(Found::Fetch(fetch)),
            }
        })
    }

    async fn look_up(&self, key: &[u8]) -> Result<Auth, Error> {
        let key = ApiKey::parse(key)?;
        let answer = self.authenticator.look_up_with(&key, |task| drop(task::spawn_blocking(|| task.run()))).await?;
        self.accept(&answer.auth(&key))
    }

    /// Compares an accepted credential with the list of revoked ones.
    fn accept(&self, auth: &core::Auth<'_>) -> Result<Auth, Error> {
        if let Some(current) = &self.revoked {
            self.authenticator.check_revoked(&current(), auth)?;
        }
        Ok(Auth::new(auth))
    }
}

/// The end of the background thread may take as long as a fetch: no thread of the runtime waits for it.
impl Drop for Judge {
    fn drop(&mut self) {
        let authenticator = Arc::clone(&self.authenticator);
        // Where no thread can be made, the closure is dropped here.
        let _ = thread::Builder::new().name("tesseral-end".into()).spawn(move || drop(authenticator));
    }
}

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}
