//! Values of a token that tesseral_access_token_claims lacks: any member of the payload, and the kid.

use super::{
    auth::{filled, of_access_token},
    guard::{Buffer, Out, Region, array, guard, keep_apart, string},
    types::{tesseral_auth, tesseral_str},
};
use crate::{
    claims,
    error::Error,
    json::{Reader, Value},
    jws,
    limits::MAX_KID_LEN,
};

/// Finds a value in the payload of an access token, by a path of member names: {"organization", "id"}.
///
/// A string is given without its quotes and escapes, any other value as its JSON text. Names are compared after their
/// escapes are decoded. There is no value when a name is absent, occurs twice in its object, or is looked for in a value
/// that is no object; and when the value is null.
///
/// path:  path_count names, at least one; each object is a member of the one before.
/// room:  room_len bytes for a string that has escapes: the payload's length suffices. May be NULL when room_len is 0.
/// value: written only when 0 is returned; it points into the payload or into room. None when there is no value.
/// Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, TESSERAL_ERR_BUFFER_TOO_SMALL for room, or
/// TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_find_claim(
    auth: *const tesseral_auth,
    path: *const tesseral_str,
    path_count: usize,
    room: *mut u8,
    room_len: usize,
    value: *mut tesseral_str,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a filled struct.
        let (auth, region) = unsafe { filled(auth) }?;
        // SAFETY: the caller promises readable names (header, "path").
        let path = unsafe { array(path, path_count) }?;
        let room = if room_len == 0 { None } else { Some(Buffer::new(room, room_len)?) };
        let out = Out::new(value)?;
        let outputs = [room.as_ref().map_or(Region::NONE, Buffer::region), out.region()];
        keep_apart(&outputs, &[region, Region::of_slice(path)])?;
        let auth = of_access_token(auth)?;
        // SAFETY: the struct was filled by this library.
        let payload = unsafe { string(auth.payload) }?;
        keep_apart(&outputs, &[Region::of_slice(payload)])?;
        if path.is_empty() {
            return Err(Error::InvalidArgument);
        }
        for name in path {
            // SAFETY: the caller promises readable octets (header, "path").
            keep_apart(&outputs, &[Region::of_slice(unsafe { string(*name) }?)])?;
        }
        // SAFETY: each was checked above; the caller promises that they stay readable.
        let names = path.iter().map(|name| unsafe { string(*name) }.unwrap_or(&[]));
        let found = claims::find(payload, names).map_err(|_| Error::InvalidArgument)?;
        let found = match found {
            None => tesseral_str::NONE,
            Some(json) => {
                // SAFETY: the caller promises writable memory (header, "room"), which overlaps no other argument.
                let room = room.map_or(&mut [][..], |room| unsafe { room.as_mut() });
                tesseral_str::new(text_of(json, room)?)
            }
        };
        // SAFETY: the caller promises a writable result.
        unsafe { out.write(found) };
        Ok(())
    })
}

/// The kid of the key that signed an accepted access token.
///
/// room: room_len bytes, at least TESSERAL_MAX_KID_LEN.
/// kid:  written only when 0 is returned; it points into room. None when the token's header, decoded, has over 512 octets, which
///       the issuer never writes.
/// Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, TESSERAL_ERR_BUFFER_TOO_SMALL for room, or
/// TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_kid(
    auth: *const tesseral_auth,
    room: *mut u8,
    room_len: usize,
    kid: *mut tesseral_str,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a filled struct.
        let (auth, region) = unsafe { filled(auth) }?;
        let (room, out) = (Buffer::new(room, room_len)?, Out::new(kid)?);
        let outputs = [room.region(), out.region()];
        keep_apart(&outputs, &[region])?;
        let auth = of_access_token(auth)?;
        // SAFETY: the struct was filled by this library.
        let token = unsafe { string(auth.credentials) }?;
        keep_apart(&outputs, &[Region::of_slice(token)])?;
        // SAFETY: the caller promises writable memory (header, "room"), which overlaps no other argument.
        let room = unsafe { room.as_mut() }.first_chunk_mut::<MAX_KID_LEN>().ok_or(Error::BufferTooSmall)?;
        let found = tesseral_str::optional(jws::kid_of(token, room));
        // SAFETY: the caller promises a writable result.
        unsafe { out.write(found) };
        Ok(())
    })
}

/// A string's text, decoded; of any other value, the JSON text.
fn text_of<'a>(json: &'a str, room: &'a mut [u8]) -> Result<&'a str, Error> {
    match Reader::new(json.as_bytes()).and_then(|mut reader| reader.value()) {
        Ok(Value::String(text)) => match text.plain() {
            Some(plain) => Ok(plain),
            None => text.decode_into(room).ok_or(Error::BufferTooSmall),
        },
        _ => Ok(json),
    }
}
