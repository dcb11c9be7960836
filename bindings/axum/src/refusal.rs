//! The answer to a refused request.

use http::{HeaderValue, Response, StatusCode, header};
use tesseral_verify::Error;

/// An empty body, with the status of the error: 401, 403 or 503.
pub(crate) fn response<R: Default>(error: Error, www_authenticate: bool) -> Response<R> {
    let mut response = Response::new(R::default());
    *response.status_mut() = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if www_authenticate && response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge(error));
    }
    response
}

/// RFC 6750 section 3: without an error when the request had no credential at all.
fn challenge(error: Error) -> HeaderValue {
    HeaderValue::from_static(match error {
        Error::CredentialsMissing => "Bearer",
        _ => "Bearer error=\"invalid_token\"",
    })
}
