//! The options of an authenticator, checked. Each item repeats `#[cfg(feature = "std")]`, because cbindgen does not see
//! that of the module.

use super::{
    guard::{Region, SizedStruct, string},
    options::profile_from,
    types::tesseral_str,
};
use crate::{error::Error, net::Settings};
use core::{ffi::c_void, time::Duration};

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
    /// Host or host:port of the service that knows API keys, always over TLS. Empty: api.tesseral.com.
    pub backend_host: tesseral_str,
    /// The secret with which the library asks the service about API keys. Empty: the value of the environment variable
    /// TESSERAL_BACKEND_API_KEY.
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
    /// 1 when requests may carry an API key in place of an access token, else 0. With 0, an API key is
    /// TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, and the service is never asked.
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
    /// How long a good API key is accepted without asking the service again: up to one hour; 0 means that every request
    /// asks.
    pub api_key_ttl_ms: u32,
    /// How long a refused API key is refused without asking the service again: up to one hour; 0 means 5 s.
    pub refused_api_key_ttl_ms: u32,
    /// How long a request with a token of an unknown key waits for the fetch of that key: up to 10 s; 0 means 1 s.
    pub key_wait_ms: u32,
    /// How many requests wait for unknown keys at a time: up to 64; 0 means 16, and TESSERAL_NO_KEY_WAITERS means none.
    pub key_waiters: u32,
    /// Your function that logs what goes wrong on the way to the service. Each cause is logged once, and then at most once
    /// a minute. The line has text_len octets, no secret and no line end; it is readable only during the call. Any thread
    /// may call the function, several at a time. NULL: the library writes these lines to standard error.
    pub log: Option<unsafe extern "C" fn(log_context: *mut c_void, text: *const u8, text_len: usize)>,
    /// What the library passes to log.
    pub log_context: *mut c_void,
}

/// For key_waiters: no request waits for an unknown key.
#[cfg(feature = "std")]
pub const TESSERAL_NO_KEY_WAITERS: u32 = 0xffff_ffff;

/// The settings, where to log, and the memory that the options cover.
///
/// # Safety
/// `options` is NULL or a valid struct whose strings are readable.
pub(super) unsafe fn settings_from(
    options: *const tesseral_authenticator_options,
) -> Result<(Settings, Log, [Region; 8]), Error> {
    // SAFETY: the caller's promise.
    let given = unsafe { SizedStruct::new(options.cast_mut()) }?;
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

/// Where lines are logged: the caller's function with its context, else standard error.
#[derive(Clone, Copy)]
pub(super) struct Log {
    log: Option<unsafe extern "C" fn(*mut c_void, *const u8, usize)>,
    context: *mut c_void,
}

impl Log {
    pub(super) fn say(self, text: &str) {
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
