//! `tesseral-verify`: verifies access tokens and explains refusals, inspects, fetches, refreshes and bakes snapshots, and runs
//! test vectors. All verdicts come from the library. The program never prints a signature.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod args;
mod bake;
mod base64;
mod checks;
mod claims;
mod explain;
mod hints;
mod input;
mod inspect;
mod report;
mod service;
mod shape;
mod signed;
mod snapshot;
mod target;
mod vectors;
mod verify;
mod watch;
mod words;

use args::Command;
use report::Report;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match args::parse() {
        Ok(command) => command,
        Err(report) => return report.print(),
    };
    let report = match command {
        Command::Verify(verify) => verify.run(),
        Command::Explain(explain) => explain.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Bake(bake) => bake.run(),
        Command::Vectors(vectors) => Ok(vectors.run()),
        Command::Snapshot(snapshot) => snapshot.run(),
        Command::Watch(watch) => watch.run(),
    };
    report.unwrap_or_else(Report::from).print()
}
