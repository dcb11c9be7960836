//! The tower layer.

use crate::{authenticator::Authenticator, judge::Judge, refusal};
use http::{Request, Response};
use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tesseral_verify::net;
use tower_layer::Layer;
use tower_service::Service;

/// A layer that refuses each request without a good credential, with 401 and an empty body.
///
/// It is for all services of `http` requests: Axum's routers, tonic's servers, hyper. Accepted requests have an
/// [`Auth`](crate::Auth) in their extensions.
///
/// The first fetch of the configuration document starts here, in the background. The first requests wait for it.
///
/// # Panics
/// When the settings can never work: API keys are on without a backend API key, or a host has a scheme. The text says what to
/// change. Also when the process cannot start a thread.
#[must_use]
#[track_caller]
pub fn require_auth(authenticator: Authenticator) -> RequireAuthLayer {
    if let Some(complaint) = authenticator.settings.complaint() {
        panic!("require_auth: {complaint}");
    }
    match Judge::new(authenticator) {
        Ok(judge) => RequireAuthLayer { judge: Arc::new(judge) },
        Err(error) => panic!("require_auth: {error}"),
    }
}

/// See [`require_auth`]. Clones share one authenticator.
#[derive(Clone)]
pub struct RequireAuthLayer {
    judge: Arc<Judge>,
}

impl RequireAuthLayer {
    /// What keeps the keys: for readiness (`ready`) and metrics (`stats`).
    #[must_use]
    pub fn authenticator(&self) -> &net::Authenticator {
        self.judge.authenticator()
    }
}

impl<S> Layer<S> for RequireAuthLayer {
    type Service = RequireAuth<S>;

    fn layer(&self, inner: S) -> RequireAuth<S> {
        RequireAuth { judge: Arc::clone(&self.judge), inner }
    }
}

/// The service that [`RequireAuthLayer`] makes.
#[derive(Clone)]
pub struct RequireAuth<S> {
    judge: Arc<Judge>,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for RequireAuth<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let judge = Arc::clone(&self.judge);
        Box::pin(async move {
            let judged = judge.judge(request.headers()).await;
            match judged {
                Ok(auth) => {
                    request.extensions_mut().insert(auth);
                    inner.call(request).await
                }
                Err(error) => {
                    log::info!("request refused: {}", error.slug());
                    Ok(refusal::response(error, judge.www_authenticate))
                }
            }
        })
    }
}

/// Prints no secret.
impl fmt::Debug for RequireAuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireAuthLayer").finish_non_exhaustive()
    }
}

impl<S: fmt::Debug> fmt::Debug for RequireAuth<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireAuth").field("inner", &self.inner).finish_non_exhaustive()
    }
}
