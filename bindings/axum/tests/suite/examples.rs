//! The examples, with a double of the service.

#[path = "../../examples/hello.rs"]
mod hello;
#[path = "../../examples/tonic.rs"]
mod tonic_example;

use crate::support::{ask, authenticator, bearer, ready, serve, token};
use axum::http::{Method, Request};
use fake_tesseral::jws;
use tesseral_verify::net::unix_time;
use tokio::net::TcpListener;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceExt as _;

#[tokio::test]
async fn axum_application() {
    let server = serve(361);
    let app = hello::app(ready(authenticator(&server)));
    let call = async |method: Method, path: &str, credential: Option<&str>| {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(credential) = credential {
            let (name, value) = bearer(credential);
            request = request.header(name, value);
        }
        app.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap().status().as_u16()
    };
    let plain = token(&server);
    let permitted = {
        let project = server.project();
        project.mint(&project.claims(unix_time()).with_actions(["acme.widgets.edit"]))
    };
    for (method, path, credential, status) in [
        (Method::GET, "/me", Some(plain.as_str()), 200),
        (Method::GET, "/me", None, 401),
        (Method::POST, "/widgets", Some(plain.as_str()), 403),
        (Method::POST, "/widgets", Some(permitted.as_str()), 201),
        (Method::POST, "/widgets", None, 401),
        (Method::GET, "/ready", None, 200),
        (Method::GET, "/metrics", None, 200),
    ] {
        assert_eq!(call(method, path, credential).await, status, "{path} {}", credential.is_some());
    }
    assert_eq!(ask(&app, [bearer(&plain)]).await.status, 404);
}

#[tokio::test]
async fn tonic_server() {
    let server = serve(362);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(tonic_example::serve(listener, ready(authenticator(&server))));
    let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
    let good = token(&server);
    let permitted = {
        let project = server.project();
        project.mint(&project.claims(unix_time()).with_actions(["health.status.read"]))
    };
    for (credential, code) in [
        (Some(permitted), Code::Ok),
        (Some(good.clone()), Code::PermissionDenied),
        (Some(jws::tamper(&good).unwrap()), Code::Unauthenticated),
        (None, Code::Unauthenticated),
    ] {
        let mut request = tonic::Request::new(HealthCheckRequest::default());
        if let Some(credential) = &credential {
            request.metadata_mut().insert("authorization", format!("Bearer {credential}").parse().unwrap());
        }
        let answer = HealthClient::new(channel.clone()).check(request).await;
        assert_eq!(answer.map_or_else(|status| status.code(), |_| Code::Ok), code, "{}", credential.is_some());
    }
}
