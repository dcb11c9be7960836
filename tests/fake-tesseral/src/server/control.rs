//! The control interface: everything that a test does with a [`Server`], for programs in any language.
//!
//! Plain HTTP on a loopback port of its own. A command is a path with parameters in the query; the method does not
//! matter, a body is not needed. Answers are one line of text, or JSON where the README says so; 400 and a line
//! that says why when the command is not understood.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::http::{BAD_REQUEST, Reader, Request, Response, Unreadable};
use super::listener::Listener;
use super::query::Query;
use super::{Endpoint, Fault, Server, now};
use crate::claims::sample_actions;
use crate::config::ConfigDocument;
use crate::json::{self, Object};
use crate::jws;
use crate::random::Seed;
use crate::signing::{Coordinate, SigningKey};

/// A running control interface; dropping it ends it.
pub struct Control {
    listener: Listener,
}

impl Control {
    /// Listens on `port` of 127.0.0.1 (0: any free one) for programs that command `server`; `/stop` sends on `stop`.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(port: u16, server: Arc<Server>, stop: mpsc::Sender<()>) -> io::Result<Self> {
        let listener = Listener::start(port, move |socket| serve(&server, &stop, &socket))?;
        Ok(Self { listener })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.listener.port()
    }
}

fn serve(server: &Server, stop: &mpsc::Sender<()>, socket: &TcpStream) {
    let Ok(stream) = socket.try_clone() else { return };
    let mut reader = Reader::new(stream);
    loop {
        match reader.request() {
            Ok(request) => {
                let response = answer(server, &request);
                let stays_open = request.keeps_alive();
                let head = response.head(&request, response.framing(), stays_open);
                let sent = reader.stream().write_all(&[head.as_bytes(), response.body_for(&request)].concat());
                if response.status == 200 && request.path() == "/stop" {
                    let _ = stop.send(());
                }
                if sent.is_err() || !stays_open {
                    break;
                }
            }
            Err(Unreadable::Bad) => {
                let _ = reader.stream().write_all(BAD_REQUEST);
                break;
            }
            Err(Unreadable::Closed) => break,
        }
    }
    let _ = socket.shutdown(Shutdown::Both);
}

fn answer(server: &Server, request: &Request) -> Response {
    let command = request.target.split_once('?').map_or("", |(_, query)| query);
    let done = Query::parse(command)
        .ok_or_else(|| "the query is not percent-encoded UTF-8".to_owned())
        .and_then(|query| Command { server, query: &query }.run(request.path()));
    match done {
        Ok(Reply::Line(line)) => Response::new(200, "text/plain; charset=utf-8", line + "\n"),
        Ok(Reply::Json(text)) => Response::new(200, "application/json", text + "\n"),
        Err(why) => Response::new(400, "text/plain; charset=utf-8", why + "\n"),
    }
}

enum Reply {
    Line(String),
    Json(String),
}

struct Command<'a> {
    server: &'a Server,
    query: &'a Query,
}

type Done = Result<Reply, String>;

impl Command<'_> {
    fn run(&self, path: &str) -> Done {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match segments[..] {
            ["project"] => self.project(),
            ["token"] => self.token(),
            ["rotate"] => self.rotate(),
            ["withdraw"] => self.withdraw(),
            ["publish"] => self.publish(),
            ["document"] => self.document(),
            ["api-key"] => self.api_key(),
            ["revoke"] => self.revoke(),
            ["api-keys"] => self.api_keys(),
            ["json-spaces"] => self.json_spaces(),
            ["fault", endpoint, fault] => self.fault(endpoint, fault),
            ["count", endpoint] => self.count(endpoint),
            ["counts"] => self.counts(),
            ["requests", endpoint] => self.requests(endpoint),
            ["wait", endpoint] => self.wait(endpoint),
            ["forget"] => self.forget(),
            ["stop"] => self.expect(&[]).map(|()| ok()),
            _ => Err(format!("unknown command {path}")),
        }
    }

    fn project(&self) -> Done {
        self.expect(&[])?;
        Ok(Reply::Json(describe(self.server).close()))
    }

    fn token(&self) -> Done {
        self.expect(&[
            "user",
            "now",
            "now-offset",
            "lifetime",
            "expired",
            "tampered",
            "action",
            "actions",
            "email",
            "display-name",
            "picture",
            "organization-display-name",
            "impersonator",
        ])?;
        let project = self.server.project();
        let expired = if self.flag("expired")? { 3600 } else { 0 };
        let start = self.number("now")?.unwrap_or_else(now);
        let issued = start.saturating_add(self.number("now-offset")?.unwrap_or(0)).saturating_sub(expired);
        let mut claims = project.claims_of(self.number("user")?.unwrap_or(0), issued);
        if let Some(lifetime) = self.number("lifetime")? {
            claims.exp = issued.saturating_add(lifetime);
        }
        for (name, claim) in [
            ("email", &mut claims.user_email),
            ("display-name", &mut claims.user_display_name),
            ("picture", &mut claims.user_profile_picture_url),
            ("organization-display-name", &mut claims.organization_display_name),
        ] {
            if let Some(value) = self.query.find(name) {
                value.clone_into(claim);
            }
        }
        if let Some(email) = self.query.find("impersonator") {
            claims = claims.with_impersonator(email);
        }
        let samples = sample_actions(self.number("actions")?.unwrap_or(0));
        let claims = claims.with_actions(samples.into_iter().chain(self.query.all("action").map(str::to_owned)));
        let token = project.mint(&claims);
        if self.flag("tampered")? {
            return jws::tamper(&token).map(Reply::Line).ok_or_else(|| "the token is too short to change".to_owned());
        }
        Ok(Reply::Line(token))
    }

    /// A new key that signs at once; published too unless `published=0`.
    fn rotate(&self) -> Done {
        self.expect(&["published", "short"])?;
        let published = self.query.find("published").is_none() || self.flag("published")?;
        let coordinate = match self.query.find("short") {
            None => None,
            Some("x") => Some(Coordinate::X),
            Some("y") => Some(Coordinate::Y),
            Some(other) => return Err(format!("short is x or y, not {other}")),
        };
        let mut project = self.server.project();
        let key = match (coordinate, published) {
            (None, true) => project.rotate(),
            (None, false) => project.rotate_unpublished(),
            (Some(coordinate), published) => {
                let seed = Seed::from_os().map_err(|error| error.to_string())?;
                project.add_key(SigningKey::generate_short(&mut seed.random("short"), coordinate), published)
            }
        };
        Ok(Reply::Line(key.kid().to_owned()))
    }

    fn withdraw(&self) -> Done {
        self.expect(&["kid"])?;
        let kid = self.query.find("kid").ok_or("which key?")?;
        if self.server.project().withdraw(kid) { Ok(ok()) } else { Err("there is no such key".to_owned()) }
    }

    fn publish(&self) -> Done {
        self.expect(&[])?;
        self.server.project().publish();
        Ok(ok())
    }

    fn document(&self) -> Done {
        self.expect(&["keys", "trusted-domains", "older", "reversed", "key", "raw", "without"])?;
        for name in ["keys", "trusted-domains"] {
            if self.query.find(name).is_some_and(|value| value != "null") {
                return Err(format!("{name} can only be null"));
            }
        }
        let (keys_null, domains_null) =
            (self.query.find("keys").is_some(), self.query.find("trusted-domains").is_some());
        let (older, reversed) = (self.flag("older")?, self.flag("reversed")?);
        let owned = |name| self.query.all(name).map(str::to_owned).collect::<Vec<_>>();
        let (keys, without, raw) = (owned("key"), owned("without"), self.query.find("raw").map(str::to_owned));
        self.server.set_document(move |mut document: ConfigDocument| {
            if let Some(raw) = &raw {
                return raw.clone().into_bytes();
            }
            for key in &keys {
                document = document.with_key(key);
            }
            if reversed {
                document = document.with_keys_reversed();
            }
            if older {
                document = document.older();
            }
            if keys_null {
                document.keys = None;
            }
            if domains_null {
                document.trusted_domains = None;
            }
            for member in &without {
                document = document.without(member);
            }
            document.to_json().into_bytes()
        });
        Ok(ok())
    }

    fn api_key(&self) -> Done {
        self.expect(&["action", "user", "expires-in", "organization-permits"])?;
        let mut project = self.server.project();
        let organization = project.claims_of(self.number("user")?.unwrap_or(0), 0).organization_id;
        let expires = self.number::<i64>("expires-in")?.map(|seconds| now().saturating_add(seconds));
        let permits = self.query.find("organization-permits").is_none() || self.flag("organization-permits")?;
        let secret = project.api_keys.issue(&organization, self.query.all("action"));
        if let Some(key) = project.api_keys.find_mut(&secret) {
            key.expires = expires;
            key.organization_permits = permits;
        }
        Ok(Reply::Line(secret))
    }

    fn revoke(&self) -> Done {
        self.expect(&["key"])?;
        let key = self.query.find("key").ok_or("which key?")?;
        if self.server.project().api_keys.revoke(key) { Ok(ok()) } else { Err("there is no such key".to_owned()) }
    }

    fn api_keys(&self) -> Done {
        self.expect(&["enabled", "prefix"])?;
        let mut project = self.server.project();
        if self.query.find("enabled").is_some() {
            project.api_keys.enabled = self.flag("enabled")?;
        }
        if let Some(prefix) = self.query.find("prefix") {
            project.api_keys.prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
        }
        Ok(ok())
    }

    fn json_spaces(&self) -> Done {
        self.expect(&["after"])?;
        let after: Vec<char> = self.query.find("after").unwrap_or_default().chars().collect();
        if let Some(other) = after.iter().find(|c| !matches!(c, ',' | ':')) {
            return Err(format!("no space may stand after {other}"));
        }
        self.server.set_json_spaces(&after);
        Ok(ok())
    }

    fn fault(&self, endpoint: &str, fault: &str) -> Done {
        let endpoint = find(endpoint)?;
        self.expect(&["ms", "octets", "status", "location", "raw", "times"])?;
        let octets = |default| Ok::<_, String>(self.number("octets")?.unwrap_or(default));
        let ms = |default| Ok::<_, String>(Duration::from_millis(self.number("ms")?.unwrap_or(default)));
        let fault = match fault {
            "none" => {
                self.server.clear_fault(endpoint);
                return Ok(ok());
            }
            "delay" => Fault::Delay(ms(1000)?),
            "trickle" => Fault::Trickle { octets: octets(1)?, pause: ms(100)? },
            "truncate" => Fault::Truncate { octets: octets(20)? },
            "close" => Fault::Close,
            "reset" => Fault::Reset,
            "hang" => Fault::Hang,
            "status" => Fault::Status(self.number("status")?.unwrap_or(500)),
            "html" => Fault::Html,
            "empty-ok" => Fault::EmptyOk,
            "oversize" => Fault::Oversize { octets: octets(1 << 20)? },
            "redirect" => Fault::Redirect {
                location: self.query.find("location").unwrap_or("https://other.example.com/").to_owned(),
            },
            "gzip" => Fault::Gzip,
            "chunked" => Fault::Chunked,
            "malformed-json" => Fault::MalformedJson,
            "raw" => Fault::Raw(self.query.find("raw").unwrap_or_default().as_bytes().to_vec()),
            _ => return Err(format!("unknown fault {fault}")),
        };
        match self.number("times")? {
            Some(times) => self.server.set_fault_times(endpoint, fault, times),
            None => self.server.set_fault(endpoint, fault),
        }
        Ok(ok())
    }

    fn count(&self, endpoint: &str) -> Done {
        self.expect(&[])?;
        Ok(Reply::Line(self.server.count(find(endpoint)?).to_string()))
    }

    fn counts(&self) -> Done {
        self.expect(&[])?;
        let counts = Endpoint::ALL.into_iter().fold(Object::new(), |object, endpoint| {
            object.raw(endpoint.name(), &self.server.count(endpoint).to_string())
        });
        Ok(Reply::Json(counts.raw("connections", &self.server.connections().to_string()).close()))
    }

    fn requests(&self, endpoint: &str) -> Done {
        self.expect(&[])?;
        let requests = self.server.requests(find(endpoint)?);
        Ok(Reply::Json(json::array(requests.iter().map(|request| {
            let headers =
                request.headers.iter().map(|(name, value)| json::array([json::string(name), json::string(value)]));
            Object::new()
                .string("method", &request.method)
                .string("target", &request.target)
                .string("version", if request.http_1_1 { "HTTP/1.1" } else { "HTTP/1.0" })
                .raw("headers", &json::array(headers))
                .raw("bodyLength", &request.body.len().to_string())
                .string("body", &String::from_utf8_lossy(&request.body))
                .close()
        }))))
    }

    fn wait(&self, endpoint: &str) -> Done {
        self.expect(&["count", "ms"])?;
        let at_most = Duration::from_millis(self.number("ms")?.unwrap_or(5000));
        let count = self.number("count")?.unwrap_or(1);
        if self.server.wait_for(find(endpoint)?, count, at_most) {
            Ok(ok())
        } else {
            Err(format!("fewer than {count} requests arrived"))
        }
    }

    fn forget(&self) -> Done {
        self.expect(&[])?;
        self.server.forget();
        Ok(ok())
    }

    /// A misspelt parameter would silently test something else.
    fn expect(&self, known: &[&str]) -> Result<(), String> {
        match self.query.unknown(known).next() {
            Some(name) => Err(format!("unknown parameter {name}")),
            None => Ok(()),
        }
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let number = |value: &str| value.parse().map_err(|_| format!("{name} is no number that fits: {value}"));
        self.query.find(name).map(number).transpose()
    }

    /// Absent, `0` and `1`; the bare name is 1.
    fn flag(&self, name: &str) -> Result<bool, String> {
        match self.query.find(name) {
            None | Some("0") => Ok(false),
            Some("" | "1") => Ok(true),
            Some(other) => Err(format!("{name} is 0 or 1, not {other}")),
        }
    }
}

fn ok() -> Reply {
    Reply::Line("ok".to_owned())
}

fn find(endpoint: &str) -> Result<Endpoint, String> {
    Endpoint::find(endpoint).ok_or_else(|| format!("unknown endpoint {endpoint}"))
}

/// What a test needs to know about a project.
pub fn describe(server: &Server) -> Object {
    let project = server.project();
    Object::new()
        .string("projectId", &project.id)
        .string("publishableKey", &project.publishable_key)
        .string("backendApiKey", &project.backend_api_key)
        .string("apiKeyPrefix", project.api_keys.prefix.as_deref().unwrap_or_default())
        .string("issuer", &project.issuer())
        .string("cookieName", &project.cookie_name())
        .string("kid", project.signing_key().kid())
}
