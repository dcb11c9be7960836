//! Access tokens as a verifier meets them: octets, sizes, signatures.

use fake_tesseral::claims::sample_actions;
use fake_tesseral::{Claims, Coordinate, Project, Seed, SigningKey, base64url, ids, jws};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

const NOW: i64 = 1_750_000_000;

/// Whether `token` carries a good signature of `key`, judged by the p256 crate.
fn verifies(token: &str, key: &SigningKey) -> bool {
    let (signing_input, signature) = token.rsplit_once('.').expect("three parts");
    let signature = base64url::decode(signature).expect("base64url");
    let verifying_key = VerifyingKey::from_sec1_bytes(&key.uncompressed_point()).expect("a point");
    verifying_key.verify(signing_input.as_bytes(), &Signature::from_slice(&signature).expect("64 octets")).is_ok()
}

/// The smallest values that the issuer stores, an organization display name of one character among them.
fn smallest(project: &Project) -> Claims {
    project.claims(NOW).with_user_email("a@b.co").with_user_display_name("").with_organization_display_name("O")
}

#[test]
fn payload_of_an_ordinary_user() {
    let project = Project::new(1);
    let claims = project.claims(NOW);
    let [header, payload, signature] = jws::split(&project.mint(&claims)).expect("three parts");
    let kid = project.signing_key().kid();
    assert_eq!(header, format!(r#"{{"kid":"{kid}","alg":"ES256"}}"#).into_bytes());
    assert_eq!(signature.len(), 64);
    let iss = format!("https://project-{}.tesseral.app", &project.id["project_".len()..]);
    let Claims { user_id, session_id, organization_id, .. } = claims;
    let expected = format!(
        concat!(
            r#"{{"iss":"{iss}","sub":"{user}","aud":"{iss}","exp":1750000300,"nbf":1750000000,"iat":1750000000,"#,
            r#""session":{{"id":"{session}"}},"#,
            r#""user":{{"id":"{user}","email":"user0@example.com","displayName":"Ada Lovelace"}},"#,
            r#""organization":{{"id":"{organization}","displayName":"Example Organization"}}}}"#
        ),
        iss = iss,
        user = user_id,
        session = session_id,
        organization = organization_id,
    );
    assert_eq!(String::from_utf8(payload).expect("UTF-8"), expected);
}

#[test]
fn payload_of_the_smallest_user() {
    let project = Project::new(1);
    let claims = smallest(&project).with_organization_display_name("");
    let payload = claims.to_json();
    let tail = payload.split_once(r#""user":"#).expect("user").1;
    assert_eq!(
        tail,
        format!(
            r#"{{"id":"{}","email":"a@b.co"}},"organization":{{"id":"{}"}}}}"#,
            claims.user_id, claims.organization_id
        )
    );
}

#[test]
fn sizes() {
    let project = Project::new(1);
    let len = |claims: &Claims| project.mint(claims).len();
    assert_eq!(project.signing_key().jose_header().len(), 69);
    assert_eq!(project.access_token(NOW).find('.'), Some(92));
    assert_eq!(len(&smallest(&project)), 722);
    let ordinary = project.claims(NOW);
    assert!((800..=830).contains(&len(&ordinary)), "{}", len(&ordinary));
    let picture = ordinary.with_user_profile_picture_url(&format!("https://lh3.example.com/{}", "p".repeat(71)));
    let impersonated = picture.clone().with_impersonator("support@example.com");
    assert!((980..=1050).contains(&len(&impersonated)), "{}", len(&impersonated));
    // A user with a picture; each action adds (28 + 3) * 4 / 3 octets.
    for (count, kilobytes) in [(20, 1.8), (50, 3.0), (74, 4.04), (100, 5.1), (173, 8.1), (500, 21.6)] {
        let len = len(&picture.clone().with_actions(sample_actions(count))) as f64;
        assert!((len / 1000.0 - kilobytes).abs() < 0.05, "{count} actions: {len}");
    }
}

#[test]
fn tokens_verify_and_half_have_high_s() {
    // n / 2, rounded down, big-endian.
    const HALF: [u64; 4] = [0x7fff_ffff_8000_0000, 0x7fff_ffff_ffff_ffff, 0xde73_7d56_d38b_cf42, 0x79dc_e561_7e31_92a8];
    let half: Vec<u8> = HALF.iter().flat_map(|limb| limb.to_be_bytes()).collect();
    let project = Project::new(1);
    let mut high = 0;
    for user in 0..400 {
        let token = project.mint(&project.claims_of(user, NOW));
        let [_, _, signature] = jws::split(&token).expect("three parts");
        high += usize::from(signature[32..] > half[..]);
        if user < 10 {
            assert!(verifies(&token, project.signing_key()));
        }
    }
    assert!((160..=240).contains(&high), "{high} of 400");
}

#[test]
fn tampered_tokens_are_well_formed_and_do_not_verify() {
    let project = Project::new(1);
    let token = project.access_token(NOW);
    let tampered = jws::tamper(&token).expect("a long token");
    assert_eq!(tampered.len(), token.len());
    assert_eq!(tampered.bytes().zip(token.bytes()).filter(|(a, b)| a != b).count(), 1);
    let [good, bad] = [&token, &tampered].map(|token| jws::split(token).expect("base64url"));
    assert_eq!((&good[0], &good[2]), (&bad[0], &bad[2]));
    assert!(!verifies(&tampered, project.signing_key()));
}

#[test]
fn any_header_and_claims_can_be_signed() {
    let project = Project::new(1);
    let token = project.signing_key().sign_compact(b"{\"alg\":\"none\"}", b"\xff\0");
    let [header, payload, _] = jws::split(&token).expect("three parts");
    assert_eq!((header.as_slice(), payload.as_slice()), (&b"{\"alg\":\"none\"}"[..], &b"\xff\0"[..]));
    assert!(verifies(&token, project.signing_key()));
}

#[test]
fn rotated_and_short_keys_sign() {
    let mut random = Seed::from_number(1).random("short");
    let short = SigningKey::generate_short(&mut random, Coordinate::X);
    let mut project = Project::with_signing_key(1, short.clone());
    assert!(verifies(&project.access_token(NOW), &short));
    let new = project.rotate_unpublished().clone();
    let token = project.access_token(NOW);
    assert!(verifies(&token, &new) && !verifies(&token, &short));
    assert!(!project.config_document().to_json().contains(new.kid()));
}

#[test]
fn identifiers_are_legal() {
    let claims = Project::new(1).claims(NOW);
    assert_eq!(claims.sub, claims.user_id);
    assert_eq!(claims.aud, claims.iss);
    assert!(ids::parse(ids::USER, &claims.user_id).is_some());
    assert!(ids::parse(ids::SESSION, &claims.session_id).is_some());
    assert!(ids::parse(ids::ORGANIZATION, &claims.organization_id).is_some());
    assert_eq!(ids::render("", u128::MAX), "f5lxx1zz5pnorynqglhzmsp33");
}
