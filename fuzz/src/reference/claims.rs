//! The claims of an access token: docs/design.md 3.2 and 3.3, checks 8 to 11.

use super::{
    Slug,
    json::{Json, all, parse},
    number::whole_seconds,
};
use tesseral_verify::json::Rounding;

/// Claims that are of the right form.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub session_id: String,
    pub user_id: String,
    pub user_email: String,
    pub user_display_name: Option<String>,
    pub user_profile_picture_url: Option<String>,
    pub organization_id: String,
    pub organization_display_name: Option<String>,
    pub actions: Vec<String>,
    pub impersonator_email: Option<String>,
}

/// What claims are compared with.
#[derive(Clone, Debug)]
pub struct Policy {
    pub issuer: String,
    pub leeway_seconds: i64,
}

/// Check 8.
pub fn read(octets: &[u8]) -> Result<Claims, Slug> {
    form(octets).ok_or("claims_malformed")
}

/// Checks 9 to 11.
pub fn check(claims: &Claims, policy: &Policy, now: i64) -> Result<(), Slug> {
    let (now, leeway) = (i128::from(now), i128::from(policy.leeway_seconds));
    if now > i128::from(claims.exp) + leeway {
        Err("token_expired")
    } else if i128::from(claims.nbf) - leeway > now {
        Err("token_not_yet_valid")
    } else if claims.iss != policy.issuer {
        Err("issuer_mismatch")
    } else if !claims.aud.contains(&policy.issuer) {
        Err("audience_mismatch")
    } else {
        Ok(())
    }
}

fn form(octets: &[u8]) -> Option<Claims> {
    let json = parse(octets)?;
    let top = json.members()?;
    let object = |name| required(top, name)?.members();
    let date = |name, rounding| match required(top, name)? {
        Json::Number(text) => whole_seconds(text, rounding),
        _ => None,
    };
    let (session, user, organization) = (object("session")?, object("user")?, object("organization")?);
    let aud = required(top, "aud")?;
    let impersonator = match present(top, "impersonator")? {
        Some(impersonator) => Some(impersonator.members()?),
        None => None,
    };
    Some(Claims {
        iss: filled(top, "iss")?,
        sub: filled(top, "sub")?,
        aud: aud.text().map(|one| vec![one.to_owned()]).or_else(|| aud.texts())?,
        exp: date("exp", Rounding::Down)?,
        nbf: date("nbf", Rounding::Up)?,
        iat: date("iat", Rounding::Down)?,
        session_id: filled(session, "id")?,
        user_id: filled(user, "id")?,
        user_email: filled(user, "email")?,
        user_display_name: optional(user, "displayName")?,
        user_profile_picture_url: optional(user, "profilePictureUrl")?,
        organization_id: filled(organization, "id")?,
        organization_display_name: optional(organization, "displayName")?,
        actions: match present(top, "actions")? {
            Some(actions) => actions.texts()?,
            None => Vec::new(),
        },
        // An empty one is refused like every other required string.
        impersonator_email: match impersonator {
            Some(impersonator) => Some(filled(impersonator, "email")?),
            None => None,
        },
    })
}

/// The member, which must occur once.
fn required<'j>(members: &'j [(String, Json)], name: &str) -> Option<&'j Json> {
    if let [value] = all(members, name)[..] { Some(value) } else { None }
}

/// The member, which may be absent or null, but not occur twice.
fn present<'j>(members: &'j [(String, Json)], name: &str) -> Option<Option<&'j Json>> {
    match all(members, name)[..] {
        [] | [Json::Null] => Some(None),
        [value] => Some(Some(value)),
        _ => None,
    }
}

fn filled(members: &[(String, Json)], name: &str) -> Option<String> {
    required(members, name)?.text().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn optional(members: &[(String, Json)], name: &str) -> Option<Option<String>> {
    match present(members, name)? {
        Some(value) => value.text().map(|text| Some(text.to_owned())),
        None => Some(None),
    }
}
