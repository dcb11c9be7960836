//! Compact serialization (RFC 7515 section 3.1), without any opinion about the parts.

use crate::base64url;

/// Joins three parts into `header.payload.signature`; nothing is checked.
pub fn compact(header: &[u8], payload: &[u8], signature: &[u8]) -> String {
    format!("{}.{}", signing_input(header, payload), base64url::encode(signature))
}

/// The text that is signed, `header.payload`.
pub fn signing_input(header: &[u8], payload: &[u8]) -> String {
    format!("{}.{}", base64url::encode(header), base64url::encode(payload))
}

/// The three decoded parts; `None` unless there are three, each strict base64url.
pub fn split(token: &str) -> Option<[Vec<u8>; 3]> {
    let mut parts = token.split('.').map(base64url::decode);
    let token = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(token)
}

/// The same token with one payload character changed: well-formed, but the signature no longer holds.
///
/// The character is the first of the middle group of four, so that no trailing bits are touched. `None` when
/// `token` has fewer than three parts or a payload of fewer than four characters.
pub fn tamper(token: &str) -> Option<String> {
    let (header, rest) = token.split_once('.')?;
    let (payload, _) = rest.split_once('.')?;
    if payload.len() < 4 {
        return None;
    }
    let at = header.len() + 1 + payload.len() / 8 * 4;
    let other = if token.get(at..=at)? == "A" { "B" } else { "A" };
    Some(format!("{}{other}{}", token.get(..at)?, token.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_and_splits() {
        let token = compact(b"{}", b"foo", &[0xff]);
        assert_eq!(token, "e30.Zm9v._w");
        assert_eq!(split(&token), Some([b"{}".to_vec(), b"foo".to_vec(), vec![0xff]]));
        for refused in ["", "e30.Zm9v", "e30.Zm9v._w.", "e30.Zm9v=._w"] {
            assert_eq!(split(refused), None, "{refused}");
        }
    }

    #[test]
    fn tamper_changes_the_payload_only() {
        assert_eq!(tamper("e30.Zm9v._w").as_deref(), Some("e30.Am9v._w"));
        assert_eq!(tamper("e30.Am9v._w").as_deref(), Some("e30.Bm9v._w"));
        assert_eq!(tamper("e30.Zm9vZm9vZg._w").as_deref(), Some("e30.Zm9vAm9vZg._w"));
        assert_eq!(tamper("e30"), None);
        assert_eq!(tamper("e30.Zm9._w"), None);
    }
}
