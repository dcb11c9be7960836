//! The arguments that calls about a state share: the state's memory, the time, a seed.

use super::{constants::TESSERAL_RULEBOOK_ALIGN, types::tesseral_moment};
use crate::{
    error::Error,
    ffi::guard::{Buffer, Region, object, octets},
    rulebook::{Moment, Refresh},
};

/// The caller's memory of one state.
pub(super) struct Place(Buffer);

impl Place {
    pub(super) fn new(memory: *mut u8, memory_len: usize) -> Result<Self, Error> {
        let place = Buffer::new(memory, memory_len)?;
        if memory.addr().is_multiple_of(TESSERAL_RULEBOOK_ALIGN) {
            Ok(Self(place))
        } else {
            Err(Error::InvalidArgument)
        }
    }

    pub(super) fn region(&self) -> Region {
        self.0.region()
    }

    /// As whole words; up to seven bytes at the end are not used.
    ///
    /// # Safety
    /// As [`Buffer::as_mut`].
    pub(super) unsafe fn words<'a>(&self) -> &'a mut [u64] {
        // SAFETY: the caller's promise.
        let octets = unsafe { self.0.as_mut() };
        // SAFETY: any octets are numbers, and what is written to numbers are octets.
        let (_, words, _) = unsafe { octets.align_to_mut() };
        words
    }
}

/// # Safety
/// The place holds a state, which nothing else uses for `'a`.
pub(super) unsafe fn open_refresh<'a>(place: &Place) -> Result<Refresh<'a>, Error> {
    // SAFETY: the caller's promise.
    Refresh::open(unsafe { place.words() })
}

/// A struct of one size, and what it covers.
///
/// # Safety
/// `given` is NULL or readable for `'a`.
pub(super) unsafe fn input<'a, T>(given: *const T) -> Result<(&'a T, Region), Error> {
    // SAFETY: the caller's promise.
    let given = unsafe { object(given) }?;
    Ok((given, Region::of_slice(core::slice::from_ref(given))))
}

/// A time, and what it covers.
///
/// # Safety
/// `now` is NULL or readable.
pub(super) unsafe fn moment(now: *const tesseral_moment) -> Result<(Moment, Region), Error> {
    // SAFETY: the caller's promise.
    let (now, region) = unsafe { input(now) }?;
    Ok((now.to_rust(), region))
}

/// The seed of a state, and what it covers.
///
/// # Safety
/// When `seed` is not NULL, `seed_len` octets at it are readable.
pub(super) unsafe fn seed_from(seed: *const u8, seed_len: usize) -> Result<([u8; 16], Region), Error> {
    // SAFETY: the caller's promise.
    let seed = unsafe { octets(seed, seed_len) }?;
    let first = *seed.first_chunk().ok_or(Error::BufferTooSmall)?;
    Ok((first, Region::of_slice(seed)))
}
