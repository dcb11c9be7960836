//! Describes what is wrong with the form of a token by counts and offsets, without repeating any octet of it.

use crate::{base64, words::counted};
use tesseral_verify::credential::Kind;

/// All faults, in the order of the token's text.
pub fn faults(token: &[u8]) -> Vec<String> {
    if token.is_empty() {
        return vec!["the token is empty".into()];
    }
    let mut faults: Vec<String> = surroundings(token).map(str::to_owned).into_iter().collect();
    let segments: Vec<_> = token.split(|octet| *octet == b'.').collect();
    match segments.as_slice() {
        [header, payload, signature] => {
            for (name, text) in [("header", header), ("payload", payload), ("signature", signature)] {
                faults.extend(segment_fault(text).map(|fault| format!("the {name} segment {fault}")));
            }
            faults.extend(signature_length(signature.len()));
        }
        others => faults.push(segment_count(others.len(), token)),
    }
    faults
}

/// Text that is often copied together with a token.
fn surroundings(token: &[u8]) -> Option<&'static str> {
    let scheme = token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"Bearer "));
    let blank = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_whitespace);
    if scheme {
        Some("it starts with the scheme Bearer: leave that and the space out")
    } else if token.last() == Some(&b'\r') {
        Some("it ends with a carriage return: the file has Windows line ends")
    } else if blank(token.first()) || blank(token.last()) {
        Some("it starts or ends with white space, which is part of the token here")
    } else if token.first() == Some(&b'"') {
        Some("it stands in quotes: leave them out")
    } else {
        None
    }
}

fn segment_count(count: usize, token: &[u8]) -> String {
    let advice = match count {
        1 if Kind::of(token) == Kind::ApiKey => ": this looks like an API key, which only the service can check",
        1 => ": this is no token",
        2 => ": was the signature cut off?",
        5 => ": this looks like an encrypted token (JWE)",
        _ => "",
    };
    format!("it has {} and must have 3{advice}", counted(count as u64, "segment"))
}

fn segment_fault(text: &[u8]) -> Option<String> {
    let outside = |octet: &u8| base64::value(*octet).is_none() || matches!(octet, b'+' | b'/');
    if text.is_empty() {
        return Some("is empty".into());
    }
    if let Some(place) = text.iter().position(outside) {
        let what = match text.get(place) {
            Some(b'=') => "padding, which compact tokens leave out,",
            Some(b'+' | b'/') => "a character of plain base64 (+ or /) instead of base64url (- or _)",
            _ => "a character outside base64url",
        };
        return Some(format!("has {what} at character {} of {}", place.saturating_add(1), text.len()));
    }
    // The bits of the last character that belong to no octet.
    let spare = match text.len() % 4 {
        1 => return Some(format!("has {} characters, which no encoder makes: was it cut?", text.len())),
        2 => 0b1111,
        3 => 0b11,
        _ => 0,
    };
    let last = text.last().and_then(|last| base64::value(*last)).unwrap_or(0);
    (last & spare != 0).then(|| "ends in bits that are not zero: its last character was changed".into())
}

fn signature_length(characters: usize) -> Option<String> {
    let advice = match characters {
        0 | SIGNATURE_CHARACTERS => return None,
        92..=96 => ": perhaps it is in DER, not R and S of 32 octets each",
        ..SIGNATURE_CHARACTERS => ": was the token cut off?",
        _ => "",
    };
    Some(format!("the signature segment has {characters} characters and must have {SIGNATURE_CHARACTERS}{advice}"))
}

/// 64 octets in base64url.
const SIGNATURE_CHARACTERS: usize = 86;

#[cfg(test)]
mod tests {
    use super::faults;

    #[test]
    fn each_fault_has_a_sentence() {
        let good = format!("AA.AA.{}", "A".repeat(86));
        assert!(faults(good.as_bytes()).is_empty());
        for (token, sentence) in [
            (String::new(), "the token is empty"),
            (format!("Bearer {good}"), "scheme Bearer"),
            (format!("{good}\r"), "carriage return"),
            (format!(" {good}"), "white space"),
            (format!("\"{good}\""), "in quotes"),
            ("abc_123".into(), "API key"),
            ("Abc".into(), "1 segment and must have 3: this is no token"),
            ("AA.AA".into(), "2 segments and must have 3: was the signature"),
            ("a.b.c.d.e".into(), "(JWE)"),
            (format!("AA.{good}"), "4 segments and must have 3"),
            (format!(".AA.{}", &good[6..]), "header segment is empty"),
            (format!("A{good}="), "padding, which compact tokens leave out, at character 87 of 87"),
            (format!("A+{}", &good[2..]), "plain base64"),
            (format!("A!{}", &good[2..]), "outside base64url at character 2 of 2"),
            (format!("AAA{good}"), "header segment has 5 characters"),
            (format!("AB.{}", &good[3..]), "header segment ends in bits"),
            (good[..90].into(), "has 84 characters and must have 86: was the token"),
            (format!("{good}AAAAAAAA"), "DER"),
        ] {
            assert!(faults(token.as_bytes()).concat().contains(sentence), "{sentence}: {:?}", faults(token.as_bytes()));
        }
    }
}
