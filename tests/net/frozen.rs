//! Processes that run only while they answer a request, as functions do: here, stopped with SIGSTOP in between.
#![cfg(unix)]

use crate::support::{ms, ready, say, serve, slug, token};
use fake_tesseral::Endpoint;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// This test binary, run once more as the frozen function: it answers each line with a slug.
const FUNCTION: &str = "TESSERAL_TEST_FUNCTION";

/// Not a test by itself: what the frozen process runs.
#[test]
fn function() {
    let Ok(arguments) = std::env::var(FUNCTION) else { return };
    let [host, publishable_key, pem] = arguments.split('|').collect::<Vec<_>>().try_into().unwrap();
    let settings = tesseral_verify::net::Settings::new(publishable_key)
        .config_host(host)
        .ca_pem(std::fs::read_to_string(pem).unwrap().as_bytes())
        .connect_timeout(ms(500))
        .total_timeout(ms(500))
        .refresh_interval(ms(1000))
        .cooldown(ms(500))
        .profile(tesseral_verify::Profile::Tiny);
    let authenticator = ready(settings);
    for line in std::io::stdin().lines() {
        let start = Instant::now();
        let slug = slug(&authenticator, line.unwrap().trim());
        println!("answer {slug} {}", start.elapsed().as_millis());
    }
}

struct Function {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Function {
    fn signal(&self, signal: i32) {
        // SAFETY: our child, which has not been waited for.
        unsafe { libc::kill(self.child.id().cast_signed(), signal) };
    }

    /// Thaws it for one request; its slug and its time in milliseconds.
    fn ask(&mut self, token: &str) -> (String, u64) {
        self.signal(libc::SIGCONT);
        writeln!(self.stdin, "{token}").unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the function ended");
            if let Some((_, answer)) = line.split_once("answer ") {
                self.signal(libc::SIGSTOP);
                let (slug, took) = answer.trim().split_once(' ').unwrap();
                return (slug.to_owned(), took.parse().unwrap());
            }
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_frozen_process_follows_rotations() {
    let server = serve(231);
    let pem = crate::support::fresh_file("frozen.pem");
    std::fs::write(&pem, server.ca_pem()).unwrap();
    let arguments = format!("{}|{}|{}", server.host(), server.project().publishable_key, pem.display());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["frozen::function", "--exact", "--nocapture"])
        .env(FUNCTION, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut function = Function { child, stdin, stdout };
    let old = token(&server);
    assert_eq!(function.ask(&old).0, "ok");
    let (mut accepted, mut slowest, rounds) = (0, 0, 8);
    for _ in 0..rounds {
        server.project().rotate();
        // Longer than the refresh interval and the time-out together: a fetch is overdue when it thaws.
        std::thread::sleep(Duration::from_millis(1700));
        let new = token(&server);
        let (slug, took) = function.ask(&new);
        accepted += usize::from(slug == "ok");
        slowest = slowest.max(took);
    }
    say(&format!(
        "figure frozen_process accepted {accepted} of {rounds} slowest_ms {slowest} fetches {}",
        server.count(Endpoint::Config)
    ));
    assert_eq!(accepted, rounds);
}
