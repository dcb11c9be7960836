//! The command line, and usage errors that never repeat a token.

use crate::{
    bake::Bake,
    explain::Explain,
    inspect::Inspect,
    report::{Exit, Report},
    snapshot::Snapshot,
    vectors::Vectors,
    verify::Verify,
    watch::Watch,
};
use clap::{Parser, Subcommand};

/// Verify Tesseral access tokens against a preloaded snapshot; fetch snapshots and keep them fresh.
///
/// A snapshot is the project's configuration document as
/// https://config.tesseral.com/v1/config/PUBLISHABLE_KEY serves it, or a plain JWKS. Only `snapshot` and `watch` use the
/// network.
#[derive(Parser)]
#[command(name = "tesseral-verify", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    Verify(Verify),
    Explain(Explain),
    Inspect(Inspect),
    Bake(Bake),
    Snapshot(Snapshot),
    Watch(Watch),
    Vectors(Vectors),
}

/// The command, or the text to print instead: help, the version, a usage error.
pub fn parse() -> Result<Command, Report> {
    Cli::try_parse().map(|cli| cli.command).map_err(|error| {
        let text = error.render().to_string();
        if error.use_stderr() {
            Report { stderr: masked(text), exit: Exit::Fault, ..Report::default() }
        } else {
            Report { stdout: text, ..Report::default() }
        }
    })
}

/// Removes long arguments from a usage error, since one may be a token in the wrong place.
fn masked(text: String) -> String {
    let arguments: Vec<_> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let parts = arguments.iter().flat_map(|argument| argument.split('='));
    let secrets = parts.filter(|part| part.len() > LONGEST_SHOWN);
    secrets.fold(text, |text, secret| text.replace(secret, "…"))
}

/// Longer than any option's name; and a piece of this length is of no use to an attacker, since a signature has 86
/// characters.
const LONGEST_SHOWN: usize = 24;
