//! The stages of one token. They are told apart from outside, by the check that ends the work.
//!
//! `token_malformed` is base64url of everything, `key_unknown` adds parsing a header, `signature_invalid` has the
//! issuer's own header, which is compared only, and adds hash and signature; `ok` adds the claims.

use crate::{bench, group};
use criterion::Criterion;
use fake_tesseral::{base64url, jws};
use std::hint::black_box;
use tesseral_verify::{Profile, json};
use tesseral_verify_benches::{
    ours::{Backend, Cold},
    tokens::{Set, Token},
};

pub fn stages(criterion: &mut Criterion) {
    let set = &Set::new(1);
    let mut cold = Cold::new(Backend::Portable, Profile::Server, set).expect("portable");
    let mut group = group(criterion, "stages", set);
    for (slug, change) in KINDS {
        let tokens: Vec<String> = set.good.iter().map(change).collect();
        bench(&mut group, slug, |i| assert_eq!(cold.slug(black_box(&tokens[i % tokens.len()])), slug));
    }
    let values: Vec<String> = set.good.iter().map(|token| format!("Bearer {}", token.text)).collect();
    bench(&mut group, "ok_from_authorization", |i| {
        assert!(cold.accepts_authorization(black_box(&values[i % values.len()])));
    });
    bench(&mut group, "json_read_only", |i| {
        assert!(json::check(black_box(set.rotating(i).payload.as_bytes())).is_ok());
    });
    group.finish();
}

type Kind = (&'static str, fn(&Token) -> String);

const KINDS: [Kind; 4] = [
    ("token_malformed", with_character_outside_the_alphabet),
    ("key_unknown", with_unknown_key),
    ("signature_invalid", |token| jws::tamper(&token.text).expect("a token")),
    ("ok", |token| token.text.clone()),
];

/// A bad character at the end of the payload, which only a decoder that reads everything finds.
fn with_character_outside_the_alphabet(token: &Token) -> String {
    let dot = token.text.rfind('.').expect("two dots");
    format!("{}~{}", &token.text[..dot - 1], &token.text[dot..])
}

fn with_unknown_key(token: &Token) -> String {
    let (header, rest) = token.text.split_once('.').expect("two dots");
    let header = String::from_utf8(base64url::decode(header).expect("base64url")).expect("JSON");
    format!("{}.{rest}", base64url::encode(header.replace("key_", "kex_").as_bytes()))
}
