//! A machine's memory: words of 64 bits. Each call marks its begin and its end, so that the next one notices when a process
//! died between them.

use crate::error::Error;
use core::sync::atomic::{Ordering, compiler_fence};

/// The caller's words. A place outside of them reads as 0 and is not written.
pub(super) struct Words<'m>(&'m mut [u64]);

/// The header, which the memory of every machine begins with.
pub(super) const HEADER_LEN: usize = 6;

/// The machine, and the version of its layout. Written last, so that an incomplete state is not mistaken for one.
const KIND: usize = 0;
/// Odd while a call runs.
const SEQUENCE: usize = 1;
/// How often a call found that another one had not ended.
const RECOVERIES: usize = 2;
/// The state of the random numbers.
const RANDOM: usize = 3;
/// The secret seed: two words.
const SEED: usize = 4;

impl<'m> Words<'m> {
    /// A new state, of which only the header is not 0.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`] for fewer words than `len`.
    pub(super) fn init(words: &'m mut [u64], kind: u64, len: usize, seed: &[u8; 16]) -> Result<Self, Error> {
        let mut words = Self(words.get_mut(..len).ok_or(Error::BufferTooSmall)?);
        words.set(KIND, 0);
        compiler_fence(Ordering::SeqCst);
        words.0.fill(0);
        words.reseed(seed);
        compiler_fence(Ordering::SeqCst);
        words.set(KIND, kind);
        Ok(words)
    }

    /// A state that [`Self::init`] made.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when these words hold another machine, or one of another version.
    pub(super) fn open(words: &'m mut [u64], kind: u64) -> Result<Self, Error> {
        if words.first() == Some(&kind) { Ok(Self(words)) } else { Err(Error::InvalidArgument) }
    }

    pub(super) fn reseed(&mut self, seed: &[u8; 16]) {
        let (low, high) = seed.split_at_checked(8).map_or((0, 0), |(low, high)| (word(low), word(high)));
        self.set(SEED, low);
        self.set(SEED + 1, high);
        self.set(RANDOM, low ^ high.rotate_left(32));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }

    pub(super) fn set(&mut self, place: usize, value: u64) {
        if let Some(word) = self.0.get_mut(place) {
            *word = value;
        }
    }

    /// A time.
    pub(super) fn time(&self, place: usize) -> i64 {
        self.get(place).cast_signed()
    }

    pub(super) fn set_time(&mut self, place: usize, time: i64) {
        self.set(place, time.cast_unsigned());
    }

    pub(super) fn copy(&mut self, from: &[u64], place: usize) {
        for (offset, value) in from.iter().enumerate() {
            self.set(place.saturating_add(offset), *value);
        }
    }

    pub(super) fn fill(&mut self, place: usize, len: usize, value: u64) {
        for offset in 0..len {
            self.set(place.saturating_add(offset), value);
        }
    }

    /// Whether the words at this place equal these.
    pub(super) fn equals(&self, place: usize, words: &[u64]) -> bool {
        place.checked_add(words.len()).and_then(|end| self.0.get(place..end)) == Some(words)
    }

    /// Orders stores: a process that reads the memory of a dead one never sees a store after this point without those
    /// before it.
    pub(super) fn publish(&mut self) {
        compiler_fence(Ordering::SeqCst);
    }

    /// Runs one call. When a process died during the call before, `recover` runs first.
    pub(super) fn call<R>(&mut self, recover: impl FnOnce(&mut Self), body: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.get(SEQUENCE);
        let odd = before | 1;
        self.set(SEQUENCE, odd);
        self.publish();
        if before == odd {
            self.set(RECOVERIES, self.get(RECOVERIES).wrapping_add(1));
            recover(self);
        }
        let result = body(self);
        self.publish();
        self.set(SEQUENCE, odd.wrapping_add(1));
        result
    }

    pub(super) fn recoveries(&self) -> u64 {
        self.get(RECOVERIES)
    }

    /// The secret seed, and what is hashed with it: at most 48 octets.
    pub(super) fn keyed_digest(&self, parts: [&[u8]; 2]) -> [u64; 4] {
        let mut octets = [0; 64];
        let seed = [self.get(SEED).to_le_bytes(), self.get(SEED + 1).to_le_bytes()];
        let all = seed.iter().map(|word| &word[..]).chain(parts);
        for (place, octet) in octets.iter_mut().zip(all.flatten()) {
            *place = *octet;
        }
        let digest = crate::sha256::digest(&octets);
        let mut words = digest.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
        core::array::from_fn(|_| words.next().unwrap_or(0))
    }

    /// A random percentage from 75 to 95, so that processes that start together do not fetch together.
    ///
    /// SplitMix64: evenly distributed, and not a secret.
    pub(super) fn jitter(&mut self) -> u64 {
        let state = self.get(RANDOM).wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.set(RANDOM, state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % 21).wrapping_add(75)
    }
}

/// Little-endian.
fn word(octets: &[u8]) -> u64 {
    octets.first_chunk().map_or(0, |octets| u64::from_le_bytes(*octets))
}

/// The number that identifies the machine and the layout: `TSSR` or `TSSA`, and a version.
pub(super) const fn kind(name: [u8; 4], version: u32) -> u64 {
    ((u32::from_be_bytes(name) as u64) << 32) | version as u64
}
