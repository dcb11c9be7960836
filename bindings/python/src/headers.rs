//! The two headers of a request that may carry a credential.

use crate::octets;
use pyo3::{exceptions::PyTypeError, prelude::*, types::PyTuple};
use std::borrow::Cow;

/// The values of all Authorization and Cookie headers, kept alive.
pub struct Headers<'py> {
    authorization: Vec<Bound<'py, PyAny>>,
    cookie: Vec<Bound<'py, PyAny>>,
}

impl<'py> Headers<'py> {
    /// Picks them out of an iterable of pairs of name and value.
    pub fn of(headers: &Bound<'py, PyAny>) -> PyResult<Self> {
        let (mut authorization, mut cookie) = (Vec::new(), Vec::new());
        for header in headers.try_iter()? {
            let (name, value) = pair(&header?)?;
            let name = octets::of(&name)?;
            if name.eq_ignore_ascii_case(b"authorization") {
                authorization.push(value);
            } else if name.eq_ignore_ascii_case(b"cookie") {
                cookie.push(value);
            }
        }
        Ok(Self { authorization, cookie })
    }

    /// The octets of the Authorization values.
    pub fn authorization(&self) -> PyResult<Vec<Cow<'_, [u8]>>> {
        self.authorization.iter().map(octets::of).collect()
    }

    /// The octets of the Cookie values.
    pub fn cookie(&self) -> PyResult<Vec<Cow<'_, [u8]>>> {
        self.cookie.iter().map(octets::of).collect()
    }
}

fn pair<'py>(header: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    if let Ok(pair) = header.cast::<PyTuple>()
        && pair.len() == 2
    {
        return Ok((pair.get_item(0)?, pair.get_item(1)?));
    }
    match header.len() {
        Ok(2) => Ok((header.get_item(0)?, header.get_item(1)?)),
        _ => Err(PyTypeError::new_err("headers are not pairs of name and value")),
    }
}
