//! Threads of the library's own.

use std::{
    borrow::ToOwned as _,
    io,
    thread::{Builder, JoinHandle},
};

/// Starts a thread. The size is given so that the environment is not asked for it: in a child, its lock may be held for ever.
pub(super) fn start(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).stack_size(STACK_SIZE).spawn(body)
}

/// TLS and building tables need less than half of it.
const STACK_SIZE: usize = 512 * 1024;
