//! Debian's libjwt, called as a C program would: see libjwt.c.

use super::Peer;
use crate::{
    engines::openssl_key,
    tokens::{NOW, Set},
};
use std::ffi::{CString, c_char, c_int, c_long};

pub struct LibJwt {
    keys: Vec<Key>,
    issuer: CString,
    /// The token with its NUL. A C program's token ends with one already, so that copying is not measured.
    token: Vec<u8>,
    /// What `keys` points into.
    _owned: Vec<(CString, Vec<u8>)>,
}

#[repr(C)]
struct Key {
    kid: *const c_char,
    pem: *const u8,
    pem_len: c_int,
}

unsafe extern "C" {
    fn peer_libjwt_accepts(
        token: *const c_char,
        now: c_long,
        keys: *const Key,
        count: usize,
        issuer: *const c_char,
    ) -> c_int;
}

impl LibJwt {
    pub fn new(set: &Set) -> Self {
        let text = |text: &str| CString::new(text).expect("no NUL");
        let pem = |point| openssl_key(point).public_key_to_pem().expect("a key");
        let owned: Vec<_> = set.keys.iter().map(|key| (text(&key.kid), pem(&key.point))).collect();
        let keys = owned.iter().map(|(kid, pem)| Key {
            kid: kid.as_ptr(),
            pem: pem.as_ptr(),
            pem_len: pem.len().try_into().expect("short"),
        });
        Self { keys: keys.collect(), issuer: text(&set.issuer), token: Vec::new(), _owned: owned }
    }
}

impl Peer for LibJwt {
    fn accepts(&mut self, token: &str) -> bool {
        self.token.clear();
        self.token.extend_from_slice(token.as_bytes());
        self.token.push(0);
        let (token, keys) = (self.token.as_ptr().cast(), &self.keys);
        // SAFETY: token and issuer end with NUL; each key points into `_owned`, which lives as long as `self`.
        unsafe { peer_libjwt_accepts(token, NOW, keys.as_ptr(), keys.len(), self.issuer.as_ptr()) != 0 }
    }
}
