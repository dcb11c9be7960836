//! The arguments that calls about a request share, checked, and their result.

use super::{
    cache::{cache_of, tesseral_cache},
    guard::{Buffer, Region, SizedStruct, array, keep_apart, string},
    types::{tesseral_auth, tesseral_headers, tesseral_str},
};
#[cfg(feature = "std")]
use crate::verify::Authentication;
use crate::{
    cache::Cache,
    error::Error,
    verify::{Candidates, Verifier},
};

/// The arguments of a call about a request, checked.
pub(super) struct Call<'a> {
    pub(super) headers: Headers<'a>,
    pub(super) cache: Option<&'a mut Cache<'static>>,
    pub(super) scratch: &'a mut [u8],
    pub(super) auth: SizedStruct<tesseral_auth>,
}

impl<'a> Call<'a> {
    /// # Safety
    /// As `tesseral_authenticate` says of these arguments. `object` is further memory that the call reads, `output` further
    /// memory that it writes.
    #[inline(always)]
    pub(super) unsafe fn new(
        cache: *mut tesseral_cache,
        headers: *const tesseral_headers,
        (scratch, scratch_len): (*mut u8, usize),
        auth: *mut tesseral_auth,
        object: Region,
        output: Region,
    ) -> Result<Self, Error> {
        // SAFETY: the caller promises a cache of its own or NULL.
        let (cache, cache_region) = unsafe { cache_of(cache) }?;
        // SAFETY: the caller promises valid headers (header, "headers").
        let headers = unsafe { Headers::new(headers) }?;
        let scratch = Buffer::new(scratch, scratch_len)?;
        // SAFETY: the caller promises a struct that begins with its size (header, "auth").
        let auth = unsafe { SizedStruct::new(auth) }?;
        headers.keep_apart(&[scratch.region(), auth.region(), cache_region, output], object)?;
        // SAFETY: the caller promises writable memory (header, "scratch"), which overlaps no other argument.
        let scratch = unsafe { scratch.as_mut() };
        Ok(Self { headers, cache, scratch, auth })
    }
}

/// The parts of a request that may carry a credential. Each value is checked.
pub(super) struct Headers<'a> {
    authorization: &'a [tesseral_str],
    cookie: &'a [tesseral_str],
    /// A credential from elsewhere in the request.
    credential: Option<&'a [u8]>,
    api_keys: bool,
    region: Region,
}

impl<'a> Headers<'a> {
    /// # Safety
    /// `headers` is NULL or a valid struct, whose arrays and values stay readable for `'a`.
    #[inline(always)]
    pub(super) unsafe fn new(headers: *const tesseral_headers) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        let headers = unsafe { SizedStruct::new(headers.cast_mut()) }?;
        let region = headers.region();
        // SAFETY: the caller's promise.
        let headers = unsafe { headers.as_ref() };
        // SAFETY: the caller's promise.
        let authorization = unsafe { values(headers.authorization, headers.authorization_count) }?;
        // SAFETY: the caller's promise.
        let cookie = unsafe { values(headers.cookie, headers.cookie_count) }?;
        // SAFETY: the caller's promise.
        let credential = Some(unsafe { string(headers.credential) }?).filter(|_| !headers.credential.ptr.is_null());
        let api_keys = match headers.refuse_api_keys {
            refused @ 0..=1 => refused == 0,
            _ => return Err(Error::InvalidArgument),
        };
        if credential.is_some() && !(authorization.is_empty() && cookie.is_empty()) {
            return Err(Error::InvalidArgument);
        }
        Ok(Self { authorization, cookie, credential, api_keys, region })
    }

    /// Refuses outputs that touch the headers, `object` or each other.
    #[inline(always)]
    pub(super) fn keep_apart<const OUTPUTS: usize>(
        &self,
        outputs: &[Region; OUTPUTS],
        object: Region,
    ) -> Result<(), Error> {
        let credential = self.credential.map_or(Region::NONE, Region::of_slice);
        let [authorization, cookie] = [self.authorization, self.cookie].map(Region::of_slice);
        let inputs = [object, self.region, authorization, cookie, credential];
        keep_apart(outputs, &inputs)?;
        for values in [self.authorization, self.cookie] {
            for value in values {
                keep_apart(outputs, &[Region::new(value.ptr, value.len)?])?;
            }
        }
        Ok(())
    }

    /// The credentials among them, for a verifier to try.
    #[inline(always)]
    pub(super) fn extract(&self, verifier: &Verifier<'_>) -> Result<Candidates<'a>, Error> {
        let found = match self.credential {
            Some(credential) => Candidates::bare(credential)?,
            None => verifier.extract(self.authorization.iter().map(Self::read), self.cookie.iter().map(Self::read))?,
        };
        Ok(found.with_api_keys(self.api_keys))
    }

    fn read(value: &tesseral_str) -> &'a [u8] {
        // SAFETY: `values` has checked it; the caller of `new` promised that it stays readable.
        unsafe { string(*value) }.unwrap_or(&[])
    }
}

/// Checks the arguments of a call about a request, and writes the sender that `find` finds.
///
/// # Safety
/// As `tesseral_authenticate` says of these arguments. `object` is further memory that `find` reads, `output` further
/// memory that this function's caller writes.
#[cfg(feature = "std")]
pub(super) unsafe fn write_auth<'a>(
    cache: *mut tesseral_cache,
    headers: *const tesseral_headers,
    (scratch, scratch_len): (*mut u8, usize),
    auth: *mut tesseral_auth,
    object: Region,
    output: Region,
    find: impl FnOnce(&Headers<'a>, Option<&'a mut Cache<'static>>, &'a mut [u8]) -> Result<Authentication<'a>, Error>,
) -> Result<(), Error> {
    // SAFETY: the caller's promises are passed on.
    let call = unsafe { Call::new(cache, headers, (scratch, scratch_len), auth, object, output) }?;
    let (found, status) = match find(&call.headers, call.cache, call.scratch)? {
        Authentication::Complete(found) => (tesseral_auth::new(call.auth.struct_size(), &found), Ok(())),
        Authentication::LookupNeeded(key) => {
            (tesseral_auth::pending(call.auth.struct_size(), key.as_bytes()), Err(Error::ApiKeyLookupNeeded))
        }
    };
    // SAFETY: the caller promises a writable struct (header, "auth").
    unsafe { call.auth.write(found) };
    status
}

/// The values of a header, or tokens, each of them checked.
///
/// # Safety
/// `ptr` is NULL or `count` structs at it are readable for `'a`, and so are the octets that they name.
pub(super) unsafe fn values<'a>(ptr: *const tesseral_str, count: usize) -> Result<&'a [tesseral_str], Error> {
    // SAFETY: the caller's promise.
    let values = unsafe { array(ptr, count) }?;
    for value in values {
        // SAFETY: the caller's promise.
        unsafe { string(*value) }?;
    }
    Ok(values)
}
