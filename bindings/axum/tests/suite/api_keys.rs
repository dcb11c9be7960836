//! API keys: what the service's answers mean for the request.

use crate::{
    slugs,
    support::{app, authenticator, bearer, ms, ready, serve, status, token},
};
use fake_tesseral::{Endpoint, Fault};

#[tokio::test]
async fn each_answer_of_the_service() {
    slugs::listen();
    let server = serve(321);
    let app = app(&ready(authenticator(&server)));
    let [good, revoked] = [0, 1].map(|_| server.project().issue_api_key(["a.b.c"]));
    server.project().api_keys.revoke(&revoked);
    assert_eq!((status(&app, &good).await, slugs::last()), (200, None));
    assert_eq!((status(&app, &revoked).await, slugs::last().as_deref()), (401, Some("api_key_invalid")));
    // A key of another shape is never sent.
    server.forget();
    assert_eq!((status(&app, "word").await, slugs::last().as_deref()), (401, Some("api_key_invalid")));
    assert_eq!(server.count(Endpoint::ApiKeys), 0);
    for fault in [Fault::Status(500), Fault::Reset, Fault::EmptyOk, Fault::Html, Fault::Delay(ms(6_000))] {
        server.set_fault(Endpoint::ApiKeys, fault.clone());
        let answer = crate::support::ask(&app, [bearer(&good)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (503, ""), "{fault:?}");
        assert!(slugs::lines().iter().any(|line| line == "request refused: api_key_lookup_failed"), "{fault:?}");
    }
    server.clear_fault(Endpoint::ApiKeys);
    assert_eq!(status(&app, &good).await, 200);
}

#[tokio::test]
async fn off_by_default() {
    slugs::listen();
    let server = serve(322);
    let app = app(&ready(authenticator(&server).with_api_keys_enabled(false)));
    let key = server.project().issue_api_key(["a.b.c"]);
    assert_eq!((status(&app, &key).await, slugs::last().as_deref()), (401, Some("credentials_unrecognized")));
    assert_eq!((status(&app, &token(&server)).await, server.count(Endpoint::ApiKeys)), (200, 0));
}
