//! The layer and the extractor, beside a double of the service over TLS.

mod api_keys;
mod concurrency;
mod credentials;
mod examples;
mod outage;
mod refusals;
mod slugs;
mod support;
mod vectors;
