//! The claims of an access token, in the issuer's JSON.

use crate::json::{self, Object};

/// Seconds from issue to expiry, the issuer's constant.
pub const LIFETIME_SECONDS: i64 = 300;

/// The claims of one access token; [`Claims::to_json`] writes the payload.
///
/// As in proto3 JSON, an empty string or list and an absent message are omitted, never `null`. Times are
/// NumericDates in whole seconds, printed as plain integers. [`Project::claims`](crate::Project::claims) gives
/// ordinary values; change what a test needs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Claims {
    /// `iss`: `https://`, the project id with `-` for `_`, and `.tesseral.app`.
    pub iss: String,
    /// `sub`: the user id.
    pub sub: String,
    /// `aud`: equals `iss`.
    pub aud: String,
    /// `exp`: issue time + 300; valid up to and including it.
    pub exp: i64,
    /// `nbf`: the issue time.
    pub nbf: i64,
    /// `iat`: the issue time.
    pub iat: i64,
    /// `session.id`.
    pub session_id: String,
    /// `user.id`.
    pub user_id: String,
    /// `user.email`.
    pub user_email: String,
    /// `user.displayName`, optional.
    pub user_display_name: String,
    /// `user.profilePictureUrl`, optional.
    pub user_profile_picture_url: String,
    /// `organization.id`.
    pub organization_id: String,
    /// `organization.displayName`; may be empty, and is omitted then.
    pub organization_display_name: String,
    /// `actions`: written sorted by octets and without repetitions, whatever the order here.
    pub actions: Vec<String>,
    /// `impersonator.email`; `None` unless the session is impersonated.
    pub impersonator_email: Option<String>,
    /// The order of the members after `iat`.
    pub order: MemberOrder,
}

/// The order in which an issuer writes the members after `iat`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum MemberOrder {
    /// session, user, organization, actions, impersonator.
    #[default]
    Current,
    /// organization, user, session, actions, impersonator, as issuers did until March 2025.
    Older,
}

impl Claims {
    /// Sets `iat` and `nbf` to `now` and `exp` to 300 seconds later.
    #[must_use]
    pub fn issued_at(self, now: i64) -> Self {
        Self { iat: now, nbf: now, exp: now.saturating_add(LIFETIME_SECONDS), ..self }
    }

    /// Sets `user.email`.
    #[must_use]
    pub fn with_user_email(self, email: &str) -> Self {
        Self { user_email: email.to_owned(), ..self }
    }

    /// Sets `user.displayName`; empty means omitted.
    #[must_use]
    pub fn with_user_display_name(self, name: &str) -> Self {
        Self { user_display_name: name.to_owned(), ..self }
    }

    /// Sets `user.profilePictureUrl`; empty means omitted.
    #[must_use]
    pub fn with_user_profile_picture_url(self, url: &str) -> Self {
        Self { user_profile_picture_url: url.to_owned(), ..self }
    }

    /// Sets `organization.displayName`; empty means omitted.
    #[must_use]
    pub fn with_organization_display_name(self, name: &str) -> Self {
        Self { organization_display_name: name.to_owned(), ..self }
    }

    /// Sets `actions`.
    #[must_use]
    pub fn with_actions<A: Into<String>>(self, actions: impl IntoIterator<Item = A>) -> Self {
        Self { actions: actions.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets `impersonator.email`.
    #[must_use]
    pub fn with_impersonator(self, email: &str) -> Self {
        Self { impersonator_email: Some(email.to_owned()), ..self }
    }

    /// Sets the order of the members after `iat`.
    #[must_use]
    pub fn with_order(self, order: MemberOrder) -> Self {
        Self { order, ..self }
    }

    /// The payload of the token: UTF-8 JSON without insignificant white space.
    pub fn to_json(&self) -> String {
        let session = Object::new().string_unless_empty("id", &self.session_id).close();
        let user = Object::new()
            .string_unless_empty("id", &self.user_id)
            .string_unless_empty("email", &self.user_email)
            .string_unless_empty("displayName", &self.user_display_name)
            .string_unless_empty("profilePictureUrl", &self.user_profile_picture_url)
            .close();
        let organization = Object::new()
            .string_unless_empty("id", &self.organization_id)
            .string_unless_empty("displayName", &self.organization_display_name)
            .close();

        let mut claims = Object::new()
            .string_unless_empty("iss", &self.iss)
            .string_unless_empty("sub", &self.sub)
            .string_unless_empty("aud", &self.aud)
            .integer("exp", self.exp)
            .integer("nbf", self.nbf)
            .integer("iat", self.iat);
        claims = match self.order {
            MemberOrder::Current => {
                claims.raw("session", &session).raw("user", &user).raw("organization", &organization)
            }
            MemberOrder::Older => claims.raw("organization", &organization).raw("user", &user).raw("session", &session),
        };
        if !self.actions.is_empty() {
            claims = claims.raw("actions", &self.actions_json());
        }
        if let Some(email) = &self.impersonator_email {
            let impersonator = Object::new().string_unless_empty("email", email);
            claims = claims.raw("impersonator", &impersonator.close());
        }
        claims.close()
    }

    fn actions_json(&self) -> String {
        let mut actions: Vec<&str> = self.actions.iter().map(String::as_str).collect();
        actions.sort_unstable();
        actions.dedup();
        json::array(actions.into_iter().map(json::string))
    }
}

/// `count` different action names of 28 octets each, a usual length; `count` at most 100,000.
pub fn sample_actions(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("payments.invoice_{i:05}.write")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> Claims {
        Claims {
            iss: "i".into(),
            sub: "u".into(),
            aud: "i".into(),
            session_id: "s".into(),
            user_id: "u".into(),
            user_email: "e".into(),
            organization_id: "o".into(),
            ..Claims::default()
        }
        .issued_at(1_750_000_000)
    }

    #[test]
    fn empties_are_omitted() {
        assert_eq!(
            minimal().to_json(),
            concat!(
                r#"{"iss":"i","sub":"u","aud":"i","exp":1750000300,"nbf":1750000000,"iat":1750000000,"#,
                r#""session":{"id":"s"},"user":{"id":"u","email":"e"},"organization":{"id":"o"}}"#
            )
        );
    }

    #[test]
    fn everything_in_order() {
        let claims = minimal()
            .with_user_display_name("Zoë <\u{2028}>")
            .with_user_profile_picture_url("https://p/?a=1&b=2")
            .with_organization_display_name("O\"\n")
            .with_actions(["b.b.b", "a.a.a", "b.b.b", "a.a.Z"])
            .with_impersonator("admin@x");
        assert_eq!(
            claims.to_json(),
            concat!(
                r#"{"iss":"i","sub":"u","aud":"i","exp":1750000300,"nbf":1750000000,"iat":1750000000,"#,
                r#""session":{"id":"s"},"user":{"id":"u","email":"e","displayName":"Zoë \u003c\u2028\u003e","#,
                r#""profilePictureUrl":"https://p/?a=1\u0026b=2"},"organization":{"id":"o","displayName":"O\"\n"},"#,
                r#""actions":["a.a.Z","a.a.a","b.b.b"],"impersonator":{"email":"admin@x"}}"#
            )
        );
    }

    #[test]
    fn older_order() {
        let text = minimal().with_order(MemberOrder::Older).to_json();
        let after_iat = text.split_once(r#""iat":1750000000,"#).expect("iat").1;
        assert_eq!(after_iat, r#""organization":{"id":"o"},"user":{"id":"u","email":"e"},"session":{"id":"s"}}"#);
    }

    #[test]
    fn sample_actions_have_28_octets() {
        let actions = sample_actions(500);
        assert!(actions.iter().all(|action| action.len() == 28));
        assert!(actions.is_sorted());
    }
}
