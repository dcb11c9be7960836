//! Uses the standard library, catches a panic: it brings along all that ours brings along.

/// The sum of 1 to `n`, or -1 when `n` is 0, by way of a panic.
#[unsafe(no_mangle)]
pub extern "C" fn other_rust_sum(n: u32) -> i64 {
    let sum = std::panic::catch_unwind(|| {
        assert!(n != 0);
        (1..=i64::from(n)).collect::<Vec<_>>().iter().sum()
    });
    sum.unwrap_or(-1)
}
