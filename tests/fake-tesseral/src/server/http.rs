//! HTTP/1.1 and HTTP/1.0 (RFC 9112), as far as the service needs it and octet for octet as Go's server writes it.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use super::date;

/// A request, read to its last octet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The request target as received: path and query.
    pub target: String,
    /// Whether the request is HTTP/1.1; else it is HTTP/1.0.
    pub http_1_1: bool,
    /// Field names and values in order, names as received, values without surrounding whitespace.
    pub headers: Vec<(String, String)>,
    /// The body, without transfer coding.
    pub body: Vec<u8>,
}

/// Why no request could be read.
#[derive(Debug)]
pub enum Unreadable {
    /// The peer is done, or gone.
    Closed,
    /// No HTTP request, or one over the limits.
    Bad,
}

impl From<io::Error> for Unreadable {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl Request {
    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// All values of a field, whatever the case of its name.
    pub fn header_values<'r>(&'r self, name: &str) -> impl Iterator<Item = &'r str> {
        self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first value of a field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// Whether a comma-separated field lists `token`.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.header_values(name).flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
    }

    /// Whether the connection stays open after the answer (RFC 9112 section 9.3).
    pub fn keeps_alive(&self) -> bool {
        if self.http_1_1 { !self.lists("Connection", "close") } else { self.lists("Connection", "keep-alive") }
    }
}

/// A stream with the octets that were read ahead.
pub struct Reader<S> {
    stream: S,
    ahead: Vec<u8>,
}

impl<S: Read + Write> Reader<S> {
    /// Reads requests from `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    /// The stream, to answer on.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Waits for the next request.
    ///
    /// # Errors
    /// As [`Unreadable`] tells.
    pub fn request(&mut self) -> Result<Request, Unreadable> {
        let head_len = loop {
            if let Some(at) = self.ahead.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if self.ahead.len() > MAX_HEAD_LEN {
                return Err(Unreadable::Bad);
            }
            self.more()?;
        };
        let head: Vec<u8> = self.ahead.drain(..head_len).collect();
        let mut request = parse_head(&head).ok_or(Unreadable::Bad)?;
        if request.lists("Expect", "100-continue") {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = if request.lists("Transfer-Encoding", "chunked") {
            self.chunked()?
        } else {
            let len = request.header("Content-Length").map_or(Ok(0), str::parse).map_err(|_| Unreadable::Bad)?;
            self.take(len)?
        };
        Ok(request)
    }

    fn more(&mut self) -> Result<(), Unreadable> {
        let mut part = [0; 4096];
        match self.stream.read(&mut part)? {
            0 => Err(Unreadable::Closed),
            len => {
                self.ahead.extend(&part[..len]);
                Ok(())
            }
        }
    }

    fn take(&mut self, len: usize) -> Result<Vec<u8>, Unreadable> {
        if len > MAX_BODY_LEN {
            return Err(Unreadable::Bad);
        }
        while self.ahead.len() < len {
            self.more()?;
        }
        Ok(self.ahead.drain(..len).collect())
    }

    fn line(&mut self) -> Result<String, Unreadable> {
        loop {
            if let Some(at) = self.ahead.windows(2).position(|window| window == b"\r\n") {
                let line = self.take(at + 2)?;
                return String::from_utf8(line[..at].to_vec()).map_err(|_| Unreadable::Bad);
            }
            if self.ahead.len() > MAX_HEAD_LEN {
                return Err(Unreadable::Bad);
            }
            self.more()?;
        }
    }

    /// RFC 9112 section 7.1; trailers are read and dropped.
    fn chunked(&mut self) -> Result<Vec<u8>, Unreadable> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| Unreadable::Bad)?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size)?);
            if body.len() > MAX_BODY_LEN || !self.line()?.is_empty() {
                return Err(Unreadable::Bad);
            }
        }
    }
}

fn parse_head(head: &[u8]) -> Option<Request> {
    let head = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let mut line = lines.next()?.split(' ');
    let (method, target, version) = (line.next()?, line.next()?, line.next()?);
    let http_1_1 = match version {
        "HTTP/1.1" => true,
        "HTTP/1.0" => false,
        _ => return None,
    };
    if method.is_empty() || !target.starts_with('/') || line.next().is_some() {
        return None;
    }
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
    Some(Request { method: method.to_owned(), target: target.to_owned(), http_1_1, headers, body: Vec::new() })
}

/// A response before it is put on the wire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Fields but for `Date`, `Content-Length`, `Transfer-Encoding` and `Connection`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A response of this type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }.with("Content-Type", content_type)
    }

    /// A line of text as Go's error functions write it.
    pub fn text(status: u16, line: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", format!("{line}\n")).with("X-Content-Type-Options", "nosniff")
    }

    /// The phrase of the status as a line of text.
    pub fn phrase(status: u16) -> Self {
        Self::text(status, reason_phrase(status))
    }

    /// Sets a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With `Content-Length`, unless the status allows no body (RFC 9110 sections 15.3.5 and 15.4.5).
    pub fn framing(&self) -> Framing {
        if self.has_body() { Framing::ContentLength(self.body.len()) } else { Framing::Nothing }
    }

    /// What follows the head: nothing when the request is HEAD or the status allows no body.
    pub fn body_for(&self, request: &Request) -> &[u8] {
        if request.method == "HEAD" || !self.has_body() { &[] } else { &self.body }
    }

    fn has_body(&self) -> bool {
        !matches!(self.status, 204 | 304)
    }

    /// Everything before the body: fields by name, then `Date`, the framing, and `Connection`, in Go's order.
    pub fn head(&self, request: &Request, framing: Framing, stays_open: bool) -> String {
        let version = if request.http_1_1 { "HTTP/1.1" } else { "HTTP/1.0" };
        let mut headers = self.headers.clone();
        headers.sort();
        headers.push(("Date".to_owned(), date::imf_fixdate(date::now())));
        if let Framing::ContentLength(len) = framing {
            headers.push(("Content-Length".to_owned(), len.to_string()));
        }
        match (request.http_1_1, stays_open) {
            (true, false) => headers.push(("Connection".to_owned(), "close".to_owned())),
            (false, true) => headers.push(("Connection".to_owned(), "keep-alive".to_owned())),
            (true, true) | (false, false) => {}
        }
        if framing == Framing::Chunked {
            headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
        }
        let mut head = format!("{version} {} {}\r\n", self.status, reason_phrase(self.status));
        for (name, value) in headers {
            // Writing into a String does not fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

/// How the reader learns where the body ends (RFC 9112 section 6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// By this number, which may be a lie.
    ContentLength(usize),
    /// By the last chunk.
    Chunked,
    /// There is none.
    Nothing,
}

/// The phrases of RFC 9110 section 15 that the service or a proxy before it writes.
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

/// What Go's server answers to what is no request.
pub const BAD_REQUEST: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request";

const MAX_HEAD_LEN: usize = 1 << 20;
const MAX_BODY_LEN: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn read(octets: &[u8]) -> Vec<Result<Request, Unreadable>> {
        let mut reader = Reader::new(Cursor::new(octets.to_vec()));
        let mut requests = Vec::new();
        loop {
            let request = reader.request();
            let done = request.is_err();
            requests.push(request);
            if done {
                return requests;
            }
        }
    }

    #[test]
    fn pipelined_requests_with_and_without_bodies() {
        let octets = b"GET /a?b=c HTTP/1.1\r\nhost: x\r\nX:\t y \r\n\r\n\
            POST /d HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc\
            POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2;x\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n";
        let requests = read(octets);
        let [Ok(first), Ok(second), Ok(third), Err(Unreadable::Closed)] = &requests[..] else {
            panic!("{requests:?}");
        };
        assert_eq!((first.method.as_str(), first.path(), first.target.as_str()), ("GET", "/a", "/a?b=c"));
        assert_eq!((first.header("HOST"), first.header("x"), first.header("y")), (Some("x"), Some("y"), None));
        assert_eq!((second.body.as_slice(), third.body.as_slice()), (&b"abc"[..], &b"abc"[..]));
        assert_eq!([first, second, third].map(Request::keeps_alive), [true, false, false]);
    }

    #[test]
    fn what_is_no_request() {
        for octets in [
            "GET / HTTP/2.0\r\n\r\n",
            "GET  / HTTP/1.1\r\n\r\n",
            "GET x HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n",
        ] {
            assert!(matches!(read(octets.as_bytes())[..], [Err(Unreadable::Bad)]), "{octets}");
        }
        assert!(matches!(read(b"GET / HTTP/1.1\r\n")[..], [Err(Unreadable::Closed)]));
    }

    #[test]
    fn heads_in_gos_order() {
        let Ok(mut request) = Reader::new(Cursor::new(b"GET / HTTP/1.1\r\n\r\n".to_vec())).request() else {
            panic!("a good request");
        };
        let response = Response::new(200, "a/b", "x").with("Vary", "Origin").with("Accept", "y");
        let mut head = |http_1_1, framing, stays_open| {
            request.http_1_1 = http_1_1;
            let head = response.head(&request, framing, stays_open);
            let (before, rest) = head.split_once("Date: ").expect("Date");
            let (date, after) = rest.split_once("\r\n").expect("a line");
            assert_eq!(date.len(), 29, "{date}");
            format!("{before}{after}")
        };
        assert_eq!(
            head(true, Framing::ContentLength(1), true),
            "HTTP/1.1 200 OK\r\nAccept: y\r\nContent-Type: a/b\r\nVary: Origin\r\nContent-Length: 1\r\n\r\n"
        );
        assert_eq!(
            head(true, Framing::Chunked, false),
            "HTTP/1.1 200 OK\r\nAccept: y\r\nContent-Type: a/b\r\nVary: Origin\r\nConnection: close\r\n\
             Transfer-Encoding: chunked\r\n\r\n"
        );
        assert!(
            head(false, Framing::ContentLength(1), true)
                .ends_with("Content-Length: 1\r\nConnection: keep-alive\r\n\r\n")
        );
        assert!(head(false, Framing::ContentLength(1), false).ends_with("Content-Length: 1\r\n\r\n"));
    }
}
