//! `GET /v1/config/{publishable_key}`: the config document.

use super::answer::Answer;
use super::http::{Request, Response};
use super::query::percent_decode;
use crate::ids::{self, Refusal};
use crate::json::{self, Object};

/// Where the endpoint is; the publishable key follows.
pub const PATH: &str = "/v1/config/";

/// Answers a request whose path starts with [`PATH`]; `document` is the body for `publishable_key`.
pub fn answer(request: &Request, publishable_key: &str, document: impl FnOnce() -> Vec<u8>) -> Answer {
    let key = request.path().strip_prefix(PATH).unwrap_or_default();
    if key.is_empty() || key.contains('/') {
        return respond(request, Response::text(404, "404 page not found"));
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return respond(request, Response::phrase(405).with("Allow", "GET, HEAD"));
    }
    let key = percent_decode(key).unwrap_or_default();
    match ids::read(ids::PUBLISHABLE_KEY, &key) {
        Err(Refusal::TooLarge) => Answer::Close,
        Err(Refusal::Malformed) => respond(request, error(400, "invalid_argument", "invalid publishable key id")),
        Ok(_) if key != publishable_key => respond(request, error(404, "not_found", "publishable key not found")),
        Ok(_) => respond(request, Response::new(200, JSON, document())),
    }
}

const JSON: &str = "application/json";

/// The fields that the service adds for browsers, whatever the answer is.
fn respond(request: &Request, response: Response) -> Answer {
    let response = response.with("Vary", "Origin");
    Answer::Respond(match request.header("Origin") {
        Some(_) => response.with("Access-Control-Allow-Origin", "*"),
        None => response,
    })
}

/// `code` is the HTTP status here; the API-key endpoint has gRPC's numbers.
fn error(status: u16, message: &str, description: &str) -> Response {
    let detail = Object::new().string("description", description).close();
    let body = Object::new()
        .integer("code", i64::from(status))
        .string("message", message)
        .raw("details", &json::array([detail]))
        .close();
    Response::new(status, JSON, body + "\n")
}
