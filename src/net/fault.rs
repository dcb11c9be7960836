//! What goes wrong on the way to the service. No octet of an answer, a key or a token is in here.

use crate::error::Error;
use std::fmt;

/// Why there is no new document, or no answer about an API key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// No answer within the time-out.
    TimedOut,
    /// The host's name has no address.
    HostNotFound,
    /// Nothing listens at the host's address and port.
    ConnectionRefused,
    /// No connection, or it broke.
    ConnectionFailed,
    /// The certificate is not trusted, or there is no TLS.
    TlsFailed,
    /// The answer is not HTTP, or ends too early.
    AnswerMalformed,
    /// The answer is over the limit of length.
    AnswerTooLarge,
    /// The answer has this HTTP status.
    Status(u16),
    /// The document, or the answer about an API key, was refused.
    Refused(Error),
    /// The last-good file is there and cannot be read, or its document is refused.
    FileUnusable,
    /// The document in the last-good file is older than the stale limit.
    FileTooOld,
    /// The last-good file does not begin with the line that identifies its project.
    FileUnmarked,
    /// The last-good file is for another publishable key or another host.
    FileOfAnother,
    /// The fetch of the last-good file's document began in the future, by this machine's wall clock.
    FileFromTheFuture,
    /// The last-good file cannot be written.
    FileUnwritable,
    /// A thread could not be started: the background's, or one that looks a host's name up.
    NoThread,
}

impl Fault {
    /// The fault of an answer with this status that is no verdict on an API key.
    pub(super) const fn of_answer(status: u16) -> Self {
        if status == 200 { Self::Refused(Error::ApiKeyLookupFailed) } else { Self::Status(status) }
    }

    /// The stable name, for logs and metrics: lower-case letters and underscores.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::HostNotFound => "host_not_found",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionFailed => "connection_failed",
            Self::TlsFailed => "tls_failed",
            Self::AnswerMalformed => "answer_malformed",
            Self::AnswerTooLarge => "answer_too_large",
            Self::Status(_) => "http_status",
            Self::Refused(error) => error.slug(),
            Self::FileUnusable => "file_unusable",
            Self::FileTooOld => "file_too_old",
            Self::FileUnmarked => "file_unmarked",
            Self::FileOfAnother => "file_of_another",
            Self::FileFromTheFuture => "file_from_the_future",
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
            Self::ConnectionRefused => "nothing listens at the host's address and port",
            Self::ConnectionFailed => "the connection failed",
            Self::TlsFailed => "the host is not trusted",
            Self::AnswerMalformed => "the answer is not HTTP or ends too early",
            Self::AnswerTooLarge => "the answer is too large",
            Self::Status(status) => return write!(f, "the answer has HTTP status {status}"),
            Self::Refused(error) => error.text(),
            Self::FileUnusable => "the last-good file cannot be used",
            Self::FileTooOld => "the document in the last-good file is too old",
            Self::FileUnmarked => "the last-good file does not say what it is for",
            Self::FileOfAnother => "the last-good file is another project's or another host's",
            Self::FileFromTheFuture => "the last-good file was fetched in the future, by this machine's clock",
            Self::FileUnwritable => "the last-good file cannot be written",
            Self::NoThread => "a thread could not be started",
        })
    }
}

impl std::error::Error for Fault {}
