//! A client that shows every octet of an answer.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use fake_tesseral::Server;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub trait Octets: Read + Write {}
impl<T: Read + Write> Octets for T {}

/// One connection.
pub struct Client {
    stream: Box<dyn Octets>,
    ahead: Vec<u8>,
}

impl Client {
    /// Speaks TLS when the server has an authority.
    pub fn connect(server: &Server) -> Self {
        if server.ca_pem().is_empty() {
            return Self::plain(&server.host()).expect("a connection");
        }
        Self::tls("127.0.0.1", server).expect("a handshake")
    }

    pub fn plain(host: &str) -> io::Result<Self> {
        Ok(Self { stream: Box::new(tcp(host)?), ahead: Vec::new() })
    }

    /// Connects to `name`, believes the server's authority only, and finishes the handshake.
    pub fn tls(name: &str, server: &Server) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).map_err(io::Error::other)?;
        roots.add(ca).map_err(io::Error::other)?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server_name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::new(config), server_name).map_err(io::Error::other)?;
        let mut socket = tcp(&format!("{name}:{}", server.port()))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        Ok(Self { stream: Box::new(StreamOwned::new(connection, socket)), ahead: Vec::new() })
    }

    pub fn send(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).expect("the server reads");
        self.stream.flush().expect("the server reads");
    }

    /// The next answer, its body by `Content-Length` unless `bodiless`; its date is checked and replaced.
    pub fn answer(&mut self, bodiless: bool) -> String {
        let head_len = loop {
            if let Some(at) = self.ahead.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().expect("a head");
        };
        let head = String::from_utf8(self.ahead.drain(..head_len).collect()).expect("ASCII");
        let len = head.split("Content-Length: ").nth(1).and_then(|rest| rest.split('\r').next());
        let len = if bodiless { 0 } else { len.expect("Content-Length").parse().expect("a number") };
        while self.ahead.len() < len {
            self.more().expect("a body");
        }
        let body: Vec<u8> = self.ahead.drain(..len).collect();
        undated(&head) + &String::from_utf8(body).expect("UTF-8")
    }

    /// Everything until the end of the connection, and whether it ended in good order.
    pub fn rest(&mut self) -> (Vec<u8>, io::Result<()>) {
        let ended = loop {
            match self.more() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        (std::mem::take(&mut self.ahead), ended)
    }

    /// The end of the stream in good order is `ConnectionAborted`.
    fn more(&mut self) -> io::Result<()> {
        let mut part = [0; 4096];
        match self.stream.read(&mut part)? {
            0 => Err(io::ErrorKind::ConnectionAborted.into()),
            len => {
                self.ahead.extend(&part[..len]);
                Ok(())
            }
        }
    }
}

/// A test that waits longer has failed.
fn tcp(host: &str) -> io::Result<TcpStream> {
    let addresses: Vec<_> = host.to_socket_addrs()?.filter(std::net::SocketAddr::is_ipv4).collect();
    let socket = TcpStream::connect(&addresses[..])?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(socket)
}

/// The head with `Date: DATE`, after a look at the date.
pub fn undated(head: &str) -> String {
    let (before, rest) = head.split_once("Date: ").expect("Date");
    let (date, after) = rest.split_once("\r\n").expect("a line");
    assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    format!("{before}Date: DATE\r\n{after}")
}

/// A request line and fields, joined as HTTP wants them.
pub fn request(lines: &[&str], body: &str) -> String {
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}
