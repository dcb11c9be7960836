//! Which arithmetic verifies, and how much memory its tables take.

use super::{
    entry::TableEntry,
    point::Affine,
    shape::{COMPACT, SERVER, Shape, TINY},
};
#[cfg(target_arch = "x86_64")]
use super::{ifma::HasIfma, shape::WINDOWS};

/// How much memory a key's table takes, and so how fast its signatures are verified.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// 256 KiB a table: 48 additions and 5 doublings, or 64 additions in the lanes of vectors.
    #[default]
    Server,
    /// 16 KiB a table: 64 additions and 15 doublings.
    Compact,
    /// 1 KiB a table: 104 additions and 51 doublings.
    Tiny,
}

impl Profile {
    /// Entries of one table; a snapshot has one table for the base point and one for each key.
    #[must_use]
    pub const fn table_entries(self) -> usize {
        Engine::portable(self).shape().entries()
    }

    /// Entries of a whole snapshot with room for `keys` keys.
    #[must_use]
    pub const fn entries(self, keys: usize) -> usize {
        self.table_entries().saturating_mul(keys.saturating_add(1))
    }
}

/// A profile and the arithmetic that its tables are made for: chosen when they are filled, once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Engine {
    profile: Profile,
    backend: Backend,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Backend {
    Portable,
    /// AVX-512 IFMA, for the profile `Server`.
    #[cfg(target_arch = "x86_64")]
    Ifma(HasIfma),
}

impl Engine {
    /// The fastest that this processor has.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let (Profile::Server, Some(has_ifma)) = (profile, HasIfma::detect()) {
            return Self { profile, backend: Backend::Ifma(has_ifma) };
        }
        Self::portable(profile)
    }

    /// The one that every processor has.
    #[doc(hidden)]
    #[must_use]
    pub const fn portable(profile: Profile) -> Self {
        Self { profile, backend: Backend::Portable }
    }

    /// How its tables are laid out.
    pub(super) const fn shape(self) -> Shape {
        match (self.backend, self.profile) {
            (Backend::Portable, Profile::Server) => SERVER,
            (Backend::Portable, Profile::Compact) => COMPACT,
            (Backend::Portable, Profile::Tiny) => TINY,
            #[cfg(target_arch = "x86_64")]
            (Backend::Ifma(_), _) => WINDOWS,
        }
    }

    pub(super) const fn backend(self) -> Backend {
        self.backend
    }

    /// What was asked for.
    #[must_use]
    pub const fn profile(self) -> Profile {
        self.profile
    }

    /// Every one that this processor has.
    #[doc(hidden)]
    pub fn all() -> impl Iterator<Item = Self> {
        let profiles = [Profile::Server, Profile::Compact, Profile::Tiny];
        let fastest = Self::new(Profile::Server);
        profiles.map(Self::portable).into_iter().chain((!fastest.is_portable()).then_some(fastest))
    }

    /// A name for lists of results: the profile, and the backend unless it is the portable one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.backend, self.profile) {
            (Backend::Portable, Profile::Server) => "server",
            (Backend::Portable, Profile::Compact) => "compact",
            (Backend::Portable, Profile::Tiny) => "tiny",
            #[cfg(target_arch = "x86_64")]
            (Backend::Ifma(_), _) => "server-ifma",
        }
    }

    /// Whether this is the portable arithmetic.
    #[doc(hidden)]
    #[must_use]
    pub fn is_portable(self) -> bool {
        self.backend == Backend::Portable
    }

    /// The point of an entry that [`fill_table`](super::fill_table) made.
    #[inline(always)]
    pub(super) fn point(self, entry: &TableEntry) -> Affine {
        match self.backend {
            Backend::Portable => Affine::from_entry(entry),
            #[cfg(target_arch = "x86_64")]
            Backend::Ifma(_) => Affine::from_52_bit_entry(entry),
        }
    }
}
