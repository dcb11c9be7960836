//! A gRPC server that knows who sends each call: the layer authenticates, an interceptor asks for a permission.
//! `TESSERAL_PUBLISHABLE_KEY=publishable_key_… cargo run --example tonic`

use tesseral_verify_axum::{Auth, Authenticator, RequireAuthLayer, require_auth};
use tokio::net::TcpListener;
use tonic::{
    Request, Status,
    service::interceptor::InterceptedService,
    transport::{Error, Server, server::TcpIncoming},
};

#[allow(clippy::result_large_err)] // the type of tonic's interceptors
fn may_read_health(request: Request<()>) -> Result<Request<()>, Status> {
    match request.extensions().get::<Auth>() {
        Some(auth) if auth.has_permission("health.status.read") => Ok(request),
        Some(_) => Err(Status::permission_denied("health.status.read is missing")),
        None => Err(Status::unauthenticated("the server has no layer")),
    }
}

/// Serves calls. A client with a refused credential gets `Unauthenticated`.
pub async fn serve(listener: TcpListener, layer: RequireAuthLayer) -> Result<(), Error> {
    let (_reporter, health) = tonic_health::server::health_reporter();
    Server::builder()
        .layer(layer)
        .add_service(InterceptedService::new(health, may_read_health))
        .serve_with_incoming(TcpIncoming::from(listener))
        .await
}

#[allow(dead_code)] // the tests use the function above
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let authenticator = Authenticator::new(std::env::var("TESSERAL_PUBLISHABLE_KEY")?);
    serve(TcpListener::bind("127.0.0.1:50051").await?, require_auth(authenticator)).await?;
    Ok(())
}
