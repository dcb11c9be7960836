//! The output of a command, and its exit status.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};
use tesseral_verify::{Error, LoadError, net, revoked::ListError};

/// The exit status.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Exit {
    /// Accepted, or nothing to complain about.
    #[default]
    Good = 0,
    /// The token is refused, or a vector disagrees.
    Refused = 1,
    /// Usage error, unreadable file or refused snapshot.
    Fault = 2,
}

/// What the exit status of `verify` and `explain` means.
pub const TOKEN_EXIT_STATUS: &str = "\
Exit status:
  0  the token is accepted
  1  the token is refused
  2  usage error, or the snapshot is refused";

/// The whole output of one command.
#[derive(Default)]
pub struct Report {
    pub stdout: String,
    pub stderr: String,
    pub exit: Exit,
}

impl Report {
    /// Prints it. A closed pipe does not change the exit status; any other fault of output does.
    pub fn print(self) -> ExitCode {
        let mut exit = self.exit;
        if let Err(error) = write(&mut io::stdout().lock(), &self.stdout) {
            exit = Exit::Fault;
            let _ = write(&mut io::stderr().lock(), &format!("tesseral: output cannot be written: {error}\n"));
        }
        // A fault of standard error cannot be reported anywhere.
        let _ = write(&mut io::stderr().lock(), &self.stderr);
        ExitCode::from(exit as u8)
    }
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Why there is no verdict.
#[derive(Debug)]
pub enum Fault {
    /// The command line cannot be followed.
    Usage(String),
    /// The snapshot was refused.
    Snapshot(LoadError),
    /// The list of revoked sessions and users was refused.
    List(ListError),
    /// The service gave no document.
    Service(net::Fault),
    /// The library returned an error that no token can cause.
    Unexpected(Error),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => f.write_str(text),
            Self::Snapshot(refusal) => {
                let error = refusal.error;
                write!(f, "snapshot refused ({}): {refusal} [{}]", error.code(), error.slug())
            }
            Self::List(refusal) => {
                let error = refusal.error;
                write!(f, "list refused ({}): {refusal} [{}]", error.code(), error.slug())
            }
            Self::Service(fault) => write!(f, "no document: {fault} [{}]", fault.slug()),
            Self::Unexpected(error) => write!(f, "{error} ({}) [{}]", error.code(), error.slug()),
        }
    }
}

impl From<Fault> for Report {
    fn from(fault: Fault) -> Self {
        Self { stderr: format!("tesseral: {fault}\n"), exit: Exit::Fault, ..Self::default() }
    }
}

/// One line for a refused token: number, text and slug.
pub fn refusal(error: Error) -> String {
    format!("token refused ({}): {error} [{}]", error.code(), error.slug())
}
