//! Bytes to and from Redis, whatever carries them.

use std::{io, mem::MaybeUninit, path::Path, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// How long what was written may stay without a sign of life from Redis' side.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// When an idle connection first asks whether the other side is there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// How often it asks again.
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(5);

/// A socket to Redis.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Whether the other side has neither ended the connection nor said anything
    /// that was not read: what the system knows, even if the runtime does not yet.
    fn is_quiet(&mut self) -> bool;

    /// Sees to it that the connection ends at once when this is dropped: what has
    /// not left by then never will.
    fn give_up(&self);
}

impl Socket for TcpStream {
    fn is_quiet(&mut self) -> bool {
        nothing_to_read(&SockRef::from(&*self))
    }

    fn give_up(&self) {
        leave_nothing(&SockRef::from(self));
    }
}

#[cfg(unix)]
impl Socket for tokio::net::UnixStream {
    fn is_quiet(&mut self) -> bool {
        nothing_to_read(&SockRef::from(&*self))
    }

    fn give_up(&self) {
        // What was written is there already.
    }
}

pub(super) fn leave_nothing(socket: &SockRef<'_>) {
    // Where that cannot be had, it leaves later.
    let _ = socket.set_linger(Some(Duration::ZERO));
}

/// Whether there is neither a byte nor an end to read now.
pub(super) fn nothing_to_read(socket: &SockRef<'_>) -> bool {
    let peeked = socket.peek(&mut [MaybeUninit::uninit()]);
    peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

pub(super) async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let socket = TcpStream::connect((host, port)).await?;
    socket.set_nodelay(true)?;
    let settings = SockRef::from(&socket);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE_AGAIN);
    settings.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    settings.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    Ok(socket)
}

#[cfg(unix)]
pub(super) async fn unix(path: &Path) -> io::Result<tokio::net::UnixStream> {
    tokio::net::UnixStream::connect(path).await
}
