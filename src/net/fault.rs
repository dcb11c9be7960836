//! What goes wrong on the way to the service. No octet of an answer, a key or a token is in here.

use crate::error::Error;
use std::fmt;

/// Why there is no new document, or no answer about an API key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing within the time-out.
    TimedOut,
    /// The host's name has no address.
    HostNotFound,
    /// No connection, or it broke.
    ConnectionFailed,
    /// The certificate is not trusted, or there is no TLS.
    TlsFailed,
    /// The answer is not HTTP, or ends too early.
    AnswerMalformed,
    /// The answer is longer than any that is looked at.
    AnswerTooLarge,
    /// The answer has this HTTP status.
    Status(u16),
    /// The document, or the answer about an API key, was refused.
    Refused(Error),
    /// The last-good file is there and cannot be read, or is too old.
    FileUnusable,
    /// The last-good file cannot be written.
    FileUnwritable,
    /// The background thread could not be started.
    NoThread,
}

impl Fault {
    /// The stable name, for logs and metrics: lower-case letters and underscores.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::HostNotFound => "host_not_found",
            Self::ConnectionFailed => "connection_failed",
            Self::TlsFailed => "tls_failed",
            Self::AnswerMalformed => "answer_malformed",
            Self::AnswerTooLarge => "answer_too_large",
            Self::Status(_) => "http_status",
            Self::Refused(error) => error.slug(),
            Self::FileUnusable => "file_unusable",
            Self::FileUnwritable => "file_unwritable",
            Self::NoThread => "no_thread",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "no answer within the time-out",
            Self::HostNotFound => "the host's name has no address",
            Self::ConnectionFailed => "the connection failed",
            Self::TlsFailed => "the host is not trusted",
            Self::AnswerMalformed => "the answer is not HTTP or ends too early",
            Self::AnswerTooLarge => "the answer is too large",
            Self::Status(status) => return write!(f, "the answer has HTTP status {status}"),
            Self::Refused(error) => error.text(),
            Self::FileUnusable => "the last-good file cannot be used",
            Self::FileUnwritable => "the last-good file cannot be written",
            Self::NoThread => "the background thread could not be started",
        })
    }
}

impl std::error::Error for Fault {}
