//! The layout of a slot: two lengths, the serial number, the key's point, the places of the claims, the token, the text of the
//! claims.

use crate::{
    claims::{AccessTokenClaims, Kept, PLACES_LEN},
    es256::Point,
    limits::COORDINATE_LEN,
};

#[derive(Clone, Copy)]
pub(super) struct Slot<'s> {
    /// The serial number of the token in the cache, from 1.
    #[cfg(feature = "ffi")]
    pub(super) serial: u64,
    x: &'s [u8],
    y: &'s [u8],
    places: &'s [u8; PLACES_LEN],
    token: &'s [u8],
    /// The text of the claims. Empty when the slot has no claims.
    text: &'s [u8],
}

impl<'s> Slot<'s> {
    #[inline(always)]
    pub(super) fn new(slot: &'s [u8]) -> Option<Self> {
        let (head, rest) = slot.split_first_chunk()?;
        let head = Head::read(head);
        let (x, rest) = rest.split_at_checked(COORDINATE_LEN)?;
        let (y, rest) = rest.split_at_checked(COORDINATE_LEN)?;
        let (places, rest) = rest.split_first_chunk()?;
        let (token, rest) = rest.split_at_checked(usize::try_from(head.token_len).ok()?)?;
        Some(Self {
            #[cfg(feature = "ffi")]
            serial: head.serial,
            x,
            y,
            places,
            token,
            text: rest.get(..usize::try_from(head.text_len).ok()?)?,
        })
    }

    #[inline(always)]
    pub(super) fn has(&self, token: &[u8], point: &Point) -> bool {
        self.token == token && self.x == point.x() && self.y == point.y()
    }

    #[inline(always)]
    pub(super) fn claims(&self) -> Option<Kept<'s>> {
        if self.text.is_empty() { None } else { Some(Kept::new(self.places, self.text)) }
    }
}

/// Reads only the serial number.
#[cfg(feature = "ffi")]
pub(super) fn serial(slot: &[u8]) -> Option<u64> {
    slot.first_chunk().map(|head| Head::read(head).serial)
}

pub(super) fn write(
    slot: &mut [u8],
    serial: u64,
    token: &[u8],
    point: &Point,
    claims: Option<&AccessTokenClaims<'_>>,
) -> Option<()> {
    let (head, rest) = slot.split_first_chunk_mut()?;
    let (x, rest) = rest.split_at_mut_checked(COORDINATE_LEN)?;
    let (y, rest) = rest.split_at_mut_checked(COORDINATE_LEN)?;
    let (places, rest) = rest.split_first_chunk_mut()?;
    let (octets, room) = rest.split_at_mut_checked(token.len())?;
    x.copy_from_slice(point.x());
    y.copy_from_slice(point.y());
    octets.copy_from_slice(token);
    let text_len = claims.and_then(|claims| claims.keep(places, room)).unwrap_or(0);
    let (token_len, text_len) = (u32::try_from(token.len()).ok()?, u32::try_from(text_len).ok()?);
    *head = Head { token_len, text_len, serial }.write();
    Some(())
}

#[derive(Clone, Copy)]
struct Head {
    token_len: u32,
    text_len: u32,
    serial: u64,
}

impl Head {
    #[inline(always)]
    fn read(octets: &[u8; HEAD_LEN]) -> Self {
        let [a, b, c, d, e, f, g, h, serial @ ..] = *octets;
        Self {
            token_len: u32::from_le_bytes([a, b, c, d]),
            text_len: u32::from_le_bytes([e, f, g, h]),
            serial: u64::from_le_bytes(serial),
        }
    }

    fn write(self) -> [u8; HEAD_LEN] {
        let [a, b, c, d] = self.token_len.to_le_bytes();
        let [e, f, g, h] = self.text_len.to_le_bytes();
        let [i, j, k, l, m, n, o, p] = self.serial.to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}

const HEAD_LEN: usize = 16;

/// Length of a slot, in bytes. The text has three quarters of the token's length: the payload takes less, and decoded strings
/// may take the rest.
pub(super) const fn slot_len(max_token_len: usize) -> usize {
    let text_len = max_token_len.div_ceil(4).saturating_mul(3);
    max_token_len.saturating_add(text_len).saturating_add(HEAD_LEN + 2 * COORDINATE_LEN + PLACES_LEN)
}
