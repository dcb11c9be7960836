//! The one place that adapts raw ES256 checks to `es256::verify`.

use super::sets::{text, unhex};
use serde_json::Value;
use std::{collections::HashMap, sync::LazyLock};
use tesseral_verify::{
    Error,
    es256::{self, BaseTable, Engine, Point, Profile, TableEntry, Tables},
};

/// The profiles.
pub const PROFILES: [Profile; 3] = [Profile::Server, Profile::Compact, Profile::Tiny];

/// A public key with its tables, for every engine of this machine: all must say the same.
pub struct PublicKey {
    tables: Vec<Vec<TableEntry>>,
}

impl PublicKey {
    /// `None` when the coordinates, 32 octets each, are no valid key.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        let point = Point::from_coordinates(x, y)?;
        Some(Self { tables: Engine::all().map(|engine| filled(engine, &point)).collect() })
    }

    /// Reads 0x04 ‖ X ‖ Y (SEC 1 section 2.3.4); `None` for every other encoding.
    pub fn from_uncompressed(octets: &[u8]) -> Option<Self> {
        let (x, y) = octets.strip_prefix(&[4])?.split_at_checked(32)?;
        Self::from_coordinates(x.try_into().ok()?, y.try_into().ok()?)
    }

    /// Whether R ‖ S is a signature of `message`.
    ///
    /// # Panics
    /// When two engines disagree, or the error is not the one of docs/design.md 3.2, check 7.
    pub fn accepts(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let mut verdicts = Engine::all().zip(GENERATOR.iter().zip(&self.tables)).map(|(engine, (generator, key))| {
            let tables = Tables { engine, generator, key };
            match es256::verify(&tables, message, signature) {
                Ok(_) => true,
                Err(error) => {
                    assert_eq!(error, Error::SignatureInvalid);
                    false
                }
            }
        });
        let first = verdicts.next().expect("at least three engines");
        assert!(verdicts.all(|verdict| verdict == first), "the engines disagree");
        first
    }
}

/// The keys of a Wycheproof file's groups, each made once.
#[derive(Default)]
pub struct Keys(HashMap<String, PublicKey>);

impl Keys {
    pub fn of(&mut self, group: &Value) -> &PublicKey {
        let hex = text(&group["publicKey"], "uncompressed");
        let key = || PublicKey::from_uncompressed(&unhex(hex)).unwrap_or_else(|| panic!("{hex}"));
        self.0.entry(hex.to_owned()).or_insert_with(key)
    }
}

fn filled(engine: Engine, point: &Point) -> Vec<TableEntry> {
    let mut entries = vec![TableEntry::ZERO; engine.profile().table_entries()];
    assert!(es256::fill_table(engine, point, &mut entries));
    entries
}

/// The base point's tables as verifiers have them.
static GENERATOR: LazyLock<Vec<Vec<TableEntry>>> = LazyLock::new(|| {
    let table = |engine: Engine| {
        BaseTable::constant(engine.profile())
            .map_or_else(|| filled(engine, &Point::BASE), |constant| constant.entries().to_vec())
    };
    Engine::all().map(table).collect()
});
