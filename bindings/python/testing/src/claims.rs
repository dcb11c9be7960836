//! The claims that a test chooses in place of those of an ordinary token.

use crate::clock;
use fake_tesseral::{Claims, Project};
use pyo3::{exceptions::PyTypeError, prelude::*, types::PyDict};

/// Claims, and the `kid` when it is not to be the signing key's.
pub struct Wanted {
    pub claims: Claims,
    pub kid: Option<String>,
}

/// The claims of the project's user, changed as the keyword arguments say.
pub fn wanted(project: &Project, changes: Option<&Bound<'_, PyDict>>) -> PyResult<Wanted> {
    let mut wanted = Wanted { claims: project.claims(clock::seconds()), kid: None };
    let Some(changes) = changes else { return Ok(wanted) };
    // The defaults of other arguments follow from these two.
    if let Some(issued_at) = changes.get_item("issued_at")? {
        wanted.claims = wanted.claims.issued_at(issued_at.extract()?);
    }
    if let Some(user_id) = changes.get_item("user_id")? {
        wanted.claims.sub = user_id.extract()?;
    }
    for (name, value) in changes {
        change(&mut wanted, &name.extract::<String>()?, &value)?;
    }
    Ok(wanted)
}

fn change(wanted: &mut Wanted, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let claims = &mut wanted.claims;
    match name {
        "issuer" => claims.iss = value.extract()?,
        "subject" => claims.sub = value.extract()?,
        "audience" => claims.aud = value.extract()?,
        "expires_at" => claims.exp = value.extract()?,
        "not_before" => claims.nbf = value.extract()?,
        "issued_at" => {}
        "session_id" => claims.session_id = value.extract()?,
        "user_id" => claims.user_id = value.extract()?,
        "user_email" => claims.user_email = value.extract()?,
        "user_display_name" => claims.user_display_name = value.extract()?,
        "user_profile_picture_url" => claims.user_profile_picture_url = value.extract()?,
        "organization_id" => claims.organization_id = value.extract()?,
        "organization_display_name" => claims.organization_display_name = value.extract()?,
        "permissions" => claims.actions = value.extract()?,
        "impersonator_email" => claims.impersonator_email = value.extract()?,
        "kid" => wanted.kid = Some(value.extract()?),
        _ => return Err(PyTypeError::new_err(format!("no claim is named {name}"))),
    }
    Ok(())
}
