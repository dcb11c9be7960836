//! The compact serialization and its header: docs/design.md 3.2, checks 1 to 6.

use super::{
    Slug, base64url,
    json::{all, parse},
};

/// A token whose form and header are good; its signature and payload have not been looked at.
pub struct Parts {
    /// What is signed.
    pub signing_input: Vec<u8>,
    /// Of the key.
    pub kid: String,
    /// JSON text, or not.
    pub payload: Vec<u8>,
    /// R ‖ S
    pub signature: Vec<u8>,
}

/// Checks 1 to 6.
pub fn parts(token: &[u8], max_token_len: usize, knows_kid: impl Fn(&str) -> bool) -> Result<Parts, Slug> {
    if token.len() > max_token_len {
        return Err("token_too_large");
    }
    let malformed = "token_malformed";
    let segments: Vec<&[u8]> = token.split(|octet| *octet == b'.').collect();
    let [header, payload, signature] = segments[..] else { return Err(malformed) };
    if header.is_empty() || payload.is_empty() || signature.is_empty() {
        return Err(malformed);
    }
    let signing_input = [header, b".", payload].concat();
    let header = base64url(header).ok_or(malformed)?;
    let payload = base64url(payload).ok_or(malformed)?;
    let signature = base64url(signature).filter(|octets| octets.len() == 64).ok_or(malformed)?;
    let kid = kid_of(&header, knows_kid)?;
    Ok(Parts { signing_input, kid, payload, signature })
}

/// Checks 3 to 6.
fn kid_of(header: &[u8], knows_kid: impl Fn(&str) -> bool) -> Result<String, Slug> {
    let malformed = "header_malformed";
    let json = parse(header).ok_or(malformed)?;
    let members = json.members().ok_or(malformed)?;
    let string = |name| match all(members, name)[..] {
        [value] => value.text().ok_or(malformed),
        _ => Err(malformed),
    };
    let (alg, kid, crit) = (string("alg")?, string("kid")?, all(members, "crit"));
    if crit.len() > 1 {
        Err(malformed)
    } else if alg != "ES256" {
        Err("alg_not_allowed")
    } else if crit.len() == 1 {
        Err("crit_not_supported")
    } else if !knows_kid(kid) {
        Err("key_unknown")
    } else {
        Ok(kid.to_owned())
    }
}
