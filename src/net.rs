//! Keeps a project's keys fresh over the network and looks API keys up (feature `std`).
//!
//! [`Authenticator`] does all of it, with one background thread. [`Keeper`] is the same without clock, thread and
//! network, for programs that have their own: it says when to fetch, and is told what came.

mod answer;
mod authenticator;
mod clock;
mod errand;
mod fault;
pub mod file;
mod flight;
mod http;
mod keeper;
mod lookups;
mod process;
mod refresh;
mod settings;
mod signal;
mod stats;

pub use answer::ApiKeyAnswer;
pub use authenticator::Authenticator;
pub use clock::unix_time;
pub use errand::Errand;
pub use fault::Fault;
pub use flight::Lookup;
pub use http::fetch_document;
pub use keeper::{Keeper, LookUp, NotReady, Update};
pub use refresh::{Next, Refresh, Rules};
pub use settings::Settings;
pub use stats::{LastFault, Stats};

/// Locks a mutex whose content is whole at any moment, whoever panicked while holding it.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
