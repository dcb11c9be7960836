//! Requests as vectors: header values in which names stand for texts, and which credential must win.

use super::sets::{authored, list, text};
use serde_json::Value;

/// The file of requests.
pub const FILE: &str = "extraction.json";

/// One request of the file.
pub struct Request {
    pub id: String,
    pub authorization: Vec<String>,
    pub cookie: Vec<String>,
    pub api_keys: bool,
    pub slug: String,
    /// The credential that is found, when one is.
    pub credential: Option<String>,
}

/// What all requests of the file are judged by.
pub struct Requests {
    pub file: Value,
    pub tests: Vec<Request>,
}

impl Requests {
    pub fn read() -> Self {
        let file = authored(FILE);
        let texts = file["texts"].as_object().expect("texts");
        // Names of texts stand in the values only, not in texts.
        let fill = |value: &str| {
            texts.iter().fold(value.to_owned(), |value, (name, text)| value.replace(name, text.as_str().unwrap()))
        };
        let fill_all = |values: &[Value]| values.iter().map(|value| fill(value.as_str().unwrap())).collect();
        let tests = list(&file, "tests").iter().map(|test| Request {
            id: text(test, "id").to_owned(),
            authorization: fill_all(list(test, "authorization")),
            cookie: fill_all(list(test, "cookie")),
            api_keys: test.get("api_keys").is_some_and(|on| on.as_bool().unwrap()),
            slug: text(test, "slug").to_owned(),
            credential: test.get("credential").map(|name| fill(name.as_str().unwrap())),
        });
        let tests: Vec<Request> = tests.collect();
        for test in &tests {
            let found = ["ok", "api_key_lookup_needed"].contains(&&*test.slug);
            assert_eq!(test.credential.is_some(), found, "{}: a credential is named when one is found", test.id);
        }
        Self { file, tests }
    }

    pub fn document(&self) -> &str {
        text(&self.file, "jwks")
    }

    pub fn issuer(&self) -> &str {
        text(&self.file, "issuer")
    }

    pub fn now(&self) -> i64 {
        self.file["now_default"].as_i64().unwrap()
    }
}
