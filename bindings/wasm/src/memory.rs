//! The allocator: it takes memory from the end of the instance's, and never gives any back. A verifier allocates while it is
//! loaded, and never afterwards.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::memory_grow,
    ptr,
};

struct Growing;

// SAFETY: each call returns the beginning of pages that no other call has returned. A page is aligned for every layout up to its
// own size.
unsafe impl GlobalAlloc for Growing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let pages = layout.size().div_ceil(PAGE);
        if layout.align() > PAGE {
            return ptr::null_mut();
        }
        match memory_grow::<0>(pages) {
            usize::MAX => ptr::null_mut(),
            before => ptr::without_provenance_mut(before.wrapping_mul(PAGE)),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Growing = Growing;

/// Bytes of a page (WebAssembly core specification, section 4.2.8).
const PAGE: usize = 65_536;
