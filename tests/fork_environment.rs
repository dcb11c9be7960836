//! A forked child works even when its parent was setting an environment variable, which holds a lock.
//!
//! The standard library reads the size of stacks from the environment when it first starts a thread without a given size. So the
//! parent here is a process that has started no such thread: this program, run once more without the double of the service.

#[cfg(unix)]
#[allow(dead_code)]
#[path = "net/support.rs"]
mod support;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    match std::env::var(HOST) {
        Ok(host) => parent(&host),
        Err(_) => service(),
    }
}

#[cfg(unix)]
fn service() {
    let server = support::serve(171);
    let ca = support::fresh_file("fork-environment.pem");
    std::fs::write(&ca, server.ca_pem()).unwrap();
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    let status = again.env(HOST, server.host()).env("SSL_CERT_FILE", &ca).status().unwrap();
    assert!(status.success());
    assert_eq!(server.count(fake_tesseral::Endpoint::ApiKeys), CHILDREN, "each child asked");
}

/// Each child is the parent of another, which it forks before its own background thread has made a connection.
#[cfg(unix)]
fn parent(host: &str) {
    // The first that fails ends it.
    let good = (0..CHILDREN).take_while(|_| support::in_child(|| child(host))).count();
    println!("fork: {good} of {CHILDREN} children asked about an API key while their parent set a variable");
    assert_eq!(good, CHILDREN);
}

#[cfg(unix)]
fn child(host: &str) -> bool {
    use tesseral_verify::{
        ApiKey,
        net::{Authenticator, Settings},
    };
    let backend = format!("localhost:{}", host.rsplit_once(':').unwrap().1);
    let settings = Settings::new("publishable_key_1").config_host(host).backend_host(&backend);
    let settings = settings.api_keys(true).backend_api_key("tesseral_secret_key_1").on_notice(|_| ());
    let setter = std::thread::Builder::new().stack_size(1 << 20).spawn(|| {
        loop {
            // SAFETY: none of this process's threads reads variables but through the standard library.
            unsafe { std::env::set_var("TESSERAL_TEST_VARIABLE", "1") };
        }
    });
    assert!(setter.is_ok());
    let authenticator = Authenticator::new(settings).unwrap();
    let key = format!("example_sk_{:055}", 1);
    let ask = || authenticator.look_up(&ApiKey::parse(key.as_bytes()).unwrap()).is_err();
    let good = support::ended_well(support::forked(ask), support::ms(10_000));
    std::mem::forget(authenticator);
    good
}

#[cfg(unix)]
const HOST: &str = "TESSERAL_TEST_HOST";
#[cfg(unix)]
const CHILDREN: usize = 40;
