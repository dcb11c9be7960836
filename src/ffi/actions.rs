//! What the user or the API key may do.

use super::{
    auth::filled,
    guard::{Out, guard_bool, keep_apart, octets, string},
    types::{tesseral_action_cursor, tesseral_auth, tesseral_str},
};
use crate::{
    error::Error,
    json::{StringList, StringListIter},
};

/// Whether the user or the API key may do something.
///
/// action: action_len octets, compared octet for octet with each action.
/// Returns true when it may; false when it may not, when an argument is invalid, and when *auth was not filled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_permits(
    auth: *const tesseral_auth,
    action: *const u8,
    action_len: usize,
) -> bool {
    guard_bool(|| {
        // SAFETY: the caller promises a filled struct.
        let (auth, _) = unsafe { filled(auth) }?;
        // SAFETY: the caller promises readable octets (header, "action").
        let action = unsafe { octets(action, action_len) }?;
        // SAFETY: the struct was filled by this library.
        let actions = unsafe { actions(auth) }?;
        Ok(core::str::from_utf8(action).is_ok_and(|action| actions.contains(action)))
    })
}

/// Steps through the actions without copying them.
///
/// cursor: start from TESSERAL_ACTION_CURSOR_INIT; it stays valid as long as *auth.
/// action: written only when true is returned.
/// Returns true and the next action, or false after the last one, and when an argument is NULL, misaligned, or
/// was not filled.
/// So this visits all: while (tesseral_auth_next_action(&auth, &cursor, &action)) { ... }
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tesseral_auth_next_action(
    auth: *const tesseral_auth,
    cursor: *mut tesseral_action_cursor,
    action: *mut tesseral_str,
) -> bool {
    guard_bool(|| {
        // SAFETY: the caller promises a filled struct.
        let (auth, auth_region) = unsafe { filled(auth) }?;
        let (cursor, action) = (Out::new(cursor)?, Out::new(action)?);
        keep_apart(&[cursor.region(), action.region()], &[auth_region])?;
        // SAFETY: the struct was filled by this library.
        let json = unsafe { string(auth.actions_json) }?;
        // SAFETY: the struct was filled by this library.
        let decoded = unsafe { string(auth.actions_decoded) }?;
        // SAFETY: the caller promises an initialized cursor.
        let at = unsafe { cursor.read() };
        let Some((next, moved)) = step(json, decoded, at) else { return Ok(false) };
        // SAFETY: the caller promises a writable cursor.
        unsafe { cursor.write(moved) };
        // SAFETY: the caller promises a writable result.
        unsafe { action.write(tesseral_str::new(next)) };
        Ok(true)
    })
}

/// # Safety
/// The struct's strings are readable for `'a`.
unsafe fn actions<'a>(auth: &tesseral_auth) -> Result<StringList<'a>, Error> {
    // SAFETY: the caller's promise.
    let json = unsafe { string(auth.actions_json) }?;
    // SAFETY: the caller's promise.
    let decoded = unsafe { string(auth.actions_decoded) }?;
    let text = |octets| core::str::from_utf8(octets).map_err(|_| Error::InvalidArgument);
    Ok(StringList::new(text(json)?, text(decoded)?))
}

/// The action at the cursor, and the cursor behind it.
///
/// It checks only a piece of the text for valid UTF-8, and doubles the piece until the action ends in it. So all steps
/// together take time in proportion to the text, not to its square.
fn step<'a>(
    json: &'a [u8],
    decoded: &'a [u8],
    at: tesseral_action_cursor,
) -> Option<(&'a str, tesseral_action_cursor)> {
    // The octet before the cursor is a bracket or a quote, from which the iteration resumes.
    let start = at.json_used.saturating_sub(1);
    let (json, decoded) = (json.get(start..)?, decoded.get(at.decoded_used..)?);
    let mut len = PIECE;
    loop {
        let list = StringList::new(front(json, len), front(decoded, len));
        let mut strings = StringListIter::resume(list, 1, 0);
        if let Some(action) = strings.next() {
            let (json_left, decoded_left) = strings.unused();
            let json_used = list.as_json().len().saturating_sub(json_left).saturating_add(start);
            let decoded_used = list.decoded().len().saturating_sub(decoded_left).saturating_add(at.decoded_used);
            return Some((action, tesseral_action_cursor { json_used, decoded_used }));
        }
        if len >= json.len() {
            return None;
        }
        len = len.saturating_mul(2);
    }
}

/// Octets that nearly every action fits into, with its quotes.
const PIECE: usize = 128;

/// The text in the first `len` octets, without a character that is cut off.
fn front(octets: &[u8], len: usize) -> &str {
    let octets = octets.get(..len).unwrap_or(octets);
    let valid = core::str::from_utf8(octets).map_or_else(|error| error.valid_up_to(), str::len);
    octets.get(..valid).and_then(|octets| core::str::from_utf8(octets).ok()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::{PIECE, front, step, tesseral_action_cursor};
    use std::{string::String, time::Instant, vec::Vec};

    fn steps<'a>(json: &'a str, decoded: &'a str) -> Vec<&'a str> {
        let mut at = tesseral_action_cursor { json_used: 0, decoded_used: 0 };
        core::iter::from_fn(|| {
            let (action, moved) = step(json.as_bytes(), decoded.as_bytes(), at)?;
            at = moved;
            Some(action)
        })
        .collect()
    }

    #[test]
    fn actions_of_every_length_around_a_piece() {
        for len in PIECE - 8..PIECE + 8 {
            for letter in ["a", "é", "😀"] {
                let action = "x".repeat(len % letter.len()) + &letter.repeat(len / letter.len());
                let json = std::format!(r#"["{action}" , "\\{action}\n","","\u0061{action}","b"]"#);
                let (second, fourth) = (std::format!("\\{action}\n"), std::format!("a{action}"));
                let decoded = [&*second, &*fourth].concat();
                assert_eq!(steps(&json, &decoded), [&*action, &*second, "", &*fourth, "b"], "{len} {letter}");
            }
        }
        assert!(steps("", "").is_empty() && steps("[]", "").is_empty());
    }

    #[test]
    fn characters_are_not_cut() {
        for (octets, len, expected) in [
            ("aé".as_bytes(), 1, "a"),
            ("aé".as_bytes(), 2, "a"),
            ("aé".as_bytes(), 3, "aé"),
            (b"a\xff", 9, "a"),
            (b"", 9, ""),
        ] {
            assert_eq!(front(octets, len), expected);
        }
    }

    /// Eight times the actions take eight times as long; going over all of the text in each step takes 64 times.
    #[test]
    fn time_grows_with_the_text() {
        let time = |count: usize| {
            let json = String::from("[") + &std::vec![r#""aaaaaaaa.bbbbbbbb.cccccccc""#; count].join(",") + "]";
            let once = || {
                let start = Instant::now();
                assert_eq!(steps(&json, "").len(), count);
                start.elapsed()
            };
            (0..5).map(|_| once()).min().unwrap()
        };
        let (short, long) = (time(1_000), time(8_000));
        assert!(long < 24 * short, "{short:?} {long:?}");
    }
}
