//! Sends the same requests to an application with tesseral-axum and with ours. Fails on a difference that differences.md lacks,
//! and on a row of it that does not occur.

#[path = "compare/cases.rs"]
mod cases;

use axum::{
    Router,
    body::{self, Body},
    http::{HeaderMap, HeaderValue, Request},
};
use cases::Case;
use fake_tesseral::{Coordinate, Endpoint, Fault, Project, Seed, Server, SigningKey};
use peers::{our_layer, ours, serve, their_layer, theirs};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::Path,
};
use tesseral_verify::net::unix_time;
use tower::ServiceExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    let ca_file =
        std::env::var("SSL_CERT_FILE").map_err(|_| "SSL_CERT_FILE names the file for the double's authority")?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(compare(ca_file.as_ref()))
}

async fn compare(ca_file: &Path) -> Result<(), Box<dyn Error>> {
    let mut tally = Tally::new()?;
    {
        let server = serve(Project::new(401), ca_file);
        let apps = apps(&server);
        // `server.project()` locks the project, and the double answers only when that lock is free again.
        let cases = cases::all(&server.project());
        for case in cases {
            tally.send(&apps, &case).await?;
        }
        tally.send(&[theirs::outside(), ours::outside()], &good(&server, "outside")).await?;
    }
    let key = SigningKey::generate_short(&mut Seed::from_number(1).random("x"), Coordinate::X);
    let server = serve(Project::with_signing_key(402, key), ca_file);
    tally.send(&apps(&server), &good(&server, "short-coordinate")).await?;
    drop(server);
    for row in ["no-keys", "config-down", "odd-key"] {
        let server = serve(Project::new(403), ca_file);
        match row {
            "no-keys" => server
                .set_document(|honest| format!(r#"{{"projectId":"{}","keys":null}}"#, honest.project_id).into_bytes()),
            "config-down" => server.set_fault(Endpoint::Config, Fault::Status(500)),
            _ => server.set_document(|honest| honest.with_key(r#"{"kty":"RSA","kid":"r"}"#).to_json().into_bytes()),
        }
        tally.send(&apps(&server), &good(&server, row)).await?;
    }
    tally.finish()
}

fn apps(server: &Server) -> [Router; 2] {
    [theirs::app(their_layer(server)), ours::app(our_layer(server))]
}

fn good(server: &Server, row: &'static str) -> Case {
    Case::bearer(row, &server.project().access_token(unix_time())).differs(row)
}

struct Tally {
    rows: BTreeMap<String, (u16, u16)>,
    seen: BTreeSet<String>,
    ran: usize,
    wrong: Vec<String>,
}

type Answer = (u16, String, HeaderMap);

impl Tally {
    fn new() -> Result<Self, Box<dyn Error>> {
        let mut rows = BTreeMap::new();
        for line in include_str!("../../differences.md").lines() {
            let cells: Vec<_> = line.split(" | ").collect();
            if let [row, _, theirs, ours, _] = &cells[..]
                && let (Ok(theirs), Ok(ours)) = (theirs.parse(), ours.parse())
            {
                rows.insert(row.trim_start_matches("| ").to_owned(), (theirs, ours));
            }
        }
        Ok(Self { rows, seen: BTreeSet::new(), ran: 0, wrong: Vec::new() })
    }

    async fn send(&mut self, [theirs, ours]: &[Router; 2], case: &Case) -> Result<(), Box<dyn Error>> {
        let (theirs, ours) = (answer(theirs, case).await?, answer(ours, case).await?);
        self.ran += 1;
        match case.row {
            Some(row) => {
                let expected = self.rows.get(row).ok_or_else(|| format!("differences.md has no row {row}"))?;
                self.seen.insert(row.to_owned());
                if (theirs.0, ours.0) != *expected {
                    self.wrong.push(format!("{}: {} and {}, row {row} says {expected:?}", case.name, theirs.0, ours.0));
                }
            }
            None if theirs != ours => self.wrong.push(format!("{}: {theirs:?} and {ours:?}", case.name)),
            None => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Box<dyn Error>> {
        println!(
            "compat axum: {} requests to both crates, {} deliberate differences, {} others",
            self.ran,
            self.seen.len(),
            self.wrong.len()
        );
        for line in &self.wrong {
            println!("  {line}");
        }
        let unseen: Vec<_> = self.rows.keys().filter(|row| !self.seen.contains(*row)).collect();
        if self.wrong.is_empty() && unseen.is_empty() && self.ran >= 150 && !self.rows.is_empty() {
            Ok(())
        } else {
            Err(format!("{} wrong, rows that did not occur: {unseen:?}", self.wrong.len()).into())
        }
    }
}

async fn answer(app: &Router, case: &Case) -> Result<Answer, Box<dyn Error>> {
    let mut request = Request::builder().method(case.method.clone()).uri(case.uri).body(Body::empty())?;
    for (name, value) in &case.headers {
        request.headers_mut().append(name.clone(), HeaderValue::try_from(value)?);
    }
    let response = app.clone().oneshot(request).await?;
    let (parts, body) = response.into_parts();
    let body = body::to_bytes(body, 1 << 20).await?;
    Ok((parts.status.as_u16(), String::from_utf8(body.to_vec())?, parts.headers))
}
