//! `inspect`: the issuer and the keys that a verifier takes from a snapshot.

use crate::{
    input::{IssuerArgs, document},
    report::{Fault, Report},
    words::{inert_json, quoted},
};
use clap::Args;
use serde_json::{Value, json};
use std::{
    fmt::{self, Write as _},
    path::PathBuf,
};
use tesseral_verify::{Key, Profile, Snapshot, TableEntry, Verifier, snapshot::SkippedKey};

/// Show the issuer and the keys of a snapshot, and which keys are not used and why
#[derive(Args)]
#[command(after_help = "Exit status:\n  0  the snapshot can be used\n  2  usage error, or the snapshot is refused")]
pub struct Inspect {
    /// Configuration document or plain JWKS
    snapshot: PathBuf,
    #[command(flatten)]
    issuer: IssuerArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub fn run(&self) -> Result<Report, Fault> {
        let document = document(&self.snapshot)?;
        let options = self.issuer.options().profile(Profile::Tiny);
        // A plain JWKS without an issuer cannot verify tokens, but it can be inspected. The smallest tables suffice.
        let snapshot = Snapshot::load_owned(&document, Profile::Tiny).map_err(Fault::Snapshot)?;
        let nothing_known =
            snapshot.project_id().is_none() && self.issuer.issuer.is_none() && self.issuer.project_id.is_none();
        let verifier = if nothing_known { None } else { Some(self.issuer.load(&document, &options)?) };
        let view = View { snapshot: &snapshot, verifier: verifier.as_ref(), document_len: document.len() };
        let stdout = if self.json { inert_json(&view.to_json().to_string()) + "\n" } else { view.to_string() };
        Ok(Report { stdout, ..Report::default() })
    }
}

struct View<'v> {
    snapshot: &'v Snapshot<'static>,
    verifier: Option<&'v Verifier<'static>>,
    document_len: usize,
}

impl View<'_> {
    fn issuer(&self) -> Option<&str> {
        self.verifier.map(|verifier| verifier.policy().issuer())
    }

    fn project_id(&self) -> Option<&str> {
        self.snapshot.project_id().or_else(|| self.verifier.and_then(|verifier| verifier.policy().project_id()))
    }

    fn cookie(&self) -> Option<String> {
        self.project_id().map(|project_id| format!("tesseral_{project_id}_access_token"))
    }

    /// In the order of the document; the first 64.
    fn skipped(&self) -> Vec<SkippedKey> {
        let mut skipped = self.snapshot.skipped().to_vec();
        skipped.sort_by_key(|key| key.index);
        skipped
    }

    fn to_json(&self) -> Value {
        let keys: Vec<_> = self.snapshot.keys().iter().map(|key| json!({ "kid": key.kid() })).collect();
        let skipped: Vec<_> =
            self.skipped().iter().map(|key| json!({ "index": key.index, "reason": key.reason.slug() })).collect();
        let memory: serde_json::Map<_, _> =
            PROFILES.iter().map(|(name, profile)| ((*name).to_owned(), self.memory(*profile).into())).collect();
        json!({
            "projectId": self.project_id(),
            "issuer": self.issuer(),
            "cookie": self.cookie(),
            "documentOctets": self.document_len,
            "keys": keys,
            "keysSkipped": self.snapshot.keys_skipped(),
            "skipped": skipped,
            "memoryOctets": memory,
        })
    }

    /// Bytes of memory that a verifier of this snapshot takes in Rust.
    fn memory(&self, profile: Profile) -> usize {
        let keys = self.snapshot.keys().len();
        let tables = profile.entries(keys).saturating_mul(size_of::<TableEntry>());
        size_of::<Verifier<'_>>().saturating_add(keys.saturating_mul(size_of::<Key>())).saturating_add(tables)
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: Option<&str>, absent: &str| text.map_or_else(|| absent.to_owned(), quoted);
        writeln!(f, "project id  {}", shown(self.project_id(), "none in the snapshot: --project-id gives one"))?;
        writeln!(f, "issuer      {}", shown(self.issuer(), "unknown: tokens cannot be verified without --issuer"))?;
        writeln!(f, "cookie      {}", shown(self.cookie().as_deref(), "none without a project id"))?;
        writeln!(f, "document    {} octets", self.document_len)?;
        writeln!(f, "keys        {}", self.snapshot.keys().len())?;
        for key in self.snapshot.keys() {
            writeln!(f, "            {}", quoted(key.kid()))?;
        }
        writeln!(f, "skipped     {}", self.snapshot.keys_skipped())?;
        for key in self.skipped() {
            writeln!(f, "            keys[{}]: {}", key.index, key.reason.slug())?;
        }
        let listed = self.snapshot.skipped().len();
        if listed < self.snapshot.keys_skipped() {
            writeln!(f, "            only the first {listed} are listed")?;
        }
        let mut memory = String::new();
        for (name, profile) in PROFILES {
            write!(memory, ", {name} {} octets", self.memory(profile))?;
        }
        writeln!(f, "memory      {}", memory.trim_start_matches(", "))
    }
}

const PROFILES: [(&str, Profile); 3] =
    [("server", Profile::Server), ("compact", Profile::Compact), ("tiny", Profile::Tiny)];
