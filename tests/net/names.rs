//! Names of hosts, and the threads that look them up.
#![cfg(target_os = "linux")]

use crate::support::{
    become_nobody, eventually, fresh_file, in_child, is_root, ms, ready, say, serve, settings_with_api_keys, slug,
    token,
};
use fake_tesseral::Server;
use std::{ffi::CString, fs, net::UdpSocket, os::unix::ffi::OsStrExt as _, path::Path, thread, time::Instant};
use tesseral_verify::{ApiKey, Error, net::Settings};

fn invented_key(number: usize) -> String {
    format!("example_sk_{number:055}")
}

/// How many threads this process has, as the kernel counts.
fn threads() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap().trim().parse().unwrap()
}

/// Cuts this child off from every name server; `None` when it has no right to.
fn without_answers() -> Option<UdpSocket> {
    let silent = UdpSocket::bind("127.53.53.53:53").ok()?;
    // SAFETY: a system call on numbers.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return None;
    }
    let mount = |from: &Path, to: &str, flags| {
        let (from, to) = (CString::new(from.as_os_str().as_bytes()).unwrap(), CString::new(to).unwrap());
        // SAFETY: strings, and no data.
        unsafe { libc::mount(from.as_ptr(), to.as_ptr(), std::ptr::null(), flags, std::ptr::null()) == 0 }
    };
    let mut mounted = mount(Path::new("none"), "/", libc::MS_REC | libc::MS_PRIVATE);
    for (file, content) in [("resolv.conf", "nameserver 127.53.53.53\n"), ("nsswitch.conf", "hosts: files dns\n")] {
        let own = fresh_file(file);
        fs::write(&own, content).unwrap();
        mounted &= mount(&own, &format!("/etc/{file}"), libc::MS_BIND);
    }
    mounted.then_some(silent)
}

/// The config host has a name that /etc/hosts knows; the backend host has one that only a name server could know.
fn with_names(server: &Server) -> Settings {
    let port = server.host().rsplit_once(':').unwrap().1.to_owned();
    settings_with_api_keys(server)
        .config_host(&format!("localhost:{port}"))
        .backend_host("backend.tesseral.test:443")
        .refresh_interval(ms(100))
}

/// A hundred invented keys, each asked about while the name of the backend hangs.
#[test]
fn a_name_that_hangs_costs_few_threads() {
    if !is_root("name servers that do not answer") || !in_child(|| without_answers().is_some()) {
        return say("SKIPPED, no namespace of mounts: name servers that do not answer");
    }
    let server = serve(161);
    assert!(in_child(|| {
        let _silent = without_answers().unwrap();
        let authenticator = ready(with_names(&server).total_timeout(ms(30)).connect_timeout(ms(30)));
        let before = threads();
        for number in 0..100 {
            let header = format!("Bearer {}", invented_key(number));
            let mut scratch = vec![0; authenticator.scratch_len()];
            let verdict = authenticator.authenticate([header.as_bytes()], [], 0, None, &mut scratch);
            assert_eq!(verdict.unwrap_err(), Error::ApiKeyLookupFailed);
        }
        let during = threads();
        let fetches = authenticator.stats().refreshes;
        eventually("fetches of a host by another name", ms(5000), || authenticator.stats().refreshes > fetches + 2);
        let start = Instant::now();
        drop(authenticator);
        let took = start.elapsed();
        let after = threads();
        say(&format!("figure threads_while_a_name_hangs {before} before, {during} during, {after} after drop"));
        // One or two threads hang, and one looks up the config host.
        during <= before + 3 && after <= before + 2 && took < ms(1000)
    }));
}

/// The user of this child may start no further thread.
#[test]
fn where_no_thread_can_be_made_the_look_up_fails() {
    let server = serve(162);
    assert!(in_child(|| {
        let authenticator = ready(with_names(&server).refresh_interval(ms(60_000)));
        // SAFETY: asks for a number.
        if unsafe { libc::geteuid() } == 0 {
            become_nobody(); // root has no limit
        }
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: a limit of this child.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &raw const none) }, 0);
        assert!(thread::Builder::new().spawn(|| ()).is_err());
        let keys = [invented_key(1), invented_key(2)];
        let [one, other] = [ApiKey::parse(keys[0].as_bytes()).unwrap(), ApiKey::parse(keys[1].as_bytes()).unwrap()];
        assert_eq!(authenticator.look_up(&one).unwrap_err(), Error::ApiKeyLookupFailed);
        assert_eq!(authenticator.stats().last_fault.unwrap().fault.slug(), "no_thread");
        // The task runs in the caller's thread. When no thread for the name can be started, it fails and does not panic.
        let lookup = authenticator.look_up_with(&other, |task| task.run());
        assert_eq!(lookup.wait(ms(1000)).unwrap_err(), Error::ApiKeyLookupFailed);
        slug(&authenticator, &token(&server)) == "ok"
    }));
}
