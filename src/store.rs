//! Memory that is borrowed from the caller or, with an allocator, owned.

use core::ops::Deref;

/// Borrowed or owned memory.
pub(crate) enum Store<'m, T> {
    Borrowed(&'m mut [T]),
    #[cfg(feature = "alloc")]
    Owned(alloc::boxed::Box<[T]>),
}

impl<T> Deref for Store<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Borrowed(borrowed) => borrowed,
            #[cfg(feature = "alloc")]
            Self::Owned(owned) => owned,
        }
    }
}

impl<T> Store<'_, T> {
    pub(crate) fn as_mut(&mut self) -> &mut [T] {
        match self {
            Self::Borrowed(borrowed) => borrowed,
            #[cfg(feature = "alloc")]
            Self::Owned(owned) => owned,
        }
    }
}
