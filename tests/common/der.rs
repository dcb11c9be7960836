//! Signatures in DER, read strictly.

/// SEQUENCE of two INTEGERs in 0 … 2^256 - 1 and nothing else, in the one encoding that X.690 section 10 allows.
pub fn raw_signature(der: &[u8]) -> Option<[u8; 64]> {
    let mut signature = [0; 64];
    let (mut content, rest) = element(0x30, der)?;
    for half in signature.chunks_exact_mut(32) {
        let (integer, after) = element(0x02, content)?;
        content = after;
        let magnitude = match integer {
            [] => return None,
            [0, next, ..] if *next < 0x80 => return None, // not minimal
            [0, magnitude @ ..] => magnitude,
            [0x80..=0xff, ..] => return None, // negative
            magnitude => magnitude,
        };
        half.get_mut(32_usize.checked_sub(magnitude.len())?..)?.copy_from_slice(magnitude);
    }
    (content.is_empty() && rest.is_empty()).then_some(signature)
}

/// A tag, its minimal definite length and its content; gives the content and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = match der.strip_prefix(&[tag])? {
        [len @ 0..=0x7f, rest @ ..] => (usize::from(*len), rest),
        [0x81, len @ 0x80..=0xff, rest @ ..] => (usize::from(*len), rest),
        [0x82, high @ 1..=0xff, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None, // an indefinite or longer length cannot hold two such integers
    };
    rest.split_at_checked(len)
}
