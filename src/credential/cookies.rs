//! The access token's cookies.
//!
//! ```text
//! Cookie      = cookie-pair *( ";" cookie-pair )  ; RFC 6265 section 4.2, with any white space
//! cookie-pair = OWS cookie-name OWS "=" OWS cookie-value OWS
//! ```

use super::trim::{trim, trim_start};
use crate::{limits::MAX_COOKIE_CANDIDATES, search};
use heapless::Vec;

/// The values of the first four cookies `tesseral_<projectId>_access_token` that are not empty, in order.
///
/// A browser can send a host-only and a domain cookie of the same name together, and the stale one may come first.
pub fn cookies<'h>(
    cookie: impl IntoIterator<Item = &'h [u8]>,
    project_id: &str,
) -> Vec<&'h [u8], MAX_COOKIE_CANDIDATES> {
    let mut found = Vec::new();
    for pair in cookie.into_iter().flat_map(|value| Pairs { rest: Some(value) }) {
        if pair.len() <= PREFIX.len() {
            continue;
        }
        let Some(value) = value_of(pair, project_id) else { continue };
        if !value.is_empty() && found.push(value).is_err() {
            break;
        }
    }
    found
}

/// The beginning of the names of Tesseral's cookies.
const PREFIX: &[u8] = b"tesseral_";

/// The cookie pairs of one header: the text between its semicolons. There is at least one pair; pairs may be empty.
struct Pairs<'h> {
    rest: Option<&'h [u8]>,
}

impl<'h> Iterator for Pairs<'h> {
    type Item = &'h [u8];

    #[inline]
    fn next(&mut self) -> Option<&'h [u8]> {
        let rest = self.rest?;
        // An empty pair needs no search, so a header full of semicolons costs no more than others.
        if let [b';', after @ ..] = rest {
            self.rest = Some(after);
            return Some(&[]);
        }
        let Some((pair, after)) = search::first(b';', rest).and_then(|place| rest.split_at_checked(place)) else {
            self.rest = None;
            return Some(rest);
        };
        self.rest = after.get(1..);
        Some(pair)
    }
}

/// The value of a cookie pair whose name is that of the access token. Quotes around the value are removed.
fn value_of<'h>(pair: &'h [u8], project_id: &str) -> Option<&'h [u8]> {
    // Most cookies of a request have other names, and are rejected here.
    let rest = trim_start(pair).strip_prefix(PREFIX)?.strip_prefix(project_id.as_bytes())?;
    let value = trim(trim(rest.strip_prefix(b"_access_token")?).strip_prefix(b"=")?);
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Some(unquoted.unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::{Pairs, cookies};

    #[test]
    fn cookie_values() {
        let all = |values: &[&'static str]| cookies(values.iter().map(|value| value.as_bytes()), "p");
        assert_eq!(all(&["a=b; tesseral_p_access_token=x.y.z; c=d"]), [b"x.y.z"]);
        assert_eq!(
            all(&["tesseral_p_access_token=1;tesseral_p_access_token=\"2\"", "tesseral_p_access_token=3"]),
            [b"1", b"2", b"3"]
        );
        assert_eq!(all(&["tesseral_p_access_token=1;tesseral_p_access_token=2;tesseral_p_access_token=3;tesseral_p_access_token=4;tesseral_p_access_token=5"]).len(), 4);
        for none in [
            "",
            ";;",
            "tesseral_p_access_token",
            "tesseral_p_access_token=",
            "tesseral_p_access_token=\"\"",
            "tesseral_q_access_token=x",
            "Tesseral_p_access_token=x",
            "tesseral_p_access_tokenx=x",
            "xtesseral_p_access_token=x",
        ] {
            assert!(all(&[none]).is_empty(), "{none}");
        }
        assert_eq!(all(&["tesseral_p_access_token=\"x"]), [b"\"x"]);
        assert_eq!(all(&["\t tesseral_p_access_token \t=\t x \t "]), [b"x"]);
        assert_eq!(all(&["tesseral_p_access_token=x;\u{ff}"]), [b"x"]);
    }

    /// Pairs of every length around the steps of the search are those that a split octet by octet finds.
    #[test]
    fn pairs_around_the_steps_of_the_search() {
        let mut header = std::vec::Vec::new();
        for len in 0..=70 {
            header.resize(header.len() + len, b'a');
            header.push(b';');
        }
        for start in 0..header.len() {
            for end in [start, start + 1, start + 33, header.len() - 1, header.len()] {
                let Some(text) = header.get(start..end) else { continue };
                let expected = text.split(|octet| *octet == b';');
                assert!(Pairs { rest: Some(text) }.eq(expected), "{start}..{end}");
            }
        }
    }
}
