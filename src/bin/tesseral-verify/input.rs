//! The input of the commands: the snapshot, the token, the clock.

use crate::report::Fault;
use clap::{Args, builder::RangedU64ValueParser};
use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    hash::{BuildHasher as _, RandomState},
    io::{self, IsTerminal as _, Read},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};
use tesseral_verify::{
    Auth, Error, LoadError, Options, Revoked, Verifier,
    limits::{DEFAULT_MAX_TOKEN_LEN, MAX_DOCUMENT_LEN, MAX_LEEWAY_SECONDS, MAX_TOKEN_LEN},
};

#[derive(Args)]
pub struct IssuerArgs {
    /// Issuer and audience that tokens must have, instead of the one derived from the project ID
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Project ID, for a snapshot without `projectId` such as a plain JWKS
    #[arg(long, value_name = "ID")]
    pub project_id: Option<String>,
}

impl IssuerArgs {
    pub fn options(&self) -> Options<'_> {
        let options = self.issuer.as_deref().into_iter().fold(Options::new(), Options::issuer);
        self.project_id.as_deref().into_iter().fold(options, Options::project_id)
    }

    pub fn load(&self, document: &[u8], options: &Options<'_>) -> Result<Verifier<'static>, Fault> {
        Verifier::load_owned(document, options).map_err(|refusal| self.fault(refusal))
    }

    /// clap has checked the numbers, so that only texts can be out of range.
    fn fault(&self, refusal: LoadError) -> Fault {
        match refusal.error {
            Error::ConfigNoIssuer => {
                Fault::Usage("the snapshot has no projectId: give --issuer or --project-id [config_no_issuer]".into())
            }
            Error::InvalidArgument => {
                Fault::Usage("--issuer takes 1 to 256 octets and --project-id 1 to 64 [invalid_argument]".into())
            }
            _ => Fault::Snapshot(refusal),
        }
    }
}

/// How tokens are judged, apart from whose they are.
#[derive(Args)]
pub struct LimitArgs {
    /// Seconds by which the issuer's clock may differ, at most 300
    #[arg(long, value_name = "SECONDS", default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(..=i64::from(MAX_LEEWAY_SECONDS)))]
    leeway: u32,
    /// Longest token that is looked at, in octets, at most 65536
    #[arg(long, value_name = "OCTETS", default_value_t = DEFAULT_MAX_TOKEN_LEN,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=MAX_TOKEN_LEN as u64))]
    max_token_len: usize,
}

impl LimitArgs {
    pub fn apply<'o>(&self, options: Options<'o>) -> Options<'o> {
        options.leeway_seconds(self.leeway).max_token_len(self.max_token_len)
    }
}

#[derive(Args)]
pub struct TokenArgs {
    /// Configuration document or plain JWKS
    #[arg(long, value_name = "FILE")]
    snapshot: PathBuf,
    #[command(flatten)]
    issuer: IssuerArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// The time to judge by, in seconds since 1970-01-01T00:00:00Z [default: the system's clock]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    now: Option<i64>,
    /// List of revoked sessions and users: their tokens are refused
    #[arg(long, value_name = "FILE")]
    revoked: Option<PathBuf>,
    /// File that holds the token; one line feed at its end is removed, nothing else
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// The token, or `-` for standard input; other users of this machine can see arguments
    token: Option<OsString>,
}

/// Everything that a verdict depends on.
pub struct Input {
    pub verifier: Verifier<'static>,
    pub revoked: Option<Revoked<'static>>,
    pub token: Vec<u8>,
    pub now: i64,
    pub leeway_seconds: u32,
}

impl Input {
    /// The verdict on the token. It includes the list of revoked sessions and users, when there is one.
    pub fn verify<'a>(&'a self, scratch: &'a mut [u8]) -> Result<Auth<'a>, Error> {
        let auth = self.verifier.verify_token(&self.token, self.now, None, scratch)?;
        if let Some(revoked) = &self.revoked {
            self.verifier.check_revoked(revoked, &auth)?;
        }
        Ok(auth)
    }
}

impl TokenArgs {
    pub fn load(&self) -> Result<Input, Fault> {
        let options = self.limits.apply(self.issuer.options());
        let verifier = self.issuer.load(&document(&self.snapshot)?, &options)?;
        let revoked = self.revoked.as_deref().map(list).transpose()?;
        if revoked.is_some() && verifier.policy().project_id().is_none() {
            return Err(Fault::Usage("the snapshot has no projectId: --revoked needs --project-id".into()));
        }
        let now = self.now.unwrap_or_else(clock);
        Ok(Input { verifier, revoked, token: self.token()?, now, leeway_seconds: self.limits.leeway })
    }

    fn token(&self) -> Result<Vec<u8>, Fault> {
        // One more octet for the line feed, and one to notice that the limit is exceeded.
        let limit = self.limits.max_token_len.saturating_add(2);
        let unreadable = |error| Fault::Usage(format!("the token cannot be read: {error}"));
        let mut token = match (&self.token_file, &self.token) {
            (Some(file), _) => File::open(file).and_then(|file| read(file, limit)).map_err(unreadable)?,
            (None, Some(token)) if token != OsStr::new("-") => return Ok(token.clone().into_encoded_bytes()),
            (None, None) if io::stdin().is_terminal() => {
                return Err(Fault::Usage(
                    "no token: give it as an argument, with --token-file, or on standard input".into(),
                ));
            }
            (None, _) => read(io::stdin().lock(), limit).map_err(unreadable)?,
        };
        token.pop_if(|last| *last == b'\n');
        Ok(token)
    }
}

/// Reads a snapshot. Of one that is too large, it reads only enough to notice.
pub fn document(file: &Path) -> Result<Vec<u8>, Fault> {
    let limit = MAX_DOCUMENT_LEN.saturating_add(1);
    let octets = File::open(file).and_then(|file| read(file, limit));
    octets.map_err(|error| Fault::Usage(format!("the snapshot cannot be read: {error}")))
}

fn list(file: &Path) -> Result<Revoked<'static>, Fault> {
    let text = fs::read(file).map_err(|error| Fault::Usage(format!("the list cannot be read: {error}")))?;
    let hasher = RandomState::new();
    let [low, high] = [0_u64, 1].map(|half| hasher.hash_one(half));
    let seed = (u128::from(low) << 64 | u128::from(high)).to_le_bytes();
    Revoked::load_owned(&text, seed).map_err(Fault::List)
}

fn read(source: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    source.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut octets)?;
    Ok(octets)
}

/// Seconds since 1970; a clock set before that is negative.
pub fn clock() -> i64 {
    let seconds = |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => seconds(after),
        Err(before) => seconds(before.duration()).saturating_neg(),
    }
}
