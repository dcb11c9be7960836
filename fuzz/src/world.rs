//! Fixed test keys, and verifiers that trust them.

use crate::{c, reference::claims::Policy};
use fake_tesseral::{Claims, SigningKey};
use tesseral_verify::{Options, Profile, Verifier, limits};

/// Of the documents that have one.
pub const PROJECT_ID: &str = "project_x";
/// What follows from [`PROJECT_ID`].
pub const ISSUER: &str = "https://project-x.tesseral.app";
/// A `kid` whose header the library compares without parsing it.
pub const KID: &str = "k";
/// A `kid` that needs escapes.
pub const ESCAPED_KID: &str = "k\"é\n";
/// A `kid` of [`other_key`].
pub const OTHER_KID: &str = "other";
/// When [`claims`] are issued.
pub const ISSUED_AT: i64 = 1_750_000_000;

/// The key that signs.
pub fn key() -> SigningKey {
    SigningKey::from_secret(KID, &SECRETS[0]).expect("in range")
}

/// A key that never signs.
pub fn other_key() -> SigningKey {
    SigningKey::from_secret(OTHER_KID, &SECRETS[1]).expect("in range")
}

/// A key whose x has 31 octets: 379 times the base point.
pub fn short_key() -> SigningKey {
    SigningKey::from_secret("short", &SHORT_SECRET).expect("in range")
}

/// Of [`key`], [`other_key`] and [`short_key`].
pub const SECRETS: [[u8; 32]; 3] = [[7; 32], [9; 32], SHORT_SECRET];

const SHORT_SECRET: [u8; 32] = {
    let mut secret = [0; 32];
    [secret[30], secret[31]] = 379_u16.to_be_bytes();
    secret
};

/// Ordinary claims for [`ISSUER`].
pub fn claims() -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        aud: ISSUER.to_owned(),
        sub: "user_a".to_owned(),
        session_id: "session_a".to_owned(),
        user_id: "user_a".to_owned(),
        user_email: "a@example.com".to_owned(),
        organization_id: "org_a".to_owned(),
        ..Claims::default()
    }
    .issued_at(ISSUED_AT)
}

/// One verifier, built through Rust and through C, and what it should know.
pub struct World {
    /// Of the Rust interface.
    pub verifier: Verifier<'static>,
    /// Of the C interface.
    pub c: c::Verifier,
    /// The issuer and the times with which claims are compared.
    pub policy: Policy,
    /// Longest token.
    pub max_token_len: usize,
    /// The middle of the cookie's name.
    pub project_id: Option<&'static str>,
    /// Whether requests may carry an API key.
    pub api_keys: bool,
}

/// They differ in every option.
pub fn all() -> &'static [World] {
    thread_local! {
        static WORLDS: &'static [World] = Box::leak(
            vec![
                World::new(Profile::Server, true, None, 0, limits::DEFAULT_MAX_TOKEN_LEN, false),
                World::new(Profile::Compact, true, None, 300, 700, true),
                World::new(Profile::Tiny, false, Some("http://\"é\".example/"), 7, limits::MAX_TOKEN_LEN, true),
            ]
            .into_boxed_slice(),
        );
    }
    WORLDS.with(|worlds| *worlds)
}

/// The keys that [`World`]s trust: two names for [`key`], one for [`other_key`].
fn keys() -> String {
    let keys = [key().jwk(), key().with_kid(ESCAPED_KID).jwk(), other_key().jwk()];
    format!("\"keys\":[{}]", keys.join(","))
}

impl World {
    fn new(
        profile: Profile,
        has_project_id: bool,
        issuer: Option<&'static str>,
        leeway_seconds: u32,
        max_token_len: usize,
        api_keys: bool,
    ) -> Self {
        let project_id = if has_project_id { format!("\"projectId\":\"{PROJECT_ID}\",") } else { String::new() };
        let document = format!("{{{project_id}{}}}", keys());
        let mut options = Options::new()
            .profile(profile)
            .leeway_seconds(leeway_seconds)
            .max_token_len(max_token_len)
            .api_keys(api_keys);
        if let Some(issuer) = issuer {
            options = options.issuer(issuer);
        }
        let verifier = Verifier::load_owned(document.as_bytes(), &options).expect("a good document");
        let options = c::options(profile, issuer.unwrap_or(""), "", leeway_seconds, max_token_len, api_keys);
        let (status, c) = c::Verifier::new(document.as_bytes(), &options);
        assert_eq!(status, 0);
        let issuer = issuer.unwrap_or(ISSUER).to_owned();
        Self {
            verifier,
            c: c.expect("the status was 0"),
            policy: Policy { issuer, leeway_seconds: i64::from(leeway_seconds) },
            max_token_len,
            project_id: has_project_id.then_some(PROJECT_ID),
            api_keys,
        }
    }
}
