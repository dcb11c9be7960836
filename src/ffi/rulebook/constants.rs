//! Constants of the rulebook's part of the header.

use crate::rulebook::{Freed, Refresh};

/// Alignment of the memory of a tesseral_refresh_ or tesseral_answers_ state, in bytes.
pub const TESSERAL_RULEBOOK_ALIGN: usize = 8;
/// Bytes of the state that the tesseral_refresh_ functions take.
pub const TESSERAL_REFRESH_SIZE: usize = 2840;
/// Octets of a hashed kid.
pub const TESSERAL_KID_HASH_LEN: usize = 16;
/// Octets of the hashes in a tesseral_kid_hashes: of four kids, one for each cookie that is tried.
pub const TESSERAL_KID_HASHES_LEN: usize = 64;
/// The most handles that one call of tesseral_answers_landed() tells you to free.
pub const TESSERAL_ANSWERS_MAX_FREED: usize = 8;

/// In a rules struct, in which 0 means the default: this value means zero.
pub const TESSERAL_RULES_NONE: u32 = 4294967295;

/// act of a tesseral_poll: fetch the document now; the flight has begun.
pub const TESSERAL_POLL_FETCH: u32 = 1;
/// act of a tesseral_poll: a flight is under way; poll again at the time until, when it counts as lost.
pub const TESSERAL_POLL_IN_FLIGHT: u32 = 2;
/// act of a tesseral_poll: nothing to do before the time until; poll again then.
pub const TESSERAL_POLL_AT: u32 = 3;

/// A usable document is there, and it has the keys of all kids.
pub const TESSERAL_NEED_NOTHING: u32 = 1;
/// There is no document, or it is too old.
pub const TESSERAL_NEED_DOCUMENT: u32 = 2;
/// The document in use lacks the keys of some kids.
pub const TESSERAL_NEED_KIDS: u32 = 3;

/// act of a tesseral_request: go on with what is there; the request is accepted or refused now.
pub const TESSERAL_REQUEST_PROCEED: u32 = 1;
/// act of a tesseral_request: wait until a flight ends, at the latest until wait.until, and judge the token once more.
pub const TESSERAL_REQUEST_WAIT: u32 = 2;
/// act of a tesseral_request: fetch the document, because the background task makes no progress, and judge the token once
/// more; the flight has begun.
pub const TESSERAL_REQUEST_FETCH: u32 = 3;
/// place of a tesseral_wait that has no place.
pub const TESSERAL_NO_PLACE: u32 = 4294967295;

/// The document is the same as the one in use, octet for octet.
pub const TESSERAL_CHANGE_SAME: u32 = 1;
/// The document has another text and the same keys.
pub const TESSERAL_CHANGE_TEXT: u32 = 2;
/// The document has other keys.
pub const TESSERAL_CHANGE_KEYS: u32 = 3;

/// The document that landed is in use now. Free the one before.
pub const TESSERAL_TAKEN_IN_USE: u32 = 1;
/// A newer document is in use already. Free the one that landed.
pub const TESSERAL_TAKEN_LATE: u32 = 2;

/// The document from the file is in use now. Free the one before.
pub const TESSERAL_RESTORED_IN_USE: u32 = 1;
/// A document that is newer, or as new, is in use already.
pub const TESSERAL_RESTORED_NOT_NEWER: u32 = 2;
/// The document from the file is older than the stale limit.
pub const TESSERAL_RESTORED_TOO_OLD: u32 = 3;
/// The fetch of the document from the file began in the future, by this machine's wall clock.
pub const TESSERAL_RESTORED_FROM_THE_FUTURE: u32 = 4;

/// act of a tesseral_ask: nothing; verdict is the answer.
pub const TESSERAL_ASK_KNOWN: u32 = 1;
/// act of a tesseral_ask: send the question, which is noted as sent now.
pub const TESSERAL_ASK_SEND: u32 = 2;
/// act of a tesseral_ask: ask again, with its ticket, when the question under way has ended, at the latest at the time until.
pub const TESSERAL_ASK_WAIT: u32 = 3;
/// act of a tesseral_ask: give up, too many questions are under way.
pub const TESSERAL_ASK_BUSY: u32 = 4;

/// Nothing is known.
pub const TESSERAL_VERDICT_NONE: u32 = 0;
/// The API key is good.
pub const TESSERAL_VERDICT_GOOD: u32 = 1;
/// TESSERAL_ERR_API_KEY_INVALID
pub const TESSERAL_VERDICT_INVALID: u32 = 2;
/// TESSERAL_ERR_API_KEYS_NOT_PERMITTED
pub const TESSERAL_VERDICT_NOT_PERMITTED: u32 = 3;
/// There was no usable answer: TESSERAL_ERR_API_KEY_LOOKUP_FAILED.
pub const TESSERAL_VERDICT_FAILED: u32 = 4;

const _: () = {
    assert!(TESSERAL_REFRESH_SIZE == Refresh::WORDS * 8);
    assert!(align_of::<u64>() <= TESSERAL_RULEBOOK_ALIGN);
    assert!(TESSERAL_KID_HASHES_LEN == crate::limits::MAX_COOKIE_CANDIDATES * TESSERAL_KID_HASH_LEN);
    assert!(TESSERAL_ANSWERS_MAX_FREED == Freed::MOST);
};
