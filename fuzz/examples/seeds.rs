//! Writes the seed corpora: `fuzz/corpus/<target>/`. With `--check`, runs every seed instead.
//!
//! Seeds come from `tests/vectors` and, where `TESSERAL_VECTORS` is set, from the sets in that folder.

use fake_tesseral::jws;
use serde_json::Value;
use std::{collections::BTreeSet, env, fs, path::Path, path::PathBuf};
use tesseral_verify_fuzz::{headers, json, revoked, snapshot, token, world};

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 5] = [
    ("token", token::run),
    ("snapshot", snapshot::run),
    ("json", json::run),
    ("headers", headers::run),
    ("revoked", revoked::run),
];

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut sets: Vec<Value> = read_all(&root.join("../tests/vectors"));
    let mut texts: Vec<Vec<u8>> = Vec::new();
    if let Some(folder) = env::var_os("TESSERAL_VECTORS").map(PathBuf::from) {
        sets.extend(read_all(&folder.join("authored")));
        texts = json_texts(&folder);
    } else {
        eprintln!("seeds: TESSERAL_VECTORS is not set, JSONTestSuite is left out");
    }
    let seeds = [tokens(&sets), snapshots(&sets), json_of(&sets, texts), headers_of(), lists_of(&sets)];
    for ((target, run), seeds) in TARGETS.into_iter().zip(seeds) {
        if env::args().any(|argument| argument == "--check") {
            seeds.iter().for_each(|seed| run(seed));
            println!("{target}: {} seeds hold", seeds.len());
            continue;
        }
        let folder = root.join("corpus").join(target);
        fs::create_dir_all(&folder).expect("a folder");
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed).expect("a file");
        }
        println!("{target}: {} seeds", seeds.len());
    }
}

type Seeds = BTreeSet<Vec<u8>>;

/// All vector files of a folder that are in the authored format.
fn read_all(folder: &Path) -> Vec<Value> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok()).collect()
}

fn tests(set: &Value) -> impl Iterator<Item = &Value> {
    set["tests"].as_array().into_iter().flatten()
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let url = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    fake_tesseral::base64url::decode(&url)
}

fn token_of(test: &Value) -> Option<Vec<u8>> {
    let text = test["token"].as_str().map(|token| token.as_bytes().to_vec());
    text.or_else(|| base64(test["token_b64"].as_str()?))
}

/// Every vector's header and claims, with the issuer and the kid of the world, and the token as it stands.
fn tokens(sets: &[Value]) -> Seeds {
    let mut seeds = Seeds::new();
    for set in sets {
        let issuer = set["issuer"].as_str().unwrap_or("-");
        let file_jwks = set["jwks"].as_str().unwrap_or("{}");
        for (number, test) in tests(set).enumerate() {
            let Some(token) = token_of(test) else { continue };
            let octet = |value: usize| u8::try_from(value % 256).expect("below 256");
            let choices = [octet(number), octet(number / 5)];
            if token.len() < 2000 {
                seeds.insert([&[1 | octet(number) << 1, 0, choices[0], 0, 0, 0], &*token].concat());
            }
            let Some([header, claims, _]) = std::str::from_utf8(&token).ok().and_then(jws::split) else { continue };
            let jwks: Value = serde_json::from_str(test["jwks"].as_str().unwrap_or(file_jwks)).unwrap_or_default();
            let mut seed = [header, claims].join(&0);
            for kid in jwks["keys"].as_array().into_iter().flatten().filter_map(|key| key["kid"].as_str()) {
                seed = replace(seed, kid.as_bytes(), &[2]);
            }
            seed = replace(seed, issuer.as_bytes(), &[1]);
            if seed.len() < 4000 {
                let world = [0, 2, 4][number % 3];
                seeds.insert([&[world, choices[1], choices[0], 0, 0, 0], &*seed].concat());
            }
        }
    }
    let claims = world::claims().with_actions(["a.b.c", "<é>"]).with_impersonator("i@example.com").to_json();
    let claims = replace(claims.into_bytes(), world::ISSUER.as_bytes(), &[1]);
    let fractions = replace(claims.clone(), b"\"nbf\":1750000000", b"\"nbf\":1749999999.25");
    let fractions = replace(fractions, b"\"exp\":1750000300", b"\"exp\":17500003007.5e-1");
    assert_ne!(claims, fractions);
    for header in
        [r#"{"kid":"k","alg":"ES256"}"#, r#"{"alg":"ES256","kid":"k\"\u00e9\n"}"#, r#"{"kid":"other","alg":"ES256"}"#]
    {
        for extra in 0..6 {
            for clock in 0..8 {
                for claims in [&claims, &fractions] {
                    seeds.insert([&[0, clock, extra, 0, 0, 0], header.as_bytes(), &[0], &**claims].concat());
                }
            }
        }
    }
    seeds
}

/// Every vector's list, with octets in place of the texts that the target knows.
fn lists_of(sets: &[Value]) -> Seeds {
    let mut seeds = Seeds::new();
    for test in sets.iter().flat_map(tests) {
        let Some(list) = test["list"].as_str() else { continue };
        let marks = [
            ("tesseral-revoked 1\n", "\u{1}"),
            ("{P}", "\u{2}"),
            ("{Q}", "\u{3}"),
            ("{S}", "\u{4}"),
            ("{U}", "\u{5}"),
            ("{ZERO}", "\u{8}"),
            ("{LONG}", "000"),
            ("{MAX}", "f5lxx1zz5pnorynqglhzmsp33"),
            ("{OVER}", "f5lxx1zz5pnorynqglhzmsp34"),
        ];
        let seed = marks.iter().fold(list.to_owned(), |list, (text, mark)| list.replace(text, mark));
        seeds.insert(seed.into_bytes());
    }
    seeds
}

/// Every vector's key set, with the test keys in place of its coordinates too, and what vectors cannot hold.
fn snapshots(sets: &[Value]) -> Seeds {
    let mut seeds = Seeds::new();
    let documents = sets.iter().flat_map(|set| tests(set).chain([set])).filter_map(|test| test["jwks"].as_str());
    for document in documents.filter(|document| document.len() < 8000) {
        for mode in [0x20, 0x35, 0x51, 0xe1, 0xf1] {
            seeds.insert([&[mode], document.as_bytes()].concat());
        }
    }
    for document in [
        &b"{\"keys\":[\x04]}"[..],
        b"{\"keys\":null}",
        b"{\"keys\":[],\"projectId\":\"project_x\"}",
        b"{\"projectId\":\"project_x\",\"keys\":[\x04,\x07]}",
        b"{\"keys\":[\x05]}",
        b"{\"keys\":[\x05,\x04,\x07]}",
        b"{\"keys\":[\x05,\x04,\x07,{\x03,\"kid\":\"z\",\x02}]}",
        b"{\"keys\":[\x06]}",
        b"{\"keys\":[\x05,\x06]}",
        b"{\"keys\":[\x06,\x05,\x04,\x04,\x07]}",
        b"{\"keys\":[{\x03,\"kid\":\"a\",\x01},{\x03,\"kid\":\"\\u0061\",\x02},{\x03,\"kid\":\"b\",\x02,\"use\":\"sig\"}]}",
        b"{\"keys\":[{\x03,\"kid\":\"a\",\x01,\"alg\":\"ES256\",\"key_ops\":[\"verify\"]},1,[],{\x03,\x01,\"d\":null}]}",
    ] {
        for mode in [0x00, 0x11, 0x27, 0x31, 0x42, 0x55, 0x59, 0x61] {
            seeds.insert([&[mode], document].concat());
        }
    }
    seeds
}

/// JSONTestSuite, the payloads of all vectors, and numbers at the edges.
fn json_of(sets: &[Value], texts: Vec<Vec<u8>>) -> Seeds {
    let mut seeds: Seeds = texts.into_iter().collect();
    let tokens = sets.iter().flat_map(tests).filter_map(token_of);
    let parts = tokens.filter_map(|token| jws::split(std::str::from_utf8(&token).ok()?));
    seeds.extend(parts.flat_map(|[header, payload, _]| [header, payload]).filter(|text| text.len() < 2000));
    for text in [
        "[9007199254740992,9007199254740992.0,9007199254740992.00001,9007199254740991.5,-0.0e-400,1e-400,0e401]",
        "[90071992547409920e-1,0.9007199254740992e16,0.9007199254740993E+16,1e0000000000000000000002]",
        r#"{"\ud83d\ude00":["\u0000","\u2028\/\b\f\n\r\t\"\\",""],"é":"\uDBFF\uDFFF"}"#,
    ] {
        seeds.insert(text.as_bytes().to_vec());
    }
    for depth in [32, 33] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            seeds.insert([open.repeat(depth), "0".to_owned(), close.repeat(depth)].concat().into_bytes());
        }
    }
    seeds
}

fn json_texts(folder: &Path) -> Vec<Vec<u8>> {
    let set = fs::read(folder.join("json_parsing/json_test_suite.json")).unwrap_or_default();
    let set: Value = serde_json::from_slice(&set).unwrap_or_default();
    tests(&set).filter_map(|test| base64(test["octets_base64"].as_str()?)).collect()
}

fn headers_of() -> Seeds {
    let lines: [&[u8]; 29] = [
        b"ABearer \x01",
        b"AbEARER   \x02 ",
        b"A\x08\x03",
        b"A\x08",
        b"ABearer",
        b"ABearer\t\x01",
        b"ABasic \x01",
        b"A\x08\x01 \t",
        b"A\x08\x01, \x08\x02",
        b"A\x08\x06,",
        b"ABasic x,\t\x08\x01",
        b"ADigest a=\"b\\\", \x08\x01\", c",
        b"ADigest a=\"b\\\\\", \x08\x01",
        b"ADigest a=\", \x08\x01",
        b"A\x08\x06",
        b"A\x08\x06x",
        b"A\x08tesseral_secret_key_x",
        b"A\x08-",
        b"C\x05\x01",
        b"Ca=b; \x05\"\x01\" ;\x05\x02",
        b"C\x05\x03; \x05\x01",
        b"C\x05\x04; \x05\x03; \x05\x03; \x05\x02; \x05\x01",
        b"C\x05\x04; \x05\x03; \x05\x03; \x05x; \x05\x01",
        b"C\x05; \x05\"\"; \x05\"; \x05\x01",
        b"C\x05\x06",
        b"C\x05x; \x05\x01",
        b"C\t\x05 \x01 \t",
        b"CTesseral_project_x_access_token=\x01",
        b"C;;=;\x07",
    ];
    let mut seeds = Seeds::new();
    for (number, line) in lines.iter().enumerate() {
        for mode in 0..6 {
            seeds.insert([&[mode], *line].concat());
            let next = lines[(number + 7) % lines.len()];
            seeds.insert([&[mode], *line, b"\n", next, b"\n", lines[11]].concat());
        }
    }
    seeds
}

fn replace(octets: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = &octets[..];
    while let Some((first, after)) = rest.split_first() {
        if rest.starts_with(from) {
            replaced.extend_from_slice(to);
            rest = &rest[from.len()..];
        } else {
            replaced.push(*first);
            rest = after;
        }
    }
    replaced
}
