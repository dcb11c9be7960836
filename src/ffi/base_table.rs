//! The base point's table for verifiers of the server profile to share, and its layout in the caller's memory: head, entries.

#[cfg(feature = "std")]
use super::guard::object;
use super::{
    constants::{TESSERAL_BASE_TABLE_SIZE, TESSERAL_VERIFIER_ALIGN},
    guard::{Buffer, Out, Region, guard, keep_apart},
    types::tesseral_base_table,
};
use crate::{
    error::Error,
    es256::{BaseTable, TableEntry},
};
use core::slice;

impl tesseral_base_table {
    /// The memory that outputs must not touch.
    pub(super) fn region(&self) -> Result<Region, Error> {
        let start: *const Self = self;
        Region::new(start, self.memory_len.max(size_of::<Self>()))
    }
}

/// Fills a table in the caller's memory. Nothing is allocated, and there is nothing to free.
///
/// memory:     memory_len bytes, at least TESSERAL_BASE_TABLE_SIZE, aligned to TESSERAL_VERIFIER_ALIGN. They belong to the table
///             as long as a verifier has it.
/// base_table: written only when 0 is returned; it points into memory. For base_table of tesseral_options.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_base_table_init(
    memory: *mut u8,
    memory_len: usize,
    base_table: *mut *const tesseral_base_table,
) -> u32 {
    guard(|| {
        let place = Buffer::new(memory, memory_len)?;
        if !memory.addr().is_multiple_of(TESSERAL_VERIFIER_ALIGN) {
            return Err(Error::InvalidArgument);
        }
        let out = Out::new(base_table)?;
        keep_apart(&[place.region(), out.region()], &[])?;
        if memory_len < TESSERAL_BASE_TABLE_SIZE {
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: inside the memory, by the comparison.
        let first = unsafe { memory.add(TESSERAL_VERIFIER_ALIGN) }.cast::<TableEntry>();
        for position in 0..BaseTable::ENTRIES {
            // SAFETY: inside the memory, by the comparison.
            let entry = unsafe { first.add(position) };
            // SAFETY: aligned, as the memory is, and the caller promises it to us.
            unsafe { entry.write(TableEntry::ZERO) };
        }
        // SAFETY: all entries have just been written, and the caller promises them to us while the table is used.
        let entries = unsafe { slice::from_raw_parts_mut(first, BaseTable::ENTRIES) };
        let table = BaseTable::borrowed(entries)?;
        let head = memory.cast::<tesseral_base_table>();
        // SAFETY: aligned, before the entries, and promised to us.
        unsafe { head.write(tesseral_base_table { table, memory_len }) };
        // SAFETY: the caller promises a writable pointer (header, "base_table").
        unsafe { out.write(head) };
        Ok(())
    })
}

/// Fills a table in memory of its own. For programs with an operating system.
///
/// base_table: written only when 0 is returned. Free it with tesseral_base_table_free().
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_base_table_new(base_table: *mut *const tesseral_base_table) -> u32 {
    guard(|| {
        let out = Out::new(base_table)?;
        let owned = alloc::boxed::Box::new(tesseral_base_table { table: BaseTable::owned()?, memory_len: 0 });
        // SAFETY: the caller promises a writable pointer (header, "base_table").
        unsafe { out.write(alloc::boxed::Box::into_raw(owned)) };
        Ok(())
    })
}

/// Frees a table that tesseral_base_table_new() made, after the last verifier that has it.
///
/// base_table: may be NULL. A table in the caller's memory is left alone.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_base_table_free(base_table: *const tesseral_base_table) {
    guard(|| {
        // SAFETY: the caller promises a table of ours or NULL.
        if unsafe { object(base_table) }?.memory_len == 0 {
            // SAFETY: `tesseral_base_table_new` made it with Box::into_raw, and the caller gives it back once.
            drop(unsafe { alloc::boxed::Box::from_raw(base_table.cast_mut()) });
        }
        Ok(())
    });
}

const _: () = assert!(size_of::<tesseral_base_table>() <= TESSERAL_VERIFIER_ALIGN);
const _: () = assert!(
    TESSERAL_BASE_TABLE_SIZE
        == TESSERAL_VERIFIER_ALIGN.saturating_add(BaseTable::ENTRIES.saturating_mul(size_of::<TableEntry>()))
);
