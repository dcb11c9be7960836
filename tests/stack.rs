//! How much stack loading and verifying need. A thread runs on painted memory; where the paint is gone, it was used.
#![cfg(target_os = "linux")]

mod common;

use common::{
    engine::PROFILES,
    room::slug,
    sets::{authored, list, say, text},
};
use std::{
    ffi::{c_int, c_void},
    hint::black_box,
    ptr::null_mut,
    sync::LazyLock,
};
use tesseral_verify::{Auth, Error, Key, Memory, Options, Profile, TableEntry, Verifier};

/// Bytes of stack that optimised builds may take (docs/design.md 10): small enough for microcontrollers, and the same for all.
const LIMIT: usize = 12 * 1024;
/// The same for batches in AVX-512 lanes, which only x86-64 processors have.
const LIMIT_OF_LANES: usize = 28 * 1024;

/// Bytes of painted memory: far more than anything here needs.
const STACK_LEN: usize = 1 << 18;
const PAINT: u64 = 0x5041_494e_5421_c0de;

/// Bytes of stack that `work` uses beyond those of a thread that does nothing.
fn stack_of(mut work: impl FnMut() + Send) -> usize {
    static NOTHING: LazyLock<usize> = LazyLock::new(|| used(&mut || ()));
    work(); // the first call may resolve symbols, which takes stack once
    used(&mut work).saturating_sub(*NOTHING)
}

fn used(work: &mut (dyn FnMut() + Send)) -> usize {
    let mut stack = vec![Page([PAINT; 512]); STACK_LEN / size_of::<Page>()];
    run_on(&mut stack, work);
    // The stack grows down: what is still painted at the low end was never reached.
    let words = stack.iter().flat_map(|page| page.0);
    let untouched = words.take_while(|word| *word == PAINT).count() * size_of::<u64>();
    assert!(untouched > STACK_LEN / 4, "the painted memory is too small");
    STACK_LEN - untouched
}

#[derive(Clone)]
#[repr(C, align(4096))]
struct Page([u64; 512]);

/// `pthread_attr_t` has 56 bytes on x86-64 and 64 on aarch64.
#[repr(C, align(16))]
struct Attributes([u8; 256]);

unsafe extern "C" {
    fn pthread_attr_init(attributes: *mut Attributes) -> c_int;
    fn pthread_attr_setstack(attributes: *mut Attributes, stack: *mut c_void, len: usize) -> c_int;
    fn pthread_attr_destroy(attributes: *mut Attributes) -> c_int;
    fn pthread_create(
        thread: *mut usize,
        attributes: *const Attributes,
        start: extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> c_int;
    fn pthread_join(thread: usize, result: *mut *mut c_void) -> c_int;
}

/// Runs `work` in a thread whose stack is this memory.
fn run_on(stack: &mut [Page], work: &mut (dyn FnMut() + Send)) {
    let (mut attributes, mut thread, mut work) = (Attributes([0; 256]), 0, work);
    let argument = (&raw mut work).cast::<c_void>();
    let (place, len) = (stack.as_mut_ptr().cast::<c_void>(), size_of_val(stack));
    // SAFETY: `attributes` is larger and more aligned than any `pthread_attr_t`.
    assert_eq!(unsafe { pthread_attr_init(&raw mut attributes) }, 0);
    // SAFETY: `attributes` was initialised, and the pages are ours and outlive the thread, which is joined below.
    assert_eq!(unsafe { pthread_attr_setstack(&raw mut attributes, place, len) }, 0);
    // SAFETY: `start` expects what `argument` points to, and that outlives the thread, too; `pthread_t` is one word.
    assert_eq!(unsafe { pthread_create(&raw mut thread, &raw const attributes, start, argument) }, 0);
    // SAFETY: the thread was created, and is joined once.
    assert_eq!(unsafe { pthread_join(thread, null_mut()) }, 0);
    // SAFETY: the attributes were initialised, and no thread needs them after its creation.
    assert_eq!(unsafe { pthread_attr_destroy(&raw mut attributes) }, 0);
}

extern "C" fn start(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `run_on` passes a pointer to its `&mut dyn FnMut()` and waits for this thread.
    let work = unsafe { &mut *argument.cast::<&mut (dyn FnMut() + Send)>() };
    work();
    null_mut()
}

fn figure(name: &str, octets: usize) {
    figure_within(LIMIT, name, octets);
}

fn figure_within(limit: usize, name: &str, octets: usize) {
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    say(&format!("figure {name} {octets} octets ({build})"));
    assert!(octets > 0, "{name}: nothing was measured");
    assert!(cfg!(debug_assertions) || octets <= limit, "{name}: {octets} octets are over {limit}");
}

#[test]
fn the_measure_measures() {
    let with = |len: usize| {
        stack_of(move || {
            if len == 0 {
                black_box(());
            } else {
                black_box(&mut [1_u8; 32_768]);
            }
        })
    };
    let (nothing, array) = (with(0), with(1));
    assert!((32_000..48_000).contains(&array) && nothing <= array, "{nothing} {array}");
}

#[test]
fn load() {
    let project = fake_tesseral::Project::new(1);
    let elements: Vec<_> =
        (0..128).map(|i| project.signing_key().clone().with_kid(&format!("k{}", i % 64)).jwk()).collect();
    let largest = format!(r#"{{"projectId":"p","keys":[{}]}}"#, elements.join(","));
    let (mut keys, mut entries) = (vec![Key::VACANT; 64], vec![TableEntry::ZERO; Profile::Server.entries(64)]);
    let mut documents = vec![largest, project.config_document().to_json(), "[".repeat(262_144)];
    let set = authored("jwt_hostile_corpus.json");
    documents.extend(
        list(&set, "tests").iter().filter_map(|test| test.get("jwks")).map(|jwks| jwks.as_str().unwrap().to_owned()),
    );
    let mut seen = std::collections::BTreeSet::new();
    let mut worst = 0;
    for profile in PROFILES {
        let options = Options::new().issuer("i").profile(profile);
        for document in &documents {
            let mut verdict = "";
            worst = worst.max(stack_of(|| {
                let memory = Memory::borrowed(&mut keys, &mut entries);
                let loaded = Verifier::load(document.as_bytes(), memory, &options);
                verdict = slug(loaded.map_err(|refusal| refusal.error));
            }));
            seen.insert(verdict);
        }
    }
    assert!(seen.len() >= 3, "accepted and refused ones: {seen:?}");
    figure("stack_load_octets", worst);
}

#[cfg(feature = "alloc")]
#[test]
fn open() {
    use tesseral_verify::image::{ByteOrder, Trust, digest, lines};
    const LINES: usize = 7 + 4 + Profile::Tiny.entries(1) + 1;
    let document = fake_tesseral::Project::new(1).config_document().to_json();
    let options = Options::new().profile(Profile::Tiny);
    let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
    let image = loaded.to_image(ByteOrder::NATIVE, 0, 1).unwrap();
    let (digest, good) = (digest(&image), lines::<LINES>(&image));
    let mut keys = [Key::VACANT];
    let mut worst = 0;
    for (lines, expected) in [(&good[..], "ok"), (&good[1..], "image_malformed"), (&[], "image_malformed")] {
        let mut verdict = "";
        worst = worst.max(stack_of(|| verdict = slug(Verifier::open(lines, &mut keys, Trust::Digest(&digest)))));
        assert_eq!(verdict, expected);
    }
    figure("stack_open_octets", worst);
}

#[test]
fn verify() {
    let (mut verifying, mut authenticating) = (0, 0);
    let mut seen = std::collections::BTreeSet::new();
    let files = ["jwt_hostile_corpus.json", "forged_and_bounds.json"];
    for (profile, file) in PROFILES.iter().flat_map(|profile| files.map(|file| (*profile, file))) {
        let set = authored(file);
        let options = Options::new().issuer(text(&set, "issuer")).project_id("p").profile(profile);
        let document = text(&set, "jwks").as_bytes();
        let (mut keys, mut entries) = (vec![Key::VACANT; 4], vec![TableEntry::ZERO; Profile::Server.entries(4)]);
        let verifier = Verifier::load(document, Memory::borrowed(&mut keys, &mut entries), &options).unwrap();
        let now = set["now_default"].as_i64().unwrap();
        let mut scratch = vec![0; verifier.scratch_len()];
        for test in list(&set, "tests").iter().filter(|test| test.get("jwks").is_none() && test.get("token").is_some())
        {
            let token = text(test, "token").as_bytes();
            let mut verdict = "";
            verifying =
                verifying.max(stack_of(|| verdict = slug(verifier.verify_token(token, now, None, &mut scratch))));
            seen.insert(verdict);
            let project_id = verifier.policy().project_id().unwrap();
            let cookie = [format!("tesseral_{project_id}_access_token=").as_bytes(), token].concat();
            let cookies = [&cookie[..]; 4];
            authenticating = authenticating.max(stack_of(|| {
                black_box(verifier.authenticate([], cookies, now, None, &mut scratch).is_ok());
            }));
        }
    }
    assert!(seen.len() >= 10 && seen.contains("ok"), "accepted ones, and refused ones of every check: {seen:?}");
    figure("stack_verify_octets", verifying);
    figure("stack_authenticate_octets", authenticating);
}

#[test]
fn verify_batch() {
    let project = fake_tesseral::Project::new(1);
    let document = project.config_document().to_json();
    let tokens: Vec<String> = (0..20).map(|user| project.mint(&project.claims_of(user, 1_750_000_000))).collect();
    let mut tokens: Vec<&[u8]> = tokens.iter().map(String::as_bytes).collect();
    tokens[3] = b"a.b.c";
    let stack_with = |profile: Profile, options: Options<'_>| {
        let options = options.profile(profile);
        let (mut keys, mut entries) = (vec![Key::VACANT; 1], vec![TableEntry::ZERO; profile.entries(1)]);
        let memory = Memory::borrowed(&mut keys, &mut entries);
        let verifier = Verifier::load(document.as_bytes(), memory, &options).unwrap();
        let mut scratch = vec![0; verifier.batch_scratch_len(tokens.len())];
        let mut accepted = 0;
        let octets = stack_of(|| {
            let mut verdicts = [Err(Error::InternalError); 20];
            assert_eq!(verifier.verify_batch(&tokens, 1_750_000_000, None, &mut scratch, &mut verdicts), Ok(()));
            accepted = black_box(&verdicts).iter().flatten().count();
        });
        assert_eq!(accepted, 19);
        // The caller's verdicts are not counted.
        octets - size_of::<[Result<Auth<'_>, Error>; 20]>()
    };
    let portable = PROFILES.map(|profile| stack_with(profile, Options::new().portable()));
    figure("stack_verify_batch_octets", portable.into_iter().max().unwrap());
    figure_within(LIMIT_OF_LANES, "stack_verify_batch_fastest_octets", stack_with(Profile::Server, Options::new()));
}
