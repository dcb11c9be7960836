//! JSONTestSuite through `json::check`: as a whole text, and as the value of a member that is not read.

mod common;

use common::{
    room::Room,
    sets::{Summary, base64, document_around, external, list, text},
};
use tesseral_verify::{Options, json::check};

const FILE: &str = "json_parsing/json_test_suite.json";

#[test]
fn json_test_suite() {
    let Some(set) = external(FILE) else { return };
    let [mut whole, mut member, mut document] =
        ["", " (member's value)", " (config document)"].map(|way| Summary::of(&format!("{FILE}{way}"), &set));
    for test in list(&set, "tests") {
        let (name, octets) = (text(test, "name"), base64(text(test, "octets_base64")));
        let expected = match text(test, "expect") {
            "accept" => true,
            "reject" => false,
            "either" => ACCEPTED.contains(&name),
            other => panic!("{name}: {other}"),
        };
        whole.check(name, expected, check(&octets).is_ok());
        let wrapped = [b"{\"x\":", &octets[..], b"}"].concat();
        member.check(name, expected, check(&wrapped).is_ok());
        let config = document_around(&octets);
        let mut room = Room::new();
        let loaded = room.load(&config, &Options::new().issuer("i"));
        document.check(name, expected, loaded.is_ok());
        if let Err(refusal) = loaded {
            document.also(name, "config_malformed", refusal.error.slug());
            document.also(name, true, refusal.offset.is_some_and(|offset| offset <= config.len()));
        }
    }
    for summary in [whole, member, document] {
        summary.finish(316);
    }
}

/// Texts that RFC 8259 leaves open and this library accepts: numbers of any size, because it keeps their text.
///
/// The rest is refused: lone surrogates, everything that is not UTF-8, a byte order mark, and 500 levels. No text
/// that RFC 8259 demands nests deeper than our 32 levels.
const ACCEPTED: &[&str] = &[
    "i_number_double_huge_neg_exp",
    "i_number_huge_exp",
    "i_number_neg_int_huge_exp",
    "i_number_pos_double_huge_exp",
    "i_number_real_neg_overflow",
    "i_number_real_pos_overflow",
    "i_number_real_underflow",
    "i_number_too_big_neg_int",
    "i_number_too_big_pos_int",
    "i_number_very_big_negative_int",
];
