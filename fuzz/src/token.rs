//! Target `token`: any header and claims under a good signature.
//!
//! Input: octet 0 chooses the verifier and whether the rest is a token as it stands or a header and claims to
//! be signed; octet 1 chooses `now`; octet 2 one more property; octets 3 to 5 a place to tamper with, unless
//! octet 5 is 0. Then the header, NUL, the claims; 0x01 stands for the issuer and 0x02 for a known `kid`.

use crate::{
    c, expand,
    reference::{
        Slug,
        claims::{self, Claims},
        json, jws,
    },
    signer::Signer,
    take_octet,
    world::{self, World},
};
use std::ops::Range;
use tesseral_verify::{Auth, Cache, Error, cache, claims::Audience, ffi::*};

/// Checks all properties on one input.
pub fn run(mut input: &[u8]) {
    let [mode, clock, extra] = [(); 3].map(|()| take_octet(&mut input));
    let place = [(); 2].map(|()| take_octet(&mut input));
    let change = take_octet(&mut input);
    let world = &world::all()[usize::from(mode >> 1) % world::all().len()];
    let token = if mode & 1 == 1 { Token::raw(input) } else { Token::signed(world, input) };
    let token = token.tampered(usize::from(u16::from_le_bytes(place)), change);
    let now = choose_now(world, &token, clock);

    let expected = token.verdict(world, now);
    let actual = in_rust(world, &token.octets, now);
    assert_eq!(actual, expected, "Rust against the reference");
    assert_eq!(in_c(world, &token.octets, now, &expected), expected, "C against the reference");
    match extra % 6 {
        0 => bearer_agrees(world, &token, now, &expected),
        1 => cookie_agrees(world, &token, now, &expected),
        2 => white_space_in_the_header_changes_nothing(world, &token, now, &expected),
        3 => times_are_sharp(world, &token, &expected),
        4 => the_other_s_is_as_good(world, &token, now, &expected),
        _ => a_cache_changes_nothing(world, &token, now, &expected),
    }
}

type Verdict = Result<Claims, Slug>;

/// A token, and what the harness knows about its signature.
struct Token {
    octets: Vec<u8>,
    /// The header and claims from which it was made, when it was.
    parts: Option<[Vec<u8>; 2]>,
    /// The octets that [`world::key`] signed; no others have a good signature.
    signed: Vec<u8>,
}

impl Token {
    fn raw(octets: &[u8]) -> Self {
        Self { octets: octets.to_vec(), parts: None, signed: Vec::new() }
    }

    fn signed(world: &World, input: &[u8]) -> Self {
        let issuer = serde_json::to_string(&world.policy.issuer).expect("no I/O");
        let issuer = issuer.as_bytes()[1..issuer.len() - 1].to_vec();
        let input = expand(input, &[(1, issuer), (2, world::KID.into())]);
        let mut parts = input.splitn(2, |octet| *octet == 0);
        let mut part = || parts.next().unwrap_or(&[]).to_vec();
        let (header, claims) = (part(), part());
        Self::of_parts(world, header, claims, false)
    }

    fn of_parts(world: &World, header: Vec<u8>, claims: Vec<u8>, negated: bool) -> Self {
        thread_local!(static SIGNER: Signer = Signer::new(&world::SECRETS[0]));
        // A token that is refused before its signature needs none.
        let unsigned = fake_tesseral::jws::compact(&header, &claims, &[1; 64]).into_bytes();
        if jws::parts(&unsigned, world.max_token_len, |kid| key_of(kid) == Some(true)).is_err() {
            return Self { octets: unsigned, parts: Some([header, claims]), signed: Vec::new() };
        }
        let octets = SIGNER.with(|signer| signer.compact(&header, &claims, negated));
        Self { signed: octets.clone(), octets, parts: Some([header, claims]) }
    }

    fn tampered(mut self, place: usize, change: u8) -> Self {
        let len = self.octets.len().max(1);
        if let Some(octet) = self.octets.get_mut(place % len) {
            *octet ^= change;
        }
        if change != 0 {
            self.parts = None;
        }
        self
    }

    /// The expected slug.
    fn verdict(&self, world: &World, now: i64) -> Verdict {
        let parts = jws::parts(&self.octets, world.max_token_len, |kid| key_of(kid).is_some())?;
        if key_of(&parts.kid) != Some(true) || self.octets != self.signed {
            return Err("signature_invalid");
        }
        let claims = claims::read(&parts.payload)?;
        claims::check(&claims, &world.policy, now).map(|()| claims)
    }
}

/// Whether the world has this `kid`, and whether it belongs to the key that signs.
fn key_of(kid: &str) -> Option<bool> {
    match kid {
        world::KID | world::ESCAPED_KID => Some(true),
        world::OTHER_KID => Some(false),
        _ => None,
    }
}

/// Prefers times around the start and the end of the token's life.
fn choose_now(world: &World, token: &Token, clock: u8) -> i64 {
    let leeway = world.policy.leeway_seconds;
    let claims = token.parts.as_ref().and_then(|[_, claims]| claims::read(claims).ok());
    match (claims, clock % 8) {
        (_, 0) => world::ISSUED_AT,
        (_, 1) => i64::MIN,
        (_, 2) => i64::MAX,
        (Some(claims), 3) => claims.exp + leeway,
        (Some(claims), 4) => claims.exp + leeway + 1,
        (Some(claims), 5) => claims.nbf - leeway,
        (Some(claims), 6) => claims.nbf - leeway - 1,
        (Some(claims), _) => claims.exp,
        (None, _) => 0,
    }
}

fn in_rust(world: &World, token: &[u8], now: i64) -> Verdict {
    let mut scratch = vec![c::UNTOUCHED; world.verifier.scratch_len()];
    let (allowed, short) = ([token.as_ptr_range(), scratch.as_ptr_range()], scratch.len() - 1);
    let refused = world.verifier.verify_token(token, now, None, &mut scratch[..short]).map(|_| ());
    assert_eq!(refused, Err(Error::BufferTooSmall), "scratch is checked first");
    assert!(scratch.iter().all(|octet| *octet == c::UNTOUCHED));
    let auth = world.verifier.verify_token(token, now, None, &mut scratch).map_err(Error::slug)?;
    assert_eq!(auth.credentials().as_bytes().as_ptr_range(), token.as_ptr_range());
    Ok(claims_of(&auth, &allowed))
}

/// Copies the claims of an accepted token, whose strings must lie in the given memory.
pub fn claims_of(auth: &Auth<'_>, allowed: &[Range<*const u8>]) -> Claims {
    let own = |text: &str| {
        assert_inside(text, allowed);
        text.to_owned()
    };
    let claims = auth.access_token_claims().expect("it is an access token");
    let aud = match claims.aud {
        Audience::One(aud) => vec![own(aud)],
        Audience::Many(auds) => auds.iter().map(own).collect(),
    };
    own(claims.payload());
    own(claims.actions.as_json());
    assert_eq!(auth.organization_id(), claims.organization.id);
    assert_eq!(auth.api_key_id(), None);
    let copied = Claims {
        iss: own(claims.iss),
        sub: own(claims.sub),
        aud,
        exp: claims.exp,
        nbf: claims.nbf,
        iat: claims.iat,
        session_id: own(claims.session.id),
        user_id: own(claims.user.id),
        user_email: own(claims.user.email),
        user_display_name: claims.user.display_name.map(own),
        user_profile_picture_url: claims.user.profile_picture_url.map(own),
        organization_id: own(claims.organization.id),
        organization_display_name: claims.organization.display_name.map(own),
        actions: auth.actions().iter().map(own).collect(),
        impersonator_email: claims.impersonator.map(|impersonator| own(impersonator.email)),
    };
    for action in &copied.actions {
        assert!(auth.has_permission(action));
    }
    let absent = copied.actions.concat() + "x";
    assert_eq!(auth.has_permission(&absent), copied.actions.contains(&absent));
    // What is written out as JSON reads back as the same claims.
    let json = serde_json::to_vec(claims).expect("no I/O");
    assert_eq!(claims::read(&json).as_ref(), Ok(&copied));
    copied
}

fn assert_inside(text: &str, allowed: &[Range<*const u8>]) {
    let octets = text.as_bytes().as_ptr_range();
    let inside = |range: &Range<*const u8>| range.start <= octets.start && octets.end <= range.end;
    assert!(text.is_empty() || allowed.iter().any(inside), "a result outside token and scratch");
}

fn in_c(world: &World, token: &[u8], now: i64, expected: &Verdict) -> Verdict {
    of_answer(world, token, world.c.verify_token(token, now), expected)
}

/// Compares a result of the C interface, which has only the audience that matched.
fn of_answer(world: &World, token: &[u8], answer: c::Answer, expected: &Verdict) -> Verdict {
    if answer.status != 0 {
        let error = Error::from_code(answer.status).expect("a known status");
        assert_eq!(error.slug(), answer.slug());
        return Err(error.slug());
    }
    assert_eq!(answer.string(tesseral_auth_credentials).map(str::as_bytes), Some(token));
    let allowed = [token.as_ptr_range(), answer.scratch()];
    let claims = claims_of_answer(world, &answer, &allowed, expected);
    let copy = answer.copied();
    assert_inside(copy.string(tesseral_auth_credentials).expect("a credential"), &[copy.scratch()]);
    assert_eq!(copy.string(tesseral_auth_credentials).map(str::as_bytes), Some(token));
    assert_eq!(claims_of_answer(world, &copy, &[copy.scratch()], expected), claims, "tesseral_auth_copy");
    Ok(claims)
}

/// The claims in an answer. Every string of theirs lies in one of these places.
fn claims_of_answer(world: &World, answer: &c::Answer, allowed: &[Range<*const u8>], expected: &Verdict) -> Claims {
    let optional = |text: tesseral_str| {
        let text = c::optional(text);
        assert_inside(text.unwrap_or(""), allowed);
        text.map(str::to_owned)
    };
    let own = |text| optional(text).expect("a required claim");
    let claims = answer.claims();
    assert_eq!(answer.auth.credentials_type, TESSERAL_CREDENTIALS_ACCESS_TOKEN);
    assert_eq!(own(claims.aud), world.policy.issuer);
    assert_eq!(answer.string(tesseral_auth_api_key_id), None);
    assert_eq!(answer.string(tesseral_auth_organization_id), Some(&*own(claims.organization_id)));
    let actions: Vec<String> = answer.actions().into_iter().map(str::to_owned).collect();
    assert!(actions.iter().all(|action| answer.permits(action)));
    let absent = actions.concat() + "x";
    assert_eq!(answer.permits(&absent), actions.contains(&absent));
    let payload = answer.string(tesseral_auth_payload);
    assert_inside(payload.expect("a payload"), allowed);
    Claims {
        iss: own(claims.iss),
        sub: own(claims.sub),
        aud: expected.as_ref().map(|claims| claims.aud.clone()).unwrap_or_default(),
        exp: claims.exp,
        nbf: claims.nbf,
        iat: claims.iat,
        session_id: own(claims.session_id),
        user_id: own(claims.user_id),
        user_email: own(claims.user_email),
        user_display_name: optional(claims.user_display_name),
        user_profile_picture_url: optional(claims.user_profile_picture_url),
        organization_id: own(claims.organization_id),
        organization_display_name: optional(claims.organization_display_name),
        actions,
        impersonator_email: optional(claims.impersonator_email),
    }
}

/// A credential without a dot or with a comma, or none at all, never gets as far as a token; blanks at its end are no part of it.
fn bearer_agrees(world: &World, token: &Token, now: i64, expected: &Verdict) {
    let header = [b"bEaReR  ", &*token.octets].concat();
    let credential = &header[8..];
    let blank = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    if !credential.contains(&b'.')
        || credential.contains(&b',')
        || blank(credential.last())
        || credential.starts_with(b" ")
    {
        return;
    }
    let mut scratch = vec![c::UNTOUCHED; world.verifier.scratch_len()];
    let allowed = [header.as_ptr_range(), scratch.as_ptr_range()];
    let found = world.verifier.authenticate([&*header], [], now, None, &mut scratch).map_err(Error::slug);
    let actual = found.map(|found| match found {
        tesseral_verify::Authentication::Complete(auth) => claims_of(&auth, &allowed),
        tesseral_verify::Authentication::LookupNeeded(_) => panic!("a token is no API key"),
    });
    assert_eq!(&actual, expected, "authenticate");
    let answer = world.c.authenticate(&[&header], &[], now);
    assert_eq!(&of_answer(world, credential, answer, expected), expected, "tesseral_authenticate");
}

/// Only for a token that can stand in a cookie unchanged.
fn cookie_agrees(world: &World, token: &Token, now: i64, expected: &Verdict) {
    let in_segment = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.".contains(octet);
    let Some(project_id) = world.project_id else { return };
    if !token.octets.contains(&b'.') || !token.octets.iter().all(in_segment) {
        return;
    }
    let name = format!("a=b; tesseral_{project_id}_access_token=\"");
    let header = [name.as_bytes(), &token.octets, b"\" ;c"].concat();
    let credential = &header[name.len()..name.len() + token.octets.len()];
    let answer = world.c.authenticate(&[b"Basic x"], &[&header], now);
    assert_eq!(&of_answer(world, credential, answer, expected), expected, "cookie");
}

/// The header that the issuer writes is recognised without parsing. Any other spelling of it must give the same verdict.
fn white_space_in_the_header_changes_nothing(world: &World, token: &Token, now: i64, expected: &Verdict) {
    let Some([header, claims]) = &token.parts else { return };
    if header.first() != Some(&b'{') || json::parse(header).is_none() {
        return;
    }
    let spaced = [b" {\t", &header[1..], b"\r\n"].concat();
    let spaced = Token::of_parts(world, spaced, claims.clone(), false);
    if spaced.octets.len() <= world.max_token_len {
        assert_eq!(&in_rust(world, &spaced.octets, now), expected, "white space in the header");
    }
}

/// An accepted token expires one second after its end, and is not valid one second before its start.
fn times_are_sharp(world: &World, token: &Token, expected: &Verdict) {
    let Ok(claims) = expected else { return };
    let at = |now| in_rust(world, &token.octets, now);
    let (first, last) = (claims.nbf - world.policy.leeway_seconds, claims.exp + world.policy.leeway_seconds);
    assert_eq!(at(last + 1), Err("token_expired"));
    assert_eq!(&at(last), expected);
    assert_eq!(&at(first), expected);
    assert_eq!(at(first - 1), Err("token_not_yet_valid"));
}

/// (r, n - s) is as valid as (r, s).
fn the_other_s_is_as_good(world: &World, token: &Token, now: i64, expected: &Verdict) {
    let Some([header, claims]) = &token.parts else { return };
    if token.signed.is_empty() {
        return;
    }
    let other = Token::of_parts(world, header.clone(), claims.clone(), true);
    assert_ne!(other.octets, token.octets);
    assert_eq!(&in_rust(world, &other.octets, now), expected, "(r, n - s)");
}

/// The second time the signature comes from the cache, and only if the token was accepted the first time.
fn a_cache_changes_nothing(world: &World, token: &Token, now: i64, expected: &Verdict) {
    let max_token_len = token.octets.len().clamp(1, world.max_token_len);
    let mut memory = vec![c::UNTOUCHED; cache::size(1, max_token_len)];
    let mut rust = Cache::new(&mut memory, max_token_len, [1; 16]).expect("room for one set");
    let mut c = c::Cache::new(max_token_len);
    // One octet of the payload is another, and so is the whole token: no hit for it.
    let tampered = Token::raw(&token.octets).tampered(token.octets.len() / 3, 1);
    for (token, now) in [(token, now), (token, now), (token, i64::MAX), (&tampered, now)] {
        let expected = &token.verdict(world, now);
        let mut scratch = vec![c::UNTOUCHED; world.verifier.scratch_len()];
        let allowed = [token.octets.as_ptr_range(), scratch.as_ptr_range()];
        let found = world.verifier.verify_token(&token.octets, now, Some(&mut rust), &mut scratch);
        assert_eq!(&found.map_err(Error::slug).map(|auth| claims_of(&auth, &allowed)), expected, "Rust, cached");
        let answer = world.c.verify_token_cached(&mut c, &token.octets, now);
        assert_eq!(&of_answer(world, &token.octets, answer, expected), expected, "C, cached");
    }
    assert_eq!([rust.hits(), c.hits()], [if expected.is_ok() { 2 } else { 0 }; 2]);
}
