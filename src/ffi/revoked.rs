//! The caller's list of revoked sessions and users.

#[cfg(feature = "std")]
use super::authenticator::tesseral_authenticator;
use super::{
    constants::{
        TESSERAL_CREDENTIALS_ACCESS_TOKEN, TESSERAL_CREDENTIALS_API_KEY, TESSERAL_REVOKED_ALIGN,
        TESSERAL_REVOKED_HEAD_SIZE,
    },
    guard::{Buffer, Out, Region, SizedStruct, guard, keep_apart, object, octets, string},
    memory::tesseral_verifier,
    types::tesseral_auth,
};
use crate::{
    error::Error,
    revoked::{self, Revoked},
};

/// Sessions and users that are revoked before their tokens expire.
///
/// A list never changes: any number of threads may share it. To use a newer one, make a second list, and keep the first
/// until its last reader has finished.
pub struct tesseral_revoked {
    revoked: Revoked<'static>,
    memory_len: usize,
}

impl tesseral_revoked {
    fn region(&self) -> Result<Region, Error> {
        let start: *const Self = self;
        Region::new(start, self.memory_len)
    }
}

/// Bytes that a list needs: 24 for each of its lines, and a few more.
///
/// list: list_len octets, as for tesseral_revoked_init().
/// Returns 0 when list is NULL and list_len is not 0. TESSERAL_REVOKED_SIZE gives the same for a number of lines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_revoked_size(list: *const u8, list_len: usize) -> usize {
    // SAFETY: the caller promises readable octets (header, "list").
    let Ok(list) = (unsafe { octets(list, list_len) }) else { return 0 };
    TESSERAL_REVOKED_HEAD_SIZE.saturating_add(revoked::size(revoked::lines(list)))
}

/// Reads a list of revoked sessions and users into the caller's memory. Nothing is allocated, and there is nothing to free.
///
/// The first line is "tesseral-revoked 1". Every other line is a project ID, one blank, and the ID of a session or of a user
/// of that project; lines that are empty or begin with # are skipped. An ID is what the issuer writes: project_, session_ or
/// user_ and 25 digits of base 36. Lines end in LF or CR LF. The last line must have its end, too, so that a list that was
/// cut off is refused. Write a new file and rename it, so that no reader sees half of it. An entry may occur twice.
///
/// memory:     memory_len bytes, aligned to TESSERAL_REVOKED_ALIGN; they belong to the list while it is used.
///             tesseral_revoked_size() says how many are needed. They are written only when 0 is returned.
/// list:       list_len octets; it may be freed afterwards.
/// seed:       seed_len octets, at least 16; the first 16 are used. Random, so that an attacker cannot choose IDs that make
///             a search long.
/// revoked:    written only when 0 is returned; it points into memory.
/// error_line: NULL, or written when TESSERAL_ERR_REVOCATIONS_MALFORMED is returned: the line at fault, from 1 on.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL (memory, or a short seed) or
/// TESSERAL_ERR_REVOCATIONS_MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_revoked_init(
    memory: *mut u8,
    memory_len: usize,
    list: *const u8,
    list_len: usize,
    seed: *const u8,
    seed_len: usize,
    revoked: *mut *const tesseral_revoked,
    error_line: *mut usize,
) -> u32 {
    guard(|| {
        let place = Buffer::new(memory, memory_len)?;
        if !memory.addr().is_multiple_of(TESSERAL_REVOKED_ALIGN) {
            return Err(Error::InvalidArgument);
        }
        // SAFETY: the caller promises readable octets (header, "list").
        let list = unsafe { octets(list, list_len) }?;
        // SAFETY: the caller promises readable octets (header, "seed").
        let seed = unsafe { octets(seed, seed_len) }?;
        let out = Out::new(revoked)?;
        let line_out = if error_line.is_null() { None } else { Some(Out::new(error_line)?) };
        let outputs = [place.region(), out.region(), line_out.as_ref().map_or(Region::NONE, Out::region)];
        keep_apart(&outputs, &[Region::of_slice(list), Region::of_slice(seed)])?;
        let seed = *seed.first_chunk::<16>().ok_or(Error::BufferTooSmall)?;
        // SAFETY: the caller promises writable memory (header, "memory"), which overlaps no other argument.
        let memory_octets = unsafe { place.as_mut() };
        let slots = memory_octets.split_at_mut_checked(TESSERAL_REVOKED_HEAD_SIZE);
        let (_, slots) = slots.ok_or(Error::BufferTooSmall)?;
        let revoked = match Revoked::load(list, slots, seed) {
            Ok(revoked) => revoked,
            Err(refused) => {
                if let (Some(out), Some(line)) = (line_out, refused.line) {
                    // SAFETY: the caller promises a writable number or NULL (header, "error_line").
                    unsafe { out.write(line) };
                }
                return Err(refused.error);
            }
        };
        let head = memory.cast::<tesseral_revoked>();
        // SAFETY: aligned, large enough, and promised to us; the slots lie behind it.
        unsafe { head.write(tesseral_revoked { revoked, memory_len }) };
        // SAFETY: the caller promises a writable pointer (header, "revoked").
        unsafe { out.write(head) };
        Ok(())
    })
}

/// How many sessions and users are on a list.
///
/// Returns 0 when revoked is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_revoked_entries(revoked: *const tesseral_revoked) -> usize {
    // SAFETY: the caller promises a list of ours or NULL.
    unsafe { object(revoked) }.map_or(0, |revoked| revoked.revoked.len())
}

/// Refuses an accepted access token whose session or user is on a list, for the verifier's project.
///
/// Call it after tesseral_authenticate() or tesseral_verify_token() has returned 0, also when a cache has the token. The
/// token of an impersonated session names that session and the impersonated user, but not the ID of the impersonator. API
/// keys pass: the service says whether they are revoked.
///
/// revoked:  NULL when there is no list, which refuses no token.
/// verifier: the one that has accepted the token.
/// auth:     the result of that verifier.
/// Returns 0, TESSERAL_ERR_TOKEN_REVOKED, or TESSERAL_ERR_INVALID_ARGUMENT (also when auth was not filled, or neither document
/// nor options have a project ID).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_revoked_check(
    revoked: *const tesseral_revoked,
    verifier: *const tesseral_verifier,
    auth: *const tesseral_auth,
) -> u32 {
    guard(|| {
        if revoked.is_null() {
            return Ok(());
        }
        // SAFETY: the caller promises a list of ours or NULL.
        let revoked = unsafe { object(revoked) }?;
        revoked.region()?;
        // SAFETY: the caller promises a verifier of ours or NULL.
        let verifier = unsafe { object(verifier) }?;
        let project_id = verifier.verifier.policy().project_id().ok_or(Error::InvalidArgument)?;
        // SAFETY: the caller promises a filled struct (header, "auth").
        unsafe { check(&revoked.revoked, project_id, auth) }
    })
}

/// As tesseral_revoked_check(), for what an authenticator has accepted; the project is that of its newest document.
///
/// Returns TESSERAL_ERR_KEYS_UNAVAILABLE, too, when it has no document yet.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_check_revoked(
    authenticator: *const tesseral_authenticator,
    revoked: *const tesseral_revoked,
    auth: *const tesseral_auth,
) -> u32 {
    guard(|| {
        if revoked.is_null() {
            return Ok(());
        }
        // SAFETY: the caller promises a list of ours or NULL.
        let revoked = unsafe { object(revoked) }?;
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let authenticator = unsafe { object(authenticator) }?;
        // SAFETY: the caller promises a filled struct (header, "auth").
        let check = |project_id: &str| unsafe { check(&revoked.revoked, project_id, auth) };
        authenticator.authenticator.with_project_id(check)
    })
}

/// # Safety
/// `auth` is NULL or a filled struct, whose strings are readable.
unsafe fn check(revoked: &Revoked<'_>, project_id: &str, auth: *const tesseral_auth) -> Result<(), Error> {
    // SAFETY: the caller promises a struct that begins with its size.
    let auth = unsafe { SizedStruct::new(auth.cast_mut()) }?;
    // SAFETY: the caller promises a valid struct.
    let auth = unsafe { auth.as_ref() };
    match auth.credentials_type {
        TESSERAL_CREDENTIALS_ACCESS_TOKEN => {}
        TESSERAL_CREDENTIALS_API_KEY => return Ok(()),
        _ => return Err(Error::InvalidArgument),
    }
    // SAFETY: the caller promises readable strings.
    let session = unsafe { string(auth.claims.session_id) }?;
    // SAFETY: the caller promises readable strings.
    let user = unsafe { string(auth.claims.user_id) }?;
    // SAFETY: the caller promises readable strings.
    let subject = unsafe { string(auth.claims.sub) }?;
    revoked.check_ids(project_id, [session, user, subject])
}

const _: () = {
    assert!(align_of::<tesseral_revoked>() <= TESSERAL_REVOKED_ALIGN);
    assert!(size_of::<tesseral_revoked>() <= TESSERAL_REVOKED_HEAD_SIZE);
};
