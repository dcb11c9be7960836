//! Configuration documents: which are refused, and which of their keys are used.

use super::{
    Slug, base64url,
    json::{Json, all, parse},
};
use tesseral_verify::jwk::SkipReason;

/// A document that is what it should be.
#[derive(Debug)]
pub struct Document {
    /// `projectId`
    pub project_id: Option<String>,
    /// The elements of `keys`.
    pub elements: Vec<Json>,
}

/// A key that is good by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Key ID.
    pub kid: String,
    /// 0x04 ‖ X ‖ Y
    pub point: [u8; 65],
}

/// The form of the whole document.
pub fn read(octets: &[u8]) -> Result<Document, Slug> {
    if octets.len() > 262_144 { Err("config_too_large") } else { form(octets).ok_or("config_malformed") }
}

fn form(octets: &[u8]) -> Option<Document> {
    let json = parse(octets)?;
    let members = json.members()?;
    let project_id = match all(members, "projectId")[..] {
        [] => None,
        [Json::String(id)] if (1..=64).contains(&id.len()) => Some(id.clone()),
        _ => return None,
    };
    match all(members, "keys")[..] {
        [Json::Array(elements)] => Some(Document { project_id, elements: elements.clone() }),
        _ => None,
    }
}

impl Document {
    /// The keys that are used, in the order of the document.
    pub fn used(&self) -> Result<Vec<Key>, Slug> {
        let good: Vec<Key> = self.elements.iter().filter_map(|element| key(element).ok()).collect();
        let mut kids: Vec<&str> = Vec::new();
        let mut used = Vec::new();
        for key in &good {
            if kids.contains(&&*key.kid) {
                continue;
            }
            kids.push(&key.kid);
            if good.iter().all(|other| other.kid != key.kid || other.point == key.point) {
                used.push(key.clone());
            }
        }
        // The library tells 128 different kids apart, ambiguous ones too: see limits::MAX_KIDS.
        match used.len() {
            _ if kids.len() > 128 => Err("config_too_large"),
            0 => Err("config_no_usable_key"),
            1..=64 => Ok(used),
            _ => Err("config_too_large"),
        }
    }

    /// Whether this is a true reason to skip the element at `index`.
    pub fn explains(&self, index: usize, reason: SkipReason) -> bool {
        let element = &self.elements[index];
        let same_kid = |mine: &Key| {
            let kid = mine.kid.clone();
            self.elements.iter().enumerate().filter_map(move |(position, other)| {
                let other = key(other).ok()?;
                (position != index && other.kid == kid).then_some((position, other))
            })
        };
        match (key(element), reason) {
            (Err(reasons), reason) => reasons.contains(&reason),
            (Ok(mine), SkipReason::KidConflict) => same_kid(&mine).any(|(_, other)| other.point != mine.point),
            (Ok(mine), SkipReason::KeyRepeated) => {
                same_kid(&mine).any(|(position, other)| position < index && other.point == mine.point)
            }
            _ => false,
        }
    }
}

/// A key, or every reason for which it is none.
fn key(element: &Json) -> Result<Key, Vec<SkipReason>> {
    let members = element.members().ok_or(vec![SkipReason::NotAnObject])?;
    let mut reasons = Vec::new();
    let names = ["kty", "crv", "alg", "use", "key_ops", "kid", "x", "y", "d"];
    if names.iter().any(|name| all(members, name).len() > 1) {
        // What the other members say does not matter then.
        return Err(vec![SkipReason::MemberRepeated]);
    }
    let member = |name| all(members, name).first().copied();
    let text = |name| member(name).and_then(Json::text);
    let mut require = |good: bool, reason| {
        if !good {
            reasons.push(reason);
        }
    };
    require(member("d").is_none(), SkipReason::PrivateKey);
    require(text("kty") == Some("EC"), SkipReason::KtyUnsupported);
    require(text("crv") == Some("P-256"), SkipReason::CrvUnsupported);
    require(member("alg").is_none() || text("alg") == Some("ES256"), SkipReason::AlgMismatch);
    require(member("use").is_none() || text("use") == Some("sig"), SkipReason::UseMismatch);
    let verifies = |ops: &Json| ops.texts().is_some_and(|ops| ops.iter().any(|op| op == "verify"));
    require(member("key_ops").is_none_or(verifies), SkipReason::KeyOpsMismatch);
    let kid = text("kid").filter(|kid| (1..=128).contains(&kid.len()));
    require(kid.is_some(), SkipReason::KidMalformed);
    let (x, y) = (text("x").and_then(coordinate), text("y").and_then(coordinate));
    require(x.is_some() && y.is_some(), SkipReason::CoordinateMalformed);
    let mut point = [4; 65];
    if let (Some(x), Some(y)) = (x, y) {
        point[1..33].copy_from_slice(&x);
        point[33..].copy_from_slice(&y);
        require(p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).is_ok(), SkipReason::PointInvalid);
    }
    match kid {
        Some(kid) if reasons.is_empty() => Ok(Key { kid: kid.to_owned(), point }),
        _ => Err(reasons),
    }
}

fn coordinate(text: &str) -> Option<[u8; 32]> {
    let octets = base64url(text.as_bytes()).filter(|octets| (1..=32).contains(&octets.len()))?;
    let mut padded = [0; 32];
    padded[32 - octets.len()..].copy_from_slice(&octets);
    Some(padded)
}
