//! One connection: requests in, answers out, with or without a fault.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Shared;
use super::answer::Answer;
use super::fault::Fault;
use super::gzip::gzip;
use super::http::{BAD_REQUEST, Framing, Reader, Request, Response, Unreadable};
use super::record::Endpoint;
use super::{api_keys_api, config_api};

/// Serves one client until either side is done.
pub(super) fn serve(shared: &Shared, socket: Arc<TcpStream>) {
    // The answers are small and complete: waiting for more would only slow them down.
    let _ = socket.set_nodelay(true);
    let Ok(stream) = Stream::accept(shared.tls.clone(), socket) else { return };
    let mut reader = Reader::new(stream);
    loop {
        let request = match reader.request() {
            Ok(request) => request,
            Err(Unreadable::Closed) => return reader.stream().close(),
            Err(Unreadable::Bad) => {
                let _ = reader.stream().write_all(BAD_REQUEST);
                return reader.stream().close();
            }
        };
        if !matches!(answer(shared, reader.stream(), &request), Ok(After::Stay)) {
            return;
        }
    }
}

/// What follows an answer.
enum After {
    /// The next request.
    Stay,
    /// Nothing, because the connection has ended.
    End,
}

/// Answers one request, whatever the state of the service is at this moment.
fn answer(shared: &Shared, stream: &mut Stream, request: &Request) -> io::Result<After> {
    let path = request.path();
    let endpoint = if path.starts_with(config_api::PATH) {
        Endpoint::Config
    } else if path == api_keys_api::PATH {
        Endpoint::ApiKeys
    } else {
        Endpoint::Other
    };
    let fault = shared.take_fault(endpoint);
    shared.record.add(endpoint, request.clone());
    if let Some(Fault::Delay(delay)) = fault
        && shared.stop.sleep(delay)
    {
        return Ok(After::End);
    }
    let honest = honest(shared, endpoint, request);
    match fault {
        None | Some(Fault::Delay(_)) => send_answer(stream, request, honest),
        Some(fault) => send_fault(shared, stream, request, endpoint, honest, fault),
    }
}

fn honest(shared: &Shared, endpoint: Endpoint, request: &Request) -> Answer {
    match endpoint {
        Endpoint::Config => {
            let key = shared.project().publishable_key.clone();
            config_api::answer(request, &key, || shared.document())
        }
        Endpoint::ApiKeys => {
            let spaces = shared.json_spaces();
            api_keys_api::answer(request, &shared.project(), &spaces)
        }
        Endpoint::Other => Answer::Respond(Response::text(404, "404 page not found")),
    }
}

fn send_answer(stream: &mut Stream, request: &Request, answer: Answer) -> io::Result<After> {
    match answer {
        Answer::Respond(response) => send(stream, request, &response),
        Answer::RespondAndClose(response) => {
            // The head does not announce the end: the server itself did not know.
            stream.write_all(response.head(request, response.framing(), true).as_bytes())?;
            stream.write_all(&response.body)?;
            end(stream)
        }
        Answer::Close => end(stream),
    }
}

fn send(stream: &mut Stream, request: &Request, response: &Response) -> io::Result<After> {
    let stays_open = request.keeps_alive();
    let mut octets = response.head(request, response.framing(), stays_open).into_bytes();
    octets.extend(response.body_for(request));
    stream.write_all(&octets)?;
    if stays_open { Ok(After::Stay) } else { end(stream) }
}

fn end(stream: &mut Stream) -> io::Result<After> {
    stream.close();
    Ok(After::End)
}

/// Sends the honest answer with its fault. Where the service would have died without an answer, a fault that changes the answer
/// cannot apply: the connection ends as it would have.
fn send_fault(
    shared: &Shared,
    stream: &mut Stream,
    request: &Request,
    endpoint: Endpoint,
    honest: Answer,
    fault: Fault,
) -> io::Result<After> {
    let bend = |stream: &mut Stream, bent: &dyn Fn(Response) -> Response| match honest.clone() {
        Answer::Respond(response) => send(stream, request, &bent(response)),
        other => send_answer(stream, request, other),
    };
    match fault {
        Fault::Delay(_) => send_answer(stream, request, honest),
        Fault::Trickle { octets, pause } => match honest {
            Answer::Respond(response) => trickle(shared, stream, request, &response, octets.max(1), pause),
            other => send_answer(stream, request, other),
        },
        Fault::Truncate { octets } => {
            if let Answer::Respond(response) = honest {
                let head = response.head(request, response.framing(), request.keeps_alive());
                let body = response.body_for(request);
                let sent = body.get(..octets).unwrap_or(body);
                stream.write_all(&[head.as_bytes(), sent].concat())?;
                stream.flush()?;
            }
            // Without TLS's own end, as a network that fails.
            stream.socket().shutdown(Shutdown::Both)?;
            Ok(After::End)
        }
        Fault::Close => end(stream),
        Fault::Reset => {
            // With no time to linger, closing the socket resets the connection.
            socket2::SockRef::from(stream.socket()).set_linger(Some(Duration::ZERO))?;
            Ok(After::End)
        }
        Fault::Hang => {
            shared.stop.wait();
            Ok(After::End)
        }
        Fault::Status(500) if endpoint == Endpoint::ApiKeys => {
            send(stream, request, &api_keys_api::internal_error(&shared.json_spaces()))
        }
        Fault::Status(status) => send(stream, request, &Response::phrase(status)),
        Fault::Html => send(stream, request, &Response::new(200, "text/html; charset=utf-8", HTML)),
        Fault::EmptyOk => send(stream, request, &Response::new(200, "application/json", "")),
        Fault::Oversize { octets } => bend(stream, &|mut response| {
            let end = response.body.pop_if(|last| *last == b'\n');
            let missing = octets.saturating_sub(response.body.len() + usize::from(end.is_some()));
            response.body.extend(std::iter::repeat_n(b' ', missing).chain(end));
            response
        }),
        Fault::Redirect { location } => send(stream, request, &Response::phrase(302).with("Location", &location)),
        Fault::Gzip => bend(stream, &|response| {
            let body = gzip(&response.body);
            Response { body, ..response }.with("Content-Encoding", "gzip")
        }),
        Fault::Chunked => match honest {
            Answer::Respond(response) if request.http_1_1 => send_chunked(stream, request, &response),
            other => send_answer(stream, request, other),
        },
        Fault::MalformedJson => bend(stream, &|mut response| {
            response.body.truncate(response.body.len() / 2);
            response
        }),
        Fault::Raw(octets) => {
            stream.write_all(&octets)?;
            end(stream)
        }
    }
}

fn trickle(
    shared: &Shared,
    stream: &mut Stream,
    request: &Request,
    response: &Response,
    octets: usize,
    pause: Duration,
) -> io::Result<After> {
    let stays_open = request.keeps_alive();
    stream.write_all(response.head(request, response.framing(), stays_open).as_bytes())?;
    stream.flush()?;
    for piece in response.body_for(request).chunks(octets) {
        if shared.stop.sleep(pause) {
            return Ok(After::End);
        }
        stream.write_all(piece)?;
        stream.flush()?;
    }
    if stays_open { Ok(After::Stay) } else { end(stream) }
}

fn send_chunked(stream: &mut Stream, request: &Request, response: &Response) -> io::Result<After> {
    let stays_open = request.keeps_alive();
    let mut octets = response.head(request, Framing::Chunked, stays_open).into_bytes();
    if request.method != "HEAD" {
        // The chunk of length 0 is the last.
        for chunk in response.body.chunks(CHUNK_LEN).chain([&[][..]]) {
            octets.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
            octets.extend(chunk);
            octets.extend(b"\r\n");
        }
    }
    stream.write_all(&octets)?;
    if stays_open { Ok(After::Stay) } else { end(stream) }
}

/// Small, so that a document has several.
const CHUNK_LEN: usize = 100;
const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Please log in.</body></html>\n";

/// A connection with or without TLS; the handshake happens at the first read.
enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

impl Stream {
    fn accept(tls: Option<Arc<ServerConfig>>, socket: Arc<TcpStream>) -> Result<Self, rustls::Error> {
        let socket = Socket(socket);
        Ok(match tls {
            None => Self::Plain(socket),
            Some(config) => Self::Tls(Box::new(StreamOwned::new(ServerConnection::new(config)?, socket))),
        })
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => &socket.0,
            Self::Tls(stream) => &stream.sock.0,
        }
    }

    /// Ends the connection in good order, with TLS's own end where there is TLS.
    fn close(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Both);
    }
}

impl Read for Stream {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(octets),
            Self::Tls(stream) => stream.read(octets),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(octets),
            Self::Tls(stream) => stream.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// A socket that the server can also end from outside.
struct Socket(Arc<TcpStream>);

impl Read for Socket {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(octets)
    }
}

impl Write for Socket {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        (&*self.0).write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}
