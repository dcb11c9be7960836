//! Why a key of the configuration document is not used.

use core::ffi::CStr;

/// Why a key of the configuration document is not used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SkipReason {
    /// The element of `keys` is not an object.
    NotAnObject,
    /// One of the members that are read occurs twice.
    MemberRepeated,
    /// `d` is present: a private key does not belong here.
    PrivateKey,
    /// `kty` is not `EC`.
    KtyUnsupported,
    /// `crv` is not `P-256`.
    CrvUnsupported,
    /// `alg` is present and not `ES256`.
    AlgMismatch,
    /// `use` is present and not `sig`.
    UseMismatch,
    /// `key_ops` is present and not an array of strings with `verify`.
    KeyOpsMismatch,
    /// `kid` is absent, not a string, empty, or longer than 128 octets.
    KidMalformed,
    /// `x` or `y` is absent, not strict base64url, or not of 1 to 32 octets.
    CoordinateMalformed,
    /// The point is not on the curve, or a coordinate is not below p.
    PointInvalid,
    /// Another key has the same `kid` and a different point: neither is used.
    KidConflict,
    /// The document has the same `kid` and point before.
    KeyRepeated,
}

impl SkipReason {
    /// Every variant, in the order of the codes.
    pub const ALL: &'static [Self] = &[
        Self::NotAnObject,
        Self::MemberRepeated,
        Self::PrivateKey,
        Self::KtyUnsupported,
        Self::CrvUnsupported,
        Self::AlgMismatch,
        Self::UseMismatch,
        Self::KeyOpsMismatch,
        Self::KidMalformed,
        Self::CoordinateMalformed,
        Self::PointInvalid,
        Self::KidConflict,
        Self::KeyRepeated,
    ];

    /// The stable number, the same in Rust and C: from 1 on, in the order of [`Self::ALL`].
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::NotAnObject => 1,
            Self::MemberRepeated => 2,
            Self::PrivateKey => 3,
            Self::KtyUnsupported => 4,
            Self::CrvUnsupported => 5,
            Self::AlgMismatch => 6,
            Self::UseMismatch => 7,
            Self::KeyOpsMismatch => 8,
            Self::KidMalformed => 9,
            Self::CoordinateMalformed => 10,
            Self::PointInvalid => 11,
            Self::KidConflict => 12,
            Self::KeyRepeated => 13,
        }
    }

    /// The stable name, for logs and metrics.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        // The names are ASCII: the conversion cannot fail.
        match self.slug_c().to_str() {
            Ok(slug) => slug,
            Err(_) => "",
        }
    }

    /// [`Self::slug`] as a C string.
    pub(crate) const fn slug_c(self) -> &'static CStr {
        match self {
            Self::NotAnObject => c"not_an_object",
            Self::MemberRepeated => c"member_repeated",
            Self::PrivateKey => c"private_key",
            Self::KtyUnsupported => c"kty_unsupported",
            Self::CrvUnsupported => c"crv_unsupported",
            Self::AlgMismatch => c"alg_mismatch",
            Self::UseMismatch => c"use_mismatch",
            Self::KeyOpsMismatch => c"key_ops_mismatch",
            Self::KidMalformed => c"kid_malformed",
            Self::CoordinateMalformed => c"coordinate_malformed",
            Self::PointInvalid => c"point_invalid",
            Self::KidConflict => c"kid_conflict",
            Self::KeyRepeated => c"key_repeated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SkipReason;

    #[test]
    fn reasons_are_unique() {
        for (position, reason) in SkipReason::ALL.iter().enumerate() {
            assert_eq!(reason.code() as usize, position + 1);
            assert!(SkipReason::ALL.iter().all(|other| other == reason || other.slug() != reason.slug()));
        }
    }
}
