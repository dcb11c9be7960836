//! bindings/cpp/example.cpp, installed and built as a user does it, then asked with curl.
#![cfg(all(feature = "ffi", feature = "std", target_os = "linux"))]

#[path = "c/support.rs"]
mod c;

use c::{WARNINGS, fresh_directory, make, output, prefix, root, run, say};
use fake_tesseral::{Endpoint, Fault, Project, Server, Tls, jws, server::now};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
};

/// The example, running; its standard error is read as it comes.
struct Example {
    child: Child,
    log: BufReader<ChildStderr>,
    url: String,
}

impl Example {
    fn start(program: &Path, snapshot: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        command
            .arg(snapshot)
            .arg("0")
            .env("LD_LIBRARY_PATH", prefix().join("lib"))
            .env_remove("TESSERAL_BACKEND_API_KEY");
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log, url: url.trim().to_owned() }
    }

    /// HTTP status, header block and body.
    fn get(&self, path: &str, headers: &[&str]) -> (u16, String, String) {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--include", "--max-time", "20", "--noproxy", "*"]);
        for header in headers {
            curl.args(["--header", header]);
        }
        let answer = run(curl.arg(format!("{}{path}", self.url)));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }

    /// The next line of the log.
    fn logged(&mut self) -> String {
        let mut line = String::new();
        self.log.read_line(&mut line).unwrap();
        line
    }

    fn signal(&self, name: &str) {
        run(Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()));
    }

    /// Ends it, and says that it ended by itself.
    fn end(mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
        let mut rest = String::new();
        self.log.read_line(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing else was logged");
    }
}

/// A test that fails leaves no server behind.
impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Built with CMake from an installed prefix.
fn program() -> PathBuf {
    prefix();
    let installed = fresh_directory("cpp_example").join("usr");
    run(make("install").arg(format!("PREFIX={}", installed.display())));
    let build = fresh_directory("cpp_example_build");
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(root().join("bindings/cpp")).arg("-B").arg(&build);
    cmake.arg(format!("-DCMAKE_CXX_FLAGS={}", WARNINGS.join(" ")));
    run(cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", installed.display())));
    run(Command::new("cmake").arg("--build").arg(&build));
    build.join("example")
}

#[test]
fn the_example_server() {
    let service = Server::start(Project::new(64), Tls::Off).unwrap();
    let snapshot = fresh_directory("cpp_example_snapshot").join("config.json");
    let (document, token, permitted, cookie_name, backend_api_key) = {
        let project = service.project();
        let claims = project.claims(now());
        (
            project.config_document().to_json(),
            project.access_token(now()),
            project.mint(&claims.with_actions(["app.posts.read", "x\ny"])),
            project.cookie_name(),
            project.backend_api_key.clone(),
        )
    };
    fs::write(&snapshot, &document).unwrap();
    let api_key = service.project().issue_api_key(["app.posts.read"]);
    let program = program();
    let url = format!("http://{}", service.host());
    let variables =
        [("TESSERAL_BACKEND_API_URL", url.as_str()), ("TESSERAL_BACKEND_API_KEY", backend_api_key.as_str())];
    let mut example = Example::start(&program, &snapshot, &variables);

    let bearer = |credential: &str| format!("Authorization: Bearer {credential}");
    let cookie = |credential: &str| format!("Cookie: {cookie_name}={credential}");
    let tampered = jws::tamper(&token).unwrap();
    let expired = {
        let project = service.project();
        project.access_token(now() - 3600)
    };
    let user = service.project().claims(now()).user_id;
    let asked =
        |path: &str, headers: Vec<String>, status: u16, says: &str| (path.to_owned(), headers, status, says.to_owned());
    // A slug where it is refused, a part of the body where it is not.
    let cases = [
        asked("/me", vec![bearer(&token)], 200, &format!("user {user}\n")),
        asked("/me", vec![cookie(&token)], 200, &format!("user {user}\n")),
        asked("/me", vec![bearer(&permitted)], 200, "may app.posts.read\nmay x\ny\n"),
        asked("/posts", vec![bearer(&permitted)], 200, "posts\n"),
        asked("/me", vec![bearer(&api_key)], 200, "API key api_key_"),
        asked("/posts", vec![bearer(&api_key)], 200, "posts\n"),
        asked(
            "/me",
            vec![format!("Cookie: {cookie_name}=stale; {cookie_name}={token}")],
            200,
            &format!("user {user}\n"),
        ),
        asked("/posts", vec![bearer(&token)], 403, "permission_missing"),
        asked("/me", vec![], 401, "credentials_missing"),
        asked("/me", vec![bearer(&tampered)], 401, "signature_invalid"),
        asked("/me", vec![bearer(&expired)], 401, "token_expired"),
        asked("/me", vec![bearer(&token), bearer(&token)], 401, "credentials_unrecognized"),
        asked("/me", vec![bearer(&tampered), cookie(&token)], 401, "signature_invalid"),
        asked("/me", vec![bearer(&format!("acme_{}", "0".repeat(55)))], 401, "api_key_invalid"),
        asked("/me", vec![bearer("acme_1")], 401, "api_key_invalid"),
        asked("/me", vec![cookie(&api_key)], 401, "credentials_unrecognized"),
    ];
    for (path, headers, status, says) in &cases {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let (answered, head, body) = example.get(path, &headers);
        assert_eq!(answered, *status, "{says}");
        assert_eq!(head.lines().any(|line| line == "WWW-Authenticate: Bearer"), *status == 401, "{says}");
        if *status == 200 {
            assert!(body.contains(says.as_str()), "{says:?} is not in {body:?}");
        } else {
            assert_eq!((example.logged(), body), (format!("refused: {says}\n"), "refused\n".to_owned()));
        }
    }

    // A fault of the service must not look like a bad API key of the caller.
    service.set_fault_times(Endpoint::ApiKeys, Fault::Close, 1);
    assert_eq!(example.get("/me", &[&bearer(&api_key)]).0, 503);
    assert_eq!(example.logged(), "refused: api_key_lookup_failed\n");

    // Rotation: unknown, until the snapshot is read again; a broken one changes nothing.
    let rotated = {
        let mut project = service.project();
        project.rotate();
        fs::write(&snapshot, project.config_document().to_json()).unwrap();
        project.access_token(now())
    };
    assert_eq!(example.get("/me", &[&bearer(&rotated)]).0, 401);
    assert_eq!(example.logged(), "refused: key_unknown\n");
    example.signal("HUP");
    assert_eq!(example.logged(), "snapshot: ok\n");
    assert_eq!(example.get("/me", &[&bearer(&rotated)]).0, 200);
    fs::write(&snapshot, &document[..40]).unwrap();
    example.signal("HUP");
    assert_eq!(example.logged(), "snapshot: config_malformed\n");
    assert_eq!(example.get("/me", &[&bearer(&rotated)]).0, 200);
    example.end();

    // Without a backend key, API keys are off; without a snapshot, nothing starts.
    fs::write(&snapshot, &document).unwrap();
    let mut example = Example::start(&program, &snapshot, &[]);
    assert_eq!(example.get("/me", &[&bearer(&api_key)]).0, 401);
    assert_eq!(example.logged(), "refused: credentials_unrecognized\n");
    example.end();
    let refused = output(Command::new(&program).args(["/dev/null", "0"]).env("LD_LIBRARY_PATH", prefix().join("lib")));
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("config_malformed"));
    say(format!("C++ example: {} requests of curl, and 5 more around faults and rotation", cases.len()));
}
