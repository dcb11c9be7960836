//! A freestanding archive has to define a panic handler. The core has no code that panics.

/// Stops here in a loop: there is no operating system to report to.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
