//! Loading and verifying never use the heap: this program has an allocator that counts its calls.

mod common;

use common::{
    room::slug,
    sets::{authored, list, say, text},
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};
use tesseral_verify::{
    ApiKey, Authentication, Error, Key, Memory, Options, Profile, Revoked, TableEntry, Verifier, revoked,
};

struct Counting;

thread_local! {
    /// Calls of the allocator by this thread; tests run in threads of their own.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    CALLS.with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call is handed on to `System` as it is; counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `GlobalAlloc::alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `GlobalAlloc::realloc`, and `place` came from `System`.
        unsafe { System.realloc(place, layout, len) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller keeps the promises of `GlobalAlloc::dealloc`, and `place` came from `System`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` gives, and how often it called the allocator.
fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = CALLS.get();
    let result = work();
    (result, CALLS.get() - before)
}

#[test]
fn the_counter_counts() {
    assert_eq!(counted(|| ()).1, 0);
    assert_eq!(counted(|| drop(std::hint::black_box(Box::new(1)))).1, 2);
    assert!(counted(|| drop(std::hint::black_box(vec![1; 100].repeat(3)))).1 >= 4);
}

/// Memory for 64 keys, made before counting starts.
fn memory() -> (Vec<Key>, Vec<TableEntry>) {
    (vec![Key::VACANT; 64], vec![TableEntry::ZERO; Profile::Server.entries(64)])
}

/// An image, where it lies: a good one, and one that is refused.
#[cfg(feature = "alloc")]
#[test]
fn opening_an_image() {
    use tesseral_verify::image::{ByteOrder, Trust, lines};
    const LINES: usize = 7 + 4 + Profile::Tiny.entries(1) + 1;
    let document = fake_tesseral::Project::new(1).config_document().to_json();
    let options = Options::new().profile(Profile::Tiny);
    let loaded = Verifier::load_owned(document.as_bytes(), &options).unwrap();
    let lines = lines::<LINES>(&loaded.to_image(ByteOrder::NATIVE, 0, 1).unwrap());
    let mut keys = [Key::VACANT];
    for (lines, good) in [(&lines[..], true), (&lines[1..], false)] {
        let (opened, allocations) = counted(|| Verifier::open(lines, &mut keys, Trust::Storage).is_ok());
        assert_eq!((opened, allocations), (good, 0));
    }
}

/// Every token and document of the authored vectors, accepted and refused, through both calls.
#[test]
fn load_verify_and_authenticate() {
    let (mut keys, mut entries) = memory();
    let (mut calls, mut allocations) = (0, 0);
    let mut slugs = std::collections::BTreeSet::new();
    for file in ["jwt_hostile_corpus.json", "es256_extreme_scalars.json", "forged_and_bounds.json"] {
        let set = authored(file);
        let options = Options::new().issuer(text(&set, "issuer")).project_id("p");
        let mut scratch = vec![0; tesseral_verify::limits::scratch_len(16_384)];
        let mut batch_scratch = scratch.repeat(3);
        // Some documents say which project they are of, and that wins over the options.
        let named = set.get("projectId").map_or("none", |id| id.as_str().unwrap());
        for test in list(&set, "tests").iter().filter(|test| test.get("token").is_some()) {
            let document = test.get("jwks").unwrap_or(&set["jwks"]).as_str().unwrap().as_bytes();
            let now = test.get("now").unwrap_or(&set["now_default"]).as_i64().unwrap();
            let token = text(test, "token").as_bytes();
            let bearer = [b"Bearer ", token].concat();
            let names = ["p", named].map(|id| format!("tesseral_{id}_access_token="));
            let cookie = [names[0].as_bytes(), token, b"; ", names[1].as_bytes(), token].concat();
            let (verdict, here) = counted(|| {
                let memory = Memory::borrowed(&mut keys, &mut entries);
                let verifier = Verifier::load(document, memory, &options).map_err(|refusal| refusal.error)?;
                let through_header = verifier.authenticate([&bearer[..]], [], now, None, &mut scratch).map(drop);
                let cookies = [&cookie[..], &cookie[..], &cookie[..]];
                let through_cookie = verifier.authenticate([], cookies, now, None, &mut scratch).map(drop);
                let itself = verifier.verify_token(token, now, None, &mut scratch).map(|auth| {
                    assert!(!auth.has_permission("x.y.z") && !auth.organization_id().is_empty());
                });
                let mut verdicts = [Err(Error::InternalError); 3];
                verifier.verify_batch(&[token, b"a.b.c", token], now, None, &mut batch_scratch, &mut verdicts)?;
                assert_eq!(verdicts.map(|verdict| verdict.map(drop)), [itself, Err(Error::TokenMalformed), itself]);
                if itself.is_ok() {
                    assert_eq!((through_header, through_cookie), (Ok(()), Ok(())));
                }
                itself
            });
            slugs.insert(slug(verdict));
            (calls, allocations) = (calls + 1, allocations + here);
        }
    }
    say(&format!("figure allocations_load_verify {allocations} calls in {calls} loads and verifications"));
    assert_eq!(allocations, 0);
    // Accepted tokens, and refusals by every check, so that every path was taken.
    assert!(calls > 800 && slugs.len() >= 16, "{calls} {slugs:?}");
}

#[test]
fn api_keys() {
    let project = fake_tesseral::Project::new(1);
    let document = project.config_document().to_json();
    let (mut keys, mut entries) = memory();
    let verifier =
        Verifier::load(document.as_bytes(), Memory::borrowed(&mut keys, &mut entries), &Options::new().api_keys(true))
            .unwrap();
    let mut scratch = vec![0; verifier.scratch_len()];
    let header = format!("Bearer p_{}", "0".repeat(55));
    let (answers, allocations) = counted(|| {
        let found = verifier.authenticate([header.as_bytes()], [], 0, None, &mut scratch);
        let Ok(Authentication::LookupNeeded(key)) = found else { return [Err(Error::InternalError); 3] };
        let mut out = [0; tesseral_verify::api_key::MAX_REQUEST_LEN];
        let request = key.request(&mut out).map(drop).and(ApiKey::parse(key.as_bytes()).map(drop));
        let _ = key.fingerprint();
        let mut scratch = [0; 100];
        let good = br#"{"apiKeyId":"\u0061","organizationId":"o","actions":["\u0061"]}"#;
        [
            request,
            key.response(200, good, &mut scratch).map(drop),
            key.response(400, br#"{"message":"unauthenticated_api_key"}"#, &mut scratch).map(drop),
        ]
    });
    assert_eq!(answers, [Ok(()), Ok(()), Err(Error::ApiKeyInvalid)]);
    assert_eq!(allocations, 0);
}

/// The worst documents: as many keys, conflicts and skipped keys as there may be.
#[test]
fn loading_the_largest_documents() {
    let project = fake_tesseral::Project::new(1);
    let jwk = |i: usize| project.signing_key().clone().with_kid(&format!("k{i}")).jwk();
    let many = |count: usize, skipped: usize| {
        let elements: Vec<_> = (0..count).map(jwk).chain((0..skipped).map(|_| "1".to_owned())).collect();
        format!(r#"{{"projectId":"p","keys":[{}]}}"#, elements.join(","))
    };
    let (mut keys, mut entries) = memory();
    for (document, expected) in [
        (many(64, 1_000), "ok"),
        (many(65, 0), "config_too_large"),
        (many(1_400, 0), "config_too_large"),
        (many(0, 100_000), "config_no_usable_key"),
        ("[".repeat(262_144), "config_malformed"),
    ] {
        let (verdict, allocations) = counted(|| {
            let memory = Memory::borrowed(&mut keys, &mut entries);
            Verifier::load(document.as_bytes(), memory, &Options::new()).map(drop)
        });
        assert_eq!((slug(verdict.map_err(|refusal| refusal.error)), allocations), (expected, 0));
    }
}

#[test]
fn lists_of_revoked_sessions_and_users_call_no_allocator() {
    let (project, other) = (fake_tesseral::ids::render("project_", 1), fake_tesseral::ids::render("project_", 2));
    let user = |value: u128| fake_tesseral::ids::render("user_", value);
    let entries: String = (0..1000).map(|value| format!("{project} {}\n", user(value))).collect();
    let list = format!("tesseral-revoked 1\n{entries}");
    let mut memory = vec![0; revoked::size(revoked::lines(list.as_bytes()))];
    let (known, unknown) = (user(7), user(1000));
    let (found, calls) = counted(|| {
        let refused = Revoked::load(b"tesseral-revoked 1\nx\n", &mut memory, [0; 16]).is_err();
        let read = Revoked::load(list.as_bytes(), &mut memory, [0; 16]).unwrap();
        [refused, read.contains(&project, &known), !read.contains(&project, &unknown), !read.contains(&other, &known)]
    });
    assert_eq!((found, calls), ([true; 4], 0));
}
