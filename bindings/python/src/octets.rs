//! Arguments that may be `str` or `bytes`.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBytes, PyString},
};
use std::borrow::Cow;

/// The octets of a `bytes`, or of a `str` in UTF-8.
pub fn of<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Cow::Borrowed(bytes.as_bytes()));
    }
    let Ok(text) = value.cast::<PyString>() else {
        return Err(PyTypeError::new_err("expected str or bytes"));
    };
    // A lone surrogate becomes U+FFFD. No credential contains either.
    let text = text.to_cow().unwrap_or_else(|_| text.to_string_lossy());
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}
