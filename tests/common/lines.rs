//! Token-shaped vectors as lines of text, for programs in other languages that run them: tests/c/vectors.c says the format.

use super::{
    requests::{self, Requests},
    room::{Room, authenticate, verify},
    sets::{authored, base64, external, grouped, list, text},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _};
use tesseral_verify::Options;

/// The lines, and how many of them each file has.
pub struct Lines {
    pub text: String,
    pub expected: BTreeMap<String, usize>,
}

/// Every token-shaped vector that this run has, as a token and as a Bearer credential; and every request.
pub fn every_vector() -> Lines {
    let cases = every_case();
    let mut expected = BTreeMap::new();
    for case in &cases {
        *expected.entry(case.file.clone()).or_insert(0) += 2;
    }
    let requests = Requests::read();
    expected.insert(requests::FILE.to_owned(), requests.tests.len());
    Lines { text: text_of(&cases) + &text_of_requests(&requests), expected }
}

/// Every token-shaped vector that this run has.
pub fn every_case() -> Vec<Case> {
    let mut cases = authored_cases();
    cases.extend(issuer_cases());
    cases.extend(es256_tokens());
    cases.extend(wycheproof_cases());
    cases
}

/// A line for each request: its values in place of the credential, and the credential that must be found.
fn text_of_requests(requests: &Requests) -> String {
    let mut lines = String::new();
    let [document, issuer] = [requests.document(), requests.issuer()].map(|text| hex(text.as_bytes()));
    for test in &requests.tests {
        let mode = if test.api_keys { "request_with_api_keys" } else { "request" };
        let values = |letter: char, values: &[String]| -> String {
            values.iter().map(|value| format!("{letter}{};", hex(value.as_bytes()))).collect()
        };
        let values = values('A', &test.authorization) + &values('C', &test.cookie);
        let credential = hex(test.credential.as_deref().unwrap_or_default().as_bytes());
        let (file, now) = (requests::FILE, requests.now());
        writeln!(
            lines,
            "{file}\t{}\t{mode}\t{document}\t{issuer}\t\t{now}\t{values}\t{}\t{credential}",
            test.id, test.slug
        )
        .unwrap();
    }
    lines
}

/// One credential, one document, and the slug that the file gives or, where it gives none, that Rust gives.
pub struct Case {
    pub file: String,
    pub id: String,
    pub document: String,
    issuer: String,
    project_id: &'static str,
    pub now: i64,
    pub token: Vec<u8>,
    slug: Option<String>,
}

impl Case {
    /// What the document is loaded with.
    pub fn options(&self) -> Options<'_> {
        let mut options = Options::new();
        if !self.issuer.is_empty() {
            options = options.issuer(&self.issuer);
        }
        if !self.project_id.is_empty() {
            options = options.project_id(self.project_id);
        }
        options
    }
}

fn authored_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for file in ["jwt_hostile_corpus.json", "es256_extreme_scalars.json", "forged_and_bounds.json"] {
        let set = authored(file);
        for test in list(&set, "tests") {
            let token = match test.get("token_b64") {
                Some(octets) => base64(octets.as_str().unwrap()),
                None => text(test, "token").as_bytes().to_vec(),
            };
            cases.push(Case {
                file: file.to_owned(),
                id: text(test, "id").to_owned(),
                document: test.get("jwks").unwrap_or(&set["jwks"]).as_str().unwrap().to_owned(),
                issuer: text(&set, "issuer").to_owned(),
                project_id: "project_of_the_cookie",
                now: test.get("now").unwrap_or(&set["now_default"]).as_i64().unwrap(),
                token,
                slug: Some(text(test, "slug").to_owned()),
            });
        }
    }
    assert_eq!(cases.len(), 388 + 160 + 354);
    cases
}

/// The 13 cases of the issuer's SDKs, and 5 to 13 again with the matching `kid`.
fn issuer_cases() -> Vec<Case> {
    const FILE: &str = "tokens/issuer_sdk_authenticate_access_token_tests.json";
    let Some(set) = external(FILE) else { return Vec::new() };
    let case = |file: &str, test: &Value, document: &Value| Case {
        file: file.to_owned(),
        id: text(test, "name").to_owned(),
        document: document.as_str().unwrap().to_owned(),
        issuer: String::new(),
        project_id: "",
        now: test["nowUnixSeconds"].as_i64().unwrap(),
        token: text(test, "accessToken").as_bytes().to_vec(),
        slug: if test["claims"].is_null() { None } else { Some("ok".to_owned()) },
    };
    let tests = set.as_array().unwrap();
    let as_they_are = tests.iter().map(|test| case(FILE, test, &test["jwks"]));
    let matching =
        tests[4..].iter().map(|test| case("issuer cases 5 to 13 with the matching kid", test, &set[0]["jwks"]));
    let cases: Vec<_> = as_they_are.chain(matching).collect();
    assert_eq!(cases.len(), 22);
    cases
}

/// The signatures are good, and the claims are not Tesseral's; the key of RFC 7515 appendix A.3 has no `kid`.
fn es256_tokens() -> Vec<Case> {
    const FILE: &str = "tokens/es256_tokens.json";
    let Some(set) = external(FILE) else { return Vec::new() };
    let case = |(position, test): (usize, &Value)| Case {
        file: FILE.to_owned(),
        id: position.to_string(),
        document: test["jwks"].to_string(),
        issuer: "aud1".to_owned(),
        project_id: "",
        now: 2,
        token: text(test, "token").as_bytes().to_vec(),
        slug: Some(if position == 0 { "config_no_usable_key" } else { "claims_malformed" }.to_owned()),
    };
    let cases: Vec<_> = list(&set, "tests").iter().enumerate().map(case).collect();
    assert_eq!(cases.len(), 6);
    cases
}

fn wycheproof_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (file, count) in
        [("json_web_signature_test.json", 41), ("json_web_crypto_test.json", 15), ("json_web_key_test.json", 6)]
    {
        let file = format!("wycheproof/{file}");
        let Some(set) = external(&file) else { continue };
        let before = cases.len();
        for (group, test) in grouped(&set) {
            let keys = group.get("public").unwrap_or(&group["private"]);
            let ours = match keys.get("keys") {
                Some(keys) => keys[0]["kid"] == "kid-ec-sign",
                None => keys["crv"] == "P-256" && (keys["alg"] == "ES256" || !file.contains("crypto")),
            };
            if ours {
                let document = if keys.get("keys").is_some() { keys.clone() } else { json!({ "keys": [keys] }) };
                cases.push(Case {
                    file: file.clone(),
                    id: test["tcId"].to_string(),
                    document: document.to_string(),
                    issuer: "https://issuer.example".to_owned(),
                    project_id: "",
                    now: 0,
                    token: text(test, "jws").as_bytes().to_vec(),
                    slug: None,
                });
            }
        }
        assert_eq!(cases.len() - before, count, "{file}");
    }
    cases
}

/// Two lines for each case: the token itself, and the token after `Bearer`.
fn text_of(cases: &[Case]) -> String {
    let mut room = Room::with_keys(64);
    let mut lines = String::new();
    for case in cases {
        let (token, bearer) = match room.load(case.document.as_bytes(), &case.options()) {
            Err(refusal) => (refusal.error.slug(), refusal.error.slug()),
            Ok(verifier) => {
                let header = [b"Bearer ", &case.token[..]].concat();
                (verify(&verifier, &case.token, case.now), authenticate(&verifier, &[&header], &[], case.now))
            }
        };
        let token = case.slug.as_deref().unwrap_or(token);
        for (mode, slug) in [("token", token), ("bearer", bearer)] {
            let Case { file, id, now, .. } = case;
            let [document, issuer, project_id, credential] =
                [case.document.as_bytes(), case.issuer.as_bytes(), case.project_id.as_bytes(), &case.token].map(hex);
            writeln!(lines, "{file}\t{id}\t{mode}\t{document}\t{issuer}\t{project_id}\t{now}\t{credential}\t{slug}\t")
                .unwrap();
        }
    }
    lines
}

pub fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |text, octet| text + &format!("{octet:02x}"))
}
