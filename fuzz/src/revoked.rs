//! Target `revoked`: a list of revoked sessions and users, compared with a plain reading of the same list.
//!
//! 0x01 to 0x08 in the input stand for what [`texts`] says.

use crate::expand;
use fake_tesseral::ids;
use std::collections::BTreeSet;
use tesseral_verify::{Error, Revoked, ffi::*, revoked};

const SEED: [u8; 16] = *b"a seed of a test";

/// Checks all properties on one input.
pub fn run(input: &[u8]) {
    thread_local!(static TEXTS: Vec<(u8, Vec<u8>)> = texts());
    let list = TEXTS.with(|texts| expand(input, texts));
    let expected = reference(&list);

    let size = revoked::size(revoked::lines(&list));
    let mut memory = vec![0xa5; size];
    let read = Revoked::load(&list, &mut memory, SEED);
    assert_eq!(
        read.as_ref().map(Revoked::len).map_err(|refused| (refused.error, refused.line)),
        match &expected {
            Ok(entries) => Ok(entries.len()),
            Err(line) => Err((Error::RevocationsMalformed, Some(*line))),
        }
    );
    let owned = Revoked::load_owned(&list, SEED).map(|list| list.len());
    assert_eq!(owned, read.as_ref().map(Revoked::len).map_err(|refused| *refused), "memory of its own");
    assert_eq!(in_c(&list), expected.as_ref().map(BTreeSet::len).map_err(|line| *line), "C against the reference");

    match (read, &expected) {
        (Ok(read), Ok(entries)) => {
            for (project_id, id) in entries {
                assert!(read.contains(project_id, id));
                for (project_id, id) in [(id, project_id), (project_id, project_id), (id, id)] {
                    assert!(!read.contains(project_id, id), "the wrong way round");
                }
                for other in [changed(id), id[1..].to_owned(), format!("{id}0"), String::new()] {
                    let listed = entries.contains(&(project_id.clone(), other.clone()));
                    assert_eq!(read.contains(project_id, &other), listed);
                    let listed = entries.contains(&(other.clone(), id.clone()));
                    assert_eq!(read.contains(&other, id), listed);
                }
            }
            // The version line needs no room.
            let most = entries.len();
            if let Some(short) = revoked::size(most).checked_sub(1) {
                let refused = Revoked::load(&list, &mut vec![0; short], SEED).map(drop).err();
                assert!(refused.is_none_or(|refused| refused.error == Error::BufferTooSmall));
            }
        }
        (Err(_), Err(_)) => assert!(memory.iter().all(|octet| *octet == 0xa5), "a refusal writes nothing"),
        _ => unreachable!("compared above"),
    }
}

/// Pieces of lists that a fuzzer would not find by chance.
pub fn texts() -> Vec<(u8, Vec<u8>)> {
    let id = |prefix: &str, value| ids::render(prefix, value).into_bytes();
    vec![
        (1, b"tesseral-revoked 1\n".to_vec()),
        (2, id("project_", 7)),
        (3, id("project_", u128::MAX)),
        (4, id("session_", 7)),
        (5, id("user_", 7)),
        (6, id("session_", u128::MAX)),
        (7, [id("project_", 7), b" ".to_vec(), id("user_", 1 << 100), b"\n".to_vec()].concat()),
        (8, vec![b'0'; 25]),
    ]
}

/// The different entries, or the number of the line at fault.
fn reference(list: &[u8]) -> Result<BTreeSet<(String, String)>, usize> {
    let mut entries = BTreeSet::new();
    let mut number = 0;
    for line in list.split_inclusive(|octet| *octet == b'\n') {
        number += 1;
        let line = line.strip_suffix(b"\n").ok_or(number)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if number == 1 {
            if line != b"tesseral-revoked 1" {
                return Err(number);
            }
            continue;
        }
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let line = std::str::from_utf8(line).map_err(|_| number)?;
        let (project_id, id) = line.split_once(' ').ok_or(number)?;
        let known = ["session_", "user_"].iter().any(|prefix| ids::parse(prefix, id).is_some());
        if ids::parse("project_", project_id).is_none() || !known {
            return Err(number);
        }
        entries.insert((project_id.to_owned(), id.to_owned()));
    }
    if number == 0 { Err(1) } else { Ok(entries) }
}

/// How many entries C finds, or the line at fault.
fn in_c(list: &[u8]) -> Result<usize, usize> {
    // SAFETY: the octets are readable.
    let size = unsafe { tesseral_revoked_size(list.as_ptr(), list.len()) };
    let mut memory = vec![0_u64; size.div_ceil(8)];
    let (mut revoked, mut line) = (std::ptr::null(), 0);
    // SAFETY: all pointers are to memory of these lengths.
    let status = unsafe {
        let start = memory.as_mut_ptr().cast();
        let (seed, seed_len) = (SEED.as_ptr(), SEED.len());
        tesseral_revoked_init(start, size, list.as_ptr(), list.len(), seed, seed_len, &raw mut revoked, &raw mut line)
    };
    match status {
        // SAFETY: it was made above, in memory that is still there.
        TESSERAL_OK => Ok(unsafe { tesseral_revoked_entries(revoked) }),
        TESSERAL_ERR_REVOCATIONS_MALFORMED => Err(line),
        other => panic!("status {other}"),
    }
}

/// Another digit at the end.
fn changed(id: &str) -> String {
    let (front, last) = id.split_at(id.len() - 1);
    format!("{front}{}", if last == "0" { "1" } else { "0" })
}
