//! The tokens that all contestants verify: of different users, issued by one fake project.

use fake_tesseral::{Claims, Project, SigningKey, base64url, jws};
use std::array;

/// `now` for contestants that take it from the caller. Others read the system's clock: see [`EXPIRES`].
pub const NOW: i64 = 1_800_000_000;

/// `iat` and `nbf`: in the past by any clock.
const ISSUED: i64 = 1_750_000_000;

/// `exp` in 2100, with as many digits as today's, so that peers which read the system's clock accept the same tokens.
const EXPIRES: i64 = 4_102_444_800;

/// Tokens of one set: more than fit into the first-level cache or any branch predictor.
pub const COUNT: usize = 512;

/// Tokens with the document that has their keys.
pub struct Set {
    /// The project's configuration document.
    pub document: String,
    /// `iss` and `aud`.
    pub issuer: String,
    /// The keys, all in use.
    pub keys: Vec<Key>,
    /// Good tokens; neighbours have different users and, when there are several, different keys.
    pub good: Vec<Token>,
    /// Tokens that must be refused, with the reason.
    pub bad: Vec<(&'static str, String)>,
}

/// A public key.
pub struct Key {
    /// Key ID.
    pub kid: String,
    /// 0x04 ‖ X ‖ Y (SEC 1 section 2.3.3).
    pub point: [u8; 65],
}

/// A token in the forms that contestants want.
pub struct Token {
    /// The compact serialization.
    pub text: String,
    /// Its payload.
    pub payload: String,
    /// R ‖ S.
    pub signature: [u8; 64],
    input_len: usize,
}

impl Token {
    fn new(text: String) -> Self {
        let [_, payload, signature] = jws::split(&text).expect("three segments");
        let signature = array::from_fn(|i| signature[i]);
        let input_len = text.rfind('.').expect("two dots");
        Self { text, payload: String::from_utf8(payload).expect("JSON"), signature, input_len }
    }

    /// `header.payload`: what the signature covers.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.text.as_bytes()[..self.input_len]
    }
}

impl Set {
    /// Issues [`COUNT`] tokens under so many keys.
    #[must_use]
    pub fn new(keys: usize) -> Self {
        let mut project = Project::new(5);
        for _ in 1..keys {
            project.rotate();
        }
        let signers: Vec<&SigningKey> = project.signing_keys().collect();
        let good = (0..COUNT)
            .map(|user| {
                let claims = claims(&project, u32::try_from(user).expect("small"));
                Token::new(signers[user % signers.len()].sign_claims(&claims.to_json()))
            })
            .collect();
        let keys = signers.iter().map(|key| Key { kid: key.kid().to_owned(), point: key.uncompressed_point() });
        Self {
            document: project.config_document().to_json(),
            issuer: project.issuer(),
            keys: keys.collect(),
            good,
            bad: bad(&project),
        }
    }

    /// Token number `i`, from the first again after the last.
    #[must_use]
    pub fn rotating(&self, i: usize) -> &Token {
        &self.good[i % self.good.len()]
    }
}

fn claims(project: &Project, user: u32) -> Claims {
    Claims { exp: EXPIRES, ..project.claims_of(user, ISSUED) }
}

/// One token for each check that makes a verifier a peer.
fn bad(project: &Project) -> Vec<(&'static str, String)> {
    let good = claims(project, 0);
    let mint = |claims: Claims| project.mint(&claims);
    let token = mint(good.clone());
    let other_kid = SigningKey::from_secret("session_signing_key_0000000000000000000000000", &[7; 32]).expect("a key");
    vec![
        ("tampered", jws::tamper(&token).expect("a token")),
        ("other algorithm", replace_header(&token, &project.signing_key().jose_header().replace("ES256", "ES384"))),
        ("unknown key", other_kid.sign_claims(&good.to_json())),
        ("expired", mint(project.claims_of(0, ISSUED))),
        ("not yet valid", mint(Claims { nbf: EXPIRES - 9, ..good.clone() })),
        ("other issuer", mint(Claims { iss: "https://other.example".to_owned(), ..good.clone() })),
        ("other audience", mint(Claims { aud: "https://other.example".to_owned(), ..good })),
    ]
}

fn replace_header(token: &str, header: &str) -> String {
    let (_, rest) = token.split_once('.').expect("a token");
    format!("{}.{rest}", base64url::encode(header.as_bytes()))
}
