//! Opening a verifier from an image, and making an image of one.

use super::Verifier;
#[cfg(feature = "alloc")]
use crate::image::{ByteOrder, Head};
use crate::{
    error::Error,
    es256::TableEntry,
    image::{Image, Trust},
    policy::{Options, Policy},
    snapshot::{Key, Snapshot},
    store::Store,
};

impl<'m> Verifier<'m> {
    /// Opens the image of a snapshot where it lies. Its tables are used there; nothing is built.
    ///
    /// `keys` needs as many keys as the image has, at most [`MAX_KEYS`](crate::limits::MAX_KEYS). Opening hashes the whole
    /// image. It checks that each key is on the curve, and compares it with the first two entries of its table.
    ///
    /// After the image's last second every verdict is [`Error::KeysUnavailable`].
    ///
    /// # Errors
    /// [`Error::ImageMalformed`]: it is damaged, not the expected one, or for another processor or version of this library;
    /// [`Error::BufferTooSmall`] when `keys` are too few.
    pub fn open(lines: &'m [TableEntry], keys: &'m mut [Key], trust: Trust<'_>) -> Result<Self, Error> {
        let image = Image::check(lines, trust)?;
        let tables = Store::Shared(image.tables);
        Self::open_image(&image, Store::Borrowed(keys), tables)
    }

    /// Copies the image of a snapshot into memory that it allocates, and opens that copy.
    ///
    /// It is for servers, which read the image's file once. What is hashed is the copy, so that whoever changes the file
    /// later changes nothing here.
    ///
    /// # Errors
    /// [`Error::ImageMalformed`], as [`Verifier::open`].
    #[cfg(feature = "alloc")]
    pub fn open_owned(image: &[u8], trust: Trust<'_>) -> Result<Verifier<'static>, Error> {
        let lines = crate::image::lines_owned(image).ok_or(Error::ImageMalformed)?;
        let image = Image::check(&lines, trust)?;
        let keys = alloc::vec![Key::VACANT; image.head.keys].into_boxed_slice();
        let tables = Store::Owned(image.tables.into());
        Verifier::open_image(&image, Store::Owned(keys), tables)
    }

    fn open_image(image: &Image<'_>, keys: Store<'m, Key>, tables: Store<'m, TableEntry>) -> Result<Self, Error> {
        let head = &image.head;
        let options = Options::new()
            .issuer(&head.issuer)
            .leeway_seconds(head.leeway_seconds)
            .max_token_len(head.max_token_len)
            .api_keys(head.api_keys);
        let policy = Policy::new(&options, head.project_id.as_deref()).map_err(|_| Error::ImageMalformed)?;
        Ok(Self { snapshot: Snapshot::open(image, keys, tables)?, policy: policy.until(head.not_after) })
    }

    /// The image of this verifier, for processors with this byte order. It has the keys, tables and policy.
    ///
    /// `made` is now and `not_after` the last second at which the image is used, both in seconds since 1970-01-01T00:00:00Z.
    /// Keys that are withdrawn meanwhile are accepted until then.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when `not_after` is before `made`.
    #[cfg(feature = "alloc")]
    pub fn to_image(&self, order: ByteOrder, made: i64, not_after: i64) -> Result<alloc::vec::Vec<u8>, Error> {
        let (snapshot, policy) = (&self.snapshot, &self.policy);
        if not_after < made {
            return Err(Error::InvalidArgument);
        }
        let head = Head {
            engine: snapshot.engine(),
            keys: snapshot.keys().len(),
            api_keys: policy.accepts_api_keys(),
            leeway_seconds: policy.leeway_seconds(),
            max_token_len: policy.max_token_len(),
            not_after: not_after.min(policy.not_after()),
            issuer: policy.issuer().try_into().map_err(|_| Error::InternalError)?,
            project_id: policy.project_id().map(TryInto::try_into).transpose().map_err(|_| Error::InternalError)?,
        };
        let keys = snapshot.keys().iter().map(|key| (key.kid(), key.point()));
        let tables = snapshot.image_tables().ok_or(Error::InternalError)?;
        Ok(crate::image::write(&head, made, keys, tables, order))
    }

    /// Refuses everything once the image's time is over.
    #[inline(always)]
    pub(super) fn check_age(&self, now: i64) -> Result<(), Error> {
        if now > self.policy.not_after() { Err(Error::KeysUnavailable) } else { Ok(()) }
    }
}
