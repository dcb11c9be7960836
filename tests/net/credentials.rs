//! Which credential of a request an authenticator judges: the rules of a verifier.

use crate::support::{ready, serve, settings, token};
use tesseral_verify::{Error, net::unix_time};

#[test]
fn joined_authorization_values_are_refused() {
    let server = serve(127);
    let authenticator = ready(settings(&server));
    let good = token(&server);
    let slug = |value: &str, blocking: bool| {
        let mut scratch = vec![0; authenticator.scratch_len()];
        let value = value.as_bytes();
        if blocking {
            let found = authenticator.authenticate([value], [], unix_time(), None, &mut scratch);
            return found.map_or_else(Error::slug, |_| "ok");
        }
        let found = authenticator.try_authenticate([value], [], unix_time(), None, &mut scratch);
        found.map_or_else(Error::slug, |_| "ok")
    };
    for (value, expected) in [
        (format!("Bearer {good} \t"), "ok"),
        (format!("Bearer {good}, Bearer {good}"), "credentials_unrecognized"),
        (format!("Basic x, Bearer {good}"), "credentials_unrecognized"),
        ("Basic x, y".to_owned(), "credentials_missing"),
    ] {
        for blocking in [true, false] {
            assert_eq!(slug(&value, blocking), expected, "{blocking}");
        }
    }
}
