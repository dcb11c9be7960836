//! Every limit: an input at the limit passes, and the nearest one beyond it does not.

use crate::{
    common::room::{Room, load_slug, slug, verify},
    fixture::{NOW, PROJECT, Payload, document, document_of, key, with_verifier},
};
use fake_tesseral::{Project, SigningKey};
use tesseral_verify::{Options, jwk::SkipReason, limits};

/// A token of exactly so many octets, good at [`NOW`].
fn token_of(len: usize) -> String {
    // Base64url has no text of 4k + 1 characters, so the header's length decides which lengths the payload may have.
    for filling in ["", "a", "aa", "aaa"] {
        let header = format!(r#"{{"kid":"{}","alg":"ES256","x":"{filling}"}}"#, key().kid());
        let empty = key().sign_compact(header.as_bytes(), Payload::new().and("x", r#""""#).json().as_bytes());
        let about = (len - empty.len()) * 3 / 4;
        for padding in about.saturating_sub(3)..about + 3 {
            let payload = Payload::new().and("x", format!(r#""{}""#, "a".repeat(padding))).json();
            let token = key().sign_compact(header.as_bytes(), payload.as_bytes());
            if token.len() == len {
                return token;
            }
        }
    }
    panic!("no token of {len} octets");
}

#[test]
fn token_length() {
    for (options, limit) in [
        (Options::new(), 16_384),
        (Options::new().max_token_len(1_000), 1_000),
        (Options::new().max_token_len(65_536), 65_536),
    ] {
        with_verifier(&options, |verifier| {
            for (len, expected) in [(limit - 1, "ok"), (limit, "ok"), (limit + 1, "token_too_large")] {
                assert_eq!(verify(verifier, token_of(len).as_bytes(), NOW), expected, "{len}");
            }
        });
    }
}

/// A token over the limit has this slug whatever its octets are, and no other token has it.
#[test]
fn token_length_whatever_the_octets() {
    with_verifier(&Options::new(), |verifier| {
        for octet in [0, b'.', b'a', 0xff] {
            assert_eq!(verify(verifier, &[octet; 16_384], NOW), "token_malformed", "{octet}");
            assert_eq!(verify(verifier, &[octet; 16_385], NOW), "token_too_large", "{octet}");
        }
    });
}

#[test]
fn scratch_of_the_exact_length_and_one_octet_short() {
    for limit in [1, 2, 3, 4, 5, 16_384, 65_536] {
        with_verifier(&Options::new().max_token_len(limit), |verifier| {
            assert_eq!(verifier.scratch_len(), limits::scratch_len(limit));
            let mut scratch = vec![0; verifier.scratch_len()];
            let too_small = "buffer_too_small";
            assert_eq!(slug(verifier.verify_token(b"", NOW, None, &mut scratch)), "token_malformed");
            assert_eq!(slug(verifier.authenticate([], [], NOW, None, &mut scratch)), "credentials_missing");
            scratch.pop();
            assert_eq!(slug(verifier.verify_token(b"", NOW, None, &mut scratch)), too_small);
            assert_eq!(slug(verifier.authenticate([], [], NOW, None, &mut scratch)), too_small);
            assert_eq!(slug(verifier.verify_token(b"", NOW, None, &mut [])), too_small);
        });
    }
}

/// The scratch of the stated size is enough for the token that needs most: one that consists of strings with escapes.
#[test]
fn scratch_suffices_for_the_longest_decoded_claims() {
    // Of all escapes, `\\` decodes to the longest text for its length: half of it.
    for unit in [r"\\", r"\u00e9", r"\ud83d\ude00", "é\\n"] {
        let claims = |count: usize| {
            let text = format!("\"{}\"", unit.repeat(count));
            Payload::new()
                .with("user", format!(r#"{{"id":{text},"email":{text}}}"#))
                .with("actions", format!("[{text}]"))
        };
        let longest = (1..).take_while(|count| claims(*count).json().len() * 4 / 3 + 183 <= 4_096).last().unwrap();
        let token = claims(longest).token();
        with_verifier(&Options::new().max_token_len(token.len()), |verifier| {
            assert_eq!(verify(verifier, token.as_bytes(), NOW), "ok", "{unit}");
        });
        with_verifier(&Options::new().max_token_len(token.len() - 1), |verifier| {
            assert_eq!(verify(verifier, token.as_bytes(), NOW), "token_too_large", "{unit}");
        });
    }
}

#[test]
fn options() {
    let document = document();
    let text = "i".repeat(257);
    for (rule, options, good) in [
        ("leeway", Options::new().leeway_seconds(300), true),
        ("leeway", Options::new().leeway_seconds(301), false),
        ("leeway", Options::new().leeway_seconds(u32::MAX), false),
        ("token limit", Options::new().max_token_len(65_536), true),
        ("token limit", Options::new().max_token_len(65_537), false),
        ("token limit", Options::new().max_token_len(usize::MAX), false),
        ("token limit", Options::new().max_token_len(1), true),
        ("token limit", Options::new().max_token_len(0), false),
        ("issuer", Options::new().issuer(&text[..256]), true),
        ("issuer", Options::new().issuer(&text), false),
        ("issuer", Options::new().issuer("i"), true),
        ("issuer", Options::new().issuer(""), false),
        ("project ID", Options::new().project_id(&text[..64]), true),
        ("project ID", Options::new().project_id(&text[..65]), false),
        ("project ID", Options::new().project_id(""), false),
    ] {
        let expected = if good { "ok" } else { "invalid_argument" };
        assert_eq!(load_slug(document.as_bytes(), &options), expected, "{rule}: {options:?}");
    }
}

#[test]
fn document_length() {
    let document = document();
    for (len, expected) in [(262_144, "ok"), (262_145, "config_too_large")] {
        let text = document.clone() + &" ".repeat(len - document.len());
        assert_eq!(load_slug(text.as_bytes(), &Options::new()), expected, "{len}");
    }
    // The length is checked before the form.
    assert_eq!(load_slug(&vec![b'x'; 262_144], &Options::new()), "config_malformed");
    assert_eq!(load_slug(&vec![b'x'; 262_145], &Options::new()), "config_too_large");
}

/// So many different keys; the kids are `k0`, `k1` and so on.
fn many(count: usize) -> Vec<String> {
    let key = |i: usize| key().clone().with_kid(&format!("k{i}")).jwk();
    (0..count).map(key).collect()
}

#[test]
fn usable_keys() {
    for (count, expected) in [(1, "ok"), (64, "ok"), (65, "config_too_large"), (66, "config_too_large")] {
        assert_eq!(load_slug(document_of(&many(count)).as_bytes(), &Options::new()), expected, "{count}");
    }
    let mut keys = many(64);
    keys.extend(["null".to_owned(), keys[0].clone()]);
    assert_eq!(load_slug(document_of(&keys).as_bytes(), &Options::new()), "ok", "only usable ones count");
}

#[test]
fn the_last_of_the_most_keys_verifies() {
    let document = document_of(&many(64));
    let mut room = Room::with_keys(64);
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    for (kid, expected) in [("k0", "ok"), ("k63", "ok"), ("k64", "key_unknown")] {
        let token = key().clone().with_kid(kid).sign_claims(&Payload::new().json());
        assert_eq!(verify(&verifier, token.as_bytes(), NOW), expected, "{kid}");
    }
}

#[test]
fn memory_for_exactly_the_keys_and_for_one_less() {
    for count in [1, 2, 5, 64] {
        let document = document_of(&many(count));
        let load =
            |room: usize| slug(Room::with_keys(room).load(document.as_bytes(), &Options::new()).map_err(|e| e.error));
        assert_eq!(load(count), "ok", "{count}");
        assert_eq!(load(count - 1), "buffer_too_small", "{count}");
        assert_eq!(load(0), "buffer_too_small", "{count}");
    }
    // The document is refused for its own faults first.
    let document = document_of(&many(65));
    let loaded = Room::with_keys(1).load(document.as_bytes(), &Options::new()).map(|_| ());
    assert_eq!(loaded.unwrap_err().error.slug(), "config_too_large");
}

fn conflicting(kid: &str) -> [String; 2] {
    let other = Project::new(2).signing_key().clone();
    [key().clone().with_kid(kid).jwk(), other.with_kid(kid).jwk()]
}

/// A key that turns out to conflict makes room for another one.
#[test]
fn conflicts_free_capacity() {
    let mut keys = many(65);
    assert_eq!(load_slug(document_of(&keys).as_bytes(), &Options::new()), "config_too_large");
    keys.push(conflicting("k3")[1].clone());
    assert_eq!(load_slug(document_of(&keys).as_bytes(), &Options::new()), "ok");
    for conflicts in [1, 64] {
        for conflicts_first in [false, true] {
            let ids = (0..conflicts).flat_map(|i| conflicting(&format!("c{i}")));
            let keys: Vec<String> =
                if conflicts_first { ids.chain(many(64)).collect() } else { many(64).into_iter().chain(ids).collect() };
            assert_eq!(load_slug(document_of(&keys).as_bytes(), &Options::new()), "ok", "{conflicts}");
        }
    }
}

/// IDs are told apart up to 64 more than may be usable.
#[test]
fn different_kids_in_all() {
    for (conflicts, usable, expected) in
        [(127, 1, "ok"), (128, 1, "config_too_large"), (64, 64, "ok"), (65, 64, "config_too_large")]
    {
        let mut keys: Vec<String> = (0..conflicts).flat_map(|i| conflicting(&format!("c{i}"))).collect();
        keys.extend(many(usable));
        assert_eq!(load_slug(document_of(&keys).as_bytes(), &Options::new()), expected, "{conflicts} and {usable}");
    }
}

#[test]
fn skipped_keys_are_all_counted_and_64_are_listed() {
    for skipped in [64, 65, 1_000] {
        let mut keys = vec!["1".to_owned(); skipped];
        keys.push(key().jwk());
        let document = document_of(&keys);
        let mut room = Room::new();
        let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
        let snapshot = verifier.snapshot();
        assert_eq!((snapshot.keys_skipped(), snapshot.skipped().len()), (skipped, 64));
        assert!(snapshot.skipped().iter().enumerate().all(|(i, key)| key.index as usize == i));
        assert!(snapshot.skipped().iter().all(|key| key.reason == SkipReason::NotAnObject));
    }
}

fn keys_used(key: &SigningKey, jwk: &str) -> (usize, &'static str) {
    let document = document_of(&[&self::key().jwk(), jwk]);
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    let token = key.sign_claims(&Payload::new().json());
    (verifier.snapshot().keys().len(), verify(&verifier, token.as_bytes(), NOW))
}

#[test]
fn kid_length_after_decoding() {
    for (len, expected) in [(1, (2, "ok")), (128, (2, "ok")), (129, (1, "key_unknown"))] {
        for letter in ["k", "é", "\""] {
            let kid = letter.repeat(len / letter.len()) + &"k".repeat(len % letter.len());
            let named = key().clone().with_kid(&kid);
            assert_eq!(keys_used(&named, &named.jwk()), expected, "{len} {letter}");
        }
        let kid = "k".repeat(len);
        let escaped = named_with_escapes(&kid);
        assert_eq!(keys_used(&key().clone().with_kid(&kid), &escaped), expected, "{len} with escapes");
    }
}

fn named_with_escapes(kid: &str) -> String {
    key().clone().with_kid("KID").jwk().replace("KID", &kid.replace('k', r"\u006b"))
}

#[test]
fn project_id_length_after_decoding() {
    for (len, expected) in [(1, "ok"), (64, "ok"), (65, "config_malformed")] {
        let plain = "p".repeat(len);
        for project_id in [plain.clone(), plain.replace('p', r"\u0070")] {
            let document = format!(r#"{{"projectId":"{project_id}","keys":[{}]}}"#, key().jwk());
            assert_eq!(load_slug(document.as_bytes(), &Options::new()), expected, "{len}");
        }
    }
}

#[test]
fn the_longest_issuer_is_compared_to_its_end() {
    let issuer = "i".repeat(256);
    with_verifier(&Options::new().issuer(&issuer), |verifier| {
        for (iss, expected) in
            [("i".repeat(256), "ok"), ("i".repeat(255) + "j", "issuer_mismatch"), ("i".repeat(257), "issuer_mismatch")]
        {
            let token = Payload::new().with("iss", format!("\"{iss}\"")).with("aud", format!("\"{issuer}\"")).token();
            assert_eq!(verify(verifier, token.as_bytes(), NOW), expected);
        }
    });
}

#[test]
fn limits_are_those_of_the_design() {
    assert_eq!(limits::DEFAULT_MAX_TOKEN_LEN, 16_384);
    assert_eq!(limits::MAX_TOKEN_LEN, 65_536);
    assert_eq!(limits::MAX_JSON_DEPTH, 32);
    assert_eq!(limits::MAX_DOCUMENT_LEN, 256 * 1024);
    assert_eq!((limits::MAX_KEYS, limits::MAX_KIDS, limits::MAX_KID_LEN), (64, 128, 128));
    assert_eq!((limits::MAX_PROJECT_ID_LEN, limits::MAX_ISSUER_LEN), (64, 256));
    assert_eq!(limits::MAX_LEEWAY_SECONDS, 300);
    assert_eq!(limits::MAX_COOKIE_CANDIDATES, 4);
    assert_eq!((limits::MIN_API_KEY_LEN, limits::MAX_API_KEY_LEN), (56, 119));
    assert_eq!((limits::MAX_NUMERIC_DATE, limits::MAX_NUMBER_EXPONENT), (1 << 53, 400));
    assert!(PROJECT.id.len() <= limits::MAX_PROJECT_ID_LEN && key().kid().len() <= limits::MAX_KID_LEN);
}
