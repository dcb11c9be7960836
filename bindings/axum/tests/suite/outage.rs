//! Rotation and outages.

use crate::{
    slugs,
    support::{app, authenticator, ms, ready, serve, status, token},
};
use fake_tesseral::{Endpoint, Fault};
use std::time::Instant;
use tesseral_verify_axum::require_auth;

#[tokio::test]
async fn the_first_token_of_a_new_key_is_accepted() {
    slugs::listen();
    let server = serve(341);
    let app = app(&ready(authenticator(&server)));
    let before = token(&server);
    assert_eq!(status(&app, &before).await, 200);
    server.project().rotate();
    assert_eq!((status(&app, &token(&server)).await, slugs::last()), (200, None));
    assert_eq!(status(&app, &before).await, 200);
    // In the cooldown, the layer refuses a token of an unpublished key at once.
    server.project().rotate_unpublished();
    server.forget();
    assert_eq!((status(&app, &token(&server)).await, slugs::last().as_deref()), (401, Some("key_unknown")));
    assert_eq!(server.count(Endpoint::Config), 0);
}

#[tokio::test]
async fn an_outage_after_the_start_and_one_before() {
    slugs::listen();
    let server = serve(342);
    let quick =
        |authenticator: tesseral_verify_axum::Authenticator| authenticator.with_config_refresh_interval(ms(150));
    let layer = ready(quick(authenticator(&server)));
    let running = app(&layer);
    server.set_fault(Endpoint::Config, Fault::Reset);
    server.forget();
    assert!(server.wait_for(Endpoint::Config, 1, ms(5000)));
    assert_eq!(status(&running, &token(&server)).await, 200);
    assert!(layer.authenticator().ready().is_ok() && layer.authenticator().stats().is_ready());

    let start = Instant::now();
    let cold = require_auth(authenticator(&server));
    let starting = app(&cold);
    let good = token(&server);
    let (first, second) = tokio::join!(status(&starting, &good), status(&starting, "a.b.c"));
    assert_eq!((first, second), (503, 503));
    assert!(start.elapsed() < ms(5_900), "{:?}", start.elapsed());
    assert_eq!(slugs::last().as_deref(), Some("keys_unavailable"));
    assert!(cold.authenticator().ready().is_err());
    server.clear_fault(Endpoint::Config);
    cold.authenticator().wait_until_ready(ms(20_000)).unwrap();
    assert_eq!(status(&starting, &token(&server)).await, 200);
}

#[tokio::test]
async fn a_document_past_the_stale_limit() {
    slugs::listen();
    let server = serve(343);
    let stale = authenticator(&server)
        .with_config_refresh_interval(ms(100))
        .with_settings(|settings| settings.max_stale(ms(600)));
    let app = app(&ready(stale));
    server.set_fault(Endpoint::Config, Fault::Status(500));
    assert_eq!(status(&app, &token(&server)).await, 200);
    tokio::time::sleep(ms(900)).await;
    assert_eq!((status(&app, &token(&server)).await, slugs::last().as_deref()), (503, Some("keys_unavailable")));
}
