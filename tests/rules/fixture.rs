//! One project, and tokens of it that differ from the issuer's in one place.

use crate::common::room::{Room, verify};
use fake_tesseral::{Project, SigningKey};
use std::{fmt::Write as _, sync::LazyLock};
use tesseral_verify::{Options, Verifier};

/// When the tokens are judged, unless a test says otherwise.
pub const NOW: i64 = 1_750_000_100;
/// When they were issued; they expire 300 seconds later.
pub const ISSUED: i64 = 1_750_000_000;
pub const EXPIRES: i64 = ISSUED + 300;

pub static PROJECT: LazyLock<Project> = LazyLock::new(|| Project::new(1));

pub fn key() -> &'static SigningKey {
    PROJECT.signing_key()
}

pub fn document() -> String {
    PROJECT.config_document().to_json()
}

/// A document with these elements of `keys`, and the project's ID.
pub fn document_of<K: AsRef<str>>(keys: &[K]) -> String {
    let keys: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
    format!(r#"{{"projectId":"{}","keys":[{}]}}"#, PROJECT.id, keys.join(","))
}

/// Calls `test` with a verifier of the project.
pub fn with_verifier<T>(options: &Options<'_>, test: impl FnOnce(&Verifier<'_>) -> T) -> T {
    test(&Room::new().load(document().as_bytes(), options).unwrap())
}

/// The verdict on one token, with default options.
pub fn verdict(token: &str) -> &'static str {
    with_verifier(&Options::new(), |verifier| verify(verifier, token.as_bytes(), NOW))
}

/// A JSON object under construction: names and values are JSON text, so that anything can be written.
#[derive(Clone)]
pub struct Payload(Vec<(String, String)>);

impl Payload {
    /// The claims that every token has.
    pub fn new() -> Self {
        let issuer = format!(r#""{}""#, PROJECT.issuer());
        let members = [
            ("iss", issuer.as_str()),
            ("sub", r#""user_1""#),
            ("aud", &issuer),
            ("exp", &EXPIRES.to_string()),
            ("nbf", &ISSUED.to_string()),
            ("iat", &ISSUED.to_string()),
            ("session", r#"{"id":"session_1"}"#),
            ("user", r#"{"id":"user_1","email":"a@example.com"}"#),
            ("organization", r#"{"id":"org_1"}"#),
        ];
        Self(members.map(|(name, value)| (format!("\"{name}\""), value.to_owned())).into())
    }

    /// Gives the member this value, in its place when it is there already.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        let name = format!("\"{name}\"");
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value.to_string(),
            None => self.0.push((name, value.to_string())),
        }
        self
    }

    /// Appends a member even when its name is there already; escapes in the name stay as they are.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl ToString) -> Self {
        self.0.push((format!("\"{name}\""), value.to_string()));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| *other != format!("\"{name}\""));
        self
    }

    pub fn json(&self) -> String {
        let mut json = String::from("{");
        for (position, (name, value)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(json, "{comma}{name}:{value}").unwrap();
        }
        json + "}"
    }

    /// The token with these claims, as the issuer signs it.
    pub fn token(&self) -> String {
        key().sign_claims(&self.json())
    }

    pub fn verdict(&self) -> &'static str {
        verdict(&self.token())
    }
}

/// An ordinary token with this header.
pub fn token_with_header(header: &str) -> String {
    key().sign_compact(header.as_bytes(), Payload::new().json().as_bytes())
}

/// A value that nests so deep, as level 2 and below of an object: `levels` counts the object too.
pub fn nested(levels: usize) -> String {
    "[".repeat(levels - 1) + &"]".repeat(levels - 1)
}
