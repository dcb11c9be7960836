//! Checks the arguments of every function: a raw pointer becomes a reference here, or the call is refused.

use super::types::tesseral_str;
use crate::error::Error;
use core::slice;

/// Runs a function's body and turns its result into a status. With `std`, a panic ends here.
pub(super) fn guard(body: impl FnOnce() -> Result<(), Error>) -> u32 {
    #[cfg(feature = "std")]
    let result = std::panic::catch_unwind(core::panic::AssertUnwindSafe(body)).unwrap_or(Err(Error::InternalError));
    #[cfg(not(feature = "std"))]
    let result = body();
    result.map_or_else(Error::code, |()| 0)
}

/// Runs the body of a function that answers a question. An error means no, and so does a panic with `std`.
pub(super) fn guard_bool(body: impl FnOnce() -> Result<bool, Error>) -> bool {
    let mut yes = false;
    guard(|| {
        yes = body()?;
        Ok(())
    });
    yes
}

/// The addresses that an argument covers.
#[derive(Clone, Copy)]
pub(super) struct Region {
    start: usize,
    end: usize,
}

impl Region {
    /// Refuses lengths over `isize::MAX` and regions that wrap around.
    pub(super) fn new<T>(start: *const T, len: usize) -> Result<Self, Error> {
        let start = start.addr();
        let end = start.checked_add(len).filter(|_| isize::try_from(len).is_ok()).ok_or(Error::InvalidArgument)?;
        Ok(Self { start, end })
    }

    /// What an argument that is not given covers.
    pub(super) const NONE: Self = Self { start: 0, end: 0 };

    pub(super) fn of_slice<T>(slice: &[T]) -> Self {
        let range = slice.as_ptr_range();
        Self { start: range.start.addr(), end: range.end.addr() }
    }

    #[inline(always)]
    fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Refuses outputs that touch an input or each other; [`Region::NONE`] touches nothing.
///
/// The numbers are constants, so that LLVM unrolls these loops.
#[inline(always)]
pub(super) fn keep_apart<const OUTPUTS: usize, const INPUTS: usize>(
    outputs: &[Region; OUTPUTS],
    inputs: &[Region; INPUTS],
) -> Result<(), Error> {
    for (index, output) in outputs.iter().enumerate() {
        for input in inputs {
            if output.overlaps(*input) {
                return Err(Error::InvalidArgument);
            }
        }
        for other in outputs.iter().skip(index.wrapping_add(1)) {
            if output.overlaps(*other) {
                return Err(Error::InvalidArgument);
            }
        }
    }
    Ok(())
}

/// Octets to read; NULL is allowed for none.
///
/// # Safety
/// When `ptr` is not NULL, `len` octets at it stay readable and unchanged for `'a`.
pub(super) unsafe fn octets<'a>(ptr: *const u8, len: usize) -> Result<&'a [u8], Error> {
    Region::new(ptr, len)?;
    if ptr.is_null() {
        return if len == 0 { Ok(&[]) } else { Err(Error::InvalidArgument) };
    }
    // SAFETY: not NULL, at most isize::MAX octets, and readable by the caller's promise.
    Ok(unsafe { slice::from_raw_parts(ptr, len) })
}

/// An array to read; NULL is allowed for none.
///
/// # Safety
/// When `ptr` is not NULL, `len` elements at it stay readable and unchanged for `'a`.
pub(super) unsafe fn array<'a, T>(ptr: *const T, len: usize) -> Result<&'a [T], Error> {
    let size = len.checked_mul(size_of::<T>()).ok_or(Error::InvalidArgument)?;
    Region::new(ptr, size)?;
    if len == 0 {
        return Ok(&[]);
    }
    if ptr.is_null() || !ptr.is_aligned() {
        return Err(Error::InvalidArgument);
    }
    // SAFETY: not NULL, aligned, at most isize::MAX octets, and readable by the caller's promise.
    Ok(unsafe { slice::from_raw_parts(ptr, len) })
}

/// An object to read.
///
/// # Safety
/// When `ptr` is not NULL, it points to a valid object that stays unchanged for `'a`.
pub(super) unsafe fn object<'a, T>(ptr: *const T) -> Result<&'a T, Error> {
    if !ptr.is_aligned() {
        return Err(Error::InvalidArgument);
    }
    // SAFETY: aligned here, and either NULL or valid by the caller's promise.
    unsafe { ptr.as_ref() }.ok_or(Error::InvalidArgument)
}

/// Octets of a [`tesseral_str`].
///
/// # Safety
/// As [`octets`].
pub(super) unsafe fn string<'a>(string: tesseral_str) -> Result<&'a [u8], Error> {
    // SAFETY: the caller's promise.
    unsafe { octets(string.ptr, string.len) }
}

/// Memory to write: not NULL, also when the length is 0.
pub(super) struct Buffer {
    ptr: *mut u8,
    len: usize,
}

impl Buffer {
    pub(super) fn new(ptr: *mut u8, len: usize) -> Result<Self, Error> {
        Region::new(ptr, len)?;
        if ptr.is_null() { Err(Error::InvalidArgument) } else { Ok(Self { ptr, len }) }
    }

    pub(super) fn region(&self) -> Region {
        Region { start: self.ptr.addr(), end: self.ptr.addr().saturating_add(self.len) }
    }

    /// # Safety
    /// The octets are writable for `'a`, hold initialized memory or are only written, and nothing else uses them.
    pub(super) unsafe fn as_mut<'a>(&self) -> &'a mut [u8] {
        // SAFETY: not NULL, at most isize::MAX octets, and exclusive by the caller's promise.
        unsafe { slice::from_raw_parts_mut(self.ptr, self.len) }
    }
}

/// A place for one result.
pub(super) struct Out<T> {
    ptr: *mut T,
}

impl<T> Out<T> {
    pub(super) fn new(ptr: *mut T) -> Result<Self, Error> {
        let out = Self { ptr };
        Region::new(ptr, size_of::<T>())?;
        if ptr.is_null() || !ptr.is_aligned() { Err(Error::InvalidArgument) } else { Ok(out) }
    }

    pub(super) fn region(&self) -> Region {
        Region { start: self.ptr.addr(), end: self.ptr.addr().saturating_add(size_of::<T>()) }
    }

    /// # Safety
    /// The place holds a value.
    pub(super) unsafe fn read(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: not NULL and aligned; initialized by the caller's promise.
        unsafe { self.ptr.read() }
    }

    /// # Safety
    /// The place is writable.
    pub(super) unsafe fn write(self, value: T) {
        // SAFETY: not NULL and aligned; writable by the caller's promise.
        unsafe { self.ptr.write(value) }
    }
}

/// A caller's struct that begins with its own size.
pub(super) struct SizedStruct<T> {
    ptr: *mut T,
    struct_size: u32,
}

impl<T> SizedStruct<T> {
    /// Reads `struct_size`, and refuses a struct that is smaller than that of the first release. `T` is still that struct.
    ///
    /// # Safety
    /// When `ptr` is not NULL, a `u32` at it is readable.
    pub(super) unsafe fn new(ptr: *mut T) -> Result<Self, Error> {
        if ptr.is_null() || !ptr.is_aligned() {
            return Err(Error::InvalidArgument);
        }
        // SAFETY: not NULL, aligned for T and so for its first member, readable by the caller's promise.
        let struct_size = unsafe { ptr.cast::<u32>().read() };
        let whole = usize::try_from(struct_size).map_err(|_| Error::InvalidArgument)?;
        Region::new(ptr, whole)?;
        if whole < size_of::<T>() { Err(Error::InvalidArgument) } else { Ok(Self { ptr, struct_size }) }
    }

    /// All of the memory that the struct covers, by its own size.
    pub(super) fn region(&self) -> Region {
        let len = usize::try_from(self.struct_size).unwrap_or(usize::MAX);
        Region { start: self.ptr.addr(), end: self.ptr.addr().saturating_add(len) }
    }

    pub(super) fn struct_size(&self) -> u32 {
        self.struct_size
    }

    /// # Safety
    /// The struct is readable for `'a` as far as its size says.
    pub(super) unsafe fn as_ref<'a>(&self) -> &'a T {
        // SAFETY: not NULL, aligned, at least as large as T; readable by the caller's promise.
        unsafe { &*self.ptr }
    }

    /// # Safety
    /// The struct is writable as far as its size says.
    pub(super) unsafe fn write(&self, value: T) {
        // SAFETY: not NULL, aligned, at least as large as T; writable by the caller's promise.
        unsafe { self.ptr.write(value) }
    }
}

/// Places for the results of one call: not NULL, unless there are none.
pub(super) struct OutArray<T> {
    ptr: *mut T,
    count: usize,
}

impl<T> OutArray<T> {
    pub(super) fn new(ptr: *mut T, count: usize) -> Result<Self, Error> {
        let size = count.checked_mul(size_of::<T>()).ok_or(Error::InvalidArgument)?;
        Region::new(ptr, size)?;
        if count != 0 && (ptr.is_null() || !ptr.is_aligned()) {
            return Err(Error::InvalidArgument);
        }
        Ok(Self { ptr, count })
    }

    pub(super) fn region(&self) -> Region {
        let start = self.ptr.addr();
        Region { start, end: start.saturating_add(self.count.saturating_mul(size_of::<T>())) }
    }

    /// Does nothing past the end.
    ///
    /// # Safety
    /// The places are writable.
    pub(super) unsafe fn write(&self, index: usize, value: T) {
        if index < self.count {
            // SAFETY: within the array, whose size was checked.
            let place = unsafe { self.ptr.add(index) };
            // SAFETY: not NULL and aligned; writable by the caller's promise.
            unsafe { place.write(value) };
        }
    }
}

/// A caller's array of structs that begin with their own size. All have the same size, which is also the distance from one to
/// the next.
pub(super) struct SizedStructs<T> {
    ptr: *mut T,
    struct_size: u32,
    stride: usize,
    count: usize,
}

impl<T> SizedStructs<T> {
    /// Reads each `struct_size`.
    ///
    /// # Safety
    /// When `ptr` is not NULL, a `u32` is readable at it and at the start of each further struct.
    pub(super) unsafe fn new(ptr: *mut T, count: usize) -> Result<Self, Error> {
        if count == 0 {
            return Ok(Self { ptr, struct_size: 0, stride: 0, count });
        }
        // SAFETY: the caller's promise.
        let struct_size = unsafe { SizedStruct::new(ptr) }?.struct_size();
        let stride = usize::try_from(struct_size).map_err(|_| Error::InvalidArgument)?;
        if !stride.is_multiple_of(align_of::<T>()) {
            return Err(Error::InvalidArgument);
        }
        Region::new(ptr, stride.checked_mul(count).ok_or(Error::InvalidArgument)?)?;
        let array = Self { ptr, struct_size, stride, count };
        for index in 1..count {
            // SAFETY: the whole array is at most isize::MAX octets long, and the caller promises that it is there.
            let place = unsafe { array.place(index) };
            // SAFETY: not NULL, aligned for T and so for its first member, readable by the caller's promise.
            if unsafe { place.cast::<u32>().read() } != struct_size {
                return Err(Error::InvalidArgument);
            }
        }
        Ok(array)
    }

    pub(super) fn region(&self) -> Region {
        let start = self.ptr.addr();
        Region { start, end: start.saturating_add(self.stride.saturating_mul(self.count)) }
    }

    pub(super) fn struct_size(&self) -> u32 {
        self.struct_size
    }

    /// Does nothing past the end.
    ///
    /// # Safety
    /// The structs are writable as far as their size says.
    pub(super) unsafe fn write(&self, index: usize, value: T) {
        if index < self.count {
            // SAFETY: within the array.
            let place = unsafe { self.place(index) };
            // SAFETY: not NULL, aligned, at least as large as T; writable by the caller's promise.
            unsafe { place.write(value) };
        }
    }

    /// # Safety
    /// `index` is less than `count`.
    unsafe fn place(&self, index: usize) -> *mut T {
        // SAFETY: within the array, by the caller's promise; its size was checked.
        unsafe { self.ptr.byte_add(self.stride.wrapping_mul(index)) }
    }
}
