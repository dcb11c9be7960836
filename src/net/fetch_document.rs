//! Fetching without an authenticator.

use super::{fault::Fault, http::Client, settings::Settings};
use std::vec::Vec;

/// Fetches the configuration document once.
///
/// # Errors
/// As [`Fault`] says; [`Fault::Refused`] with [`Error::InvalidArgument`](crate::Error::InvalidArgument) for settings
/// out of range. The document is not checked.
pub fn fetch_document(settings: &Settings) -> Result<Vec<u8>, Fault> {
    settings.check().and_then(|()| Client::new(settings)).map_err(Fault::Refused)?.fetch_document()
}
