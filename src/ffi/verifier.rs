//! Makes verifiers, and tells which issuer and keys they have.

use super::{
    constants::TESSERAL_VERIFIER_ALIGN,
    guard::{Buffer, Out, Region, guard, keep_apart, object, octets},
    memory::{capacity, lend, tesseral_verifier},
    options::options_from,
    types::{tesseral_options, tesseral_str},
};
use crate::{error::Error, policy::Options, snapshot::Memory, verify::Verifier};

/// Builds a verifier in the caller's memory. Nothing is allocated, and there is nothing to free.
///
/// memory:       memory_len bytes, aligned to TESSERAL_VERIFIER_ALIGN; they belong to the verifier while it is used.
///               tesseral_survey_document() says how many this document needs, tesseral_verifier_size() how many a number
///               of keys needs.
/// document:     the project's configuration document, or a plain JWKS; it may be freed afterwards.
/// options:      may be NULL for the defaults. Strings may be freed afterwards; a base table may not.
/// verifier:     written only when 0 is returned; it points into memory.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL (more usable keys than there is room for),
/// TESSERAL_ERR_CONFIG_MALFORMED, TESSERAL_ERR_CONFIG_TOO_LARGE (over TESSERAL_MAX_DOCUMENT_LEN, TESSERAL_MAX_KEYS or
/// TESSERAL_MAX_KIDS), TESSERAL_ERR_CONFIG_NO_ISSUER or TESSERAL_ERR_CONFIG_NO_USABLE_KEY; tesseral_survey_document() says more
/// about the document. The memory is written only when 0 is returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_init(
    memory: *mut u8,
    memory_len: usize,
    document: *const u8,
    document_len: usize,
    options: *const tesseral_options,
    verifier: *mut *const tesseral_verifier,
) -> u32 {
    guard(|| {
        let place = Buffer::new(memory, memory_len)?;
        if !memory.addr().is_multiple_of(TESSERAL_VERIFIER_ALIGN) {
            return Err(Error::InvalidArgument);
        }
        // SAFETY: the caller's promises are passed on.
        let given = unsafe { Given::new(place.region(), document, document_len, options, verifier) }?;
        let Given { document, options, out } = given;
        let room = capacity(&options, memory_len);
        if room == 0 {
            return Err(Error::BufferTooSmall);
        }
        let verifier = Verifier::build(document, &options, |keys| {
            if keys > room {
                return Err(Error::BufferTooSmall);
            }
            // SAFETY: aligned above, `capacity` says that the octets suffice, and the caller promises them to us.
            Ok::<Memory<'static>, _>(unsafe { lend(memory, &options, keys) })
        });
        let verifier = verifier.map_err(|refused| refused.error)?;
        let head = memory.cast::<tesseral_verifier>();
        // SAFETY: aligned, large enough, and promised to us; the keys and table entries lie behind it.
        unsafe { head.write(tesseral_verifier { verifier, memory_len }) };
        // SAFETY: the caller promises a writable pointer (header, "verifier").
        unsafe { out.write(head) };
        Ok(())
    })
}

/// Builds a verifier in memory of its own. For programs with an operating system.
///
/// Arguments and results as for tesseral_verifier_init(). Free it with tesseral_verifier_free().
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_new(
    document: *const u8,
    document_len: usize,
    options: *const tesseral_options,
    verifier: *mut *const tesseral_verifier,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promises are passed on.
        let given = unsafe { Given::new(Region::NONE, document, document_len, options, verifier) }?;
        let Given { document, options, out } = given;
        let verifier = Verifier::load_owned(document, &options).map_err(|refused| refused.error)?;
        let owned = alloc::boxed::Box::new(tesseral_verifier { verifier, memory_len: 0 });
        // SAFETY: the caller promises a writable pointer (header, "verifier").
        unsafe { out.write(alloc::boxed::Box::into_raw(owned)) };
        Ok(())
    })
}

/// Frees a verifier that tesseral_verifier_new() made. No thread may use it any more.
///
/// verifier: may be NULL. A verifier in the caller's memory is left alone.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_free(verifier: *const tesseral_verifier) {
    guard(|| {
        // SAFETY: the caller promises a verifier of ours or NULL.
        if unsafe { object(verifier) }?.memory_len == 0 {
            // SAFETY: `tesseral_verifier_new` made it with Box::into_raw, and the caller gives it back once.
            drop(unsafe { alloc::boxed::Box::from_raw(verifier.cast_mut()) });
        }
        Ok(())
    });
}

/// The project ID of the document or, without one there, of the options.
///
/// project_id: written only when 0 is returned; it lives as long as the verifier. None when neither has one.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_project_id(
    verifier: *const tesseral_verifier,
    project_id: *mut tesseral_str,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(verifier, project_id, |verifier| Some(tesseral_str::optional(verifier.policy().project_id()))) }
}

/// The issuer, and audience, that tokens must have.
///
/// issuer: written only when 0 is returned; it lives as long as the verifier.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_issuer(
    verifier: *const tesseral_verifier,
    issuer: *mut tesseral_str,
) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(verifier, issuer, |verifier| Some(tesseral_str::new(verifier.policy().issuer()))) }
}

/// Bytes of scratch memory that each call with this verifier needs.
///
/// Returns 0 when verifier is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_scratch_size(verifier: *const tesseral_verifier) -> usize {
    // SAFETY: the caller promises a verifier of ours or NULL.
    unsafe { object(verifier) }.map_or(0, |verifier| verifier.verifier.scratch_len())
}

/// How many keys are in use.
///
/// Returns 0 when verifier is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_keys_used(verifier: *const tesseral_verifier) -> usize {
    // SAFETY: the caller promises a verifier of ours or NULL.
    unsafe { object(verifier) }.map_or(0, |verifier| verifier.verifier.snapshot().keys().len())
}

/// The kid of a key in use.
///
/// index: 0 to tesseral_verifier_keys_used() - 1, in the order of the document.
/// kid:   written only when 0 is returned; it lives as long as the verifier.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_verifier_kid(
    verifier: *const tesseral_verifier,
    index: usize,
    kid: *mut tesseral_str,
) -> u32 {
    let kid_at =
        |verifier: &Verifier<'_>| verifier.snapshot().keys().get(index).map(|key| tesseral_str::new(key.kid()));
    // SAFETY: the caller's promises are passed on.
    unsafe { describe(verifier, kid, kid_at) }
}

/// Writes one fact about a verifier.
///
/// # Safety
/// `verifier` is NULL or one of ours; `out` is NULL or writable.
unsafe fn describe<T>(
    verifier: *const tesseral_verifier,
    out: *mut T,
    say: impl FnOnce(&Verifier<'static>) -> Option<T>,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let verifier = unsafe { object(verifier) }?;
        let out = Out::new(out)?;
        keep_apart(&[out.region()], &[verifier.region()?])?;
        let said = say(&verifier.verifier).ok_or(Error::InvalidArgument)?;
        // SAFETY: the caller's promise.
        unsafe { out.write(said) };
        Ok(())
    })
}

/// The arguments that both functions that make a verifier have.
struct Given<'a> {
    document: &'a [u8],
    options: Options<'a>,
    out: Out<*const tesseral_verifier>,
}

impl<'a> Given<'a> {
    /// `memory` is the caller's memory for the verifier, if any.
    ///
    /// # Safety
    /// `document` is NULL or readable, `options` is NULL or a valid struct whose strings are readable and whose base
    /// table is one of ours or NULL, for `'a`.
    unsafe fn new(
        memory: Region,
        document: *const u8,
        document_len: usize,
        options: *const tesseral_options,
        verifier: *mut *const tesseral_verifier,
    ) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        let document = unsafe { octets(document, document_len) }?;
        // SAFETY: the caller's promise.
        let (options, [struct_used, issuer, project_id, base_table]) = unsafe { options_from(options) }?;
        let out = Out::new(verifier)?;
        let inputs = [Region::of_slice(document), struct_used, issuer, project_id, base_table];
        keep_apart(&[memory, out.region()], &inputs)?;
        Ok(Self { document, options, out })
    }
}
