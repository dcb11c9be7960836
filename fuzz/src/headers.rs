//! Target `headers`: any Authorization and Cookie values.
//!
//! Input: octet 0 chooses the verifier and `now`; then header values, each ended by LF and begun with `A` for
//! Authorization or anything else for Cookie. 0x01 to 0x08 stand for what [`texts`] says.

use crate::{
    c, expand,
    reference::{
        Slug,
        request::{Found, find},
    },
    take_octet,
    world::{self, World},
};
use tesseral_verify::{Authentication, CredentialsType, Error, ffi::*};

/// Checks all properties on one input.
pub fn run(mut input: &[u8]) {
    let mode = take_octet(&mut input);
    let world = &world::all()[usize::from(mode >> 1) % world::all().len()];
    let now = if mode & 1 == 1 { i64::MAX } else { world::ISSUED_AT };
    thread_local!(static TEXTS: Vec<(u8, Vec<u8>)> = texts());
    let (mut authorization, mut cookie): (Vec<Vec<u8>>, Vec<Vec<u8>>) = Default::default();
    for line in input.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
        let values = if line[0] == b'A' { &mut authorization } else { &mut cookie };
        values.push(TEXTS.with(|texts| expand(&line[1..], texts)));
    }
    let authorization: Vec<&[u8]> = authorization.iter().map(Vec::as_slice).collect();
    let cookie: Vec<&[u8]> = cookie.iter().map(Vec::as_slice).collect();

    let expected = verdict(world, &authorization, &cookie, now);
    assert_eq!(in_rust(world, &authorization, &cookie, now), expected, "Rust against the reference");
    assert_eq!(in_c(world, &authorization, &cookie, now), expected, "C against the reference");
}

/// Pieces of headers that a fuzzer would not find by chance.
pub fn texts() -> Vec<(u8, Vec<u8>)> {
    let (key, claims) = (world::key(), world::claims());
    let first = key.sign_claims(&claims.to_json());
    let second = key.sign_claims(&claims.clone().with_user_email("b@example.com").to_json());
    let expired = key.sign_claims(&claims.issued_at(world::ISSUED_AT - 1000).to_json());
    let unknown = world::key().with_kid("unknown").sign_claims("{}");
    vec![
        (1, first.into_bytes()),
        (2, second.into_bytes()),
        (3, expired.into_bytes()),
        (4, unknown.into_bytes()),
        (5, format!("tesseral_{}_access_token=", world::PROJECT_ID).into_bytes()),
        (6, fake_tesseral::ids::render_api_key("key_", &[0xff; 35]).into_bytes()),
        (7, vec![b'\n']),
        (8, b"Bearer ".to_vec()),
    ]
}

/// A credential that was found good, by its address, and its kind.
type Credential = (*const u8, usize, CredentialsType);
type Verdict = Result<Credential, Slug>;

/// The expected result. Tokens are judged by the call that the target `token` checks.
fn verdict(world: &World, authorization: &[&[u8]], cookie: &[&[u8]], now: i64) -> Verdict {
    let verify = |token: &[u8]| {
        if !token.contains(&b'.') {
            return Err("credentials_unrecognized");
        }
        let mut scratch = vec![0; world.verifier.scratch_len()];
        world.verifier.verify_token(token, now, None, &mut scratch).map(|_| ()).map_err(Error::slug)?;
        Ok((token.as_ptr(), token.len(), CredentialsType::AccessToken))
    };
    match find(authorization, cookie, world.project_id, world.api_keys)? {
        Found::Token(token) => verify(token),
        Found::ApiKey(key) => Ok((key.as_ptr(), key.len(), CredentialsType::ApiKey)),
        Found::Cookies(values) => {
            assert!((1..=4).contains(&values.len()));
            let verdicts: Vec<Verdict> = values.into_iter().map(verify).collect();
            *verdicts.iter().find(|verdict| verdict.is_ok()).unwrap_or(&verdicts[0])
        }
    }
}

fn in_rust(world: &World, authorization: &[&[u8]], cookie: &[&[u8]], now: i64) -> Verdict {
    let mut scratch = vec![c::UNTOUCHED; world.verifier.scratch_len()];
    let (authorization, cookie) = (authorization.iter().copied(), cookie.iter().copied());
    let found = world.verifier.authenticate(authorization, cookie, now, None, &mut scratch).map_err(Error::slug)?;
    Ok(match found {
        Authentication::Complete(auth) => {
            assert_eq!(auth.credentials_type(), CredentialsType::AccessToken);
            (auth.credentials().as_ptr(), auth.credentials().len(), CredentialsType::AccessToken)
        }
        Authentication::LookupNeeded(key) => (key.as_bytes().as_ptr(), key.as_bytes().len(), CredentialsType::ApiKey),
    })
}

fn in_c(world: &World, authorization: &[&[u8]], cookie: &[&[u8]], now: i64) -> Verdict {
    let answer = world.c.authenticate(authorization, cookie, now);
    let credentials = answer.auth.credentials;
    match answer.status {
        0 => {
            assert_eq!(answer.auth.credentials_type, TESSERAL_CREDENTIALS_ACCESS_TOKEN);
            Ok((credentials.ptr, credentials.len, CredentialsType::AccessToken))
        }
        TESSERAL_ERR_API_KEY_LOOKUP_NEEDED => {
            assert_eq!(answer.auth.credentials_type, TESSERAL_CREDENTIALS_API_KEY);
            for accessor in [tesseral_auth_organization_id, tesseral_auth_api_key_id] {
                assert_eq!(answer.string(accessor), None, "nothing but type and credential");
            }
            assert!(answer.actions().is_empty() && !answer.permits("a.b.c"));
            request_is_json(&credentials);
            assert_eq!(
                answer.copied().string(tesseral_auth_credentials),
                Some(c::text(credentials)),
                "tesseral_auth_copy"
            );
            Ok((credentials.ptr, credentials.len, CredentialsType::ApiKey))
        }
        _ => Err(answer.slug()),
    }
}

/// The body that asks the service about a key names that key.
fn request_is_json(key: &tesseral_str) {
    let mut body = [c::UNTOUCHED; TESSERAL_API_KEY_REQUEST_LEN];
    let mut len = 0;
    // SAFETY: every argument is valid.
    let status = unsafe { tesseral_api_key_request(key.ptr, key.len, body.as_mut_ptr(), body.len(), &raw mut len) };
    assert_eq!(status, 0);
    let body: serde_json::Value = serde_json::from_slice(&body[..len]).expect("JSON");
    assert_eq!(body["secretToken"], c::text(*key));
}
