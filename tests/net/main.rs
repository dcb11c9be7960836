//! The authenticator against the double of the service, over real TLS.
#![cfg(feature = "std")]

mod answers;
mod api_keys;
mod axum_layer;
mod cold;
mod credentials;
mod file;
mod fork;
mod frozen;
mod last_good;
mod names;
mod new_key;
mod notices;
mod outage;
mod rotation;
mod stats;
mod support;
mod time;
mod wakers;
