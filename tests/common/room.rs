//! Verifiers in borrowed memory, and verdicts as slugs.

use tesseral_verify::{Authentication, Error, Key, LoadError, Memory, Options, Profile, TableEntry, Verifier};

/// Memory for one verifier at a time.
pub struct Room {
    keys: Vec<Key>,
    entries: Vec<TableEntry>,
}

impl Room {
    /// For four keys.
    pub fn new() -> Self {
        Self::with_keys(4)
    }

    pub fn with_keys(keys: usize) -> Self {
        Self { keys: vec![Key::VACANT; keys], entries: vec![TableEntry::ZERO; Profile::Server.entries(keys)] }
    }

    pub fn memory(&mut self) -> Memory<'_> {
        Memory::borrowed(&mut self.keys, &mut self.entries)
    }

    pub fn load(&mut self, document: &[u8], options: &Options<'_>) -> Result<Verifier<'_>, LoadError> {
        Verifier::load(document, self.memory(), options)
    }
}

/// The slug of a verdict: `ok` when accepted.
pub fn slug<T>(verdict: Result<T, Error>) -> &'static str {
    verdict.map_or_else(Error::slug, |_| "ok")
}

/// What loading says.
pub fn load_slug(document: &[u8], options: &Options<'_>) -> &'static str {
    slug(Room::with_keys(65).load(document, options).map_err(|refusal| refusal.error))
}

/// What `verify_token` says.
pub fn verify(verifier: &Verifier<'_>, token: &[u8], now: i64) -> &'static str {
    slug(verifier.verify_token(token, now, None, &mut vec![0; verifier.scratch_len()]))
}

/// What `authenticate` says to these headers; an API key to look up has its own error's slug.
pub fn authenticate(verifier: &Verifier<'_>, authorization: &[&[u8]], cookie: &[&[u8]], now: i64) -> &'static str {
    let mut scratch = vec![0; verifier.scratch_len()];
    match verifier.authenticate(authorization.iter().copied(), cookie.iter().copied(), now, None, &mut scratch) {
        Ok(Authentication::LookupNeeded(_)) => Error::ApiKeyLookupNeeded.slug(),
        verdict => slug(verdict),
    }
}
