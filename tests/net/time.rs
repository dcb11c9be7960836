//! The system's clock is set while an authenticator runs: only the verdicts on tokens change.

use crate::support::{fetches, ms, ready, serve, settings};
use tesseral_verify::net::unix_time;

#[test]
fn the_clock_is_set_back_and_forward() {
    let server = serve(151);
    let authenticator = ready(settings(&server));
    let now = unix_time();
    let token = server.project().access_token(now);
    let mut scratch = vec![0; authenticator.scratch_len()];
    let day = 24 * 3600;
    for (offset, expected) in [
        (0, "ok"),
        (-365 * day, "token_not_yet_valid"),
        (0, "ok"),
        (365 * day, "token_expired"),
        (300, "ok"),
        (301, "token_expired"),
        (-1, "token_not_yet_valid"),
        (0, "ok"),
    ] {
        let verified = authenticator.verify_token(token.as_bytes(), now + offset, None, &mut scratch);
        assert_eq!(verified.map_or_else(|error| error.slug(), |_| "ok"), expected, "{offset}");
        authenticator.ready().unwrap();
    }
    std::thread::sleep(ms(50));
    assert_eq!(fetches(&server), 1, "age and plans go by another clock");
}
