//! `explain`: the checks one by one, and what to do about the one that failed.

use crate::{
    checks::{CHECKS, State, states},
    hints,
    input::{Input, TokenArgs},
    report::{Exit, Fault, Report, TOKEN_EXIT_STATUS, refusal},
    words,
};
use clap::Args;
use std::{
    fmt,
    io::{self, IsTerminal as _},
};
use tesseral_verify::Error;

/// Show which checks a token passes, and what to do about the one that fails
///
/// Takes the same inputs as `verify` and reaches the same verdict. It shows a token's times, issuer and audience, and only
/// when the signature is good. It never shows the signature.
#[derive(Args)]
#[command(after_help = TOKEN_EXIT_STATUS)]
pub struct Explain {
    #[command(flatten)]
    token: TokenArgs,
}

impl Explain {
    pub fn run(&self) -> Result<Report, Fault> {
        let input = self.token.load()?;
        let mut scratch = vec![0; input.verifier.scratch_len()];
        let auth = input.verify(&mut scratch);
        let verdict = auth.and_then(|auth| auth.access_token_claims().map(|claims| claims.exp));
        let states = states(verdict).map_err(Fault::Unexpected)?;
        let stdout = Explanation { input: &input, verdict, states, colours: Colours::of_stdout() }.to_string();
        let exit = if verdict.is_ok() { Exit::Good } else { Exit::Refused };
        Ok(Report { stdout, exit, ..Report::default() })
    }
}

struct Explanation<'e> {
    input: &'e Input,
    /// `exp` of an accepted token.
    verdict: Result<i64, Error>,
    states: [State; CHECKS.len()],
    colours: Colours,
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without a list, the last check is not made.
        let checks = CHECKS.len().saturating_sub(usize::from(self.input.revoked.is_none()));
        for (number, (check, state)) in (1..).zip(CHECKS.iter().zip(self.states)).take(checks) {
            let (start, end) = self.colours.around(state);
            write!(f, "{number:>2}  {start}{:<11}{end}  {:<10}  {}", state.as_str(), check.name, check.rule)?;
            match self.verdict {
                Err(error) if state == State::Fail => self.failure(f, error)?,
                _ => writeln!(f)?,
            }
        }
        match self.verdict {
            Ok(exp) => writeln!(f, "token accepted: {}", lifetime(exp, self.input.now)),
            Err(error) => writeln!(f, "{}", refusal(error)),
        }
    }
}

impl Explanation<'_> {
    fn failure(&self, f: &mut fmt::Formatter<'_>, error: Error) -> fmt::Result {
        writeln!(f, " [{}]", error.slug())?;
        hints::of(error, self.input).iter().try_for_each(|hint| writeln!(f, "{:>17}{hint}", ""))
    }
}

fn lifetime(exp: i64, now: i64) -> String {
    let left = words::duration(exp.abs_diff(now));
    if now <= exp { format!("it expires in {left}") } else { format!("it expired {left} ago, within the leeway") }
}

/// Colours for people, none for files and pipes (https://no-color.org).
struct Colours {
    wanted: bool,
}

impl Colours {
    fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { wanted: io::stdout().is_terminal() && !refused }
    }

    fn around(&self, state: State) -> (&'static str, &'static str) {
        match state {
            _ if !self.wanted => ("", ""),
            State::Pass => ("\x1b[32m", "\x1b[0m"),
            State::Fail => ("\x1b[1;31m", "\x1b[0m"),
            State::NotReached => ("\x1b[2m", "\x1b[0m"),
        }
    }
}
