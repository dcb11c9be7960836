//! Work that an input must not be able to multiply: the time it takes beside that of a harmless one of its size.

use crate::{
    common::room::Room,
    fixture::{document_of, key},
};
use std::time::{Duration, Instant};
use tesseral_verify::{Options, Profile};

/// What a document may take, in multiples of the harmless one. Work that grows with the square takes over a hundred.
const MOST: u32 = 8;

/// The shortest of some runs.
fn time_to_load(document: &str) -> Duration {
    let options = Options::new().profile(Profile::Tiny);
    let mut room = Room::new();
    let mut load = || {
        let start = Instant::now();
        assert_eq!(room.load(document.as_bytes(), &options).unwrap().snapshot().keys().len(), 1);
        start.elapsed()
    };
    (0..5).map(|_| load()).min().unwrap()
}

/// A key is compared with every other one of its `kid`; what else stands in it must not be read each time.
#[test]
fn a_long_key_that_is_repeated() {
    let (jwk, long) = (key().jwk(), "1".repeat(120_000));
    let with = |first: String| {
        let mut keys = vec![jwk.clone(); 600];
        keys[0] = first;
        document_of(&keys)
    };
    let harmless = time_to_load(&with(jwk.clone()).replacen('{', &format!(r#"{{"junk":{long},"#), 1));
    let spaces = " ".repeat(long.len());
    for (name, hostile) in [
        ("a member", jwk.replacen('{', &format!(r#"{{"junk":{long},"#), 1)),
        ("space before kid", jwk.replacen(r#""kid":"#, &format!(r#""kid":{spaces}"#), 1)),
        ("space before y", jwk.replacen(r#""y":"#, &format!(r#""y":{spaces}"#), 1)),
    ] {
        let took = time_to_load(&with(hostile));
        assert!(took < MOST * harmless, "{name}: {took:?}, the harmless one {harmless:?}");
    }
}
