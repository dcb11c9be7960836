//! Accepts connections, one thread each, and leaves no thread behind.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

/// A listener on 127.0.0.1; dropping it ends its connections and waits for their threads.
pub(super) struct Listener {
    address: SocketAddr,
    open: Arc<Open>,
    thread: Option<JoinHandle<()>>,
}

/// The sockets of the connections that live; `None` once the end has come.
type Open = Mutex<Option<HashMap<u64, Arc<TcpStream>>>>;

impl Listener {
    /// Listens on `port` (0: any free one) and calls `serve` in a thread of its own for each connection. `serve`
    /// must return soon after its socket is shut down.
    pub(super) fn start(port: u16, serve: impl Fn(Arc<TcpStream>) + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let open = Arc::new(Mutex::new(Some(HashMap::new())));
        let thread = thread::Builder::new().name(format!("fake-tesseral {}", address.port())).spawn({
            let open = Arc::clone(&open);
            move || accept_all(&listener, &open, &Arc::new(serve))
        })?;
        Ok(Self { address, open, thread: Some(thread) })
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(sockets) = lock(&self.open).take() {
            for socket in sockets.values() {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
        // Wakes the accepting thread, which then finds nothing open.
        let woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take()
            && woken.is_ok()
        {
            let _ = thread.join();
        }
    }
}

fn accept_all<S: Fn(Arc<TcpStream>) + Send + Sync + 'static>(listener: &TcpListener, open: &Arc<Open>, serve: &Arc<S>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for (id, socket) in (0..).zip(listener.incoming()) {
        let (finished, running): (Vec<_>, Vec<_>) = threads.into_iter().partition(JoinHandle::is_finished);
        threads = running;
        finished.into_iter().for_each(join);
        let Ok(socket) = socket.map(Arc::new) else { continue };
        match lock(open).as_mut() {
            Some(sockets) => sockets.insert(id, Arc::clone(&socket)),
            None => break,
        };
        let (serve, open) = (Arc::clone(serve), Arc::clone(open));
        threads.push(thread::spawn(move || {
            // Dropped after `serve` has returned: then nothing else owns the socket, and this closes it.
            let _removed = Removed { id, open };
            serve(socket);
        }));
    }
    threads.into_iter().for_each(join);
}

/// A panic in a connection's thread has printed itself.
fn join(thread: JoinHandle<()>) {
    let _ = thread.join();
}

/// Takes a connection out of the open ones, even when its thread panics.
struct Removed {
    id: u64,
    open: Arc<Open>,
}

impl Drop for Removed {
    fn drop(&mut self) {
        if let Some(sockets) = lock(&self.open).as_mut() {
            sockets.remove(&self.id);
        }
    }
}

fn lock(open: &Open) -> MutexGuard<'_, Option<HashMap<u64, Arc<TcpStream>>>> {
    open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
