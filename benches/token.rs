//! Verifies rotating tokens of one kind, so that a tool outside can count or time it:
//!
//!     token [KIND [COUNT]]
//!
//! Kinds name the check that ends the work: `token_malformed` after base64url, `key_unknown` after parsing a header,
//! `signature_invalid` after the signature, `ok` after the claims; `cached` is `ok` without the signature, `bearer_cached`
//! and `cookie_cached` the same from a request's header on. `open_tiny`, `open_compact` and `open_server` open an image with one
//! key in place of verifying a token. Without a kind, prints the time of each.

use fake_tesseral::{Project, base64url, jws};
use std::{hint::black_box, time::Instant};
use tesseral_verify::{
    Authentication, Cache, Error, Key, Memory, Options, Profile, TableEntry, Verifier, cache,
    image::{self, ByteOrder, Trust},
};

const KINDS: [&str; 7] =
    ["token_malformed", "key_unknown", "signature_invalid", "ok", "cached", "bearer_cached", "cookie_cached"];
const OPENINGS: [(&str, Profile); 3] =
    [("open_tiny", Profile::Tiny), ("open_compact", Profile::Compact), ("open_server", Profile::Server)];
const TOKENS: u32 = 512;
const NOW: i64 = 1_750_000_000;
/// Distinct tokens of a counted run: the same for every count, so that minting cancels out.
const FEW: u32 = 8;

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let project = Project::new(5);
    let document = project.config_document().to_json();
    let (mut keys, mut entries) = ([Key::VACANT], vec![TableEntry::ZERO; Profile::Server.entries(1)]);
    let verifier =
        Verifier::load(document.as_bytes(), Memory::borrowed(&mut keys, &mut entries), &Options::new()).unwrap();
    if let Some(kind) = arguments.first() {
        let count = arguments.get(1).map_or(TOKENS, |count| count.parse().expect("a number"));
        if let Some((_, profile)) = OPENINGS.iter().find(|(name, _)| name == kind) {
            return open(&document, *profile, count);
        }
        run(&verifier, kind, &tokens(&project, kind, FEW), count);
        return;
    }
    for (name, profile) in OPENINGS {
        let start = Instant::now();
        open(&document, profile, FEW);
        let few = start.elapsed();
        let start = Instant::now();
        open(&document, profile, FEW + TOKENS);
        let time = start.elapsed().saturating_sub(few).as_secs_f64() * 1e9 / f64::from(TOKENS);
        println!("figure {name}_ns {time:.0} ns");
    }
    for kind in KINDS {
        let tokens = tokens(&project, kind, TOKENS);
        run(&verifier, kind, &tokens, TOKENS);
        let mut times: Vec<_> = (0..9)
            .map(|_| {
                let start = Instant::now();
                run(&verifier, kind, &tokens, 4 * TOKENS);
                start.elapsed().as_secs_f64() * 1e9 / f64::from(4 * TOKENS)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("figure token_{kind}_ns {:.0} ns", times[4]);
    }
}

/// Opens an image of the document `count` times.
fn open(document: &str, profile: Profile, count: u32) {
    let options = Options::new().profile(profile).portable();
    let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
    let image = loaded.to_image(ByteOrder::NATIVE, NOW, NOW).unwrap();
    // Room for the largest; the rest of it is not used.
    let lines = image::lines::<MOST_LINES>(&image);
    let lines = &lines[..image.len() / size_of::<TableEntry>()];
    let digest = image::digest(&image);
    let mut keys = [Key::VACANT];
    for _ in 0..count {
        let opened = Verifier::open(black_box(lines), &mut keys, Trust::Digest(&digest)).unwrap();
        assert_eq!(opened.snapshot().keys().len(), 1);
    }
}

/// Lines of an image of the profile server with one key.
const MOST_LINES: usize = 7 + 4 + Profile::Server.entries(1) + 1;

/// Verifies `count` times, and asserts each verdict.
fn run(verifier: &Verifier<'_>, kind: &str, tokens: &[String], count: u32) {
    let mut scratch = vec![0; verifier.scratch_len()];
    let mut memory = vec![0; cache::size(2 * TOKENS as usize, 1024)];
    let mut cache = Cache::new(&mut memory, 1024, *b"sixteen octets!!").unwrap();
    let expected = Error::from_slug(kind);
    let mut verdict_of = |input: &str| {
        let input = black_box(input.as_bytes());
        let authentication = match kind {
            "cached" => return verifier.verify_token(input, NOW, Some(&mut cache), &mut scratch).err(),
            "bearer_cached" => verifier.authenticate([input], [], NOW, Some(&mut cache), &mut scratch),
            "cookie_cached" => verifier.authenticate([], [input], NOW, Some(&mut cache), &mut scratch),
            _ => return verifier.verify_token(input, NOW, None, &mut scratch).err(),
        };
        assert!(!matches!(authentication, Ok(Authentication::LookupNeeded(_))));
        authentication.err()
    };
    if kind.ends_with("cached") {
        // From here on each is remembered.
        for token in tokens {
            assert_eq!(verdict_of(token), None);
        }
    }
    for token in tokens.iter().cycle().take(count as usize) {
        assert_eq!(verdict_of(token), expected);
    }
}

/// Tokens of different users, of the same lengths for every kind.
fn tokens(project: &Project, kind: &str, count: u32) -> Vec<String> {
    let header = project.signing_key().jose_header();
    (0..count)
        .map(|user| {
            let token = project.mint(&project.claims_of(user, NOW));
            match kind {
                "ok" | "cached" => token,
                "bearer_cached" => format!("Bearer {token}"),
                // Beside the cookies that browsers have of any site: the token is not the first one.
                "cookie_cached" => {
                    let name = project.cookie_name();
                    format!("_ga=GA1.1.1234567890.1750000000; theme=dark; locale=en-GB; {name}={token}; consent=all")
                }
                "signature_invalid" => jws::tamper(&token).unwrap(),
                // The last character of the payload is outside the alphabet.
                "token_malformed" => {
                    let dot = token.rfind('.').unwrap();
                    format!("{}~{}", &token[..dot - 1], &token[dot..])
                }
                "key_unknown" => {
                    let (_, rest) = token.split_once('.').unwrap();
                    format!("{}.{rest}", base64url::encode(header.replace("key_", "kex_").as_bytes()))
                }
                _ => panic!("no such kind: {kind}"),
            }
        })
        .collect()
}
