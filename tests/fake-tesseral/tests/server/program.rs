//! `fake-tesseral serve`: the ready line, every command, every way to end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fake_tesseral::{Project, base64url, jws};
use serde_json::Value;

use crate::client::Client;

/// A running program; it ends with this, whatever a test does.
struct Program {
    child: Child,
    line: String,
    ready: Value,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fake-tesseral"))
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("the ready line");
        let ready = serde_json::from_str(&line).expect("JSON");
        Self { child, line, ready }
    }

    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("no {name}"))
    }

    /// Status and body of a command.
    fn command(&self, command: &str) -> (String, String) {
        let host = self.text("control").strip_prefix("http://").expect("a URL");
        let mut client = Client::plain(host).expect("the control interface");
        client.send(&format!("POST {command} HTTP/1.0\r\n\r\n"));
        let answer = client.answer(false);
        assert!(client.rest().0.is_empty());
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        (head[9..12].to_owned(), body.strip_suffix('\n').expect("a line").to_owned())
    }

    fn get(&self, command: &str) -> String {
        let (status, body) = self.command(command);
        assert_eq!(status, "200", "{command}: {body}");
        body
    }

    fn json(&self, command: &str) -> Value {
        serde_json::from_str(&self.get(command)).expect("JSON")
    }

    /// Status and body of an answer of the service without TLS.
    fn ask(&self, request: &str) -> (String, String) {
        let mut client = Client::plain(self.text("host")).expect("the service");
        client.send(request);
        let answer = client.answer(false);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        (head[9..12].to_owned(), body.to_owned())
    }

    fn document(&self) -> String {
        self.ask(&format!("GET /v1/config/{} HTTP/1.1\r\n\r\n", self.text("publishableKey"))).1
    }

    fn lookup(&self, key: &str) -> (String, String) {
        let body = format!(r#"{{"secretToken":"{key}"}}"#);
        self.ask(&format!(
            "POST /v1/api-keys/authenticate HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.text("backendApiKey"),
            body.len()
        ))
    }

    fn ended(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn ready_line_files_and_ends() {
    type End = fn(&mut Program);
    let ends: [(&str, &[&str], End); 4] = [
        ("end of standard input", &[], |program| drop(program.child.stdin.take())),
        ("/stop", &[], |program| assert_eq!(program.get("/stop"), "ok")),
        ("SIGTERM", &[], |program| signal(program, "TERM")),
        ("detached and SIGINT", &["--detached"], |program| {
            drop(program.child.stdin.take());
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!(program.get("/count/config"), "0");
            signal(program, "INT");
        }),
    ];
    for (name, arguments, end) in ends {
        let (ready_file, ca_file) = (file("ready.json"), file("ca.pem"));
        let files = [&ready_file, &ca_file].map(|path| path.to_str().expect("UTF-8"));
        let all = [&["--tls", "--seed", "5", "--ready-file", files[0], "--ca-file", files[1]], arguments].concat();
        let mut program = Program::start(&all);
        assert_eq!(fs::read_to_string(&ready_file).expect("the ready file"), program.line);
        assert_eq!(fs::read_to_string(program.text("caFile")).expect("the CA file"), program.text("caPem"));
        let project = Project::new(5);
        for (member, expected) in [
            ("projectId", project.id.as_str()),
            ("publishableKey", &project.publishable_key),
            ("backendApiKey", &project.backend_api_key),
            ("issuer", &project.issuer()),
            ("cookieName", &project.cookie_name()),
            ("kid", project.signing_key().kid()),
            ("scheme", "https"),
            ("host", &format!("127.0.0.1:{}", program.ready["port"])),
            ("control", &format!("http://127.0.0.1:{}", program.ready["controlPort"])),
        ] {
            assert_eq!(program.text(member), expected, "{member}");
        }
        assert_eq!(program.ready["pid"], program.child.id());
        assert!(program.text("apiKey").starts_with(program.text("apiKeyPrefix")));
        end(&mut program);
        assert!(program.ended(), "{name}");
        assert!(!ready_file.exists() && !ca_file.exists(), "{name} leaves files behind");
    }
}

fn signal(program: &Program, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &program.child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

#[test]
fn tokens_and_keys() {
    let program = Program::start(&[]);
    let claims = |command: &str| -> Value {
        let [_, payload, _] = jws::split(&program.get(command)).expect("three parts");
        serde_json::from_slice(&payload).expect("JSON")
    };
    let now = claims("/token")["iat"].as_i64().expect("a number");
    assert!((now - fake_tesseral::server::now()).abs() < 60);
    assert!(claims("/token?expired")["exp"].as_i64() < Some(now));
    let all = claims(
        "/token?now=1000&now-offset=-10&lifetime=60&user=1&action=b.b.b&action=a.a.a&email=a%40b.co&display-name=\
         &picture=p&organization-display-name=&impersonator=i+j",
    );
    let expected = serde_json::json!({
        "iss": program.text("issuer"), "aud": program.text("issuer"), "sub": all["user"]["id"],
        "iat": 990, "nbf": 990, "exp": 1050, "session": all["session"],
        "user": {"id": all["user"]["id"], "email": "a@b.co", "profilePictureUrl": "p"},
        "organization": {"id": all["organization"]["id"]},
        "actions": ["a.a.a", "b.b.b"], "impersonator": {"email": "i j"},
    });
    assert_eq!(all, expected);
    assert_eq!(claims("/token?actions=7")["actions"].as_array().map(Vec::len), Some(7));
    assert_ne!(program.get("/token?now=5"), program.get("/token?now=5&tampered"));

    let kid = |token: String| -> Value {
        let [header, ..] = jws::split(&token).expect("three parts");
        serde_json::from_slice::<Value>(&header).expect("JSON")["kid"].clone()
    };
    let new = program.get("/rotate?published=0");
    assert_eq!(
        (kid(program.get("/token")), program.json("/project")["kid"].clone()),
        (new.as_str().into(), new.as_str().into())
    );
    assert!(!program.document().contains(&new));
    program.get("/publish");
    assert!(program.document().contains(&new));
    program.get(&format!("/withdraw?kid={new}"));
    assert!(!program.document().contains(&new));
    let short = program.get("/rotate?short=x");
    let document: Value = serde_json::from_str(&program.document()).expect("JSON");
    let key = document["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == short.as_str());
    let x = key.expect("published")["x"].as_str().expect("a string");
    assert!(base64url::decode(x).expect("base64url").len() <= 31);
}

#[test]
fn documents() {
    let program = Program::start(&[]);
    program.get("/rotate");
    let honest = program.document();
    let kids = |document: &str| -> Vec<String> {
        let document: Value = serde_json::from_str(document).expect("JSON");
        document["keys"].as_array().expect("keys").iter().map(|key| key["kid"].to_string()).collect()
    };
    program.get("/document?reversed=1&older=1&without=vaultDomain&key=%7B%22kid%22%3A%22k%22%7D");
    let other = program.document();
    let mut reversed = kids(&honest);
    reversed.push("\"k\"".to_owned());
    reversed.reverse();
    assert_eq!(kids(&other), reversed);
    assert!(!["cookieDomain", "crossDomainMode", "vaultDomain"].iter().any(|name| other.contains(name)));
    program.get("/document?keys=null&trusted-domains=null");
    assert!(program.document().ends_with("\"trustedDomains\":null,\"keys\":null}\n"));
    program.get("/document?raw=%5B%5D");
    assert_eq!(program.document(), "[]");
    program.get("/document");
    assert_eq!(program.document(), honest);
}

#[test]
fn api_keys() {
    let program = Program::start(&[]);
    let status = |key: &str| program.lookup(key).0;
    let first = program.text("apiKey").to_owned();
    assert!(program.lookup(&first).1.contains(r#""actions":["app.posts.read","app.posts.write"]"#));
    program.get("/json-spaces?after=,");
    assert!(program.lookup(&first).1.contains(r#"["app.posts.read", "app.posts.write"]"#));

    let key = program.get("/api-key?action=b.b.b&action=a.a.a&user=3");
    assert!(program.lookup(&key).1.contains(r#""actions":["a.a.a", "b.b.b"]"#));
    assert_eq!(status(&program.get("/api-key?expires-in=600")), "200");
    assert_eq!(status(&program.get("/api-key?expires-in=0")), "400");
    assert_eq!(status(&program.get("/api-key?organization-permits=0")), "403");
    program.get(&format!("/revoke?key={key}"));
    assert_eq!(status(&key), "400");
    program.get("/api-keys?enabled=0");
    assert_eq!(status(&first), "403");
    program.get("/api-keys?enabled=1&prefix=");
    assert_eq!(status(&first), "403");
    program.get("/api-keys?prefix=example_sk_");
    assert_eq!(status(&first), "200");
}

#[test]
fn faults_and_records() {
    let program = Program::start(&[]);
    let request = format!("GET /v1/config/{} HTTP/1.1\r\nCookie: a=b\r\n\r\n", program.text("publishableKey"));
    let ask = || program.ask(&request);
    for (command, status, start) in [
        ("status?status=502", "502", "Bad Gateway\n"),
        ("html", "200", "<!DOCTYPE html>"),
        ("empty-ok", "200", ""),
        ("redirect?location=/x", "302", "Found\n"),
        ("malformed-json", "200", "{\"projectId\""),
        ("oversize?octets=300000", "200", "{\"projectId\""),
        ("delay?ms=1", "200", "{\"projectId\""),
        ("trickle?octets=50&ms=1", "200", "{\"projectId\""),
        ("none", "200", "{\"projectId\""),
    ] {
        program.get(&format!("/fault/config/{command}"));
        let (got, body) = ask();
        assert!(got == status && body.starts_with(start), "{command}: {got} {body}");
    }
    program.get("/fault/config/status?status=503&times=1");
    assert_eq!([ask().0, ask().0], ["503", "200"]);
    for command in ["truncate?octets=3", "close", "reset", "gzip", "chunked", "raw?raw=x", "hang"] {
        program.get(&format!("/fault/config/{command}"));
        Client::plain(program.text("host")).expect("the service").send(&request);
    }
    program.get("/wait/config?count=18&ms=20000");
    assert_eq!(program.get("/count/config"), "18");
    let counts = program.json("/counts");
    assert_eq!(counts, serde_json::json!({"config": 18, "api-keys": 0, "other": 0, "connections": 18}));
    let requests = program.json("/requests/config");
    let target = format!("/v1/config/{}", program.text("publishableKey"));
    let expected = serde_json::json!({
        "method": "GET", "target": target, "version": "HTTP/1.1", "headers": [["Cookie", "a=b"]], "bodyLength": 0, "body": "",
    });
    assert_eq!((requests.as_array().map(Vec::len), &requests[17]), (Some(18), &expected));
    program.get("/forget");
    assert_eq!(program.json("/requests/config"), serde_json::json!([]));
}

#[test]
fn misspelt_commands_say_why() {
    let program = Program::start(&[]);
    let cases = [
        ("/tokens", "unknown command /tokens"),
        ("/token?acton=x", "unknown parameter acton"),
        ("/token?user=-1", "user is no number that fits: -1"),
        ("/token?expired=yes", "expired is 0 or 1, not yes"),
        ("/token?x=%zz", "the query is not percent-encoded UTF-8"),
        ("/rotate?short=z", "short is x or y, not z"),
        ("/withdraw", "which key?"),
        ("/withdraw?kid=x", "there is no such key"),
        ("/document?keys=0", "keys can only be null"),
        ("/fault/config/slow", "unknown fault slow"),
        ("/fault/conf/close", "unknown endpoint conf"),
        ("/count/conf", "unknown endpoint conf"),
        ("/json-spaces?after=.", "no space may stand after ."),
        ("/revoke", "which key?"),
        ("/revoke?key=x", "there is no such key"),
        ("/wait/config?ms=1", "fewer than 1 requests arrived"),
        ("/stop?now", "unknown parameter now"),
    ];
    for (command, why) in cases {
        assert_eq!(program.command(command), ("400".to_owned(), why.to_owned()), "{command}");
    }
}
