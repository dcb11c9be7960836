//! Where each word of the answers' state is.

use crate::rulebook::words::{HEADER_LEN, kind};

pub(in crate::rulebook) const KIND_UNSIZED: u64 = kind(*b"TSSA", 0);
pub(in crate::rulebook) const KIND: u64 = kind(*b"TSSA", 1);

pub(in crate::rulebook) const LAST_QUESTION: usize = HEADER_LEN;
/// Octets of the answers that are kept.
pub(in crate::rulebook) const HELD: usize = HEADER_LEN + 1;
/// The entry that is swept next.
pub(in crate::rulebook) const HAND: usize = HEADER_LEN + 2;
pub(in crate::rulebook) const SETS: usize = HEADER_LEN + 3;
pub(in crate::rulebook) const QUESTIONS: usize = HEADER_LEN + 4;
pub(in crate::rulebook) const FIRST: usize = HEADER_LEN + 5;
