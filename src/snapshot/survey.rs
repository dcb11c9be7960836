//! The survey of a document. Every reason to refuse the document is found here, before memory is written.

use super::key_list::{KeyList, Skipped};
use crate::{
    error::Error,
    json::{Reader, SyntaxError, Text, Value, members},
    limits::{MAX_DOCUMENT_LEN, MAX_PROJECT_ID_LEN},
};
use core::fmt;
use heapless::String;

/// What a configuration document, or a plain JWKS, contains. No tables are built for it.
///
/// A snapshot of it needs room for [`Survey::keys_usable`] keys: see [`Memory`](super::Memory).
pub struct Survey<'d> {
    reader: Reader<'d>,
    pub(super) project_id: Option<String<MAX_PROJECT_ID_LEN>>,
    /// The offset of the array of keys. The list of keys is not stored, because it takes kilobytes; it is read again on demand.
    keys_at: usize,
    usable: Result<usize, Error>,
}

/// Why a configuration document was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LoadError {
    /// The reason.
    pub error: Error,
    /// For [`Error::ConfigMalformed`]: the offset of the fault in the document, in octets.
    pub offset: Option<usize>,
}

impl From<Error> for LoadError {
    fn from(error: Error) -> Self {
        Self { error, offset: None }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} at octet {offset}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl core::error::Error for LoadError {}

/// The document is malformed at `offset`.
struct MalformedAt {
    offset: usize,
}

impl From<SyntaxError> for MalformedAt {
    fn from(error: SyntaxError) -> Self {
        Self { offset: error.offset }
    }
}

impl From<MalformedAt> for LoadError {
    fn from(malformed: MalformedAt) -> Self {
        Self { error: Error::ConfigMalformed, offset: Some(malformed.offset) }
    }
}

members! {
    enum DocumentMember {
        ProjectId = "projectId",
        Keys = "keys",
    }
}

impl<'d> Survey<'d> {
    /// Surveys a document.
    ///
    /// # Errors
    /// [`Error::ConfigMalformed`] with the offset of the fault, and [`Error::ConfigTooLarge`] over
    /// [`MAX_DOCUMENT_LEN`].
    pub fn of(document: &'d [u8]) -> Result<Self, LoadError> {
        if document.len() > MAX_DOCUMENT_LEN {
            return Err(Error::ConfigTooLarge.into());
        }
        let members = Members::read(document)?;
        let project_id = members.project_id.map(decoded).transpose()?;
        Ok(Self { reader: members.start, project_id, keys_at: members.keys_at, usable: members.usable })
    }

    /// How many keys are usable: 1 to 64.
    ///
    /// # Errors
    /// [`Error::ConfigNoUsableKey`]; [`Error::ConfigTooLarge`] over [`MAX_KEYS`](crate::limits::MAX_KEYS) usable keys or
    /// [`MAX_KIDS`](crate::limits::MAX_KIDS) different key IDs.
    pub fn keys_usable(&self) -> Result<usize, Error> {
        self.usable
    }

    /// The keys that are not usable, and why. This reads the keys once more.
    #[must_use]
    pub fn skipped(&self) -> Skipped {
        KeyList::skipped_in(self.keys())
    }

    /// `projectId` of the document.
    #[must_use]
    pub fn project_id(&self) -> Option<&str> {
        self.project_id.as_deref()
    }

    /// A reader that has just read the opening bracket of the array of keys.
    pub(super) fn keys(&self) -> Option<Reader<'d>> {
        let mut reader = self.reader.clone();
        reader.move_to(self.keys_at);
        matches!(reader.value(), Ok(Value::Array)).then_some(reader)
    }
}

impl fmt::Debug for Survey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Survey")
            .field("project_id", &self.project_id)
            .field("keys_usable", &self.usable)
            .finish_non_exhaustive()
    }
}

fn decoded(project_id: Text<'_>) -> Result<String<MAX_PROJECT_ID_LEN>, Error> {
    let mut decoded = [0; MAX_PROJECT_ID_LEN];
    let project_id = project_id.decode_into(&mut decoded).ok_or(Error::InternalError)?;
    String::try_from(project_id).map_err(|_| Error::InternalError)
}

/// The members of a document that are read.
struct Members<'d> {
    /// A reader at the start of the document.
    start: Reader<'d>,
    project_id: Option<Text<'d>>,
    keys_at: usize,
    usable: Result<usize, Error>,
}

impl<'d> Members<'d> {
    fn read(document: &'d [u8]) -> Result<Self, MalformedAt> {
        let mut reader = Reader::new(document)?;
        let (mut project_id, mut keys_at, mut usable) = (None, 0, Err(Error::ConfigNoUsableKey));
        let start = reader.clone();
        let mut has_keys = false;
        expect(&mut reader, |value| matches!(value, Value::Object))?;
        reader.members(|reader, member, repeated| {
            if repeated {
                return Err(MalformedAt { offset: reader.offset() });
            }
            match member {
                DocumentMember::ProjectId => {
                    let fits = |text: &Text<'_>| (1..=MAX_PROJECT_ID_LEN).contains(&text.decoded_len());
                    let value = expect(reader, |value| matches!(value, Value::String(text) if fits(text)))?;
                    if let Value::String(text) = value {
                        project_id = Some(text);
                    }
                }
                DocumentMember::Keys => {
                    has_keys = true;
                    keys_at = reader.offset();
                    expect(reader, |value| matches!(value, Value::Array))?;
                    usable = KeyList::usable_in(reader)?;
                }
            }
            Ok(())
        })?;
        let offset = reader.offset();
        reader.finish()?;
        if has_keys { Ok(Self { start, project_id, keys_at, usable }) } else { Err(MalformedAt { offset }) }
    }
}

/// Reads a value that must be as `wanted` says. The offset of a fault is that of the value.
fn expect<'d>(reader: &mut Reader<'d>, wanted: impl Fn(&Value<'d>) -> bool) -> Result<Value<'d>, MalformedAt> {
    let offset = reader.offset();
    let value = reader.value()?;
    if wanted(&value) { Ok(value) } else { Err(MalformedAt { offset }) }
}
