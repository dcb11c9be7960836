//! Hosts that never answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// A loopback port that never answers; free again when dropped.
#[derive(Debug)]
pub struct Silent {
    address: SocketAddr,
    _sockets: Vec<Socket>,
}

impl Silent {
    /// Connections succeed and nothing is ever read or written, so that the TLS handshake or the read times out.
    ///
    /// # Errors
    /// When no port is free.
    pub fn accepting() -> io::Result<Self> {
        // The kernel accepts for a listener whose backlog has room.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self { address: listener.local_addr()?, _sockets: vec![listener.into()] })
    }

    /// Connections do not succeed: the backlog is full, so that Linux drops what comes and connecting times out.
    ///
    /// # Errors
    /// When no port is free, or the system goes on accepting.
    pub fn full() -> io::Result<Self> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let mut sockets = vec![listener];
        for _ in 0..16 {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            if socket.connect_timeout(&address.into(), PATIENCE).is_err() {
                return Ok(Self { address, _sockets: sockets });
            }
            sockets.push(socket);
        }
        Err(io::ErrorKind::Unsupported.into())
    }

    /// `127.0.0.1:port`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }
}

/// The kernel completes a connection to itself at once or not at all.
const PATIENCE: Duration = Duration::from_millis(30);
