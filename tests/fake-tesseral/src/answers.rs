//! What the service says, as status and JSON, whether its server carries that or something in the server's place.

use crate::api_keys::Denial;
use crate::ids::{self, Refusal};
use crate::json::{self, Object};
use crate::project::Project;

/// The path of the config endpoint; the publishable key follows.
pub const CONFIG_PATH: &str = "/v1/config/";

/// The path of the API-key endpoint.
pub const API_KEYS_PATH: &str = "/v1/api-keys/authenticate";

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said<Body = String> {
    /// The HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Body,
}

/// The answer to a client that asks for the document of the key `asked`: `document` when that is the `known` one; `None` when
/// the service panics.
pub fn config<Body: From<String>>(known: &str, asked: &str, document: impl FnOnce() -> Body) -> Option<Said<Body>> {
    let (status, message, description) = match ids::read(ids::PUBLISHABLE_KEY, asked) {
        Err(Refusal::TooLarge) => return None,
        Err(Refusal::Malformed) => (400, "invalid_argument", "invalid publishable key id"),
        Ok(_) if asked != known => (404, "not_found", "publishable key not found"),
        Ok(_) => return Some(Said { status: 200, body: document() }),
    };
    Some(Said { status, body: config_error(status, message, description).into() })
}

/// `code` is the HTTP status here; the API-key endpoint has gRPC's numbers.
fn config_error(status: u16, message: &str, description: &str) -> String {
    let detail = Object::new().string("description", description).close();
    let error = Object::new()
        .integer("code", i64::from(status))
        .string("message", message)
        .raw("details", &json::array([detail]));
    error.close() + "\n"
}

/// The answer to a client that asks about an API key at `now`, with this field `Authorization`; `None` when the service panics.
pub fn api_key(project: &Project, authorization: Option<&str>, secret: &str, now: i64) -> Option<Said> {
    match authenticate(project, authorization, secret, now) {
        Ok(body) => Some(Said { status: 200, body }),
        Err(Failure::Said(said)) => Some(said),
        Err(Failure::Panic) => None,
    }
}

enum Failure {
    Said(Said),
    Panic,
}

fn authenticate(project: &Project, authorization: Option<&str>, secret: &str, now: i64) -> Result<String, Failure> {
    check_backend_key(project, authorization)?;
    let key = project.api_keys.authenticate(secret, now).map_err(|denial| match denial {
        Denial::NotPermitted(text) => failure(403, 7, "permission_denied", Some(text)),
        Denial::Malformed => failure(400, 3, "unauthenticated_api_key", Some("malformed_api_key_secret_token")),
        Denial::Invalid => failure(400, 3, "unauthenticated_api_key", Some("invalid_api_key_secret_token")),
        Denial::Panic => Failure::Panic,
    })?;
    let mut success = Object::new().string("apiKeyId", &key.id).string("organizationId", &key.organization_id);
    if !key.actions.is_empty() {
        success = success.raw("actions", &json::array(key.actions.iter().map(|action| json::protobuf_string(action))));
    }
    Ok(success.close())
}

/// `Bearer ` is compared with its case.
fn check_backend_key(project: &Project, authorization: Option<&str>) -> Result<(), Failure> {
    let Some(authorization) = authorization.filter(|value| !value.is_empty()) else {
        return Err(failure(401, 16, "no access token found in cookies", None));
    };
    let Some(secret) = authorization.strip_prefix("Bearer ") else {
        return Err(failure(401, 16, "", None));
    };
    match ids::read(ids::BACKEND_API_KEY_SECRET, secret) {
        Err(Refusal::TooLarge) => Err(Failure::Panic),
        Err(Refusal::Malformed) => {
            Err(failure(400, 3, "invalid_argument", Some("invalid backend api key secret token")))
        }
        Ok(_) if secret != project.backend_api_key => {
            Err(failure(404, 5, "not_found", Some("backend api key not found")))
        }
        Ok(_) => Ok(()),
    }
}

fn failure(status: u16, code: i64, message: &str, description: Option<&str>) -> Failure {
    Failure::Said(api_key_error(status, code, message, description))
}

/// A google.rpc.Status; `code` is gRPC's number.
pub(crate) fn api_key_error(status: u16, code: i64, message: &str, description: Option<&str>) -> Said {
    let details = description.map(|description| {
        Object::new()
            .string("@type", "type.googleapis.com/tesseral.common.v1.ErrorDetail")
            .raw("description", &json::protobuf_string(description))
            .string("docsLink", "")
            .close()
    });
    let body = Object::new()
        .integer("code", code)
        .raw("message", &json::protobuf_string(message))
        .raw("details", &json::array(details))
        .close();
    Said { status, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_for_the_known_key_alone() {
        let status = |asked: &str| {
            config("publishable_key_0000000000000000000000001", asked, || "{}".to_owned()).map(|said| said.status)
        };
        assert_eq!(status("publishable_key_0000000000000000000000001"), Some(200));
        assert_eq!(status("publishable_key_0000000000000000000000002"), Some(404));
        assert_eq!(status("publishable_key_1"), Some(400));
        assert_eq!(status(&format!("publishable_key_{}", "z".repeat(25))), None);
    }

    #[test]
    fn api_keys_for_the_backend_key_alone() {
        let mut project = Project::new(1);
        let secret = project.issue_api_key(["b.b.b", "a.a.a"]);
        let bearer = format!("Bearer {}", project.backend_api_key);
        let said = |authorization, secret: &str| api_key(&project, authorization, secret, 0);
        let good = said(Some(&bearer), &secret).expect("an answer");
        assert_eq!(good.status, 200);
        assert!(good.body.ends_with(r#","actions":["a.a.a","b.b.b"]}"#), "{}", good.body);
        for (authorization, secret, expected) in [
            (None, secret.as_str(), Some(401)),
            (Some("Bearer tesseral_secret_key_0000000000000000000000001"), &secret, Some(404)),
            (Some(bearer.as_str()), "example_sk_1", Some(400)),
            (Some(bearer.as_str()), &format!("example_sk_{}", "z".repeat(55)), None),
        ] {
            assert_eq!(said(authorization, secret).map(|said| said.status), expected);
        }
    }
}
