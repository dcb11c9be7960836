//! What an endpoint decides to send.

use super::http::Response;

/// What the client gets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// This response.
    Respond(Response),
    /// This response, and then a connection that dies: a panic after the status was decided.
    RespondAndClose(Response),
    /// A connection that dies without a response: a panic before.
    Close,
}
