//! No request waits for another one, and nothing blocks the runtime, which has one thread here.

use crate::support::{app, authenticator, ms, ready, serve, status, token};
use fake_tesseral::{Endpoint, Fault};
use std::time::{Duration, Instant};
use tesseral_verify_axum::require_auth;
use tokio::time::sleep;

/// How long `work` took.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (work.await, start.elapsed())
}

#[tokio::test(flavor = "current_thread")]
async fn a_slow_answer_about_an_api_key_holds_up_nobody() {
    let server = serve(331);
    let app = app(&ready(authenticator(&server)));
    let (token, keys) = (token(&server), [0, 1, 2].map(|_| server.project().issue_api_key(["a.b.c"])));
    server.set_fault(Endpoint::ApiKeys, Fault::Delay(ms(600)));
    let lookups = async { tokio::join!(status(&app, &keys[0]), status(&app, &keys[1]), status(&app, &keys[2])) };
    let others = async {
        sleep(ms(50)).await;
        let mut longest = Duration::ZERO;
        for _ in 0..50 {
            let (status, took) = timed(status(&app, &token)).await;
            assert_eq!(status, 200);
            longest = longest.max(took);
        }
        longest
    };
    let ((statuses, all), longest) = tokio::join!(timed(lookups), others);
    assert_eq!(statuses, (200, 200, 200));
    // The questions ran side by side, and the requests with tokens went on meanwhile.
    assert!(all >= ms(600) && all < ms(1700), "{all:?}");
    assert!(longest < ms(400), "{longest:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_refresh_that_hangs_holds_up_nobody() {
    let server = serve(332);
    let layer = ready(authenticator(&server).with_config_refresh_interval(ms(200)));
    let app = app(&layer);
    let token = token(&server);
    server.set_fault(Endpoint::Config, Fault::Hang);
    server.forget();
    while server.count(Endpoint::Config) == 0 {
        assert_eq!(status(&app, &token).await, 200);
        sleep(ms(5)).await;
    }
    let (statuses, took) = timed(async {
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (app, token) = (app.clone(), token.clone());
            all.spawn(async move { status(&app, &token).await });
        }
        all.join_all().await
    })
    .await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert!(took < ms(1000), "{took:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn the_first_requests_wait_for_the_first_document_together() {
    let server = serve(333);
    server.set_fault(Endpoint::Config, Fault::Delay(ms(400)));
    let app = app(&require_auth(authenticator(&server)));
    let token = token(&server);
    let requests = async {
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (app, token) = (app.clone(), token.clone());
            all.spawn(async move { status(&app, &token).await });
        }
        all.join_all().await
    };
    // A timer on the same thread goes on.
    let (statuses, (_, timer)) = tokio::join!(requests, timed(sleep(ms(100))));
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert!(timer < ms(350), "{timer:?}");
    assert_eq!(server.count(Endpoint::Config), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn the_end_of_a_layer_blocks_nobody() {
    let server = serve(334);
    server.set_fault(Endpoint::Config, Fault::Hang);
    let layer = require_auth(authenticator(&server));
    assert!(server.wait_for(Endpoint::Config, 1, ms(5000)));
    let ((), took) = timed(async { drop(layer) }).await;
    assert!(took < ms(200), "{took:?}");
}
