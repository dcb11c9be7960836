//! Reading a list of revoked sessions and users.
//!
//! ```text
//! list    = "tesseral-revoked 1" end *( line end )
//! line    = project-id " " ( session-id / user-id ) / "#" comment / nothing
//! end     = LF / CR LF
//! ```
//!
//! IDs are as the issuer writes them: a prefix, and 25 digits of base 36 for a number below 2^128. With any other ID the whole
//! list is refused, because that line is a mistake and would revoke nothing. The last line ends like every other one, so a
//! list that was cut off inside a line is refused too. An entry may occur twice.

use crate::{error::Error, search};
use core::fmt;

/// Why a list was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ListError {
    /// The reason.
    pub error: Error,
    /// For [`Error::RevocationsMalformed`]: the line at fault, from 1 on.
    pub line: Option<usize>,
}

/// How many lines a list has, for [`size`](super::size).
#[must_use]
pub fn lines(list: &[u8]) -> usize {
    // A list with text behind its last line feed is refused, so that text need not be counted.
    list.iter().filter(|octet| **octet == b'\n').count()
}

/// The entries of a list, up to the first fault.
pub(super) struct Entries<'l> {
    rest: &'l [u8],
    /// The number of the last line that was read, from 1.
    line: usize,
}

impl<'l> Entries<'l> {
    pub(super) fn of(list: &'l [u8]) -> Result<Self, ListError> {
        let mut entries = Self { rest: list, line: 0 };
        match entries.next_line() {
            Some(Ok(VERSION_LINE)) => Ok(entries),
            _ => Err(entries.fault()),
        }
    }

    /// `None` at the end of the list. A line without a line feed is a fault.
    fn next_line(&mut self) -> Option<Result<&'l [u8], ListError>> {
        self.line = self.line.saturating_add(1);
        if self.rest.is_empty() {
            return None;
        }
        let ended = search::first(b'\n', self.rest).and_then(|end| self.rest.split_at_checked(end));
        let Some((line, rest)) = ended else { return Some(Err(self.fault())) };
        self.rest = rest.get(1..).unwrap_or_default();
        Some(Ok(line.strip_suffix(b"\r").unwrap_or(line)))
    }

    fn fault(&mut self) -> ListError {
        self.rest = &[];
        ListError { error: Error::RevocationsMalformed, line: Some(self.line) }
    }
}

impl<'l> Iterator for Entries<'l> {
    type Item = Result<&'l [u8], ListError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_line()? {
                Ok([] | [b'#', ..]) => {}
                Ok(line) if is_entry(line) => return Some(Ok(line)),
                Ok(_) => return Some(Err(self.fault())),
                Err(fault) => return Some(Err(fault)),
            }
        }
    }
}

fn is_entry(line: &[u8]) -> bool {
    let Some((project_id, rest)) = line.split_at_checked(PROJECT_ID_LEN) else { return false };
    let Some(id) = rest.strip_prefix(b" ") else { return false };
    is_id(project_id, PROJECT) && (is_id(id, SESSION) || is_id(id, USER))
}

fn is_id(id: &[u8], prefix: &[u8]) -> bool {
    let Some(digits) = id.strip_prefix(prefix) else { return false };
    let Ok(digits) = <&[u8; ID_DIGITS]>::try_from(digits) else { return false };
    // A fold without branches, for which LLVM generates vector instructions.
    let base_36 = digits.iter().fold(true, |good, digit| good & matches!(digit, b'0'..=b'9' | b'a'..=b'z'));
    base_36 && digits <= MAX_ID
}

impl From<Error> for ListError {
    fn from(error: Error) -> Self {
        Self { error, line: None }
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} at line {line}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl core::error::Error for ListError {}

/// The first line of a list.
const VERSION_LINE: &[u8] = b"tesseral-revoked 1";
const PROJECT: &[u8] = b"project_";
const SESSION: &[u8] = b"session_";
const USER: &[u8] = b"user_";
/// Digits of an ID, and the largest one: 2^128 − 1 in base 36. In ASCII `0` to `9` come before `a` to `z`.
const ID_DIGITS: usize = 25;
const MAX_ID: &[u8; ID_DIGITS] = b"f5lxx1zz5pnorynqglhzmsp33";
pub(super) const PROJECT_ID_LEN: usize = PROJECT.len() + ID_DIGITS;
pub(super) const SESSION_ID_LEN: usize = SESSION.len() + ID_DIGITS;
pub(super) const USER_ID_LEN: usize = USER.len() + ID_DIGITS;
pub(super) const SESSION_ENTRY_LEN: usize = PROJECT_ID_LEN + 1 + SESSION_ID_LEN;
pub(super) const USER_ENTRY_LEN: usize = PROJECT_ID_LEN + 1 + USER_ID_LEN;
