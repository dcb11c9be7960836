//! An Axum application that knows who sends each request:
//! `TESSERAL_PUBLISHABLE_KEY=publishable_key_… cargo run --example hello`

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use tesseral_verify_axum::{Auth, Authenticator, RequireAuthLayer, require_auth};

/// The routes behind the layer, and two beside it for probes and metrics.
pub fn app(layer: RequireAuthLayer) -> Router {
    let open = Router::new().route("/ready", get(ready)).route("/metrics", get(metrics)).with_state(layer.clone());
    Router::new().route("/me", get(me)).route("/widgets", post(make_widget)).layer(layer).merge(open)
}

async fn me(auth: Auth) -> String {
    match auth.access_token_claims() {
        Some(claims) => format!("{} of {}", claims.user.id, auth.organization_id()),
        None => format!("an API key of {}", auth.organization_id()),
    }
}

async fn make_widget(auth: Auth) -> StatusCode {
    if auth.has_permission("acme.widgets.edit") { StatusCode::CREATED } else { StatusCode::FORBIDDEN }
}

async fn ready(State(layer): State<RequireAuthLayer>) -> Result<&'static str, (StatusCode, String)> {
    layer.authenticator().ready().map(|()| "ready").map_err(|why| (StatusCode::SERVICE_UNAVAILABLE, why.to_string()))
}

async fn metrics(State(layer): State<RequireAuthLayer>) -> String {
    layer.authenticator().stats().to_prometheus()
}

#[allow(dead_code)] // the tests use the functions above
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let authenticator = Authenticator::new(std::env::var("TESSERAL_PUBLISHABLE_KEY")?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app(require_auth(authenticator))).await?;
    Ok(())
}
