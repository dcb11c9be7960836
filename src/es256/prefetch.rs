//! Prefetching, for which safe Rust has no function.

#![allow(unsafe_code)] // one instruction, which has no effect that the program can observe

use super::entry::TableEntry;

/// Prefetches an entry into the L1 data cache.
#[inline(always)]
pub(super) fn prefetch(entry: &TableEntry) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is a hint about an address; SSE is part of x86-64.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(core::ptr::from_ref(entry).cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a prefetch is a hint about an address, and changes neither registers nor flags.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{}]", in(reg) core::ptr::from_ref(entry), options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = entry;
}
