//! The requests, and the row of differences.md that each is about, if any.

use axum::http::{HeaderName, Method, header};
use fake_tesseral::{Project, SHalf, base64url, claims::sample_actions, jws};
use serde_json::{Value, json};
use tesseral_verify::net::unix_time;

pub struct Case {
    pub name: String,
    pub method: Method,
    pub uri: &'static str,
    pub headers: Vec<(HeaderName, String)>,
    pub row: Option<&'static str>,
}

impl Case {
    fn new(name: &str, headers: Vec<(HeaderName, String)>) -> Self {
        Self { name: name.to_owned(), method: Method::GET, uri: "/info?a.b.c", headers, row: None }
    }

    pub fn bearer(name: &str, token: &str) -> Self {
        Self::new(name, vec![authorization(&format!("Bearer {token}"))])
    }

    pub fn differs(self, row: &'static str) -> Self {
        Self { row: Some(row), ..self }
    }

    fn to(self, method: Method, uri: &'static str) -> Self {
        Self { name: format!("{} {method} {uri}", self.name), method, uri, ..self }
    }
}

fn authorization(value: &str) -> (HeaderName, String) {
    (header::AUTHORIZATION, value.to_owned())
}

pub fn all(project: &Project) -> Vec<Case> {
    [good(project), claims(project), members(project), forms(project), places(project)].into_iter().flatten().collect()
}

/// What the issuer writes, and where requests go.
fn good(project: &Project) -> Vec<Case> {
    let now = unix_time();
    let token = project.access_token(now);
    let mut cases = Vec::new();
    for user in 0..6 {
        let plain = project.claims_of(user, now);
        for (name, claims) in [
            ("plain", plain.clone()),
            (
                "named",
                plain
                    .clone()
                    .with_user_display_name("\u{c9} <b>&\u{2028}\"\\")
                    .with_user_profile_picture_url("https://a.example/a.png"),
            ),
            ("impersonated", plain.clone().with_impersonator("staff@a.example").with_actions(["a.b.c", "a.b.d"])),
            ("many actions", plain.clone().with_actions(sample_actions(50))),
            ("organization", plain.with_organization_display_name("\u{65e5}\u{672c} & co")),
        ] {
            cases.push(Case::bearer(&format!("{name} {user}"), &project.mint(&claims)));
        }
    }
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PATCH]
    {
        for uri in ["/info", "/missing", "/organization"] {
            cases.push(Case::bearer("a token", &token).to(method.clone(), uri));
            cases.push(Case::new("none", vec![]).to(method.clone(), uri));
        }
    }
    cases.push(Case::bearer("expired", &project.access_token(now - 3600)));
    cases.push(Case::bearer("of the future", &project.access_token(now + 3600)));
    cases.push(Case::bearer("tampered", &jws::tamper(&token).unwrap_or_default()));
    cases
}

/// A token with claims that `change` has changed.
fn changed(project: &Project, change: impl FnOnce(&mut Value)) -> String {
    let mut claims: Value = serde_json::from_str(&project.claims(unix_time()).to_json()).unwrap_or_default();
    change(&mut claims);
    project.signing_key().sign_claims(&claims.to_string())
}

fn claims(project: &Project) -> Vec<Case> {
    let now = unix_time();
    let with = |name: &str, pointer: &'static str, value: Value| {
        let token = changed(project, |claims| {
            if let Some((parent, member)) = pointer.rsplit_once('/')
                && let Some(parent) = claims.pointer_mut(parent)
            {
                parent[member] = value.clone();
            }
        });
        Case::bearer(name, &token)
    };
    vec![
        with("unknown member", "/jti", json!({"a": [1, null, {"b": 1.5}]})),
        with("unknown member within", "/user/roles", json!(["a"])),
        with("no actions", "/actions", json!(null)),
        with("empty actions", "/actions", json!([])),
        with("one action", "/actions", json!(["a.b.c"])),
        with("no impersonator", "/impersonator", json!(null)),
        with("no name", "/user/displayName", json!(null)),
        with("expired", "/exp", json!(now - 2)),
        with("just begun", "/nbf", json!(now)),
        with("not yet", "/nbf", json!(now + 60)),
        with("exp zero", "/exp", json!(0)),
        with("nbf zero", "/nbf", json!(0)),
        with("exp a string", "/exp", json!("1900000000")),
        with("exp true", "/exp", json!(true)),
        with("email a number", "/user/email", json!(1)),
        with("session a number", "/session/id", json!(1)),
        with("actions a string", "/actions", json!("a.b.c")),
        with("actions of numbers", "/actions", json!([1])),
        with("impersonator empty", "/impersonator", json!({})),
        with("another issuer", "/iss", json!("https://project-x.tesseral.app")).differs("iss"),
        with("another audience", "/aud", json!("https://project-x.tesseral.app")).differs("aud"),
        with("audience in an array", "/aud", json!(["x", project.issuer()])).differs("aud-array"),
        with("sub empty", "/sub", json!("")).differs("claims-empty"),
        with("user empty", "/user/id", json!("")).differs("claims-empty"),
        with("session empty", "/session/id", json!("")).differs("claims-empty"),
        with("exp with a fraction", "/exp", json!(now as f64 + 200.5)).differs("fractions"),
        with("iat with an exponent", "/iat", json!(1e9)).differs("fractions"),
        with("display name null", "/organization/displayName", json!(null)).differs("no-display-name"),
        with("organization bare", "/organization", json!({"id": "org_1"})).differs("no-display-name"),
    ]
}

/// Each required member absent, null, and of the wrong type.
fn members(project: &Project) -> Vec<Case> {
    let mut cases = Vec::new();
    for member in ["iss", "sub", "aud", "exp", "nbf", "iat", "session", "user", "organization"] {
        for (what, value) in
            [("null", json!(null)), ("an array", json!([])), ("an object", json!({})), ("a boolean", json!(false))]
        {
            let token = changed(project, |claims| claims[member] = value.clone());
            cases.push(Case::bearer(&format!("{member} {what}"), &token));
        }
        let token = changed(project, |claims| drop(claims.as_object_mut().map(|claims| claims.remove(member))));
        cases.push(Case::bearer(&format!("without {member}"), &token));
    }
    for (name, text) in [("text", "claims"), ("half", "{\"iss\":"), ("blank", " "), ("array", "[]"), ("number", "1")] {
        cases.push(Case::bearer(&format!("claims {name}"), &project.signing_key().sign_claims(text)));
    }
    let honest = project.claims(unix_time()).to_json();
    let twice = format!("{},\"sub\":\"user_2\"}}", honest.strip_suffix('}').unwrap_or_default());
    cases.push(Case::bearer("sub twice", &project.signing_key().sign_claims(&twice)));
    cases
}

/// Headers, signatures and spellings.
fn forms(project: &Project) -> Vec<Case> {
    let (key, payload) = (project.signing_key(), project.claims(unix_time()).to_json());
    let kid = key.kid();
    let signed = |header: String| key.sign_compact(header.as_bytes(), payload.as_bytes());
    let mut cases = Vec::new();
    for alg in ["none", "HS256", "es256", "ES384"] {
        cases.push(Case::bearer(alg, &signed(format!(r#"{{"kid":"{kid}","alg":"{alg}"}}"#))).differs("alg"));
    }
    cases.push(Case::bearer("no alg", &signed(format!(r#"{{"kid":"{kid}"}}"#))).differs("alg"));
    cases.push(
        Case::bearer("crit", &signed(format!(r#"{{"kid":"{kid}","alg":"ES256","crit":["exp"]}}"#))).differs("crit"),
    );
    let twice = signed(format!(r#"{{"alg":"none","kid":"{kid}","alg":"ES256"}}"#));
    cases.push(Case::bearer("alg twice", &twice).differs("header-malformed"));
    cases.push(Case::bearer("header an array", &signed(format!(r#"["{kid}"]"#))).differs("header-malformed"));
    for (name, header) in [
        ("typ", format!(r#"{{"kid":"{kid}","alg":"ES256","typ":"JWT"}}"#)),
        ("other order", format!(r#"{{ "alg" : "ES256" , "kid" : "{kid}" }}"#)),
        ("kid twice", format!(r#"{{"kid":"x","kid":"{kid}","alg":"ES256"}}"#)),
        ("unknown kid", r#"{"kid":"x","alg":"ES256"}"#.to_owned()),
        ("kid a number", r#"{"kid":1,"alg":"ES256"}"#.to_owned()),
        ("no kid", r#"{"alg":"ES256"}"#.to_owned()),
        ("header a word", "x".to_owned()),
    ] {
        cases.push(Case::bearer(name, &signed(header)));
    }
    for (name, half) in [("low s", SHalf::Low), ("high s", SHalf::High)] {
        let input = jws::signing_input(key.jose_header().as_bytes(), payload.as_bytes());
        let signature = key.sign_input(input.as_bytes(), half);
        cases.push(Case::bearer(name, &jws::compact(key.jose_header().as_bytes(), payload.as_bytes(), &signature)));
    }
    let good = key.sign_claims(&payload);
    let parts: Vec<_> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { return cases };
    for (name, token) in [
        ("two segments", format!("{header}.{payload}")),
        ("four segments", format!("{good}.x")),
        ("no signature", format!("{header}.{payload}.")),
        ("no payload", format!("{header}..{signature}")),
        ("no header", format!(".{payload}.{signature}")),
        ("dots", "..".to_owned()),
        ("short signature", good[..good.len() - 3].to_owned()),
        ("long signature", format!("{good}AAAA")),
        ("padded", format!("{good}==")),
        ("another alphabet", format!("{header}.{payload}.{}", "+".repeat(86))),
        ("zero signature", format!("{header}.{payload}.{}", "A".repeat(86))),
        ("other payload", format!("{header}.{}.{signature}", base64url::encode(b"{}"))),
        ("space inside", good.replacen('.', ". ", 1)),
        ("a word", "word".to_owned()),
        ("a long word", "x".repeat(5000)),
        ("long and dotted", "x.".repeat(2000)),
        ("capitals", "ABC".to_owned()),
        ("a minus", "a-b".to_owned()),
        ("empty", String::new()),
        ("an API key", format!("example_sk_{}", "0".repeat(55))),
    ] {
        cases.push(Case::bearer(name, &token));
    }
    let long = project.mint(&project.claims(unix_time()).with_actions(sample_actions(600)));
    cases.push(Case::bearer("long", &long).differs("oversize"));
    cases
}

/// Where the credential stands.
fn places(project: &Project) -> Vec<Case> {
    let now = unix_time();
    let (good, expired, name) = (project.access_token(now), project.access_token(now - 3600), project.cookie_name());
    let cookie = |pairs: &[&str]| (header::COOKIE, pairs.join("; "));
    let (fresh, stale) = (format!("{name}={good}"), format!("{name}={expired}"));
    let bearer = |token: &str| authorization(&format!("Bearer {token}"));
    vec![
        Case::new("cookie", vec![cookie(&[&fresh])]),
        Case::new("cookie among others", vec![cookie(&["a=b", &fresh, "c=d"])]),
        Case::new("cookie in a second field", vec![cookie(&["a=b"]), cookie(&[&fresh])]),
        Case::new("expired cookie", vec![cookie(&[&stale])]),
        Case::new("empty cookie", vec![cookie(&[&format!("{name}=")])]),
        Case::new("cookie of a word", vec![cookie(&[&format!("{name}=word-")])]),
        Case::new("another project's cookie", vec![cookie(&[&format!("tesseral_project_x_access_token={good}")])]),
        Case::new("cookie in capitals", vec![cookie(&[&format!("{}={good}", name.to_uppercase())])]),
        Case::new("stale cookie last", vec![cookie(&[&fresh, &stale])]),
        Case::new("two stale cookies", vec![cookie(&[&stale, &stale])]),
        Case::new("quoted cookie", vec![cookie(&[&format!("{name}=\"{good}\"")])]).differs("quoted-cookie"),
        Case::new("stale cookie first", vec![cookie(&[&stale, &fresh])]).differs("second-cookie"),
        Case::new("bad header, good cookie", vec![bearer(&expired), cookie(&[&fresh])]),
        Case::new("good header, bad cookie", vec![bearer(&good), cookie(&[&stale])]),
        Case::new("empty header, good cookie", vec![bearer(""), cookie(&[&fresh])]),
        Case::new("Basic", vec![authorization("Basic eDp5")]),
        Case::new("Basic, good cookie", vec![authorization("Basic eDp5"), cookie(&[&fresh])]).differs("other-scheme"),
        Case::new("Bearerx", vec![authorization(&format!("Bearerx {good}"))]),
        Case::new("Token", vec![authorization(&format!("Token {good}"))]),
        Case::new("no scheme", vec![authorization(&good)]).differs("no-scheme"),
        Case::new("bearer", vec![authorization(&format!("bearer {good}"))]).differs("bearer-case"),
        Case::new("BEARER", vec![authorization(&format!("BEARER {good}"))]).differs("bearer-case"),
        Case::new("bearer expired", vec![authorization(&format!("bearer {expired}"))]),
        Case::new("two spaces", vec![authorization(&format!("Bearer  {good}"))]).differs("bearer-spaces"),
        Case::new("space at the end", vec![authorization(&format!("Bearer {good} "))]).differs("bearer-spaces"),
        Case::new("two headers", vec![bearer(&good), bearer(&expired)]).differs("two-authorizations"),
        Case::new("two bad headers", vec![bearer(&expired), bearer(&good)]),
    ]
}
