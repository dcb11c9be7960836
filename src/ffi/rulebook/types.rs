//! Structs of the rulebook's part of the header.

use super::constants::*;
use crate::rulebook::{Document, Flight, Moment, Question, Verdict, Wait};

/// A moment, in milliseconds by two clocks: read both for each call. Neither is the time by which a token is judged.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_moment {
    /// By a clock that cannot be set and that runs while the machine is suspended, such as CLOCK_BOOTTIME.
    pub steady: i64,
    /// By the wall clock: since 1970-01-01T00:00:00Z.
    pub wall: i64,
}

/// One fetch of the document. The program that begins it reports how it ended: tesseral_refresh_landed(), _failed() or
/// _abandoned().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_flight {
    /// 1 or more; later flights have higher numbers.
    pub number: u64,
    /// When it began. The age of its document counts from here.
    pub began: tesseral_moment,
}

/// When to fetch, and how long documents may be used. Start from TESSERAL_REFRESH_RULES_INIT: 0 means the default in each.
#[repr(C)]
pub struct tesseral_refresh_rules {
    /// sizeof(tesseral_refresh_rules)
    pub struct_size: u32,
    /// How many requests wait for the keys of an unknown kid at a time: 1 to 64; 0 means 16, TESSERAL_RULES_NONE none.
    pub waiters: u32,
    /// The document is fetched again before it is this old, in milliseconds: 1 to 30 days; 0 means one hour.
    pub interval_ms: u64,
    /// An older document is not used, in milliseconds: 1 to 365 days; 0 means 24 hours.
    pub stale_ms: u64,
    /// From the beginning of one fetch for an unknown kid to that of the next, in milliseconds: 1 to 1 hour; 0 means 10
    /// seconds. Each fetch that brings no new keys doubles it, up to one minute.
    pub cooldown_ms: u64,
    /// Longest time for one exchange, in milliseconds: 1 to 10 minutes; 0 means 5 seconds. A flight counts as lost after
    /// twice this time.
    pub timeout_ms: u64,
    /// How long a request waits at most for the keys of an unknown kid, in milliseconds: 1 to 10 seconds; 0 means 1 second,
    /// TESSERAL_RULES_NONE not at all.
    pub wait_ms: u64,
}

/// What the background task has to do. Start from TESSERAL_POLL_INIT; tesseral_refresh_poll() fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_poll {
    /// sizeof(tesseral_poll)
    pub struct_size: u32,
    /// A TESSERAL_POLL_ constant.
    pub act: u32,
    /// With TESSERAL_POLL_FETCH, else of zeros.
    pub flight: tesseral_flight,
    /// By the steady clock; 0 with TESSERAL_POLL_FETCH.
    pub until: i64,
}

/// How long a request may wait: until a flight ends, at the latest until this time. Then it judges its token once more.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_wait {
    /// By the steady clock.
    pub until: i64,
    /// Its place among the waiting requests, which tesseral_refresh_waited() gives back, or TESSERAL_NO_PLACE.
    pub place: u32,
    /// 0
    pub reserved: u32,
}

/// What a request has to do. Start from TESSERAL_REQUEST_INIT; tesseral_refresh_request() fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_request {
    /// sizeof(tesseral_request)
    pub struct_size: u32,
    /// A TESSERAL_REQUEST_ constant.
    pub act: u32,
    /// 1 when the background task has to poll now, else 0.
    pub wake: u32,
    /// 0
    pub reserved: u32,
    /// With TESSERAL_REQUEST_FETCH, else of zeros.
    pub flight: tesseral_flight,
    /// With TESSERAL_REQUEST_WAIT, else of zeros.
    pub wait: tesseral_wait,
}

/// The unknown kids of a request. Start from TESSERAL_KID_HASHES_INIT; tesseral_unknown_kids() fills it.
#[repr(C)]
pub struct tesseral_kid_hashes {
    /// sizeof(tesseral_kid_hashes)
    pub struct_size: u32,
    /// How many there are: 0 to 4.
    pub count: u32,
    /// One after the other, count times TESSERAL_KID_HASH_LEN octets, as tesseral_refresh_request() takes them; zeros behind.
    pub hashes: [u8; TESSERAL_KID_HASHES_LEN],
}

/// The document in use. Start from TESSERAL_DOCUMENT_INIT; tesseral_refresh_document() fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_document {
    /// sizeof(tesseral_document)
    pub struct_size: u32,
    /// 1 when there is a document, of any age. Else 0, like all other members.
    pub in_use: u32,
    /// 1 when tokens may be judged by it: it is not older than the stale limit. Else 0.
    pub usable: u32,
    /// The percentage of the refresh interval after which the next fetch is due; 0: at once.
    pub due_percent: u32,
    /// The number of the flight that brought it; 0 when it was restored from a file.
    pub number: u64,
    /// When that flight began.
    pub began: tesseral_moment,
    /// Milliseconds since then: the larger of both clocks' differences.
    pub age_ms: u64,
    /// The handle that you gave with the document.
    pub handle: u64,
    /// Its length, in octets, as you gave it.
    pub len: u64,
}

/// An API key, and the scope in which answers about it are shared.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_api_key_name {
    /// Answers are shared within one scope, such as the project or the settings with which the service is asked.
    pub scope: [u8; 16],
    /// What tesseral_api_key_fingerprint() writes.
    pub fingerprint: [u8; 32],
}

/// How long answers may be used, and how many questions are asked. Start from TESSERAL_ANSWERS_RULES_INIT: 0 means the
/// default in each.
#[repr(C)]
pub struct tesseral_answers_rules {
    /// sizeof(tesseral_answers_rules)
    pub struct_size: u32,
    /// How many questions are under way at a time: 1 or more; 0 means 64. A quarter of them is kept for keys that were good
    /// in the last 24 hours.
    pub questions: u32,
    /// How long a good answer serves requests that came after its question was sent, in milliseconds: 1 to 1 hour; 0 means
    /// the default, which is TESSERAL_RULES_NONE: not at all.
    pub good_ttl_ms: u64,
    /// The same for a refusal; 0 means 5 seconds.
    pub refused_ttl_ms: u64,
    /// Longest time for one exchange, in milliseconds: 1 to 10 minutes; 0 means 5 seconds. A question counts as failed after
    /// twice this time.
    pub timeout_ms: u64,
    /// Octets of answers that are kept at a time: 1 or more; 0 means 8 MiB.
    pub max_answers_len: u64,
}

/// One question to the service about an API key. The program that sends it reports how it ended: tesseral_answers_landed()
/// or tesseral_answers_abandoned().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_question {
    /// 1 or more; later questions have higher numbers.
    pub number: u64,
    /// When it was sent. The age of its answer counts from here.
    pub sent: tesseral_moment,
}

/// What the service said about an API key.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_verdict {
    /// A TESSERAL_VERDICT_ constant; to report TESSERAL_VERDICT_NONE is an error.
    pub kind: u32,
    /// 0
    pub reserved: u32,
    /// With TESSERAL_VERDICT_GOOD: the handle under which you keep the answer; 0 for none. Else 0.
    pub handle: u64,
    /// With TESSERAL_VERDICT_GOOD: octets of the answer. Else 0.
    pub len: u64,
}

/// What a request has to do about its API key. Start from TESSERAL_ASK_INIT; tesseral_answers_ask() fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_ask {
    /// sizeof(tesseral_ask)
    pub struct_size: u32,
    /// A TESSERAL_ASK_ constant.
    pub act: u32,
    /// With TESSERAL_ASK_KNOWN, else of zeros.
    pub verdict: tesseral_verdict,
    /// With TESSERAL_ASK_SEND, else of zeros.
    pub question: tesseral_question,
    /// With TESSERAL_ASK_WAIT, by the steady clock; else 0.
    pub until: i64,
    /// With TESSERAL_ASK_WAIT, what the next call for the same request is given; else 0.
    pub ticket: u64,
}

/// Whether an answer is kept, and which handles you free. Start from TESSERAL_LANDED_INIT; tesseral_answers_landed() fills
/// it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tesseral_landed {
    /// sizeof(tesseral_landed)
    pub struct_size: u32,
    /// 1 when the answer's handle is kept, else 0.
    pub kept: u32,
    /// How many handles you free now: the first of freed.
    pub freed_count: u32,
    /// 0
    pub reserved: u32,
    /// Handles, also the answer's own when it is not kept; zeros behind them.
    pub freed: [u64; TESSERAL_ANSWERS_MAX_FREED],
}

impl tesseral_moment {
    const ZERO: Self = Self { steady: 0, wall: 0 };

    pub(super) fn new(moment: Moment) -> Self {
        Self { steady: moment.steady, wall: moment.wall }
    }

    pub(super) fn to_rust(self) -> Moment {
        Moment { steady: self.steady, wall: self.wall }
    }
}

impl tesseral_flight {
    pub(super) const ZERO: Self = Self { number: 0, began: tesseral_moment::ZERO };

    pub(super) fn new(flight: Flight) -> Self {
        Self { number: flight.number, began: tesseral_moment::new(flight.began) }
    }

    pub(super) fn to_rust(self) -> Flight {
        Flight { number: self.number, began: self.began.to_rust() }
    }
}

impl tesseral_wait {
    pub(super) const ZERO: Self = Self { until: 0, place: 0, reserved: 0 };

    pub(super) fn new(wait: Wait) -> Self {
        Self { until: wait.until, place: wait.place.unwrap_or(TESSERAL_NO_PLACE), reserved: 0 }
    }

    pub(super) fn to_rust(self) -> Wait {
        Wait { until: self.until, place: Some(self.place).filter(|place| *place != TESSERAL_NO_PLACE) }
    }
}

impl tesseral_kid_hashes {
    pub(super) const NONE: Self = Self { struct_size: 0, count: 0, hashes: [0; TESSERAL_KID_HASHES_LEN] };
}

impl tesseral_document {
    pub(super) fn none(struct_size: u32) -> Self {
        let (began, number, age_ms, handle, len) = (tesseral_moment::ZERO, 0, 0, 0, 0);
        Self { struct_size, in_use: 0, usable: 0, due_percent: 0, number, began, age_ms, handle, len }
    }

    pub(super) fn to_rust(self) -> Option<Document> {
        let Self { number, began, handle, len, due_percent, .. } = self;
        let document = Document { number, began: began.to_rust(), handle, len, due_percent: due_percent.into() };
        (self.in_use != 0).then_some(document)
    }
}

impl tesseral_question {
    pub(super) const ZERO: Self = Self { number: 0, sent: tesseral_moment::ZERO };

    pub(super) fn new(question: Question) -> Self {
        Self { number: question.number, sent: tesseral_moment::new(question.sent) }
    }

    pub(super) fn to_rust(self) -> Question {
        Question { number: self.number, sent: self.sent.to_rust() }
    }
}

impl tesseral_verdict {
    pub(super) const ZERO: Self = Self { kind: TESSERAL_VERDICT_NONE, reserved: 0, handle: 0, len: 0 };

    pub(super) fn new(verdict: Verdict) -> Self {
        let of_kind = |kind| Self { kind, ..Self::ZERO };
        match verdict {
            Verdict::Good { handle, len } => Self { kind: TESSERAL_VERDICT_GOOD, reserved: 0, handle, len },
            Verdict::Invalid => of_kind(TESSERAL_VERDICT_INVALID),
            Verdict::NotPermitted => of_kind(TESSERAL_VERDICT_NOT_PERMITTED),
            Verdict::Failed => of_kind(TESSERAL_VERDICT_FAILED),
        }
    }

    pub(super) fn to_rust(self) -> Option<Verdict> {
        match self.kind {
            TESSERAL_VERDICT_GOOD => Some(Verdict::Good { handle: self.handle, len: self.len }),
            TESSERAL_VERDICT_INVALID => Some(Verdict::Invalid),
            TESSERAL_VERDICT_NOT_PERMITTED => Some(Verdict::NotPermitted),
            TESSERAL_VERDICT_FAILED => Some(Verdict::Failed),
            _ => None,
        }
    }
}

const _: () = {
    use core::mem::offset_of;
    assert!(size_of::<tesseral_moment>() == 16 && size_of::<tesseral_flight>() == 24);
    assert!(size_of::<tesseral_refresh_rules>() == 48 && offset_of!(tesseral_refresh_rules, wait_ms) == 40);
    assert!(size_of::<tesseral_poll>() == 40 && offset_of!(tesseral_poll, until) == 32);
    assert!(size_of::<tesseral_wait>() == 16 && size_of::<tesseral_request>() == 56);
    assert!(size_of::<tesseral_kid_hashes>() == 72 && offset_of!(tesseral_kid_hashes, hashes) == 8);
    assert!(size_of::<tesseral_document>() == 64 && offset_of!(tesseral_document, age_ms) == 40);
    assert!(size_of::<tesseral_api_key_name>() == 48 && size_of::<tesseral_answers_rules>() == 40);
    assert!(size_of::<tesseral_question>() == 24 && size_of::<tesseral_verdict>() == 24);
    assert!(size_of::<tesseral_ask>() == 72 && offset_of!(tesseral_ask, ticket) == 64);
    assert!(size_of::<tesseral_landed>() == 80 && offset_of!(tesseral_landed, freed) == 16);
};
