//! Which request asks the service about an API key, with the state in the caller's memory.

use super::{
    constants::*,
    place::{Place, input, moment, seed_from},
    rules::answers_rules,
    types::*,
};
use crate::{
    error::Error,
    ffi::guard::{Out, SizedStruct, guard, keep_apart},
    rulebook::{Answers, Ask},
};

/// Bytes of the state that the tesseral_answers_ functions take: about 104 for each answer and 160 for each question.
///
/// The state says which request asks the service about an API key, and remembers the service's answers. An answer serves a
/// request in two cases: its question was sent after the request came, which the request's ticket tells without a clock, or
/// the question is younger than the request's own time to live. Your program sends and receives the octets, keeps the
/// answers under handles of its own, and wakes the requests that wait. What tesseral_refresh_size() says of memory,
/// sharing, processes that die and other versions holds here, too. After such a death, the state forgets its questions and
/// keeps its answers.
///
/// answers:   how many are remembered: 1 to 65536, rounded up to a multiple of 16.
/// questions: how many are under way at a time, whatever the rules say: 1 to 256.
/// Returns 0 when an argument is out of range. TESSERAL_ANSWERS_SIZE is the same as a constant.
#[unsafe(no_mangle)]
pub extern "C" fn tesseral_answers_size(answers: usize, questions: usize) -> usize {
    Answers::words(answers, questions).map_or(0, |words| words.saturating_mul(8))
}

/// Makes a state without answers. There is nothing to free.
///
/// memory:    memory_len octets, aligned to TESSERAL_RULEBOOK_ALIGN, of which the first tesseral_answers_size() are used.
/// answers:   how many are remembered: 1 to 65536.
/// questions: how many are under way at a time: 1 to 256.
/// seed:      seed_len octets, at least 16; the first 16 are used. Random, so that no client can choose API keys that
///            displace others.
/// Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_init(
    memory: *mut u8,
    memory_len: usize,
    answers: usize,
    questions: usize,
    seed: *const u8,
    seed_len: usize,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises readable octets (header, "seed").
        let (seed, seed_region) = unsafe { seed_from(seed, seed_len) }?;
        keep_apart(&[place.region()], &[seed_region])?;
        // SAFETY: the caller promises writable memory (header, "memory"), which overlaps no other argument.
        Answers::init(unsafe { place.words() }, answers, questions, &seed).map(|_| ())
    })
}

/// Says what a request has to do about its API key.
///
/// memory:  the state.
/// name:    the key, and for whom it is asked about.
/// ticket:  0 for a request that comes now; for one that has waited, the ticket of the tesseral_ask that said so.
/// ask:     set struct_size first (TESSERAL_ASK_INIT); written only when 0 is returned. With TESSERAL_ASK_SEND report the
///          answer with tesseral_answers_landed(), also when there is none, or tesseral_answers_abandoned().
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_ask(
    memory: *mut u8,
    memory_len: usize,
    name: *const tesseral_api_key_name,
    ticket: u64,
    now: *const tesseral_moment,
    rules: *const tesseral_answers_rules,
    ask: *mut tesseral_ask,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct (header, "name").
        let (name, name_region) = unsafe { input(name) }?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { answers_rules(rules) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "ask").
        let out = unsafe { SizedStruct::new(ask) }?;
        keep_apart(&[place.region(), out.region()], &[name_region, now_region, rules_region])?;
        let (verdict, question) = (tesseral_verdict::ZERO, tesseral_question::ZERO);
        let none = tesseral_ask {
            struct_size: out.struct_size(),
            act: TESSERAL_ASK_BUSY,
            verdict,
            question,
            until: 0,
            ticket: 0,
        };
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let mut answers = unsafe { open(&place) }?;
        let found = match answers.ask(&name.scope, &name.fingerprint, ticket, now, &rules) {
            Ask::Known(verdict) => {
                tesseral_ask { act: TESSERAL_ASK_KNOWN, verdict: tesseral_verdict::new(verdict), ..none }
            }
            Ask::Send(question) => {
                tesseral_ask { act: TESSERAL_ASK_SEND, question: tesseral_question::new(question), ..none }
            }
            Ask::Wait { until, ticket } => tesseral_ask { act: TESSERAL_ASK_WAIT, until, ticket, ..none },
            Ask::Busy => none,
        };
        // SAFETY: the caller promises a writable struct (header, "ask").
        unsafe { out.write(found) };
        Ok(())
    })
}

/// The remembered answer about an API key, for a request that may not wait.
///
/// memory:  the state.
/// name:    the key, and for whom it is asked about.
/// verdict: its kind is TESSERAL_VERDICT_NONE when no remembered answer serves the request. Written only when 0 is
///          returned.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_known(
    memory: *mut u8,
    memory_len: usize,
    name: *const tesseral_api_key_name,
    now: *const tesseral_moment,
    rules: *const tesseral_answers_rules,
    verdict: *mut tesseral_verdict,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct (header, "name").
        let (name, name_region) = unsafe { input(name) }?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { answers_rules(rules) }?;
        let out = Out::new(verdict)?;
        keep_apart(&[place.region(), out.region()], &[name_region, now_region, rules_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let known = unsafe { open(&place) }?.known(&name.scope, &name.fingerprint, now, &rules);
        // SAFETY: the caller promises a writable struct (header, "verdict").
        unsafe { out.write(known.map_or(tesseral_verdict::ZERO, tesseral_verdict::new)) };
        Ok(())
    })
}

/// Reports how a question ended: with an answer, or without one. A late answer does not replace that to a later question.
///
/// memory:   the state.
/// name:     as in the call of tesseral_answers_ask() that gave the question.
/// question: as tesseral_answers_ask() gave it.
/// verdict:  what the answer says.
/// landed:   set struct_size first (TESSERAL_LANDED_INIT); written only when 0 is returned.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_landed(
    memory: *mut u8,
    memory_len: usize,
    name: *const tesseral_api_key_name,
    question: *const tesseral_question,
    verdict: *const tesseral_verdict,
    now: *const tesseral_moment,
    rules: *const tesseral_answers_rules,
    landed: *mut tesseral_landed,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct (header, "name").
        let (name, name_region) = unsafe { input(name) }?;
        // SAFETY: the caller promises a readable struct (header, "question").
        let (question, question_region) = unsafe { input(question) }?;
        // SAFETY: the caller promises a readable struct (header, "verdict").
        let (verdict, verdict_region) = unsafe { input(verdict) }?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { answers_rules(rules) }?;
        // SAFETY: the caller promises a struct that begins with its size (header, "landed").
        let out = unsafe { SizedStruct::new(landed) }?;
        let inputs = [name_region, question_region, verdict_region, now_region, rules_region];
        keep_apart(&[place.region(), out.region()], &inputs)?;
        let (question, verdict) = (question.to_rust(), verdict.to_rust().ok_or(Error::InvalidArgument)?);
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let mut answers = unsafe { open(&place) }?;
        let found = answers.landed(&name.scope, &name.fingerprint, question, verdict, now, &rules);
        let mut freed = [0; TESSERAL_ANSWERS_MAX_FREED];
        let mut freed_count = 0_u32;
        for (place, handle) in freed.iter_mut().zip(found.freed.handles()) {
            *place = *handle;
            freed_count = freed_count.saturating_add(1);
        }
        let (struct_size, kept) = (out.struct_size(), found.kept.into());
        // SAFETY: the caller promises a writable struct (header, "landed").
        unsafe { out.write(tesseral_landed { struct_size, kept, freed_count, reserved: 0, freed }) };
        Ok(())
    })
}

/// Reports that a question has no sender any more: a worker died, a client disconnected or an event loop ended. The first
/// waiting request that asks again sends the next question.
///
/// Arguments and results as for tesseral_answers_landed().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_abandoned(
    memory: *mut u8,
    memory_len: usize,
    name: *const tesseral_api_key_name,
    question: *const tesseral_question,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct (header, "name").
        let (name, name_region) = unsafe { input(name) }?;
        // SAFETY: the caller promises a readable struct (header, "question").
        let (question, question_region) = unsafe { input(question) }?;
        keep_apart(&[place.region()], &[name_region, question_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        unsafe { open(&place) }?.abandoned(&name.scope, &name.fingerprint, question.to_rust());
        Ok(())
    })
}

/// Gives up the answer that is needed least, when you have no room for another one.
///
/// memory: the state.
/// freed:  the handle that you free; 0 when no answer has one. Written only when 0 is returned.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_reclaim(
    memory: *mut u8,
    memory_len: usize,
    now: *const tesseral_moment,
    rules: *const tesseral_answers_rules,
    freed: *mut u64,
) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        // SAFETY: the caller promises a readable struct.
        let (now, now_region) = unsafe { moment(now) }?;
        // SAFETY: the caller promises a readable struct.
        let (rules, rules_region) = unsafe { answers_rules(rules) }?;
        let out = Out::new(freed)?;
        keep_apart(&[place.region(), out.region()], &[now_region, rules_region])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let handle = unsafe { open(&place) }?.reclaim(now, &rules).unwrap_or(0);
        // SAFETY: the caller promises a writable place (header, "freed").
        unsafe { out.write(handle) };
        Ok(())
    })
}

/// Bytes of all answers that are kept.
///
/// memory:      the state.
/// answers_len: written only when 0 is returned.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_len(memory: *mut u8, memory_len: usize, answers_len: *mut u64) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { tell(memory, memory_len, answers_len, Answers::answers_len) }
}

/// How often a call found that a process had died during an earlier call.
///
/// memory:     the state.
/// recoveries: written only when 0 is returned.
/// Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_answers_recoveries(memory: *mut u8, memory_len: usize, recoveries: *mut u64) -> u32 {
    // SAFETY: the caller's promises are passed on.
    unsafe { tell(memory, memory_len, recoveries, Answers::recoveries) }
}

/// # Safety
/// The place holds a state, which nothing else uses for `'a`.
unsafe fn open<'a>(place: &Place) -> Result<Answers<'a>, Error> {
    // SAFETY: the caller's promise.
    Answers::open(unsafe { place.words() })
}

/// # Safety
/// As `tesseral_answers_len` says.
unsafe fn tell(memory: *mut u8, memory_len: usize, out: *mut u64, ask: fn(&Answers<'static>) -> u64) -> u32 {
    guard(|| {
        let place = Place::new(memory, memory_len)?;
        let out = Out::new(out)?;
        keep_apart(&[place.region(), out.region()], &[])?;
        // SAFETY: the caller promises a state, which overlaps no other argument.
        let answer = ask(&unsafe { open(&place) }?);
        // SAFETY: the caller promises a writable place.
        unsafe { out.write(answer) };
        Ok(())
    })
}
