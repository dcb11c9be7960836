//! The authenticator: keys kept fresh, API keys looked up. Each item repeats `#[cfg(feature = "std")]`, because cbindgen
//! does not see that of the module.

use super::{
    cache::tesseral_cache,
    call::write_auth,
    guard::{Out, Region, guard, guard_bool, keep_apart, object},
    settings::{settings_from, tesseral_authenticator_options},
    types::{tesseral_auth, tesseral_headers},
};
use crate::{
    error::Error,
    net::Authenticator,
    verify::{Authentication, Verifier},
};
use alloc::{boxed::Box, sync::Arc};
use core::time::Duration;

/// Authenticates requests with keys that it keeps fresh over the network, and asks the service about API keys.
///
/// It runs one background thread, which fetches. Besides it there are threads that look up host names (at most two for each
/// name), one for each question that a tesseral_attempt asks, and one while attempts wait for a deadline. Any number of
/// threads may share one authenticator; many may live in one process. After fork(), the child's first call makes a thread,
/// locks and connections of its own.
#[cfg(feature = "std")]
pub struct tesseral_authenticator {
    /// Shared with attempts.
    pub(super) authenticator: Arc<Authenticator>,
}

/// Makes an authenticator and starts the first fetch. It neither waits for the network nor fails because of it.
///
/// options:       publishable_key is required.
/// authenticator: written only when 0 is returned. Free it with tesseral_authenticator_free().
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also for certificates that are no PEM, and for settings that can never work:
/// log gets the reason) or TESSERAL_ERR_INTERNAL_ERROR when no thread can be started.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_new(
    options: *const tesseral_authenticator_options,
    authenticator: *mut *const tesseral_authenticator,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises a valid struct (header, "options").
        let (settings, log, used) = unsafe { settings_from(options) }?;
        let out = Out::new(authenticator)?;
        keep_apart(&[out.region()], &used)?;
        if let Some(complaint) = settings.complaint() {
            log.say(complaint);
            return Err(Error::InvalidArgument);
        }
        let owned = Box::new(tesseral_authenticator { authenticator: Arc::new(Authenticator::new(settings)?) });
        // SAFETY: the caller promises a writable pointer (header, "authenticator").
        unsafe { out.write(Box::into_raw(owned)) };
        Ok(())
    })
}

/// Frees an authenticator and ends its background thread. That takes at most total_timeout_ms and half a second. No thread
/// may use the authenticator any more. Its attempts stay usable, but wait for no fetch any more.
///
/// authenticator: may be NULL.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_free(authenticator: *const tesseral_authenticator) {
    guard(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        unsafe { object(authenticator) }?;
        // SAFETY: `tesseral_authenticator_new` made it with Box::into_raw, and the caller gives it back once.
        drop(unsafe { Box::from_raw(authenticator.cast_mut()) });
        Ok(())
    });
}

/// Bytes of scratch memory that each call with this authenticator needs.
///
/// Returns 0 when authenticator is NULL.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_scratch_size(authenticator: *const tesseral_authenticator) -> usize {
    // SAFETY: the caller promises an authenticator of ours or NULL.
    unsafe { object(authenticator) }.map_or(0, |ours| ours.authenticator.scratch_len())
}

/// Finds the credential in a request's headers and says who sent the request. May block.
///
/// While there is no usable document, it waits for one, at most the total time-out. For an API key it waits for the
/// service's answer, at most the total time-out, or twice that when another request had asked before. When a token's key is
/// unknown, it waits for one early fetch, at most key_wait_ms, and then judges the request once more. At most key_waiters
/// requests wait so at a time.
///
/// cache:   a cache of this thread's own, or NULL.
/// now:     seconds since 1970-01-01T00:00:00Z.
/// scratch: at least tesseral_authenticator_scratch_size() bytes; the strings in *auth point into it.
/// auth:    set struct_size first (TESSERAL_AUTH_INIT); written only when 0 is returned.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL for scratch, why the credential is refused, as
/// tesseral_authenticate(), or TESSERAL_ERR_KEYS_UNAVAILABLE, _API_KEY_INVALID, _API_KEYS_NOT_PERMITTED or
/// _API_KEY_LOOKUP_FAILED.
/// Thread safety: any number of threads may share one authenticator; cache, scratch and auth belong to one call.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_authenticate(
    authenticator: *const tesseral_authenticator,
    cache: *mut tesseral_cache,
    headers: *const tesseral_headers,
    now: i64,
    scratch: *mut u8,
    scratch_len: usize,
    auth: *mut tesseral_auth,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = unsafe { object(authenticator) }?;
        // SAFETY: the caller's promises are passed on.
        unsafe {
            write_auth(
                cache,
                headers,
                (scratch, scratch_len),
                auth,
                ours.region()?,
                Region::NONE,
                |headers, cache, scratch| {
                    let extract = |verifier: &Verifier<'_>| headers.extract(verifier);
                    let found = ours.authenticator.authenticate_with(extract, now, cache, scratch);
                    found.map(Authentication::Complete)
                },
            )
        }
    })
}

/// Whether requests can be accepted: there is a document, and it is not too old.
///
/// wait_ms: how long to wait for a first document; 0 does not block.
/// Returns true when they can. Returns false when they cannot, and when authenticator is NULL or misaligned;
/// tesseral_authenticator_not_ready_reason() says why.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_is_ready(
    authenticator: *const tesseral_authenticator,
    wait_ms: u32,
) -> bool {
    guard_bool(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = &unsafe { object(authenticator) }?.authenticator;
        let ready = match wait_ms {
            0 => ours.ready(),
            _ => ours.wait_until_ready(Duration::from_millis(wait_ms.into())),
        };
        Ok(ready.is_ok())
    })
}

impl Drop for tesseral_authenticator {
    /// The background thread ends now, also when attempts keep the rest alive.
    fn drop(&mut self) {
        self.authenticator.stop();
    }
}

impl tesseral_authenticator {
    pub(super) fn region(&self) -> Result<Region, Error> {
        let start: *const Self = self;
        Region::new(start, size_of::<Self>())
    }
}
