//! This library, behind the traits that all contestants share. After a change of its API, only this file changes.

use crate::{
    engines::Engine,
    peers::Peer,
    tokens::{NOW, Set},
};
use std::hint::black_box;
use tesseral_verify::{
    Cache, Options, Profile, TableEntry, Verifier, cache,
    es256::{self, Point, Signed, Tables},
};

/// All profiles with the names that figures have.
pub const PROFILES: [(Profile, &str); 3] =
    [(Profile::Server, "server"), (Profile::Compact, "compact"), (Profile::Tiny, "tiny")];

/// The code that does the arithmetic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Backend {
    /// Any machine.
    Portable,
    /// x86-64 with AVX-512 IFMA.
    Ifma,
}

impl Backend {
    /// All, with the names that figures have.
    pub const ALL: [(Self, &str); 2] = [(Self::Portable, "portable"), (Self::Ifma, "ifma")];

    /// Whether this machine has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        self.has(Profile::Server)
    }

    /// Whether this machine has it for a profile.
    #[must_use]
    pub fn has(self, profile: Profile) -> bool {
        self.engine(profile).is_some()
    }

    /// The engine that fills tables and verifies. IFMA is for the profile server only.
    fn engine(self, profile: Profile) -> Option<es256::Engine> {
        match self {
            Self::Portable => Some(es256::Engine::portable(profile)),
            Self::Ifma => Some(es256::Engine::new(profile)).filter(|engine| !engine.is_portable()),
        }
    }
}

/// The bare signature check under one key.
pub struct Es256 {
    engine: es256::Engine,
    generator: Vec<TableEntry>,
    key: Vec<TableEntry>,
}

impl Es256 {
    /// Builds both tables for 0x04 ‖ X ‖ Y; `None` when the backend is not available.
    #[must_use]
    pub fn new(backend: Backend, profile: Profile, point: &[u8; 65]) -> Option<Self> {
        let engine = backend.engine(profile)?;
        let table = |point: &Point| {
            let mut entries = vec![TableEntry::ZERO; profile.table_entries()];
            assert!(es256::fill_table(engine, point, &mut entries));
            entries
        };
        Some(Self { engine, generator: table(&Point::BASE), key: table(&key_point(point)) })
    }

    fn tables(&self) -> Tables<'_> {
        Tables { engine: self.engine, generator: &self.generator, key: &self.key }
    }

    /// Verifies eight signatures in one call; as elsewhere, hashing is part of it.
    #[must_use]
    pub fn verify_eight(&self, items: [(&[u8], &[u8; 64]); 8]) -> bool {
        let signed = items.map(|(signing_input, signature)| Signed { tables: self.tables(), signing_input, signature });
        es256::prove_batch::<8>(&signed).iter().all(Option::is_some)
    }
}

impl Engine for Es256 {
    fn verify(&self, signing_input: &[u8], signature: &[u8; 64]) -> bool {
        es256::verify(&self.tables(), signing_input, signature).is_ok()
    }
}

/// The point of a key.
#[must_use]
pub fn key_point(uncompressed: &[u8; 65]) -> Point {
    let (x, y) = uncompressed[1..].split_at(32);
    Point::from_coordinates(x.try_into().expect("32"), y.try_into().expect("32")).expect("a valid key")
}

/// Fills one table; false when the backend is not available for this profile.
#[must_use]
pub fn fill(backend: Backend, profile: Profile, point: &Point, entries: &mut [TableEntry]) -> bool {
    backend.engine(profile).is_some_and(|engine| es256::fill_table(engine, point, entries))
}

/// Loads a snapshot with tables for all keys; `None` when the backend is not available.
#[must_use]
pub fn load(backend: Backend, profile: Profile, document: &str) -> Option<Verifier<'static>> {
    let options = Options::new().profile(profile);
    let options = if backend == Backend::Portable { options.portable() } else { options };
    backend.engine(profile)?;
    Some(Verifier::load_owned(document.as_bytes(), &options).expect("a good document"))
}

/// The whole token, every signature checked.
pub struct Cold {
    verifier: Verifier<'static>,
    scratch: Vec<u8>,
}

impl Cold {
    /// Loads the set's document.
    #[must_use]
    pub fn new(backend: Backend, profile: Profile, set: &Set) -> Option<Self> {
        let verifier = load(backend, profile, &set.document)?;
        let scratch = vec![0; verifier.scratch_len()];
        Some(Self { verifier, scratch })
    }

    /// Why a token is refused; `ok` when it is not.
    pub fn slug(&mut self, token: &str) -> &'static str {
        match self.verifier.verify_token(token.as_bytes(), NOW, None, &mut self.scratch) {
            Ok(auth) => {
                black_box(auth);
                "ok"
            }
            Err(error) => error.slug(),
        }
    }

    /// From the value of an Authorization header.
    pub fn accepts_authorization(&mut self, value: &str) -> bool {
        let found = self.verifier.authenticate([value.as_bytes()], [], NOW, None, &mut self.scratch);
        black_box(found).is_ok()
    }
}

impl Peer for Cold {
    fn accepts(&mut self, token: &str) -> bool {
        black_box(self.verifier.verify_token(token.as_bytes(), NOW, None, &mut self.scratch)).is_ok()
    }
}

/// The whole token with a signature cache, whose memory lives as long as the program.
pub struct Cached {
    verifier: Verifier<'static>,
    scratch: Vec<u8>,
    cache: Cache<'static>,
}

impl Cached {
    /// Loads the set's document and verifies each token once, for a cache with so many slots.
    #[must_use]
    pub fn new(backend: Backend, set: &Set, slots: usize) -> Option<Self> {
        let verifier = load(backend, Profile::Server, &set.document)?;
        let scratch = vec![0; verifier.scratch_len()];
        let memory = Box::leak(vec![0; cache::size(slots, SLOT_LEN)].into_boxed_slice());
        let cache = Cache::new(memory, SLOT_LEN, *b"sixteen octets!!").expect("enough memory");
        let mut cached = Self { verifier, scratch, cache };
        assert!(set.good.iter().all(|token| cached.accepts(&token.text)));
        Some(cached)
    }

    /// Hits among one more pass over the tokens, as a fraction.
    pub fn hit_ratio(&mut self, set: &Set) -> f64 {
        let (hits, misses) = (self.cache.hits(), self.cache.misses());
        assert!(set.good.iter().all(|token| self.accepts(&token.text)));
        let (hits, misses) = (self.cache.hits() - hits, self.cache.misses() - misses);
        hits as f64 / (hits + misses) as f64
    }
}

impl Peer for Cached {
    fn accepts(&mut self, token: &str) -> bool {
        let Self { verifier, scratch, cache } = self;
        black_box(verifier.verify_token(token.as_bytes(), NOW, Some(cache), scratch)).is_ok()
    }
}

/// The longest token that a slot has room for, in octets.
const SLOT_LEN: usize = 1024;
