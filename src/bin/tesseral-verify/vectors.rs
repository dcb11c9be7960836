//! `vectors`: whether this build agrees with files of test vectors.

use crate::{
    base64, claims,
    report::{Exit, Report},
    words::quoted,
};
use clap::Args;
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use tesseral_verify::{Authentication, Error, Options, Verifier};

/// Run files of test vectors and print each disagreement
///
/// A file is an object with `issuer`, `now_default`, `jwks`, `numberOfTests` and `tests`. A test has `id`, `token` or
/// `token_b64`, and the expected `slug` (`ok` for an accepted token); `now`, `jwks` and `claims` when they differ from
/// the file's or are to be compared. In place of a token it may have a request: `authorization` and `cookie`, lists of header
/// values in which names stand for the file's `texts`, `api_keys` when they are on, and the expected `credential`.
#[derive(Args)]
#[command(after_help = "Exit status:
  0  everything agrees
  1  something disagrees
  2  a file is unreadable, holds no test, or not as many as its numberOfTests says")]
pub struct Vectors {
    /// Files of test vectors
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Vectors {
    pub fn run(&self) -> Report {
        self.files.iter().fold(Report::default(), |mut report, file| {
            let outcome = File::read(file).and_then(|file| file.run());
            let Outcome { ran, disagreements, fault } =
                outcome.unwrap_or_else(|fault| Outcome { fault: Some(fault), ..Outcome::default() });
            let name = shown(file);
            // Writing to a string cannot fail.
            for disagreement in &disagreements {
                let _ = writeln!(report.stdout, "{name}: {disagreement}");
            }
            let _ = writeln!(report.stdout, "{name}: {ran} ran, {} disagree", disagreements.len());
            if !disagreements.is_empty() {
                report.exit = report.exit.max(Exit::Refused);
            }
            if let Some(fault) = fault {
                let _ = writeln!(report.stderr, "tesseral: {name}: {fault}");
                report.exit = Exit::Fault;
            }
            report
        })
    }
}

/// The file's name. A longer text than any file's name is hidden: it may be a token in the wrong place.
fn shown(file: &Path) -> String {
    let possible = file.as_os_str().as_encoded_bytes().split(|octet| *octet == b'/').all(|part| part.len() <= 255);
    if possible { file.display().to_string() } else { "…".into() }
}

#[derive(Default)]
struct Outcome {
    ran: usize,
    disagreements: Vec<String>,
    fault: Option<String>,
}

struct File {
    content: Value,
}

impl File {
    fn read(path: &Path) -> Result<Self, String> {
        let octets = fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        let content = serde_json::from_slice(&octets).map_err(|error| format!("is not JSON: {error}"))?;
        Ok(Self { content })
    }

    fn run(&self) -> Result<Outcome, String> {
        let tests = self.content.get("tests").and_then(Value::as_array).ok_or("has no array of tests")?;
        let mut outcome = Outcome::default();
        for (place, test) in tests.iter().enumerate() {
            let id = test.get("id").and_then(Value::as_str).map_or_else(|| format!("#{place}"), str::to_owned);
            let test = Test { file: &self.content, test };
            match test.run() {
                Ok(disagreement) => {
                    outcome.ran = outcome.ran.saturating_add(1);
                    outcome.disagreements.extend(disagreement.map(|text| format!("{}: {text}", quoted(&id))));
                }
                Err(missing) => outcome.fault = Some(format!("test {} has no usable {missing}", quoted(&id))),
            }
        }
        let promised = self.content.get("numberOfTests").and_then(Value::as_u64);
        if outcome.ran == 0 {
            outcome.fault.get_or_insert("holds no test".into());
        } else if promised != Some(outcome.ran as u64) {
            let promised = promised.map_or_else(|| "absent".into(), |number| number.to_string());
            outcome.fault.get_or_insert(format!("numberOfTests is {promised}, but {} ran", outcome.ran));
        }
        Ok(outcome)
    }
}

struct Test<'f> {
    file: &'f Value,
    test: &'f Value,
}

impl<'f> Test<'f> {
    /// The disagreement, if there is one; else the name of the member that is missing.
    fn run(&self) -> Result<Option<String>, &'static str> {
        let issuer = self.file.get("issuer").and_then(Value::as_str).ok_or("issuer")?;
        let jwks = self.own_or("jwks", "jwks").and_then(Value::as_str).ok_or("jwks")?;
        let now = self.own_or("now", "now_default").and_then(Value::as_i64).ok_or("now")?;
        let slug = self.test.get("slug").and_then(Value::as_str).ok_or("slug")?;
        if self.test.get("authorization").is_some() {
            return self.request(jwks, issuer, now, slug);
        }
        let token = self.token().ok_or("token")?;
        let verdict = verify(jwks, issuer, &token, now);
        let got = verdict.as_ref().map_or_else(|error| error.slug(), |_| "ok");
        Ok(match (verdict, self.test.get("claims")) {
            _ if got != slug => Some(format!("expected {slug}, got {got}")),
            (Ok(claims), Some(expected)) => claims::difference(expected.as_object().ok_or("claims")?, &claims),
            _ => None,
        })
    }

    /// The same for a request.
    fn request(&self, jwks: &str, issuer: &str, now: i64, slug: &str) -> Result<Option<String>, &'static str> {
        let authorization = self.values("authorization").ok_or("authorization")?;
        let cookie = self.values("cookie").ok_or("cookie")?;
        let api_keys = self.test.get("api_keys").is_some_and(|on| on.as_bool() == Some(true));
        let credential = match self.test.get("credential") {
            Some(name) => Some(self.filled(name).ok_or("credential")?),
            None => None,
        };
        let (got, found) = match authenticate(jwks, issuer, api_keys, &authorization, &cookie, now) {
            Ok((slug, found)) => (slug, Some(found)),
            Err(error) => (error.slug(), None),
        };
        Ok(if got != slug {
            Some(format!("expected {slug}, got {got}"))
        } else if found != credential {
            Some("another credential than expected".into())
        } else {
            None
        })
    }

    fn values(&self, name: &str) -> Option<Vec<String>> {
        self.test.get(name)?.as_array()?.iter().map(|value| self.filled(value)).collect()
    }

    /// A string with the file's texts in place of their names.
    fn filled(&self, value: &Value) -> Option<String> {
        let texts = self.file.get("texts").and_then(Value::as_object);
        texts.into_iter().flatten().try_fold(value.as_str()?.to_owned(), |value, (name, text)| {
            Some(value.replace(name.as_str(), text.as_str()?))
        })
    }

    fn own_or(&self, own: &str, default: &str) -> Option<&'f Value> {
        self.test.get(own).or_else(|| self.file.get(default))
    }

    fn token(&self) -> Option<Vec<u8>> {
        match self.test.get("token_b64") {
            Some(encoded) => base64::decode(encoded.as_str()?.as_bytes()),
            None => Some(self.test.get("token")?.as_str()?.as_bytes().to_vec()),
        }
    }
}

fn verify(jwks: &str, issuer: &str, token: &[u8], now: i64) -> Result<Value, Error> {
    let options = Options::new().issuer(issuer);
    let verifier = Verifier::load_owned(jwks.as_bytes(), &options).map_err(|refusal| refusal.error)?;
    let mut scratch = vec![0; verifier.scratch_len()];
    let auth = verifier.verify_token(token, now, None, &mut scratch)?;
    serde_json::to_value(auth.access_token_claims()?).map_err(|_| Error::InternalError)
}

/// The slug, and the credential that was found.
fn authenticate(
    jwks: &str,
    issuer: &str,
    api_keys: bool,
    authorization: &[String],
    cookie: &[String],
    now: i64,
) -> Result<(&'static str, String), Error> {
    let options = Options::new().issuer(issuer).api_keys(api_keys);
    let verifier = Verifier::load_owned(jwks.as_bytes(), &options).map_err(|refusal| refusal.error)?;
    let mut scratch = vec![0; verifier.scratch_len()];
    let (authorization, cookie) = (authorization.iter().map(String::as_bytes), cookie.iter().map(String::as_bytes));
    Ok(match verifier.authenticate(authorization, cookie, now, None, &mut scratch)? {
        Authentication::Complete(auth) => ("ok", auth.credentials().to_owned()),
        Authentication::LookupNeeded(key) => {
            (Error::ApiKeyLookupNeeded.slug(), String::from_utf8_lossy(key.as_bytes()).into_owned())
        }
    })
}
