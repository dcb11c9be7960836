//! A batch gives each token the verdict that it has alone.
#![cfg(feature = "alloc")]

mod common;

use common::{
    engine::PROFILES,
    room::slug,
    sets::{Summary, authored, base64, list, say, text},
};
use fake_tesseral::{Project, jws};
use std::collections::BTreeMap;
use tesseral_verify::{Cache, Error, Options, Verifier, cache};

const NOW: i64 = 1_750_000_000;

/// The verdicts as slugs; accepted ones are for the right token.
fn batch(verifier: &Verifier<'_>, tokens: &[&[u8]], now: i64) -> Vec<&'static str> {
    let mut scratch = vec![0xaa; verifier.batch_scratch_len(tokens.len())];
    let mut verdicts = vec![Err(Error::InternalError); tokens.len()];
    assert_eq!(verifier.verify_batch(tokens, now, None, &mut scratch, &mut verdicts), Ok(()));
    for (verdict, token) in verdicts.iter().zip(tokens) {
        if let Ok(auth) = verdict {
            let mut scratch = vec![0; verifier.scratch_len()];
            let alone = verifier.verify_token(token, now, None, &mut scratch).unwrap();
            assert_eq!(auth.credentials(), alone.credentials());
            let claims = |auth: &tesseral_verify::Auth<'_>| serde_json::to_value(auth).unwrap();
            assert_eq!(claims(auth), claims(&alone));
        }
    }
    verdicts.into_iter().map(slug).collect()
}

/// All tokens of one document and one time in one call, in three orders.
#[test]
fn authored_vectors_in_mixed_orders() {
    for (file, count) in
        [("jwt_hostile_corpus.json", 388), ("es256_extreme_scalars.json", 160), ("forged_and_bounds.json", 354)]
    {
        let set = authored(file);
        let mut groups = BTreeMap::<_, Vec<_>>::new();
        for test in list(&set, "tests") {
            let document = test.get("jwks").unwrap_or(&set["jwks"]).as_str().unwrap();
            let now = test.get("now").unwrap_or(&set["now_default"]).as_i64().unwrap();
            let token = match test.get("token_b64") {
                Some(octets) => base64(octets.as_str().unwrap()),
                None => text(test, "token").as_bytes().to_vec(),
            };
            groups.entry((document, now)).or_default().push((text(test, "id"), token, text(test, "slug")));
        }
        let mut summary = Summary::of(file, &set);
        for ((document, now), tests) in &groups {
            for (round, profile) in PROFILES.into_iter().enumerate() {
                let options = Options::new().issuer(text(&set, "issuer")).project_id("p").profile(profile);
                let verifier = match Verifier::load_owned(document.as_bytes(), &options) {
                    Ok(verifier) => verifier,
                    Err(refusal) => {
                        for (id, _, expected) in tests.iter().filter(|_| round == 0) {
                            summary.check(id, *expected, refusal.error.slug());
                        }
                        continue;
                    }
                };
                // A step that has no common divisor with the count visits each token once.
                let step = [1, tests.len().saturating_sub(1).max(1), 7][round];
                let step = if tests.len().is_multiple_of(step) { 1 } else { step };
                let order: Vec<_> = (0..tests.len()).map(|i| &tests[(i * step) % tests.len()]).collect();
                let tokens: Vec<_> = order.iter().map(|(_, token, _)| &token[..]).collect();
                for ((id, _, expected), verdict) in order.iter().zip(batch(&verifier, &tokens, *now)) {
                    if round == 0 {
                        summary.check(id, *expected, verdict);
                    } else {
                        summary.also(format!("{id} ({profile:?})"), *expected, verdict);
                    }
                }
            }
        }
        summary.finish(count);
    }
}

/// Every count up to two rounds of eight and a rest; one bad token in every place; four keys in turns.
#[test]
fn one_bad_token_in_every_place() {
    let mut project = Project::new(21);
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push((0..5).map(|user| project.mint(&project.claims_of(user, NOW))).collect::<Vec<_>>());
        project.rotate();
    }
    let tokens: Vec<String> = (0..20).map(|i| tokens[i % 4][i / 4].clone()).collect();
    let verifier = Verifier::load_owned(project.config_document().to_json().as_bytes(), &Options::new()).unwrap();
    let bad = [
        ("signature_invalid", jws::tamper(&tokens[0]).unwrap()),
        ("token_malformed", "a.b.c".to_owned()),
        ("token_too_large", "a".repeat(16_385)),
        ("key_unknown", Project::new(22).access_token(NOW)),
        ("token_expired", project.access_token(NOW - 301)),
        // S and R are 0: out of range before any arithmetic.
        ("signature_invalid", format!("{}.{}", tokens[1].rsplit_once('.').unwrap().0, "A".repeat(86))),
    ];
    let mut calls = 0;
    for count in 0..=20 {
        let good: Vec<&[u8]> = tokens[..count].iter().map(String::as_bytes).collect();
        assert_eq!(batch(&verifier, &good, NOW), vec!["ok"; count]);
        for (place, (expected, token)) in (0..count).flat_map(|place| bad.iter().map(move |bad| (place, bad))) {
            let mut mixed = good.clone();
            mixed[place] = token.as_bytes();
            let mut verdicts = vec!["ok"; count];
            verdicts[place] = expected;
            assert_eq!(batch(&verifier, &mixed, NOW), verdicts, "{expected} in place {place} of {count}");
            calls += 1;
        }
    }
    say(&format!("batch: {calls} batches with one bad token"));
    assert_eq!(calls, 6 * 20 * 21 / 2);
}

/// With a cache, twenty tokens twice in one batch are remembered once each, and the next batch finds them.
#[test]
fn a_cache_gives_the_same_verdicts() {
    let project = Project::new(22);
    let verifier = Verifier::load_owned(project.config_document().to_json().as_bytes(), &Options::new()).unwrap();
    let good: Vec<String> = (0..20).map(|user| project.mint(&project.claims_of(user, NOW))).collect();
    let bad = jws::tamper(&good[0]).unwrap();
    let tokens: Vec<&[u8]> = good.iter().chain(&good).chain([&bad]).map(String::as_bytes).collect();
    let mut memory = vec![0; cache::size(64, 2048)];
    let mut cache = Cache::new(&mut memory, 2048, [9; 16]).unwrap();
    let mut scratch = vec![0; verifier.batch_scratch_len(tokens.len())];
    for (now, hits, expected) in [(NOW, 0, "ok"), (NOW, 40, "ok"), (NOW + 301, 40, "token_expired")] {
        let before = (cache.hits(), cache.misses());
        let mut verdicts = vec![Err(Error::InternalError); tokens.len()];
        assert_eq!(verifier.verify_batch(&tokens, now, Some(&mut cache), &mut scratch, &mut verdicts), Ok(()));
        let found = cache.hits() - before.0;
        assert!(found >= hits && found + cache.misses() - before.1 == 41, "{found} hits of 41 tokens");
        let verdicts: Vec<_> = verdicts.into_iter().map(slug).collect();
        assert_eq!(verdicts[..40], [expected; 40]);
        assert_eq!(verdicts[40], "signature_invalid");
    }
}

/// A header unlike the issuer's is parsed each time; its signature is checked once.
#[test]
fn a_cache_saves_the_signature_check_of_any_header() {
    let set = authored("jwt_hostile_corpus.json");
    let tests: Vec<_> = list(&set, "tests")
        .iter()
        .filter(|test| text(test, "slug") == "ok" && test.get("token").is_some())
        .filter(|test| test.get("jwks").is_none() && test.get("now").is_none())
        .collect();
    let options = Options::new().issuer(text(&set, "issuer")).project_id("p");
    let verifier = Verifier::load_owned(set["jwks"].as_str().unwrap().as_bytes(), &options).unwrap();
    let now = set["now_default"].as_i64().unwrap();
    let mut memory = vec![0; cache::size(64, 4096)];
    let mut batches = 0;
    for test in tests {
        let token = text(test, "token").as_bytes();
        let mut cache = Cache::new(&mut memory, 4096, [9; 16]).unwrap();
        for hits in [0, 2] {
            let mut scratch = vec![0; verifier.batch_scratch_len(2)];
            let mut verdicts = vec![Err(Error::InternalError); 2];
            assert_eq!(verifier.verify_batch(&[token; 2], now, Some(&mut cache), &mut scratch, &mut verdicts), Ok(()));
            assert_eq!([slug(verdicts[0]), slug(verdicts[1])], ["ok"; 2]);
            assert_eq!(cache.hits(), hits, "{}", text(test, "id"));
            batches += 1;
        }
    }
    say(&format!("batch: {batches} batches of one token, remembered"));
    assert!(batches > 20);
}

#[test]
fn wrong_counts_and_short_scratch_refuse_all() {
    let project = Project::new(21);
    let verifier = Verifier::load_owned(project.config_document().to_json().as_bytes(), &Options::new()).unwrap();
    let token = project.access_token(NOW);
    let tokens = [token.as_bytes(); 3];
    let need = verifier.batch_scratch_len(3);
    assert_eq!(need, 3 * verifier.scratch_len());
    for (scratch_len, count, expected) in [
        (need, 3, Ok(())),
        (need - 1, 3, Err(Error::BufferTooSmall)),
        (0, 3, Err(Error::BufferTooSmall)),
        (need, 2, Err(Error::InvalidArgument)),
        (need, 4, Err(Error::InvalidArgument)),
    ] {
        let (mut scratch, mut good) = (vec![0; scratch_len], vec![0; verifier.scratch_len()]);
        // Verdicts left over from another call must be overwritten.
        let earlier = verifier.verify_token(token.as_bytes(), NOW, None, &mut good);
        let mut verdicts = vec![earlier; count];
        assert_eq!(verifier.verify_batch(&tokens, NOW, None, &mut scratch, &mut verdicts), expected);
        for verdict in verdicts {
            assert_eq!(verdict.map(drop), expected);
        }
    }
    assert_eq!(verifier.verify_batch(&[], NOW, None, &mut [], &mut []), Ok(()));
    assert_eq!(verifier.batch_scratch_len(usize::MAX), usize::MAX);
}
