//! Which credential a request carries: the requests of tests/vectors/extraction.json, and what documents and options change.

use crate::{
    common::{
        requests::{FILE, Requests},
        room::Room,
        sets::{Summary, say},
    },
    fixture::{EXPIRES, ISSUED, NOW, PROJECT, document_of, key},
};
use tesseral_verify::{Authentication, Cache, Error, Options, Verifier, cache};

/// The slug, and the credential that was found.
fn outcome(
    verifier: &Verifier<'_>,
    authorization: &[String],
    cookie: &[String],
    now: i64,
    cache: Option<&mut Cache<'_>>,
) -> (&'static str, Option<String>) {
    let mut scratch = vec![0; verifier.scratch_len()];
    let (authorization, cookie) = (authorization.iter().map(String::as_bytes), cookie.iter().map(String::as_bytes));
    slug_and_credential(verifier.authenticate(authorization, cookie, now, cache, &mut scratch))
}

fn slug_and_credential(verdict: Result<Authentication<'_>, Error>) -> (&'static str, Option<String>) {
    match verdict {
        Err(error) => (error.slug(), None),
        Ok(Authentication::Complete(auth)) => ("ok", Some(auth.credentials().to_owned())),
        Ok(Authentication::LookupNeeded(found)) => {
            (Error::ApiKeyLookupNeeded.slug(), Some(String::from_utf8(found.as_bytes().to_vec()).unwrap()))
        }
    }
}

/// Each request is also judged with a cache, twice, so that good tokens are remembered the second time.
#[test]
fn requests() {
    let requests = Requests::read();
    let mut rooms = [Room::new(), Room::new()];
    let mut keys_on = false;
    let verifiers = rooms.each_mut().map(|room| {
        let options = Options::new().api_keys(keys_on);
        keys_on = true;
        room.load(requests.document().as_bytes(), &options).unwrap()
    });
    let mut memory = vec![0; cache::size(64, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, *b"sixteen octets!!").unwrap();
    let mut summary = Summary::of(FILE, &requests.file);
    for test in &requests.tests {
        let verifier = &verifiers[usize::from(test.api_keys)];
        assert_eq!(verifier.policy().issuer(), requests.issuer());
        let expected = (&*test.slug, test.credential.clone());
        summary.check(&test.id, &expected, &outcome(verifier, &test.authorization, &test.cookie, requests.now(), None));
        for time in ["first", "second"] {
            let cached = outcome(verifier, &test.authorization, &test.cookie, requests.now(), Some(&mut cache));
            summary.also(format!("{} (cached, {time} time)", test.id), &expected, &cached);
        }
    }
    assert!(cache.hits() > 0);
    summary.finish(requests.tests.len());
}

/// A credential that is given alone has the verdict that it has behind `Bearer `. An API key has it only where the call accepts
/// API keys.
#[test]
fn credentials_that_stand_in_no_header() {
    let requests = Requests::read();
    let mut room = Room::new();
    let verifier = room.load(requests.document().as_bytes(), &Options::new().api_keys(true)).unwrap();
    let mut ran = 0;
    for test in &requests.tests {
        let [value] = &*test.authorization else { continue };
        let Some(credential) = value.strip_prefix("Bearer ") else { continue };
        let judge = |api_keys| {
            let mut scratch = vec![0; verifier.scratch_len()];
            let octets = credential.as_bytes();
            slug_and_credential(verifier.authenticate_credential(octets, api_keys, requests.now(), None, &mut scratch))
        };
        let as_header = outcome(&verifier, &test.authorization, &[], requests.now(), None);
        assert_eq!(judge(true), as_header, "{}", test.id);
        let is_api_key = ["api_key_lookup_needed", "api_key_invalid"].contains(&as_header.0);
        let refused = if is_api_key { ("credentials_unrecognized", None) } else { as_header };
        assert_eq!(judge(false), refused, "{}", test.id);
        ran += 1;
    }
    say(&format!("extraction: {ran} credentials alone"));
    assert!(ran > 20, "{ran}");
}

#[test]
fn the_cookie_of_a_plain_jwks_needs_the_project_id_from_the_options() {
    let jwks = format!(r#"{{"keys":[{}]}}"#, key().jwk());
    let issuer = PROJECT.issuer();
    let good = PROJECT.access_token(ISSUED);
    for (options, expected) in [
        (Options::new().issuer(&issuer), "credentials_missing"),
        (Options::new().issuer(&issuer).project_id(&PROJECT.id), "ok"),
        (Options::new().project_id(&PROJECT.id), "ok"),
        (Options::new().issuer(&issuer).project_id("project_1"), "credentials_missing"),
    ] {
        let mut room = Room::new();
        let verifier = room.load(jwks.as_bytes(), &options).unwrap();
        let cookie = format!("{}={good}", PROJECT.cookie_name());
        assert_eq!(outcome(&verifier, &[], &[cookie], NOW, None).0, expected, "{options:?}");
        assert_eq!(outcome(&verifier, &[format!("Bearer {good}")], &[], NOW, None).0, "ok", "{options:?}");
    }
}

#[test]
fn the_document_names_the_cookie_when_the_options_say_otherwise() {
    let document = document_of(&[key().jwk()]);
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new().project_id("project_1")).unwrap();
    let good = PROJECT.access_token(ISSUED);
    for (name, expected) in
        [(PROJECT.cookie_name(), "ok"), ("tesseral_project_1_access_token".to_owned(), "credentials_missing")]
    {
        assert_eq!(outcome(&verifier, &[], &[format!("{name}={good}")], NOW, None).0, expected, "{name}");
    }
}

#[test]
fn the_fixture_expires_when_the_tests_think() {
    assert_eq!(PROJECT.claims(ISSUED).exp, EXPIRES);
}
