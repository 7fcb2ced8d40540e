//! One connection for pushes and pops: plain RESP over a socket.
//!
//! Everything else goes through the `redis` crate, whose connection is shared and
//! therefore hands each command to a task of its own and each answer back through
//! a channel, copying both. What is pushed and popped most has one user, who
//! writes and reads the socket himself.
//!
//! What that gains: with the same engine over the crate's connections, pushes and
//! pops in one pipeline, there were 0.75 as many calls a second with one call in
//! flight, 0.73 with 64, 0.73 with 256 and 0.90 with 1,024 (medians of three
//! rounds in turn, `add(f64) -> f64`, current-thread runtimes, two cores).

use std::{fmt, io, mem::MaybeUninit, time::Duration};

use bytes::BytesMut;
use redis::{ConnectionAddr, ConnectionInfo};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{
    connection::{CONNECT, keepalive, moved_away},
    resp::{self, Answer, Answers},
};

/// Room for what Redis sends, made before each read.
const READ: usize = 16 * 1024;

/// Largest buffer kept for the next command.
const KEPT: usize = 256 * 1024;

/// A socket to Redis.
trait Socket: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// What the system knows of it, whether or not the runtime does.
    fn system(&self) -> SockRef<'_>;
}

impl Socket for TcpStream {
    fn system(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

#[cfg(unix)]
impl Socket for tokio::net::UnixStream {
    fn system(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

/// A connection whose commands are written and answers read in turn.
pub(super) struct Line {
    socket: Box<dyn Socket>,
    /// Commands to be written by [`flush`](Self::flush).
    pub(super) commands: Vec<u8>,
    incoming: BytesMut,
    /// How many bytes have come so far.
    pub(super) received: u64,
    answers: Answers,
    /// Whether Redis said that it is no longer the one to talk to.
    moved_away: bool,
    /// Redis' number of the connection; `None` where an access list keeps it secret.
    pub(super) client: Option<i64>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// Connects, logs in, and gives the connection its name.
    pub(super) async fn open(info: &ConnectionInfo, name: &str) -> io::Result<Self> {
        let opening = async {
            let mut line = Self {
                socket: connect(info.addr()).await?,
                commands: Vec::new(),
                incoming: BytesMut::new(),
                received: 0,
                answers: Answers::default(),
                moved_away: false,
                client: None,
            };
            line.greet(info, name).await?;
            Ok(line)
        };
        timeout(CONNECT, opening)
            .await
            .unwrap_or_else(|_| Err(no_answer(CONNECT)))
    }

    async fn greet(&mut self, info: &ConnectionInfo, name: &str) -> io::Result<()> {
        let settings = info.redis_settings();
        let mut needed = 0;
        if let Some(password) = settings.password() {
            match settings.username() {
                Some(user) => resp::words(&mut self.commands, &["AUTH", user, password]),
                None => resp::words(&mut self.commands, &["AUTH", password]),
            }
            needed += 1;
        }
        if settings.db() != 0 {
            let database = settings.db().to_string();
            resp::words(&mut self.commands, &["SELECT", &database]);
            needed += 1;
        }
        // What an access list forbids of these is missed: pops are then ended
        // only by their own wait.
        resp::words(&mut self.commands, &["CLIENT", "SETNAME", name]);
        resp::words(&mut self.commands, &["CLIENT", "ID"]);
        self.flush().await?;
        for _ in 0..needed {
            if let Answer::Error(text) = self.answer().await? {
                return Err(io::Error::other(text));
            }
        }
        self.answer().await?;
        if let Answer::Number(client) = self.answer().await? {
            self.client = Some(client);
        }
        Ok(())
    }

    /// Writes the commands there are.
    ///
    /// # Cancel safety
    ///
    /// None: a line that is dropped while it writes is to be given up.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.commands).await?;
        self.commands.clear();
        self.commands.shrink_to(KEPT);
        Ok(())
    }

    /// The answer to the next command that has none yet.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again: no byte is lost.
    pub(super) async fn answer(&mut self) -> io::Result<Answer> {
        loop {
            if !self.incoming.is_empty()
                && let Some(answer) = self.answers.next(&mut self.incoming)?
            {
                if let Answer::Error(text) = &answer {
                    self.moved_away |= moved_away(resp::code(text));
                }
                return Ok(answer);
            }
            self.incoming.reserve(READ);
            let read = self.socket.read_buf(&mut self.incoming).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.received += read as u64;
        }
    }

    /// The line, unless its server has moved away.
    pub(super) fn if_of_use(self) -> Option<Self> {
        (!self.moved_away).then_some(self)
    }

    /// Ends the connection at once: what has not left yet never will.
    pub(super) fn give_up(&self) {
        // Where that cannot be had, it leaves later.
        let _ = self.socket.system().set_linger(Some(Duration::ZERO));
    }

    /// The line, unless Redis has closed it while nothing was asked.
    pub(super) fn if_alive(self) -> Option<Self> {
        // Anything there would be an end, or an answer to no question.
        let peeked = self.socket.system().peek(&mut [MaybeUninit::uninit()]);
        let error = peeked.err()?.kind();
        (error == io::ErrorKind::WouldBlock).then_some(self)
    }
}

async fn connect(address: &ConnectionAddr) -> io::Result<Box<dyn Socket>> {
    match address {
        ConnectionAddr::Tcp(host, port) => {
            let socket = TcpStream::connect((&**host, *port)).await?;
            socket.set_nodelay(true)?;
            let settings = SockRef::from(&socket);
            settings.set_tcp_keepalive(&keepalive())?;
            #[cfg(target_os = "linux")]
            settings.set_tcp_user_timeout(Some(super::connection::USER_TIMEOUT))?;
            Ok(Box::new(socket))
        }
        #[cfg(unix)]
        ConnectionAddr::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
        other => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("{other} is an address of a kind that is not supported"),
        )),
    }
}

/// Redis has not answered for so long.
pub(super) fn no_answer(waited: Duration) -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("no answer within {} s", waited.as_secs()),
    )
}
