//! `exp`, `nbf`, `iat`, `now` and the leeway.

use crate::{
    common::room::verify,
    fixture::{EXPIRES, ISSUED, NOW, PROJECT, Payload, with_verifier},
};
use tesseral_verify::Options;

fn at(now: i64, leeway: u32, payload: &Payload) -> &'static str {
    let token = payload.token();
    with_verifier(&Options::new().leeway_seconds(leeway), |verifier| verify(verifier, token.as_bytes(), now))
}

#[test]
fn both_ends_are_inclusive() {
    for (now, expected) in
        [(ISSUED - 1, "token_not_yet_valid"), (ISSUED, "ok"), (EXPIRES, "ok"), (EXPIRES + 1, "token_expired")]
    {
        assert_eq!(at(now, 0, &Payload::new()), expected, "{now}");
    }
}

#[test]
fn leeway_widens_both_ends() {
    for leeway in [1, 5, 300] {
        let seconds = i64::from(leeway);
        for (now, expected) in [
            (ISSUED - seconds - 1, "token_not_yet_valid"),
            (ISSUED - seconds, "ok"),
            (EXPIRES + seconds, "ok"),
            (EXPIRES + seconds + 1, "token_expired"),
        ] {
            assert_eq!(at(now, leeway, &Payload::new()), expected, "{now} {leeway}");
        }
    }
}

#[test]
fn the_clock_at_its_ends() {
    let forever = Payload::new().with("nbf", 0).with("exp", 1_u64 << 53);
    for leeway in [0, 300] {
        for (now, expected) in [
            (i64::MIN, "token_not_yet_valid"),
            (-301, "token_not_yet_valid"),
            (0, "ok"),
            (1 << 53, "ok"),
            ((1 << 53) + 301, "token_expired"),
            (i64::MAX, "token_expired"),
        ] {
            assert_eq!(at(now, leeway, &forever), expected, "{now} {leeway}");
        }
    }
    assert_eq!((at(-300, 300, &forever), at(-300, 299, &forever)), ("ok", "token_not_yet_valid"));
}

#[test]
fn zero_is_a_date() {
    let past = Payload::new().with("exp", 0).with("nbf", 0).with("iat", 0);
    assert_eq!(at(0, 0, &past), "ok");
    assert_eq!(at(1, 0, &past), "token_expired");
    assert_eq!(at(0, 0, &past.clone().with("exp", "-0").with("nbf", "-0.0").with("iat", "-0e5")), "ok");
    assert_eq!(at(1, 0, &past.with("exp", "-0")), "token_expired");
}

#[test]
fn fractions_shorten_the_life_of_a_token() {
    let half = Payload::new().with("exp", format!("{EXPIRES}.9")).with("nbf", format!("{ISSUED}.1"));
    for (now, expected) in
        [(ISSUED, "token_not_yet_valid"), (ISSUED + 1, "ok"), (EXPIRES, "ok"), (EXPIRES + 1, "token_expired")]
    {
        assert_eq!(at(now, 0, &half), expected, "{now}");
    }
}

#[test]
fn numbers_in_every_notation() {
    for (text, seconds) in [
        ("1750000300.0", EXPIRES),
        ("1.7500003e9", EXPIRES),
        ("1.7500003E+9", EXPIRES),
        ("17500003000000e-4", EXPIRES),
        ("0.17500003e10", EXPIRES),
        ("1750000300000000000000000000e-18", EXPIRES),
        ("1750000299.99999999999999999999", EXPIRES - 1),
    ] {
        let payload = Payload::new().with("exp", text);
        assert_eq!((at(seconds, 0, &payload), at(seconds + 1, 0, &payload)), ("ok", "token_expired"), "{text}");
    }
}

#[test]
fn range_of_the_numbers() {
    for name in ["exp", "nbf", "iat"] {
        for (value, good) in [
            ("9007199254740992", true),
            ("9007199254740992.0", true),
            ("9.007199254740992e15", true),
            ("9007199254740993", false),
            ("9007199254740992.000000000000000000000000000001", false),
            ("9007199254740991.5", true),
            ("1e16", false),
            ("0", true),
            ("-0", true),
            ("-0.000000000000000000000000000001", false),
            ("-1", false),
            ("0e400", true),
            ("0e401", false),
            ("0e-400", true),
            ("0e-401", false),
            ("1e-400", true),
            ("1e-401", false),
            ("0e0000000000000400", true),
            ("0e99999999999999999999", false),
        ] {
            let verdict = Payload::new().with(name, value).verdict();
            assert_eq!(verdict != "claims_malformed", good, "{name} {value}: {verdict}");
        }
    }
}

/// The costliest numbers: the length of the text bounds the work, and the value is exact all the same.
#[test]
fn numbers_of_many_digits() {
    let zeros = "0".repeat(9_000);
    for (value, expected) in [
        (format!("{EXPIRES}.{zeros}"), "ok"),
        (format!("{}.{zeros}1", NOW - 1), "token_expired"),
        (format!("9007199254740992.{zeros}"), "ok"),
        (format!("9007199254740992.{zeros}1"), "claims_malformed"),
        (format!("1{zeros}"), "claims_malformed"),
        (format!("0.{zeros}1"), "token_expired"),
    ] {
        assert_eq!(Payload::new().with("exp", &value).verdict(), expected, "{}", &value[..12]);
    }
}

#[test]
fn dates_are_required_numbers() {
    for name in ["exp", "nbf", "iat"] {
        assert_eq!(Payload::new().without(name).verdict(), "claims_malformed", "{name}");
        for value in ["null", "true", "\"1750000200\"", "[1750000200]", "{}", "\"\""] {
            assert_eq!(Payload::new().with(name, value).verdict(), "claims_malformed", "{name} {value}");
        }
    }
}

#[test]
fn iat_is_read_but_decides_nothing() {
    assert_eq!(Payload::new().with("iat", NOW + 1_000_000).verdict(), "ok");
    assert_eq!(Payload::new().with("iat", 0).verdict(), "ok");
}

#[test]
fn claims_come_out_rounded() {
    let token =
        Payload::new().with("exp", "1750000300.9").with("nbf", "1750000000.1").with("iat", "1750000000.9").token();
    with_verifier(&Options::new(), |verifier| {
        let mut scratch = vec![0; verifier.scratch_len()];
        let auth = verifier.verify_token(token.as_bytes(), NOW, None, &mut scratch).unwrap();
        let claims = auth.access_token_claims().unwrap();
        assert_eq!((claims.exp, claims.nbf, claims.iat), (EXPIRES, ISSUED + 1, ISSUED));
    });
}

#[test]
fn a_life_of_no_second() {
    let payload = Payload::new().with("exp", NOW - 1).with("nbf", NOW);
    assert_eq!(at(NOW, 0, &payload), "token_expired");
    assert_eq!(at(NOW - 1, 0, &payload), "token_not_yet_valid");
    assert_eq!(at(NOW, 1, &payload), "ok");
    assert_eq!(PROJECT.claims(ISSUED).nbf, ISSUED);
}
