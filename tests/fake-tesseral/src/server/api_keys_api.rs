//! `POST /v1/api-keys/authenticate`: who holds an API key.

use super::answer::Answer;
use super::date;
use super::gzip::gzip;
use super::http::{Request, Response};
use crate::answers::{self, Said, api_key_error};
use crate::json;
use crate::project::Project;

/// Where the endpoint is.
pub const PATH: &str = answers::API_KEYS_PATH;

/// Answers a request to [`PATH`]; its JSON has a space after each of the characters `spaces`.
pub fn answer(request: &Request, project: &Project, spaces: &[char]) -> Answer {
    if request.method != "POST" {
        return Answer::Respond(Response::phrase(405).with("Allow", "POST"));
    }
    if !media_type_is_known(request) {
        return Answer::Respond(Response::phrase(415));
    }
    // The message is decoded before the interceptor looks at `Authorization`.
    let said = match secret_token(&request.body) {
        Ok(secret) => answers::api_key(project, request.header("Authorization"), &secret, date::now()),
        Err(text) => Some(api_key_error(400, 3, &text, None)),
    };
    let Some(said) = said else {
        // The deferred close of a panicking handler flushes an empty success.
        return Answer::RespondAndClose(Response::new(200, JSON, ""));
    };
    let response = json_response(&said, spaces);
    Answer::Respond(if said.status == 200 && request.lists("Accept-Encoding", "gzip") {
        let body = gzip(&response.body);
        Response { body, ..response }.with("Content-Encoding", "gzip")
    } else {
        response
    })
}

/// The answer when the database or anything else fails.
pub fn internal_error(spaces: &[char]) -> Response {
    json_response(&api_key_error(500, 13, "internal server error", None), spaces)
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

fn json_response(said: &Said, spaces: &[char]) -> Response {
    // The field belongs to requests; the service sends it all the same.
    Response::new(said.status, JSON, json::spaced(&said.body, spaces)).with("Accept-Encoding", "gzip")
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
