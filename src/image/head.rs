//! The head of an image: everything that a verifier needs besides keys and tables.
//!
//! | octets | field |
//! |---|---|
//! | 8 | `tesseral` |
//! | 4 | 0x01020304, which tells the byte order |
//! | 4 | version of the format: 1 |
//! | 7 × 4 | the engine: profile (0 server, 1 compact, 2 tiny), backend (1 portable, 2 AVX-512 IFMA or AVX-IFMA, whose tables are the same), and its comb: teeth, spacing, groups, offset, columns |
//! | 4 × 4 | number of keys, lines of the base point's table, lines of a key's table, lines of the image |
//! | 3 × 4 | whether API keys are accepted, leeway in seconds, longest token in octets |
//! | 2 × 8 | when it was made, the last second at which it is used; both in seconds since 1970-01-01T00:00:00Z |
//! | 2 × 4 | lengths of issuer and project ID; the latter 0 for none |
//! | 32 | zeros |
//! | 256 | issuer, padded with zeros |
//! | 64 | project ID, padded with zeros |

use super::{fields::Fields, key::KEY_LINES, lines::LINE_LEN};
use crate::{
    es256::Engine,
    limits::{MAX_ISSUER_LEN, MAX_KEYS, MAX_PROJECT_ID_LEN},
};
use heapless::String;

/// Lines of the head.
pub(super) const HEAD_LINES: usize = 7;

/// What the head says.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) engine: Engine,
    pub(crate) keys: usize,
    pub(crate) api_keys: bool,
    pub(crate) leeway_seconds: u32,
    pub(crate) max_token_len: usize,
    pub(crate) not_after: i64,
    pub(crate) issuer: String<MAX_ISSUER_LEN>,
    pub(crate) project_id: Option<String<MAX_PROJECT_ID_LEN>>,
}

impl Head {
    /// The head, when it was made for this machine and this version of the format.
    pub(super) fn parse(lines: &[[u8; LINE_LEN]; HEAD_LINES]) -> Option<Self> {
        let mut fields = Fields::new(lines.as_flattened());
        if *fields.take()? != MAGIC || fields.number()? != BYTE_ORDER || fields.number()? != VERSION {
            return None;
        }
        let mut numbers = [0; 7];
        for number in &mut numbers {
            *number = fields.number()?;
        }
        let engine = Engine::from_numbers(numbers)?;
        let keys = fields.count().filter(|keys| (1..=MAX_KEYS).contains(keys))?;
        let counts = [fields.count()?, fields.count()?, fields.count()?];
        let api_keys = match fields.number()? {
            accepted @ 0..=1 => accepted == 1,
            _ => return None,
        };
        let (leeway_seconds, max_token_len) = (fields.number()?, fields.count()?);
        let (made, not_after) = (fields.time()?, fields.time()?);
        let (issuer_len, project_id_len) = (fields.count()?, fields.count()?);
        fields.zeros::<RESERVED>()?;
        let issuer = fields.text(issuer_len)?;
        let project_id = Some(fields.text(project_id_len)?).filter(|project_id| !project_id.is_empty());
        let head = Self { engine, keys, api_keys, leeway_seconds, max_token_len, not_after, issuer, project_id };
        (counts == head.counts() && made <= not_after).then_some(head)
    }

    /// Lines of the base point's table, of a key's table, and of the whole image.
    pub(super) fn counts(&self) -> [usize; 3] {
        let profile = self.engine.profile();
        [profile.entries(0), profile.table_entries(), self.lines()]
    }

    /// Lines of the whole image. The last one is that of the digest.
    pub(super) fn lines(&self) -> usize {
        let keys = self.keys.saturating_mul(KEY_LINES);
        HEAD_LINES.saturating_add(keys).saturating_add(self.engine.profile().entries(self.keys)).saturating_add(1)
    }
}

pub(super) const MAGIC: [u8; 8] = *b"tesseral";
pub(super) const BYTE_ORDER: u32 = 0x0102_0304;
pub(super) const VERSION: u32 = 1;
/// Zero octets before the issuer.
pub(super) const RESERVED: usize = 32;
