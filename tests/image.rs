//! Images of snapshots: verdicts as before, and a refusal of every image that is not what it was made as.
#![cfg(feature = "alloc")]

mod common;

use common::{
    lines::every_case,
    room::{authenticate, slug, verify},
    sets::say,
};
use fake_tesseral::Project;
use std::collections::HashMap;
use tesseral_verify::{
    Authentication, BaseTable, Cache, Error, Key, Options, Profile, TableEntry, Verifier, cache,
    image::{self, ByteOrder, Trust},
};

const NOW: i64 = 1_750_000_000;
const YEAR: i64 = 31_536_000;
const PROFILES: [Profile; 3] = [Profile::Tiny, Profile::Compact, Profile::Server];

/// Octets of the head, of a key, and of a line.
const HEAD: usize = 448;
const KEY: usize = 256;
const LINE: usize = 64;

/// Every token-shaped vector, with tables that were built and with tables out of an image, in every engine.
#[test]
fn verdicts_are_those_of_a_loaded_verifier() {
    let (mut judged, mut accepted) = (0, 0);
    let cases = every_case();
    for (profile, portable) in [(0, true), (1, true), (2, true), (2, false)] {
        let mut pairs = HashMap::new();
        for case in &cases {
            let options = case.options().profile(PROFILES[profile]);
            let options = if portable { options.portable() } else { options };
            let pair = pairs.entry((&case.document, format!("{options:?}"))).or_insert_with(|| {
                let loaded = Verifier::load_owned(case.document.as_bytes(), &options).ok()?;
                let image = loaded.to_image(ByteOrder::NATIVE, 0, i64::MAX).unwrap();
                let opened = Verifier::open_owned(&image, Trust::Digest(&image::digest(&image))).unwrap();
                Some((loaded, opened))
            });
            let Some((loaded, opened)) = pair else { continue };
            let value = [b"Bearer ", &case.token[..]].concat();
            let verdicts = [&*loaded, opened].map(|verifier| {
                let mut scratch = vec![0; verifier.batch_scratch_len(2)];
                let mut batch = [Err(Error::InternalError); 2];
                let tokens = [&case.token[..]; 2];
                verifier.verify_batch(&tokens, case.now, None, &mut scratch, &mut batch).unwrap();
                (
                    verify(verifier, &case.token, case.now),
                    authenticate(verifier, &[&value], &[], case.now),
                    batch.map(slug),
                )
            });
            assert_eq!(verdicts[0], verdicts[1], "{} {}", case.file, case.id);
            judged += 1;
            accepted += usize::from(verdicts[1].0 == "ok");
        }
    }
    say(format!("image: {judged} vectors judged, {accepted} accepted, each as with built tables").as_str());
    assert!(judged > 3_000 && accepted > 100);
}

/// An image has the base point's table even when the verifier that it is made of has not.
#[test]
fn images_of_verifiers_with_a_shared_base_table_are_whole() {
    let document = Project::new(1).config_document().to_json();
    let table = BaseTable::owned().unwrap();
    let images = [Options::new(), Options::new().base_table(&table)].map(|options| {
        let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
        loaded.to_image(ByteOrder::NATIVE, NOW, NOW + YEAR).unwrap()
    });
    assert_eq!(images[0], images[1]);
}

#[test]
fn an_opened_verifier_has_policy_and_keys() {
    let project = Project::new(1);
    let options = Options::new().leeway_seconds(7).max_token_len(2_000).api_keys(true);
    for profile in PROFILES {
        let options = options.profile(profile);
        let document = project.config_document().to_json();
        let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
        let image = loaded.to_image(ByteOrder::NATIVE, NOW, NOW + YEAR).unwrap();
        let opened = Verifier::open_owned(&image, Trust::Storage).unwrap();
        assert_eq!(opened.policy().issuer(), loaded.policy().issuer());
        assert_eq!(opened.policy().project_id(), Some(project.id.as_str()));
        assert_eq!(opened.snapshot().project_id(), Some(project.id.as_str()));
        assert_eq!((opened.policy().max_token_len(), opened.policy().accepts_api_keys()), (2_000, true));
        assert_eq!((opened.policy().not_after(), loaded.policy().not_after()), (NOW + YEAR, i64::MAX));
        assert!(opened.snapshot().has_keys_of(loaded.snapshot()));
        let token = project.access_token(NOW);
        for (now, slug) in [(NOW + 307, "ok"), (NOW + 308, "token_expired")] {
            assert_eq!(verify(&opened, token.as_bytes(), now), slug);
        }
        // An image of the image is the same image, and never lives longer.
        assert!(opened.to_image(ByteOrder::NATIVE, NOW, i64::MAX).unwrap() == image);
        assert_eq!(loaded.to_image(ByteOrder::NATIVE, NOW, NOW - 1), Err(Error::InvalidArgument));
    }
}

#[test]
fn after_its_last_second_an_image_accepts_nothing() {
    let project = Project::new(2);
    let document = project.config_document().to_json();
    let options = Options::new().profile(Profile::Tiny).api_keys(true);
    let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
    let image = loaded.to_image(ByteOrder::NATIVE, NOW - 10, NOW).unwrap();
    let opened = Verifier::open_owned(&image, Trust::Storage).unwrap();
    let token = project.access_token(NOW);
    let bearer = format!("Bearer {token}");
    let api_key = format!("Bearer p_{}", "0".repeat(55));
    let cookie = format!("tesseral_{}_access_token={token}", project.id);
    let mut memory = vec![0; cache::size(8, 4096)];
    let mut cache = Cache::new(&mut memory, 4096, *b"sixteen octets!!").unwrap();
    let mut scratch = vec![0; opened.batch_scratch_len(1)];
    for (now, over) in [(NOW, false), (NOW + 1, true), (i64::MAX, true)] {
        let expected = |slug| if over { "keys_unavailable" } else { slug };
        assert_eq!(verify(&opened, token.as_bytes(), now), expected("ok"));
        assert_eq!(verify(&opened, b"", now), expected("token_malformed"));
        let cached = opened.verify_token(token.as_bytes(), now, Some(&mut cache), &mut scratch);
        assert_eq!(slug(cached), expected("ok"));
        for (token, slug_before) in [(token.as_bytes(), "ok"), (b"", "token_malformed")] {
            for cache in [None, Some(&mut cache)] {
                let mut verdicts = [Err(Error::InternalError)];
                opened.verify_batch(&[token], now, cache, &mut scratch, &mut verdicts).unwrap();
                assert_eq!(slug(verdicts[0]), expected(slug_before));
            }
        }
        assert_eq!(authenticate(&opened, &[bearer.as_bytes()], &[], now), expected("ok"));
        assert_eq!(authenticate(&opened, &[], &[cookie.as_bytes()], now), expected("ok"));
        assert_eq!(authenticate(&opened, &[api_key.as_bytes()], &[], now), expected("api_key_lookup_needed"));
        assert_eq!(authenticate(&opened, &[], &[], now), expected("credentials_missing"));
        let bare = opened.authenticate_credential(token.as_bytes(), true, now, None, &mut scratch);
        assert!(matches!(bare, Ok(Authentication::Complete(_)) if !over) || bare.err() == Some(Error::KeysUnavailable));
        let stranger = Project::new(3).access_token(NOW);
        let stranger = format!("Bearer {stranger}");
        let unknown = opened.unknown_kids([stranger.as_bytes()], [], now, &mut scratch);
        assert_eq!(unknown.as_slice().is_empty(), over);
    }
}

/// A project with two keys, and the image of its document.
fn two_keys(profile: Profile) -> Vec<u8> {
    let (project, other) = (Project::new(4), Project::new(5));
    let keys = [&project, &other].map(|project| project.signing_key().jwk().to_string()).join(",");
    let document = format!(r#"{{"projectId":"{}","keys":[{keys}]}}"#, project.id);
    let options = Options::new().profile(profile).portable();
    let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
    loaded.to_image(ByteOrder::NATIVE, NOW, NOW + YEAR).unwrap()
}

fn open(image: &[u8]) -> Result<Verifier<'static>, Error> {
    Verifier::open_owned(image, Trust::Storage)
}

/// The image with the digest that its other octets have.
fn with_its_digest(mut image: Vec<u8>) -> Vec<u8> {
    let rest = image.len() - LINE;
    let digest = image::digest(&image[..rest]);
    image[rest..rest + 32].copy_from_slice(&digest);
    image
}

#[test]
fn a_changed_image_is_refused() {
    let image = two_keys(Profile::Tiny);
    let table = LINE * Profile::Tiny.table_entries();
    assert_eq!(image.len(), HEAD + 2 * KEY + LINE * Profile::Tiny.entries(2) + LINE);
    assert!(open(&image).is_ok() && with_its_digest(image.clone()) == image);
    let refused = |image: &[u8]| open(image).err() == Some(Error::ImageMalformed);
    let mut changed = image.clone();
    for bit in 0..8 * image.len() {
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(refused(&changed), "bit {bit}");
        changed[bit / 8] ^= 1 << (bit % 8);
    }
    for len in 0..image.len() {
        assert!(refused(&image[..len]), "{len} octets");
        if len % LINE == 0 && len >= LINE {
            assert!(refused(&with_its_digest(image[..len].to_vec())), "{len} octets");
        }
    }
    assert!(refused(&[&image[..], &[0]].concat()) && refused(&[&image[..], &[0; LINE]].concat()));
    assert!(refused(&image[1..]) && refused(&[&[0][..], &image[..image.len() - 1]].concat()));
    // Parts of it in another place, with the digest of the whole.
    let parts = [HEAD, HEAD + KEY, HEAD + 2 * KEY, image.len() - LINE - 2 * table, image.len() - LINE - table];
    for (from, to, len) in [(parts[3], parts[4], table), (parts[0], parts[1], KEY), (parts[0], parts[1], KEY - 64)] {
        let mut exchanged = image.clone();
        exchanged[from..from + len].copy_from_slice(&image[to..to + len]);
        exchanged[to..to + len].copy_from_slice(&image[from..from + len]);
        let exchanged = with_its_digest(exchanged);
        // Without their points, exchanged `kid`s are another image that is right in itself.
        assert_eq!(refused(&exchanged), len != KEY - 64, "{from} and {to}");
    }
    // The base point's table, where the image has one, is the first.
    if parts[3] - parts[2] == table {
        let mut replaced = image.clone();
        replaced[parts[2]..parts[2] + table].copy_from_slice(&image[parts[3]..parts[3] + table]);
        assert!(refused(&with_its_digest(replaced)));
    }
}

/// What the head or a key says wrongly, under the right digest.
#[test]
fn a_field_out_of_its_range_is_refused() {
    let image = two_keys(Profile::Tiny);
    let number = |at: usize| u32::from_ne_bytes(image[at..at + 4].try_into().unwrap());
    let with = |at: usize, octets: &[u8]| {
        let mut changed = image.clone();
        changed[at..at + octets.len()].copy_from_slice(octets);
        slug(open(&with_its_digest(changed)))
    };
    let mut expected = 0;
    // Magic, byte order, version, profile, backend, five numbers of the comb, four counts.
    for at in [0, 4].into_iter().chain((8..60).step_by(4)) {
        for wrong in [number(at) ^ 1, number(at).swap_bytes(), number(at) + 2, u32::MAX, 0] {
            if wrong != number(at) {
                assert_eq!(with(at, &wrong.to_ne_bytes()), "image_malformed", "{wrong} at {at}");
                expected += 1;
            }
        }
    }
    let issuer = number(88) as usize;
    for (at, octets, verdict) in [
        (60, &1_u32.to_ne_bytes()[..], "ok"),
        (60, &2_u32.to_ne_bytes(), "image_malformed"),
        (64, &300_u32.to_ne_bytes(), "ok"),
        (64, &301_u32.to_ne_bytes(), "image_malformed"),
        (68, &65_536_u32.to_ne_bytes(), "ok"),
        (68, &65_537_u32.to_ne_bytes(), "image_malformed"),
        (68, &0_u32.to_ne_bytes(), "image_malformed"),
        (72, &(NOW + YEAR).to_ne_bytes(), "ok"),
        (72, &(NOW + YEAR + 1).to_ne_bytes(), "image_malformed"),
        (80, &NOW.to_ne_bytes(), "ok"),
        (80, &(NOW - 1).to_ne_bytes(), "image_malformed"),
        (88, &0_u32.to_ne_bytes(), "image_malformed"),
        (88, &257_u32.to_ne_bytes(), "image_malformed"),
        (88, &(issuer as u32 - 1).to_ne_bytes(), "image_malformed"),
        (92, &65_u32.to_ne_bytes(), "image_malformed"),
        (92, &0_u32.to_ne_bytes(), "image_malformed"),
        (96, &[1], "image_malformed"),
        (127, &[1], "image_malformed"),
        (128, &[0xff], "image_malformed"),
        (128 + issuer, b"x", "image_malformed"),
        (HEAD, &0_u32.to_ne_bytes(), "image_malformed"),
        (HEAD, &129_u32.to_ne_bytes(), "image_malformed"),
        (HEAD + 4, &[1], "image_malformed"),
        (HEAD + 64, &[0xff], "image_malformed"),
        (HEAD + 191, &[1], "image_malformed"),
        (HEAD + 192, &[0xff; 32], "image_malformed"),
        (HEAD + 255, &[image[HEAD + 255] ^ 1], "image_malformed"),
        (image.len() - 1, &[1], "image_malformed"),
    ] {
        assert_eq!(with(at, octets), verdict, "{octets:?} at {at}");
        expected += 1;
    }
    say(&format!("image: {expected} heads and keys with another field"));
}

#[test]
fn an_expected_digest_tells_two_good_images_apart() {
    let image = two_keys(Profile::Compact);
    let digest = image::digest(&image);
    let mut other = image.clone();
    other[80..88].copy_from_slice(&(NOW + 2 * YEAR).to_ne_bytes());
    let other = with_its_digest(other);
    assert_eq!(slug(open(&other)), "ok");
    assert_eq!(slug(Verifier::open_owned(&image, Trust::Digest(&digest))), "ok");
    assert_eq!(slug(Verifier::open_owned(&other, Trust::Digest(&digest))), "image_malformed");
    assert_eq!(slug(Verifier::open_owned(&image, Trust::Digest(&image::digest(&other)))), "image_malformed");
}

/// Where it lies, without a copy; and with too few keys.
#[test]
fn an_image_is_opened_where_it_lies() {
    const LINES: usize = 7 + 2 * 4 + Profile::Tiny.entries(2) + 1;
    let image = two_keys(Profile::Tiny);
    let lines = image::lines::<LINES>(&image);
    let token = Project::new(4).access_token(NOW);
    let mut keys = [Key::VACANT; 3];
    let opened = Verifier::open(&lines, &mut keys, Trust::Storage).unwrap();
    assert_eq!(verify(&opened, token.as_bytes(), NOW), "ok");
    assert_eq!(opened.snapshot().keys().len(), 2);
    assert_eq!(slug(Verifier::open(&lines, &mut keys[..1], Trust::Storage)), "buffer_too_small");
    assert_eq!(slug(Verifier::open(&lines[..LINES - 1], &mut keys, Trust::Storage)), "image_malformed");
    // Octets of another length.
    for octets in [&image[..image.len() - 1], &[&image[..], &[0; LINE]].concat()[LINE..]] {
        let lines: [TableEntry; LINES] = image::lines(octets);
        assert_eq!(slug(Verifier::open(&lines, &mut keys, Trust::Storage)), "image_malformed");
    }
}

/// The other byte order has the same numbers, each reversed; and this machine refuses it.
#[test]
fn an_image_for_the_other_byte_order() {
    let other = if ByteOrder::NATIVE == ByteOrder::Little { ByteOrder::Big } else { ByteOrder::Little };
    let document = Project::new(6).config_document().to_json();
    for profile in PROFILES {
        let options = Options::new().profile(profile).portable().api_keys(true).leeway_seconds(3);
        let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
        let [native, foreign] =
            [ByteOrder::NATIVE, other].map(|order| loaded.to_image(order, NOW, NOW + YEAR).unwrap());
        assert_eq!(slug(open(&foreign)), "image_malformed");
        let tables = HEAD + KEY..native.len() - LINE;
        let widths = [(8..72, 4), (72..88, 8), (88..96, 4), (HEAD..HEAD + 4, 4), (tables, 8)];
        let mut turned = foreign.clone();
        for (range, width) in widths {
            turned[range].chunks_exact_mut(width).for_each(<[u8]>::reverse);
        }
        assert!(with_its_digest(turned) == native, "{profile:?}");
    }
}
