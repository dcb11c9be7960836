//! Writes images.

use super::{
    head::{BYTE_ORDER, Head, MAGIC, RESERVED, VERSION},
    key::PADDING,
    lines::LINE_LEN,
};
use crate::{
    es256::{Point, TableEntry},
    limits::{MAX_ISSUER_LEN, MAX_KID_LEN, MAX_PROJECT_ID_LEN},
    sha256,
};
use alloc::vec::Vec;

/// The order of the octets of a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ByteOrder {
    /// The least octet first: x86, ARM as it usually runs, RISC-V.
    Little,
    /// The greatest octet first: IBM Z, most PowerPC and SPARC.
    Big,
}

impl ByteOrder {
    /// That of this machine.
    pub const NATIVE: Self = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };
}

/// The image with these keys and tables, as many as the head says.
pub(crate) fn write<'k>(
    head: &Head,
    made: i64,
    keys: impl Iterator<Item = (&'k str, &'k Point)>,
    tables: [&[TableEntry]; 2],
    order: ByteOrder,
) -> Vec<u8> {
    let mut image = Image { octets: Vec::with_capacity(head.lines().saturating_mul(LINE_LEN)), order };
    image.head(head, made);
    for (kid, point) in keys {
        image.count(kid.len());
        image.zeros(PADDING);
        image.text(kid, MAX_KID_LEN);
        image.octets.extend(point.x());
        image.octets.extend(point.y());
    }
    for limb in tables.into_iter().flatten().flat_map(TableEntry::limbs) {
        image.octets.extend(match order {
            ByteOrder::Little => limb.to_le_bytes(),
            ByteOrder::Big => limb.to_be_bytes(),
        });
    }
    let digest = sha256::digest(&image.octets);
    image.octets.extend(digest);
    image.zeros(LINE_LEN.saturating_sub(digest.len()));
    image.octets
}

struct Image {
    octets: Vec<u8>,
    order: ByteOrder,
}

impl Image {
    fn head(&mut self, head: &Head, made: i64) {
        self.octets.extend(MAGIC);
        self.number(BYTE_ORDER);
        self.number(VERSION);
        for number in head.engine.numbers() {
            self.number(number);
        }
        self.count(head.keys);
        for count in head.counts() {
            self.count(count);
        }
        self.number(head.api_keys.into());
        self.number(head.leeway_seconds);
        self.count(head.max_token_len);
        self.time(made);
        self.time(head.not_after);
        let project_id = head.project_id.as_deref().unwrap_or("");
        self.count(head.issuer.len());
        self.count(project_id.len());
        self.zeros(RESERVED);
        self.text(&head.issuer, MAX_ISSUER_LEN);
        self.text(project_id, MAX_PROJECT_ID_LEN);
    }

    fn number(&mut self, number: u32) {
        self.octets.extend(match self.order {
            ByteOrder::Little => number.to_le_bytes(),
            ByteOrder::Big => number.to_be_bytes(),
        });
    }

    /// Every count is below 2^32: the largest image has 65 tables of 4,096 lines.
    fn count(&mut self, count: usize) {
        self.number(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn time(&mut self, time: i64) {
        self.octets.extend(match self.order {
            ByteOrder::Little => time.to_le_bytes(),
            ByteOrder::Big => time.to_be_bytes(),
        });
    }

    fn text(&mut self, text: &str, room: usize) {
        self.octets.extend(text.as_bytes());
        self.zeros(room.saturating_sub(text.len()));
    }

    fn zeros(&mut self, count: usize) {
        self.octets.extend(core::iter::repeat_n(0, count));
    }
}
