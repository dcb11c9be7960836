//! How `snapshot` and `watch` reach the service.

use crate::report::Fault;
use clap::Args;
use std::{fs, path::PathBuf, time::Duration};
use tesseral_verify::net::Settings;

#[derive(Args)]
pub struct ServiceArgs {
    /// The project's publishable key, which is not secret
    publishable_key: String,
    /// File to write; it is replaced in one step, and kept when there is nothing better
    ///
    /// Owner, group, mode and ACL stay those of the file before, or it is not replaced; a new file has the mode that the
    /// umask says. A link stays a link.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Host of the configuration document, always over TLS
    #[arg(long, value_name = "HOST[:PORT]", default_value = "config.tesseral.com")]
    config_host: String,
    /// Certificates of authorities to trust beside those of the system, PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Longest time for one fetch, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

impl ServiceArgs {
    pub fn settings(&self) -> Result<Settings, Fault> {
        let timeout = Duration::from_secs(self.timeout);
        let settings = Settings::new(&self.publishable_key)
            .config_host(&self.config_host)
            .connect_timeout(timeout.min(Duration::from_secs(2)))
            .total_timeout(timeout);
        let Some(file) = &self.ca_file else { return Ok(settings) };
        let pem = fs::read(file).map_err(|error| Fault::Usage(format!("the CA file cannot be read: {error}")))?;
        Ok(settings.ca_pem(&pem))
    }

    /// Where the document comes from.
    pub fn source(&self) -> String {
        format!("https://{}/v1/config/{}", self.config_host, self.publishable_key)
    }
}

/// What to say when the library refuses the settings, which complain of this.
pub fn refused(complaint: Option<&str>) -> Fault {
    let complaint = complaint.unwrap_or("the CA file is no PEM");
    Fault::Usage(format!("{complaint} [invalid_argument]"))
}
