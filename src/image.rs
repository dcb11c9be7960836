//! Images of snapshots: keys, tables and policy in the form in which a verifier uses them. Opening one builds no table.
//!
//! An image consists of lines of 64 octets, the size of a [`TableEntry`]. Numbers are in the byte order of the machine that
//! opens it. It contains no pointer, so it may lie anywhere.
//!
//! | lines | content |
//! |---|---|
//! | 7 | the head: format and version, byte order, engine, counts, policy, times, issuer, project ID; see `image/head.rs` |
//! | 4 for each key | length of the `kid` and 60 zero octets; the `kid`, padded with zeros to 128 octets; x and y of the point |
//! | [`Profile::entries`](crate::Profile::entries)`(0)` | the base point's table, where the profile has it in memory |
//! | [`Profile::table_entries`](crate::Profile::table_entries) for each key | the key's table |
//! | 1 | SHA-256 of all lines before this one, and 32 zero octets |
//!
//! [`Verifier::open`](crate::Verifier::open) reads one, and [`Verifier::to_image`](crate::Verifier::to_image) makes one. A table
//! that is not its key's accepts forged signatures, and whether a table is right cannot be seen without building it. So whoever
//! can write an image decides who gets in: see [`Trust`].

mod fields;
mod head;
mod key;
mod lines;
#[cfg(feature = "alloc")]
mod write;

use crate::{error::Error, es256::TableEntry, sha256};
pub(crate) use head::Head;
use key::KEY_LINES;
pub(crate) use key::StoredKey;
pub use lines::lines;
#[cfg(feature = "alloc")]
pub(crate) use lines::lines_owned;
use lines::{LINE_LEN, octets, octets_of};
#[cfg(feature = "alloc")]
pub use write::ByteOrder;
#[cfg(feature = "alloc")]
pub(crate) use write::write;

/// How it is known that an image is the one that was made.
///
/// In both cases the image is refused when a bit of it has changed by accident.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'d> {
    /// SHA-256 of the whole image, from a place that only those can write who may decide who gets in: for example, from
    /// firmware whose signature was checked. The image itself may come from anywhere.
    Digest(&'d [u8; 32]),
    /// Only those can write the memory of the image who may decide who gets in. Then the digest inside the image suffices.
    Storage,
}

/// SHA-256 of a whole image, for [`Trust::Digest`].
#[must_use]
pub fn digest(image: &[u8]) -> [u8; 32] {
    sha256::digest(image)
}

/// An image whose head can be used on this machine and whose digest is right. Its keys and tables are not checked yet.
pub(crate) struct Image<'i> {
    pub(crate) head: Head,
    keys: &'i [TableEntry],
    pub(crate) tables: &'i [TableEntry],
}

impl<'i> Image<'i> {
    /// # Errors
    /// [`Error::ImageMalformed`].
    pub(crate) fn check(lines: &'i [TableEntry], trust: Trust<'_>) -> Result<Self, Error> {
        Self::split(lines).filter(|_| is_trusted(lines, trust)).ok_or(Error::ImageMalformed)
    }

    fn split(lines: &'i [TableEntry]) -> Option<Self> {
        let (head, rest) = lines.split_first_chunk()?;
        let head = Head::parse(&octets(head))?;
        let (keys, rest) = rest.split_at_checked(head.keys.checked_mul(KEY_LINES)?)?;
        let (tables, rest) = rest.split_at_checked(head.engine.profile().entries(head.keys))?;
        (rest.len() == 1 && head.lines() == lines.len()).then_some(Self { head, keys, tables })
    }

    /// The keys; `None` for one that is malformed or not on the curve.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Option<StoredKey>> {
        self.keys.as_chunks().0.iter().map(|lines| StoredKey::parse(&octets(lines)))
    }
}

/// Reads each line once. The caller's promise that nothing changes them makes the digest one of what is used later.
fn is_trusted(lines: &[TableEntry], trust: Trust<'_>) -> bool {
    let Some((last, rest)) = lines.split_last() else { return false };
    let mut hasher = sha256::Hasher::new();
    // Several lines at a time, because the hash is faster at longer pieces.
    let (pieces, others) = rest.as_chunks::<LINES_AT_ONCE>();
    for piece in pieces {
        hasher.update(octets(piece).as_flattened());
    }
    for line in others {
        hasher.update(&octets_of(line));
    }
    let mut trailer = [0; LINE_LEN];
    for (place, octet) in trailer.iter_mut().zip(hasher.digest()) {
        *place = octet;
    }
    let last = octets_of(last);
    hasher.update(&last);
    let expected = match trust {
        Trust::Digest(digest) => hasher.digest() == *digest,
        Trust::Storage => true,
    };
    last == trailer && expected
}

const LINES_AT_ONCE: usize = 8;
