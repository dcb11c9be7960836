//! `POST /v1/api-keys/authenticate`: who holds an API key.

use super::answer::Answer;
use super::date;
use super::gzip::gzip;
use super::http::{Request, Response};
use crate::api_keys::Denial;
use crate::ids::{self, Refusal};
use crate::json::{self, Object};
use crate::project::Project;

/// Where the endpoint is.
pub const PATH: &str = "/v1/api-keys/authenticate";

/// Answers a request to [`PATH`]; its JSON has a space after each of the characters `spaces`.
pub fn answer(request: &Request, project: &Project, spaces: &[char]) -> Answer {
    if request.method != "POST" {
        return Answer::Respond(Response::phrase(405).with("Allow", "POST"));
    }
    if !media_type_is_known(request) {
        return Answer::Respond(Response::phrase(415));
    }
    match authenticate(request, project) {
        Ok(success) => {
            let response = json_response(200, &success, spaces);
            Answer::Respond(if request.lists("Accept-Encoding", "gzip") {
                let body = gzip(&response.body);
                Response { body, ..response }.with("Content-Encoding", "gzip")
            } else {
                response
            })
        }
        Err(Failure::Status(failure)) => Answer::Respond(json_response(failure.http, &failure.to_json(), spaces)),
        // The deferred close of a panicking handler flushes an empty success.
        Err(Failure::Panic) => Answer::RespondAndClose(Response::new(200, JSON, "")),
    }
}

/// The answer when the database or anything else fails.
pub fn internal_error(spaces: &[char]) -> Response {
    let status = Status { http: 500, code: 13, message: "internal server error".to_owned(), description: None };
    json_response(500, &status.to_json(), spaces)
}

const JSON: &str = "application/json";

/// Absent, or one of exactly two spellings.
fn media_type_is_known(request: &Request) -> bool {
    let mut values = request.header_values("Content-Type");
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(value), None) => matches!(value, JSON | "application/json; charset=utf-8"),
        (Some(_), Some(_)) => false,
    }
}

fn json_response(status: u16, json: &str, spaces: &[char]) -> Response {
    // The field belongs to requests; the service sends it all the same.
    Response::new(status, JSON, json::spaced(json, spaces)).with("Accept-Encoding", "gzip")
}

enum Failure {
    Status(Status),
    Panic,
}

/// google.rpc.Status; `code` is gRPC's number.
struct Status {
    http: u16,
    code: i64,
    message: String,
    description: Option<&'static str>,
}

impl Status {
    fn to_json(&self) -> String {
        let details = self.description.map(|description| {
            Object::new()
                .string("@type", "type.googleapis.com/tesseral.common.v1.ErrorDetail")
                .raw("description", &json::protobuf_string(description))
                .string("docsLink", "")
                .close()
        });
        Object::new()
            .integer("code", self.code)
            .raw("message", &json::protobuf_string(&self.message))
            .raw("details", &json::array(details))
            .close()
    }
}

fn failure(http: u16, code: i64, message: &str, description: Option<&'static str>) -> Failure {
    Failure::Status(Status { http, code, message: message.to_owned(), description })
}

/// The success as JSON. The message is decoded before the interceptor looks at `Authorization`.
fn authenticate(request: &Request, project: &Project) -> Result<String, Failure> {
    let secret = secret_token(&request.body).map_err(|text| failure(400, 3, &text, None))?;
    check_backend_key(request, project)?;
    let key = project.api_keys.authenticate(&secret, date::now()).map_err(|denial| match denial {
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
fn check_backend_key(request: &Request, project: &Project) -> Result<(), Failure> {
    let authorization = request.header("Authorization").filter(|value| !value.is_empty());
    let Some(authorization) = authorization else {
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

/// The member `secretToken` (or `secret_token`) of the body, empty when absent or null; else why there is none.
fn secret_token(body: &[u8]) -> Result<String, String> {
    let syntax_error = |what: &str| format!("proto: syntax error (line 1:1): {what}");
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).map_err(|_| syntax_error("unexpected token"))?;
    let mut values = ["secretToken", "secret_token"].into_iter().filter_map(|name| members.get(name));
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(r#"proto: (line 1:1): duplicate field "secretToken""#.to_owned()),
        (None | Some(serde_json::Value::Null), None) => Ok(String::new()),
        (Some(serde_json::Value::String(secret)), None) => Ok(secret.clone()),
        (Some(_), None) => Err(r#"proto: (line 1:1): invalid value for string field secretToken"#.to_owned()),
    }
}
