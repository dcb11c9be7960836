//! The keys of a document: which ones are usable, and why the others are not.

use crate::{
    error::Error,
    json::{Reader, SyntaxError, Text},
    jwk::{Jwk, JwkOffsets, SkipReason},
    limits::{MAX_KEYS, MAX_KID_LEN, MAX_KIDS, MAX_SKIPPED_LISTED},
    sha256,
};
use heapless::Vec;

/// The keys of one array. It takes several KiB: a function that has one on its stack must not call far down.
pub(super) struct KeyList<'d> {
    /// A reader of the whole document, at any offset.
    reader: Reader<'d>,
    candidates: Vec<Candidate, MAX_KIDS>,
    overflowed: bool,
    pub(super) skipped: Skipped,
}

/// The keys that are not used.
#[derive(Clone, Debug)]
pub struct Skipped {
    pub(super) count: usize,
    pub(super) listed: Vec<SkippedKey, MAX_SKIPPED_LISTED>,
}

impl Skipped {
    const NONE: Self = Self { count: 0, listed: Vec::new() };

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first 64 of them, in the order in which the reasons were found.
    #[must_use]
    pub fn listed(&self) -> &[SkippedKey] {
        &self.listed
    }
}

/// A key of the document that is not used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SkippedKey {
    /// Its index in the array `keys`, from 0.
    pub index: u32,
    /// Why it is not used.
    pub reason: SkipReason,
}

/// A key that is usable unless another key has the same `kid`.
struct Candidate {
    kid: KidDigest,
    offsets: JwkOffsets,
    index: u32,
    conflict: bool,
}

/// The first 8 bytes of the SHA-256 of a decoded `kid`.
///
/// A new key is compared with the digests of the keys before it. Their texts, which may be long and full of escapes, are
/// compared only when the digests are equal. To find two `kid`s with equal digests takes about 2^32 attempts, and many of them
/// far more: so the time to read a document stays bounded.
type KidDigest = [u8; 8];

fn digest_of(kid: &Text<'_>) -> Option<KidDigest> {
    sha256::digest(kid.decode_into(&mut [0; MAX_KID_LEN])?.as_bytes()).first_chunk().copied()
}

impl<'d> KeyList<'d> {
    #[inline(always)] // so that the list is built where it stays, and not copied
    pub(super) fn new(reader: &Reader<'d>) -> Self {
        Self { reader: reader.clone(), candidates: Vec::new(), overflowed: false, skipped: Skipped::NONE }
    }

    /// Reads the elements of the array whose bracket was just read. Gives how many are usable, or why that number is refused.
    #[inline(never)] // kept out of line so that the list is on the stack only while it runs
    pub(super) fn usable_in(reader: &mut Reader<'d>) -> Result<Result<usize, Error>, SyntaxError> {
        let mut list = Self::new(reader);
        list.read(reader)?;
        Ok(list.usable())
    }

    /// Which elements of the array whose bracket was just read are not usable.
    #[inline(never)] // kept out of line so that the list is on the stack only while it runs
    pub(super) fn skipped_in(reader: Option<Reader<'d>>) -> Skipped {
        let Some(mut reader) = reader else { return Skipped::NONE };
        let mut list = Self::new(&reader);
        // The survey read the document without a fault.
        let _ = list.read(&mut reader);
        list.skipped
    }

    /// Reads the elements of the array whose bracket was just read.
    pub(super) fn read(&mut self, reader: &mut Reader<'d>) -> Result<(), SyntaxError> {
        for index in 0_u32.. {
            let Some(element) = reader.next_element()? else { break };
            match Jwk::read(reader, element)? {
                Ok(jwk) => self.add(&jwk, index),
                Err(reason) => self.skip(index, reason),
            }
        }
        Ok(())
    }

    fn add(&mut self, jwk: &Jwk<'d>, index: u32) {
        // The `kid` of a usable key always fits.
        let Some(kid) = digest_of(&jwk.kid) else { return self.skip(index, SkipReason::KidMalformed) };
        let same_kid = |other: &&mut Candidate| {
            other.kid == kid && other.offsets.kid(&self.reader).is_some_and(|kid| kid.same_as(&jwk.kid))
        };
        let Some(other) = self.candidates.iter_mut().find(same_kid) else {
            let candidate = Candidate { kid, offsets: jwk.offsets, index, conflict: false };
            self.overflowed |= self.candidates.push(candidate).is_err();
            return;
        };
        let same_point = other.offsets.jwk(&self.reader).is_some_and(|other| other.point == jwk.point);
        if same_point && !other.conflict {
            return self.skip(index, SkipReason::KeyRepeated);
        }
        let first_conflict = !core::mem::replace(&mut other.conflict, true);
        let other_index = other.index;
        if first_conflict {
            self.skip(other_index, SkipReason::KidConflict);
        }
        self.skip(index, SkipReason::KidConflict);
    }

    fn skip(&mut self, index: u32, reason: SkipReason) {
        self.skipped.count = self.skipped.count.saturating_add(1);
        // When the list is full, keys are only counted.
        let _ = self.skipped.listed.push(SkippedKey { index, reason });
    }

    fn usable(&self) -> Result<usize, Error> {
        let usable = self.candidates.iter().filter(|candidate| !candidate.conflict).count();
        match usable {
            _ if self.overflowed => Err(Error::ConfigTooLarge),
            0 => Err(Error::ConfigNoUsableKey),
            1..=MAX_KEYS => Ok(usable),
            _ => Err(Error::ConfigTooLarge),
        }
    }

    /// The usable keys, in the order of the document.
    pub(super) fn jwks(&self) -> impl Iterator<Item = Jwk<'d>> {
        let usable = self.candidates.iter().filter(|candidate| !candidate.conflict);
        usable.filter_map(|candidate| candidate.offsets.jwk(&self.reader))
    }
}
