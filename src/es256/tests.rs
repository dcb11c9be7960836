//! Sums of table entries that meet an exceptional case at every step, against p256.

use p256::elliptic_curve::PrimeField;
use p256::elliptic_curve::ops::Reduce;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{ProjectivePoint, Scalar as Oracle};
use std::vec;
use std::vec::Vec;

use super::{
    BaseTable, Engine, Item, Point, Profile, TableEntry, Tables,
    field::tests::random,
    fill_table,
    limbs::{limbs_from_be_bytes, limbs_to_be_bytes},
    point::{Affine, Xyzz},
    scalar::Scalar,
    sum, verify_batch, verify_digest,
};

const PROFILES: [Profile; 3] = [Profile::Server, Profile::Compact, Profile::Tiny];

fn coordinates(point: &ProjectivePoint) -> ([u8; 32], [u8; 32]) {
    let sec1 = point.to_affine().to_sec1_point(false);
    let octets = sec1.as_bytes();
    (octets[1..33].try_into().unwrap(), octets[33..].try_into().unwrap())
}

fn table(engine: Engine, multiple: &Oracle) -> Vec<TableEntry> {
    let (x, y) = coordinates(&(ProjectivePoint::GENERATOR * *multiple));
    let mut entries = vec![TableEntry::ZERO; engine.profile().table_entries()];
    assert!(fill_table(engine, &Point::from_coordinates(&x, &y).unwrap(), &mut entries));
    entries
}

/// The base point's table as verifiers have it.
fn base_table(engine: Engine) -> Vec<TableEntry> {
    BaseTable::constant(engine.profile())
        .map_or_else(|| table(engine, &Oracle::ONE), |constant| constant.entries().to_vec())
}

fn oracle(limbs: [u64; 4]) -> Oracle {
    <Oracle as Reduce<p256::FieldBytes>>::reduce(&limbs_to_be_bytes(&limbs).into())
}

fn ours(value: &Oracle) -> Scalar {
    Scalar::from_digest(&value.to_repr().into())
}

fn power_of_two(exponent: usize) -> Oracle {
    (0..exponent).fold(Oracle::ONE, |power, _| power.double())
}

fn inverse(value: &Oracle) -> Oracle {
    value.invert().unwrap()
}

/// A step of a walk, at the level of multiples: written down from the text of comb.rs, not from its code.
enum Step {
    Double,
    Generator(Oracle),
    Key(Oracle),
}

fn steps(engine: Engine, u1: &Oracle, u2: &Oracle) -> Vec<Step> {
    let shape = engine.shape();
    let signs = |u: &Oracle| {
        let odd = u.to_repr()[31] & 1 == 1;
        let (k, flip) = if odd { (*u, false) } else { (-*u, true) };
        let octets = k.to_repr();
        let top = shape.groups * shape.teeth * shape.columns - 1;
        // Zero is the one even value whose opposite is written as n.
        let octets = if k == Oracle::ZERO { limbs_to_be_bytes(&N).into() } else { octets };
        let bit = move |i: usize| i == top || (i < 255 && (octets[31 - (i + 1) / 8] >> ((i + 1) % 8)) & 1 == 1);
        (0..=top).map(|i| bit(i) ^ flip).collect::<Vec<bool>>()
    };
    let (signs1, signs2) = (signs(u1), signs(u2));
    let entry = |signs: &[bool], group: usize, column: usize| {
        (0..shape.teeth).fold(Oracle::ZERO, |sum, tooth| {
            let exponent = group * shape.offset + tooth * shape.spacing;
            let term = power_of_two(exponent);
            if signs[exponent + column] { sum + term } else { sum - term }
        })
    };
    let mut steps = Vec::new();
    for column in (0..shape.columns).rev() {
        if column + 1 < shape.columns {
            steps.push(Step::Double);
        }
        steps.extend((0..shape.groups).map(|group| Step::Generator(entry(&signs1, group, column))));
        steps.extend((0..shape.groups).map(|group| Step::Key(entry(&signs2, group, column))));
    }
    steps
}

const N: [u64; 4] = [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000];

/// A digest and R ‖ S with these r, u1 and 1/u2.
fn claim(r: &Oracle, u1: &Oracle, over_u2: &Oracle) -> ([u8; 32], [u8; 64]) {
    let s = *r * over_u2;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r.to_repr());
    signature[32..].copy_from_slice(&s.to_repr());
    ((*u1 * s).to_repr().into(), signature)
}

/// u1·G + u2·Q by both sums and by p256, then signatures with these u1 and u2: the right r, wrong ones. Says
/// whether the fast sum was able to do it.
fn check(tables: &Tables<'_>, key: &Oracle, u1: &Oracle, u2: &Oracle, wrong: &[Oracle]) -> bool {
    let expected = ProjectivePoint::GENERATOR * (*u1 + *key * *u2);
    let infinity = expected == ProjectivePoint::IDENTITY;
    let (x, y) = if infinity { ([0; 32], [0; 32]) } else { coordinates(&expected) };
    match sum::exact(tables, ours(u1), ours(u2)) {
        None => assert!(infinity),
        Some(sum) => {
            assert!(!infinity && sum.x_equals(limbs_from_be_bytes(&x)));
            let on_y = Xyzz { x: sum.y, y: sum.y, zz: sum.zzz, zzz: sum.zzz };
            assert!(on_y.x_equals(limbs_from_be_bytes(&y)));
        }
    }
    let fast = sum::fast(tables, ours(u1), ours(u2));
    if let Some(sum) = &fast {
        assert!(!infinity && sum.x_equals(limbs_from_be_bytes(&x)));
    }
    if *u2 == Oracle::ZERO {
        return fast.is_some();
    }
    let right = <Oracle as Reduce<p256::FieldBytes>>::reduce(&x.into());
    let over_u2 = inverse(u2);
    let claims: Vec<_> = core::iter::once(&right)
        .chain(wrong)
        .filter(|r| **r != Oracle::ZERO)
        .map(|r| {
            let (digest, signature) = claim(r, u1, &over_u2);
            (digest, signature, !infinity && *r == right)
        })
        .collect();
    // Several claims are repeated until there are enough for lanes of their own.
    let count = if claims.len() > 2 { 8 } else { claims.len() };
    let items: Vec<_> = claims
        .iter()
        .cycle()
        .take(count)
        .map(|(digest, signature, _)| Item { tables: *tables, digest, signature })
        .collect();
    let mut verdicts = vec![true; items.len()];
    verify_batch(&items, &mut verdicts);
    for ((_, _, expected), in_batch) in claims.iter().cycle().zip(verdicts) {
        assert_eq!(in_batch, *expected);
    }
    for (digest, signature, expected) in &claims {
        assert_eq!(verify_digest(tables, digest, signature), *expected);
    }
    fast.is_some()
}

#[test]
fn entries_are_the_multiples_they_should_be() {
    let key = oracle(random(3).last().unwrap());
    for engine in Engine::all() {
        let shape = engine.shape();
        let entries = table(engine, &key);
        for (group, entries) in entries.chunks(shape.group_entries()).enumerate() {
            let teeth: Vec<ProjectivePoint> = (0..shape.teeth)
                .map(|tooth| power_of_two(group * shape.offset + tooth * shape.spacing))
                .map(|power| ProjectivePoint::GENERATOR * (key * power))
                .collect();
            for (index, entry) in entries.iter().enumerate() {
                let multiple = teeth.iter().enumerate().fold(ProjectivePoint::IDENTITY, |sum, (tooth, term)| {
                    if tooth == shape.teeth - 1 || index >> tooth & 1 == 1 { sum + term } else { sum - term }
                });
                let (x, y) = coordinates(&multiple);
                let expected = Affine::from_coordinates(&x, &y).unwrap().to_entry();
                let found = engine.point(entry).to_entry();
                assert_eq!(found.0, expected.0, "{} group {group} entry {index}", engine.name());
            }
        }
    }
}

#[test]
fn every_step_can_meet_its_entry() {
    // For random u1 and u2, the key under which the sum before a step is ± what the step adds.
    let mut values = random(10_000).step_by(2).map(oracle);
    for engine in PROFILES.map(Engine::portable) {
        let profile = engine.profile();
        let generator = base_table(engine);
        let (u1, u2) = (values.next().unwrap(), values.next().unwrap());
        let wrong = [values.next().unwrap(), Oracle::ONE, u1, u2];
        let (mut sum1, mut sum2) = (Oracle::ZERO, Oracle::ZERO);
        let mut met = 0;
        for step in steps(engine, &u1, &u2) {
            for negative in [false, true] {
                // sum1 + key·sum2 = ± entry, or ± key·entry.
                let (over, under) = match &step {
                    Step::Double => continue,
                    Step::Generator(entry) => (if negative { -*entry } else { *entry } - sum1, sum2),
                    Step::Key(entry) => (sum1, if negative { -*entry } else { *entry } - sum2),
                };
                if over == Oracle::ZERO || under == Oracle::ZERO {
                    continue;
                }
                let key = over * inverse(&under);
                let tables = Tables { engine, generator: &generator, key: &table(engine, &key) };
                assert!(!check(&tables, &key, &u1, &u2, &wrong), "{profile:?} was not met");
                met += 1;
            }
            match step {
                Step::Double => (sum1, sum2) = (sum1.double(), sum2.double()),
                Step::Generator(entry) => sum1 += entry,
                Step::Key(entry) => sum2 += entry,
            }
        }
        // The steps make what they should; every addition after the first of the key was met, and before it none.
        assert!(sum1 == u1 && sum2 == u2);
        let expected = match profile {
            Profile::Server => 2 * 44,
            Profile::Compact => 2 * 62,
            Profile::Tiny => 2 * 103,
        };
        assert_eq!(met, expected, "{profile:?}");
    }
}

#[test]
fn every_step_of_the_fold_can_meet_its_sum() {
    for engine in Engine::all().filter(|engine| !engine.is_portable()) {
        meet_in_the_fold(engine);
    }
}

fn meet_in_the_fold(engine: Engine) {
    let generator = base_table(engine);
    let mut values = random(400).step_by(2).map(oracle);
    let (u1, u2) = (values.next().unwrap(), values.next().unwrap());
    let wrong = [values.next().unwrap(), Oracle::ONE, u1, u2];
    // What lane k holds of G, and lane k + 4 of the key: eight entries each.
    let (mut of_generator, mut of_key) = (Vec::new(), Vec::new());
    for (i, step) in steps(engine, &u1, &u2).into_iter().enumerate() {
        let (lanes, entry) = match step {
            Step::Generator(entry) => (&mut of_generator, entry),
            Step::Key(entry) => (&mut of_key, entry),
            Step::Double => unreachable!("one column"),
        };
        if i % 8 == 0 {
            lanes.push(Oracle::ZERO);
        }
        *lanes.last_mut().unwrap() += entry;
    }
    assert_eq!((of_generator.len(), of_key.len()), (4, 4));
    // Multiples of G and of the key on the left and on the right of each addition.
    type Multiples = (Oracle, Oracle);
    let plus = |a: Multiples, b: Multiples| (a.0 + b.0, a.1 + b.1);
    let pair = |k: usize| (of_generator[k], of_key[k]);
    let (even, odd) = (plus(pair(0), pair(2)), plus(pair(1), pair(3)));
    let mut additions: Vec<(Multiples, Multiples)> =
        (0..4).map(|k| ((of_generator[k], Oracle::ZERO), (Oracle::ZERO, of_key[k]))).collect();
    additions.extend([(pair(0), pair(2)), (pair(1), pair(3)), (even, odd)]);
    let mut met = 0;
    for (left, right) in additions {
        for sign in [Oracle::ONE, -Oracle::ONE] {
            // left.0 + key·left.1 = sign·(right.0 + key·right.1)
            let key = (sign * right.0 - left.0) * inverse(&(left.1 - sign * right.1));
            let tables = Tables { engine, generator: &generator, key: &table(engine, &key) };
            assert!(!check(&tables, &key, &u1, &u2, &wrong), "was not met");
            met += 1;
        }
    }
    assert_eq!(met, 2 * 7);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn every_step_of_a_batch_can_meet_its_sum() {
    for engine in Engine::all().filter(|engine| !engine.is_portable()) {
        meet_in_a_batch(engine);
    }
}

/// Whether lanes of their own add up u1·G + u2·Q without an exceptional case. Asserts that the sum is right.
#[cfg(target_arch = "x86_64")]
fn adds_up_in_its_lane(tables: &Tables<'_>, key: &Oracle, u1: &Oracle, u2: &Oracle) -> bool {
    let super::engine::Backend::Ifma(has_ifma) = tables.engine.backend() else { panic!("no lanes") };
    let windows = super::comb::Windows::new(tables, ours(u1), ours(u2)).unwrap();
    let sums = super::lanes::sum_each(has_ifma, &[windows; 8]).map(|ratio| super::lanes::to_point(&ratio));
    let right = ProjectivePoint::GENERATOR * (*u1 + *key * *u2);
    for sum in sums.iter().flatten() {
        assert!(right != ProjectivePoint::IDENTITY && sum.x_equals(limbs_from_be_bytes(&coordinates(&right).0)));
    }
    let count = sums.iter().flatten().count();
    assert!(count == 0 || count == 8);
    count == 8
}

#[cfg(target_arch = "x86_64")]
fn meet_in_a_batch(engine: Engine) {
    let generator = base_table(engine);
    let mut values = random(400).step_by(2).map(oracle);
    let (u1, u2) = (values.next().unwrap(), values.next().unwrap());
    let wrong = [values.next().unwrap(), Oracle::ONE, u1, u2];
    // What a lane adds of G and of the key: pairs of entries, the last one first, and so those of the key before those of G.
    let mut additions: Vec<(Oracle, Oracle)> = steps(engine, &u1, &u2)
        .chunks(2)
        .map(|pair| match pair {
            [Step::Generator(a), Step::Generator(b)] => (*a + b, Oracle::ZERO),
            [Step::Key(a), Step::Key(b)] => (Oracle::ZERO, *a + b),
            _ => unreachable!("one column, and an even number of groups"),
        })
        .collect();
    additions.reverse();
    let (mut of_generator, mut of_key) = (Oracle::ZERO, Oracle::ZERO);
    let mut met = 0;
    for (generators, keys) in additions {
        for sign in [Oracle::ONE, -Oracle::ONE] {
            if keys != Oracle::ZERO {
                continue;
            }
            // of_generator + key·of_key = sign·generators
            let key = (sign * generators - of_generator) * inverse(&of_key);
            let tables = Tables { engine, generator: &generator, key: &table(engine, &key) };
            assert!(!adds_up_in_its_lane(&tables, &key, &u1, &u2), "was not met");
            check(&tables, &key, &u1, &u2, &wrong);
            met += 1;
        }
        of_generator += generators;
        of_key += keys;
    }
    assert!(of_generator == u1 && of_key == u2);
    assert_eq!(met, 2 * 16);
    let key = values.next().unwrap();
    let tables = Tables { engine, generator: &generator, key: &table(engine, &key) };
    assert!(adds_up_in_its_lane(&tables, &key, &u1, &u2));
    // Under any key: what is added for n − 19106 ends with a pair that is the sum before it, mod n.
    for u2 in [Oracle::from(19_106u64), -Oracle::from(19_106u64)] {
        assert!(!adds_up_in_its_lane(&tables, &key, &u1, &u2), "was not met");
        check(&tables, &key, &u1, &u2, &wrong);
    }
}

/// Portable tables among those for vectors: their signatures have no lane, and no lane decides them.
#[test]
fn engines_can_be_mixed_in_a_batch() {
    let values: Vec<Oracle> = random(8).step_by(2).map(oracle).collect();
    let (key, u1, u2) = (values[1], values[2], values[3]);
    let (x, _) = coordinates(&(ProjectivePoint::GENERATOR * (u1 + key * u2)));
    // A valid signature, and one that is not and has another sum.
    let right = oracle(limbs_from_be_bytes(&x));
    let claims = [claim(&right, &u1, &inverse(&u2)), claim(&values[0], &u2, &inverse(&u1))];
    let filled: Vec<_> = Engine::all().map(|engine| (engine, base_table(engine), table(engine, &key))).collect();
    let tables = |index: usize| {
        let (engine, generator, key) = &filled[index];
        Tables { engine: *engine, generator, key }
    };
    for (main, other) in (0..filled.len()).flat_map(|main| (0..filled.len()).map(move |other| (main, other))) {
        for (place, good) in (0..8).flat_map(|place| [(place, true), (place, false)]) {
            let expected: Vec<bool> = (0..8).map(|i| (i == place) == good).collect();
            let items: Vec<_> = (0..8)
                .map(|i| {
                    let (digest, signature) = &claims[usize::from(!expected[i])];
                    Item { tables: tables(if i == place { other } else { main }), digest, signature }
                })
                .collect();
            let mut verdicts = vec![false; 8];
            verify_batch(&items, &mut verdicts);
            assert_eq!(verdicts, expected, "{} among {}", filled[other].0.name(), filled[main].0.name());
        }
    }
}

#[test]
fn an_image_for_one_kind_of_vectors_opens_on_another() {
    let vectors: Vec<Engine> = Engine::all().filter(|engine| !engine.is_portable()).collect();
    let made = |engine: &Engine| (engine.numbers(), table(*engine, &Oracle::ONE).iter().map(|entry| entry.0).collect());
    let all: Vec<(_, Vec<_>)> = vectors.iter().map(made).collect();
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn special_multipliers_under_special_keys() {
    let two = Oracle::ONE.double();
    let small = |n: u64| Oracle::from(n);
    let n_low = oracle([N[0], N[1], 0, 0]);
    let mut specials = vec![
        Oracle::ZERO,
        power_of_two(248) * small(510),
        small(162),
        two * n_low,
        power_of_two(255),
        power_of_two(128),
        power_of_two(208),
        oracle([u64::MAX; 4]),
    ];
    specials.extend((1..5).map(small));
    specials.extend([255u64, 256, 257, 510, 511, 512].map(small));
    let specials: Vec<Oracle> = specials.iter().flat_map(|u| [*u, -*u]).collect();
    let random: Vec<Oracle> = random(8).step_by(2).map(oracle).collect();
    let mut keys = vec![random[0], Oracle::ONE, -Oracle::ONE, two, -two, small(3), small(255), -small(256)];
    keys.push(inverse(&two));
    // The engines side by side, since this takes a while.
    std::thread::scope(|scope| {
        for engine in Engine::all() {
            let (keys, specials, random) = (&keys, &specials, &random);
            scope.spawn(move || {
                let generator = base_table(engine);
                let mut slow = 0;
                // Emulated instructions take long.
                let enough = if engine.name().contains("emulated") { 2 } else { keys.len() };
                for key in &keys[..enough] {
                    let tables = Tables { engine, generator: &generator, key: &table(engine, key) };
                    for special in specials {
                        for other in specials.iter().chain([&random[1]]) {
                            let wrong = [random[2]];
                            slow += u32::from(!check(&tables, key, special, other, &wrong));
                        }
                    }
                }
                std::println!("{}: {slow} of these needed the exact sum", engine.name());
                assert!(slow > 50);
            });
        }
    });
}

#[test]
fn ordinary_multipliers_are_fast() {
    let values: Vec<Oracle> = random(400).step_by(2).map(oracle).collect();
    for engine in Engine::all() {
        let generator = base_table(engine);
        let tables = Tables { engine, generator: &generator, key: &table(engine, &values[0]) };
        for pair in values.windows(3).skip(1) {
            assert!(check(&tables, &values[0], &pair[0], &pair[1], &pair[2..]));
        }
    }
}

/// `TESSERAL_BLESS=1 cargo test --lib constant_base_tables` writes the files anew.
#[test]
fn constant_base_tables_are_those_that_are_filled() {
    let profiles = [(Profile::Tiny, "tiny"), (Profile::Compact, "compact")];
    let tables = profiles.map(|(profile, name)| (profile, name, table(Engine::portable(profile), &Oracle::ONE)));
    for (_, name, filled) in &tables {
        // Beside this file, relative to the package. Its folder is not the repository's where tests/machines builds these sources.
        let path = std::path::Path::new(file!()).with_file_name(std::format!("base_table/{name}.rs"));
        let text = source_of(name, filled);
        if std::env::var_os("TESSERAL_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap() == text, "{path:?}: run this test with TESSERAL_BLESS=1");
    }
    for (profile, name, filled) in tables {
        // The compiled table, limb by limb.
        let constant = BaseTable::constant(profile).unwrap();
        assert!(constant.engine() == Engine::portable(profile));
        assert_eq!(constant.entries().len(), filled.len());
        for (index, (constant, filled)) in constant.entries().iter().zip(&filled).enumerate() {
            assert_eq!(constant.0, filled.0, "{name}, entry {index}: compile again after a change of the file");
        }
    }
}

fn source_of(name: &str, entries: &[TableEntry]) -> std::string::String {
    let profile = name[..1].to_uppercase() + &name[1..];
    let mut text = std::format!(
        "//! The base point's table of the profile `{}`, written by the test `constant_base_tables_are_those_that_are_filled`.\n\n\
         use crate::es256::entry::TableEntry;\n\n\
         #[rustfmt::skip]\n\
         pub(in crate::es256) static ENTRIES: [TableEntry; {}] = [\n",
        profile,
        entries.len()
    );
    let limb = |limb: &u64| {
        let hex = std::format!("{limb:016x}");
        std::format!("0x{}_{}_{}_{}", &hex[..4], &hex[4..8], &hex[8..12], &hex[12..])
    };
    for entry in entries {
        let (x, y) = entry.0.split_at(4);
        let [x, y] = [x, y].map(|half| half.iter().map(limb).collect::<Vec<_>>().join(", "));
        text += &std::format!("    TableEntry([{x},\n                {y}]),\n");
    }
    text + "];\n"
}
