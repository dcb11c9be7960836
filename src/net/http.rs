//! The only door to the HTTP client and to TLS.
//!
//! `https` only, no redirect is followed, and every exchange is bounded in time and octets. The proxy variables of the
//! environment are read once, when a client is made.

use super::{
    fault::Fault,
    names::Names,
    proxy::{self, Variables},
    settings::Settings,
};
use crate::{
    error::Error,
    limits::{MAX_API_KEY_ANSWER_LEN, MAX_DOCUMENT_LEN},
};
use rustls::{
    crypto::{CryptoProvider, KeyProvider},
    pki_types::PrivateKeyDer,
    sign::SigningKey,
};
use std::{fmt, format, string::String, sync::Arc, vec::Vec};
use ureq::{
    Agent, Body, Proxy,
    config::Config,
    http::{HeaderValue, Request, Response, Uri, header},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
    unversioned::{
        resolver::{ArrayVec, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Loads no private key: a client that shows no certificate never signs, and without a way to it the linker leaves the code
/// out that could.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General(String::from("this client has no private keys")))
    }
}

/// Speaks to the service, from any number of threads.
pub(super) struct Client {
    agent: Agent,
    config_url: String,
    lookup_url: String,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Reads the system's certificates and the environment; does not connect.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when the extra certificates are no PEM, or a proxy variable is no URL.
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let provider = Arc::new(CryptoProvider { key_provider: &NoKeys, ..rustls::crypto::ring::default_provider() });
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(trusted(&settings.ca_pem)?)))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(proxy_of_environment(settings).map_err(|_| Error::InvalidArgument)?)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_global(Some(settings.total_timeout))
            .user_agent(concat!("tesseral-verify/", env!("CARGO_PKG_VERSION")))
            .build();
        let authorization = settings.backend_api_key.as_ref().map(|key| bearer(key)).transpose()?;
        Ok(Self {
            agent: agent(config),
            config_url: format!("https://{}/v1/config/{}", settings.config_host, settings.publishable_key),
            lookup_url: format!("https://{}/v1/api-keys/authenticate", settings.backend_host),
            authorization,
        })
    }

    /// The same with new connections and name look-ups, for a forked child, which may not use its parent's.
    pub(super) fn renewed(&self) -> Self {
        let config: Config = self.agent.config().clone();
        Self {
            agent: agent(config),
            config_url: self.config_url.clone(),
            lookup_url: self.lookup_url.clone(),
            authorization: self.authorization.clone(),
        }
    }

    /// The body of a 200.
    pub(super) fn fetch_document(&self) -> Result<Vec<u8>, Fault> {
        let request = Request::get(&self.config_url).header(header::ACCEPT, JSON);
        let request = request.body(()).map_err(|_| Fault::Refused(Error::InvalidArgument))?;
        let (status, body) = self.exchange(request, MAX_DOCUMENT_LEN)?;
        if status == 200 { Ok(body) } else { Err(Fault::Status(status)) }
    }

    /// Status and body of the answer about an API key; `body` is what [`ApiKey::request`](crate::ApiKey::request) wrote.
    pub(super) fn look_up(&self, body: &[u8]) -> Result<(u16, Vec<u8>), Fault> {
        let refused = Fault::Refused(Error::InvalidArgument);
        let authorization = self.authorization.clone().ok_or(refused)?;
        let request = Request::post(&self.lookup_url)
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, JSON)
            .header(header::AUTHORIZATION, authorization);
        self.exchange(request.body(body).map_err(|_| refused)?, MAX_API_KEY_ANSWER_LEN)
    }

    fn exchange(&self, request: Request<impl ureq::AsSendBody>, limit: usize) -> Result<(u16, Vec<u8>), Fault> {
        let mut response: Response<Body> = self.agent.run(request).map_err(fault)?;
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let body = response.body_mut().with_config().limit(limit).read_to_vec().map_err(fault)?;
        Ok((response.status().as_u16(), body))
    }
}

/// The proxy for these settings' hosts, except for those that `no_proxy` lists; `None` when there is none.
///
/// # Errors
/// Why nothing can be asked through it, in one line.
pub(super) fn proxy_of_environment(settings: &Settings) -> Result<Option<Proxy>, &'static str> {
    let variables = Variables::of_environment();
    let Some((name, url)) = &variables.proxy else { return Ok(None) };
    let (except, through): (Vec<_>, Vec<_>) = settings.hosts().partition(|host| variables.except(host));
    if through.is_empty() {
        return Ok(None);
    }
    let proxy = url.as_deref().and_then(|url| usable(url, &except));
    proxy.map(Some).ok_or_else(|| proxy::complaint(name))
}

/// The client's proxy, with our own exceptions in place of the client's.
fn usable(url: &str, except: &[&str]) -> Option<Proxy> {
    let url = if url.contains("://") { url.into() } else { format!("http://{url}") };
    let parsed = Proxy::new(&url).ok().filter(|parsed| !parsed.host().is_empty())?;
    // For an invalid port, the client would use the scheme's default port.
    let place = parsed.uri().authority()?.as_str().rsplit('@').next()?;
    let port = place.strip_prefix(parsed.host())?;
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
        return None;
    }
    let builder = Proxy::builder(parsed.protocol()).host(parsed.host()).port(parsed.port());
    let builder = parsed.username().into_iter().fold(builder, |builder, name| builder.username(name));
    let builder = parsed.password().into_iter().fold(builder, |builder, word| builder.password(word));
    let hosts = except.iter().filter_map(|host| format!("https://{host}").parse::<Uri>().ok());
    let builder = hosts.fold(builder, |builder, uri| builder.no_proxy(uri.host().unwrap_or_default()));
    builder.build().ok()
}

/// Resolves names in our own threads: the client would start one for each connection, without bound.
fn agent(config: Config) -> Agent {
    Agent::with_parts(config, DefaultConnector::default(), ByNames(Names::of_system()))
}

struct ByNames(Arc<Names>);

impl Resolver for ByNames {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let default_port = match uri.scheme_str() {
            Some("https") => 443,
            Some("http") => 80,
            // A SOCKS proxy: RFC 1928 section 3.
            _ => 1080,
        };
        let host = uri.host().ok_or(ureq::Error::HostNotFound)?;
        let found = self.0.addresses_of(host, uri.port_u16().unwrap_or(default_port), *timeout.after);
        let found = found.map_err(|fault| match fault {
            Fault::TimedOut => ureq::Error::Timeout(timeout.reason),
            fault => ureq::Error::Io(std::io::Error::other(fault)),
        })?;
        let mut addresses: ArrayVec<_, MAX_ADDRESSES> = self.empty();
        found.into_iter().take(MAX_ADDRESSES).for_each(|address| addresses.push(address));
        Ok(addresses)
    }
}

impl fmt::Debug for ByNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByNames").finish_non_exhaustive()
    }
}

/// As many as the client tries.
const MAX_ADDRESSES: usize = 16;

const JSON: &str = "application/json";

/// Marked as sensitive, so that the client's logs do not show it.
fn bearer(secret: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {secret}")).map_err(|_| Error::InvalidArgument)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The authorities of the system, as `SSL_CERT_FILE` and `SSL_CERT_DIR` say, and those in the PEM.
fn trusted(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Error> {
    let system = rustls_native_certs::load_native_certs().certs;
    let mut trusted: Vec<_> = system.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let before = trusted.len();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| Error::InvalidArgument)? {
            trusted.push(certificate);
        }
    }
    if !pem.is_empty() && trusted.len() == before { Err(Error::InvalidArgument) } else { Ok(trusted) }
}

fn fault(error: ureq::Error) -> Fault {
    match error {
        ureq::Error::Timeout(_) => Fault::TimedOut,
        ureq::Error::HostNotFound => Fault::HostNotFound,
        ureq::Error::BodyExceedsLimit(_) => Fault::AnswerTooLarge,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => Fault::TlsFailed,
        ureq::Error::Io(error) => fault_of_io(&error),
        ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => Fault::ConnectionFailed,
        _ => Fault::AnswerMalformed,
    }
}

/// TLS faults come wrapped, and those of names.
fn fault_of_io(error: &std::io::Error) -> Fault {
    use std::io::ErrorKind;
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return Fault::TlsFailed;
    }
    if let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return *fault;
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Fault::ConnectionRefused,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Fault::TimedOut,
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => Fault::AnswerMalformed,
        _ => Fault::ConnectionFailed,
    }
}

pub(super) fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port != 0)
}
