//! Opens verifiers from images of snapshots.

use super::{
    constants::{TESSERAL_IMAGE_DIGEST_LEN, TESSERAL_VERIFIER_ALIGN},
    guard::{Buffer, Out, Region, array, guard, keep_apart, octets},
    memory::{lend_keys, opened_capacity, tesseral_verifier},
};
use crate::{error::Error, es256::TableEntry, image::Trust, verify::Verifier};

/// Opens a verifier from an image, which `tesseral-verify bake` makes. The image is used where it lies, for example in flash:
/// no table is built, and nothing is allocated.
///
/// Opening hashes the whole image (SHA-256). It checks that each key is on the curve, and compares it with its table's first
/// entries. Whoever can write the image decides who gets in. So either expected_digest comes from a place that only those can
/// write who may decide that, such as firmware whose signature was checked; or the memory of the image is such a place.
///
/// memory:          memory_len bytes, aligned to TESSERAL_VERIFIER_ALIGN; they belong to the verifier while it is used. See
///                  TESSERAL_OPENED_VERIFIER_SIZE.
/// image:           image_len octets, aligned to TESSERAL_VERIFIER_ALIGN. They stay readable and unchanged while the verifier
///                  is used, and no argument of a later call overlaps them. Never a mapped file, which others can change
///                  after it was hashed: read the file once, into memory of your own, and open that.
/// expected_digest: TESSERAL_IMAGE_DIGEST_LEN octets, SHA-256 of the whole image; or NULL for an image in memory that is
///                  trusted: then the digest inside the image is the only one that is compared.
/// verifier:        written only when 0 is returned; it points into memory and into the image. After the last second of the
///                  image, each verdict is TESSERAL_ERR_KEYS_UNAVAILABLE.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL (more keys than memory has room for), or
/// TESSERAL_ERR_IMAGE_MALFORMED. When the image is refused, the contents of memory are unspecified.
/// Thread safety: as for each verifier, any number of threads may share it once it is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_open(
    memory: *mut u8,
    memory_len: usize,
    image: *const u8,
    image_len: usize,
    expected_digest: *const u8,
    verifier: *mut *const tesseral_verifier,
) -> u32 {
    guard(|| {
        let place = Buffer::new(memory, memory_len)?;
        if !memory.addr().is_multiple_of(TESSERAL_VERIFIER_ALIGN) {
            return Err(Error::InvalidArgument);
        }
        // SAFETY: the caller promises readable octets (header, "image").
        let whole = unsafe { octets(image, image_len) }?;
        let lines = image_len.checked_div(size_of::<TableEntry>()).unwrap_or(0);
        // SAFETY: the same octets, as lines; every bit pattern is a line.
        let lines = unsafe { array::<TableEntry>(image.cast(), lines) }?;
        let digest_len = if expected_digest.is_null() { 0 } else { TESSERAL_IMAGE_DIGEST_LEN };
        // SAFETY: the caller promises readable octets (header, "expected_digest").
        let expected = unsafe { octets(expected_digest, digest_len) }?;
        let trust = expected.first_chunk().map_or(Trust::Storage, Trust::Digest);
        let out = Out::new(verifier)?;
        keep_apart(&[place.region(), out.region()], &[Region::of_slice(whole), Region::of_slice(expected)])?;
        if whole.len() != size_of_val(lines) {
            return Err(Error::ImageMalformed);
        }
        let room = opened_capacity(memory_len);
        if room == 0 {
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: aligned above, `opened_capacity` says that the octets suffice, and the caller promises them to us.
        let keys = unsafe { lend_keys(memory, room) };
        let verifier = Verifier::open(lines, keys, trust)?;
        let head = memory.cast::<tesseral_verifier>();
        // SAFETY: aligned, large enough, and promised to us; the keys lie behind it.
        unsafe { head.write(tesseral_verifier { verifier, memory_len }) };
        // SAFETY: the caller promises a writable pointer (header, "verifier").
        unsafe { out.write(head) };
        Ok(())
    })
}
