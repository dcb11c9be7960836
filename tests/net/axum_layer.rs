//! An Axum application behind a tower layer: nothing blocks the executor.

use crate::support::{ms, ready, say, serve, settings_with_api_keys, token};
use axum::{
    Router,
    body::Body,
    extract::{Extension, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use fake_tesseral::{Endpoint, Fault};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tesseral_verify::{
    ApiKey, Auth, Error,
    net::{Attempt, Authenticator, KeyFetch, unix_time},
};
use tower::{Layer, Service, ServiceExt as _};

/// What handlers get: a copy of what the application needs.
#[derive(Clone)]
struct Caller {
    organization_id: String,
    credentials_type: &'static str,
}

impl Caller {
    fn of(auth: &Auth<'_>) -> Self {
        Self { organization_id: auth.organization_id().into(), credentials_type: auth.credentials_type().as_str() }
    }
}

/// Lets requests with a good credential through, with a [`Caller`] in their extensions.
#[derive(Clone)]
struct RequireAuth(Arc<Authenticator>);

impl<S> Layer<S> for RequireAuth {
    type Service = Authenticated<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticated { authenticator: Arc::clone(&self.0), inner }
    }
}

#[derive(Clone)]
struct Authenticated<S> {
    authenticator: Arc<Authenticator>,
    inner: S,
}

impl<S> Service<Request> for Authenticated<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // The service that was polled ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let authenticator = Arc::clone(&self.authenticator);
        Box::pin(async move {
            match caller(&authenticator, request.headers()).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(error) => Ok(refusal(error)),
            }
        })
    }
}

async fn caller(authenticator: &Authenticator, headers: &HeaderMap) -> Result<Caller, Error> {
    let found = match first_attempt(authenticator, headers)? {
        Found::Fetch(fetch) => {
            fetch.await;
            second_attempt(authenticator, headers)?
        }
        found => found,
    };
    match found {
        Found::Caller(caller) => Ok(caller),
        Found::ApiKey(key) => {
            let key = ApiKey::parse(&key)?;
            let lookup = authenticator.look_up_with(&key, |task| drop(tokio::task::spawn_blocking(|| task.run())));
            Ok(Caller::of(&lookup.await?.auth(&key)))
        }
        Found::Fetch(_) => Err(Error::KeyUnknown),
    }
}

/// The result of an attempt, which borrows no scratch memory.
enum Found {
    Caller(Caller),
    ApiKey(Vec<u8>),
    Fetch(KeyFetch),
}

impl From<Attempt<'_>> for Found {
    fn from(attempt: Attempt<'_>) -> Self {
        match attempt {
            Attempt::Complete(auth) => Self::Caller(Caller::of(&auth)),
            Attempt::LookupNeeded(key) => Self::ApiKey(key.as_bytes().to_vec()),
            Attempt::FetchNeeded(fetch) => Self::Fetch(fetch),
        }
    }
}

fn first_attempt(authenticator: &Authenticator, headers: &HeaderMap) -> Result<Found, Error> {
    let values = |name| headers.get_all(name).iter().map(|value| value.as_bytes());
    let (authorization, cookie) = (values(header::AUTHORIZATION), values(header::COOKIE));
    let mut scratch = vec![0; authenticator.scratch_len()];
    authenticator.try_authenticate(authorization, cookie, unix_time(), None, &mut scratch).map(Found::from)
}

fn second_attempt(authenticator: &Authenticator, headers: &HeaderMap) -> Result<Found, Error> {
    let values = |name| headers.get_all(name).iter().map(|value| value.as_bytes());
    let (authorization, cookie) = (values(header::AUTHORIZATION), values(header::COOKIE));
    let mut scratch = vec![0; authenticator.scratch_len()];
    authenticator.authenticate_after_fetch(authorization, cookie, unix_time(), None, &mut scratch).map(Found::from)
}

fn refusal(error: Error) -> Response {
    let status = StatusCode::from_u16(error.http_status()).unwrap();
    let mut response = status.into_response();
    match status {
        StatusCode::UNAUTHORIZED => {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, "Bearer".parse().unwrap());
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            response.headers_mut().insert(header::RETRY_AFTER, "1".parse().unwrap());
        }
        _ => {}
    }
    response
}

async fn whoami(Extension(caller): Extension<Caller>) -> String {
    format!("{} {}", caller.credentials_type, caller.organization_id)
}

/// Status and body of the application's answer.
async fn ask(app: Router, name: header::HeaderName, value: String) -> (u16, String) {
    let request = Request::builder().uri("/whoami").header(name, value).body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test(flavor = "current_thread")]
async fn a_layer_that_never_blocks() {
    let server = serve(211);
    let authenticator = Arc::new(ready(settings_with_api_keys(&server)));
    let app = Router::new().route("/whoami", get(whoami)).layer(RequireAuth(authenticator));
    let (token, api_key) = (token(&server), server.project().issue_api_key(["a.b.c"]));
    let organization = server.project().claims(0).organization_id;
    let cookie_name = server.project().cookie_name();
    let bearer = |credential: &str| (header::AUTHORIZATION, format!("Bearer {credential}"));
    let mut ran = 0;
    for ((name, value), status, body) in [
        (bearer(&token), 200, format!("access_token {organization}")),
        ((header::COOKIE, format!("{cookie_name}={token}")), 200, format!("access_token {organization}")),
        (bearer(&api_key), 200, format!("api_key {organization}")),
        (bearer(&format!("example_sk_{}", "0".repeat(55))), 401, String::new()),
        (bearer(&fake_tesseral::jws::tamper(&token).unwrap()), 401, String::new()),
        ((header::ACCEPT, "text/plain".to_owned()), 401, String::new()),
    ] {
        assert_eq!(ask(app.clone(), name, value).await, (status, body));
        ran += 1;
    }
    // On one thread, timers go on while a lookup waits, and so do other requests.
    server.set_fault(Endpoint::ApiKeys, Fault::Delay(ms(600)));
    server.forget();
    let start = Instant::now();
    let lookups = async {
        let (name, value) = bearer(&api_key);
        let two = tokio::join!(ask(app.clone(), name.clone(), value.clone()), ask(app.clone(), name, value));
        (two, start.elapsed())
    };
    let others = async {
        tokio::time::sleep(ms(20)).await;
        let (name, value) = bearer(&token);
        (ask(app.clone(), name, value).await.0, start.elapsed())
    };
    let ((two, slow), (status, quick)) = tokio::join!(lookups, others);
    assert_eq!((two.0.0, two.1.0, status, server.count(Endpoint::ApiKeys)), (200, 200, 200, 2));
    assert!(quick < slow && slow >= ms(600) && quick < Duration::from_millis(590), "{quick:?} {slow:?}");
    server.set_fault(Endpoint::ApiKeys, Fault::Status(500));
    let (name, value) = bearer(&api_key);
    assert_eq!(ask(app, name, value).await, (503, String::new()));
    say(&format!("axum: {} requests ran", ran + 4));
    assert_eq!(ran, 6);
}
