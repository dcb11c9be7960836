//! Tokens that a verifier refuses, each for one reason, under the reason's stable name.

use crate::{
    claims::Wanted,
    project::{fresh, mint},
};
use fake_tesseral::{Project, SigningKey, json::Object, jws};
use pyo3::{exceptions::PyValueError, prelude::*};

/// The reasons.
pub const SLUGS: [&str; 7] = [
    "alg_not_allowed",
    "audience_mismatch",
    "issuer_mismatch",
    "key_unknown",
    "signature_invalid",
    "token_expired",
    "token_not_yet_valid",
];

/// Longer than any leeway, in seconds.
const AN_HOUR: i64 = 3600;

/// A token that is refused with this slug, and would be accepted otherwise.
pub fn token(project: &Project, wanted: Wanted, slug: &str) -> PyResult<String> {
    let Wanted { claims, kid } = wanted;
    let issued_at = claims.iat;
    let claims = match slug {
        "alg_not_allowed" => {
            let header = Object::new().string("kid", project.signing_key().kid()).string("alg", "none").close();
            return Ok(project.signing_key().sign_compact(header.as_bytes(), claims.to_json().as_bytes()));
        }
        "key_unknown" => return Ok(SigningKey::generate(&mut fresh("stranger")?).sign_claims(&claims.to_json())),
        "signature_invalid" => {
            let tampered = jws::tamper(&mint(project, &Wanted { claims, kid }));
            return tampered.ok_or_else(|| PyValueError::new_err("the token is too short"));
        }
        "audience_mismatch" => fake_tesseral::Claims { aud: stranger(&claims.aud), ..claims },
        "issuer_mismatch" => fake_tesseral::Claims { iss: stranger(&claims.iss), ..claims },
        "token_expired" => claims.issued_at(issued_at.saturating_sub(AN_HOUR)),
        "token_not_yet_valid" => claims.issued_at(issued_at.saturating_add(AN_HOUR)),
        _ => return Err(PyValueError::new_err(format!("slug is one of {}", SLUGS.join(", ")))),
    };
    Ok(mint(project, &Wanted { claims, kid }))
}

/// The issuer of another project.
fn stranger(issuer: &str) -> String {
    issuer.replacen("https://", "https://another-", 1)
}
