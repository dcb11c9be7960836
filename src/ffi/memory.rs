//! A verifier and its layout in the caller's memory: head, keys, the base point's table unless it is elsewhere, a table for each
//! key.

use super::{constants::TESSERAL_VERIFIER_ALIGN, guard::Region, options::profile_from};
use crate::{
    error::Error,
    es256::TableEntry,
    limits::MAX_KEYS,
    policy::Options,
    snapshot::{Key, Memory},
    verify::Verifier,
};
use core::slice;

/// Checks credentials against the keys of one configuration document.
///
/// It never changes: any number of threads may share one. To rotate keys, make another one, and keep the old
/// one until its last reader has finished.
pub struct tesseral_verifier {
    pub(super) verifier: Verifier<'static>,
    /// Bytes that it covers in the caller's memory; 0 when the library owns the memory.
    pub(super) memory_len: usize,
}

impl tesseral_verifier {
    /// The memory that outputs must not touch.
    pub(super) fn region(&self) -> Result<Region, Error> {
        let start: *const Self = self;
        Region::new(start, self.memory_len.max(size_of::<Self>()))
    }
}

/// Bytes that a verifier with room for max_keys keys needs.
///
/// profile:  a TESSERAL_PROFILE_ constant.
/// max_keys: 1 to 64.
/// Returns 0 when an argument is out of range. The result is exact: tesseral_verifier_init() refuses one byte less.
/// TESSERAL_VERIFIER_SIZE is the same as a constant. A verifier that shares a tesseral_base_table needs
/// TESSERAL_TABLE_SIZE_SERVER bytes less.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_verifier_size(profile: u32, max_keys: usize) -> usize {
    let Ok(profile) = profile_from(profile) else { return 0 };
    if !(1..=MAX_KEYS).contains(&max_keys) {
        return 0;
    }
    size(&Options::new().profile(profile), max_keys)
}

pub(super) fn size(options: &Options<'_>, keys: usize) -> usize {
    let entries = options.entries(keys).saturating_mul(size_of::<TableEntry>());
    entries_offset(keys).saturating_add(entries)
}

/// Bytes that a verifier of an image with up to max_keys keys needs. Its tables stay in the image.
///
/// max_keys: 1 to 64.
/// Returns 0 when max_keys is out of range. TESSERAL_OPENED_VERIFIER_SIZE is the same as a constant.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_opened_verifier_size(max_keys: usize) -> usize {
    if (1..=MAX_KEYS).contains(&max_keys) { entries_offset(max_keys) } else { 0 }
}

/// The largest number of keys that `len` bytes have room for, without tables.
pub(super) fn opened_capacity(len: usize) -> usize {
    (1..=MAX_KEYS).rev().find(|keys| entries_offset(*keys) <= len).unwrap_or(0)
}

/// Writes vacant keys behind the head, and lends them out.
///
/// # Safety
/// As [`lend`], for [`tesseral_opened_verifier_size`]`(keys)` octets.
pub(super) unsafe fn lend_keys<'m>(start: *mut u8, keys: usize) -> &'m mut [Key] {
    // SAFETY: inside the octets that the caller promises.
    let first_key = unsafe { start.add(HEAD_SIZE) }.cast::<Key>();
    // SAFETY: the offset keeps the alignment, which is at least that of keys; the caller promises the octets.
    unsafe { fill(first_key, keys, Key::VACANT) }
}

fn entries_offset(keys: usize) -> usize {
    let keys = keys.saturating_mul(KEY_SIZE).saturating_add(TESSERAL_VERIFIER_ALIGN - 1);
    HEAD_SIZE.saturating_add(keys & !(TESSERAL_VERIFIER_ALIGN - 1))
}

/// The largest number of keys that `len` bytes have room for.
pub(super) fn capacity(options: &Options<'_>, len: usize) -> usize {
    (1..=MAX_KEYS).rev().find(|keys| size(options, *keys) <= len).unwrap_or(0)
}

/// Writes vacant keys and table entries behind the head, and lends them out.
///
/// # Safety
/// `start` is aligned to [`TESSERAL_VERIFIER_ALIGN`]; [`size`]`(options, keys)` octets from it on are writable, unused by
/// anything else, and stay so for `'m`.
pub(super) unsafe fn lend<'m>(start: *mut u8, options: &Options<'_>, keys: usize) -> Memory<'m> {
    // SAFETY: inside the octets that the caller promises.
    let first_entry = unsafe { start.add(entries_offset(keys)) }.cast::<TableEntry>();
    // SAFETY: the caller promises these octets among others.
    let keys = unsafe { lend_keys(start, keys) };
    // SAFETY: the offset keeps the alignment, which is that of entries; the caller promises the octets.
    let entries = unsafe { fill(first_entry, options.entries(keys.len()), TableEntry::ZERO) };
    Memory::borrowed(keys, entries)
}

/// # Safety
/// `first` is aligned and `len` values at it are writable, and nothing else uses them for `'m`.
unsafe fn fill<'m, T: Clone>(first: *mut T, len: usize, value: T) -> &'m mut [T] {
    for position in 0..len {
        // SAFETY: position < len.
        let place = unsafe { first.add(position) };
        // SAFETY: aligned and writable.
        unsafe { place.write(value.clone()) };
    }
    // SAFETY: `len` values have just been written, and nothing else uses them.
    unsafe { slice::from_raw_parts_mut(first, len) }
}

/// TESSERAL_VERIFIER_HEAD_SIZE of the header, a multiple of the alignment: the same with and without an allocator.
const HEAD_SIZE: usize = 960 + 16 * size_of::<usize>();
/// TESSERAL_VERIFIER_KEY_SIZE of the header.
const KEY_SIZE: usize = 392 + 3 * size_of::<usize>();

const _: () = assert!(HEAD_SIZE.is_multiple_of(TESSERAL_VERIFIER_ALIGN) && size_of::<tesseral_verifier>() <= HEAD_SIZE);
const _: () =
    assert!(HEAD_SIZE - size_of::<tesseral_verifier>() < TESSERAL_VERIFIER_ALIGN, "the head needs less by now");
const _: () = assert!(size_of::<Key>() == KEY_SIZE);
const _: () = assert!(align_of::<TableEntry>() <= TESSERAL_VERIFIER_ALIGN);
const _: () = assert!(align_of::<Key>() <= TESSERAL_VERIFIER_ALIGN);
const _: () = assert!(align_of::<tesseral_verifier>() <= TESSERAL_VERIFIER_ALIGN);
