//! Refusals: statuses, header fields and log lines; and settings that can never work.

use crate::{
    slugs,
    support::{app, ask, authenticator, bearer, ready, serve, token},
};
use axum::{Router, http::header, routing::get};
use fake_tesseral::jws;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tesseral_verify_axum::{Auth, Authenticator, require_auth};

#[tokio::test]
async fn the_challenge_only_where_it_is_wanted() {
    slugs::listen();
    let server = serve(311);
    let (token, key) = (token(&server), server.project().issue_api_key(["a.b.c"]));
    let tampered = jws::tamper(&token).unwrap();
    let invalid = Some("Bearer error=\"invalid_token\"");
    for wanted in [false, true] {
        let app = app(&ready(authenticator(&server).with_www_authenticate(wanted)));
        for (headers, status, challenge, slug) in [
            (vec![], 401, Some("Bearer"), "credentials_missing"),
            (vec![bearer("")], 401, Some("Bearer"), "credentials_missing"),
            (vec![bearer(&tampered)], 401, invalid, "signature_invalid"),
            (vec![bearer(&key[..key.len() - 1])], 401, invalid, "api_key_invalid"),
            (vec![bearer("A-B")], 401, invalid, "credentials_unrecognized"),
        ] {
            let answer = ask(&app, headers).await;
            let found = answer.headers.get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap());
            assert_eq!((answer.status, answer.body.as_str()), (status, ""));
            assert_eq!(found, challenge.filter(|_| wanted));
            let lines = slugs::lines();
            assert_eq!(lines, [format!("request refused: {slug}")]);
        }
        server.project().api_keys.enabled = false;
        let answer = ask(&app, [bearer(&key)]).await;
        assert_eq!((answer.status, answer.headers.get(header::WWW_AUTHENTICATE)), (403, None));
        assert_eq!(slugs::last().as_deref(), Some("api_keys_not_permitted"));
        server.project().api_keys.enabled = true;
    }
}

#[tokio::test]
async fn an_extractor_without_the_layer() {
    slugs::listen();
    let app = Router::new().route("/", get(|_: Auth| async { "let in" }));
    let answer = ask(&app, [bearer("a.b.c")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
    assert_eq!(slugs::lines(), ["request refused: credentials_missing: this route is outside of require_auth"]);
}

#[test]
fn settings_that_can_never_work() {
    let text = |authenticator: Authenticator| {
        let panic = catch_unwind(AssertUnwindSafe(|| require_auth(authenticator))).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let good = || Authenticator::new("publishable_key_1".into());
    // The tests set no TESSERAL_BACKEND_API_KEY: tests/run.sh unsets it.
    assert!(text(good().with_api_keys_enabled(true)).contains("TESSERAL_BACKEND_API_KEY"));
    assert!(text(good().with_config_api_hostname("https://a.example".into())).contains("no scheme"));
    assert!(text(good().with_settings(|settings| settings.leeway_seconds(301))).contains("out of range"));
    let secret = "tesseral_secret_key 1";
    let shown = text(good().with_api_keys_enabled(true).with_backend_api_key(secret.into()));
    assert!(shown.contains("backend API key") && !shown.contains(secret), "{shown}");
    assert!(!format!("{:?}", good().with_backend_api_key(secret.into())).contains("secret"));
}
