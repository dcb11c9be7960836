//! A key of an image.

use super::{fields::Fields, lines::LINE_LEN};
use crate::{
    es256::Point,
    limits::{COORDINATE_LEN, MAX_KID_LEN},
};
use heapless::String;

/// Lines of one key.
pub(super) const KEY_LINES: usize = 4;

/// A key of an image. Its point is on the curve.
pub(crate) struct StoredKey {
    pub(crate) kid: String<MAX_KID_LEN>,
    pub(crate) point: Point,
}

impl StoredKey {
    pub(super) fn parse(lines: &[[u8; LINE_LEN]; KEY_LINES]) -> Option<Self> {
        let mut fields = Fields::new(lines.as_flattened());
        let kid_len = fields.count()?;
        fields.zeros::<PADDING>()?;
        let kid = fields.text(kid_len).filter(|kid: &String<_>| !kid.is_empty())?;
        let (x, y) = (fields.take::<COORDINATE_LEN>()?, fields.take::<COORDINATE_LEN>()?);
        Some(Self { kid, point: Point::from_coordinates(x, y)? })
    }
}

/// Zero octets behind the length of the `kid`.
pub(super) const PADDING: usize = 60;
