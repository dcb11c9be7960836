//! What the tests of the authenticator share.

use fake_tesseral::{Endpoint, Project, Server, Tls};
use std::{
    io::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};
use tesseral_verify::{
    Profile,
    net::{Attempt, Authenticator, Settings, unix_time},
};

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub fn serve(number: u64) -> Server {
    Server::start(Project::new(number), Tls::Trusted).unwrap()
}

/// Settings for this service, with small tables and short time-outs.
pub fn settings(server: &Server) -> Settings {
    let publishable_key = server.project().publishable_key.clone();
    Settings::new(&publishable_key)
        .config_host(&server.host())
        .backend_host(&server.host())
        .ca_pem(server.ca_pem().as_bytes())
        .connect_timeout(ms(1000))
        .total_timeout(ms(2000))
        .profile(Profile::Tiny)
}

/// The same with API keys on.
pub fn settings_with_api_keys(server: &Server) -> Settings {
    let backend_api_key = server.project().backend_api_key.clone();
    settings(server).api_keys(true).backend_api_key(&backend_api_key)
}

/// Waits until the authenticator is ready, or fails the test.
pub fn ready(settings: Settings) -> Authenticator {
    let authenticator = Authenticator::new(settings).unwrap();
    authenticator.wait_until_ready(ms(10_000)).unwrap();
    authenticator
}

/// A token of the newest key, issued now.
pub fn token(server: &Server) -> String {
    server.project().access_token(unix_time())
}

/// The slug of a request with this Bearer credential; it may block.
pub fn slug(authenticator: &Authenticator, credential: &str) -> &'static str {
    let header = format!("Bearer {credential}");
    let mut scratch = vec![0; authenticator.scratch_len()];
    match authenticator.authenticate([header.as_bytes()], [], unix_time(), None, &mut scratch) {
        Ok(_) => "ok",
        Err(error) => error.slug(),
    }
}

/// The same, without blocking.
pub fn try_slug(authenticator: &Authenticator, credential: &str) -> &'static str {
    let header = format!("Bearer {credential}");
    let mut scratch = vec![0; authenticator.scratch_len()];
    match authenticator.try_authenticate([header.as_bytes()], [], unix_time(), None, &mut scratch) {
        Ok(Attempt::Complete(_)) => "ok",
        Ok(Attempt::LookupNeeded(_)) => "api_key_lookup_needed",
        Ok(Attempt::FetchNeeded(_)) => "key_fetch_needed",
        Err(error) => error.slug(),
    }
}

/// How long it took until `happened`; the test fails after `at_most`.
pub fn eventually(what: &str, at_most: Duration, mut happened: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < at_most, "{what}: not within {at_most:?}");
        std::thread::sleep(ms(2));
    }
    start.elapsed()
}

pub fn fetches(server: &Server) -> usize {
    server.count(Endpoint::Config)
}

/// A path of this name in a folder of the tests' own; no file is there.
pub fn fresh_file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("net");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    let _ = std::fs::remove_file(&file);
    file
}

/// Writes a line past the test harness, which would keep it for itself when the test passes.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs `child` in a forked process; `false` when it fails, panics, or takes longer than 20 s.
#[cfg(unix)]
pub fn in_child(child: impl FnOnce() -> bool) -> bool {
    ended_well(forked(child), ms(20_000))
}

/// Begins to run `child` in a forked process, whose ID this is.
#[cfg(unix)]
pub fn forked(child: impl FnOnce() -> bool) -> libc::pid_t {
    // SAFETY: the child uses what the library promises to work after fork(), and leaves without running destructors.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork: {}", std::io::Error::last_os_error());
    if pid == 0 {
        let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(false);
        // SAFETY: ends this process at once.
        unsafe { libc::_exit(if good { 0 } else { 1 }) };
    }
    pid
}

/// Waits for such a process, and ends it when it takes longer.
#[cfg(unix)]
pub fn ended_well(pid: libc::pid_t, at_most: Duration) -> bool {
    let start = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: `status` is writable, and `pid` is our child.
        let ended = unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) };
        if ended == pid {
            return libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0;
        }
        if start.elapsed() > at_most {
            // SAFETY: our child, which has not been waited for.
            unsafe { libc::kill(pid, libc::SIGKILL) };
            // SAFETY: as above.
            unsafe { libc::waitpid(pid, &raw mut status, 0) };
            return false;
        }
        std::thread::sleep(ms(5));
    }
}

/// Whether this process may do anything to files; says so when it may not.
#[cfg(unix)]
pub fn is_root(what: &str) -> bool {
    // SAFETY: asks for a number.
    let root = unsafe { libc::geteuid() } == 0;
    if !root {
        say(&format!("SKIPPED, not root: {what}"));
    }
    root
}

/// In a forked child: becomes a user without rights, who may still use the working directory, whatever folders are above it.
#[cfg(unix)]
pub fn become_nobody() {
    // SAFETY: system calls on numbers, which the C library makes for all threads.
    unsafe {
        assert_eq!(libc::setgroups(0, std::ptr::null()), 0);
        assert_eq!((libc::setgid(NOBODY), libc::setuid(NOBODY)), (0, 0));
    }
}

#[cfg(unix)]
pub const NOBODY: libc::uid_t = 65_534;
