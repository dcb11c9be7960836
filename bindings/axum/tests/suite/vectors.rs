//! The shared vectors as requests through the layer, each with its exact slug.

use crate::{
    slugs,
    support::{app, authenticator, ms, ready, say, serve, token},
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
};
use fake_tesseral::{base64url, jws};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};
use tesseral_verify::{Authentication, Options, Profile, Verifier, net::unix_time};
use tesseral_verify_axum::require_auth;
use tower::ServiceExt as _;

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(file);
    let vectors: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(vectors["tests"].as_array().unwrap().len(), vectors["numberOfTests"]);
    vectors
}

/// The slug for a request with these values, and whether it reached the handler.
async fn slug_of(app: &axum::Router, authorization: &[Vec<u8>], cookie: &[Vec<u8>]) -> Option<String> {
    let mut request = Request::new(Body::empty());
    for (name, values) in [(header::AUTHORIZATION, authorization), (header::COOKIE, cookie)] {
        for value in values {
            // HTTP has no other octets in a field.
            request.headers_mut().append(&name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    let _ = slugs::lines();
    let status = app.clone().oneshot(request).await.unwrap().status().as_u16();
    let slug = slugs::last().unwrap_or_else(|| "ok".into());
    assert_eq!(status == 200, slug == "ok");
    Some(slug)
}

#[tokio::test]
async fn tokens() {
    slugs::listen();
    let server = serve(351);
    for (file, count) in
        [("jwt_hostile_corpus.json", 388), ("es256_extreme_scalars.json", 160), ("forged_and_bounds.json", 354)]
    {
        let vectors = read(file);
        let issuer = vectors["issuer"].as_str().unwrap();
        let mut by_document: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for vector in vectors["tests"].as_array().unwrap() {
            let document = vector.get("jwks").unwrap_or(&vectors["jwks"]).as_str().unwrap();
            by_document.entry(document).or_default().push(vector);
        }
        let (mut ran, mut documents, mut no_field, mut other_time, mut disagree) = (0, 0, 0, 0, Vec::new());
        for (document, group) in by_document {
            let octets = document.as_bytes().to_vec();
            let layer_for = authenticator(&server)
                .with_api_keys_enabled(false)
                .with_settings(|settings| settings.issuer(issuer).key_waiters(0));
            server.set_document(move |_| octets.clone());
            let options = Options::new().profile(Profile::Tiny).issuer(issuer);
            let verifier = match Verifier::load_owned(document.as_bytes(), &options) {
                Ok(verifier) => verifier,
                Err(refused) => {
                    // Such a document gives no keys. The slug of its fault is that of a verifier.
                    let layer = require_auth(layer_for);
                    let failed = || layer.authenticator().stats().refresh_failures > 0;
                    while !failed() {
                        tokio::time::sleep(ms(1)).await;
                    }
                    assert!(layer.authenticator().ready().is_err());
                    assert!(group.iter().all(|vector| vector["slug"] == refused.error.slug()));
                    documents += group.len();
                    ran += group.len();
                    continue;
                }
            };
            let app = app(&ready(layer_for));
            for vector in group {
                let token = match vector.get("token_b64") {
                    Some(text) => standard_base64(text.as_str().unwrap()),
                    None => vector["token"].as_str().unwrap().as_bytes().to_vec(),
                };
                ran += 1;
                let value = [b"Bearer ".as_slice(), &token].concat();
                // The layer reads the clock. Where a vector's verdict is another one at that time, the verifier says which.
                let at = |now: i64| judged(&verifier, &value, now);
                let then = at(vector.get("now").unwrap_or(&vectors["now_default"]).as_i64().unwrap());
                let now = at(unix_time());
                let expected = through_header(vector, &token);
                assert_eq!(then, expected, "{}", vector["id"]);
                other_time += usize::from(then != now);
                match slug_of(&app, &[value], &[]).await {
                    None => no_field += 1,
                    Some(found) if found != now => disagree.push((vector["id"].clone(), now, found)),
                    Some(_) => {}
                }
            }
        }
        say(&format!(
            "axum vectors {file}: {ran} ran, {} disagree ({documents} about documents, {no_field} are no header field, \
             {other_time} have another verdict today)",
            disagree.len()
        ));
        assert!(disagree.is_empty(), "{disagree:?}");
        assert_eq!(ran, count);
        assert!(no_field < 30 && other_time < 10, "{no_field} {other_time}");
    }
}

/// The verifier's own verdict on a request.
fn judged(verifier: &Verifier<'_>, authorization: &[u8], now: i64) -> String {
    let mut scratch = vec![0; verifier.scratch_len()];
    match verifier.authenticate([authorization], [], now, None, &mut scratch) {
        Ok(Authentication::Complete(_)) => "ok".into(),
        Ok(Authentication::LookupNeeded(_)) => "api_key_lookup_needed".into(),
        Err(error) => error.slug().into(),
    }
}

/// The verdict on a token behind `Bearer`, where it differs from that on the token alone.
fn through_header(vector: &Value, token: &[u8]) -> String {
    match vector["id"].as_str().unwrap() {
        "b64-lead-space" | "b64-sig-space" => "ok".into(),
        "seg-empty" => "credentials_missing".into(),
        _ if !token.contains(&b'.') || token.contains(&b',') => "credentials_unrecognized".into(),
        _ => vector["slug"].as_str().unwrap().into(),
    }
}

fn standard_base64(text: &str) -> Vec<u8> {
    let url: String = text
        .trim_end_matches('=')
        .chars()
        .map(|c| {
            if c == '+' {
                '-'
            } else if c == '/' {
                '_'
            } else {
                c
            }
        })
        .collect();
    base64url::decode(&url).unwrap()
}

/// The requests, with texts of this project and this minute in place of the file's.
#[tokio::test]
async fn requests() {
    slugs::listen();
    let server = serve(352);
    let vectors = read("extraction.json");
    let good = token(&server);
    let key = server.project().issue_api_key(["a.b.c"]);
    let texts = {
        let project = server.project();
        let expired = project.access_token(unix_time() - 3600);
        let other = project.mint(&project.claims_of(5, unix_time()));
        BTreeMap::from([
            ("{project}", project.id.clone()),
            ("{cookie}", project.cookie_name()),
            ("{tampered}", jws::tamper(&good).unwrap()),
            ("{other}", other),
            ("{good}", good),
            ("{expired}", expired),
            ("{key}", key),
        ])
    };
    let names: Vec<_> = vectors["texts"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(names.iter().all(|name| texts.contains_key(name)), "{names:?}");
    let layer = |on| ready(authenticator(&server).with_api_keys_enabled(on).with_settings(|s| s.key_waiters(0)));
    let apps = [false, true].map(|on| app(&layer(on)));
    let (mut ran, mut no_field, mut disagree) = (0, 0, Vec::new());
    for vector in vectors["tests"].as_array().unwrap() {
        let values = |name: &str| -> Vec<_> {
            let fill =
                |text: &str| texts.iter().fold(text.to_owned(), |all, (name, by)| all.replace(name, by)).into_bytes();
            vector[name].as_array().unwrap().iter().map(|value| fill(value.as_str().unwrap())).collect()
        };
        let api_keys = vector.get("api_keys").is_some_and(|on| on == true);
        let found = slug_of(&apps[usize::from(api_keys)], &values("authorization"), &values("cookie")).await;
        ran += 1;
        // The layer looks good keys up.
        let expected = match vector["slug"].as_str().unwrap() {
            "api_key_lookup_needed" => "ok",
            slug => slug,
        };
        match found {
            None => no_field += 1,
            Some(found) if found != expected => disagree.push((vector["id"].clone(), expected, found)),
            Some(_) => {}
        }
    }
    say(&format!(
        "axum vectors extraction.json: {ran} ran, {} disagree ({no_field} are no header field)",
        disagree.len()
    ));
    assert!(disagree.is_empty(), "{disagree:?}");
    assert!(ran == 176 && no_field < 20, "{ran} {no_field}");
}
