//! How `snapshot` and `watch` reach the service.

use crate::report::Fault;
use clap::Args;
use std::{fs, path::PathBuf, time::Duration};
use tesseral_verify::net::Settings;

#[derive(Args)]
pub struct ServiceArgs {
    /// The project's publishable key, which is not secret
    publishable_key: String,
    /// File to write; it is replaced in one step, and only by a usable document
    ///
    /// A file that is replaced keeps its owner, group, mode and ACL; where that is impossible, it is not replaced. A new
    /// file gets its mode from the umask. A symbolic link stays one.
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

    /// The URL of the document.
    pub fn source(&self) -> String {
        format!("https://{}/v1/config/{}", self.config_host, self.publishable_key)
    }
}

/// The message when the library refuses the settings.
pub fn refused(complaint: Option<&str>) -> Fault {
    let complaint = complaint.unwrap_or("the CA file is no PEM");
    Fault::Usage(format!("{complaint} [invalid_argument]"))
}
