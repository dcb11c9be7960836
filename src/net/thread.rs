//! Threads of the library's own.

use std::{
    borrow::ToOwned as _,
    io,
    thread::{Builder, JoinHandle},
};

/// Starts a thread. Without a stack size, the standard library reads `RUST_MIN_STACK`, and in a forked child the lock of
/// the environment may be held for ever.
pub(super) fn start(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).stack_size(STACK_SIZE).spawn(body)
}

/// TLS and building tables need less than half of it.
const STACK_SIZE: usize = 512 * 1024;
