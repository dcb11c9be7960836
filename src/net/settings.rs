//! What an authenticator is told.

use super::refresh::Rules;
use crate::{
    error::Error,
    es256::Profile,
    limits::{DEFAULT_MAX_TOKEN_LEN, MAX_API_KEY_ANSWER_LEN, scratch_len},
    policy::Options,
};
use std::{
    borrow::ToOwned as _,
    fmt,
    path::{Path, PathBuf},
    string::String,
    time::Duration,
    vec::Vec,
};

/// How keys are kept fresh, API keys looked up, and tokens judged. Nothing is checked before it is used.
#[derive(Clone)]
pub struct Settings {
    pub(super) publishable_key: String,
    pub(super) config_host: String,
    pub(super) backend_host: String,
    pub(super) backend_api_key: Option<String>,
    pub(super) ca_pem: Vec<u8>,
    pub(super) last_good: Option<PathBuf>,
    pub(super) connect_timeout: Duration,
    pub(super) total_timeout: Duration,
    pub(super) max_stale: Duration,
    pub(super) api_key_ttl: Duration,
    pub(super) refused_api_key_ttl: Duration,
    refresh_interval: Duration,
    cooldown: Duration,
    issuer: Option<String>,
    leeway_seconds: u32,
    max_token_len: usize,
    profile: Profile,
    pub(super) api_keys: bool,
}

impl Settings {
    /// The project of this publishable key (1 to 128 letters, digits and `_`), and the defaults for everything else.
    #[must_use]
    pub fn new(publishable_key: &str) -> Self {
        Self {
            publishable_key: publishable_key.to_owned(),
            config_host: "config.tesseral.com".to_owned(),
            backend_host: "api.tesseral.com".to_owned(),
            backend_api_key: None,
            ca_pem: Vec::new(),
            last_good: None,
            connect_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(5),
            max_stale: Duration::from_secs(24 * 3600),
            api_key_ttl: Duration::ZERO,
            refused_api_key_ttl: Duration::from_secs(5),
            refresh_interval: Duration::from_secs(3600),
            cooldown: Duration::from_secs(10),
            issuer: None,
            leeway_seconds: 0,
            max_token_len: DEFAULT_MAX_TOKEN_LEN,
            profile: Profile::Server,
            api_keys: false,
        }
    }

    /// Where the configuration document is: `host` or `host:port`, always over TLS. Default: `config.tesseral.com`.
    #[must_use]
    pub fn config_host(mut self, host: &str) -> Self {
        self.config_host = host.to_owned();
        self
    }

    /// Who is asked about API keys: `host` or `host:port`, always over TLS. Default: `api.tesseral.com`.
    #[must_use]
    pub fn backend_host(mut self, host: &str) -> Self {
        self.backend_host = host.to_owned();
        self
    }

    /// Whether requests may carry an API key. Needs a backend API key. Default: no.
    #[must_use]
    pub fn api_keys(mut self, accepted: bool) -> Self {
        self.api_keys = accepted;
        self
    }

    /// The secret with which the service is asked about API keys. Default: what the environment variable
    /// `TESSERAL_BACKEND_API_KEY` says.
    #[must_use]
    pub fn backend_api_key(mut self, secret: &str) -> Self {
        self.backend_api_key = Some(secret.to_owned());
        self
    }

    /// Certificates of authorities to trust beside those of the system, PEM.
    #[must_use]
    pub fn ca_pem(mut self, pem: &[u8]) -> Self {
        self.ca_pem = pem.to_owned();
        self
    }

    /// A file that keeps the last good document, for starts without network. Its folder must be writable.
    #[must_use]
    pub fn last_good_file(mut self, file: &Path) -> Self {
        self.last_good = Some(file.to_owned());
        self
    }

    /// The age that a document does not reach before it is fetched anew: 1 ms to 30 days. Default: one hour.
    #[must_use]
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.refresh_interval = interval;
        self
    }

    /// Shortest time between two early fetches for an unknown `kid`: 1 ms to 1 hour; it grows up to 60 s, or stays
    /// when it is longer. Default: 10 s.
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// How old a document may become when no newer one comes: 1 ms to 365 days. Default: 24 hours.
    #[must_use]
    pub fn max_stale(mut self, age: Duration) -> Self {
        self.max_stale = age;
        self
    }

    /// Longest time to connect: 1 ms to 10 minutes. Default: 2 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Longest time for a whole exchange: 1 ms to 10 minutes. Default: 5 s.
    #[must_use]
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// How long a good API key is believed without asking again, which delays its revocation: up to 1 hour; 0 asks
    /// every time. Default: 0.
    #[must_use]
    pub fn api_key_ttl(mut self, ttl: Duration) -> Self {
        self.api_key_ttl = ttl;
        self
    }

    /// How long a refused API key stays refused without asking again: up to 1 hour. Default: 5 s.
    #[must_use]
    pub fn refused_api_key_ttl(mut self, ttl: Duration) -> Self {
        self.refused_api_key_ttl = ttl;
        self
    }

    /// As [`Options::issuer`].
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// As [`Options::leeway_seconds`].
    #[must_use]
    pub fn leeway_seconds(mut self, seconds: u32) -> Self {
        self.leeway_seconds = seconds;
        self
    }

    /// As [`Options::max_token_len`].
    #[must_use]
    pub fn max_token_len(mut self, octets: usize) -> Self {
        self.max_token_len = octets;
        self
    }

    /// As [`Options::profile`].
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Octets of scratch memory that each call needs: more with API keys, whose answers are copied into it.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        let token = scratch_len(self.max_token_len);
        if self.api_keys { token.max(2 * MAX_API_KEY_ANSWER_LEN) } else { token }
    }

    pub(super) fn options(&self) -> Options<'_> {
        let options = Options::new()
            .leeway_seconds(self.leeway_seconds)
            .max_token_len(self.max_token_len)
            .profile(self.profile)
            .api_keys(self.api_keys);
        self.issuer.as_deref().into_iter().fold(options, Options::issuer)
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            interval: self.refresh_interval,
            cooldown: self.cooldown,
            max_cooldown: MAX_COOLDOWN,
            total_timeout: self.total_timeout,
        }
    }

    /// What is checked before anything is used.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.options().check()?;
        let within = |value: Duration, least: Duration, most: u64| value >= least && value <= Duration::from_secs(most);
        let good = is_key(&self.publishable_key)
            && [&self.config_host, &self.backend_host].into_iter().all(|host| is_host(host))
            && self.backend_api_key.as_deref().is_none_or(is_key)
            && within(self.refresh_interval, TICK, 30 * DAY)
            && within(self.cooldown, TICK, HOUR)
            && within(self.max_stale, TICK, 365 * DAY)
            && within(self.connect_timeout, TICK, HOUR / 6)
            && within(self.total_timeout, TICK, HOUR / 6)
            && within(self.api_key_ttl, Duration::ZERO, HOUR)
            && within(self.refused_api_key_ttl, Duration::ZERO, HOUR);
        if good { Ok(()) } else { Err(Error::InvalidArgument) }
    }

    /// With the backend API key of the environment, when there is need of one.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when API keys are on and there is none.
    pub(super) fn with_environment(mut self) -> Result<Self, Error> {
        if self.api_keys && self.backend_api_key.is_none() {
            self.backend_api_key = std::env::var("TESSERAL_BACKEND_API_KEY").ok();
        }
        self.check()?;
        if self.api_keys && self.backend_api_key.is_none() { Err(Error::InvalidArgument) } else { Ok(self) }
    }
}

/// Prints no secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("publishable_key", &self.publishable_key)
            .field("config_host", &self.config_host)
            .field("api_keys", &self.api_keys)
            .finish_non_exhaustive()
    }
}

const TICK: Duration = Duration::from_millis(1);
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const MAX_COOLDOWN: Duration = Duration::from_secs(60);

/// What stands in a path or a header as it is.
fn is_key(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`, as far as characters go; the rest shows when connecting.
fn is_host(text: &str) -> bool {
    let in_host = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b':' | b'[' | b']');
    (1..=255).contains(&text.len()) && text.bytes().all(in_host)
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use std::time::Duration;

    #[test]
    fn settings_at_their_limits_and_one_past() {
        let good = |change: fn(Settings) -> Settings| change(Settings::new("publishable_key_1")).check().is_ok();
        assert!(good(|settings| settings));
        assert!(good(|s| s.leeway_seconds(300)) && !good(|s| s.leeway_seconds(301)));
        assert!(good(|s| s.config_host("[::1]:443")) && !good(|s| s.config_host("https://a")));
        assert!(!good(|s| s.config_host("")) && !good(|s| s.backend_host("a/b")) && !good(|s| s.backend_host("a@b")));
        assert!(!good(|s| s.backend_api_key("a\r\nb")) && good(|s| s.backend_api_key("tesseral_secret_key_1")));
        assert!(good(|s| s.refresh_interval(Duration::from_millis(1))));
        assert!(!good(|s| s.refresh_interval(Duration::ZERO)));
        assert!(good(|s| s.refresh_interval(Duration::from_secs(2_592_000))));
        assert!(!good(|s| s.refresh_interval(Duration::from_secs(2_592_001))));
        assert!(good(|s| s.cooldown(Duration::from_secs(3600))) && !good(|s| s.cooldown(Duration::from_secs(3601))));
        assert!(!good(|s| s.max_stale(Duration::ZERO)) && !good(|s| s.total_timeout(Duration::from_secs(601))));
        assert!(good(|s| s.api_key_ttl(Duration::from_secs(3600))));
        assert!(!good(|s| s.api_key_ttl(Duration::from_secs(3601))));
        for publishable_key in ["", "a/b", "a?b", "é", &"a".repeat(129)] {
            assert!(Settings::new(publishable_key).check().is_err(), "{publishable_key}");
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        let settings = Settings::new("publishable_key_1").backend_api_key("tesseral_secret_key_1");
        assert!(!std::format!("{settings:?}").contains("secret"));
    }
}
