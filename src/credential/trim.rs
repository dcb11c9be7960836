//! Removing spaces and tabs (OWS, RFC 9110 section 5.6.3).

pub(super) fn trim(octets: &[u8]) -> &[u8] {
    trim_end(trim_start(octets))
}

pub(super) fn trim_end(mut octets: &[u8]) -> &[u8] {
    while let [before @ .., b' ' | b'\t'] = octets {
        octets = before;
    }
    octets
}

pub(super) fn trim_spaces(mut octets: &[u8]) -> &[u8] {
    while let [b' ', after @ ..] = octets {
        octets = after;
    }
    octets
}

pub(super) fn trim_start(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', after @ ..] = octets {
        octets = after;
    }
    octets
}
