//! Every engine against every other, OpenSSL and p256, on random, changed and extreme signatures.
//!
//! `TESSERAL_ES256_CASES` sets how many (50,000 in release builds, 2,000 in others), `TESSERAL_ES256_SEED` another run:
//!
//! ```sh
//! TESSERAL_ES256_CASES=1000000 cargo test --release --test es256
//! ```

mod cases;
mod engines;
mod numbers;

use cases::{Block, Case, Class, Maker};
use engines::{OpenSsl, Ours, P256, engines, our_point};
use numbers::{PRIME, Random, add, integer};
use std::{collections::BTreeMap, io::Write as _};
use tesseral_verify::es256::{Item, verify_batch};

#[test]
fn all_agree() {
    let wanted = variable("TESSERAL_ES256_CASES").unwrap_or(if cfg!(debug_assertions) { 2_000 } else { 50_000 });
    let mut maker = Maker::new(variable("TESSERAL_ES256_SEED").unwrap_or(1));
    let engines = engines();
    let mut tally = Tally::default();
    while tally.cases() < wanted {
        let blocks = maker.round();
        let keys: Vec<_> = blocks.iter().map(|block| Key::load(&engines, block)).collect();
        let verdicts: Vec<Vec<bool>> =
            keys.iter().map(|key| key.block.cases.iter().map(|case| key.judge(case, &mut tally)).collect()).collect();
        for (number, engine) in engines.iter().enumerate() {
            let batch: Vec<_> = keys.iter().map(|key| (&key.ours[number], key.block)).collect();
            tally.batches += batched(&mut maker.random, &batch, &verdicts, engine.name, &mut tally.wrong);
        }
    }
    tally.say(engines.len());
    assert!(tally.wrong.is_empty());
    assert!(Class::ALL.iter().all(|class| tally.classes.contains_key(class)), "a class without a case");
}

/// No engine takes a point that is not on the curve, or one with a coordinate of p or more, as a key.
#[test]
fn keys_that_all_refuse() {
    let mut random = Random::new(2);
    let mut maker = Maker::new(2);
    let mut refused = 0;
    for block in (0..8).flat_map(|_| maker.round()) {
        assert_eq!(all_read(&block.key), [true; 3]);
        for _ in 0..16 {
            let mut key = block.key;
            key[1 + random.below(64)] ^= 1 << random.below(8);
            let verdicts = all_read(&key);
            assert!(verdicts == [verdicts[0]; 3], "{key:02x?}: {verdicts:?}");
            refused += usize::from(!verdicts[0]);
        }
    }
    // x + p still has 32 octets, and an engine that reduces it would see the same point.
    let mut small = 0;
    for x in 0..=255 {
        let Some(y) = cases::y_of(&integer(x)) else { continue };
        small += 1;
        let good = [&[4][..], &integer(x), &y].concat();
        assert_eq!(all_read(good.as_slice().try_into().expect("65")), [true; 3]);
        let wrapped = [&[4][..], &add(&integer(x), &PRIME), &y].concat();
        assert_eq!(all_read(wrapped.as_slice().try_into().expect("65")), [false; 3]);
    }
    say(&format!("es256: {refused} keys with a changed bit and {small} with x + p refused by all"));
    assert!(refused > 500 && small > 64);
}

fn all_read(key: &[u8; 65]) -> [bool; 3] {
    [our_point(key).is_some(), OpenSsl::new(key).is_some(), P256::new(key).is_some()]
}

/// A key in the form that each engine wants.
struct Key<'b> {
    block: &'b Block,
    ours: Vec<Ours<'b>>,
    openssl: OpenSsl,
    p256: P256,
}

impl<'b> Key<'b> {
    fn load(engines: &'b [engines::Engine], block: &'b Block) -> Self {
        let point = our_point(&block.key).expect("a valid key");
        Self {
            block,
            ours: engines.iter().map(|engine| engine.load(&point)).collect(),
            openssl: OpenSsl::new(&block.key).expect("a valid key"),
            p256: P256::new(&block.key).expect("a valid key"),
        }
    }

    /// Asks every engine, and gives OpenSSL's verdict. p256 is slow, so that it gets one of sixteen ordinary signatures.
    fn judge(&self, case: &Case, tally: &mut Tally) -> bool {
        let Case { class, digest, signature, must } = case;
        let expected = self.openssl.accepts(digest, signature);
        let mut compare = |name: &str, verdict: bool| {
            if verdict != expected {
                let key = &self.block.key;
                tally.wrong.push(format!(
                    "{name} {verdict}, OpenSSL {expected}: {class:?} key {key:02x?} digest {digest:02x?} {signature:02x?}"
                ));
            }
        };
        if let Some(must) = must {
            compare("by construction", *must);
        }
        for ours in &self.ours {
            compare(ours.engine.name, ours.accepts(digest, signature));
        }
        if class.is_special() || digest[0] % 16 == 0 {
            compare("p256", self.p256.accepts(digest, signature));
            tally.p256 += 1;
        }
        let counts = tally.classes.entry(*class).or_default();
        counts[usize::from(expected)] += 1;
        expected
    }
}

/// All cases once more in calls of 1 to 21 items, keys mixed. Says how many.
fn batched(
    random: &mut Random,
    keys: &[(&Ours<'_>, &Block)],
    verdicts: &[Vec<bool>],
    name: &str,
    wrong: &mut Vec<String>,
) -> usize {
    let mut pairs: Vec<(Item<'_>, bool)> = Vec::new();
    for ((ours, block), verdicts) in keys.iter().zip(verdicts) {
        pairs.extend(block.cases.iter().zip(verdicts).map(|(case, v)| (ours.item(&case.digest, &case.signature), *v)));
    }
    for i in (1..pairs.len()).rev() {
        pairs.swap(i, random.below(i + 1));
    }
    let mut rest = pairs.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(1 + random.below(21)));
        let (items, expected): (Vec<_>, Vec<_>) = now.iter().copied().unzip();
        let mut verdicts = vec![true; items.len()];
        verify_batch(&items, &mut verdicts);
        if verdicts != expected {
            let cases: Vec<_> = items.iter().map(|item| (item.digest, item.signature)).collect();
            wrong.push(format!("a batch by {name}: {verdicts:?}, OpenSSL {expected:?}: {cases:02x?}"));
        }
        rest = later;
    }
    pairs.len()
}

/// What happened, and every disagreement.
#[derive(Default)]
struct Tally {
    /// Refused and accepted.
    classes: BTreeMap<Class, [usize; 2]>,
    p256: usize,
    batches: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn cases(&self) -> usize {
        self.classes.values().flatten().sum()
    }

    fn say(&self, engines: usize) {
        say(&format!("es256: {:<34} {:>9} {:>9}", "class", "accepted", "refused"));
        for (class, [refused, accepted]) in &self.classes {
            say(&format!("es256: {:<34} {accepted:>9} {refused:>9}", class.name()));
        }
        for wrong in self.wrong.iter().take(8) {
            say(&format!("es256: {wrong}"));
        }
        say(&format!(
            "es256: {} cases by {engines} engines and OpenSSL, {} in batches, {} by p256: {} disagreements",
            self.cases(),
            self.batches,
            self.p256,
            self.wrong.len()
        ));
    }
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// Also when the test passes.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
