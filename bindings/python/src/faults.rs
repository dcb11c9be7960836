//! The library's names for what goes wrong on the way to the service.

use tesseral_verify::{Error, net::Fault};

/// The fault with this name, or None. `status`: that of the answer, for `http_status`.
pub fn named(slug: &str, status: u16) -> Option<Fault> {
    let faults = [
        Fault::TimedOut,
        Fault::HostNotFound,
        Fault::ConnectionRefused,
        Fault::ConnectionFailed,
        Fault::TlsFailed,
        Fault::AnswerMalformed,
        Fault::AnswerTooLarge,
        Fault::Status(status),
    ];
    let refusals = Error::ALL.iter().map(|error| Fault::Refused(*error));
    faults.into_iter().chain(refusals).find(|known| known.slug() == slug)
}
