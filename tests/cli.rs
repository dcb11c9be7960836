//! The program `tesseral-verify` as a user sees it: exit status, standard output, standard error.
#![cfg(feature = "cli")]

use serde_json::{Value, json};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const SETS: [&str; 4] = ["jwt_hostile_corpus", "es256_extreme_scalars", "forged_and_bounds", "extraction"];

/// A set of vectors, and a folder of this test's own for what the program reads.
struct Set {
    content: Value,
    folder: PathBuf,
}

impl Set {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(test);
        fs::create_dir_all(&folder).unwrap();
        let content = fs::read(vectors("jwt_hostile_corpus")).unwrap();
        Self { content: serde_json::from_slice(&content).unwrap(), folder }
    }

    fn text(&self, member: &str) -> String {
        self.content[member].as_str().unwrap().to_owned()
    }

    /// A file of the folder.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn snapshot(&self) -> String {
        self.file("jwks.json", self.text("jwks"))
    }

    fn tests(&self) -> impl Iterator<Item = Case<'_>> {
        self.content["tests"].as_array().unwrap().iter().map(|test| Case { set: self, test })
    }

    fn case(&self, id: &str) -> Case<'_> {
        self.tests().find(|case| case.text("id") == Some(id)).unwrap()
    }

    /// The first case with this slug whose token is text and whose snapshot is the set's.
    fn first(&self, slug: &str) -> Case<'_> {
        let plain = |case: &Case<'_>| case.text("token").is_some() && case.text("jwks").is_none();
        self.tests().find(|case| case.text("slug") == Some(slug) && plain(case)).unwrap()
    }
}

struct Case<'s> {
    set: &'s Set,
    test: &'s Value,
}

impl Case<'_> {
    fn text(&self, member: &str) -> Option<&str> {
        self.test[member].as_str()
    }

    fn token(&self) -> &str {
        self.text("token").unwrap()
    }

    fn now(&self) -> String {
        let own = self.test["now"].as_i64();
        own.unwrap_or_else(|| self.set.content["now_default"].as_i64().unwrap()).to_string()
    }

    /// Runs `verify` or `explain` as the vector says, the token on standard input.
    fn run(&self, command: &str, more: &[&str]) -> Output {
        let (issuer, now) = (self.set.text("issuer"), self.now());
        let snapshot = match self.text("jwks") {
            Some(jwks) => self.set.file("own-jwks.json", jwks),
            None => self.set.snapshot(),
        };
        let mut arguments = vec![command, "--snapshot", &snapshot, "--issuer", &issuer];
        if !more.contains(&"--now") {
            arguments.extend(["--now", &now]);
        }
        arguments.extend(more);
        // Some tokens of the set end in a line feed: the one that is removed is this one.
        run(&arguments, (self.token().to_owned() + "\n").as_bytes())
    }
}

struct Output {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Output {
    /// The slug at the end of the line on standard error.
    fn slug(&self) -> Option<&str> {
        self.stderr.trim_end().strip_suffix(']')?.rsplit_once('[').map(|(_, slug)| slug)
    }

    /// The line of one check, and the hints below it.
    fn check(&self, number: usize) -> String {
        let start = format!("{number:>2}  ");
        let mut lines = self.stdout.lines().skip_while(|line| !line.starts_with(&start));
        let first = lines.next().unwrap_or_default();
        let hints = lines.take_while(|line| line.starts_with("     "));
        [first].into_iter().chain(hints).collect::<Vec<_>>().join("\n")
    }

    fn holds(&self, secret: &str) -> bool {
        self.stdout.contains(secret) || self.stderr.contains(secret)
    }
}

fn vectors(set: &str) -> String {
    format!("{}/tests/vectors/{set}.json", env!("CARGO_MANIFEST_DIR"))
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tesseral-verify"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = program().args(arguments).spawn().unwrap();
    // A program that does not read its input may have ended before.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Output {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_token_comes_from_an_argument_a_file_or_standard_input() {
    let set = Set::new("sources");
    let (snapshot, issuer, good) = (set.snapshot(), set.text("issuer"), set.case("ok"));
    let file = set.file("token", good.token().to_owned() + "\n");
    let always = ["verify", "--snapshot", &snapshot, "--issuer", &issuer, "--now", "2000000000"];
    let verify = |more: &[&str], stdin: &str| run(&[&always[..], more].concat(), stdin.as_bytes());
    for output in [
        verify(&[good.token()], ""),
        verify(&["--token-file", &file], ""),
        verify(&["-"], good.token()),
        verify(&[], &(good.token().to_owned() + "\n")),
    ] {
        assert_eq!((output.status, output.stderr.as_str()), (0, ""));
        let claims: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(output.stdout.lines().count(), 1);
        assert_eq!(claims["iss"], issuer.as_str());
        assert_eq!(claims["organization"]["displayName"], "Backing Organization");
    }
    let (line, pretty) = (verify(&["-"], good.token()), verify(&["--pretty"], good.token()));
    assert!(pretty.stdout.lines().count() > 10);
    let parse = |output: &Output| serde_json::from_str::<Value>(&output.stdout).unwrap();
    assert_eq!(parse(&line), parse(&pretty));
}

#[test]
fn one_line_feed_is_removed_and_nothing_else() {
    let set = Set::new("line_feed");
    let good = set.case("ok");
    let (snapshot, issuer) = (set.snapshot(), set.text("issuer"));
    let verify = |token: String| {
        run(&["verify", "--snapshot", &snapshot, "--issuer", &issuer, "--now", "2000000000"], token.as_bytes())
    };
    let token = good.token();
    assert_eq!(verify(format!("{token}\n")).status, 0);
    for token in [format!("{token}\n\n"), format!("{token}\r\n"), format!("{token} "), format!(" {token}"), "\n".into()]
    {
        assert_eq!(verify(token).slug(), Some("token_malformed"));
    }
}

#[test]
fn limits_and_leeway_are_those_of_the_options() {
    let set = Set::new("limits");
    let good = set.case("ok");
    let (len, less) = (good.token().len().to_string(), (good.token().len() - 1).to_string());
    assert_eq!(good.run("verify", &["--max-token-len", &len]).status, 0);
    assert_eq!(good.run("verify", &["--max-token-len", &less]).slug(), Some("token_too_large"));
    for (now, leeway, status) in [
        ("4102444800", "0", 0),
        ("4102444801", "0", 1),
        ("4102445100", "300", 0),
        ("4102445101", "300", 1),
        ("-1", "0", 1),
    ] {
        assert_eq!(good.run("verify", &["--now", now, "--leeway", leeway]).status, status, "{now} {leeway}");
    }
    for refused in [["--leeway", "301"], ["--max-token-len", "65537"], ["--max-token-len", "0"], ["--now", "soon"]] {
        assert_eq!(good.run("verify", &refused).status, 2, "{refused:?}");
    }
    let now = run(&["verify", "--snapshot", &set.snapshot(), "--issuer", &set.text("issuer")], good.token().as_bytes());
    assert_eq!(now.status, 0, "the clock's time: {}", now.stderr);
}

/// Number of the failing check in `explain` for each slug that a token can have.
const CHECKS: [(&str, usize); 12] = [
    ("token_too_large", 1),
    ("token_malformed", 2),
    ("header_malformed", 3),
    ("alg_not_allowed", 4),
    ("crit_not_supported", 5),
    ("key_unknown", 6),
    ("signature_invalid", 7),
    ("claims_malformed", 8),
    ("token_expired", 9),
    ("token_not_yet_valid", 9),
    ("issuer_mismatch", 10),
    ("audience_mismatch", 11),
];

#[test]
fn every_vector_has_its_slug_and_its_check_and_no_output_holds_a_signature() {
    let set = Set::new("corpus");
    let mut ran = 0;
    for case in set.tests().filter(|case| case.text("token").is_some()) {
        let (id, slug) = (case.text("id").unwrap(), case.text("slug").unwrap());
        let (verify, explain) = (case.run("verify", &[]), case.run("explain", &[]));
        let failing = CHECKS.iter().find(|(known, _)| *known == slug).map(|(_, number)| *number);
        match (slug, failing) {
            ("ok", _) => assert_eq!((verify.status, explain.status), (0, 0), "{id}"),
            (_, Some(_)) => assert_eq!((verify.status, verify.slug(), explain.status), (1, Some(slug), 1), "{id}"),
            (_, None) => {
                assert_eq!((verify.status, verify.slug(), explain.status), (2, Some(slug), 2), "{id}");
                assert_eq!(explain.stdout, "", "{id}");
            }
        }
        if verify.status != 2 {
            let failing = failing.unwrap_or(12);
            for number in 1..=11 {
                let state = match number {
                    _ if number < failing => "pass       ",
                    _ if number == failing => "fail       ",
                    _ => "not reached",
                };
                let line = explain.check(number);
                assert!(line.starts_with(&format!("{number:>2}  {state}  ")), "{id}: {line}");
                assert_eq!(line.contains(&format!("[{slug}]\n")), number == failing, "{id}: {line}");
            }
        }
        let signature = case.token().rsplit('.').next().unwrap();
        if signature.len() >= 16 {
            for part in [signature, &signature[..16], &signature[signature.len() - 16..]] {
                assert!(!verify.holds(part) && !explain.holds(part), "{id}");
            }
        }
        ran += 1;
    }
    assert_eq!(ran, 386);
}

#[test]
fn explanations_say_what_to_do() {
    let set = Set::new("hints");
    for (slug, hint) in [
        ("token_too_large", "it is longer than 16384 octets"),
        ("header_malformed", "the decoded header is JSON, but a member is missing"),
        ("alg_not_allowed", "only ES256, in exactly this spelling"),
        ("crit_not_supported", "Tesseral never sends crit"),
        ("key_unknown", "session_signing_key_4cdcb8b82c9f30272e3d75bd8"),
        ("signature_invalid", "it did not sign this"),
        ("claims_malformed", "required: iss, sub, aud"),
        ("token_expired", "ago"),
        ("token_not_yet_valid", "it becomes valid in"),
        ("issuer_mismatch", "expected is \"https://project-019d6802e9bd9060f7c403884.tesseral.app\""),
        ("audience_mismatch", "expected is \"https://project-019d6802e9bd9060f7c403884.tesseral.app\""),
    ] {
        let output = set.first(slug).run("explain", &[]);
        let number = CHECKS.iter().find(|(known, _)| *known == slug).unwrap().1;
        assert!(output.check(number).contains(hint), "{slug}:\n{}", output.stdout);
        assert!(output.stdout.ends_with(&format!("[{slug}]\n")), "{}", output.stdout);
    }
    let good = set.case("ok");
    let explain = |token: &str| {
        let arguments = ["explain", "--snapshot", &set.snapshot(), "--issuer", &set.text("issuer"), "--", token];
        run(&arguments, b"").check(2)
    };
    assert!(explain(&format!("Bearer {}", good.token())).contains("leave that and the space out"));
    assert!(explain(&good.token()[..good.token().len() - 4]).contains("has 82 characters and must have 86"));
    assert!(explain("a.b").contains("2 segments"));
    assert!(explain("").contains("the token is empty"));
    let accepted = good.run("explain", &[]);
    assert!(accepted.stdout.ends_with("token accepted: it expires in 66 years 243 days\n"), "{}", accepted.stdout);
    assert!(!accepted.stdout.contains('\x1b'));
}

#[test]
fn times_are_told_in_words_with_the_leeway_that_helps() {
    let set = Set::new("times");
    let good = set.case("ok");
    let at = |now: &str, leeway: &str| good.run("explain", &["--now", now, "--leeway", leeway]).check(9);
    for (now, leeway, hint) in [
        ("4102444801", "0", "it expired 1 second ago: exp is 4102444800, now is 4102444801"),
        ("4102444801", "0", "--leeway 1 would let it pass this check"),
        ("4102445000", "100", "the leeway of 100 s does not reach, --leeway 200 would"),
        ("4102445100", "299", "--leeway 300 would"),
        ("4102445101", "0", "it expired 5 minutes 1 second ago (301 s)"),
        ("4102445101", "300", "no leeway helps, 300 s is the most"),
        ("999999990", "0", "it becomes valid in 10 seconds: nbf is 1000000000"),
        ("999999990", "0", "--leeway 10 would"),
        ("0", "0", "it becomes valid in 31 years 259 days (1000000000 s)"),
        ("9223372036854775807", "300", "no leeway helps"),
        ("-9223372036854775808", "0", "no leeway helps"),
    ] {
        assert!(at(now, leeway).contains(hint), "{now} {leeway}:\n{}", at(now, leeway));
    }
    let late = good.run("explain", &["--now", "4102444810", "--leeway", "10"]);
    assert!(late.stdout.ends_with("token accepted: it expired 10 seconds ago, within the leeway\n"), "{}", late.stdout);
}

#[test]
fn snapshot_and_usage_errors_exit_with_2() {
    let set = Set::new("faults");
    let (token, snapshot, issuer) = (set.case("ok").token().to_owned(), set.snapshot(), set.text("issuer"));
    let verify =
        |snapshot: &str, more: &[&str]| run(&[&["verify", "--snapshot", snapshot][..], more, &[&token]].concat(), b"");
    let malformed = verify(&set.file("malformed.json", r#"{"keys":[],}"#), &[]);
    assert_eq!((malformed.status, malformed.slug()), (2, Some("config_malformed")));
    assert!(malformed.stderr.contains("snapshot refused (1101): the configuration document is malformed at octet 11"));
    assert_eq!(
        verify(&set.file("empty.json", r#"{"keys":[]}"#), &["--issuer", "i"]).slug(),
        Some("config_no_usable_key")
    );
    assert_eq!(verify(&set.file("large.json", vec![b' '; 262_145]), &[]).slug(), Some("config_too_large"));
    let anonymous = verify(&snapshot, &[]);
    assert_eq!((anonymous.status, anonymous.slug()), (2, Some("config_no_issuer")));
    assert!(anonymous.stderr.contains("give --issuer or --project-id"));
    assert_eq!(verify(&snapshot, &["--issuer", ""]).slug(), Some("invalid_argument"));
    assert_eq!(verify(&snapshot, &["--project-id", "project_019d6802e9bd9060f7c403884"]).status, 0);
    assert_eq!(verify("/nowhere", &[]).status, 2);
    assert_eq!(verify(&snapshot, &["--issuer", &issuer, "--token-file", "/nowhere"]).status, 2);
    for arguments in
        [&[][..], &["verify"], &["verify", &token], &["explain", "x"], &["vectors"], &["inspect"], &["fetch"]]
    {
        let output = run(arguments, b"");
        assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(output.stderr.contains("Usage"), "{arguments:?}");
    }
}

#[test]
fn a_token_in_the_wrong_place_is_not_repeated() {
    let set = Set::new("misplaced");
    let (token, snapshot) = (set.case("ok").token().to_owned(), set.snapshot());
    let signature = token.rsplit('.').next().unwrap();
    let option = format!("--{token}");
    let now = format!("--now={token}");
    let (start, end) = token.split_at(token.len() - 40);
    let broken = format!("{start}\n{end}");
    for arguments in [
        &[token.as_str()][..],
        &["verify", "--snapshot", &token, &token],
        &["verify", "--snapshot", &snapshot, "--token-file", &token],
        &["verify", "--snapshot", &snapshot, &token, &token],
        &["verify", "--snapshot", &snapshot, "--leeway", &token],
        &["verify", "--snapshot", &snapshot, "--leeway", &broken],
        &["verify", "--snapshot", &snapshot, &now],
        &["verify", "--snapshot", &snapshot, &option],
        &["explain", &option],
        &["inspect", &token],
        &["vectors", &token],
        // A line break in the middle makes two arguments of it.
        &["verify", "--snapshot", &snapshot, start, end],
        &["verify", "--snapshot", &snapshot, "--leeway", end],
    ] {
        let output = run(arguments, b"");
        assert_eq!(output.status, 2, "{arguments:?}");
        for part in [&signature[..16], &signature[16..32], &signature[signature.len() - 16..]] {
            assert!(!output.holds(part), "{}", output.stderr);
        }
    }
}

#[test]
fn inspect_shows_keys_and_why_others_are_skipped() {
    let set = Set::new("inspect");
    let keys: Value = serde_json::from_str(&set.text("jwks")).unwrap();
    let mut first = keys["keys"][0].clone();
    first["kid"] = json!("\u{1b}[2J");
    let document = json!({ "projectId": "project_x", "keys": [keys["keys"][1], { "kty": "RSA" }, first, 1] });
    let snapshot = set.file("document.json", document.to_string());
    let output = run(&["inspect", &snapshot, "--json"], b"");
    let shown: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.status, output.stdout.lines().count()), (0, 1));
    assert_eq!(shown["projectId"], "project_x");
    assert_eq!(shown["issuer"], "https://project-x.tesseral.app");
    assert_eq!(shown["cookie"], "tesseral_project_x_access_token");
    assert_eq!(shown["documentOctets"], document.to_string().len());
    assert_eq!(shown["keys"], json!([{ "kid": keys["keys"][1]["kid"] }, { "kid": "\u{1b}[2J" }]));
    assert_eq!(shown["keysSkipped"], 2);
    let reasons =
        [json!({ "index": 1, "reason": "kty_unsupported" }), json!({ "index": 3, "reason": "not_an_object" })];
    assert_eq!(shown["skipped"], json!(reasons));
    for profile in ["server", "compact", "tiny"] {
        assert!(shown["memoryOctets"][profile].as_u64().unwrap() > 0, "{profile}");
    }

    let text = run(&["inspect", &snapshot, "--issuer", "https://a.example"], b"").stdout;
    for part in ["issuer      \"https://a.example\"\n", "keys[1]: kty_unsupported\n", "keys[3]: not_an_object\n"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains('\x1b') && text.contains("\\u{1b}[2J"), "{text}");

    let plain = run(&["inspect", &set.snapshot(), "--json"], b"");
    let shown: Value = serde_json::from_str(&plain.stdout).unwrap();
    assert_eq!((plain.status, &shown["issuer"], &shown["projectId"]), (0, &Value::Null, &Value::Null));

    let refused = run(&["inspect", &set.file("bad.json", r#"{"projectId":1}"#)], b"");
    assert_eq!((refused.status, refused.slug()), (2, Some("config_malformed")));
    assert!(refused.stderr.contains("at octet 13"), "{}", refused.stderr);
}

#[test]
fn vectors_agree_and_are_counted() {
    let files = SETS.map(vectors);
    let output = run(&["vectors", &files[0], &files[1], &files[2], &files[3]], b"");
    let counts =
        [388, 160, 354, 176].iter().zip(&files).map(|(count, file)| format!("{file}: {count} ran, 0 disagree\n"));
    assert_eq!(output.stdout, counts.collect::<String>());
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
}

#[test]
fn requests_that_disagree() {
    let set = Set::new("requests");
    let content: Value = serde_json::from_slice(&fs::read(vectors("extraction")).unwrap()).unwrap();
    for (member, value, status, said) in [
        ("slug", json!("token_expired"), 1, "\"bearer\": expected token_expired, got ok"),
        ("credential", json!("{other}"), 1, "\"bearer\": another credential than expected"),
        ("authorization", json!(["Bearer {other}"]), 1, "\"bearer\": another credential than expected"),
        ("cookie", json!("a=b"), 2, "test \"bearer\" has no usable cookie"),
    ] {
        let mut content = content.clone();
        let test = content["tests"].as_array_mut().unwrap().iter_mut().find(|test| test["id"] == "bearer").unwrap();
        test[member] = value;
        let output = run(&["vectors", &set.file("changed.json", content.to_string())], b"");
        assert_eq!(output.status, status, "{member}");
        assert!(output.stdout.contains(said) || output.stderr.contains(said), "{}{}", output.stdout, output.stderr);
    }
}

#[test]
fn vectors_that_disagree_or_do_not_count() {
    let set = Set::new("vectors");
    let change = |change: &dyn Fn(&mut Value)| {
        let mut content = set.content.clone();
        content["tests"].as_array_mut().unwrap().retain(|test| test["claims"].is_object());
        content["numberOfTests"] = content["tests"].as_array().unwrap().len().into();
        change(&mut content);
        let file = set.file("changed.json", content.to_string());
        let output = run(&["vectors", &file], b"");
        (output.status, output.stdout.replace(&file, "FILE"), output.stderr.replace(&file, "FILE"))
    };
    let ran = |disagree| format!("FILE: 12 ran, {disagree} disagree\n");
    assert_eq!(change(&|_| ()), (0, ran(0), String::new()));
    let first = set.tests().find(|case| case.test["claims"].is_object()).unwrap();
    let id = first.text("id").unwrap();
    let (status, stdout, _) = change(&|content| content["tests"][0]["slug"] = json!("token_expired"));
    assert_eq!((status, stdout), (1, format!("FILE: \"{id}\": expected token_expired, got ok\n{}", ran(1))));
    let (status, stdout, _) = change(&|content| content["tests"][0]["claims"]["user_email"] = json!("x"));
    assert_eq!((status, stdout), (1, format!("FILE: \"{id}\": user_email is not as expected\n{}", ran(1))));
    let (status, _, stderr) = change(&|content| content["numberOfTests"] = json!(13));
    assert_eq!((status, stderr.as_str()), (2, "tesseral: FILE: numberOfTests is 13, but 12 ran\n"));
    let (status, _, stderr) = change(&|content| content["tests"] = json!([]));
    assert_eq!((status, stderr.as_str()), (2, "tesseral: FILE: holds no test\n"));
    let (status, _, stderr) = change(&|content| content["tests"][0]["token"] = Value::Null);
    assert_eq!((status, stderr), (2, format!("tesseral: FILE: test \"{id}\" has no usable token\n")));
    assert_eq!(run(&["vectors", "/nowhere"], b"").status, 2);
    assert_eq!(run(&["vectors", &set.file("not.json", "{")], b"").status, 2);
    let both = run(&["vectors", "/nowhere", &vectors(SETS[1])], b"");
    assert!(both.status == 2 && both.stdout.contains("160 ran, 0 disagree"), "one bad file does not stop the others");
}

#[test]
fn a_reader_that_has_gone_away_changes_nothing() {
    let set = Set::new("pipe");
    let (snapshot, issuer) = (set.snapshot(), set.text("issuer"));
    for (now, status) in [("2000000000", 0), ("4102444801", 1)] {
        let arguments = ["explain", "--snapshot", &snapshot, "--issuer", &issuer, "--now", now];
        let mut child = program().args(arguments).spawn().unwrap();
        // The program writes only after it has read the token.
        drop((child.stdout.take(), child.stderr.take()));
        child.stdin.take().unwrap().write_all(set.case("ok").token().as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
    }
}

#[test]
fn help_and_version() {
    for arguments in [
        &["--help"][..],
        &["verify", "--help"],
        &["explain", "-h"],
        &["inspect", "--help"],
        &["snapshot", "--help"],
        &["watch", "--help"],
        &["help"],
    ] {
        let output = run(arguments, b"");
        assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(output.stdout.contains("Usage: tesseral-verify"), "{}", output.stdout);
    }
    assert_eq!(run(&["--version"], b"").stdout, format!("tesseral-verify {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_list_of_revoked_sessions_and_users() {
    const NOW: i64 = 1_750_000_000;
    let (set, project) = (Set::new("revoked"), fake_tesseral::Project::new(1));
    let claims = project.claims(NOW);
    let snapshot = set.file("config.json", project.config_document().to_json());
    let (token, now) = (project.mint(&claims), NOW.to_string());
    let judge = |command: &str, list: &str| {
        run(&[command, "--snapshot", &snapshot, "--now", &now, "--revoked", list], token.as_bytes())
    };
    for (entries, refused) in [
        (String::new(), false),
        (format!("{} {}\n", project.id, claims.session_id), true),
        (format!("{} {}\r\n", project.id, claims.user_id), true),
    ] {
        let list = set.file("list", format!("tesseral-revoked 1\n{entries}"));
        let (verify, explain) = (judge("verify", &list), judge("explain", &list));
        assert_eq!((verify.status, explain.status), (i32::from(refused), i32::from(refused)), "{entries}");
        assert_eq!(verify.slug(), refused.then_some("token_revoked"), "{entries}");
        let line = if refused { "12  fail         revocation" } else { "12  pass         revocation" };
        assert!(explain.check(12).starts_with(line), "{}", explain.stdout);
    }
    let without = run(&["explain", "--snapshot", &snapshot, "--now", &now], token.as_bytes());
    assert!(without.status == 0 && !without.stdout.contains("revocation"), "{}", without.stdout);
    let cut = set.file("cut", "tesseral-revoked 1\nproject_");
    for command in ["verify", "explain"] {
        let refused = judge(command, &cut);
        let said = "tesseral: list refused (1105): the list of revoked sessions and users is malformed at line 2 \
                    [revocations_malformed]\n";
        assert_eq!((refused.status, refused.stderr.as_str()), (2, said));
    }
    let missing = judge("verify", "/nowhere/at/all");
    assert!(
        missing.status == 2 && missing.stderr.starts_with("tesseral: the list cannot be read: "),
        "{}",
        missing.stderr
    );
    let keys = set.file("keys.json", format!(r#"{{"keys":[{}]}}"#, project.signing_key().jwk()));
    let list = set.file("list", "tesseral-revoked 1\n");
    let arguments = ["verify", "--snapshot", &keys, "--issuer", &project.issuer(), "--revoked", &list];
    let nobody = run(&arguments, token.as_bytes());
    assert!(nobody.status == 2 && nobody.stderr.contains("--revoked needs --project-id"), "{}", nobody.stderr);
}
