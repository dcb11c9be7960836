//! No input may multiply the work: each hostile one is compared with a harmless one of its size, and with one of half its
//! size.

use crate::{
    common::room::Room,
    fixture::{NOW, PROJECT, Payload, document_of, key},
};
use fake_tesseral::{Project, SigningKey};
use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};
use tesseral_verify::{Options, Profile};

/// How long a document may take, in multiples of the harmless one. Quadratic work takes over a hundred times as long.
const MOST: u32 = 8;

/// The shortest of five runs.
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

/// A key is compared with every other one of its `kid`. Its other members must not be read again each time.
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

/// How many times the instructions an input of twice the size may take.
const MOST_FOR_TWICE: f64 = 2.2;

/// The same where the size should make hardly any difference.
const ABOUT_THE_SAME: f64 = 1.5;

/// Does the work that is counted.
type Work = Box<dyn FnOnce()>;

/// Makes an input of so many times the smallest size, and the work that processes it.
type Case = (&'static str, fn(usize) -> Work);

/// For each entry point, inputs that repeat the costliest element.
const CASES: [Case; 21] = [
    ("load: different kids, long", |times| load(&conflicts(63 * times, |kid| kid.to_owned()))),
    ("load: different kids, long and escaped", |times| load(&conflicts(63 * times, escaped))),
    ("load: more kids than are told apart", |times| refuse(&conflicts(200 * times, |kid| kid.to_owned()))),
    ("load: one key over and over", |times| {
        let jwk = jwk_named(key(), &escaped(&long_kid(0)));
        load(&document_of(&vec![jwk; 100 * times]))
    }),
    ("load: usable keys", |times| load(&document_of(&usable(32 * times)))),
    ("load: a kid of escapes that is too long", |times| {
        load(&document_of(&[key().jwk(), jwk_named(key(), &escaped(&"k".repeat(10_000 * times)))]))
    }),
    ("load: members that nobody reads", |times| {
        let jwk = key().jwk().replacen('{', &format!("{{{}", r#""\u006aunk":[{}],"#.repeat(5_000 * times)), 1);
        load(&document_of(&[jwk]))
    }),
    ("load: white space", |times| {
        load(&document_of(&[key().jwk().replace(':', &format!(":{}", " ".repeat(10_000 * times)))]))
    }),
    ("token: a kid of escapes", |times| {
        let header = format!(r#"{{"kid":"{}","alg":"ES256"}}"#, escaped(&"k".repeat(700 * times)));
        verify(0, key().sign_compact(header.as_bytes(), b"{}"), false)
    }),
    ("token: a kid of escapes, more keys", |times| {
        let header = format!(r#"{{"kid":"{}","alg":"ES256"}}"#, escaped(&long_kid(1_000)));
        verify(31 * times, key().sign_compact(header.as_bytes(), b"{}"), false)
    }),
    ("token: actions with escapes", |times| {
        let actions = format!(r#"["a.b.c"{}]"#, r#","\u0061.b.c""#.repeat(300 * times));
        verify(0, Payload::new().with("actions", actions).token(), true)
    }),
    ("token: audiences", |times| {
        let audiences = format!(r#"[{}"{}"]"#, r#""\u0061","#.repeat(600 * times), PROJECT.issuer());
        verify(0, Payload::new().with("aud", audiences).token(), true)
    }),
    ("token: digits of a date", |times| {
        verify(0, Payload::new().with("exp", format!("1750000400.{}", "0".repeat(4_000 * times))).token(), true)
    }),
    ("request: commas of another scheme", |times| authorize(&format!("Basic x{}", ",\t Bearer".repeat(2_000 * times)))),
    ("request: commas and blanks", |times| authorize(&format!("Basic x{}", ", \t".repeat(5_000 * times)))),
    ("request: quotes", |times| authorize(&format!("Digest x{}", r#""\", Bearer x""#.repeat(1_000 * times)))),
    ("request: blanks after Bearer", |times| authorize(&format!("Bearer{}", " \t".repeat(10_000 * times)))),
    ("request: a comma after Bearer", |times| authorize(&format!("Bearer .{},", "a".repeat(30_000 * times)))),
    ("request: cookies", |times| send(&[], &";a;tesseral_=;b=c".repeat(1_000 * times))),
    ("request: blanks around cookies", |times| send(&[], &format!("{}=", " \t".repeat(10_000 * times)))),
    ("token: members that nobody reads", |times| {
        let mut payload = Payload::new().json();
        payload.insert_str(1, &r#""\u0069s":{"x":[]},"#.repeat(250 * times));
        verify(0, key().sign_claims(&payload), true)
    }),
];

/// Instructions are counted, not times: this program runs once more under callgrind, which counts those of each piece of work.
#[test]
fn twice_the_input_costs_at_most_twice() {
    if std::env::var_os(COUNTING).is_some() {
        for (_, make) in CASES {
            for times in [1, 2] {
                counted_by_callgrind(make(times));
            }
        }
        return;
    }
    let counts = counts();
    assert_eq!(counts.len(), 2 * CASES.len(), "a count for each piece of work");
    let mut bad = Vec::new();
    for ((name, _), pair) in CASES.iter().zip(counts.chunks_exact(2)) {
        let ratio = pair[1] as f64 / pair[0] as f64;
        crate::common::sets::say(&format!("figure cost {name}: {} instructions, {ratio:.2} times for twice", pair[0]));
        assert!(pair[0] > 10_000, "{name}: nothing was counted");
        let most = if name.ends_with("more keys") { ABOUT_THE_SAME } else { MOST_FOR_TWICE };
        if ratio > most {
            bad.push(format!("{name}: {ratio:.2} times"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Set for the run under callgrind.
const COUNTING: &str = "TESSERAL_COUNTING";

/// Callgrind counts this function by its name: the work alone, without the making of its input.
#[unsafe(no_mangle)]
#[inline(never)]
fn counted_by_callgrind(work: Work) {
    work();
}

/// Instructions of each piece of work, in order.
fn counts() -> Vec<u64> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cost");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--toggle-collect=counted_by_callgrind", "--dump-after=counted_by_callgrind"]);
    valgrind.arg(format!("--callgrind-out-file={}/out", directory.display()));
    valgrind.arg(std::env::current_exe().unwrap()).args(["--exact", "cost::twice_the_input_costs_at_most_twice"]);
    let output = valgrind.env(COUNTING, "1").output().expect("valgrind, which apt-get installs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dump = |number: usize| fs::read_to_string(directory.join(format!("out.{number}"))).ok();
    let total = |dump: String| dump.lines().find_map(|line| line.strip_prefix("totals: ")?.parse().ok()).unwrap_or(0);
    (1..).map_while(dump).map(total).filter(|total| *total != 0).collect()
}

fn load(document: &str) -> Work {
    loading(document, true)
}

fn refuse(document: &str) -> Work {
    loading(document, false)
}

fn loading(document: &str, good: bool) -> Work {
    assert!(document.len() <= 262_144, "{}", document.len());
    let (document, mut room) = (document.to_owned(), Room::with_keys(64));
    Box::new(move || {
        let loaded = room.load(document.as_bytes(), &Options::new().profile(Profile::Tiny));
        assert_eq!(loaded.is_ok(), good);
    })
}

/// Verifies a token with the fixture's key and so many other keys in the snapshot.
fn verify(others: usize, token: String, good: bool) -> Work {
    let mut keys = usable(others);
    keys.push(key().jwk());
    let room = Box::leak(Box::new(Room::with_keys(keys.len())));
    let options = Options::new().profile(Profile::Tiny).max_token_len(65_536);
    let verifier = room.load(document_of(&keys).as_bytes(), &options).unwrap();
    let mut scratch = vec![0; verifier.scratch_len()];
    Box::new(move || assert_eq!(verifier.verify_token(token.as_bytes(), NOW, None, &mut scratch).is_ok(), good))
}

/// A request with this Authorization value, which is refused.
fn authorize(value: &str) -> Work {
    send(&[value], "")
}

fn send(authorization: &[&str], cookie: &str) -> Work {
    let room = Box::leak(Box::new(Room::new()));
    let options = Options::new().profile(Profile::Tiny).max_token_len(65_536);
    let verifier = room.load(document_of(&[key().jwk()]).as_bytes(), &options).unwrap();
    let (authorization, cookie): (Vec<String>, _) =
        (authorization.iter().map(|value| (*value).to_owned()).collect(), cookie.to_owned());
    let mut scratch = vec![0; verifier.scratch_len()];
    Box::new(move || {
        let authorization = authorization.iter().map(String::as_bytes);
        assert!(verifier.authenticate(authorization, [cookie.as_bytes()], NOW, None, &mut scratch).is_err());
    })
}

/// 128 octets, of which only the last differ.
fn long_kid(number: usize) -> String {
    format!("{}{number:04}", "k".repeat(124))
}

fn escaped(kid: &str) -> String {
    kid.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect()
}

/// A JWK whose `kid` stands in the text like this.
fn jwk_named(key: &SigningKey, kid: &str) -> String {
    key.clone().with_kid("KID").jwk().replace("KID", kid)
}

fn usable(count: usize) -> Vec<String> {
    (0..count).map(|number| jwk_named(key(), &long_kid(number))).collect()
}

/// A usable key, and so many kids with two points each.
fn conflicts(count: usize, spelling: fn(&str) -> String) -> String {
    let other = Project::new(2).signing_key().clone();
    let pair = |number: usize| [key(), &other].map(|key| jwk_named(key, &spelling(&long_kid(number))));
    let mut keys = vec![key().jwk()];
    keys.extend((0..count).flat_map(pair));
    document_of(&keys)
}
