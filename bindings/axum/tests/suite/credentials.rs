//! What handlers learn of a sender.

use crate::support::{app, ask, authenticator, bearer, ready, serve, status, token};
use axum::{Router, body::Body, extract::Request, http::header, routing::get};
use fake_tesseral::jws;
use std::sync::Arc;
use tesseral_verify::{Revoked, net::unix_time};
use tesseral_verify_axum::{AccessTokenClaims, Auth, CredentialsType, RequireAuthLayer};
use tower::{Layer as _, ServiceExt as _, service_fn};

#[tokio::test]
async fn a_request_with_any_credential() {
    let server = serve(301);
    let layer = ready(authenticator(&server));
    let app = app(&layer);
    let (token, key) = (token(&server), server.project().issue_api_key(["a.b.c"]));
    let organization = server.project().claims(0).organization_id;
    let cookie = |value: &str| (header::COOKIE, format!("a=b; {}={value}", server.project().cookie_name()));
    for (headers, status, body) in [
        (vec![bearer(&token)], 200, format!("access_token {organization}")),
        (vec![cookie(&token)], 200, format!("access_token {organization}")),
        (vec![bearer(&key)], 200, format!("api_key {organization}")),
        (vec![cookie(&key)], 401, String::new()),
        (vec![], 401, String::new()),
        (vec![bearer(&jws::tamper(&token).unwrap())], 401, String::new()),
        (vec![bearer(&token), bearer(&token)], 401, String::new()),
        (
            vec![(header::AUTHORIZATION, "Basic YTpi".into()), cookie(&token)],
            200,
            format!("access_token {organization}"),
        ),
    ] {
        let answer = ask(&app, headers.clone()).await;
        assert_eq!((answer.status, answer.body), (status, body), "{headers:?}");
    }
}

/// The sender that a service behind the layer finds.
async fn sender(layer: &RequireAuthLayer, credential: &str) -> Auth {
    let (give, mut get) = tokio::sync::mpsc::unbounded_channel();
    let service = layer.layer(service_fn(move |request: Request| {
        give.send(request.extensions().get::<Auth>().unwrap().clone()).unwrap();
        async { Ok::<_, std::convert::Infallible>(axum::response::Response::new(Body::empty())) }
    }));
    let (name, value) = bearer(credential);
    let request = Request::builder().header(name, value).body(Body::empty()).unwrap();
    assert_eq!(service.oneshot(request).await.unwrap().status(), 200);
    get.recv().await.unwrap()
}

#[tokio::test]
async fn the_accessors() {
    let server = serve(302);
    let layer = ready(authenticator(&server));
    let (claims, plain, key) = {
        let mut project = server.project();
        let claims = project
            .claims(unix_time())
            .with_actions(["a.b.c", "d.\u{e9}.\"f"])
            .with_user_display_name("\u{1f600} <b>")
            .with_user_profile_picture_url("https://a.example/p.png")
            .with_impersonator("staff@a.example");
        let plain = project.claims(unix_time()).with_organization_display_name("");
        let key = project.issue_api_key(["app.posts.read"]);
        (claims, plain, key)
    };
    let token = server.project().mint(&claims);
    let auth = sender(&layer, &token).await;
    assert_eq!((auth.credentials_type(), auth.credentials()), (CredentialsType::AccessToken, token.as_str()));
    assert_eq!((auth.organization_id(), auth.api_key_id()), (claims.organization_id.as_str(), None));
    assert!(auth.has_permission("a.b.c") && auth.has_permission("d.\u{e9}.\"f") && !auth.has_permission("a.b"));
    // What the crate makes of the claims is what serde makes of the payload.
    let found = auth.access_token_claims().unwrap();
    let payload: AccessTokenClaims = serde_json::from_str(&claims.to_json()).unwrap();
    assert_eq!(found, &payload);
    assert_eq!(
        serde_json::to_value(found).unwrap(),
        serde_json::from_str::<serde_json::Value>(&claims.to_json()).unwrap()
    );
    let shown = format!("{auth:?}");
    assert!(!shown.contains(&token) && !shown.contains("staff"), "{shown}");

    let token = server.project().mint(&plain);
    let auth = sender(&layer, &token).await;
    let found = auth.access_token_claims().unwrap();
    assert_eq!((found.organization.display_name.as_str(), &found.actions, &found.impersonator), ("", &None, &None));
    assert!(!auth.has_permission("") && auth.actions().is_empty());

    let auth = sender(&layer, &key).await;
    assert_eq!((auth.credentials_type(), auth.credentials()), (CredentialsType::ApiKey, key.as_str()));
    assert_eq!((auth.organization_id(), auth.access_token_claims()), (claims.organization_id.as_str(), None));
    assert!(auth.api_key_id().unwrap().starts_with("api_key_"));
    assert!(auth.has_permission("app.posts.read") && !auth.has_permission("app.posts"));
}

#[tokio::test]
async fn an_inner_layer_replaces_the_sender_of_an_outer_one() {
    let (outer, inner) = (serve(303), serve(304));
    let layers = [ready(authenticator(&outer)), ready(authenticator(&inner))];
    let whose = |auth: Auth| async move { auth.organization_id().to_owned() };
    let app = Router::new().route("/", get(whose)).layer(layers[1].clone()).layer(layers[0].clone());
    // The outer one takes the header, the inner one the cookie, which counts only without a Bearer credential.
    let cookies = [&outer, &inner].map(|server| {
        let name = server.project().cookie_name();
        format!("{name}={}", token(server))
    });
    let answer = ask(&app, [(header::COOKIE, cookies.join("; "))]).await;
    assert_eq!((answer.status, answer.body), (200, inner.project().claims(0).organization_id));
    assert_eq!(status(&app, &token(&outer)).await, 401);
}

#[tokio::test]
async fn revoked_sessions_and_users() {
    let server = serve(305);
    let project = server.project().id.clone();
    let claims = server.project().claims(0);
    let list =
        |line: &str| Arc::new(Revoked::load_owned(format!("tesseral-revoked 1\n{line}").as_bytes(), [7; 16]).unwrap());
    for (line, expected) in [
        (format!("{project} {}\n", claims.user_id), 401),
        (format!("{project} {}\n", claims.session_id), 401),
        (String::new(), 200),
    ] {
        let list = list(&line);
        let layer = ready(authenticator(&server).with_revoked(move || Arc::clone(&list)));
        assert_eq!(status(&app(&layer), &token(&server)).await, expected, "{line}");
        let key = server.project().issue_api_key(["a.b.c"]);
        assert_eq!(status(&app(&layer), &key).await, 200);
    }
}
