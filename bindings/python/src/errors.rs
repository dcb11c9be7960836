//! The exceptions of `tesseral_verify.errors`, raised from here.

use pyo3::{exceptions::PyBaseException, prelude::*, sync::PyOnceLock, types::PyType};
use tesseral_verify::{Error, LoadError, revoked::ListError};

/// The exception for a refusal.
pub fn exception<'py>(py: Python<'py>, error: Error) -> PyResult<Bound<'py, PyAny>> {
    static REFUSAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static NOT_AN_ACCESS_TOKEN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match error {
        Error::NotAnAccessToken => class(py, &NOT_AN_ACCESS_TOKEN, "NotAnAccessTokenError")?.call0(),
        _ => class(py, &REFUSAL, "TesseralError")?.call1((error.slug(),)),
    }
}

/// Raises a refusal.
pub fn raise(py: Python<'_>, error: Error) -> PyErr {
    raised(exception(py, error))
}

/// Raises the refusal of a configuration document.
pub fn raise_load(py: Python<'_>, error: LoadError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    raised(class(py, &CLASS, "ConfigError").and_then(|class| class.call1((error.error.slug(), error.offset))))
}

/// Raises the refusal of a list of revoked sessions and users.
pub fn raise_list(py: Python<'_>, error: ListError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    raised(class(py, &CLASS, "ListError").and_then(|class| class.call1((error.error.slug(), error.line))))
}

fn raised(exception: PyResult<Bound<'_, PyAny>>) -> PyErr {
    match exception.and_then(|exception| Ok(exception.cast_into::<PyBaseException>()?)) {
        Ok(exception) => PyErr::from_value(exception.into_any()),
        Err(error) => error,
    }
}

fn class<'a, 'py>(py: Python<'py>, place: &'a PyOnceLock<Py<PyType>>, name: &str) -> PyResult<&'a Bound<'py, PyType>> {
    place.import(py, "tesseral_verify.errors", name)
}
