//! Requests that wait without blocking. Each item repeats `#[cfg(feature = "std")]`, because cbindgen does not see that of
//! the module.

use super::{
    authenticator::tesseral_authenticator,
    cache::tesseral_cache,
    call::write_auth,
    guard::{Out, Region, guard, object},
    types::{tesseral_auth, tesseral_headers},
};
use crate::{
    error::Error,
    net::{Attempt, Authenticator, Waiting},
    verify::{Authentication, Verifier},
};
use alloc::{boxed::Box, sync::Arc, task::Wake};
use core::{ffi::c_void, ptr::null_mut, task::Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A request that waits for the service's answer about its API key, or for the fetch of an unknown key.
///
/// It may outlive its authenticator, of which it keeps alive what it needs. Calls about one attempt must not run at the
/// same time.
#[cfg(feature = "std")]
pub struct tesseral_attempt {
    waiting: Waiting,
    bell: Arc<Bell>,
    waker: Waker,
}

/// As tesseral_authenticator_authenticate(), and never blocks.
///
/// Two more statuses say that the request has to wait. TESSERAL_ERR_API_KEY_LOOKUP_NEEDED: no answer about the API key is
/// remembered; *auth is filled, with the type and the credentials only. TESSERAL_ERR_KEY_FETCH_NEEDED: the token's key is
/// unknown, and a fetch may bring it. Without a usable document, it returns TESSERAL_ERR_KEYS_UNAVAILABLE at once.
///
/// With one of these two, *attempt becomes a request that waits. The library asks or fetches in threads of its own. It
/// calls wake when the answer has come or the fetch has ended; then call tesseral_attempt_poll(). For an API key, wake
/// comes at the latest after total_timeout_ms, or twice that when another request had asked before; for a fetch, after
/// key_wait_ms.
///
/// wake:         wakes your event loop (writes to an eventfd, calls uv_async_send) and returns. Any thread may call it, also
///               before this function returns. It must not call functions of this library, nor take a lock that you hold
///               while you call them. It may come more often than needed.
/// wake_context: what wake gets; it stays valid until tesseral_attempt_free() has returned.
/// attempt:      with 0 and with any refusal it becomes NULL; with TESSERAL_ERR_INVALID_ARGUMENT it is not written. Free it
///               with tesseral_attempt_free(). When it is NULL, wake is NULL too: then the library asks nothing about the API key, and
///               the request may be refused, or authenticated where blocking is allowed, or you ask the service yourself with
///               tesseral_api_key_request() and tesseral_api_key_response().
/// Thread safety: as for tesseral_authenticator_authenticate().
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_try_authenticate(
    authenticator: *const tesseral_authenticator,
    cache: *mut tesseral_cache,
    headers: *const tesseral_headers,
    now: i64,
    scratch: *mut u8,
    scratch_len: usize,
    auth: *mut tesseral_auth,
    wake: Option<unsafe extern "C" fn(wake_context: *mut c_void)>,
    wake_context: *mut c_void,
    attempt: *mut *mut tesseral_attempt,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = unsafe { object(authenticator) }?;
        let waits = match wake {
            Some(wake) => Some((Out::new(attempt)?, WakeFunction { function: wake, context: wake_context })),
            None if attempt.is_null() => None,
            None => return Err(Error::InvalidArgument),
        };
        let output = waits.as_ref().map_or(Region::NONE, |(out, _)| out.region());
        let mut begun = None;
        // SAFETY: the caller's promises are passed on.
        let status = unsafe {
            write_auth(
                cache,
                headers,
                (scratch, scratch_len),
                auth,
                ours.region()?,
                output,
                |headers, cache, scratch| {
                    let extract = |verifier: &Verifier<'_>| headers.extract(verifier);
                    let Some((_, call)) = &waits else {
                        let tried = ours.authenticator.try_authenticate_with(extract, now, cache, scratch);
                        return match tried? {
                            Attempt::Complete(auth) => Ok(Authentication::Complete(auth)),
                            Attempt::LookupNeeded(key) => Ok(Authentication::LookupNeeded(key)),
                            Attempt::FetchNeeded(_) => Err(Error::KeyFetchNeeded),
                        };
                    };
                    let mut own = Box::new(tesseral_attempt::new(&ours.authenticator, *call));
                    let found = own.waiting.begin(extract, now, cache, scratch, &own.waker);
                    if let Ok(Authentication::LookupNeeded(_)) | Err(Error::KeyFetchNeeded) = found {
                        begun = Some(own);
                    }
                    found
                },
            )
        };
        if let Some((out, _)) = waits
            && status != Err(Error::InvalidArgument)
        {
            // SAFETY: the caller promises a writable place (header, "attempt").
            unsafe { out.write(begun.map_or(null_mut(), Box::into_raw)) };
        }
        status
    })
}

/// Judges a waiting request again. Never blocks.
///
/// Call it when wake was called, with the headers that tesseral_authenticator_try_authenticate() got; the strings may be
/// elsewhere. Other arguments as for that function.
///
/// Returns what it returns. While the request has to wait, that is the same status as before, or
/// TESSERAL_ERR_API_KEY_LOOKUP_NEEDED after TESSERAL_ERR_KEY_FETCH_NEEDED, and wake comes again. After a fetch the request is
/// judged once more, by the keys that are there. All else is final, also TESSERAL_ERR_API_KEY_LOOKUP_FAILED.
///
/// A child of fork() gets a final status of its parent's attempt, too: TESSERAL_ERR_API_KEY_LOOKUP_FAILED, or that of the
/// judgement by the keys that are there. There, wake is never called for it.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_attempt_poll(
    attempt: *mut tesseral_attempt,
    cache: *mut tesseral_cache,
    headers: *const tesseral_headers,
    now: i64,
    scratch: *mut u8,
    scratch_len: usize,
    auth: *mut tesseral_auth,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises an attempt of ours or NULL.
        let region = unsafe { object(attempt.cast_const()) }?.region()?;
        // SAFETY: valid, as above; the caller promises that no other call uses it.
        let ours = unsafe { &mut *attempt };
        // SAFETY: the caller's promises are passed on.
        unsafe {
            write_auth(cache, headers, (scratch, scratch_len), auth, region, Region::NONE, |headers, cache, scratch| {
                let extract = |verifier: &Verifier<'_>| headers.extract(verifier);
                ours.waiting.poll(extract, now, cache, scratch, &ours.waker)
            })
        }
    })
}

/// Frees an attempt, at any time. When wake is running in another thread, this function waits until wake returns; after
/// that, wake is never called. It must not be called in wake.
///
/// attempt: may be NULL. A child of fork() may pass its parent's attempt: then nothing is freed.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_attempt_free(attempt: *mut tesseral_attempt) {
    guard(|| {
        // SAFETY: the caller promises an attempt of ours or NULL.
        let ours = unsafe { object(attempt.cast_const()) }?;
        // A lock that a thread of the parent held when it forked stays locked in the child for ever.
        if ours.waiting.is_own() {
            // SAFETY: `tesseral_authenticator_try_authenticate` made it with Box::into_raw, and the caller gives it back once.
            drop(unsafe { Box::from_raw(attempt) });
        }
        Ok(())
    });
}

impl tesseral_attempt {
    fn new(authenticator: &Arc<Authenticator>, wake: WakeFunction) -> Self {
        let bell = Arc::new(Bell(Mutex::new(Some(wake))));
        Self { waiting: Waiting::new(authenticator), waker: Waker::from(Arc::clone(&bell)), bell }
    }

    fn region(&self) -> Result<Region, Error> {
        let start: *const Self = self;
        Region::new(start, size_of::<Self>())
    }
}

impl Drop for tesseral_attempt {
    /// Waits until a running call of the caller's function returns.
    fn drop(&mut self) {
        *self.bell.lock() = None;
    }
}

/// Wakes the caller's event loop. Does nothing once the attempt is freed.
struct Bell(Mutex<Option<WakeFunction>>);

impl Bell {
    fn lock(&self) -> MutexGuard<'_, Option<WakeFunction>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if let Some(wake) = &*self.lock() {
            // SAFETY: the caller promises a function that takes this context in any thread until the attempt is freed
            // (header, "wake"), which waits for this lock.
            unsafe { (wake.function)(wake.context) };
        }
    }
}

/// The caller's function, and what it gets.
#[derive(Clone, Copy)]
struct WakeFunction {
    function: unsafe extern "C" fn(*mut c_void),
    context: *mut c_void,
}

// SAFETY: the caller promises that any thread may call the function with this context (header, "wake").
unsafe impl Send for WakeFunction {}
