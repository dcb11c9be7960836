//! A freestanding archive has to define a panic handler. The core has no code that panics.

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    tesseral_panic()
}

/// Stops here in a loop: there is no operating system to report to. In the archive this name is weak: a firmware that defines
/// `void tesseral_panic(void)`, which must not return, puts its own in this place.
// Not inlined, so that the handler refers to it by its name.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn tesseral_panic() -> ! {
    loop {
        core::hint::spin_loop();
    }
}
