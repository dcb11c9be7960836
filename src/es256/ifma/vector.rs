//! What the arithmetic needs of vectors. Files beside this one implement it for each set of instructions.
//!
//! LLVM can inline an instruction's function only where the instruction is enabled. So all generic functions here are inlined,
//! in the end into [`Eight::out_of_line`], which enables it. A value of a vector's type exists only where the processor has its
//! instructions: the first one is made with [`Eight::Proof`], and others are made of it.

pub(in crate::es256) const LANES: usize = 8;

/// Five vectors hold one field element in each lane.
pub(super) type Limbs<V> = [V; 5];

/// The 52 bits of a limb.
pub(super) const MASK: u64 = (1 << 52) - 1;

/// Lanes of 64 bits.
pub(super) trait Vector: Copy {
    /// `value` in each lane. What `self` holds does not matter.
    fn splat(self, value: u64) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn shift_left<const BITS: u32>(self) -> Self;
    fn shift_right<const BITS: u32>(self) -> Self;
    /// Copies of the sign enter at the left.
    fn shift_right_signed<const BITS: u32>(self) -> Self;
    /// Adds the lower 52 bits of the product of the lower 52 bits of `a` and `b`.
    fn add_low_product(self, a: Self, b: Self) -> Self;
    /// Adds the upper 52 bits of the same product.
    fn add_high_product(self, a: Self, b: Self) -> Self;
    /// The negative in each lane whose bit in `lanes` is set.
    fn negate_if(self, lanes: u8) -> Self;
}

/// Eight lanes, in one register or in several *parts*.
pub(super) trait Eight: Vector {
    /// Proof that the processor has the instructions.
    type Proof: Copy;

    /// One register.
    type Part: Vector;

    /// Parts of a vector. Each has as many lanes as any other.
    const PARTS: usize;

    fn part(&self, index: usize) -> Self::Part;
    fn set_part(&mut self, index: usize, part: Self::Part);

    fn from_lanes(proof: Self::Proof, lanes: &[u64; LANES]) -> Self;
    fn to_lanes(self) -> [u64; LANES];

    /// Lane j of vector i becomes lane i of vector j.
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// `other` in the lanes whose bit in `lanes` is set, `self` in the others.
    fn blend(self, lanes: u8, other: Self) -> Self;

    /// Exchanges lane k and lane k + 4.
    fn swap_halves(self) -> Self;

    /// Moves lanes within each half of them. Two bits for each lane, the first lowest, name the lane that it comes from.
    fn move_in_halves<const ORDER: i32>(self) -> Self;

    /// Lane k of the result is lane `order[k]` of `self` or, from 8 on, lane `order[k]` − 8 of `other`.
    fn take(self, other: Self, order: &[u64; LANES]) -> Self;

    /// Runs `work` in a function that is compiled for the instructions.
    fn out_of_line<W: Work>(proof: Self::Proof, work: W) -> W::Output;
}

/// A part of the computation that may be a function of its own, so that its products are on the stack only while it runs.
pub(super) trait Work {
    type Output;

    /// To be inlined always: see above.
    fn run(self) -> Self::Output;
}

/// Five limbs. A closure would be a function without the instructions, into which LLVM inlines none of them.
macro_rules! each {
    ($i:ident => $limb:expr) => {
        each!($i, $limb, 0, 1, 2, 3, 4)
    };
    ($i:ident, $limb:expr, $($index:literal),*) => {
        [$({
            let $i = $index;
            $limb
        }),*]
    };
}

/// One part of each limb.
#[inline(always)]
pub(super) fn part<E: Eight>(limbs: &Limbs<E>, index: usize) -> Limbs<E::Part> {
    let [a, b, c, d, e] = limbs;
    [a.part(index), b.part(index), c.part(index), d.part(index), e.part(index)]
}

#[inline(always)]
pub(super) fn set_part<E: Eight>(limbs: &mut Limbs<E>, index: usize, parts: &Limbs<E::Part>) {
    for (limb, part) in limbs.iter_mut().zip(parts) {
        limb.set_part(index, *part);
    }
}

#[inline(always)]
pub(super) fn from_lanes<E: Eight>(proof: E::Proof, limbs: &[[u64; LANES]; 5]) -> Limbs<E> {
    each!(i => E::from_lanes(proof, &limbs[i]))
}

/// The same element in each lane.
#[inline(always)]
pub(super) fn in_each_lane<E: Eight>(proof: E::Proof, limbs: &[u64; 5]) -> Limbs<E> {
    from_lanes(proof, &limbs.map(|limb| [limb; LANES]))
}

#[inline(always)]
pub(super) fn to_lanes<E: Eight>(limbs: &Limbs<E>) -> [[u64; LANES]; 5] {
    limbs.map(E::to_lanes)
}
