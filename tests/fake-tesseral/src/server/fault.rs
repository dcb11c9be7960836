//! Faults that a test asks for.

use std::time::Duration;

/// A deviation from the honest answer; the request is read, counted and recorded all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The honest answer, late.
    Delay(Duration),
    /// The honest answer at once up to the body, then the body in pieces of `octets`, each after a pause.
    Trickle {
        /// Octets of a piece; 0 counts as 1.
        octets: usize,
        /// Wait before each piece.
        pause: Duration,
    },
    /// The honest head, then only so many octets of the body, then the end of the connection.
    Truncate {
        /// Octets of the body that are sent.
        octets: usize,
    },
    /// The connection is closed without an answer.
    Close,
    /// The connection is reset (TCP RST) without an answer.
    Reset,
    /// No answer, and the connection stays open.
    Hang,
    /// This status with a line of text; 500 on the API-key endpoint has the service's own JSON.
    Status(u16),
    /// 200 with a page of HTML, as a captive portal or a wrong host answers.
    Html,
    /// 200, `application/json`, no body.
    EmptyOk,
    /// The honest JSON, valid but padded with spaces to at least so many octets.
    Oversize {
        /// Octets of the body.
        octets: usize,
    },
    /// 302 to this place.
    Redirect {
        /// The value of `Location`.
        location: String,
    },
    /// The honest body, in gzip, though the client did not ask for it.
    Gzip,
    /// The honest body in chunks.
    Chunked,
    /// The honest answer with the second half of its body missing and a `Content-Length` that fits: broken JSON.
    MalformedJson,
    /// These octets instead of an answer, head included; then the connection ends.
    Raw(Vec<u8>),
}
