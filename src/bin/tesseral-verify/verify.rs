//! `verify`: one token, one verdict.

use crate::{
    input::TokenArgs,
    report::{Exit, Fault, Report, TOKEN_EXIT_STATUS, refusal},
    words,
};
use clap::Args;
use serde_json::{to_string, to_string_pretty};
use tesseral_verify::{AccessTokenClaims, Error};

/// Verify a token and print its claims as JSON
///
/// Reads the token from the argument, from --token-file or from standard input. A refusal goes to standard error with
/// its stable name in brackets at the end: `tesseral: token refused (5001): token has expired [token_expired]`.
#[derive(Args)]
#[command(after_help = TOKEN_EXIT_STATUS)]
pub struct Verify {
    #[command(flatten)]
    token: TokenArgs,
    /// Indent the claims
    #[arg(long)]
    pretty: bool,
}

impl Verify {
    pub fn run(&self) -> Result<Report, Fault> {
        let input = self.token.load()?;
        let mut scratch = vec![0; input.verifier.scratch_len()];
        match input.verify(&mut scratch) {
            Ok(auth) => {
                let claims = self.json(auth.access_token_claims().map_err(Fault::Unexpected)?)?;
                Ok(Report { stdout: claims, ..Report::default() })
            }
            Err(error) => Ok(Report {
                stderr: format!("tesseral: {}\n", refusal(error)),
                exit: Exit::Refused,
                ..Report::default()
            }),
        }
    }

    fn json(&self, claims: &AccessTokenClaims<'_>) -> Result<String, Fault> {
        let json = if self.pretty { to_string_pretty(claims) } else { to_string(claims) };
        let json = json.map_err(|_| Fault::Unexpected(Error::InternalError))?;
        Ok(words::inert_json(&json) + "\n")
    }
}
