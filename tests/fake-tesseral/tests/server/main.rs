//! The server as a client sees it: octets through a socket, with TLS and without.

mod api_keys_api;
mod client;
mod config_api;
mod faults;
mod life;
mod program;
mod tls;
