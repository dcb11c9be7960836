//! The C interface, called as a C program would, with guards around everything that it writes.

use std::{
    ffi::CStr,
    mem,
    ops::Range,
    ptr::{self, null_mut},
    slice,
};
use tesseral_verify::{Profile, ffi::*};

/// The octet that fills outputs before a call; a call that fails must leave it.
pub const UNTOUCHED: u8 = 0xa5;

/// A verifier of `tesseral_verifier_new` or `tesseral_verifier_init`.
pub struct Verifier {
    ptr: *const tesseral_verifier,
    /// Where it lives when it was built in place.
    memory: Vec<Line>,
}

/// Memory of the alignment that verifiers need.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u8; 64]);

impl Verifier {
    /// `tesseral_verifier_new`: status and verifier.
    pub fn new(document: &[u8], options: &tesseral_options) -> (u32, Option<Self>) {
        let mut ptr = ptr::dangling();
        // SAFETY: every argument is valid.
        let status = unsafe { tesseral_verifier_new(document.as_ptr(), document.len(), options, &raw mut ptr) };
        Self::outcome(status, ptr, Vec::new())
    }

    /// `tesseral_verifier_init` in exactly the memory that so many keys need.
    ///
    /// # Panics
    /// When a refusal has touched the memory.
    pub fn init(document: &[u8], options: &tesseral_options, keys: usize) -> (u32, Option<Self>) {
        let size = tesseral_verifier_size(options.profile, keys);
        let mut memory = vec![Line([UNTOUCHED; 64]); size.div_ceil(64)];
        let mut ptr = ptr::dangling();
        let start = memory.as_mut_ptr().cast();
        // SAFETY: every argument is valid.
        let status =
            unsafe { tesseral_verifier_init(start, size, document.as_ptr(), document.len(), options, &raw mut ptr) };
        if status != 0 {
            assert!(memory.iter().all(|line| line.0 == [UNTOUCHED; 64]), "a refusal wrote into the memory");
        }
        Self::outcome(status, ptr, memory)
    }

    fn outcome(status: u32, ptr: *const tesseral_verifier, memory: Vec<Line>) -> (u32, Option<Self>) {
        assert_eq!(status != 0, ptr == ptr::dangling(), "the verifier is written only on success");
        (status, (status == 0).then(|| Self { ptr, memory }))
    }

    /// Everything that it can be asked: project ID, issuer, kids.
    pub fn describe(&self) -> (String, String, Vec<String>) {
        let ask = |ask: unsafe extern "C" fn(*const tesseral_verifier, *mut tesseral_str) -> u32| {
            let mut answer = tesseral_str::NONE;
            // SAFETY: every argument is valid.
            assert_eq!(unsafe { ask(self.ptr, &raw mut answer) }, 0);
            text(answer).to_owned()
        };
        let kid = |index| {
            let mut kid = tesseral_str::NONE;
            // SAFETY: every argument is valid.
            let status = unsafe { tesseral_verifier_kid(self.ptr, index, &raw mut kid) };
            (status == 0).then(|| text(kid).to_owned())
        };
        let kids: Vec<_> = (0..).map_while(kid).collect();
        // SAFETY: the verifier is valid.
        assert_eq!(kids.len(), unsafe { tesseral_verifier_keys_used(self.ptr) });
        (ask(tesseral_verifier_project_id), ask(tesseral_verifier_issuer), kids)
    }

    /// `tesseral_verify_token`.
    pub fn verify_token(&self, token: &[u8], now: i64) -> Answer {
        self.answer(|scratch, scratch_len, auth| {
            // SAFETY: every argument is valid.
            unsafe {
                tesseral_verify_token(
                    self.ptr,
                    null_mut(),
                    token.as_ptr(),
                    token.len(),
                    now,
                    scratch,
                    scratch_len,
                    auth,
                )
            }
        })
    }

    /// `tesseral_verify_token` with a cache.
    pub fn verify_token_cached(&self, cache: &mut Cache, token: &[u8], now: i64) -> Answer {
        self.answer(|scratch, scratch_len, auth| {
            let (token, token_len) = (token.as_ptr(), token.len());
            // SAFETY: every argument is valid.
            unsafe { tesseral_verify_token(self.ptr, cache.ptr, token, token_len, now, scratch, scratch_len, auth) }
        })
    }

    /// `tesseral_authenticate`.
    pub fn authenticate(&self, authorization: &[&[u8]], cookie: &[&[u8]], now: i64) -> Answer {
        let strs = |values: &[&[u8]]| -> Vec<tesseral_str> {
            values.iter().map(|value| tesseral_str { ptr: value.as_ptr(), len: value.len() }).collect()
        };
        let (authorization, cookie) = (strs(authorization), strs(cookie));
        let headers = tesseral_headers {
            struct_size: size(mem::size_of::<tesseral_headers>()),
            refuse_api_keys: 0,
            authorization: authorization.as_ptr(),
            authorization_count: authorization.len(),
            cookie: cookie.as_ptr(),
            cookie_count: cookie.len(),
            credential: tesseral_str::NONE,
        };
        self.answer(|scratch, scratch_len, auth| {
            // SAFETY: every argument is valid.
            unsafe {
                tesseral_authenticate(
                    self.ptr,
                    null_mut(),
                    &raw const headers,
                    now,
                    scratch,
                    scratch_len,
                    auth,
                    null_mut(),
                )
            }
        })
    }

    /// Gives a call exactly the scratch memory that it needs, and a place for its answer with a guard behind it.
    fn answer(&self, call: impl FnOnce(*mut u8, usize, *mut tesseral_auth) -> u32) -> Answer {
        // SAFETY: the verifier is valid.
        let mut scratch = vec![UNTOUCHED; unsafe { tesseral_verifier_scratch_size(self.ptr) }];
        let mut place = mem::MaybeUninit::<Guarded>::uninit();
        let octets = place.as_mut_ptr().cast::<u8>();
        // SAFETY: the place has so many octets.
        unsafe { ptr::write_bytes(octets, UNTOUCHED, mem::size_of::<Guarded>()) };
        let struct_size = size(mem::size_of::<Guarded>());
        // SAFETY: `struct_size` is the first member.
        unsafe { octets.cast::<u32>().write(struct_size) };
        let status = call(scratch.as_mut_ptr(), scratch.len(), octets.cast());
        // SAFETY: the place is initialized throughout.
        let after = unsafe { slice::from_raw_parts(octets, mem::size_of::<Guarded>()) };
        let written = if status == 0 || status == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED {
            mem::size_of::<tesseral_auth>()
        } else {
            mem::size_of::<u32>()
        };
        assert!(after[written..].iter().all(|octet| *octet == UNTOUCHED), "written past the struct, or on failure");
        // SAFETY: integers and pointers: every pattern is valid.
        let auth = unsafe { place.assume_init() }.auth;
        assert_eq!(auth.struct_size, struct_size);
        Answer { status, auth, scratch }
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        let memory_before = self.memory.len();
        // SAFETY: made by this library and freed once; one that was built in place is left alone.
        unsafe { tesseral_verifier_free(self.ptr) };
        assert_eq!(self.memory.len(), memory_before);
    }
}

/// A cache of `tesseral_cache_init`.
pub struct Cache {
    ptr: *mut tesseral_cache,
    _memory: Vec<Line>,
}

impl Cache {
    /// Room for one set of tokens of this length.
    pub fn new(max_token_len: usize) -> Self {
        let size = tesseral_cache_size(1, max_token_len);
        let mut memory = vec![Line([UNTOUCHED; 64]); size.div_ceil(64)];
        let (seed, mut ptr) = ([1; 16], ptr::null_mut());
        let start = memory.as_mut_ptr().cast();
        // SAFETY: every argument is valid.
        let status =
            unsafe { tesseral_cache_init(start, size, max_token_len, seed.as_ptr(), seed.len(), &raw mut ptr) };
        assert_eq!(status, 0);
        Self { ptr, _memory: memory }
    }

    /// `tesseral_cache_hits`.
    pub fn hits(&self) -> u64 {
        // SAFETY: the cache is valid.
        unsafe { tesseral_cache_hits(self.ptr) }
    }
}

#[repr(C)]
struct Guarded {
    auth: tesseral_auth,
    guard: [u8; 24],
}

/// The result of a call; the strings of `auth` live in its input or in `scratch`.
pub struct Answer {
    /// 0 or a TESSERAL_ERR_ code.
    pub status: u32,
    /// Meaningful when the status is 0 or TESSERAL_ERR_API_KEY_LOOKUP_NEEDED.
    pub auth: tesseral_auth,
    scratch: Vec<u8>,
}

impl Answer {
    /// The slug of the status.
    pub fn slug(&self) -> &'static str {
        slug(self.status)
    }

    /// The addresses in which strings may lie.
    pub fn scratch(&self) -> Range<*const u8> {
        self.scratch.as_ptr_range()
    }

    /// A string through its accessor.
    pub fn string(&self, ask: unsafe extern "C" fn(*const tesseral_auth, *mut tesseral_str) -> u32) -> Option<&str> {
        let mut answer = tesseral_str::NONE;
        // SAFETY: every argument is valid.
        let status = unsafe { ask(&raw const self.auth, &raw mut answer) };
        assert_eq!(status, 0);
        optional(answer)
    }

    /// `tesseral_auth_access_token_claims`.
    pub fn claims(&self) -> &tesseral_access_token_claims {
        let mut claims = ptr::null();
        // SAFETY: every argument is valid.
        assert_eq!(unsafe { tesseral_auth_access_token_claims(&raw const self.auth, &raw mut claims) }, 0);
        assert_eq!(claims, &raw const self.auth.claims);
        &self.auth.claims
    }

    /// `tesseral_auth_copy`, after which the memory that the strings pointed into is overwritten, except for the credential.
    pub fn copied(mut self) -> Self {
        // SAFETY: the struct was filled.
        let len = unsafe { tesseral_auth_size(&raw const self.auth) };
        let mut memory = vec![UNTOUCHED; len];
        let auth = &raw mut self.auth;
        // SAFETY: every argument is valid.
        let status = unsafe { tesseral_auth_copy(auth, memory.as_mut_ptr(), len - 1, auth) };
        assert_eq!(status, TESSERAL_ERR_BUFFER_TOO_SMALL);
        assert!(memory.iter().all(|octet| *octet == UNTOUCHED), "a refusal wrote into the memory");
        // SAFETY: every argument is valid.
        assert_eq!(unsafe { tesseral_auth_copy(auth, memory.as_mut_ptr(), len, auth) }, 0);
        // SAFETY: the struct was filled.
        assert_eq!(unsafe { tesseral_auth_size(auth) }, len);
        self.scratch = memory;
        self
    }

    /// All actions.
    pub fn actions(&self) -> Vec<&str> {
        let mut cursor = tesseral_action_cursor { json_used: 0, decoded_used: 0 };
        let mut actions = Vec::new();
        loop {
            let mut action = tesseral_str::NONE;
            // SAFETY: every argument is valid.
            let more = unsafe { tesseral_auth_next_action(&raw const self.auth, &raw mut cursor, &raw mut action) };
            if !more {
                return actions;
            }
            actions.push(text(action));
        }
    }

    /// `tesseral_auth_permits`.
    pub fn permits(&self, action: &str) -> bool {
        // SAFETY: every argument is valid.
        unsafe { tesseral_auth_permits(&raw const self.auth, action.as_ptr(), action.len()) }
    }
}

/// Options for both ways of building.
pub fn options(
    profile: Profile,
    issuer: &str,
    project_id: &str,
    leeway_seconds: u32,
    max_token_len: usize,
    api_keys: bool,
) -> tesseral_options {
    let str = |text: &str| tesseral_str { ptr: text.as_ptr(), len: text.len() };
    tesseral_options {
        struct_size: size(mem::size_of::<tesseral_options>()),
        profile: match profile {
            Profile::Server => TESSERAL_PROFILE_SERVER,
            Profile::Compact => TESSERAL_PROFILE_COMPACT,
            Profile::Tiny => TESSERAL_PROFILE_TINY,
        },
        issuer: str(issuer),
        project_id: str(project_id),
        leeway_seconds,
        max_token_len: size(max_token_len),
        api_keys: u32::from(api_keys),
        reserved: 0,
        base_table: core::ptr::null(),
    }
}

/// `tesseral_survey_document`: status and, when one was written, the survey.
pub fn survey(document: &[u8], options: &tesseral_options) -> (u32, Option<tesseral_survey>) {
    let mut survey = mem::MaybeUninit::<tesseral_survey>::uninit();
    let octets = survey.as_mut_ptr().cast::<u8>();
    // SAFETY: the place has so many octets.
    unsafe { ptr::write_bytes(octets, UNTOUCHED, mem::size_of::<tesseral_survey>()) };
    // SAFETY: `struct_size` is the first member.
    unsafe { octets.cast::<u32>().write(size(mem::size_of::<tesseral_survey>())) };
    // SAFETY: every argument is valid.
    let status = unsafe { tesseral_survey_document(document.as_ptr(), document.len(), options, survey.as_mut_ptr()) };
    // SAFETY: all octets are initialized, and any are a survey.
    let survey = unsafe { survey.assume_init() };
    (status, (survey.skipped_count != u32::from_ne_bytes([UNTOUCHED; 4])).then_some(survey))
}

/// The slug of a status.
pub fn slug(status: u32) -> &'static str {
    // SAFETY: the library gives a static C string.
    unsafe { CStr::from_ptr(tesseral_status_slug(status)) }.to_str().expect("ASCII")
}

/// A result, unless there is none.
pub fn optional<'a>(result: tesseral_str) -> Option<&'a str> {
    (!result.ptr.is_null()).then(|| text(result))
}

/// The octets of a result, which must be UTF-8.
pub fn text<'a>(result: tesseral_str) -> &'a str {
    if result.ptr.is_null() {
        assert_eq!(result.len, 0);
        return "";
    }
    // SAFETY: the library says that these octets are readable; AddressSanitizer checks it.
    let octets = unsafe { slice::from_raw_parts(result.ptr, result.len) };
    std::str::from_utf8(octets).expect("results are UTF-8")
}

fn size(len: usize) -> u32 {
    u32::try_from(len).expect("small")
}
