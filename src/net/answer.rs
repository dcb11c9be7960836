//! What the service said about a good API key, kept without the key.

use crate::{api_key::ApiKey, auth::Auth, error::Error, json::StringList};
use std::{boxed::Box, fmt};

/// The holder of a good API key.
pub struct ApiKeyAnswer {
    api_key_id: Box<str>,
    organization_id: Box<str>,
    actions_json: Box<str>,
    actions_decoded: Box<str>,
}

impl ApiKeyAnswer {
    /// `auth` is of an API key.
    pub(super) fn new(auth: &Auth<'_>) -> Self {
        Self {
            api_key_id: auth.api_key_id().unwrap_or_default().into(),
            organization_id: auth.organization_id().into(),
            actions_json: auth.actions().as_json().into(),
            actions_decoded: auth.actions().decoded().into(),
        }
    }

    /// Octets that it takes.
    pub(super) fn len(&self) -> usize {
        [&self.api_key_id, &self.organization_id, &self.actions_json, &self.actions_decoded]
            .into_iter()
            .fold(0, |len, text| len.saturating_add(text.len()))
    }

    /// The authenticated request, which borrows from here.
    #[must_use]
    pub fn auth<'a>(&'a self, key: &ApiKey<'a>) -> Auth<'a> {
        let actions = StringList::new(&self.actions_json, &self.actions_decoded);
        Auth::api_key(key.as_bytes(), &self.api_key_id, &self.organization_id, actions)
    }

    /// The same, borrowing from `scratch`.
    pub(crate) fn copy_into<'a>(&self, key: &ApiKey<'a>, scratch: &'a mut [u8]) -> Result<Auth<'a>, Error> {
        let (api_key_id, rest) = place(&self.api_key_id, scratch)?;
        let (organization_id, rest) = place(&self.organization_id, rest)?;
        let (actions_json, rest) = place(&self.actions_json, rest)?;
        let (actions_decoded, _) = place(&self.actions_decoded, rest)?;
        let actions = StringList::new(actions_json, actions_decoded);
        Ok(Auth::api_key(key.as_bytes(), api_key_id, organization_id, actions))
    }
}

/// Copies to the front; gives that and the rest.
fn place<'a>(text: &str, scratch: &'a mut [u8]) -> Result<(&'a str, &'a mut [u8]), Error> {
    let (front, rest) = scratch.split_at_mut_checked(text.len()).ok_or(Error::BufferTooSmall)?;
    front.copy_from_slice(text.as_bytes());
    Ok((core::str::from_utf8(front).map_err(|_| Error::InternalError)?, rest))
}

/// Prints the key's ID, which is not secret.
impl fmt::Debug for ApiKeyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyAnswer").field("api_key_id", &self.api_key_id).finish_non_exhaustive()
    }
}
