//! The claims of an access token as immutable Python objects. They print no claim: those must not reach a log.

use pyo3::{
    IntoPyObjectExt as _,
    exceptions::PyValueError,
    prelude::*,
    types::{PyString, PyTuple},
};
use tesseral_verify::claims;

/// The claims of an access token whose signature, times, issuer and audience were verified.
///
/// Strings are untrusted Unicode text and may hold NUL, CR and LF.
#[pyclass(frozen, get_all, module = "tesseral_verify")]
pub struct AccessTokenClaims {
    /// Issuer.
    iss: Py<PyString>,
    /// Subject: the user's ID.
    sub: Py<PyString>,
    /// Audience: a `str`, or a tuple of them.
    aud: Py<PyAny>,
    /// Expiration time, in seconds since 1970-01-01T00:00:00Z, rounded down.
    exp: i64,
    /// Not before, in seconds since 1970-01-01T00:00:00Z, rounded up.
    nbf: i64,
    /// Issued at, in seconds since 1970-01-01T00:00:00Z, rounded down.
    iat: i64,
    /// The session.
    session: Py<Session>,
    /// The user.
    user: Py<User>,
    /// The organization.
    organization: Py<Organization>,
    /// What the user may do. Each action is any text.
    actions: Py<PyTuple>,
    /// Who acts in the user's name, or None.
    impersonator: Option<Py<Impersonator>>,
    /// The payload's JSON text, as it was signed.
    payload: Py<PyString>,
}

/// The session of an access token.
#[pyclass(frozen, get_all, module = "tesseral_verify")]
pub struct Session {
    /// Its ID.
    id: Py<PyString>,
}

/// The user of an access token.
#[pyclass(frozen, get_all, module = "tesseral_verify")]
pub struct User {
    /// Its ID.
    id: Py<PyString>,
    /// Its e-mail address.
    email: Py<PyString>,
    /// Its name, or None.
    display_name: Option<Py<PyString>>,
    /// The address of its picture, or None.
    profile_picture_url: Option<Py<PyString>>,
}

/// The organization of an access token.
#[pyclass(frozen, get_all, module = "tesseral_verify")]
pub struct Organization {
    /// Its ID.
    pub(crate) id: Py<PyString>,
    /// Its name, or None: the issuer omits an empty one.
    display_name: Option<Py<PyString>>,
}

/// Who acts in the user's name.
#[pyclass(frozen, get_all, module = "tesseral_verify")]
pub struct Impersonator {
    /// The e-mail address.
    email: Py<PyString>,
}

impl AccessTokenClaims {
    /// Copies the claims out of the scratch memory.
    pub fn new(py: Python<'_>, claims: &claims::AccessTokenClaims<'_>) -> PyResult<Self> {
        let text = |text: &str| PyString::new(py, text).unbind();
        let user = User {
            id: text(claims.user.id),
            email: text(claims.user.email),
            display_name: claims.user.display_name.map(text),
            profile_picture_url: claims.user.profile_picture_url.map(text),
        };
        let organization =
            Organization { id: text(claims.organization.id), display_name: claims.organization.display_name.map(text) };
        let impersonator = claims.impersonator.map(|impersonator| Impersonator { email: text(impersonator.email) });
        Ok(Self {
            iss: text(claims.iss),
            sub: text(claims.sub),
            aud: match claims.aud {
                claims::Audience::One(one) => text(one).into_any(),
                claims::Audience::Many(many) => strings(py, many)?.into_any(),
            },
            exp: claims.exp,
            nbf: claims.nbf,
            iat: claims.iat,
            session: Py::new(py, Session { id: text(claims.session.id) })?,
            user: Py::new(py, user)?,
            organization: Py::new(py, organization)?,
            actions: strings(py, claims.actions)?,
            impersonator: impersonator.map(|impersonator| Py::new(py, impersonator)).transpose()?,
            payload: text(claims.payload()),
        })
    }

    pub(crate) fn organization(&self) -> &Py<Organization> {
        &self.organization
    }

    /// Session, user and subject.
    pub(crate) fn revocable<'py>(&self, py: Python<'py>) -> [Bound<'py, PyString>; 3] {
        [&self.session.get().id, &self.user.get().id, &self.sub].map(|id| id.bind(py).clone())
    }

    pub(crate) fn actions(&self) -> &Py<PyTuple> {
        &self.actions
    }
}

/// An object of the class `name` with these members. Pickles of claims call this function.
#[pyfunction]
pub fn unpickled(py: Python<'_>, name: &str, members: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
    match name {
        "AccessTokenClaims" => AccessTokenClaims::of_members(members)?.into_py_any(py),
        "Session" => Session::of_members(members)?.into_py_any(py),
        "User" => User::of_members(members)?.into_py_any(py),
        "Organization" => Organization::of_members(members)?.into_py_any(py),
        "Impersonator" => Impersonator::of_members(members)?.into_py_any(py),
        _ => Err(PyValueError::new_err("not a class of claims")),
    }
}

/// Methods for `copy` and `pickle`. A copy is the object itself, since it is immutable.
macro_rules! copied {
    ($class:ident: $($member:ident),+) => {
        #[pymethods]
        impl $class {
            fn __copy__(itself: Py<Self>) -> Py<Self> {
                itself
            }

            fn __deepcopy__(itself: Py<Self>, _copied: &Bound<'_, PyAny>) -> Py<Self> {
                itself
            }

            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
                let members = PyTuple::new(py, [$((&self.$member).into_bound_py_any(py)?),+])?;
                let unpickled = py.import("tesseral_verify._native")?.getattr("unpickled")?;
                Ok((unpickled, (stringify!($class), members).into_pyobject(py)?))
            }
        }

        impl $class {
            fn of_members(members: &Bound<'_, PyTuple>) -> PyResult<Self> {
                let ($($member,)+) = members.extract()?;
                Ok(Self { $($member),+ })
            }
        }
    };
}

copied!(AccessTokenClaims:
    iss, sub, aud, exp, nbf, iat, session, user, organization, actions, impersonator, payload);
copied!(Session: id);
copied!(User: id, email, display_name, profile_picture_url);
copied!(Organization: id, display_name);
copied!(Impersonator: email);

/// A tuple of the strings.
pub fn strings<'s>(py: Python<'_>, list: impl IntoIterator<Item = &'s str>) -> PyResult<Py<PyTuple>> {
    let strings: Vec<_> = list.into_iter().collect();
    Ok(PyTuple::new(py, strings)?.unbind())
}
