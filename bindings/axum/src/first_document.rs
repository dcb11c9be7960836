//! The wait for the first configuration document. Any number of requests wait at a time, for one thread that blocks.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tesseral_verify::{limits::DEFAULT_TOTAL_TIMEOUT_MS, net};
use tokio::{sync::watch, task};

/// Whether there was a document, and who waits for one.
#[derive(Default)]
pub(crate) struct FirstDocument {
    came: AtomicBool,
    /// Its channel is closed when the thread ends.
    waiting: Mutex<Option<watch::Receiver<()>>>,
}

impl FirstDocument {
    /// Returns at once after there was a document. Before, it waits for one, at most five seconds, unless the next fetch begins
    /// later than that.
    pub(crate) async fn wait(self: &Arc<Self>, authenticator: &Arc<net::Authenticator>) {
        if self.came.load(Relaxed) {
            return;
        }
        if authenticator.ready().is_ok() {
            return self.came.store(true, Relaxed);
        }
        if authenticator.stats().next_refresh_in < AT_MOST {
            let mut ended = self.join(authenticator);
            // Nothing is ever sent. An error says that the channel is closed.
            let _ = ended.changed().await;
        }
    }

    /// The end of the wait under way, or of a new one.
    fn join(self: &Arc<Self>, authenticator: &Arc<net::Authenticator>) -> watch::Receiver<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = waiting.as_ref().filter(|ended| ended.has_changed().is_ok()) {
            return ended.clone();
        }
        let (end, ended) = watch::channel(());
        *waiting = Some(ended.clone());
        let authenticator = Arc::clone(authenticator);
        task::spawn_blocking(move || {
            // Each request looks for itself whether the document has come.
            let _ = authenticator.wait_until_ready(AT_MOST);
            drop(end);
        });
        ended
    }
}

/// As long as a fetch may take by default.
const AT_MOST: Duration = Duration::from_millis(DEFAULT_TOTAL_TIMEOUT_MS);
