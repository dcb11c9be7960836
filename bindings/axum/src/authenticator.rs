//! The settings of a layer.

use std::{fmt, sync::Arc, time::Duration};
use tesseral_verify::{Revoked, net::Settings};

/// How requests are authenticated. Give it to [`require_auth`](crate::require_auth).
#[derive(Clone)]
pub struct Authenticator {
    pub(crate) settings: Settings,
    pub(crate) www_authenticate: bool,
    pub(crate) revoked: Option<CurrentList>,
}

/// Gives the current list of revoked sessions and users.
pub(crate) type CurrentList = Arc<dyn Fn() -> Arc<Revoked<'static>> + Send + Sync>;

impl Authenticator {
    /// The project of this publishable key, `publishable_key_…`, and the defaults for everything else.
    #[must_use]
    pub fn new(publishable_key: String) -> Self {
        Self { settings: Settings::new(&publishable_key), www_authenticate: false, revoked: None }
    }

    /// The host of the configuration document: `host` or `host:port`, always over TLS. `config.tesseral.com` by default.
    #[must_use]
    pub fn with_config_api_hostname(self, hostname: String) -> Self {
        self.with_settings(|settings| settings.config_host(&hostname))
    }

    /// The age before which a newer document is fetched. One hour by default.
    #[must_use]
    pub fn with_config_refresh_interval(self, interval: Duration) -> Self {
        self.with_settings(|settings| settings.refresh_interval(interval))
    }

    /// Whether requests may carry an API key. `false` by default.
    #[must_use]
    pub fn with_api_keys_enabled(self, enabled: bool) -> Self {
        self.with_settings(|settings| settings.api_keys(enabled))
    }

    /// The backend API key: the secret that the layer sends when it asks the service about API keys. The value of the environment
    /// variable `TESSERAL_BACKEND_API_KEY` by default.
    #[must_use]
    pub fn with_backend_api_key(self, secret: String) -> Self {
        self.with_settings(|settings| settings.backend_api_key(&secret))
    }

    /// The host that the layer asks about API keys: `host` or `host:port`, always over TLS. `api.tesseral.com` by default.
    #[must_use]
    pub fn with_backend_api_hostname(self, hostname: String) -> Self {
        self.with_settings(|settings| settings.backend_host(&hostname))
    }

    /// Whether a 401 has the header field `WWW-Authenticate`, which HTTP asks for (RFC 9110 section 15.5.2). `false` by default.
    #[must_use]
    pub fn with_www_authenticate(mut self, wanted: bool) -> Self {
        self.www_authenticate = wanted;
        self
    }

    /// Refuses accepted access tokens whose session or user is on the list that `current` gives. It is called for each of them,
    /// on a thread of the runtime: let it read an atomic pointer or a lock that is never held for long.
    #[must_use]
    pub fn with_revoked(mut self, current: impl Fn() -> Arc<Revoked<'static>> + Send + Sync + 'static) -> Self {
        self.revoked = Some(Arc::new(current));
        self
    }

    /// Everything else: leeway, time-outs, the last-good file, authorities to trust, what gets the notices.
    #[must_use]
    pub fn with_settings(mut self, change: impl FnOnce(Settings) -> Settings) -> Self {
        self.settings = change(self.settings);
        self
    }
}

/// Prints no secret.
impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("settings", &self.settings).finish_non_exhaustive()
    }
}
