//! Which credential a request carries.

use super::Slug;

/// What the headers come to.
#[derive(Debug)]
pub enum Found<'h> {
    /// Verify this token.
    Token(&'h [u8]),
    /// Verify these in turn: the first that is good wins, else the first one's refusal stands.
    Cookies(Vec<&'h [u8]>),
    /// Ask the service about this API key.
    ApiKey(&'h [u8]),
}

/// Reads all values of both headers.
pub fn find<'h>(
    authorization: &[&'h [u8]],
    cookie: &[&'h [u8]],
    project_id: Option<&str>,
    api_keys: bool,
) -> Result<Found<'h>, Slug> {
    let credential = match *authorization {
        [] => None,
        [value] => bearer(value)?,
        _ => return Err("credentials_unrecognized"),
    };
    match credential {
        Some([]) => Err("credentials_missing"),
        Some(token) if token.contains(&b'.') => Ok(Found::Token(token)),
        Some(key) if api_keys && looks_like_api_key(key) => {
            if has_api_key_shape(key) {
                Ok(Found::ApiKey(key))
            } else {
                Err("api_key_invalid")
            }
        }
        Some(_) => Err("credentials_unrecognized"),
        None => {
            let name = format!("tesseral_{}_access_token", project_id.ok_or("credentials_missing")?);
            let values = cookies(cookie, name.as_bytes());
            if values.is_empty() { Err("credentials_missing") } else { Ok(Found::Cookies(values)) }
        }
    }
}

/// The credential after the scheme `Bearer` and its spaces, which a server may have trimmed away; unless this may be several
/// values that a server has joined.
fn bearer(value: &[u8]) -> Result<Option<&[u8]>, Slug> {
    if trim_end(value).eq_ignore_ascii_case(b"bearer") {
        return Ok(Some(&[]));
    }
    let is_bearer = |element: &[u8]| element.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "));
    if !is_bearer(value) {
        let joined = elements(value).iter().skip(1).any(|element| is_bearer(trim_start(element)));
        return if joined { Err("credentials_unrecognized") } else { Ok(None) };
    }
    let credential = trim_end(&value[7..]);
    let spaces = credential.iter().take_while(|octet| **octet == b' ').count();
    if value.contains(&b',') { Err("credentials_unrecognized") } else { Ok(Some(&credential[spaces..])) }
}

/// What stands between the commas outside of quoted strings.
fn elements(value: &[u8]) -> Vec<&[u8]> {
    let (mut places, mut quoted, mut escaped) = (vec![], false, false);
    for (place, octet) in value.iter().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => places.push(place),
            _ => {}
        }
    }
    let starts = [0].into_iter().chain(places.iter().map(|comma| comma + 1));
    let ends = places.iter().copied().chain([value.len()]);
    starts.zip(ends).map(|(start, end)| &value[start..end]).collect()
}

/// The first four values that are not empty.
fn cookies<'h>(headers: &[&'h [u8]], name: &[u8]) -> Vec<&'h [u8]> {
    let mut values = Vec::new();
    for pair in headers.iter().flat_map(|header| header.split(|octet| *octet == b';')) {
        let Some(equals) = pair.iter().position(|octet| *octet == b'=') else { continue };
        let mut value = trim(&pair[equals + 1..]);
        if let [b'"', inner @ .., b'"'] = value {
            value = inner;
        }
        if trim(&pair[..equals]) == name && !value.is_empty() {
            values.push(value);
        }
    }
    values.truncate(4);
    values
}

fn trim(octets: &[u8]) -> &[u8] {
    trim_start(trim_end(octets))
}

fn trim_start(octets: &[u8]) -> &[u8] {
    octets.iter().position(solid).map_or(&[], |first| &octets[first..])
}

fn trim_end(octets: &[u8]) -> &[u8] {
    octets.iter().rposition(solid).map_or(&[], |last| &octets[..=last])
}

fn solid(octet: &u8) -> bool {
    *octet != b' ' && *octet != b'\t'
}

fn looks_like_api_key(octets: &[u8]) -> bool {
    octets.iter().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || *octet == b'_')
}

/// 56 to 119 octets, the last 55 a base-36 number of at most 280 bits.
fn has_api_key_shape(octets: &[u8]) -> bool {
    if !(56..=119).contains(&octets.len()) {
        return false;
    }
    let mut number = [0_u32; 36];
    for digit in &octets[octets.len() - 55..] {
        let Some(mut carry) = char::from(*digit).to_digit(36) else { return false };
        for place in number.iter_mut().rev() {
            let sum = *place * 36 + carry;
            (*place, carry) = (sum & 0xff, sum >> 8);
        }
    }
    // Thirty-six octets, of which the first must be zero; 36^55 is below 2^288.
    number[0] == 0
}
