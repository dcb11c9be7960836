//! Keeps a project's keys fresh over the network and looks API keys up (feature `std`).
//!
//! [`Authenticator`] does all of it. One background thread fetches; short-lived threads look up host names and wake futures
//! at their deadlines. The [`rulebook`](crate::rulebook) decides when to fetch, how long keys may be used, and which
//! request asks about an API key. Programs with a transport of their own use the rulebook directly.

mod alarm;
mod answer;
mod attempt;
mod authenticator;
mod clock;
mod fault;
mod fetch_document;
pub mod file;
mod fork;
mod http;
mod keeper;
mod key_fetch;
mod last_good;
mod lookup_future;
mod lookup_table;
mod lookup_task;
mod lookup_waiters;
mod names;
mod not_ready;
mod notice;
mod process;
mod proxy;
mod settings;
mod signal;
mod stats;
#[cfg(test)]
mod swaps;
mod thread;
#[cfg(feature = "ffi")]
mod waiting;

pub use answer::ApiKeyAnswer;
pub use attempt::Attempt;
pub use authenticator::Authenticator;
pub use clock::unix_time;
pub use fault::Fault;
pub use fetch_document::fetch_document;
pub use key_fetch::KeyFetch;
pub use lookup_future::LookupFuture;
pub use lookup_task::LookupTask;
pub use not_ready::{NotReady, NotReadyReason};
pub use notice::{About, Notice};
pub use proxy::proxy_for;
pub use settings::Settings;
pub use stats::{LastFault, Stats};
#[cfg(feature = "ffi")]
pub(crate) use waiting::Waiting;

/// Locks a mutex whose content stays consistent also when a thread panics while it holds the lock.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
