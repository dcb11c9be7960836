//! The engine: which arithmetic verifies signatures, and how large its tables are.

use super::{
    entry::TableEntry,
    point::Affine,
    shape::{COMPACT, SERVER, Shape, TINY},
};
#[cfg(target_arch = "x86_64")]
use super::{ifma::HasIfma, shape::WINDOWS};

/// The size of a key's table. A larger table makes its signatures faster to verify.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// 256 KiB a table: 48 additions and 5 doublings a signature, or 64 additions over eight lanes with AVX-512 IFMA
    /// or AVX-IFMA.
    #[default]
    Server,
    /// 16 KiB a table: 64 additions and 15 doublings a signature.
    Compact,
    /// 1 KiB a table: 104 additions and 51 doublings a signature.
    Tiny,
}

impl Profile {
    /// Entries of one table.
    #[must_use]
    pub const fn table_entries(self) -> usize {
        self.portable_shape().entries()
    }

    /// Entries of a snapshot's tables with room for `keys` keys: one table for each key and, with [`Profile::Server`], one for
    /// the base point. Verifiers that share a [`BaseTable`](crate::BaseTable) need as many as
    /// [`Options::entries`](crate::Options::entries) says.
    #[must_use]
    pub const fn entries(self, keys: usize) -> usize {
        let own_base_table = matches!(self, Self::Server) as usize;
        self.table_entries().saturating_mul(keys.saturating_add(own_base_table))
    }

    /// Whether this build has the profile. All builds have all of them, but for those that the variable `TESSERAL_PROFILE`
    /// made for one alone, to save flash.
    #[must_use]
    pub const fn is_built(self) -> bool {
        match Self::ONLY {
            Some(only) => only as u8 == self as u8,
            None => true,
        }
    }

    const ONLY: Option<Self> = if cfg!(tesseral_profile = "server") {
        Some(Self::Server)
    } else if cfg!(tesseral_profile = "compact") {
        Some(Self::Compact)
    } else if cfg!(tesseral_profile = "tiny") {
        Some(Self::Tiny)
    } else {
        None
    };

    /// [`Profile::Server`], or the only one that the build has.
    pub(crate) const DEFAULT: Self = Self::Server.built();

    /// This profile, or the only one that the build has. It lets the compiler leave out the code of the others.
    pub(super) const fn built(self) -> Self {
        match Self::ONLY {
            Some(only) => only,
            None => self,
        }
    }

    const fn portable_shape(self) -> Shape {
        match self {
            Self::Server => SERVER,
            Self::Compact => COMPACT,
            Self::Tiny => TINY,
        }
    }
}

/// A profile and a backend. It is chosen once, when the tables are filled: the backends store entries in different forms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Engine {
    profile: Profile,
    backend: Backend,
}

/// See [`Engine::numbers`].
pub(crate) type EngineNumbers = [u32; 7];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Backend {
    Portable,
    /// AVX-512 IFMA or AVX-IFMA, for the profile `Server`.
    #[cfg(target_arch = "x86_64")]
    Ifma(HasIfma),
}

impl Engine {
    /// The fastest engine that this processor supports.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let (Profile::Server, true, Some(has_ifma)) = (profile, profile.is_built(), HasIfma::detect()) {
            return Self::with_ifma(has_ifma);
        }
        Self::portable(profile)
    }

    /// The engine that runs on every processor.
    #[doc(hidden)]
    #[must_use]
    pub const fn portable(profile: Profile) -> Self {
        Self { profile, backend: Backend::Portable }
    }

    /// The comb that its tables are made for.
    pub(super) const fn shape(self) -> Shape {
        match self.backend {
            Backend::Portable => self.profile().portable_shape(),
            #[cfg(target_arch = "x86_64")]
            Backend::Ifma(_) => WINDOWS,
        }
    }

    pub(super) const fn backend(self) -> Backend {
        self.backend
    }

    /// The profile that the caller asked for.
    #[must_use]
    pub const fn profile(self) -> Profile {
        self.profile.built()
    }

    /// Every engine that this processor supports. Unit tests have AVX-IFMA, emulated, besides.
    #[doc(hidden)]
    pub fn all() -> impl Iterator<Item = Self> {
        let profiles = [Profile::Server, Profile::Compact, Profile::Tiny];
        let fastest = Self::new(Profile::Server);
        let engines = profiles.map(Self::portable).into_iter().chain((!fastest.is_portable()).then_some(fastest));
        #[cfg(all(test, target_arch = "x86_64"))]
        let engines = engines.chain(HasIfma::emulated().map(Self::with_ifma));
        engines
    }

    #[cfg(target_arch = "x86_64")]
    const fn with_ifma(has_ifma: HasIfma) -> Self {
        Self { profile: Profile::Server, backend: Backend::Ifma(has_ifma) }
    }

    /// A name for lists of results: the profile, and the backend unless it is the portable one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.backend, self.profile()) {
            (Backend::Portable, Profile::Server) => "server",
            (Backend::Portable, Profile::Compact) => "compact",
            (Backend::Portable, Profile::Tiny) => "tiny",
            #[cfg(target_arch = "x86_64")]
            (Backend::Ifma(has_ifma), _) => has_ifma.engine_name(),
        }
    }

    /// Whether the backend is the portable one.
    #[doc(hidden)]
    #[must_use]
    pub fn is_portable(self) -> bool {
        self.backend == Backend::Portable
    }

    /// How images write down what its tables are: profile, backend, and the five numbers of the comb.
    pub(crate) const fn numbers(self) -> EngineNumbers {
        let profile = match self.profile() {
            Profile::Server => 0,
            Profile::Compact => 1,
            Profile::Tiny => 2,
        };
        let backend = match self.backend {
            Backend::Portable => 1,
            #[cfg(target_arch = "x86_64")]
            Backend::Ifma(_) => 2,
        };
        let Shape { teeth, spacing, groups, offset, columns } = self.shape();
        // Every number of a comb is below 2^9.
        [profile, backend, teeth as u32, spacing as u32, groups as u32, offset as u32, columns as u32]
    }

    /// The engine with these numbers, when this library has it and this processor supports it.
    pub(crate) fn from_numbers(numbers: EngineNumbers) -> Option<Self> {
        [Profile::Server, Profile::Compact, Profile::Tiny]
            .into_iter()
            .filter(|profile| profile.is_built())
            .flat_map(|profile| [Self::portable(profile), Self::new(profile)])
            .find(|engine| engine.numbers() == numbers)
    }

    /// The point of an entry that [`fill_table`](super::fill_table) wrote for this engine.
    #[inline(always)]
    pub(super) fn point(self, entry: &TableEntry) -> Affine {
        match self.backend {
            Backend::Portable => Affine::from_entry(entry),
            #[cfg(target_arch = "x86_64")]
            Backend::Ifma(_) => Affine::from_52_bit_entry(entry),
        }
    }
}
