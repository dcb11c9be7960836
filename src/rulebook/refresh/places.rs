//! Where each word of the refresh's state is.

use crate::rulebook::{
    document, kids, waits,
    words::{HEADER_LEN, kind},
};

pub(in crate::rulebook) const KIND: u64 = kind(*b"TSSR", 1);

pub(in crate::rulebook) const CREATED_AT: usize = HEADER_LEN;
pub(in crate::rulebook) const LAST_FLIGHT: usize = HEADER_LEN + 1;
/// Number of the flight under way; 0: none.
pub(in crate::rulebook) const IN_FLIGHT: usize = HEADER_LEN + 2;
pub(in crate::rulebook) const IN_FLIGHT_EARLY: usize = HEADER_LEN + 3;
pub(in crate::rulebook) const BEGAN_AT: usize = HEADER_LEN + 4;
/// 1: an unknown `kid` asked for a flight that has not begun.
pub(in crate::rulebook) const WANTED: usize = HEADER_LEN + 5;
pub(in crate::rulebook) const WANTED_AT: usize = HEADER_LEN + 6;
/// Early flights since the keys last changed.
pub(in crate::rulebook) const EARLY_FLIGHTS: usize = HEADER_LEN + 7;
pub(in crate::rulebook) const EARLY_AT: usize = HEADER_LEN + 8;
/// Failed flights since a document last came.
pub(in crate::rulebook) const FAILURES: usize = HEADER_LEN + 9;
/// 1: no planned flight before the back-off is over.
pub(in crate::rulebook) const HOLDING: usize = HEADER_LEN + 10;
pub(in crate::rulebook) const HELD_AT: usize = HEADER_LEN + 11;
pub(in crate::rulebook) const HOLD_PERCENT: usize = HEADER_LEN + 12;
/// When a request last fetched for a frozen background, and 1 when one did.
pub(in crate::rulebook) const RESCUED_AT: usize = HEADER_LEN + 13;
pub(in crate::rulebook) const RESCUED: usize = HEADER_LEN + 14;
pub(in crate::rulebook) const DOCUMENT: usize = HEADER_LEN + 15;
pub(in crate::rulebook) const KIDS: usize = DOCUMENT + document::LEN;
pub(in crate::rulebook) const WAITS: usize = KIDS + kids::LEN;
pub(in crate::rulebook) const END: usize = WAITS + waits::LEN;
