//! The signature cache in the caller's memory.

use super::{
    constants::TESSERAL_CACHE_ALIGN,
    guard::{Buffer, Out, Region, guard, keep_apart, object, octets},
};
use crate::{
    cache::{self, Cache},
    error::Error,
    limits::MAX_TOKEN_LEN,
};

/// Remembers which exact tokens had a good signature under which key, and what they claim.
///
/// Do not share one: give each thread or worker its own.
pub struct tesseral_cache {
    cache: Cache<'static>,
    memory_len: usize,
}

impl tesseral_cache {
    /// The memory that other arguments must not touch.
    fn region(&self) -> Result<Region, Error> {
        let start: *const Self = self;
        Region::new(start, self.memory_len)
    }
}

/// Bytes that a cache needs for at least so many tokens: for each about 1.75 times max_token_len, and 180.
///
/// tokens:        1 or more. Give twice the number of tokens that are good at a time: then none of them displaces another.
/// max_token_len: longest token that is remembered, in octets: 1 to 65536.
/// Returns 0 when an argument is out of range.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_cache_size(tokens: usize, max_token_len: usize) -> usize {
    let slots = cache::size(tokens, max_token_len);
    let in_range = tokens != 0 && (1..=MAX_TOKEN_LEN).contains(&max_token_len) && isize::try_from(slots).is_ok();
    if in_range { HEAD_LEN.saturating_add(slots) } else { 0 }
}

/// Makes an empty cache in the caller's memory. Nothing is allocated, and there is nothing to free.
///
/// memory:        memory_len bytes, aligned to TESSERAL_CACHE_ALIGN; they belong to the cache while it is used.
///                tesseral_cache_size() says how many bytes a number of tokens needs.
/// max_token_len: longest token that is remembered, in octets: 1 to 65536.
/// seed:          seed_len octets, at least 16; the first 16 are used. Random, so that no client can choose tokens
///                that displace others.
/// cache:         written only when 0 is returned; it points into memory.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL (memory for fewer than eight tokens, or a
/// short seed).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_cache_init(
    memory: *mut u8,
    memory_len: usize,
    max_token_len: usize,
    seed: *const u8,
    seed_len: usize,
    cache: *mut *mut tesseral_cache,
) -> u32 {
    guard(|| {
        let place = Buffer::new(memory, memory_len)?;
        if !memory.addr().is_multiple_of(TESSERAL_CACHE_ALIGN) {
            return Err(Error::InvalidArgument);
        }
        // SAFETY: the caller promises readable octets (header, "seed").
        let seed = unsafe { octets(seed, seed_len) }?;
        let out = Out::new(cache)?;
        keep_apart(&[place.region(), out.region()], &[Region::of_slice(seed)])?;
        let seed = *seed.first_chunk::<16>().ok_or(Error::BufferTooSmall)?;
        if !(1..=MAX_TOKEN_LEN).contains(&max_token_len) {
            return Err(Error::InvalidArgument);
        }
        if memory_len < tesseral_cache_size(1, max_token_len) {
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: the caller promises writable memory (header, "memory"), which overlaps no other argument.
        let (_, slots) = unsafe { place.as_mut() }.split_at_mut_checked(HEAD_LEN).ok_or(Error::BufferTooSmall)?;
        let cache = Cache::new(slots, max_token_len, seed)?;
        let head = memory.cast::<tesseral_cache>();
        // SAFETY: aligned, large enough, and promised to us; the slots lie behind it.
        unsafe { head.write(tesseral_cache { cache, memory_len }) };
        // SAFETY: the caller promises a writable pointer (header, "cache").
        unsafe { out.write(head) };
        Ok(())
    })
}

/// How many signature checks a cache has saved.
///
/// Returns 0 when cache is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_cache_hits(cache: *const tesseral_cache) -> u64 {
    // SAFETY: the caller promises a cache of ours or NULL, which no other call uses meanwhile.
    unsafe { object(cache) }.map_or(0, |cache| cache.cache.hits())
}

/// How many tokens were not found in a cache.
///
/// Returns 0 when cache is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_cache_misses(cache: *const tesseral_cache) -> u64 {
    // SAFETY: the caller promises a cache of ours or NULL, which no other call uses meanwhile.
    unsafe { object(cache) }.map_or(0, |cache| cache.cache.misses())
}

/// How many tokens a cache has room for: slots are numbered from 0 to one less.
///
/// Returns 0 when cache is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_cache_slots(cache: *const tesseral_cache) -> usize {
    // SAFETY: the caller promises a cache of ours or NULL, which no other call uses meanwhile.
    unsafe { object(cache) }.map_or(0, |cache| cache.cache.slots())
}

/// The cache of a call, when it has one, and the memory that the call's outputs must not touch.
///
/// # Safety
/// `cache` is NULL or one of ours, which nothing else uses for `'a`.
pub(super) unsafe fn cache_of<'a>(
    cache: *mut tesseral_cache,
) -> Result<(Option<&'a mut Cache<'static>>, Region), Error> {
    if !cache.is_aligned() {
        return Err(Error::InvalidArgument);
    }
    // SAFETY: aligned, and NULL or exclusively ours by the caller's promise.
    let Some(cache) = (unsafe { cache.as_mut() }) else { return Ok((None, Region::NONE)) };
    let region = cache.region()?;
    Ok((Some(&mut cache.cache), region))
}

/// Bytes before the slots.
const HEAD_LEN: usize = size_of::<tesseral_cache>();

const _: () = assert!(align_of::<tesseral_cache>() <= TESSERAL_CACHE_ALIGN);
