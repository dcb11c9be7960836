//! What the comparison and the benchmark share: one application behind either crate.

use axum::{
    Json, Router,
    http::{Method, StatusCode, Uri},
    routing::any,
};
use fake_tesseral::Server;
use serde::Serialize;
use std::time::Duration;

/// What both crates' `Auth` and claims say.
#[derive(Serialize)]
pub struct Info {
    credentials_type: String,
    organization_id: String,
    credentials: String,
    claims: serde_json::Value,
    permission: bool,
}

macro_rules! application {
    ($module:ident, $krate:ident) => {
        /// The application behind the layer of this crate.
        pub mod $module {
            use super::*;

            /// Requests for `/info` say all that the crate knows.
            pub fn app(layer: $krate::RequireAuthLayer) -> Router {
                Router::new()
                    .route("/info", any(info))
                    .route("/organization", any(async |auth: $krate::Auth| auth.organization_id().to_owned()))
                    .layer(layer)
            }

            /// The same routes without the layer.
            pub fn outside() -> Router {
                Router::new().route("/info", any(info))
            }

            async fn info(method: Method, uri: Uri, auth: $krate::Auth) -> Result<Json<Info>, StatusCode> {
                if method == Method::DELETE {
                    return Err(StatusCode::NOT_IMPLEMENTED);
                }
                Ok(Json(Info {
                    credentials_type: format!("{:?}", auth.credentials_type()),
                    organization_id: auth.organization_id().to_owned(),
                    credentials: auth.credentials().to_owned(),
                    claims: serde_json::to_value(auth.access_token_claims()).unwrap_or_default(),
                    permission: auth.has_permission(uri.query().unwrap_or_default()),
                }))
            }
        }
    };
}

application!(theirs, tesseral_axum);
application!(ours, tesseral_verify_axum);

/// Their layer. It trusts what SSL_CERT_FILE names.
pub fn their_layer(server: &Server) -> tesseral_axum::RequireAuthLayer {
    let publishable_key = server.project().publishable_key.clone();
    tesseral_axum::require_auth(
        tesseral_axum::Authenticator::new(publishable_key).with_config_api_hostname(server.host()),
    )
}

/// Our layer, when it has its first document or knows that none comes.
pub fn our_layer(server: &Server) -> tesseral_verify_axum::RequireAuthLayer {
    let publishable_key = server.project().publishable_key.clone();
    let layer = tesseral_verify_axum::require_auth(
        tesseral_verify_axum::Authenticator::new(publishable_key)
            .with_config_api_hostname(server.host())
            .with_settings(|settings| settings.total_timeout(Duration::from_secs(2))),
    );
    let _ = layer.authenticator().wait_until_ready(Duration::from_secs(3));
    layer
}

/// Starts a double of the service whose certificate both crates trust.
///
/// # Panics
/// When the double cannot start.
pub fn serve(project: fake_tesseral::Project, ca_file: &std::path::Path) -> Server {
    let server = Server::start(project, fake_tesseral::Tls::Trusted).expect("a double of the service");
    std::fs::write(ca_file, server.ca_pem()).expect("a file for the authority");
    server
}
