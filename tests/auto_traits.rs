//! Any number of threads may share a verifier, and a value that owns its memory may move between threads.

mod common;

use common::sets::say;
use tesseral_verify::{
    AccessTokenClaims, ApiKey, Auth, Authentication, BaseTable, CredentialsType, Error, Key, LoadError, Memory,
    Options, Profile, Revoked, Snapshot, TableEntry, Verifier,
    json::{StringList, StringListIter},
    jwk::SkipReason,
    policy::Policy,
    revoked::ListError,
    snapshot::SkippedKey,
};

fn shared<T: Send + Sync>() {}
fn owned<T: Send + Sync + 'static>() {}
fn copied<T: Copy>() {}
fn a_good_error<T: core::error::Error + Send + Sync + 'static>() {}

#[test]
fn types_can_be_shared_by_threads() {
    owned::<Verifier<'static>>();
    owned::<Snapshot<'static>>();
    owned::<Memory<'static>>();
    owned::<Revoked<'static>>();
    owned::<BaseTable>();
    owned::<Policy>();
    owned::<Key>();
    owned::<TableEntry>();
    owned::<Profile>();
    owned::<Options<'static>>();
    owned::<SkippedKey>();
    owned::<SkipReason>();
    owned::<CredentialsType>();
    a_good_error::<Error>();
    a_good_error::<LoadError>();
    a_good_error::<ListError>();
    any_lifetime();
}

#[allow(clippy::extra_unused_lifetimes)] // the point is that any lifetime will do
fn any_lifetime<'a>() {
    shared::<Verifier<'a>>();
    shared::<Snapshot<'a>>();
    shared::<Auth<'a>>();
    shared::<Authentication<'a>>();
    shared::<AccessTokenClaims<'a>>();
    shared::<ApiKey<'a>>();
    shared::<StringList<'a>>();
    shared::<StringListIter<'a>>();
    copied::<Auth<'a>>();
    copied::<AccessTokenClaims<'a>>();
    copied::<Options<'a>>();
    copied::<Error>();
}

/// Threads that verify with one verifier, each with its own scratch.
#[test]
fn threads_share_a_verifier() {
    let project = fake_tesseral::Project::new(1);
    let (document, token) = (project.config_document().to_json(), project.access_token(0));
    let mut room = common::room::Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new()).unwrap();
    std::thread::scope(|scope| {
        for now in [0, 300, 301, -1] {
            let (verifier, token) = (&verifier, token.as_bytes());
            let expected = if (0..=300).contains(&now) { "ok" } else { "token_" };
            scope.spawn(move || {
                for _ in 0..20 {
                    assert!(common::room::verify(verifier, token, now).starts_with(expected));
                }
            });
        }
    });
}

#[test]
fn sizes() {
    for (name, octets) in [
        ("verifier", size_of::<Verifier<'static>>()),
        ("snapshot", size_of::<Snapshot<'static>>()),
        ("key", size_of::<Key>()),
        ("table entry", size_of::<TableEntry>()),
        ("auth", size_of::<Auth<'static>>()),
        ("claims", size_of::<AccessTokenClaims<'static>>()),
        ("options", size_of::<Options<'static>>()),
    ] {
        say(&format!("figure size_{name} {octets} octets"));
    }
    assert_eq!((size_of::<TableEntry>(), align_of::<TableEntry>()), (64, 64));
    assert_eq!(size_of::<Result<(), Error>>(), 1, "an error is one octet");
}
