//! The claims as a user of serde would write them down, borrowed and owned.
#![allow(dead_code)] // read by a black box only

use serde::Deserialize;
use std::borrow::Cow;

/// Borrows from the payload wherever a string has no escapes.
#[derive(Deserialize)]
pub struct Claims<'a> {
    #[serde(borrow)]
    pub iss: Text<'a>,
    #[serde(borrow)]
    pub sub: Text<'a>,
    #[serde(borrow)]
    pub aud: Text<'a>,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    #[serde(borrow)]
    pub session: Session<'a>,
    #[serde(borrow)]
    pub user: User<'a>,
    #[serde(borrow)]
    pub organization: Organization<'a>,
    #[serde(borrow, default)]
    pub actions: Vec<Text<'a>>,
    #[serde(borrow)]
    pub impersonator: Option<Impersonator<'a>>,
}

/// serde borrows a `Cow` only where it is a field of its own, not in an `Option` or a `Vec`.
#[derive(Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[derive(Deserialize)]
pub struct Session<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub email: Text<'a>,
    #[serde(borrow)]
    pub display_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub profile_picture_url: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub display_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub struct Impersonator<'a> {
    #[serde(borrow)]
    pub email: Text<'a>,
}

/// For libraries that give owned claims only.
#[derive(Deserialize)]
pub struct OwnedClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub session: OwnedSession,
    pub user: OwnedUser,
    pub organization: OwnedOrganization,
    #[serde(default)]
    pub actions: Vec<String>,
    pub impersonator: Option<OwnedImpersonator>,
}

/// What the issuer adds to the registered claims.
#[derive(Deserialize)]
pub struct OwnedCustomClaims {
    pub session: OwnedSession,
    pub user: OwnedUser,
    pub organization: OwnedOrganization,
    #[serde(default)]
    pub actions: Vec<String>,
    pub impersonator: Option<OwnedImpersonator>,
}

#[derive(Deserialize)]
pub struct OwnedSession {
    pub id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedUser {
    pub id: String,
    pub email: String,
    pub display_name: Option<String>,
    pub profile_picture_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedOrganization {
    pub id: String,
    pub display_name: Option<String>,
}

#[derive(Deserialize)]
pub struct OwnedImpersonator {
    pub email: String,
}
