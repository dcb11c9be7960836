//! `GET /v1/config/{publishable_key}`: the config document.

use super::answer::Answer;
use super::http::{Request, Response};
use super::query::percent_decode;
use crate::answers;

/// Where the endpoint is; the publishable key follows.
pub const PATH: &str = answers::CONFIG_PATH;

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
    match answers::config(publishable_key, &key, document) {
        None => Answer::Close,
        Some(said) => respond(request, Response::new(said.status, JSON, said.body)),
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
