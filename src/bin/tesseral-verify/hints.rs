//! For each refusal, what a person can do about it.

use crate::{
    input::Input,
    shape,
    signed::{Signed, json_fault},
    words::{counted, duration, quoted},
};
use tesseral_verify::{Error, limits::MAX_LEEWAY_SECONDS};

/// One sentence for each line.
pub fn of(refusal: Error, input: &Input) -> Vec<String> {
    let signed = Signed::read(&input.token, refusal).unwrap_or_default();
    let issuer = quoted(input.verifier.policy().issuer());
    match refusal {
        Error::TokenTooLarge => too_large(input),
        Error::TokenMalformed => shape::faults(&input.token),
        Error::HeaderMalformed => vec![
            json_state("header", &input.token, 0),
            "it needs alg and kid once each, as strings, and crit at most once".into(),
        ],
        Error::AlgNotAllowed => vec![
            "only ES256, in exactly this spelling, is ever accepted".into(),
            "the token is not from Tesseral, or somebody changed its header".into(),
        ],
        Error::CritNotSupported => {
            vec!["Tesseral never sends crit: the token is not from Tesseral, or somebody changed its header".into()]
        }
        Error::KeyUnknown => key_unknown(input),
        Error::SignatureInvalid => vec![
            "the key is known, but it did not sign this: a character was changed on the way, or the token is forged"
                .into(),
            "copy the token again; if every token fails, the snapshot has another key under this kid".into(),
        ],
        Error::ClaimsMalformed => vec![
            json_state("payload", &input.token, 1),
            "required: iss, sub, aud, exp, nbf, iat, session.id, user.id, user.email, organization.id; none twice"
                .into(),
            "the signature holds, so the issuer wrote this: is it an access token of this project?".into(),
        ],
        Error::TokenExpired => expired(&signed, input),
        Error::TokenNotYetValid => not_yet_valid(&signed, input),
        Error::IssuerMismatch => vec![
            format!("the token says {}, expected is {issuer}", quoted(&signed.iss)),
            "is the snapshot that of the token's project? --issuer sets another one".into(),
        ],
        Error::AudienceMismatch => vec![
            format!("the token says {}, expected is {issuer}", audience(&signed.aud)),
            "the token is for another service".into(),
        ],
        Error::TokenRevoked => {
            vec!["the list of --revoked has its session or its user: somebody means it to be refused".into()]
        }
        _ => Vec::new(),
    }
}

fn too_large(input: &Input) -> Vec<String> {
    let limit = input.verifier.policy().max_token_len();
    let mut hints = vec![format!("it is longer than {}", counted(limit as u64, "octet"))];
    if limit < tesseral_verify::limits::MAX_TOKEN_LEN {
        hints.push("--max-token-len takes up to 65536; many actions make tokens long".into());
    }
    hints
}

/// It tells only an offset: no content is shown before the signature is verified.
fn json_state(segment: &str, token: &[u8], place: usize) -> String {
    match json_fault(token, place) {
        Some(offset) => format!("the decoded {segment} is not JSON from octet {offset} on, or nests over 32 levels"),
        None => format!("the decoded {segment} is JSON, but a member is missing, repeated or of the wrong type"),
    }
}

fn key_unknown(input: &Input) -> Vec<String> {
    let snapshot = input.verifier.snapshot();
    let mut hints = vec!["the snapshot has these keys:".to_owned()];
    hints.extend(snapshot.keys().iter().map(|key| format!("  {}", quoted(key.kid()))));
    if snapshot.keys_skipped() > 0 {
        let skipped = counted(snapshot.keys_skipped() as u64, "key");
        hints.push(format!("{skipped} of it cannot be used: see tesseral-verify inspect"));
    }
    hints.push("fetch the snapshot again when keys may have changed; else the token is of another project".into());
    hints
}

fn expired(signed: &Signed, input: &Input) -> Vec<String> {
    let late = input.now.saturating_sub(signed.exp).unsigned_abs();
    vec![
        format!("it expired {}: exp is {}, now is {}", distance(late, "ago"), signed.exp, input.now),
        leeway(late, input.leeway_seconds, "get a fresh token: they live 300 seconds"),
    ]
}

fn not_yet_valid(signed: &Signed, input: &Input) -> Vec<String> {
    let early = signed.nbf.saturating_sub(input.now).unsigned_abs();
    vec![
        format!("it becomes valid in {}: nbf is {}, now is {}", distance(early, ""), signed.nbf, input.now),
        leeway(early, input.leeway_seconds, "is this machine's clock slow?"),
    ]
}

fn distance(seconds: u64, direction: &str) -> String {
    let words = format!("{} {direction}", duration(seconds));
    let words = words.trim_end();
    if seconds < 60 { words.to_owned() } else { format!("{words} ({seconds} s)") }
}

fn leeway(needed: u64, given: u32, otherwise: &str) -> String {
    if needed > u64::from(MAX_LEEWAY_SECONDS) {
        format!("no leeway helps, {MAX_LEEWAY_SECONDS} s is the most; {otherwise}")
    } else if given > 0 {
        format!("the leeway of {given} s does not reach, --leeway {needed} would; {otherwise}")
    } else {
        format!("--leeway {needed} would let it pass this check; {otherwise}")
    }
}

fn audience(audience: &[String]) -> String {
    let shown: Vec<_> = audience.iter().take(MAX_AUDIENCES).map(|one| quoted(one)).collect();
    match audience.len().saturating_sub(MAX_AUDIENCES) {
        _ if audience.is_empty() => "nothing".into(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

const MAX_AUDIENCES: usize = 4;
