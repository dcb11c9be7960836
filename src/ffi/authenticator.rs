//! The authenticator: keys kept fresh, API keys looked up. Each item says `std` again for the header's generator.

use super::{
    cache::tesseral_cache,
    guard::{Buffer, Out, Region, Sized, answer_to, guard, keep_apart, object, string},
    memory::profile_from,
    types::{tesseral_auth, tesseral_headers, tesseral_str},
    verify::{Call, Headers},
};
use crate::{
    cache::Cache,
    error::Error,
    net::{Authenticator, Settings},
    verify::{Authentication, Verifier},
};
use alloc::{boxed::Box, sync::Arc};
use core::{ffi::c_void, time::Duration};

/// Authenticates requests with keys that it keeps fresh over the network, and asks the service about API keys.
///
/// It has one background thread, one for each question about an API key that a tesseral_attempt asks, and one while attempts
/// wait. Any number of threads may share one; many may live in one process. After fork(), the
/// child's first call makes a thread, locks and connections of its own.
#[cfg(feature = "std")]
pub struct tesseral_authenticator {
    /// Shared with attempts.
    pub(super) authenticator: Arc<Authenticator>,
}

/// How keys are kept fresh, API keys looked up, and tokens judged. Start from TESSERAL_AUTHENTICATOR_OPTIONS_INIT.
///
/// Strings are UTF-8 and may be freed after tesseral_authenticator_new(). Times of 0 mean the default.
#[cfg(feature = "std")]
#[repr(C)]
pub struct tesseral_authenticator_options {
    /// sizeof(tesseral_authenticator_options)
    pub struct_size: u32,
    /// A TESSERAL_PROFILE_ constant.
    pub profile: u32,
    /// Names the project: 1 to 128 letters, digits and '_'. The only option without a default.
    pub publishable_key: tesseral_str,
    /// Host or host:port of the configuration document, always over TLS. Empty: config.tesseral.com.
    pub config_host: tesseral_str,
    /// Host or host:port that is asked about API keys, always over TLS. Empty: api.tesseral.com.
    pub backend_host: tesseral_str,
    /// A secret, for asking about API keys. Empty: what the environment variable TESSERAL_BACKEND_API_KEY says.
    pub backend_api_key: tesseral_str,
    /// Certificates of authorities to trust beside those of the system, PEM. Empty: none.
    pub ca_pem: tesseral_str,
    /// File that keeps the last good document, for starts without network. Empty: none.
    pub last_good_file: tesseral_str,
    /// Issuer, and audience, that tokens must have: 1 to 256 octets. Empty: derived from the project ID.
    pub issuer: tesseral_str,
    /// Seconds by which the issuer's clock may differ: 0 to 300.
    pub leeway_seconds: u32,
    /// Longest token that is looked at, in octets: 1 to 65536; 0 means 16384.
    pub max_token_len: u32,
    /// 1 when requests may carry an API key in place of an access token, else 0.
    pub api_keys: u32,
    /// Refresh interval: the document is fetched again before it is this old. Up to 30 days; 0 means one hour.
    pub refresh_interval_ms: u32,
    /// Shortest time between two early fetches for an unknown kid: up to one hour; 0 means 10 s.
    pub cooldown_ms: u32,
    /// Stale limit: an older document is not used. Up to 365 days; 0 means 24 hours.
    pub max_stale_seconds: u32,
    /// Longest time to connect: up to 10 minutes; 0 means 2 s.
    pub connect_timeout_ms: u32,
    /// Longest time for a whole exchange: up to 10 minutes; 0 means 5 s.
    pub total_timeout_ms: u32,
    /// How long a good API key is believed without asking again: up to one hour; 0 means that every request asks.
    pub api_key_ttl_ms: u32,
    /// How long a refused API key stays refused without asking again: up to one hour; 0 means 5 s.
    pub refused_api_key_ttl_ms: u32,
    /// How long a request with a token of an unknown key waits for the fetch of that key: up to 10 s; 0 means 1 s.
    pub key_wait_ms: u32,
    /// How many requests wait for unknown keys at a time: up to 64; 0 means 16, and TESSERAL_NO_KEY_WAITERS means none.
    pub key_waiters: u32,
    /// Is told what goes wrong on the way to the service, once for each cause and then at most once a minute: text_len octets
    /// of text without secrets and without a line end, which stay only for the call. Any thread may call it, several at a
    /// time. NULL: such lines go to standard error.
    pub log: Option<unsafe extern "C" fn(log_context: *mut c_void, text: *const u8, text_len: usize)>,
    /// What log gets.
    pub log_context: *mut c_void,
}

/// For key_waiters: no request waits for an unknown key.
#[cfg(feature = "std")]
pub const TESSERAL_NO_KEY_WAITERS: u32 = 0xffff_ffff;

/// What an authenticator has done. Start from TESSERAL_STATS_INIT.
#[cfg(feature = "std")]
#[repr(C)]
pub struct tesseral_stats {
    /// sizeof(tesseral_stats)
    pub struct_size: u32,
    /// 1 when requests can be accepted, else 0.
    pub ready: u32,
    /// Keys in use.
    pub keys_used: u64,
    /// Keys of the document that are not used.
    pub keys_skipped: u64,
    /// Milliseconds since the document was last fetched; UINT64_MAX when there is none.
    pub snapshot_age_ms: u64,
    /// Milliseconds until the next planned fetch.
    pub next_refresh_ms: u64,
    /// Fetches that brought a usable document.
    pub refreshes: u64,
    /// Fetches that did not.
    pub refresh_failures: u64,
    /// Fetches that an unknown kid asked for.
    pub early_refreshes: u64,
    /// Questions to the service about API keys.
    pub lookups: u64,
    /// Those of them that got no usable answer.
    pub lookup_failures: u64,
    /// API keys about which an answer was remembered.
    pub api_key_cache_hits: u64,
    /// Signature checks that a tesseral_cache saved.
    pub signature_cache_hits: u64,
}

/// Makes an authenticator and starts the first fetch. It neither waits for the network nor fails because of it.
///
/// options:       publishable_key is required.
/// authenticator: written only when 0 is returned. Free it with tesseral_authenticator_free().
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also for settings that can never work, of which log is told why, and for
/// certificates that are no PEM) or TESSERAL_ERR_INTERNAL_ERROR when no thread can be started.
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

/// Frees an authenticator and ends its thread, which takes at most the total time-out. Nobody may use it any more; attempts
/// stay usable, and wait for no fetch any more.
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

/// Octets of scratch memory that each call with this authenticator needs.
///
/// Returns 0 when authenticator is NULL.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_scratch_size(authenticator: *const tesseral_authenticator) -> usize {
    // SAFETY: the caller promises an authenticator of ours or NULL.
    unsafe { object(authenticator) }.map_or(0, |ours| ours.authenticator.scratch_len())
}

/// Finds the credential in a request's headers and says who sent it. May block.
///
/// It waits, at most the total time-out, for a usable document while there is none, and for the service's answer about an
/// API key. When the request is refused because a key is unknown, it waits for one early fetch, at most key_wait_ms and no
/// more than key_waiters requests at a time, and is judged once more.
///
/// cache:   a cache of this thread's own, or NULL.
/// now:     seconds since 1970-01-01T00:00:00Z.
/// scratch: at least tesseral_authenticator_scratch_size() octets; the strings in *auth point into it.
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
            answer(
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
/// Returns true when they can; false when they cannot, for the reason that tesseral_authenticator_not_ready_reason() tells,
/// and when authenticator is NULL or misaligned.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_is_ready(
    authenticator: *const tesseral_authenticator,
    wait_ms: u32,
) -> bool {
    answer_to(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = &unsafe { object(authenticator) }?.authenticator;
        let ready = match wait_ms {
            0 => ours.ready(),
            _ => ours.wait_until_ready(Duration::from_millis(wait_ms.into())),
        };
        Ok(ready.is_ok())
    })
}

/// Why requests cannot be accepted: one line of text without secrets; empty when they can.
///
/// text:     capacity octets; may be NULL when capacity is 0. Written only when 0 is returned; not NUL-terminated.
/// text_len: octets that were written or, with TESSERAL_ERR_BUFFER_TOO_SMALL, that are needed.
/// Returns 0, TESSERAL_ERR_BUFFER_TOO_SMALL or TESSERAL_ERR_INVALID_ARGUMENT.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_not_ready_reason(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
) -> u32 {
    let describe = |ours: &Authenticator| ours.ready().err().map(|why| std::format!("{why}")).unwrap_or_default();
    // SAFETY: the caller's promises are passed on.
    unsafe { write_text(authenticator, text, capacity, text_len, describe) }
}

/// All numbers of an authenticator at this moment, in a struct.
///
/// stats: set struct_size first (TESSERAL_STATS_INIT); written only when 0 is returned.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_stats(
    authenticator: *const tesseral_authenticator,
    stats: *mut tesseral_stats,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = unsafe { object(authenticator) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "stats").
        let out = unsafe { Sized::new(stats) }?;
        keep_apart(&[out.region()], &[ours.region()?])?;
        let found = ours.authenticator.stats();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let found = tesseral_stats {
            struct_size: out.struct_size(),
            ready: found.not_ready.is_none().into(),
            keys_used: count(found.kids.len()),
            keys_skipped: count(found.keys_skipped),
            snapshot_age_ms: found.snapshot_age.map_or(u64::MAX, milliseconds),
            next_refresh_ms: milliseconds(found.next_refresh_in),
            refreshes: found.refreshes,
            refresh_failures: found.refresh_failures,
            early_refreshes: found.early_refreshes,
            lookups: found.lookups,
            lookup_failures: found.lookup_failures,
            api_key_cache_hits: found.api_key_cache_hits,
            signature_cache_hits: found.signature_cache_hits,
        };
        // SAFETY: the caller promises a writable struct (header, "stats").
        unsafe { out.write(found) };
        Ok(())
    })
}

/// How many requests ended with a status.
///
/// status: TESSERAL_OK or a TESSERAL_ERR_ constant.
/// Returns 0 for any other number, and when authenticator is NULL.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_requests(
    authenticator: *const tesseral_authenticator,
    status: u32,
) -> u64 {
    let slug = if status == 0 { Some("ok") } else { Error::from_code(status).map(Error::slug) };
    // SAFETY: the caller promises an authenticator of ours or NULL.
    unsafe { object(authenticator) }.map_or(0, |ours| {
        let requests = ours.authenticator.stats().requests;
        requests.iter().find(|(other, _)| Some(*other) == slug).map_or(0, |(_, count)| *count)
    })
}

/// All numbers of an authenticator at this moment, as one JSON object.
///
/// Arguments and results as for tesseral_authenticator_not_ready_reason().
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_stats_json(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { write_text(authenticator, text, capacity, text_len, |ours| ours.stats().to_json()) }
}

/// All numbers of an authenticator at this moment, in the text format of Prometheus.
///
/// Arguments and results as for tesseral_authenticator_not_ready_reason().
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_authenticator_stats_prometheus(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { write_text(authenticator, text, capacity, text_len, |ours| ours.stats().to_prometheus()) }
}

/// Checks the arguments of a call about a request, and writes what `find` finds in it.
///
/// # Safety
/// As `tesseral_authenticate` says of these arguments. `object` is the memory that `find` reads besides, `output` what
/// the caller of this writes besides.
pub(super) unsafe fn answer<'a>(
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

impl Drop for tesseral_authenticator {
    /// Whatever attempts there are, the thread ends now.
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

/// # Safety
/// As `tesseral_authenticator_not_ready_reason` says.
unsafe fn write_text(
    authenticator: *const tesseral_authenticator,
    text: *mut u8,
    capacity: usize,
    text_len: *mut usize,
    describe: impl FnOnce(&Authenticator) -> std::string::String,
) -> u32 {
    guard(|| {
        // SAFETY: the caller promises an authenticator of ours or NULL.
        let ours = unsafe { object(authenticator) }?;
        let place = if capacity == 0 { None } else { Some(Buffer::new(text, capacity)?) };
        let len = Out::new(text_len)?;
        keep_apart(&[place.as_ref().map_or(Region::NONE, Buffer::region), len.region()], &[ours.region()?])?;
        let written = describe(&ours.authenticator);
        // SAFETY: the caller promises a writable place (header, "text_len").
        unsafe { len.write(written.len()) };
        // SAFETY: the caller promises writable memory (header, "text"), which overlaps no other argument.
        let place = place.map_or(&mut [][..], |place| unsafe { place.as_mut() });
        place.get_mut(..written.len()).ok_or(Error::BufferTooSmall)?.copy_from_slice(written.as_bytes());
        Ok(())
    })
}

/// The settings, who is told about them, and the regions that the options cover.
///
/// # Safety
/// `options` is NULL or a valid struct whose strings are readable.
unsafe fn settings_from(options: *const tesseral_authenticator_options) -> Result<(Settings, Log, [Region; 8]), Error> {
    // SAFETY: the caller's promise.
    let given = unsafe { Sized::new(options.cast_mut()) }?;
    let struct_used = given.region();
    // SAFETY: the caller's promise.
    let given = unsafe { given.as_ref() };
    // SAFETY: the caller's promise.
    let read = |value: tesseral_str| unsafe { string(value) };
    let publishable_key = read(given.publishable_key)?;
    let [config_host, backend_host, backend_api_key] =
        [read(given.config_host)?, read(given.backend_host)?, read(given.backend_api_key)?];
    let [ca_pem, last_good_file, issuer] = [read(given.ca_pem)?, read(given.last_good_file)?, read(given.issuer)?];
    let strings = [publishable_key, config_host, backend_host, backend_api_key, ca_pem, last_good_file, issuer]
        .map(Region::of_slice);
    let [a, b, c, d, e, f, g] = strings;
    let text = |octets| core::str::from_utf8(octets).map_err(|_| Error::InvalidArgument);

    let mut settings = Settings::new(text(publishable_key)?)
        .ca_pem(ca_pem)
        .profile(profile_from(given.profile)?)
        .leeway_seconds(given.leeway_seconds)
        .api_key_ttl(Duration::from_millis(given.api_key_ttl_ms.into()))
        .api_keys(match given.api_keys {
            accepted @ 0..=1 => accepted == 1,
            _ => return Err(Error::InvalidArgument),
        });
    type ByText = fn(Settings, &str) -> Settings;
    let texts: [(&[u8], ByText); 5] = [
        (config_host, Settings::config_host),
        (backend_host, Settings::backend_host),
        (backend_api_key, Settings::backend_api_key),
        (issuer, Settings::issuer),
        (last_good_file, |settings, file| settings.last_good_file(std::path::Path::new(file))),
    ];
    for (given, set) in texts {
        if !given.is_empty() {
            settings = set(settings, text(given)?);
        }
    }
    type ByTime = fn(Settings, Duration) -> Settings;
    let times: [(u32, ByTime); 6] = [
        (given.refresh_interval_ms, Settings::refresh_interval),
        (given.cooldown_ms, Settings::cooldown),
        (given.connect_timeout_ms, Settings::connect_timeout),
        (given.total_timeout_ms, Settings::total_timeout),
        (given.refused_api_key_ttl_ms, Settings::refused_api_key_ttl),
        (given.key_wait_ms, Settings::key_wait),
    ];
    for (milliseconds, set) in times {
        if milliseconds != 0 {
            settings = set(settings, Duration::from_millis(milliseconds.into()));
        }
    }
    if given.max_stale_seconds != 0 {
        settings = settings.max_stale(Duration::from_secs(given.max_stale_seconds.into()));
    }
    if given.max_token_len != 0 {
        settings = settings.max_token_len(usize::try_from(given.max_token_len).map_err(|_| Error::InvalidArgument)?);
    }
    settings = match given.key_waiters {
        0 => settings,
        TESSERAL_NO_KEY_WAITERS => settings.key_waiters(0),
        waiters => settings.key_waiters(waiters),
    };
    let log = Log { log: given.log, context: given.log_context };
    let told = settings.on_notice(move |notice| log.say(&std::format!("{notice}")));
    Ok((told, log, [struct_used, a, b, c, d, e, f, g]))
}

/// Where lines go: to the caller's function with its context, else to standard error.
#[derive(Clone, Copy)]
struct Log {
    log: Option<unsafe extern "C" fn(*mut c_void, *const u8, usize)>,
    context: *mut c_void,
}

impl Log {
    fn say(self, text: &str) {
        match self.log {
            // SAFETY: the caller promises a function that takes this text and this context (header, "log").
            Some(log) => unsafe { log(self.context, text.as_ptr(), text.len()) },
            None => std::eprintln!("tesseral: {text}"),
        }
    }
}

// SAFETY: the caller promises that any thread may call the function with this context (header, "log").
unsafe impl Send for Log {}
// SAFETY: as above.
unsafe impl Sync for Log {}
