//! The first look at a document: everything that can refuse it happens here, before memory is written.

use super::{LoadError, SkippedKey};
use crate::{
    error::Error,
    json::{Reader, SyntaxError, Text, Value, members},
    jwk::{Jwk, SkipReason},
    limits::{MAX_DOCUMENT_LEN, MAX_KEYS, MAX_PROJECT_ID_LEN, MAX_SKIPPED_LISTED},
};
use heapless::{String, Vec};

/// What a document holds. It lives until the snapshot is built, and so must the document.
pub(crate) struct Survey<'d> {
    reader: Option<Reader<'d>>,
    project_id: Option<Text<'d>>,
    candidates: Vec<Candidate<'d>, MAX_CANDIDATES>,
    overflowed: bool,
    keys_skipped: usize,
    skipped: Vec<SkippedKey, MAX_SKIPPED_LISTED>,
}

/// A key that is usable unless another one has its `kid`.
struct Candidate<'d> {
    kid: Text<'d>,
    index: u32,
    /// Where the element of `keys` starts; its point is read again when it is needed.
    offset: u32,
    conflict: bool,
}

/// As many usable ones as a snapshot may have, and as many whose `kid` is ambiguous.
const MAX_CANDIDATES: usize = 2 * MAX_KEYS;

/// A document that is not what it should be.
struct Malformed {
    offset: usize,
}

impl From<SyntaxError> for Malformed {
    fn from(error: SyntaxError) -> Self {
        Self { offset: error.offset }
    }
}

impl From<Malformed> for LoadError {
    fn from(malformed: Malformed) -> Self {
        Self { error: Error::ConfigMalformed, offset: Some(malformed.offset) }
    }
}

members! {
    enum Member {
        ProjectId = "projectId",
        Keys = "keys",
    }
}

impl<'d> Survey<'d> {
    /// Nothing yet. It is several KiB: whoever has it on the stack lends it out and does not move it.
    pub(crate) const fn new() -> Self {
        Self {
            reader: None,
            project_id: None,
            candidates: Vec::new(),
            overflowed: false,
            keys_skipped: 0,
            skipped: Vec::new(),
        }
    }

    /// Looks at one document.
    pub(crate) fn read(&mut self, document: &'d [u8]) -> Result<(), LoadError> {
        if document.len() > MAX_DOCUMENT_LEN {
            return Err(Error::ConfigTooLarge.into());
        }
        Ok(self.read_document(document)?)
    }

    fn read_document(&mut self, document: &'d [u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(document)?;
        self.reader = Some(reader.clone());
        let mut has_keys = false;
        expect(&mut reader, |value| matches!(value, Value::Object))?;
        reader.members(|reader, member, repeated| {
            if repeated {
                return Err(Malformed { offset: reader.offset() });
            }
            match member {
                Member::ProjectId => {
                    let fits = |text: &Text<'_>| (1..=MAX_PROJECT_ID_LEN).contains(&text.decoded_len());
                    let value = expect(reader, |value| matches!(value, Value::String(text) if fits(text)))?;
                    if let Value::String(text) = value {
                        self.project_id = Some(text);
                    }
                }
                Member::Keys => {
                    has_keys = true;
                    expect(reader, |value| matches!(value, Value::Array))?;
                    self.keys(reader)?;
                }
            }
            Ok(())
        })?;
        let offset = reader.offset();
        reader.finish()?;
        if has_keys { Ok(()) } else { Err(Malformed { offset }) }
    }

    fn keys(&mut self, reader: &mut Reader<'d>) -> Result<(), SyntaxError> {
        for index in 0_u32.. {
            let Some(element) = reader.next_element()? else { break };
            // The brace of an object has just been read.
            let offset = u32::try_from(reader.offset().saturating_sub(1)).unwrap_or(u32::MAX);
            match Jwk::read(reader, element)? {
                Ok(jwk) => self.add(&jwk, index, offset),
                Err(reason) => self.skip(index, reason),
            }
        }
        Ok(())
    }

    fn add(&mut self, jwk: &Jwk<'d>, index: u32, offset: u32) {
        let Some(position) = self.candidates.iter().position(|other| other.kid.same_as(&jwk.kid)) else {
            let candidate = Candidate { kid: jwk.kid, index, offset, conflict: false };
            self.overflowed |= self.candidates.push(candidate).is_err();
            return;
        };
        let same_point = self.jwk_of(position).is_some_and(|other| other.point == jwk.point);
        let Some(other) = self.candidates.get_mut(position) else { return };
        if same_point && !other.conflict {
            return self.skip(index, SkipReason::KeyRepeated);
        }
        let first_conflict = !core::mem::replace(&mut other.conflict, true);
        let other_index = other.index;
        if first_conflict {
            self.skip(other_index, SkipReason::KidConflict);
        }
        self.skip(index, SkipReason::KidConflict);
    }

    fn skip(&mut self, index: u32, reason: SkipReason) {
        self.keys_skipped = self.keys_skipped.saturating_add(1);
        // A full list is no fault: the count goes on.
        let _ = self.skipped.push(SkippedKey { index, reason });
    }

    fn jwk_of(&self, position: usize) -> Option<Jwk<'d>> {
        self.candidates.get(position).and_then(|candidate| self.read_again(candidate))
    }

    fn read_again(&self, candidate: &Candidate<'d>) -> Option<Jwk<'d>> {
        let mut reader = self.reader.clone()?;
        reader.move_to(usize::try_from(candidate.offset).ok()?);
        let element = reader.value().ok()?;
        Jwk::read(&mut reader, element).ok()?.ok()
    }

    /// How many keys are usable: 1 to 64.
    pub(super) fn usable(&self) -> Result<usize, Error> {
        let usable = self.candidates.iter().filter(|candidate| !candidate.conflict).count();
        match usable {
            _ if self.overflowed => Err(Error::ConfigTooLarge),
            0 => Err(Error::ConfigNoUsableKey),
            1..=MAX_KEYS => Ok(usable),
            _ => Err(Error::ConfigTooLarge),
        }
    }

    /// The usable keys, in the order of the document.
    pub(super) fn jwks(&self) -> impl Iterator<Item = Jwk<'d>> {
        self.candidates.iter().filter(|candidate| !candidate.conflict).filter_map(|key| self.read_again(key))
    }

    pub(crate) fn project_id(&self) -> Result<Option<String<MAX_PROJECT_ID_LEN>>, Error> {
        let Some(text) = self.project_id else { return Ok(None) };
        let mut decoded = [0; MAX_PROJECT_ID_LEN];
        let project_id = text.decode_into(&mut decoded).ok_or(Error::InternalError)?;
        String::try_from(project_id).map(Some).map_err(|_| Error::InternalError)
    }

    pub(super) fn skipped(&self) -> (usize, Vec<SkippedKey, MAX_SKIPPED_LISTED>) {
        (self.keys_skipped, self.skipped.clone())
    }
}

/// Reads a value that must be as `wanted` says; the fault is where it starts.
fn expect<'d>(reader: &mut Reader<'d>, wanted: impl Fn(&Value<'d>) -> bool) -> Result<Value<'d>, Malformed> {
    let offset = reader.offset();
    let value = reader.value()?;
    if wanted(&value) { Ok(value) } else { Err(Malformed { offset }) }
}
