//! Asking for memory before it is needed: the one thing that safe Rust cannot say.

#![allow(unsafe_code)] // one instruction that reads nothing the program could see

use super::entry::TableEntry;

/// Brings an entry towards the processor, which does something else meanwhile.
#[inline(always)]
pub(super) fn prefetch(entry: &TableEntry) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint about an address; SSE is part of x86-64.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(core::ptr::from_ref(entry).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = entry;
}
