//! Moving the strings of a result to memory of the caller's.

use super::{
    auth::filled,
    guard::{Buffer, Region, SizedStruct, guard, keep_apart, string},
    types::{tesseral_auth, tesseral_str},
};
use crate::error::Error;

/// Bytes of memory that tesseral_auth_copy() needs: for the payload, and for every string outside of it.
///
/// Returns 0 when auth is NULL or was not filled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_size(auth: *const tesseral_auth) -> usize {
    let mut size = 0;
    guard(|| {
        // SAFETY: the caller promises a filled struct.
        let (auth, _) = unsafe { filled(auth) }?;
        size = lay_out(&mut { *auth }, |_, _, _| Ok(()))?;
        Ok(())
    });
    size
}

/// Copies a result with all of its strings, also the credential. Afterwards you may reuse or free the memory that they
/// pointed into: the request's headers, the scratch memory, the cache, the API-key endpoint's answer.
///
/// auth:   an access token, an API key, or an API key that has to be looked up first.
/// memory: memory_len bytes, at least tesseral_auth_size(auth). All strings in *copy point into it. It holds a secret
///         afterwards.
/// copy:   set struct_size first (TESSERAL_AUTH_INIT). It may be auth itself, whose strings move then. Memory and *copy
///         are written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled, and when memory or *copy overlap a string of
/// *auth or each other, or *auth in part) or TESSERAL_ERR_BUFFER_TOO_SMALL for memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_copy(
    auth: *const tesseral_auth,
    memory: *mut u8,
    memory_len: usize,
    copy: *mut tesseral_auth,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a filled struct.
        let (original, region) = unsafe { filled(auth) }?;
        let room = Buffer::new(memory, memory_len)?;
        // SAFETY: the caller promises a struct that begins with its size (header, "copy").
        let place = unsafe { SizedStruct::new(copy) }?;
        let outputs = [room.region(), place.region()];
        if core::ptr::eq(auth, copy) { keep_apart(&outputs, &[]) } else { keep_apart(&outputs, &[region]) }?;
        let mut moved = tesseral_auth { struct_size: place.struct_size(), ..*original };
        let size =
            lay_out(&mut { moved }, |string, _, _| keep_apart(&outputs, &[Region::new(string.ptr, string.len)?]))?;
        if memory_len < size {
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: the caller promises writable memory (header, "memory"), which overlaps no other argument.
        let octets = unsafe { room.as_mut() };
        lay_out(&mut moved, |found, at, is_part| {
            if !is_part {
                // SAFETY: the struct was filled by this library, and the caller promises that its strings are still there.
                let found = unsafe { string(*found) }?;
                let end = at.checked_add(found.len()).ok_or(Error::InternalError)?;
                octets.get_mut(at..end).ok_or(Error::InternalError)?.copy_from_slice(found);
            }
            found.ptr = memory.wrapping_add(at);
            Ok(())
        })?;
        // SAFETY: the caller promises a writable struct (header, "copy").
        unsafe { place.write(moved) };
        Ok(())
    })
}

/// Calls `each` for every string with its offset in the copy, and with whether the copied payload has it already. Returns
/// the length of the copy: first the payload, then, one after the other, the strings outside of it.
fn lay_out(
    auth: &mut tesseral_auth,
    mut each: impl FnMut(&mut tesseral_str, usize, bool) -> Result<(), Error>,
) -> Result<usize, Error> {
    let payload = auth.payload;
    let mut used = 0_usize;
    for (index, string) in auth.strings().enumerate() {
        if string.ptr.is_null() {
            // None, which stays none.
            if string.len == 0 { continue } else { return Err(Error::InvalidArgument) }
        }
        let start = string.ptr.addr().wrapping_sub(payload.ptr.addr());
        let is_part = index != 0 && start.checked_add(string.len).is_some_and(|end| end <= payload.len);
        let at = if is_part { start } else { used };
        if !is_part {
            used = used.checked_add(string.len).ok_or(Error::InvalidArgument)?;
        }
        each(string, at, is_part)?;
    }
    Ok(used)
}
