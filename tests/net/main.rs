//! The authenticator against the double of the service, over real TLS.
#![cfg(feature = "std")]

mod answers;
mod api_keys;
mod axum_layer;
mod cold;
mod fork;
mod last_good;
mod outage;
mod rotation;
mod stats;
mod support;
mod swaps;
mod time;
