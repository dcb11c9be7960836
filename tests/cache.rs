//! A cache hit saves the signature check and the parsing of the claims, and changes no verdict and no answer.
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
        self.verifier.verify_token(token.as_bytes(), now, Some(cache), &mut self.scratch).map(|auth| {
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
    let result = without.verify_token(token.as_bytes(), NOW, Some(&mut cache), &mut rig.scratch);
    assert_eq!(result.err(), Some(Error::KeyUnknown));

    // The same kid with another point: the signature is checked again, and fails.
    let replaced = format!(
        r#"{{"projectId":"{}","keys":[{}]}}"#,
        rig.project.id,
        other.signing_key().clone().with_kid(&kid).jwk()
    );
    let replaced = load(&replaced);
    let result = replaced.verify_token(token.as_bytes(), NOW, Some(&mut cache), &mut rig.scratch);
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
    // Every octet but the last 16, which select the sets.
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
    let (project, other) = (Project::new(11), Project::new(12));
    let signed = |claims: &str| project.signing_key().sign_claims(claims);
    let claims = project.claims_of(1, NOW).to_json();
    for (token, expected) in [
        (jws::tamper(&project.access_token(NOW)).unwrap(), Error::SignatureInvalid),
        (signed("{}"), Error::ClaimsMalformed),
        (project.access_token(NOW - 301), Error::TokenExpired),
        (project.access_token(NOW + 1), Error::TokenNotYetValid),
        (signed(&claims.replacen(&project.issuer(), &other.issuer(), 1)), Error::IssuerMismatch),
        (signed(&claims.replace(r#""aud":"h"#, r#""aud":"H"#)), Error::AudienceMismatch),
    ] {
        for _ in 0..3 {
            assert_eq!(rig.verify(&token, NOW, &mut cache), Err(expected));
        }
        assert_eq!(cache.hits(), 0, "{expected}");
    }
    assert_eq!(cache.misses(), 18);
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

/// Verifiers that share a cache share proven signatures, never a verdict.
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
        let result = other.verify_token(token.as_bytes(), NOW, Some(&mut cache), &mut rig.scratch);
        assert_eq!(result.map(drop), expected);
    }
    assert_eq!((cache.hits(), cache.misses()), (2, 1));
}

/// A token whose header differs from the issuer's form has its header parsed, also at a hit.
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

/// Where the decoded strings do not fit into a slot, the claims are parsed from the token at every hit.
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
            let auth = rig.verifier.verify_token(token.as_bytes(), NOW, Some(&mut cache), &mut rig.scratch).unwrap();
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
        let found = rig.verifier.authenticate([], [cookies.as_bytes()], NOW, Some(&mut cache), &mut rig.scratch);
        assert!(found.is_ok());
    }
    // Three checks of two tokens in each round: the stale one is never remembered, the fresh one from the first time on.
    assert_eq!((cache.hits(), cache.misses()), (3, 3));
}

/// 1,500 tokens that expire, one second before `now` at the latest, and 200 fresh ones.
fn stale_and_fresh(project: &Project, now: i64) -> [Vec<String>; 2] {
    [(1_500, now - 301), (200, now)]
        .map(|(users, issued)| (0..users).map(|user| project.mint(&project.claims_of(user, issued))).collect())
}

/// How many hits the second pass over the fresh tokens has. The others were accepted in time, or came too late.
///
/// Room for 512 tokens: more than twice what the fresh ones need, and a third of what the others would.
fn hits_after_stale_ones(in_time: bool, mut verify: impl FnMut(&str, i64) -> (bool, u64)) -> u64 {
    let [stale, fresh] = stale_and_fresh(&Project::new(11), NOW);
    for token in stale {
        assert_eq!(verify(&token, if in_time { NOW - 1 } else { NOW }).0, in_time);
    }
    let mut hits = 0;
    for _ in 0..2 {
        let before = hits;
        for token in &fresh {
            let (good, count) = verify(token, NOW);
            assert!(good);
            hits = count;
        }
        hits -= before;
    }
    hits
}

#[test]
fn expired_tokens_displace_no_live_ones() {
    let mut rig = Rig::new();
    for in_time in [true, false] {
        let mut memory = vec![0; cache::size(512, 1024)];
        let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
        let hits = hits_after_stale_ones(in_time, |token, now| {
            let good = rig.verify(token, now, &mut cache).is_ok();
            (good, cache.hits())
        });
        assert!(hits >= 195, "{hits} of 200, the others in time: {in_time}");
        let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
        let hits = hits_after_stale_ones(in_time, |token, now| {
            let value = format!("Bearer {token}");
            let found =
                rig.verifier.authenticate([value.as_bytes()], [], now, Some(&mut cache), &mut rig.scratch).is_ok();
            (found, cache.hits())
        });
        assert!(hits >= 195, "{hits} of 200 requests, the others in time: {in_time}");
    }
}

/// The same where each call holds its token; two of the expired ones are held all the time.
#[cfg(all(feature = "ffi", feature = "std"))]
#[test]
fn expired_tokens_displace_no_live_ones_that_are_held() {
    use core::ptr::{null, null_mut};
    use tesseral_verify::ffi::{
        tesseral_auth, tesseral_authenticate, tesseral_cache_hits, tesseral_cache_init, tesseral_cache_release,
        tesseral_cache_size, tesseral_headers, tesseral_hold, tesseral_str, tesseral_verifier_free,
        tesseral_verifier_new,
    };
    let document = Project::new(11).config_document().to_json();
    let mut verifier = null();
    // SAFETY: the document is readable and the place writable; no options and no place for an offset.
    let status = unsafe { tesseral_verifier_new(document.as_ptr(), document.len(), null(), &raw mut verifier) };
    assert_eq!(status, 0);
    let mut scratch = vec![0; tesseral_verify::limits::scratch_len(16_384)];
    for in_time in [true, false] {
        let mut memory = vec![0_u64; tesseral_cache_size(512, 1024).div_ceil(8)];
        let mut cache = null_mut();
        // SAFETY: the memory is ours, as aligned as u64, and outlives the cache.
        let status = unsafe {
            tesseral_cache_init(memory.as_mut_ptr().cast(), 8 * memory.len(), 1024, SEED.as_ptr(), 16, &raw mut cache)
        };
        assert_eq!(status, 0);
        let mut kept = Vec::new();
        let hits = hits_after_stale_ones(in_time, |token, now| {
            let value = format!("Bearer {token}");
            let value = tesseral_str { ptr: value.as_ptr(), len: value.len() };
            let headers = tesseral_headers {
                struct_size: size_of::<tesseral_headers>() as u32,
                refuse_api_keys: 0,
                authorization: &raw const value,
                authorization_count: 1,
                cookie: null(),
                cookie_count: 0,
                credential: tesseral_str { ptr: null(), len: 0 },
            };
            let mut auth = core::mem::MaybeUninit::<tesseral_auth>::zeroed();
            // SAFETY: the first member of the struct is its size.
            unsafe { auth.as_mut_ptr().cast::<u32>().write(size_of::<tesseral_auth>() as u32) };
            let size = size_of::<tesseral_hold>() as u32;
            let mut hold = tesseral_hold { struct_size: size, reserved: 0, slot: 0, serial: 0 };
            // SAFETY: everything is initialized, and none of it overlaps.
            let status = unsafe {
                tesseral_authenticate(
                    verifier,
                    cache,
                    &raw const headers,
                    now,
                    scratch.as_mut_ptr(),
                    scratch.len(),
                    auth.as_mut_ptr(),
                    &raw mut hold,
                )
            };
            assert!(status != 0 || hold.serial != 0, "held");
            if status == 0 && kept.len() < 2 {
                kept.push(hold);
            } else {
                // SAFETY: the cache and the hold are ours.
                assert_eq!(unsafe { tesseral_cache_release(cache, &raw mut hold) }, 0);
            }
            // SAFETY: the cache is ours.
            (status == 0, unsafe { tesseral_cache_hits(cache) })
        });
        assert!(hits >= 195, "{hits} of 200, the others in time: {in_time}");
        for hold in &mut kept {
            // SAFETY: the cache and the hold are ours.
            assert_eq!(unsafe { tesseral_cache_release(cache, &raw mut *hold) }, 0, "held to the end");
        }
    }
    // SAFETY: made above, and not used any more.
    unsafe { tesseral_verifier_free(verifier) };
}

/// A token within the leeway is live: with as many others as there are slots, it stays as long as any.
#[test]
fn tokens_within_the_leeway_are_live() {
    let project = Project::new(11);
    let document = project.config_document().to_json();
    for (leeway, live) in [(60, true), (59, false)] {
        let options = Options::new().leeway_seconds(leeway);
        let verifier = Verifier::load_owned(document.as_bytes(), &options).unwrap();
        let mut scratch = vec![0; verifier.scratch_len()];
        let mut memory = vec![0; cache::size(16, 1024)];
        let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
        let mut verify = |user: u32, issued: i64, now: i64| {
            let before = cache.hits();
            let token = project.mint(&project.claims_of(user, issued));
            verifier.verify_token(token.as_bytes(), now, Some(&mut cache), &mut scratch).unwrap();
            cache.hits() - before
        };
        for user in 0..8 {
            verify(user, NOW - 360, NOW - 100);
        }
        // At NOW their leeway ends, or has just ended; sixteen more need all slots.
        for user in 8..24 {
            verify(user, NOW, NOW);
        }
        let again: u64 = (8..24).map(|user| verify(user, NOW, NOW)).sum();
        assert_eq!(again >= 15, !live, "{again} of the later ones, leeway {leeway}");
    }
}

/// After the clock is set back, a hit needs the times to hold again, and tokens that are still good are found.
#[test]
fn a_clock_that_jumps() {
    let mut rig = Rig::new();
    let mut memory = vec![0; cache::size(8, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, SEED).unwrap();
    let (old, new) = (rig.project.access_token(NOW), rig.project.access_token(NOW + 301));
    assert_eq!(rig.verify(&old, NOW, &mut cache), Ok(()));
    assert_eq!(rig.verify(&new, NOW + 301, &mut cache), Ok(()));
    assert_eq!(rig.verify(&old, NOW + 301, &mut cache), Err(Error::TokenExpired));
    // Back, before the newer one; the older one is good again, from the cache.
    assert_eq!(rig.verify(&old, NOW + 300, &mut cache), Ok(()));
    assert_eq!(rig.verify(&new, NOW + 300, &mut cache), Err(Error::TokenNotYetValid));
    for now in [NOW + 301, i64::MAX, i64::MIN, NOW - 1] {
        assert!(rig.verify(&old, now, &mut cache).is_err(), "{now}");
    }
    assert_eq!(rig.verify(&new, NOW + 302, &mut cache), Ok(()));
}
