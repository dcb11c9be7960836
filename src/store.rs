//! Memory that is borrowed from the caller, shared with others or, with an allocator, owned.

use core::ops::Deref;

/// Borrowed or owned memory.
pub(crate) enum Store<'m, T> {
    Borrowed(&'m mut [T]),
    /// Complete when it was lent: nothing is written to it.
    Shared(&'m [T]),
    #[cfg(feature = "alloc")]
    Owned(alloc::boxed::Box<[T]>),
}

impl<T> Deref for Store<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Borrowed(borrowed) => borrowed,
            Self::Shared(shared) => shared,
            #[cfg(feature = "alloc")]
            Self::Owned(owned) => owned,
        }
    }
}

impl<T> Store<'_, T> {
    /// The memory to write to: none when it is shared.
    pub(crate) fn as_mut(&mut self) -> &mut [T] {
        match self {
            Self::Borrowed(borrowed) => borrowed,
            Self::Shared(_) => &mut [],
            #[cfg(feature = "alloc")]
            Self::Owned(owned) => owned,
        }
    }
}
