//! `snapshot` and `watch` against the double of the service, over real TLS.
#![cfg(all(feature = "cli", unix))]

use fake_tesseral::{Endpoint, Fault, Project, Server, Tls, server::Silent};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

struct World {
    server: Server,
    folder: PathBuf,
}

impl World {
    fn new(test: &str, number: u64) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli_network").join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let server = Server::start(Project::new(number), Tls::Trusted).unwrap();
        fs::write(folder.join("ca.pem"), server.ca_pem()).unwrap();
        Self { server, folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.join("config.json")
    }

    /// The program, told of this service and of no proxy.
    fn command(&self, command: &str) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tesseral-verify"));
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            program.env_remove(name).env_remove(name.to_lowercase());
        }
        program.arg(command).arg(&self.server.project().publishable_key).arg("--out").arg(self.out());
        program.args(["--config-host", &self.server.host(), "--ca-file"]).arg(self.folder.join("ca.pem"));
        program.stdin(Stdio::null());
        program
    }

    fn honest(&self) -> String {
        self.server.project().config_document().to_json()
    }
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn snapshot_writes_the_document_octet_for_octet() {
    let world = World::new("snapshot", 401);
    for said in ["written", "unchanged"] {
        let (code, stdout, stderr) = text(&world.command("snapshot").output().unwrap());
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert_eq!(stdout, format!("{said}: {} octets, 1 keys\n", world.honest().len()));
        assert_eq!(fs::read_to_string(world.out()).unwrap(), world.honest());
    }
    assert_eq!(fs::read_dir(&world.folder).unwrap().count(), 2, "nothing is left beside it");
}

#[test]
fn what_is_no_better_does_not_replace_the_file() {
    let world = World::new("kept", 402);
    fs::write(world.out(), "the file before").unwrap();
    let mut ran = 0;
    for (fault, said) in [
        (Fault::Status(404), "no document: the answer has HTTP status 404 [http_status]"),
        (Fault::EmptyOk, "snapshot refused (1101)"),
        (Fault::Html, "snapshot refused (1101)"),
        (Fault::Close, "no document: "),
        (Fault::Truncate { octets: 30 }, "no document: "),
        (Fault::Oversize { octets: 300_000 }, "[answer_too_large]"),
        (Fault::Redirect { location: "https://127.0.0.1:1/".into() }, "HTTP status 302"),
        (Fault::Hang, "[timed_out]"),
    ] {
        world.server.set_fault(Endpoint::Config, fault.clone());
        let (code, stdout, stderr) = text(&world.command("snapshot").args(["--timeout", "1"]).output().unwrap());
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{fault:?}");
        assert!(stderr.starts_with("tesseral: ") && stderr.contains(said), "{fault:?}: {stderr}");
        assert_eq!(fs::read_to_string(world.out()).unwrap(), "the file before", "{fault:?}");
        ran += 1;
    }
    world.server.clear_fault(Endpoint::Config);
    world.server.set_document(|honest| honest.without("keys").to_json().replace('}', ",\"keys\":[]}").into_bytes());
    let (code, _, stderr) = text(&world.command("snapshot").output().unwrap());
    assert_eq!(code, Some(2));
    assert!(stderr.contains("[config_no_usable_key]"), "{stderr}");
    assert_eq!((fs::read_to_string(world.out()).unwrap().as_str(), ran), ("the file before", 8));
}

#[test]
fn usage_errors() {
    let world = World::new("usage", 403);
    let mut nowhere = world.command("snapshot");
    nowhere.arg("--ca-file").arg(world.folder.join("none.pem"));
    let mut no_host = Command::new(env!("CARGO_BIN_EXE_tesseral-verify"));
    no_host.args(["snapshot", "publishable_key_1", "--config-host", "https://a/b", "--out"]).arg(world.out());
    let mut no_folder = world.command("snapshot");
    no_folder.arg("--out").arg(world.folder.join("no/such/folder"));
    let mut no_out = Command::new(env!("CARGO_BIN_EXE_tesseral-verify"));
    no_out.args(["watch", "publishable_key_1"]);
    for mut command in [nowhere, no_host, no_folder, no_out] {
        let (code, stdout, stderr) = text(&command.output().unwrap());
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{command:?}: {stderr}");
        assert!(!stderr.is_empty());
    }
}

/// Runs as a service: the file follows the project, and SIGTERM ends it with 0, also while it fetches.
#[test]
fn watch_keeps_the_file_fresh_until_sigterm() {
    let world = World::new("watch", 404);
    let mut watch = world.command("watch").args(["--interval", "1"]).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the file", || fs::read_to_string(world.out()).is_ok_and(|text| text == world.honest()));
    world.server.project().rotate();
    eventually("the new key", || fs::read_to_string(world.out()).unwrap() == world.honest());
    world.server.set_document(|_| b"{}".to_vec());
    let before = world.server.count(Endpoint::Config);
    assert!(world.server.wait_for(Endpoint::Config, before + 2, Duration::from_secs(10)));
    assert_eq!(fs::read_to_string(world.out()).unwrap(), world.honest(), "a bad document changes nothing");
    world.server.clear_document();
    world.server.set_fault(Endpoint::Config, Fault::Hang);
    let before = world.server.count(Endpoint::Config);
    assert!(world.server.wait_for(Endpoint::Config, before + 1, Duration::from_secs(10)));
    // SAFETY: our child, which has not been waited for.
    assert_eq!(unsafe { libc::kill(watch.id().try_into().unwrap(), libc::SIGTERM) }, 0);
    let start = Instant::now();
    let status = watch.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5 + 2), "{:?}", start.elapsed());
    let mut stderr = String::new();
    watch.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(stderr.contains("tesseral: 1 keys, 1 fetches good, 0 failed\n"), "{stderr}");
    assert!(stderr.contains("last fault: ") && stderr.contains("[config_malformed]"), "{stderr}");
    assert_eq!(fs::read_dir(&world.folder).unwrap().count(), 2, "nothing is left beside it");
}

/// The disk is full for a while: the file stays, with its age, and is written soon after.
#[cfg(target_os = "linux")]
#[test]
fn watch_writes_the_file_once_there_is_room() {
    use std::os::unix::process::CommandExt as _;
    let world = World::new("full", 406);
    fs::write(world.out(), "the file before").unwrap();
    let before = fs::metadata(world.out()).unwrap().modified().unwrap();
    let limit = |octets| libc::rlimit { rlim_cur: octets, rlim_max: libc::RLIM_INFINITY };
    let full = limit(16);
    let mut command = world.command("watch");
    // SAFETY: two system calls of the child, between fork and exec.
    unsafe {
        command.stderr(Stdio::piped()).pre_exec(move || {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const full), 0);
            Ok(())
        });
    }
    let mut watch = command.spawn().unwrap();
    let mut said = [0; 4096];
    let mut stderr = watch.stderr.take().unwrap();
    let mut text = String::new();
    while !text.contains("the file cannot be written: ") {
        let len = stderr.read(&mut said).unwrap();
        assert!(len > 0, "{text}");
        text.push_str(str::from_utf8(&said[..len]).unwrap());
    }
    assert_eq!(fs::read_to_string(world.out()).unwrap(), "the file before");
    assert_eq!(fs::metadata(world.out()).unwrap().modified().unwrap(), before);
    let pid = watch.id().try_into().unwrap();
    let room = limit(libc::RLIM_INFINITY);
    // SAFETY: our child, and a limit to read.
    assert_eq!(unsafe { libc::prlimit(pid, libc::RLIMIT_FSIZE, &raw const room, std::ptr::null_mut()) }, 0);
    eventually("the file", || fs::read_to_string(world.out()).unwrap() == world.honest());
    assert_eq!(world.server.count(Endpoint::Config), 1, "without another fetch");
    // SAFETY: our child, which has not been waited for.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGTERM) }, 0);
    assert_eq!(watch.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read_dir(&world.folder).unwrap().count(), 2, "nothing is left beside it");
}

/// Tunnels one connection to the target when `greet` has read what a client says first; gives what `greet` gave.
fn tunnel(target: String, greet: fn(&mut TcpStream) -> String) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let tunnel = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let greeting = greet(&mut client);
        let mut server = TcpStream::connect(target).unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let upstream = thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut server, &mut client);
        let _ = client.shutdown(Shutdown::Both);
        upstream.join().unwrap();
        greeting
    });
    (place, tunnel)
}

/// HTTP CONNECT.
fn greet_http(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        client.read_exact(&mut octet).unwrap();
        head.push(octet[0]);
        assert!(head.len() < 4096);
    }
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    String::from_utf8(head).unwrap()
}

/// SOCKS 5 without authentication, for an IPv4 address (RFC 1928).
fn greet_socks(client: &mut TcpStream) -> String {
    let mut offer = [0; 2];
    client.read_exact(&mut offer).unwrap();
    client.read_exact(&mut vec![0; offer[1].into()]).unwrap();
    client.write_all(&[5, 0]).unwrap();
    let mut request = [0; 10];
    client.read_exact(&mut request).unwrap();
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    format!("{:?} {}", &request[..8], u16::from_be_bytes([request[8], request[9]]))
}

#[test]
fn proxies_are_used() {
    let world = World::new("proxy", 405);
    for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        for scheme in ["http://", "", "HTTP://user:word@"] {
            let (place, tunnel) = tunnel(world.server.host(), greet_http);
            let mut through = world.command("snapshot");
            let (code, stdout, stderr) = text(&through.env(variable, format!("{scheme}{place}")).output().unwrap());
            assert_eq!(code, Some(0), "{variable} {stdout}{stderr}");
            let head = tunnel.join().unwrap();
            assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", world.server.host())), "{head}");
            let authorized = head.contains("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n");
            assert_eq!(authorized, scheme.contains('@'), "{head}");
        }
    }
    let (place, tunnel) = tunnel(world.server.host(), greet_socks);
    let mut through = world.command("snapshot");
    let (code, stdout, stderr) = text(&through.env("ALL_PROXY", format!("socks5h://{place}")).output().unwrap());
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let port = world.server.host().rsplit_once(':').unwrap().1.to_owned();
    assert_eq!(tunnel.join().unwrap(), format!("[5, 1, 0, 1, 127, 0, 0, 1] {port}"));
}

/// Through a proxy that never answers, nothing comes.
#[test]
fn proxy_variables_count_as_curl_reads_them() {
    let world = World::new("proxy_variables", 407);
    let never_answers = Silent::accepting().unwrap();
    let silent = format!("http://{}", never_answers.host());
    let (tunnel_to, _tunnel) = tunnel(world.server.host(), greet_http);
    let mut ran = 0;
    for (variables, expected) in [
        (vec![("HTTPS_PROXY", silent.as_str())], Some(2)),
        (vec![("ALL_PROXY", silent.as_str())], Some(2)),
        (vec![("HTTP_PROXY", silent.as_str()), ("http_proxy", &silent)], Some(0)),
        (vec![("ALL_PROXY", silent.as_str()), ("HTTPS_PROXY", &tunnel_to)], Some(0)),
        (vec![("https_proxy", silent.as_str()), ("HTTPS_PROXY", "http://127.0.0.1:1")], Some(2)),
        (vec![("HTTPS_PROXY", silent.as_str()), ("NO_PROXY", "127.0.0.1")], Some(0)),
        (vec![("HTTPS_PROXY", silent.as_str()), ("no_proxy", "example.com, 127.0.0.1")], Some(0)),
        (vec![("HTTPS_PROXY", silent.as_str()), ("NO_PROXY", "example.com, 127.0.0.0/8")], Some(0)),
        (vec![("HTTPS_PROXY", silent.as_str()), ("NO_PROXY", "128.0.0.0/8")], Some(2)),
        (vec![("HTTPS_PROXY", silent.as_str()), ("NO_PROXY", "*")], Some(0)),
        (vec![("HTTPS_PROXY", ""), ("ALL_PROXY", "")], Some(0)),
        // A proxy that cannot be used is no fault where NO_PROXY excepts the host.
        (vec![("HTTPS_PROXY", "ftp://127.0.0.1"), ("NO_PROXY", "127.0.0.1")], Some(0)),
    ] {
        let mut command = world.command("snapshot");
        command.envs(variables.iter().copied()).args(["--timeout", "1"]);
        let (code, _, stderr) = text(&command.output().unwrap());
        assert_eq!(code, expected, "{variables:?} {stderr}");
        assert!(expected == Some(0) || stderr.contains("[timed_out]"), "{variables:?} {stderr}");
        ran += 1;
    }
    assert_eq!(ran, 12);
    for (variable, url) in [
        ("HTTPS_PROXY", "ftp://127.0.0.1:8080"),
        ("https_proxy", "http://127.0.0.1:99999"),
        ("ALL_PROXY", "http://:8080"),
        ("all_proxy", "http://pro xy"),
    ] {
        for name in ["snapshot", "watch"] {
            let (code, stdout, stderr) = text(&world.command(name).env(variable, url).output().unwrap());
            assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
            assert!(
                stderr.contains(&format!("{variable} is not the URL of a proxy")) && !stderr.contains(url),
                "{stderr}"
            );
        }
    }
}

fn eventually(what: &str, happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(15), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}
