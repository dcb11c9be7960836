//! The settings of an authenticator.

mod complaint;

use super::{
    clock::milliseconds,
    notice::{Notice, Sink},
};
use crate::{
    error::Error,
    es256::{BaseTable, Profile},
    limits::{
        DEFAULT_CONNECT_TIMEOUT_MS, DEFAULT_COOLDOWN_MS, DEFAULT_GOOD_TTL_MS, DEFAULT_MAX_TOKEN_LEN,
        DEFAULT_REFRESH_INTERVAL_MS, DEFAULT_REFUSED_TTL_MS, DEFAULT_STALE_MS, DEFAULT_TOTAL_TIMEOUT_MS,
        DEFAULT_WAIT_MS, DEFAULT_WAITERS, MAX_API_KEY_ANSWER_LEN, scratch_len,
    },
    policy::Options,
    rulebook::{AnswersRules, RefreshRules},
};
use std::{
    borrow::ToOwned as _,
    fmt,
    path::{Path, PathBuf},
    string::String,
    sync::Arc,
    time::Duration,
    vec::Vec,
};

/// How keys are kept fresh, API keys looked up, and tokens judged. The setters check nothing: [`Self::complaint`] and
/// [`Authenticator::new`](super::Authenticator::new) do.
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
    pub(super) sink: Option<Sink>,
    refresh_interval: Duration,
    cooldown: Duration,
    key_wait: Duration,
    key_waiters: u32,
    issuer: Option<String>,
    leeway_seconds: u32,
    max_token_len: usize,
    profile: Profile,
    base_table: Option<BaseTable>,
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
            connect_timeout: Duration::from_millis(DEFAULT_CONNECT_TIMEOUT_MS),
            total_timeout: Duration::from_millis(DEFAULT_TOTAL_TIMEOUT_MS),
            max_stale: Duration::from_millis(DEFAULT_STALE_MS),
            api_key_ttl: Duration::from_millis(DEFAULT_GOOD_TTL_MS),
            refused_api_key_ttl: Duration::from_millis(DEFAULT_REFUSED_TTL_MS),
            sink: None,
            refresh_interval: Duration::from_millis(DEFAULT_REFRESH_INTERVAL_MS),
            cooldown: Duration::from_millis(DEFAULT_COOLDOWN_MS),
            key_wait: Duration::from_millis(DEFAULT_WAIT_MS),
            key_waiters: DEFAULT_WAITERS,
            issuer: None,
            leeway_seconds: 0,
            max_token_len: DEFAULT_MAX_TOKEN_LEN,
            profile: Profile::Server,
            base_table: None,
            api_keys: false,
        }
    }

    /// Where the configuration document is: `host` or `host:port`, always over TLS. Default: `config.tesseral.com`.
    #[must_use]
    pub fn config_host(mut self, host: &str) -> Self {
        self.config_host = host.to_owned();
        self
    }

    /// The host of the service that knows API keys: `host` or `host:port`, always over TLS. Default: `api.tesseral.com`.
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

    /// The secret with which the library asks the service about API keys. Default: the value of the environment variable
    /// `TESSERAL_BACKEND_API_KEY`.
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

    /// A file that keeps the last good document, for starts without network. Its folder must be writable. A new file has
    /// mode 0600; one that is there keeps its owner, group, mode and ACL, or is not replaced.
    #[must_use]
    pub fn last_good_file(mut self, file: &Path) -> Self {
        self.last_good = Some(file.to_owned());
        self
    }

    /// Refresh interval: the document is fetched again before it is this old. 1 ms to 30 days. Default: one hour.
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

    /// How long a request with a good token of an unknown key waits for the fetch of that key: up to 10 s. Default: 1 s.
    #[must_use]
    pub fn key_wait(mut self, at_most: Duration) -> Self {
        self.key_wait = at_most;
        self
    }

    /// How many requests may wait for unknown keys at a time: up to 64; further ones are refused at once. 0: no request
    /// waits. Default: 16.
    #[must_use]
    pub fn key_waiters(mut self, requests: u32) -> Self {
        self.key_waiters = requests;
        self
    }

    /// The function that logs what goes wrong: each cause once, and then at most once a minute. Default: the crate `log`,
    /// as a warning.
    #[must_use]
    pub fn on_notice(mut self, sink: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.sink = Some(Sink(Arc::new(sink)));
        self
    }

    /// Stale limit: an older document is not used. 1 ms to 365 days. Default: 24 hours.
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

    /// How long a good API key is accepted without asking the service again: up to 1 hour. A revocation takes effect only
    /// after this time. 0: every request asks. Default: 0.
    #[must_use]
    pub fn api_key_ttl(mut self, ttl: Duration) -> Self {
        self.api_key_ttl = ttl;
        self
    }

    /// How long a refused API key is refused without asking the service again: up to 1 hour. Default: 5 s.
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

    /// As [`Options::base_table`], for several authenticators. Without it, each one fills its own at the start, which all of its
    /// documents share.
    #[must_use]
    pub fn base_table(mut self, table: &BaseTable) -> Self {
        self.base_table = Some(table.clone());
        self
    }

    /// Fills the base table, unless there is one or the profile has it as constant data.
    pub(super) fn with_base_table(mut self) -> Result<Self, Error> {
        if self.base_table.is_none() && self.profile == Profile::Server {
            self.base_table = Some(BaseTable::owned()?);
        }
        Ok(self)
    }

    /// Bytes of scratch memory that each call needs: more with API keys, whose answers are copied into it.
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
        let options = self.base_table.iter().fold(options, Options::base_table);
        self.issuer.as_deref().into_iter().fold(options, Options::issuer)
    }

    pub(super) fn refresh_rules(&self) -> RefreshRules {
        RefreshRules {
            interval: number(self.refresh_interval),
            stale: number(self.max_stale),
            cooldown: number(self.cooldown),
            timeout: number(self.total_timeout),
            wait: number(self.key_wait),
            waiters: self.key_waiters,
        }
    }

    pub(super) fn answers_rules(&self) -> AnswersRules {
        AnswersRules {
            good_ttl: number(self.api_key_ttl),
            refused_ttl: number(self.refused_api_key_ttl),
            timeout: number(self.total_timeout),
            ..AnswersRules::DEFAULT
        }
    }

    /// The hosts that the library asks.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        [self.config_host.as_str()].into_iter().chain(self.api_keys.then_some(self.backend_host.as_str()))
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

fn number(time: Duration) -> u64 {
    milliseconds(time).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn the_secret_is_not_printed() {
        let settings = Settings::new("publishable_key_1").backend_api_key("tesseral_secret_key_1");
        assert!(!std::format!("{settings:?}").contains("secret"));
    }
}
