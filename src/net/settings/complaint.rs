//! Checks settings before they are used.

use super::{Settings, number};
use crate::{error::Error, limits::MAX_TIMEOUT_MS, net::http};
use std::string::String;

impl Settings {
    /// # Errors
    /// [`Error::InvalidArgument`] when there is a complaint.
    pub(in crate::net) fn check(&self) -> Result<(), Error> {
        if self.complaint().is_some() { Err(Error::InvalidArgument) } else { Ok(()) }
    }

    /// Why these settings can never work, in one line; `None` when they may.
    ///
    /// [`Authenticator::new`](crate::net::Authenticator::new) refuses what this complains about.
    #[must_use]
    pub fn complaint(&self) -> Option<&'static str> {
        let backend_api_key = self.given_backend_api_key();
        let connect = (1..=MAX_TIMEOUT_MS).contains(&number(self.connect_timeout));
        [
            (complaint_of_key(&self.publishable_key), PUBLISHABLE_KEY),
            (complaint_of_host(&self.config_host), CONFIG_HOST),
            (complaint_of_host(&self.backend_host), BACKEND_HOST),
            (backend_api_key.as_deref().is_some_and(complaint_of_key), BACKEND_API_KEY),
            (self.api_keys && backend_api_key.is_none(), NO_BACKEND_API_KEY),
            (self.options().check().is_err(), OPTIONS),
            (self.refresh_rules().check().is_err() || self.answers_rules().check().is_err() || !connect, TIMES),
        ]
        .into_iter()
        .find_map(|(bad, complaint)| bad.then_some(complaint))
        .or_else(|| http::proxy_of_environment(self).err())
    }

    /// The checked settings. When API keys are on and the settings have no backend API key, it comes from the environment.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] as [`Self::complaint`] says.
    pub(in crate::net) fn with_environment(mut self) -> Result<Self, Error> {
        self.backend_api_key = self.given_backend_api_key();
        self.check()?;
        Ok(self)
    }

    fn given_backend_api_key(&self) -> Option<String> {
        let from_environment = || std::env::var("TESSERAL_BACKEND_API_KEY").ok().filter(|_| self.api_keys);
        self.backend_api_key.clone().or_else(from_environment)
    }
}

const PUBLISHABLE_KEY: &str =
    "the publishable key is not 1 to 128 letters, digits and '_': no quotes, white space or line break around it";
const CONFIG_HOST: &str = "the config host is not host or host:port: write no scheme, path or white space";
const BACKEND_HOST: &str = "the backend host is not host or host:port: write no scheme, path or white space";
const BACKEND_API_KEY: &str =
    "the backend API key is not 1 to 128 letters, digits and '_': no quotes, white space or line break around it";
const NO_BACKEND_API_KEY: &str = "API keys need a backend API key: set one, or TESSERAL_BACKEND_API_KEY";
const OPTIONS: &str = "the leeway, the token limit or the issuer is out of range";
const TIMES: &str = "a time is out of range";

/// Whether a key has characters that a path or a header may not have, or a wrong length.
fn complaint_of_key(text: &str) -> bool {
    let in_key = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    !(1..=128).contains(&text.len()) || !text.bytes().all(in_key)
}

/// Whether a host has characters or a port that `host`, `host:port`, `[v6]` and `[v6]:port` cannot have. Other mistakes show
/// only when the library connects.
fn complaint_of_host(text: &str) -> bool {
    let in_host = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b':' | b'[' | b']');
    let after_address = text.rsplit_once(']').map_or(text, |(_, after)| after);
    let port = after_address.split_once(':').is_none_or(|(_, port)| http::is_port(port));
    !(1..=255).contains(&text.len()) || !text.bytes().all(in_host) || !port
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
        assert!(good(|s| s.config_host("a:65535")) && !good(|s| s.config_host("a:65536")));
        assert!(good(|s| s.config_host("a:1")) && !good(|s| s.config_host("a:0")) && !good(|s| s.config_host("a:")));
        assert!(good(|s| s.config_host("[::1]")) && !good(|s| s.config_host("::1")));
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
}
