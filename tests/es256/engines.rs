//! What is compared: every engine of this library, and two other implementations.

use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey, EcPoint},
    ecdsa::EcdsaSig,
    error::ErrorStack,
    nid::Nid,
    pkey::Public,
};
use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use tesseral_verify::es256::{self, BaseTable, Item, Point, TableEntry, Tables};

/// One way of ours to verify.
pub struct Engine {
    pub name: &'static str,
    engine: es256::Engine,
    generator: Vec<TableEntry>,
}

/// Every profile of every backend that this machine has.
pub fn engines() -> Vec<Engine> {
    es256::Engine::all().map(|engine| Engine { name: engine.name(), engine, generator: base_table(engine) }).collect()
}

impl Engine {
    pub fn load<'e>(&'e self, point: &Point) -> Ours<'e> {
        Ours { engine: self, key: filled(self.engine, point) }
    }
}

/// A key as an engine wants it.
pub struct Ours<'e> {
    pub engine: &'e Engine,
    key: Vec<TableEntry>,
}

impl Ours<'_> {
    pub fn accepts(&self, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
        es256::verify_digest(&self.tables(), digest, signature)
    }

    pub fn item<'a>(&'a self, digest: &'a [u8; 32], signature: &'a [u8; 64]) -> Item<'a> {
        Item { tables: self.tables(), digest, signature }
    }

    fn tables(&self) -> Tables<'_> {
        Tables { engine: self.engine.engine, generator: &self.engine.generator, key: &self.key }
    }
}

/// The base point's table as verifiers have it.
fn base_table(engine: es256::Engine) -> Vec<TableEntry> {
    BaseTable::constant(engine.profile())
        .map_or_else(|| filled(engine, &Point::BASE), |constant| constant.entries().to_vec())
}

fn filled(engine: es256::Engine, point: &Point) -> Vec<TableEntry> {
    let mut entries = vec![TableEntry::ZERO; engine.profile().table_entries()];
    assert!(es256::fill_table(engine, point, &mut entries));
    entries
}

/// Reads 0x04 ‖ X ‖ Y (SEC 1 section 2.3.4).
pub fn our_point(sec1: &[u8; 65]) -> Option<Point> {
    let (x, y) = sec1.strip_prefix(&[4])?.split_at(32);
    Point::from_coordinates(x.try_into().ok()?, y.try_into().ok()?)
}

/// The key reaches OpenSSL as SEC 1 octets, because its import of coordinates reduces them mod p.
pub struct OpenSsl(EcKey<Public>);

impl OpenSsl {
    pub fn new(sec1: &[u8; 65]) -> Option<Self> {
        let read = || -> Result<_, ErrorStack> {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
            let point = EcPoint::from_bytes(&group, sec1, &mut *BigNumContext::new()?)?;
            EcKey::from_public_key(&group, &point)
        };
        read().ok().map(Self)
    }

    /// An error is a refusal: OpenSSL reports a sum at infinity as one.
    pub fn accepts(&self, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
        let (r, s) = signature.split_at(32);
        let verify = || -> Result<_, ErrorStack> {
            let signature = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
            signature.verify(digest, &self.0)
        };
        verify().unwrap_or(false)
    }
}

pub struct P256(VerifyingKey);

impl P256 {
    pub fn new(sec1: &[u8; 65]) -> Option<Self> {
        VerifyingKey::from_sec1_bytes(sec1).ok().map(Self)
    }

    pub fn accepts(&self, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_prehash(digest, &signature).is_ok())
    }
}
