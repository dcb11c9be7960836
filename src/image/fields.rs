//! Reads the fields of an image.

use heapless::String;

/// What is not read yet of some lines. Each function takes a field off the front.
pub(super) struct Fields<'f>(&'f [u8]);

impl<'f> Fields<'f> {
    pub(super) fn new(octets: &'f [u8]) -> Self {
        Self(octets)
    }

    pub(super) fn take<const LEN: usize>(&mut self) -> Option<&'f [u8; LEN]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(field)
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.take().copied().map(u32::from_ne_bytes)
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        self.number()?.try_into().ok()
    }

    pub(super) fn time(&mut self) -> Option<i64> {
        self.take().copied().map(i64::from_ne_bytes)
    }

    /// Octets that have no meaning in this version.
    pub(super) fn zeros<const LEN: usize>(&mut self) -> Option<()> {
        (*self.take::<LEN>()? == [0; LEN]).then_some(())
    }

    /// A text of `len` octets, padded with zeros to `MAX`.
    pub(super) fn text<const MAX: usize>(&mut self, len: usize) -> Option<String<MAX>> {
        let (text, padding) = self.take::<MAX>()?.split_at_checked(len)?;
        if padding.iter().any(|octet| *octet != 0) {
            return None;
        }
        String::try_from(str::from_utf8(text).ok()?).ok()
    }
}
