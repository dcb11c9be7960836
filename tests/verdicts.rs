//! Every verdict on every vector, and a digest of them all: here a change proves that it changes no verdict.
//!
//! `TESSERAL_BLESS=1 cargo test --test verdicts` records them anew, all of them: it needs `TESSERAL_VECTORS`.

mod common;

use common::{
    der::raw_signature,
    engine::{Keys, PublicKey},
    lines::{every_case, hex},
    requests::{self, Requests},
    room::{Room, authenticate, load_slug, slug, verify},
    sets::{base64, document_around, external, folder, grouped, list, say, text, unhex},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::PathBuf,
};
use tesseral_verify::{Authentication, Cache, Error, Options, Verifier, cache, json::check};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/record/verdicts.txt")
}

#[test]
fn verdicts_are_those_of_the_record() {
    let verdicts = every_verdict();
    assert!(!verdicts.is_empty(), "no verdict");
    let corpora: Vec<_> = verdicts.chunk_by(|one, next| one.corpus == next.corpus).collect();
    for corpus in &corpora {
        say(&format!("verdicts {}: {}", corpus[0].corpus, corpus.len()));
    }
    let total = heading("total", &verdicts);
    say(&format!("verdicts {}", total.replace('\t', " ")));
    let all_seen = folder("the digest of all verdicts").is_some();
    if std::env::var_os("TESSERAL_BLESS").is_some() {
        assert!(all_seen, "a record needs every corpus: set TESSERAL_VECTORS");
        let sections: Vec<_> = corpora.iter().map(|corpus| section(corpus)).collect();
        fs::write(path(), format!("{}\n{total}\n", sections.join("\n"))).unwrap();
    }
    let record = fs::read_to_string(path()).unwrap_or_default();
    let mut differences = Vec::new();
    for corpus in corpora {
        let begins = format!("{}\t", corpus[0].corpus);
        let recorded = record.split("\n\n").find(|recorded| recorded.starts_with(&begins)).unwrap_or_default();
        if recorded.trim_end() != section(corpus).trim_end() {
            differences.extend(compare(corpus, recorded));
        }
    }
    let first: Vec<_> = differences.iter().take(16).map(String::as_str).collect();
    assert!(differences.is_empty(), "{} lines differ from the record, first:\n{}", differences.len(), first.join("\n"));
    // Also when a corpus of the record is gone, or the corpora have another order.
    assert!(!all_seen || record.lines().last() == Some(&total), "not the record's total: {total}");
}

/// The verdict on one vector in one of the ways in which it is judged.
struct Verdict {
    corpus: String,
    id: String,
    slug: &'static str,
    door: &'static str,
}

impl Verdict {
    fn new(corpus: &str, id: impl ToString, slug: &'static str, door: &'static str) -> Self {
        Self { corpus: corpus.to_owned(), id: id.to_string(), slug, door }
    }
}

fn every_verdict() -> Vec<Verdict> {
    let mut verdicts = tokens();
    verdicts.extend(requests());
    verdicts.extend(json_texts());
    verdicts.extend(imported_keys());
    verdicts.extend(signatures());
    verdicts.extend(points());
    verdicts
}

/// The document; then the token itself, for the second time with a cache, in a Bearer header, and in the cookie.
fn tokens() -> Vec<Verdict> {
    let (mut verdicts, mut room) = (Vec::new(), Room::with_keys(64));
    let mut memory = cache_memory();
    let mut cache = cache_in(&mut memory);
    for case in every_case() {
        let mut add = |slug, door| verdicts.push(Verdict::new(&case.file, &case.id, slug, door));
        let verifier = match room.load(case.document.as_bytes(), &case.options()) {
            Ok(verifier) => verifier,
            Err(refusal) => {
                add(refusal.error.slug(), "document");
                continue;
            }
        };
        add("ok", "document");
        add(verify(&verifier, &case.token, case.now), "token");
        verify_cached(&verifier, &case.token, case.now, &mut cache);
        add(verify_cached(&verifier, &case.token, case.now, &mut cache), "cached");
        let bearer = [b"Bearer ", &case.token[..]].concat();
        add(authenticate(&verifier, &[&bearer], &[], case.now), "bearer");
        if let Some(project_id) = verifier.policy().project_id() {
            let cookie = [format!("tesseral_{project_id}_access_token=").as_bytes(), &case.token].concat();
            add(authenticate(&verifier, &[], &[&cookie], case.now), "cookie");
        }
    }
    assert!(cache.hits() > 0);
    verdicts
}

/// Each without a cache, and for the second time with one.
fn requests() -> Vec<Verdict> {
    let (requests, mut room) = (Requests::read(), Room::new());
    let (mut verdicts, now) = (Vec::new(), requests.now());
    let mut memory = cache_memory();
    let mut cache = cache_in(&mut memory);
    for test in &requests.tests {
        let verifier = room.load(requests.document().as_bytes(), &Options::new().api_keys(test.api_keys)).unwrap();
        let [authorization, cookie] =
            [&test.authorization, &test.cookie].map(|values| values.iter().map(String::as_bytes).collect::<Vec<_>>());
        let mut add = |slug, door| verdicts.push(Verdict::new(requests::FILE, &test.id, slug, door));
        add(authenticate(&verifier, &authorization, &cookie, now), "request");
        authenticate_cached(&verifier, &authorization, &cookie, now, &mut cache);
        add(authenticate_cached(&verifier, &authorization, &cookie, now, &mut cache), "cached");
    }
    assert!(cache.hits() > 0);
    verdicts
}

/// As a whole text, and within a configuration document.
fn json_texts() -> Vec<Verdict> {
    const FILE: &str = "json_parsing/json_test_suite.json";
    let Some(set) = external(FILE) else { return Vec::new() };
    let verdicts = list(&set, "tests").iter().flat_map(|test| {
        let octets = base64(text(test, "octets_base64"));
        let whole = if check(&octets).is_ok() { "ok" } else { "refused" };
        let document = load_slug(&document_around(&octets), &Options::new().issuer("i"));
        [(whole, "text"), (document, "document")].map(|(slug, door)| Verdict::new(FILE, text(test, "name"), slug, door))
    });
    verdicts.collect()
}

fn imported_keys() -> Vec<Verdict> {
    const FILE: &str = "wycheproof/ecdh_secp256r1_webcrypto_test.json";
    let Some(set) = external(FILE) else { return Vec::new() };
    let verdicts = grouped(&set).map(|(_, test)| {
        let document = json!({ "keys": [test["public"]] }).to_string();
        Verdict::new(FILE, &test["tcId"], load_slug(document.as_bytes(), &Options::new().issuer("i")), "document")
    });
    verdicts.collect()
}

/// Those that are R ‖ S, or DER of such.
fn signatures() -> Vec<Verdict> {
    let (mut verdicts, mut keys) = (Vec::new(), Keys::default());
    for file in ["wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", "wycheproof/ecdsa_secp256r1_sha256_test.json"] {
        let Some(set) = external(file) else { continue };
        for (group, test) in grouped(&set) {
            let octets = unhex(text(test, "sig"));
            let signature = if file.contains("p1363") { octets.try_into().ok() } else { raw_signature(&octets) };
            if let Some(signature) = signature {
                let accepted = keys.of(group).accepts(&unhex(text(test, "msg")), &signature);
                let slug = if accepted { "ok" } else { Error::SignatureInvalid.slug() };
                verdicts.push(Verdict::new(file, &test["tcId"], slug, "signature"));
            }
        }
    }
    verdicts
}

fn points() -> Vec<Verdict> {
    const FILE: &str = "wycheproof/ecdh_secp256r1_ecpoint_test.json";
    let Some(set) = external(FILE) else { return Vec::new() };
    let verdicts = grouped(&set).map(|(_, test)| {
        let accepted = PublicKey::from_uncompressed(&unhex(text(test, "public"))).is_some();
        Verdict::new(FILE, &test["tcId"], if accepted { "ok" } else { "refused" }, "point")
    });
    verdicts.collect()
}

fn cache_memory() -> Vec<u8> {
    vec![0; cache::size(64, 4096)]
}

fn cache_in(memory: &mut [u8]) -> Cache<'_> {
    Cache::new(memory, 4096, *b"sixteen octets!!").unwrap()
}

fn verify_cached(verifier: &Verifier<'_>, token: &[u8], now: i64, cache: &mut Cache<'_>) -> &'static str {
    slug(verifier.verify_token(token, now, Some(cache), &mut vec![0; verifier.scratch_len()]))
}

fn authenticate_cached(
    verifier: &Verifier<'_>,
    authorization: &[&[u8]],
    cookie: &[&[u8]],
    now: i64,
    cache: &mut Cache<'_>,
) -> &'static str {
    let mut scratch = vec![0; verifier.scratch_len()];
    let (authorization, cookie) = (authorization.iter().copied(), cookie.iter().copied());
    match verifier.authenticate(authorization, cookie, now, Some(cache), &mut scratch) {
        Ok(Authentication::LookupNeeded(_)) => Error::ApiKeyLookupNeeded.slug(),
        verdict => slug(verdict),
    }
}

/// A name, how many verdicts it has, and SHA-256 of their lines.
fn heading(name: &str, verdicts: &[Verdict]) -> String {
    let lines = verdicts.iter().fold(String::new(), |mut lines, Verdict { corpus, id, slug, door }| {
        writeln!(lines, "{corpus}\t{id}\t{slug}\t{door}").unwrap();
        lines
    });
    format!("{name}\t{}\t{}", verdicts.len(), hex(&Sha256::digest(lines)))
}

/// A corpus in the record: its heading, and for each way of judging the slugs, equal neighbours counted.
fn section(corpus: &[Verdict]) -> String {
    let mut section = heading(&corpus[0].corpus, corpus) + "\n";
    for (door, verdicts) in by_door(corpus) {
        let runs = verdicts.chunk_by(|one, next| one.slug == next.slug);
        let runs: Vec<_> = runs.map(|run| format!("{} {}", run.len(), run[0].slug)).collect();
        writeln!(section, "{door}\t{}", runs.join(", ")).unwrap();
    }
    section
}

fn by_door(corpus: &[Verdict]) -> BTreeMap<&str, Vec<&Verdict>> {
    let mut doors = BTreeMap::<_, Vec<_>>::new();
    for verdict in corpus {
        doors.entry(verdict.door).or_default().push(verdict);
    }
    doors
}

/// Reads what [`section`] wrote: the slugs of each way of judging.
fn recorded_slugs(section: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut doors = BTreeMap::new();
    for (door, runs) in section.lines().skip(1).filter_map(|line| line.split_once('\t')) {
        let runs = runs.split(", ").map(|run| run.split_once(' ').unwrap());
        let slugs = runs.flat_map(|(count, slug)| std::iter::repeat_n(slug, count.parse().unwrap()));
        doors.insert(door, slugs.collect());
    }
    doors
}

/// One text for each verdict that is not the recorded one; at least one.
fn compare(corpus: &[Verdict], recorded: &str) -> Vec<String> {
    let name = &corpus[0].corpus;
    let (now, before) = (by_door(corpus), recorded_slugs(recorded));
    let doors: BTreeSet<_> = now.keys().chain(before.keys()).collect();
    let mut differences = Vec::new();
    for door in doors {
        let now = now.get(*door).map_or(&[][..], Vec::as_slice);
        let before = before.get(*door).map_or(&[][..], Vec::as_slice);
        if now.len() != before.len() {
            differences.push(format!("{name}, {door}: {} verdicts, recorded {}", now.len(), before.len()));
        }
        for (verdict, before) in now.iter().zip(before).filter(|(verdict, before)| verdict.slug != **before) {
            differences.push(format!("{name}, {}, {door}: {}, recorded {before}", verdict.id, verdict.slug));
        }
    }
    if differences.is_empty() {
        differences.push(format!("{name}: the same slugs, other vectors or another order"));
    }
    differences
}
