//! The first look at a document: everything that can refuse it happens here, before memory is written.

use super::{LoadError, key_list::KeyList};
use crate::{
    error::Error,
    json::{Reader, SyntaxError, Text, Value, members},
    limits::{MAX_DOCUMENT_LEN, MAX_PROJECT_ID_LEN},
};
use heapless::String;

/// What a document holds. The document must live until the snapshot is built.
///
/// The list of its keys is not kept: whoever needs it makes it, and its kilobytes are on the stack only then.
pub(crate) struct Survey<'d> {
    reader: Option<Reader<'d>>,
    project_id: Option<Text<'d>>,
    /// Where the array of keys starts.
    keys_at: usize,
    usable: Result<usize, Error>,
}

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
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self { reader: None, project_id: None, keys_at: 0, usable: Err(Error::ConfigNoUsableKey) }
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
                    self.keys_at = reader.offset();
                    expect(reader, |value| matches!(value, Value::Array))?;
                    self.usable = KeyList::usable_in(reader)?;
                }
            }
            Ok(())
        })?;
        let offset = reader.offset();
        reader.finish()?;
        if has_keys { Ok(()) } else { Err(Malformed { offset }) }
    }

    /// How many keys are usable: 1 to 64.
    pub(super) fn usable(&self) -> Result<usize, Error> {
        self.usable
    }

    /// Goes back to the keys: the bracket of their array has just been read.
    pub(super) fn keys(&self) -> Option<Reader<'d>> {
        let mut reader = self.reader.clone()?;
        reader.move_to(self.keys_at);
        matches!(reader.value(), Ok(Value::Array)).then_some(reader)
    }

    pub(crate) fn project_id(&self) -> Result<Option<String<MAX_PROJECT_ID_LEN>>, Error> {
        let Some(text) = self.project_id else { return Ok(None) };
        let mut decoded = [0; MAX_PROJECT_ID_LEN];
        let project_id = text.decode_into(&mut decoded).ok_or(Error::InternalError)?;
        String::try_from(project_id).map(Some).map_err(|_| Error::InternalError)
    }
}

/// Reads a value that must be as `wanted` says; the fault is where it starts.
fn expect<'d>(reader: &mut Reader<'d>, wanted: impl Fn(&Value<'d>) -> bool) -> Result<Value<'d>, Malformed> {
    let offset = reader.offset();
    let value = reader.value()?;
    if wanted(&value) { Ok(value) } else { Err(Malformed { offset }) }
}
