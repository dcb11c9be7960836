//! `fake-tesseral`: makes a project, its config document and tokens, for demonstrations and for tests in
//! other languages.

#[cfg(feature = "server")]
mod serve;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand};
use fake_tesseral::claims::{LIFETIME_SECONDS, sample_actions};
use fake_tesseral::{Claims, Project, Seed, jws};

/// A double of the Tesseral auth service. Its keys are for tests only.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a project and writes its config document and some tokens into a folder
    Mint(Mint),
    /// Prints one more fresh token of a project made by `mint`
    Token(Token),
    /// Runs the service on loopback ports and prints one line of JSON when it is ready
    #[cfg(feature = "server")]
    Serve(serve::Serve),
}

#[derive(Args)]
struct Mint {
    /// Folder for the files; made when absent
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Makes the same project for the same number; without it, a new random one
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many tokens, each of another user, go into DIR/tokens
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    tokens: u32,
    #[command(flatten)]
    content: Content,
}

#[derive(Args)]
struct Token {
    /// The file secret_seed that `mint` wrote
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    #[command(flatten)]
    content: Content,
}

/// What the tokens say.
#[derive(Args)]
struct Content {
    /// Time of issue in seconds since 1970; without it, the system's clock
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    now: Option<i64>,
    /// How many actions, of 28 octets each, the tokens carry; the issuer sets no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    actions: usize,
    /// The user's e-mail address, instead of user0@example.com and so on
    #[arg(long, value_name = "ADDRESS")]
    user_email: Option<String>,
}

impl Content {
    fn now(&self) -> Result<i64, Box<dyn Error>> {
        match self.now {
            Some(now) => Ok(now),
            None => Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?),
        }
    }

    fn claims(&self, project: &Project, user: u32, now: i64) -> Claims {
        let claims = project.claims_of(user, now).with_actions(sample_actions(self.actions));
        match &self.user_email {
            Some(email) => claims.with_user_email(email),
            None => claims,
        }
    }
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Mint(mint) => mint.run(),
        Command::Token(token) => token.run(),
        #[cfg(feature = "server")]
        Command::Serve(serve) => serve.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fake-tesseral: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Mint {
    fn run(&self) -> Result<(), Box<dyn Error>> {
        let seed = match self.seed {
            Some(number) => Seed::from_number(number),
            None => Seed::from_os()?,
        };
        let project = Project::from_seed(seed.clone());
        let now = self.content.now()?;
        let mint = |user, now| project.mint(&self.content.claims(&project, user, now));
        let token = mint(0, now);
        let tampered = jws::tamper(&token).ok_or("the token is too short to change")?;
        let tokens: Vec<String> = (0..self.tokens).map(|user| mint(user, now)).collect();

        fs::create_dir_all(&self.out).map_err(|error| at(&self.out, error))?;
        let write = |name: &str, text: &str| {
            let path = self.out.join(name);
            fs::write(&path, text).map_err(|error| at(&path, error))
        };
        write("config.json", &project.config_document().to_json())?;
        write("project_id", &line(&project.id))?;
        write("token", &line(&token))?;
        write("tokens", &line(&tokens.join("\n")))?;
        write("tampered", &line(&tampered))?;
        write("expired", &line(&mint(0, now.saturating_sub(3600))))?;
        let secret = self.out.join("secret_seed");
        write_secret(&secret, &line(&seed.to_hex())).map_err(|error| at(&secret, error))?;

        let email = self.content.claims(&project, 0, now).user_email;
        let mut out = io::stdout().lock();
        writeln!(out, "project   {}", project.id)?;
        writeln!(out, "issuer    {}", project.issuer())?;
        writeln!(out, "user      {email}, {} actions", self.content.actions)?;
        writeln!(out, "Wrote into {}:", self.out.display())?;
        for (name, what) in [
            ("config.json", "the snapshot: the config document, one key".to_owned()),
            ("project_id", "the project id".to_owned()),
            (
                "token",
                format!(
                    "a good token, {} octets, valid until {} inclusive",
                    token.len(),
                    now.saturating_add(LIFETIME_SECONDS)
                ),
            ),
            ("tokens", format!("{} good in all, one a line, the first as above", tokens.len())),
            ("tampered", "the same token with one payload character changed".to_owned()),
            ("expired", "a token issued an hour earlier".to_owned()),
            ("secret_seed", "makes more tokens: fake-tesseral token --secret FILE".to_owned()),
        ] {
            writeln!(out, "  {name:<12} {what}")?;
        }
        Ok(())
    }
}

impl Token {
    fn run(&self) -> Result<(), Box<dyn Error>> {
        let hex = fs::read_to_string(&self.secret).map_err(|error| at(&self.secret, error))?;
        let seed = Seed::from_hex(hex.trim_end()).ok_or("the seed is not 64 hexadecimal digits")?;
        let project = Project::from_seed(seed);
        let token = project.mint(&self.content.claims(&project, 0, self.content.now()?));
        writeln!(io::stdout(), "{token}")?;
        Ok(())
    }
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

/// Says which file it was.
fn at(path: &Path, error: io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Writes a new file that only its owner may read, in place of the one before.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
