//! Freestanding archives must name a panic handler. The core has no panic to reach it with.

/// Stops the machine where it is: there is nobody to tell.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
