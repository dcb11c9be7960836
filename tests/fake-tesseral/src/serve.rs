//! `fake-tesseral serve`: the service for tests in other languages and for a person.

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use clap::{Args, ValueEnum};
use fake_tesseral::server::Silent;
use fake_tesseral::server::control::{self, Control};
use fake_tesseral::{Project, Seed, Server, Tls};

#[derive(Args)]
pub struct Serve {
    /// How the service speaks: `trusted` is TLS with the authority of the ready line, the others have a fault
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, default_value = "off", default_missing_value = "trusted")]
    tls: TlsName,
    /// Port of the service on 127.0.0.1; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Port of the control interface on 127.0.0.1; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    control_port: u16,
    /// Makes the same project for the same number; without it, a new random one
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Writes the ready line into this file too, complete as soon as it exists; removed at the end
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Where the certificate of the authority goes; without it, into a new file among the temporary ones; removed at
    /// the end
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Goes on when standard input ends; without it, that ends the service, so that it never outlives its test
    #[arg(long)]
    detached: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum TlsName {
    /// Plain HTTP
    Off,
    /// TLS with a certificate for localhost and 127.0.0.1
    Trusted,
    /// TLS with a certificate from another authority than the one of the ready line
    OtherAuthority,
    /// TLS with a certificate for wrong.example.com
    WrongName,
    /// TLS with a certificate of the year 2020
    Expired,
}

impl From<TlsName> for Tls {
    fn from(name: TlsName) -> Self {
        match name {
            TlsName::Off => Self::Off,
            TlsName::Trusted => Self::Trusted,
            TlsName::OtherAuthority => Self::OtherAuthority,
            TlsName::WrongName => Self::WrongName,
            TlsName::Expired => Self::Expired,
        }
    }
}

impl Serve {
    pub fn run(&self) -> Result<(), Box<dyn Error>> {
        let (stop, stopped) = mpsc::channel();
        // Before anything exists that a signal would leave behind.
        stop_at_signals(&stop)?;
        let project = match self.seed {
            Some(number) => Project::new(number),
            None => Project::from_seed(Seed::from_os()?),
        };
        let server = Arc::new(Server::start_on(self.port, project, self.tls.into())?);
        let control = Control::start(self.control_port, Arc::clone(&server), stop.clone())?;
        let (silent, full) = (Silent::accepting()?, Silent::full().ok());
        let api_key = server.project().issue_api_key(["app.posts.read", "app.posts.write"]);

        let ca_file = self.write_ca(&server)?;
        let line = control::describe(&server)
            .string("host", &server.host())
            .raw("port", &server.port().to_string())
            .string("scheme", if server.ca_pem().is_empty() { "http" } else { "https" })
            .string("control", &format!("http://127.0.0.1:{}", control.port()))
            .raw("controlPort", &control.port().to_string())
            .string("apiKey", &api_key)
            .string("silentHost", &silent.host())
            .string("fullHost", &full.as_ref().map(Silent::host).unwrap_or_default())
            .string("caFile", &ca_file.as_ref().map(|file| file.0.display().to_string()).unwrap_or_default())
            .string("caPem", server.ca_pem())
            .raw("pid", &std::process::id().to_string())
            .close()
            + "\n";
        let _ready_file = self.ready_file.as_deref().map(|path| Temporary::write(path, &line)).transpose()?;
        let mut out = io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.flush()?;

        if !self.detached {
            thread::spawn(move || {
                // Whatever comes is ignored; an error is as good an end as any.
                let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
                let _ = stop.send(());
            });
        }
        // An error means that nothing is left that could stop the service.
        let _ = stopped.recv();
        drop(control);
        Ok(())
    }

    fn write_ca(&self, server: &Server) -> io::Result<Option<Temporary>> {
        if server.ca_pem().is_empty() {
            return Ok(None);
        }
        let path = match &self.ca_file {
            Some(path) => std::path::absolute(path)?,
            None => std::env::temp_dir().join(format!("fake-tesseral-{}-ca.pem", std::process::id())),
        };
        Temporary::write(&path, server.ca_pem()).map(Some)
    }
}

/// A file that goes when this is dropped.
struct Temporary(PathBuf);

impl Temporary {
    /// Written beside its place and renamed, so that a reader that finds the file finds all of it.
    fn write(path: &Path, text: &str) -> io::Result<Self> {
        let say = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let beside = path.with_added_extension("new");
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(say)?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(unix)]
fn stop_at_signals(stop: &mpsc::Sender<()>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let stop = stop.clone();
    thread::spawn(move || {
        for _signal in signals.forever() {
            let _ = stop.send(());
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn stop_at_signals(_stop: &mpsc::Sender<()>) -> io::Result<()> {
    Ok(())
}
