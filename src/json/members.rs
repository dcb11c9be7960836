//! Reading the members of an object by their names.

use super::{Reader, SyntaxError};

/// The members of an object that the caller reads; an enum that `members!` declares.
pub trait Member: Copy + 'static {
    /// All of them, in the order in which they are expected.
    const ALL: &'static [Self];

    /// Index in [`Self::ALL`].
    fn place(self) -> usize;

    /// Length of its name in quotes and the colon, when `text` begins with them.
    fn spelled(self, text: &[u8]) -> Option<usize>;

    /// The member of that name.
    fn named(name: &str) -> Option<Self>;

    /// One bit of its own.
    fn bit(self) -> u32;
}

/// Longest name that a [`Member`] may have, in octets.
const MAX_MEMBER_NAME_LEN: usize = 32;

/// Declares the members of an object that are read: an enum that implements [`Member`].
macro_rules! members {
    ($(#[$attribute:meta])* enum $object:ident { $($member:ident = $name:literal,)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        enum $object {
            $($member,)+
        }

        impl $crate::json::Member for $object {
            const ALL: &'static [Self] = &[$(Self::$member,)+];

            #[inline(always)]
            fn place(self) -> usize {
                self as usize
            }

            #[inline(always)]
            fn spelled(self, text: &[u8]) -> Option<usize> {
                match self {
                    $(Self::$member => {
                        let spelling = concat!("\"", $name, "\":").as_bytes();
                        text.starts_with(spelling).then_some(spelling.len())
                    })+
                }
            }

            // LLVM compares the length first, then the text: that costs less than a table.
            #[inline(always)]
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$member),)+
                    _ => None,
                }
            }

            #[inline(always)]
            fn bit(self) -> u32 {
                1_u32.wrapping_shl(self as u32)
            }
        }
    };
}
pub(crate) use members;

impl Reader<'_> {
    /// Reads the members of the object whose brace was just read, to its end.
    ///
    /// For each member that `K` has, it calls `each`, which must read the value. The last argument says whether that name
    /// occurred before; names are compared after their escapes are decoded. Other members are skipped.
    ///
    /// # Errors
    /// Where the text is not JSON or nests too deeply, and whatever `each` refuses.
    #[inline]
    pub fn members<K: Member, E: From<SyntaxError>>(
        &mut self,
        mut each: impl FnMut(&mut Self, K, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut seen, mut expected) = (0_u32, K::ALL.iter());
        loop {
            // Members without spaces and in the order of `K`, as the issuer writes them, need no search among the names.
            let known = match expected.as_slice().first().filter(|member| self.step_over_name(**member)) {
                Some(member) => Some(*member),
                None => match self.next_member()? {
                    None => return Ok(()),
                    Some(name) => match name.plain() {
                        Some(name) => K::named(name),
                        None => name.decode_into(&mut [0; MAX_MEMBER_NAME_LEN]).and_then(K::named),
                    },
                },
            };
            match known {
                Some(member) => {
                    let repeated = seen & member.bit() != 0;
                    seen |= member.bit();
                    expected = K::ALL.get(member.place().wrapping_add(1)..).unwrap_or(&[]).iter();
                    each(self, member, repeated)?;
                }
                None => self.skip()?,
            }
        }
    }
}
