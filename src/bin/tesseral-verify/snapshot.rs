//! `snapshot`: fetches the configuration document into a file, once.

use crate::{
    report::{Fault, Report},
    service::{ServiceArgs, refused},
    words::quoted,
};
use clap::Args;
use std::io::{self, IsTerminal as _};
use tesseral_verify::{
    Error, Profile, Snapshot as Keys,
    net::{self, fetch_document, file},
};

/// Fetch the project's configuration document into a file, which is replaced in one step
///
/// A document without a usable key is refused, and the file before it stays. The fetch uses the proxy that https_proxy or
/// all_proxy names, unless no_proxy excepts the host.
#[derive(Args)]
#[command(after_help = "\
Exit status:
  0  the file holds the current document
  2  usage error, or no usable document: the file is as it was")]
pub struct Snapshot {
    #[command(flatten)]
    service: ServiceArgs,
}

impl Snapshot {
    pub fn run(&self) -> Result<Report, Fault> {
        let settings = self.service.settings()?;
        if io::stderr().is_terminal() {
            eprintln!("fetching {} ...", quoted(&self.service.source()));
        }
        let document = fetch_document(&settings).map_err(|fault| match fault {
            net::Fault::Refused(Error::InvalidArgument) => refused(settings.complaint()),
            fault => Fault::Service(fault),
        })?;
        let keys = Keys::load_owned(&document, Profile::Tiny).map_err(Fault::Snapshot)?;
        let out = &self.service.out;
        let current = file::replace_or_touch(out, &document)
            .map_err(|error| Fault::Usage(format!("the snapshot cannot be written: {error}")))?;
        let change = if current { "unchanged" } else { "written" };
        let stdout = format!("{change}: {} octets, {} keys\n", document.len(), keys.keys().len());
        Ok(Report { stdout, ..Report::default() })
    }
}
