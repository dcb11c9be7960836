//! The one place that adapts raw ES256 checks to `es256::verify`.

use std::sync::LazyLock;
use tesseral_verify::{
    Error,
    es256::{self, Line, Point, Profile, Tables},
};

/// Every profile must say the same.
pub const PROFILES: [Profile; 3] = [Profile::Server, Profile::Compact, Profile::Tiny];

/// A public key with its tables, in every profile.
pub struct PublicKey {
    tables: [Vec<Line>; 3],
}

impl PublicKey {
    /// `None` when the coordinates, 32 octets each, are no valid key.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        let point = Point::from_coordinates(x, y)?;
        Some(Self { tables: PROFILES.map(|profile| filled(profile, &point)) })
    }

    /// Reads 0x04 ‖ X ‖ Y (SEC 1 section 2.3.4); every other encoding is none of ours.
    pub fn from_uncompressed(octets: &[u8]) -> Option<Self> {
        let (x, y) = octets.strip_prefix(&[4])?.split_at_checked(32)?;
        Self::from_coordinates(x.try_into().ok()?, y.try_into().ok()?)
    }

    /// Whether R ‖ S is a signature of `message`.
    ///
    /// # Panics
    /// When two profiles disagree, or the error is not the one that design.md 3 gives to signatures.
    pub fn accepts(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let verdicts = [0, 1, 2].map(|i| {
            let tables = Tables { profile: PROFILES[i], generator: &GENERATOR[i], key: &self.tables[i] };
            match es256::verify(&tables, message, signature) {
                Ok(_) => true,
                Err(error) => {
                    assert_eq!(error, Error::SignatureInvalid);
                    false
                }
            }
        });
        assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "the profiles disagree: {verdicts:?}");
        verdicts[0]
    }
}

fn filled(profile: Profile, point: &Point) -> Vec<Line> {
    let mut lines = vec![Line::ZERO; profile.table_lines()];
    assert!(es256::fill_table(profile, point, &mut lines));
    lines
}

static GENERATOR: LazyLock<[Vec<Line>; 3]> = LazyLock::new(|| PROFILES.map(|profile| filled(profile, &Point::BASE)));
