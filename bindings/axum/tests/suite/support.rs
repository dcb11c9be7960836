//! What the tests share.

use axum::{
    Router,
    body::{self, Body},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    routing::any,
};
use fake_tesseral::{Project, Server, Tls};
use std::{io::Write as _, time::Duration};
use tesseral_verify::{Profile, net::unix_time};
use tesseral_verify_axum::{Auth, Authenticator, RequireAuthLayer, require_auth};
use tower::ServiceExt as _;

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub fn serve(number: u64) -> Server {
    Server::start(Project::new(number), Tls::Trusted).unwrap()
}

/// For this service, with API keys, small tables and short time-outs.
pub fn authenticator(server: &Server) -> Authenticator {
    let (publishable_key, backend_api_key) = {
        let project = server.project();
        (project.publishable_key.clone(), project.backend_api_key.clone())
    };
    let ca_pem = server.ca_pem().as_bytes().to_vec();
    Authenticator::new(publishable_key)
        .with_config_api_hostname(server.host())
        .with_backend_api_hostname(server.host())
        .with_api_keys_enabled(true)
        .with_backend_api_key(backend_api_key)
        .with_settings(move |settings| {
            settings.ca_pem(&ca_pem).connect_timeout(ms(1000)).total_timeout(ms(2000)).profile(Profile::Tiny)
        })
}

/// The layer, when it has its first document.
pub fn ready(authenticator: Authenticator) -> RequireAuthLayer {
    let layer = require_auth(authenticator);
    layer.authenticator().wait_until_ready(ms(10_000)).unwrap();
    layer
}

/// An application whose handler says who sent the request.
pub fn app(layer: &RequireAuthLayer) -> Router {
    Router::new().fallback(any(who)).layer(layer.clone())
}

async fn who(auth: Auth) -> String {
    format!("{} {}", auth.credentials_type().as_str(), auth.organization_id())
}

pub fn token(server: &Server) -> String {
    server.project().access_token(unix_time())
}

pub fn bearer(credential: &str) -> (HeaderName, String) {
    (header::AUTHORIZATION, format!("Bearer {credential}"))
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// The answer to a request with these headers.
pub async fn ask(app: &Router, headers: impl IntoIterator<Item = (HeaderName, String)>) -> Answer {
    let mut request = Request::new(Body::empty());
    for (name, value) in headers {
        request.headers_mut().append(name, HeaderValue::try_from(value).unwrap());
    }
    let response = app.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = body::to_bytes(response.into_body(), 65_536).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub async fn status(app: &Router, credential: &str) -> u16 {
    ask(app, [bearer(credential)]).await.status
}

/// Writes a line past the test harness, which would keep it for itself when the test passes.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
