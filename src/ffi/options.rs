//! The options of a verifier, checked.

use super::{
    constants::{TESSERAL_PROFILE_COMPACT, TESSERAL_PROFILE_SERVER, TESSERAL_PROFILE_TINY},
    guard::{Region, SizedStruct, object, string},
    types::tesseral_options,
};
use crate::{error::Error, es256::Profile, policy::Options};

/// The options, and the regions of their struct, strings and base table.
///
/// # Safety
/// `options` is NULL or a valid struct. For `'o`, its strings are readable, and its base table is one of ours or NULL.
pub(super) unsafe fn options_from<'o>(options: *const tesseral_options) -> Result<(Options<'o>, [Region; 4]), Error> {
    if options.is_null() {
        return Ok((Options::new(), [Region::NONE; 4]));
    }
    // SAFETY: the caller's promise.
    let given = unsafe { SizedStruct::new(options.cast_mut()) }?;
    let struct_used = given.region();
    // SAFETY: the caller's promise.
    let given = unsafe { given.as_ref() };
    // SAFETY: the caller's promise.
    let issuer = unsafe { string(given.issuer) }?;
    // SAFETY: the caller's promise.
    let project_id = unsafe { string(given.project_id) }?;
    let mut used = [struct_used, Region::of_slice(issuer), Region::of_slice(project_id), Region::NONE];
    let text = |octets: &'o [u8]| core::str::from_utf8(octets).map_err(|_| Error::InvalidArgument);
    let mut options = Options::new().leeway_seconds(given.leeway_seconds).profile(profile_from(given.profile)?);
    if !given.base_table.is_null() {
        // SAFETY: the caller's promise.
        let shared = unsafe { object(given.base_table) }?;
        options = options.base_table(&shared.table);
        used[3] = shared.region()?;
    }
    if !issuer.is_empty() {
        options = options.issuer(text(issuer)?);
    }
    if !project_id.is_empty() {
        options = options.project_id(text(project_id)?);
    }
    if given.max_token_len != 0 {
        let octets = usize::try_from(given.max_token_len).map_err(|_| Error::InvalidArgument)?;
        options = options.max_token_len(octets);
    }
    match (given.api_keys, given.reserved) {
        (accepted @ 0..=1, 0) => Ok((options.api_keys(accepted == 1), used)),
        _ => Err(Error::InvalidArgument),
    }
}

pub(super) fn profile_from(number: u32) -> Result<Profile, Error> {
    let profile = match number {
        TESSERAL_PROFILE_SERVER => Profile::Server,
        TESSERAL_PROFILE_COMPACT => Profile::Compact,
        TESSERAL_PROFILE_TINY => Profile::Tiny,
        _ => return Err(Error::InvalidArgument),
    };
    if profile.is_built() { Ok(profile) } else { Err(Error::InvalidArgument) }
}
