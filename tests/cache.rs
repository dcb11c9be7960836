//! A cache hit saves the signature check and reading the claims: no verdict, and no answer, is another one.
#![cfg(feature = "alloc")]

use fake_tesseral::{Project, jws};
use tesseral_verify::{Cache, Error, Options, Verifier, cache};

const NOW: i64 = 1_750_000_000;
const SEED: [u8; 16] = *b"sixteen octets!!";

struct Rig {
    project: Project,
    verifier: Verifier<'static>,
    scratch: Vec<u8>,
}

impl Rig {
    fn new() -> Self {
        let project = Project::new(11);
        let verifier = load(&project.config_document().to_json());
        let scratch = vec![0; verifier.scratch_len()];
        Self { project, verifier, scratch }
    }

    fn verify(&mut self, token: &str, now: i64, cache: &mut Cache<'_>) -> Result<(), Error> {
        self.verifier.verify_token_cached(token.as_bytes(), now, cache, &mut self.scratch).map(|auth| {
            assert_eq!(auth.credentials(), token);
            assert!(auth.access_token_claims().unwrap().payload().starts_with(r#"{"iss":"#));
        })
    }
}

fn load(document: &str) -> Verifier<'static> {
    Verifier::load_owned(document.as_bytes(), &Options::new()).unwrap()
}

#[test]
fn the_second_time_is_a_hit() {
    let mut rig = Rig::new();
    let mut memory = vec![0xaa; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let token = rig.project.access_token(NOW);
    for round in 0..3 {
        assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));
        assert_eq!((cache.hits(), cache.misses()), (round, 1));
    }
}

#[test]
fn a_hit_expires_with_its_token() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let token = rig.project.access_token(NOW);
    assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));
    assert_eq!(rig.verify(&token, NOW + 300, &mut cache), Ok(()));
    assert_eq!(rig.verify(&token, NOW + 301, &mut cache), Err(Error::TokenExpired));
    assert_eq!(rig.verify(&token, NOW - 1, &mut cache), Err(Error::TokenNotYetValid));
    assert_eq!(cache.hits(), 3);
}

#[test]
fn a_hit_ends_with_its_key() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let token = rig.project.access_token(NOW);
    let kid = rig.project.signing_key().kid().to_owned();
    assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));

    let other = Project::new(12);
    let options = Options::new().issuer("https://other.example");
    let without = Verifier::load_owned(other.config_document().to_json().as_bytes(), &options).unwrap();
    let result = without.verify_token_cached(token.as_bytes(), NOW, &mut cache, &mut rig.scratch);
    assert_eq!(result.err(), Some(Error::KeyUnknown));

    // The same kid with another point: the signature is checked again, and fails.
    let replaced = format!(
        r#"{{"projectId":"{}","keys":[{}]}}"#,
        rig.project.id,
        other.signing_key().clone().with_kid(&kid).jwk()
    );
    let replaced = load(&replaced);
    let result = replaced.verify_token_cached(token.as_bytes(), NOW, &mut cache, &mut rig.scratch);
    assert_eq!(result.err(), Some(Error::SignatureInvalid));
    assert_eq!(cache.hits(), 0);
}

#[test]
fn tokens_that_share_a_slot_are_told_apart() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let token = rig.project.access_token(NOW);
    assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));
    // Every place but the last 16, which the slot is found by.
    let places = token.len() - 16;
    let mut refused = 0;
    for place in 0..places {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        refused += usize::from(rig.verify(&changed, NOW, &mut cache).is_err());
    }
    assert_eq!(refused, places);
    assert_eq!(cache.hits(), 0);
    assert_eq!(rig.verify(&jws::tamper(&token).unwrap(), NOW, &mut cache), Err(Error::SignatureInvalid));
}

#[test]
fn refused_tokens_are_not_remembered() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let tampered = jws::tamper(&rig.project.access_token(NOW)).unwrap();
    for _ in 0..3 {
        assert_eq!(rig.verify(&tampered, NOW, &mut cache), Err(Error::SignatureInvalid));
    }
    assert_eq!((cache.hits(), cache.misses()), (0, 3));
}

/// One set of eight slots: every token collides with every other.
#[test]
fn collisions_displace_and_never_confuse() {
    let mut rig = Rig::new();
    let tokens: Vec<String> = (0..17).map(|user| rig.project.mint(&rig.project.claims_of(user, NOW))).collect();
    let mut memory = vec![0; cache::size(1, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    for token in tokens[..8].iter().chain(&tokens[..8]) {
        assert_eq!(rig.verify(token, NOW, &mut cache), Ok(()));
    }
    assert_eq!((cache.hits(), cache.misses()), (8, 8));
    for _ in 0..3 {
        for token in &tokens {
            assert_eq!(rig.verify(token, NOW, &mut cache), Ok(()));
        }
    }
    assert_eq!(cache.hits() + cache.misses(), 16 + 51);
    assert!(cache.misses() > 25);
    for token in &tokens {
        assert_eq!(rig.verify(&jws::tamper(token).unwrap(), NOW, &mut cache), Err(Error::SignatureInvalid));
    }
}

#[test]
fn half_full_it_holds_all() {
    let mut rig = Rig::new();
    let tokens: Vec<String> = (0..512).map(|user| rig.project.mint(&rig.project.claims_of(user, NOW))).collect();
    for seed in 0..8 {
        let mut memory = vec![0; cache::size(1024, 1024)];
        let mut cache = Cache::new(&mut memory, 1024, [seed; 16]).unwrap();
        for token in tokens.iter().chain(&tokens) {
            assert_eq!(rig.verify(token, NOW, &mut cache), Ok(()));
        }
        assert!(cache.hits() > 510, "{} of 512", cache.hits());
    }
}

/// Whoever shares a cache shares signatures, never a verdict.
#[test]
fn verifiers_with_one_cache() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let token = rig.project.access_token(NOW);
    assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));
    let document = rig.project.config_document().to_json();
    for (options, expected) in [
        (Options::new().issuer("https://other.example"), Err(Error::IssuerMismatch)),
        (Options::new().max_token_len(token.len() - 1), Err(Error::TokenTooLarge)),
        (Options::new().leeway_seconds(60), Ok(())),
    ] {
        let other = Verifier::load_owned(document.as_bytes(), &options).unwrap();
        let result = other.verify_token_cached(token.as_bytes(), NOW, &mut cache, &mut rig.scratch);
        assert_eq!(result.map(drop), expected);
    }
    assert_eq!((cache.hits(), cache.misses()), (2, 1));
}

/// Such a token takes the way through the header's JSON, and its hits too.
#[test]
fn headers_that_the_issuer_does_not_write() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let key = rig.project.signing_key();
    let claims = rig.project.claims_of(1, NOW).to_json();
    let header = format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{}"}}"#, key.kid());
    let token = key.sign_compact(header.as_bytes(), claims.as_bytes());
    for _ in 0..3 {
        assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));
    }
    assert_eq!(rig.verify(&token, NOW + 301, &mut cache), Err(Error::TokenExpired));
    assert_eq!((cache.hits(), cache.misses()), (3, 1));
}

#[test]
fn a_token_of_the_slots_length_or_one_octet_more() {
    let mut rig = Rig::new();
    let token = rig.project.access_token(NOW);
    for (room, hits) in [(token.len(), 1), (token.len() - 1, 0)] {
        let mut memory = vec![0; cache::size(1, room)];
        let mut cache = Cache::new(&mut memory, room, SEED).unwrap();
        assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));
        assert_eq!(rig.verify(&token, NOW, &mut cache), Ok(()));
        assert_eq!(cache.hits(), hits, "{room}");
    }
}

/// Decoded strings need more room than a slot may have: then the claims are read from the token every time.
#[test]
fn strings_with_escapes_that_fit_into_a_slot_or_do_not() {
    let mut rig = Rig::new();
    for name_len in (125..145).chain([1, 400]) {
        // The issuer writes an ampersand as an escape.
        let name = format!("&{}", "n".repeat(name_len));
        let token = rig.project.mint(&rig.project.claims_of(1, NOW).with_user_display_name(&name));
        let mut memory = vec![0; cache::size(1, token.len())];
        let mut cache = Cache::new(&mut memory, token.len(), SEED).unwrap();
        for _ in 0..3 {
            let auth = rig.verifier.verify_token_cached(token.as_bytes(), NOW, &mut cache, &mut rig.scratch).unwrap();
            let claims = auth.access_token_claims().unwrap();
            assert_eq!(claims.user.display_name, Some(name.as_str()));
            assert!(claims.payload().contains(r"\u0026n") && claims.payload().ends_with('}'));
        }
        assert_eq!((cache.hits(), cache.misses()), (2, 1));
    }
}

#[test]
fn requests_are_cached_too() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let (stale, fresh) = (rig.project.access_token(NOW - 1_000), rig.project.access_token(NOW));
    let name = rig.project.cookie_name();
    let cookies = format!("{name}={stale}; {name}={fresh}");
    for _ in 0..2 {
        let found = rig.verifier.authenticate_cached([], [cookies.as_bytes()], NOW, &mut cache, &mut rig.scratch);
        assert!(found.is_ok());
    }
    // Three checks of two tokens in each round, two of them the first time.
    assert_eq!((cache.hits(), cache.misses()), (4, 2));
}
