//! The flat names that test vectors give to claims.

use serde_json::{Map, Value};

/// The first claim that is not as expected.
pub fn difference(expected: &Map<String, Value>, claims: &Value) -> Option<String> {
    expected.iter().find_map(|(name, value)| {
        let Some((_, path)) = PATHS.iter().find(|(known, _)| known == name) else {
            return Some(format!("no claim is called {name}"));
        };
        let none = if name == "actions" { Value::Array(Vec::new()) } else { Value::Null };
        let got = claims.pointer(path).unwrap_or(&none);
        (got != value).then(|| format!("{name} is not as expected"))
    })
}

const PATHS: [(&str, &str); 15] = [
    ("iss", "/iss"),
    ("sub", "/sub"),
    ("aud", "/aud"),
    ("exp", "/exp"),
    ("nbf", "/nbf"),
    ("iat", "/iat"),
    ("session_id", "/session/id"),
    ("user_id", "/user/id"),
    ("user_email", "/user/email"),
    ("user_display_name", "/user/displayName"),
    ("user_profile_picture_url", "/user/profilePictureUrl"),
    ("organization_id", "/organization/id"),
    ("organization_display_name", "/organization/displayName"),
    ("impersonator_email", "/impersonator/email"),
    ("actions", "/actions"),
];

#[cfg(test)]
mod tests {
    use super::difference;
    use serde_json::json;

    #[test]
    fn absent_is_null_and_no_actions_are_an_empty_list() {
        let claims = json!({ "iss": "i", "user": { "id": "u" } });
        let differs = |expected: serde_json::Value| difference(expected.as_object().unwrap(), &claims);
        assert_eq!(differs(json!({ "iss": "i", "user_id": "u", "user_display_name": null, "actions": [] })), None);
        assert_eq!(differs(json!({ "user_id": null })).as_deref(), Some("user_id is not as expected"));
        assert_eq!(differs(json!({ "userId": "u" })).as_deref(), Some("no claim is called userId"));
    }
}
