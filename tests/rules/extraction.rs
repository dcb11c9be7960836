//! Which credential a request carries: contract.md 4.1 as changed by design.md 3.

use crate::{
    common::room::Room,
    fixture::{EXPIRES, ISSUED, NOW, PROJECT, document_of, key, with_verifier},
};
use fake_tesseral::jws;
use tesseral_verify::{Authentication, Options, Verifier};

/// What the placeholders in the headers below stand for.
fn fill(header: &str) -> String {
    let expired = PROJECT.mint(&PROJECT.claims(ISSUED - 1000));
    let good = PROJECT.access_token(ISSUED);
    header
        .replace("{good}", &good)
        .replace("{other}", &PROJECT.mint(&PROJECT.claims_of(1, ISSUED)))
        .replace("{expired}", &expired)
        .replace("{tampered}", &jws::tamper(&good).unwrap())
        .replace("{key}", &api_key())
        .replace("{cookie}", &PROJECT.cookie_name())
        .replace("{project}", &PROJECT.id)
}

fn api_key() -> String {
    format!("acme_{}", "0".repeat(55))
}

/// `ok`, or the credential that won when the rule is about which one; else the slug.
fn outcome(verifier: &Verifier<'_>, authorization: &[&str], cookie: &[&str]) -> String {
    let [authorization, cookie] =
        [authorization, cookie].map(|values| values.iter().map(|value| fill(value)).collect::<Vec<_>>());
    let mut scratch = vec![0; verifier.scratch_len()];
    let verdict = verifier.authenticate(
        authorization.iter().map(String::as_bytes),
        cookie.iter().map(String::as_bytes),
        NOW,
        &mut scratch,
    );
    match verdict {
        Err(error) => error.slug().to_owned(),
        Ok(Authentication::Complete(auth)) => {
            let name = ["{good}", "{other}"].into_iter().find(|name| fill(name) == auth.credentials());
            name.expect("one of the two good tokens").to_owned()
        }
        Ok(Authentication::LookupNeeded(found)) => {
            assert_eq!(found.as_bytes(), api_key().as_bytes());
            "{key}".to_owned()
        }
    }
}

type Case<'c> = (&'c str, &'c [&'c str], &'c [&'c str], &'c str);

fn table(options: &Options<'_>, cases: &[Case<'_>]) {
    with_verifier(options, |verifier| {
        for (rule, authorization, cookie, expected) in cases {
            assert_eq!(outcome(verifier, authorization, cookie), *expected, "{rule}");
        }
    });
}

#[test]
fn no_credential() {
    table(
        &Options::new(),
        &[
            ("no header at all", &[], &[], "credentials_missing"),
            ("an empty cookie header", &[], &[""], "credentials_missing"),
            ("an empty Authorization header", &[""], &[], "credentials_missing"),
            ("another cookie", &[], &["session={good}"], "credentials_missing"),
        ],
    );
}

#[test]
fn bearer() {
    table(
        &Options::new(),
        &[
            ("the scheme", &["Bearer {good}"], &[], "{good}"),
            ("in lower case", &["bearer {good}"], &[], "{good}"),
            ("in mixed case", &["bEaReR {good}"], &[], "{good}"),
            ("several spaces", &["Bearer   {good}"], &[], "{good}"),
            ("a tab is no space", &["Bearer\t{good}"], &[], "credentials_missing"),
            ("a space, then a tab", &["Bearer \t{good}"], &[], "token_malformed"),
            ("no space", &["Bearer{good}"], &[], "credentials_missing"),
            ("a longer scheme", &["Bearers {good}"], &[], "credentials_missing"),
            ("a shorter scheme", &["Beare {good}"], &[], "credentials_missing"),
            ("the rest is not trimmed", &["Bearer {good} "], &[], "token_malformed"),
            ("the front is not trimmed", &[" Bearer {good}"], &[], "credentials_missing"),
            ("quotes are not removed", &["Bearer \"{good}\""], &[], "token_malformed"),
            ("no comma list", &["Bearer {good}, Bearer {good}"], &[], "token_malformed"),
            ("empty", &["Bearer "], &[], "credentials_missing"),
            ("spaces only", &["Bearer    "], &[], "credentials_missing"),
            ("the scheme only", &["Bearer"], &[], "credentials_missing"),
            ("one dot", &["Bearer ."], &[], "token_malformed"),
            ("no dot", &["Bearer AAAA"], &[], "credentials_unrecognized"),
        ],
    );
}

#[test]
fn bearer_never_falls_back_to_the_cookie() {
    let good = &["{cookie}={good}"][..];
    table(
        &Options::new(),
        &[
            ("two good ones", &["Bearer {other}"], good, "{other}"),
            ("expired", &["Bearer {expired}"], good, "token_expired"),
            ("tampered", &["Bearer {tampered}"], good, "signature_invalid"),
            ("not a token", &["Bearer AAAA"], good, "credentials_unrecognized"),
            ("an API key while they are off", &["Bearer {key}"], good, "credentials_unrecognized"),
            ("empty", &["Bearer "], good, "credentials_missing"),
            ("the scheme only", &["Bearer"], good, "credentials_missing"),
        ],
    );
}

#[test]
fn another_scheme_leaves_it_to_the_cookie() {
    let good = &["{cookie}={good}"][..];
    table(
        &Options::new(),
        &[
            ("no header", &[], good, "{good}"),
            ("Basic", &["Basic dXNlcjpwYXNz"], good, "{good}"),
            ("empty", &[""], good, "{good}"),
            ("Bearer without a space", &["Bearer{other}"], good, "{good}"),
            ("Bearer with a tab", &["Bearer\t{other}"], good, "{good}"),
            ("Basic without a cookie", &["Basic dXNlcjpwYXNz"], &[], "credentials_missing"),
        ],
    );
}

#[test]
fn more_than_one_authorization_header() {
    let good = &["{cookie}={good}"][..];
    let refused = "credentials_unrecognized";
    table(
        &Options::new().api_keys(true),
        &[
            ("one", &["Bearer {good}"], good, "{good}"),
            ("two", &["Bearer {good}", "Bearer {other}"], good, refused),
            ("the same twice", &["Bearer {good}", "Bearer {good}"], good, refused),
            ("Basic first", &["Basic eDp5", "Bearer {good}"], good, refused),
            ("Basic last", &["Bearer {good}", "Basic eDp5"], good, refused),
            ("an empty one", &["", "Bearer {good}"], good, refused),
            ("both empty", &["", ""], good, refused),
            ("three", &["Bearer {good}"; 3], &[], refused),
            ("with an API key", &["Bearer {key}", "Bearer {good}"], &[], refused),
        ],
    );
}

#[test]
fn cookie_name_is_exact() {
    table(
        &Options::new(),
        &[
            ("alone", &[], &["{cookie}={good}"], "{good}"),
            ("among others", &[], &["a=b; {cookie}={good}; c=d"], "{good}"),
            ("after a semicolon without a space", &[], &["a=b;{cookie}={good}"], "{good}"),
            ("in the second header", &[], &["a=b", "{cookie}={good}"], "{good}"),
            ("in upper case", &[], &["TESSERAL_{project}_access_token={good}"], "credentials_missing"),
            ("of another project", &[], &["tesseral_project_1_access_token={good}"], "credentials_missing"),
            ("of no project", &[], &["tesseral__access_token={good}"], "credentials_missing"),
            ("its sibling", &[], &["tesseral_{project}_refresh_token={good}"], "credentials_missing"),
            ("with a longer end", &[], &["{cookie}s={good}"], "credentials_missing"),
            ("with a longer front", &[], &["x{cookie}={good}"], "credentials_missing"),
            ("inside another value", &[], &["a={cookie}={good}"], "credentials_missing"),
            ("without an equals sign", &[], &["{cookie}"], "credentials_missing"),
            ("commas do not separate", &[], &["a=b, {cookie}={good}"], "credentials_missing"),
            ("empty", &[], &["{cookie}="], "credentials_missing"),
        ],
    );
}

#[test]
fn cookie_value_may_be_quoted() {
    table(
        &Options::new(),
        &[
            ("no quotes", &[], &["{cookie}={good}"], "{good}"),
            ("quotes", &[], &["{cookie}=\"{good}\""], "{good}"),
            ("quotes, then another cookie", &[], &["{cookie}=\"{good}\"; a=b"], "{good}"),
            ("the opening one only", &[], &["{cookie}=\"{good}"], "token_malformed"),
            ("the closing one only", &[], &["{cookie}={good}\""], "token_malformed"),
            ("two pairs", &[], &["{cookie}=\"\"{good}\"\""], "token_malformed"),
            ("a blank inside", &[], &["{cookie}=\" {good}\""], "token_malformed"),
            ("nothing inside", &[], &["{cookie}=\"\""], "credentials_missing"),
            ("one quote alone", &[], &["{cookie}=\""], "credentials_unrecognized"),
        ],
    );
}

#[test]
fn several_cookies_are_tried_in_order() {
    table(
        &Options::new(),
        &[
            ("a stale one first", &[], &["{cookie}={expired}; {cookie}={good}"], "{good}"),
            ("a stale one last", &[], &["{cookie}={good}; {cookie}={expired}"], "{good}"),
            ("two good ones", &[], &["{cookie}={other}; {cookie}={good}"], "{other}"),
            ("in two headers", &[], &["{cookie}={expired}", "{cookie}={good}"], "{good}"),
            ("no good one: the first one's slug", &[], &["{cookie}={expired}; {cookie}={tampered}"], "token_expired"),
            ("in the other order", &[], &["{cookie}={tampered}; {cookie}={expired}"], "signature_invalid"),
            ("not a token first", &[], &["{cookie}=AAAA; {cookie}={good}"], "{good}"),
            ("not a token first, none good", &[], &["{cookie}=A; {cookie}={expired}"], "credentials_unrecognized"),
            ("not a token last, none good", &[], &["{cookie}={expired}; {cookie}=A"], "token_expired"),
            ("an empty one is none", &[], &["{cookie}=; {cookie}={good}"], "{good}"),
            ("one in quotes", &[], &["{cookie}={expired}; {cookie}=\"{good}\""], "{good}"),
        ],
    );
}

#[test]
fn at_most_four_cookies_are_tried() {
    let stale = |count: usize| "{cookie}={expired}; ".repeat(count);
    let (fourth, fifth) = (stale(3) + "{cookie}={good}", stale(4) + "{cookie}={good}");
    let split = stale(3);
    table(
        &Options::new(),
        &[
            ("the fourth", &[], &[&fourth], "{good}"),
            ("the fifth", &[], &[&fifth], "token_expired"),
            ("the fourth, in its own header", &[], &[&split, "{cookie}={good}"], "{good}"),
            ("the fifth, in its own header", &[], &[&stale(4), "{cookie}={good}"], "token_expired"),
        ],
    );
}

#[test]
fn api_keys_come_from_the_header_and_only_when_they_are_on() {
    // Name, Authorization, Cookie, and what is found with API keys on and off.
    type Case = (&'static str, &'static [&'static str], &'static [&'static str], &'static str, &'static str);
    let cases: [Case; 8] = [
        ("from the header", &["Bearer {key}"], &[], "{key}", "credentials_unrecognized"),
        ("any case of the scheme", &["BEARER  {key}"], &[], "{key}", "credentials_unrecognized"),
        ("from the cookie", &[], &["{cookie}={key}"], "credentials_unrecognized", "credentials_unrecognized"),
        ("from a cookie before a token", &[], &["{cookie}={key}; {cookie}={good}"], "{good}", "{good}"),
        (
            "from a cookie after a stale token",
            &[],
            &["{cookie}={expired}; {cookie}={key}"],
            "token_expired",
            "token_expired",
        ),
        ("not of the shape", &["Bearer abc"], &[], "api_key_invalid", "credentials_unrecognized"),
        ("with a capital", &["Bearer A{key}"], &[], "credentials_unrecognized", "credentials_unrecognized"),
        ("with a dot it is a token", &["Bearer {key}.a"], &[], "token_malformed", "token_malformed"),
    ];
    for (rule, authorization, cookie, on, off) in cases {
        table(&Options::new().api_keys(true), &[(rule, authorization, cookie, on)]);
        table(&Options::new().api_keys(false), &[(rule, authorization, cookie, off)]);
    }
    table(&Options::new(), &[("off by default", &["Bearer {key}"], &[], "credentials_unrecognized")]);
}

#[test]
fn the_cookie_of_a_plain_jwks_needs_the_project_id_from_the_options() {
    let jwks = format!(r#"{{"keys":[{}]}}"#, key().jwk());
    let issuer = PROJECT.issuer();
    for (options, expected) in [
        (Options::new().issuer(&issuer), "credentials_missing"),
        (Options::new().issuer(&issuer).project_id(&PROJECT.id), "{good}"),
        (Options::new().project_id(&PROJECT.id), "{good}"),
        (Options::new().issuer(&issuer).project_id("project_1"), "credentials_missing"),
    ] {
        let mut room = Room::new();
        let verifier = room.load(jwks.as_bytes(), &options).unwrap();
        assert_eq!(outcome(&verifier, &[], &["{cookie}={good}"]), expected, "{options:?}");
        assert_eq!(outcome(&verifier, &["Bearer {good}"], &[]), "{good}", "{options:?}");
    }
}

#[test]
fn the_document_names_the_cookie_when_the_options_say_otherwise() {
    let document = document_of(&[key().jwk()]);
    let mut room = Room::new();
    let verifier = room.load(document.as_bytes(), &Options::new().project_id("project_1")).unwrap();
    assert_eq!(outcome(&verifier, &[], &["{cookie}={good}"]), "{good}");
    assert_eq!(outcome(&verifier, &[], &["tesseral_project_1_access_token={good}"]), "credentials_missing");
}

#[test]
fn the_fixture_expires_when_the_tests_think() {
    assert_eq!(PROJECT.claims(ISSUED).exp, EXPIRES);
}
