//! Logs what goes wrong on the way to the service: each cause once, and then at most once a minute.

use super::{fault::Fault, lock};
use crate::{error::Error, limits::NOTICE_INTERVAL_MS, rulebook::Moment};
use std::{collections::BTreeMap, fmt, string::String, sync::Arc, sync::Mutex};

/// What goes wrong, in one line without secrets: see its `Display`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Notice {
    /// What the authenticator wanted.
    pub about: About,
    /// The host that is asked, or the file's path.
    pub place: String,
    /// Why.
    pub fault: Fault,
}

/// What an authenticator fetches, asks for or keeps.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum About {
    /// The configuration document.
    Document,
    /// Answers about API keys.
    ApiKeys,
    /// The file that keeps the last good document.
    LastGoodFile,
}

/// The function that logs.
#[derive(Clone)]
pub(super) struct Sink(pub(super) Arc<dyn Fn(&Notice) + Send + Sync>);

/// Passes notices to a sink, each cause at most once a minute.
pub(super) struct Notices {
    sink: Option<Sink>,
    /// When each cause was last logged, by the steady clock. There are few causes.
    told: Mutex<BTreeMap<(About, &'static str), i64>>,
}

impl Notices {
    pub(super) fn new(sink: Option<Sink>) -> Self {
        Self { sink, told: Mutex::default() }
    }

    pub(super) fn tell(&self, about: About, place: &str, fault: Fault, now: Moment) {
        let interval = i64::try_from(NOTICE_INTERVAL_MS).unwrap_or(i64::MAX);
        let mut told = lock(&self.told);
        let lately = |at: &i64| now.steady.saturating_sub(*at) < interval;
        if told.get(&(about, fault.slug())).is_some_and(lately) {
            return;
        }
        told.insert((about, fault.slug()), now.steady);
        drop(told);
        let notice = Notice::new(about, place, fault);
        let say = core::panic::AssertUnwindSafe(|| match &self.sink {
            Some(sink) => (sink.0)(&notice),
            None => log::warn!(target: "tesseral_verify", "{notice}"),
        });
        // A panic of the sink does not end the background thread or a request.
        let _ = std::panic::catch_unwind(say);
    }
}

impl Notice {
    /// For a driver with a transport of its own, so that all drivers log the same words.
    #[must_use]
    pub fn new(about: About, place: &str, fault: Fault) -> Self {
        Self { about, place: place.into(), fault }
    }

    /// What the operator can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match (self.about, self.fault) {
            (About::LastGoodFile, Fault::FileUnwritable) => {
                "make room, let this user write there and keep the owner, or name another file"
            }
            (About::LastGoodFile, _) => "it is replaced by the next document that is fetched",
            (_, Fault::HostNotFound) => "check the host's name and this machine's resolver",
            (_, Fault::ConnectionRefused) => "check the host and the port, or the proxy variables",
            (_, Fault::ConnectionFailed | Fault::TimedOut) => "check the network, a firewall and the proxy variables",
            (_, Fault::TlsFailed) => "check the host's certificate and the authorities that are trusted",
            (About::Document, Fault::Status(400 | 404)) => "check the publishable key and the config host",
            (About::ApiKeys, Fault::Status(400 | 401 | 404)) => "check the backend API key and the backend host",
            (About::ApiKeys, Fault::Refused(Error::InvalidArgument)) => "set a backend API key",
            (_, Fault::Status(_)) => "the service, or a proxy before it, is at fault",
            (_, Fault::NoThread) => "raise the limit of threads or of memory",
            _ => "check that the host is the service, not a proxy or a login page",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.about {
            About::Document => "no configuration document from",
            About::ApiKeys => "no answer about API keys from",
            About::LastGoodFile => "the last-good file",
        };
        let (place, fault, advice) = (&self.place, self.fault, self.advice());
        write!(f, "{what} {place}: {fault} [{}]; {advice}", fault.slug())
    }
}
