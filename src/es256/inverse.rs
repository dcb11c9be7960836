//! Inversion modulo p and n by division steps (Bernstein and Yang, "Fast constant-time gcd computation and modular
//! inversion", 2019, <https://eprint.iacr.org/2019/266>). It takes variable time, since nothing that is inverted is secret.
//!
//! The steps turn (m, x) into (±1, 0), 62 halvings at a time. Each round is a 2 × 2 matrix: `matrix` computes it and applies
//! it to f and g. The product of all matrices says how ±1 is made of m and x, and so what 1/x is. `cofactors` multiplies them,
//! and reduces the result modulo m once, at the end.

mod cofactors;
mod matrix;
mod modulus;
mod radix;

use cofactors::{Cofactors, ROUNDS};
use matrix::Matrix;
pub(super) use modulus::Modulus;
use radix::{Signed, low_64, to_signed};

/// 2^256/`x` mod `modulus`, below `modulus`. The result is wrong when `x` has no inverse: callers check it by multiplying.
pub(super) fn invert(modulus: &Modulus, x: [u64; 4]) -> [u64; 4] {
    let (mut f, mut g) = (modulus.radix_62, to_signed(x));
    let mut len = f.len();
    let mut cofactors = Cofactors::new();
    let mut delta = 0;
    for _ in 0..ROUNDS {
        let matrix = Matrix::of_62_halvings(&mut delta, low_64(&f), low_64(&g));
        matrix.apply(&mut f, &mut g, len);
        len = shorten(&mut f, &mut g, len);
        if len == 1 && g[0] == 0 {
            return cofactors.finish(&matrix, f[0] < 0, modulus);
        }
        cofactors.apply(&matrix);
    }
    [0; 4]
}

/// Moves the sign of the last limb into the one before, as long as that changes neither f nor g. Gives the new length.
#[inline(always)]
fn shorten(f: &mut Signed, g: &mut Signed, mut len: usize) -> usize {
    let is_sign = |limb: i64| limb == limb >> 63;
    while len > 1 && is_sign(f[len - 1]) && is_sign(g[len - 1]) {
        for limbs in [&mut *f, g] {
            limbs[len - 2] |= limbs[len - 1] << 62;
            limbs[len - 1] = 0;
        }
        len -= 1;
    }
    len
}
