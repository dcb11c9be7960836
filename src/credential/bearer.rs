//! The credential of the `Authorization` header.
//!
//! ```text
//! Authorization = "Bearer" 1*SP credential  ; RFC 6750 section 2.1, RFC 9110 section 11.4
//! ```

use super::trim::{trim_end, trim_spaces, trim_start};
use crate::error::Error;

/// The credential of the `Authorization` header; `None` when the cookie decides.
///
/// The scheme `Bearer` is compared without case, and one or more spaces follow it (RFC 9110 section 11.4). The rest, without
/// spaces and tabs at its end, is the credential. A header with another scheme counts as absent.
///
/// Servers may join the values of several headers with commas (RFC 9110 section 5.3). Then it is undefined which value counts.
/// So a joined value is refused when any part of it is a Bearer credential: if that is a later part, here; if it is the first
/// one, by [`Presented::refusal`](super::Presented::refusal).
///
/// # Errors
/// [`Error::CredentialsUnrecognized`] for more than one header, [`Error::CredentialsMissing`] for `Bearer` without
/// a credential.
pub(crate) fn bearer<'h>(authorization: impl IntoIterator<Item = &'h [u8]>) -> Result<Option<&'h [u8]>, Error> {
    let mut values = authorization.into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::CredentialsUnrecognized);
    }
    let Some(rest) = after_scheme(value) else { return other_scheme(value) };
    match trim_end(rest) {
        // Servers trim header values, so that `Bearer ` may arrive as `Bearer`.
        [] => Err(Error::CredentialsMissing),
        [b' ', credential @ ..] => Ok(Some(trim_spaces(credential))),
        _ => other_scheme(value),
    }
}

/// A credential without a scheme: spaces before it, and spaces and tabs behind it, are removed. `None` when nothing is left.
pub(crate) fn bare(value: &[u8]) -> Option<&[u8]> {
    Some(trim_spaces(trim_end(value))).filter(|credential| !credential.is_empty())
}

/// What follows the word `Bearer`.
fn after_scheme(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then_some(rest)
}

const BEARER: &[u8] = b"Bearer";

/// Handles a value of another scheme. The cookie decides, unless a later element of a joined value is a Bearer credential.
///
/// Parameters of other schemes may be quoted strings (RFC 9110 section 5.6.4). A comma inside of one does not separate
/// elements.
#[cold]
fn other_scheme<T>(value: &[u8]) -> Result<Option<T>, Error> {
    let (mut rest, mut quoted) = (value, false);
    while let [octet, after @ ..] = rest {
        rest = match octet {
            b'\\' if quoted => after.get(1..).unwrap_or(&[]),
            b',' if !quoted => {
                let element = trim_start(after);
                if after_scheme(element).is_some_and(|rest| rest.starts_with(b" ")) {
                    return Err(Error::CredentialsUnrecognized);
                }
                element
            }
            b'"' => {
                quoted = !quoted;
                after
            }
            _ => after,
        };
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::bearer;
    use crate::error::Error;

    #[test]
    fn authorization() {
        let found = |values: &[&'static str]| bearer(values.iter().map(|value| value.as_bytes()));
        for (value, expected) in [
            ("Bearer x", Ok(Some("x"))),
            ("bEARER   x y \t ", Ok(Some("x y"))),
            ("Bearer \tx", Ok(Some("\tx"))),
            ("Bearer", Err(Error::CredentialsMissing)),
            ("Bearer   ", Err(Error::CredentialsMissing)),
            ("Bearer\t", Err(Error::CredentialsMissing)),
            ("Bearerx", Ok(None)),
            ("Bearer\tx", Ok(None)),
            ("Bearer,", Ok(None)),
            ("Basic x", Ok(None)),
            ("", Ok(None)),
            ("Basic x, bearer y", Err(Error::CredentialsUnrecognized)),
            ("Bearer\tx,Bearer y", Err(Error::CredentialsUnrecognized)),
            (r#"Digest a="\", Bearer y", b="\\\", Bearer ""#, Ok(None)),
            (r#"Digest a="\\", Bearer y"#, Err(Error::CredentialsUnrecognized)),
            ("Digest \"\\", Ok(None)),
        ] {
            assert_eq!(found(&[value]), expected.map(|value| value.map(str::as_bytes)), "{value}");
        }
        assert_eq!(found(&[]), Ok(None));
        assert_eq!(found(&["Bearer x", "Bearer x"]), Err(Error::CredentialsUnrecognized));
        assert_eq!(found(&["Basic x", ""]), Err(Error::CredentialsUnrecognized));
    }
}
