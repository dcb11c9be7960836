//! ES256: ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4). This file is the only door.

use crate::{error::Error, limits::SIGNATURE_LEN, sha256};
use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};

/// 64 octets of a key's table, aligned to a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Line([u64; 8]);

impl Line {
    /// What memory for tables is filled with before a snapshot is loaded into it.
    pub const ZERO: Self = Self([0; 8]);
}

/// How much memory each key may take.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// For servers.
    #[default]
    Server,
    /// For gateways with many projects.
    Compact,
    /// For devices.
    Tiny,
}

impl Profile {
    /// Lines of one table; a snapshot has one table for the generator and one for each key.
    #[must_use]
    pub const fn table_lines(self) -> usize {
        match self {
            Self::Server | Self::Compact | Self::Tiny => 0,
        }
    }

    /// Lines of a whole snapshot with room for `keys` keys.
    #[must_use]
    pub const fn lines(self, keys: usize) -> usize {
        self.table_lines().saturating_mul(keys.saturating_add(1))
    }
}

/// A valid public key: on the curve, not infinity, both coordinates below p.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Point {
    x: [u8; 32],
    y: [u8; 32],
}

impl Point {
    /// The generator G (SEC 2 section 2.4.2).
    pub const BASE: Self = Self {
        x: [
            0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
            0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
        ],
        y: [
            0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
            0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
        ],
    };

    /// Checks the coordinates, big-endian (SEC 1 section 3.2.2.1); `None` when they are no valid key.
    #[must_use]
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        let point = Self { x: *x, y: *y };
        VerifyingKey::from_sec1_bytes(&point.uncompressed()).ok().map(|_| point)
    }

    /// Big-endian.
    #[must_use]
    pub fn x(&self) -> &[u8; 32] {
        &self.x
    }

    /// Big-endian.
    #[must_use]
    pub fn y(&self) -> &[u8; 32] {
        &self.y
    }

    fn uncompressed(&self) -> [u8; 65] {
        let mut octets = [4; 65];
        if let Some((x, y)) = octets.get_mut(1..).and_then(|rest| rest.split_at_mut_checked(32)) {
            x.copy_from_slice(&self.x);
            y.copy_from_slice(&self.y);
        }
        octets
    }
}

/// Fills the table of one point; false unless `lines` has the length of the profile's tables.
#[must_use]
pub fn fill_table(profile: Profile, _point: &Point, lines: &mut [Line]) -> bool {
    lines.len() == profile.table_lines()
}

/// What verifying with one key reads.
#[derive(Clone, Copy)]
pub struct Tables<'t> {
    /// The key.
    pub point: &'t Point,
    /// Which tables these are.
    pub profile: Profile,
    /// The generator's.
    pub generator: &'t [Line],
    /// The key's.
    pub key: &'t [Line],
}

/// Proof that a signature held; only this module makes one.
#[derive(Clone, Copy, Debug)]
pub struct Verified(());

/// Checks an ES256 signature over `signing_input`.
///
/// `signing_input` is the ASCII text `header.payload` exactly as received; encoding a parsed header again
/// would check a different message. `signature` is R ‖ S. A high S is accepted: JOSE has no low-S rule.
///
/// # Errors
/// [`Error::SignatureInvalid`], also when R or S is not in 1 … n − 1.
pub fn verify(tables: &Tables<'_>, signing_input: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<Verified, Error> {
    let digest = sha256::digest(signing_input);
    let key = VerifyingKey::from_sec1_bytes(&tables.point.uncompressed()).map_err(|_| Error::SignatureInvalid)?;
    let signature = Signature::from_slice(signature).map_err(|_| Error::SignatureInvalid)?;
    key.verify_prehash(&digest, &signature).map(|()| Verified(())).map_err(|_| Error::SignatureInvalid)
}
