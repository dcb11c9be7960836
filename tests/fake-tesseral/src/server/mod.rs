//! The service itself, on a loopback port: the config endpoint and the API-key endpoint, honest or not.
//!
//! ```
//! use fake_tesseral::{Endpoint, Fault, Project, Server, Tls};
//!
//! let server = Server::start(Project::new(7), Tls::Trusted)?; // any free port, a new authority
//! let (host, ca_pem) = (server.host(), server.ca_pem());      // what a client needs
//! let key = server.project().issue_api_key(["app.posts.read"]);
//! server.project().rotate_unpublished();                      // whatever a project can do, at any time
//! server.set_fault(Endpoint::Config, Fault::Html);
//! assert!(server.requests(Endpoint::Config).is_empty());      // no request came yet
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! HTTP is written by hand, because a server crate would decide on fields, framing and the end of connections, and
//! these are what the tests are about.

mod answer;
mod api_keys_api;
mod config_api;
mod connection;
pub mod control;
mod date;
mod fault;
mod gzip;
mod http;
mod listener;
mod query;
mod record;
mod silent;
mod stop;
mod tls;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use date::now;
pub use fault::Fault;
pub use http::Request;
pub use record::Endpoint;
pub use silent::Silent;
pub use tls::Tls;

use crate::config::ConfigDocument;
use crate::project::Project;
use listener::Listener;
use record::Record;
use stop::Stop;

/// A running service; dropping it ends its connections, also those that wait, and joins its threads.
pub struct Server {
    listener: Option<Listener>,
    shared: Arc<Shared>,
    ca_pem: String,
    port: u16,
}

/// What all connections share.
pub(crate) struct Shared {
    project: Mutex<Project>,
    reshape: Mutex<Option<Reshape>>,
    spaces: Mutex<Vec<char>>,
    faults: Mutex<Vec<Planned>>,
    record: Record,
    stop: Stop,
    tls: Option<Arc<rustls::ServerConfig>>,
}

type Reshape = Box<dyn Fn(ConfigDocument) -> Vec<u8> + Send>;

struct Planned {
    endpoint: Endpoint,
    fault: Fault,
    /// Answers that it still spoils; `None` for all.
    left: Option<usize>,
}

impl Server {
    /// Serves `project` on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port is free, or no certificate can be made.
    pub fn start(project: Project, tls: Tls) -> io::Result<Self> {
        Self::start_on(0, project, tls)
    }

    /// The same on a certain port.
    ///
    /// # Errors
    /// When the port is taken, or no certificate can be made.
    pub fn start_on(port: u16, project: Project, tls: Tls) -> io::Result<Self> {
        let (tls, ca_pem) = match tls::identity(tls)? {
            Some(identity) => (Some(identity.config), identity.ca_pem),
            None => (None, String::new()),
        };
        let shared = Arc::new(Shared {
            project: Mutex::new(project),
            reshape: Mutex::new(None),
            spaces: Mutex::new(Vec::new()),
            faults: Mutex::new(Vec::new()),
            record: Record::default(),
            stop: Stop::default(),
            tls,
        });
        let listener = Listener::start(port, {
            let shared = Arc::clone(&shared);
            move |socket| {
                shared.record.add_connection();
                connection::serve(&shared, socket);
            }
        })?;
        Ok(Self { port: listener.port(), listener: Some(listener), shared, ca_pem })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:port`, for config host and backend host alike; the certificate is for `localhost` too.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// The certificate of the authority to trust, PEM; empty without TLS.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The project, to read or change; the service waits while this is held.
    pub fn project(&self) -> MutexGuard<'_, Project> {
        self.shared.project()
    }

    /// Spoils all answers of `endpoint` from now on, instead of any fault before.
    pub fn set_fault(&self, endpoint: Endpoint, fault: Fault) {
        self.shared.plan(endpoint, Some((fault, None)));
    }

    /// Spoils the next `count` answers of `endpoint`, instead of any fault before; then it is honest again.
    pub fn set_fault_times(&self, endpoint: Endpoint, fault: Fault, count: usize) {
        self.shared.plan(endpoint, Some((fault, Some(count))));
    }

    /// Is honest again. Connections that wait go on waiting.
    pub fn clear_fault(&self, endpoint: Endpoint) {
        self.shared.plan(endpoint, None);
    }

    /// Writes the body of the config endpoint with `reshape`, out of the project's honest document.
    pub fn set_document(&self, reshape: impl Fn(ConfigDocument) -> Vec<u8> + Send + 'static) {
        *lock(&self.shared.reshape) = Some(Box::new(reshape));
    }

    /// Serves the honest document again.
    pub fn clear_document(&self) {
        *lock(&self.shared.reshape) = None;
    }

    /// Puts a space after each of these characters (`,` and `:`) in the JSON of the API-key endpoint.
    pub fn set_json_spaces(&self, after: &[char]) {
        *lock(&self.shared.spaces) = after.to_vec();
    }

    /// The requests to `endpoint` in order of arrival.
    pub fn requests(&self, endpoint: Endpoint) -> Vec<Request> {
        self.shared.record.requests(endpoint)
    }

    /// How many requests `endpoint` had.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.shared.record.count(endpoint)
    }

    /// How many TCP connections were accepted.
    pub fn connections(&self) -> usize {
        self.shared.record.connections()
    }

    /// Waits until `endpoint` has had `count` requests; `false` when that takes longer than `at_most`.
    pub fn wait_for(&self, endpoint: Endpoint, count: usize, at_most: Duration) -> bool {
        self.shared.record.wait_for(endpoint, count, at_most)
    }

    /// Forgets requests and counts.
    pub fn forget(&self) {
        self.shared.record.forget();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.say();
        self.listener.take();
    }
}

impl Shared {
    fn project(&self) -> MutexGuard<'_, Project> {
        lock(&self.project)
    }

    fn document(&self) -> Vec<u8> {
        let document = self.project().config_document();
        match &*lock(&self.reshape) {
            Some(reshape) => reshape(document),
            None => document.to_json().into_bytes(),
        }
    }

    fn json_spaces(&self) -> Vec<char> {
        lock(&self.spaces).clone()
    }

    fn plan(&self, endpoint: Endpoint, fault: Option<(Fault, Option<usize>)>) {
        let mut faults = lock(&self.faults);
        faults.retain(|planned| planned.endpoint != endpoint);
        faults.extend(fault.map(|(fault, left)| Planned { endpoint, fault, left }));
    }

    fn take_fault(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let planned = faults.iter_mut().find(|planned| planned.endpoint == endpoint)?;
        match &mut planned.left {
            None => {}
            Some(0) => return None,
            Some(left) => *left -= 1,
        }
        Some(planned.fault.clone())
    }
}

/// A test that panicked while it held a lock left nothing half done that matters to others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
