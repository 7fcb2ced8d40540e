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

use std::{fmt, io};

use bytes::BytesMut;
use redis::RedisConnectionInfo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    connection::moved_away,
    endpoint::Endpoint,
    resp::{self, Answer, Answers},
    socket::Socket,
};

/// Room for what Redis sends, made before each read.
const READ: usize = 16 * 1024;

/// Largest buffer kept for the next command.
const KEPT: usize = 256 * 1024;

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
    /// A connection over a socket that nothing was said on.
    pub(super) fn over(socket: Box<dyn Socket>) -> Self {
        Self {
            socket,
            commands: Vec::new(),
            incoming: BytesMut::new(),
            received: 0,
            answers: Answers::default(),
            moved_away: false,
            client: None,
        }
    }

    /// The socket of a line that has answered all it was asked.
    pub(super) fn into_socket(self) -> Box<dyn Socket> {
        self.socket
    }

    /// Connects, logs in, and gives the connection its name.
    pub(super) async fn open(endpoint: &Endpoint, name: &str) -> io::Result<Self> {
        let opening = async {
            let mut line = Self::over(endpoint.socket().await?);
            line.greet(endpoint.login(), name).await?;
            Ok(line)
        };
        endpoint.opening(opening).await
    }

    async fn greet(&mut self, login: &RedisConnectionInfo, name: &str) -> io::Result<()> {
        let mut needed = usize::from(self.log_in(login));
        if login.db() != 0 {
            let database = login.db().to_string();
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

    /// Adds the command that logs in, if there is a password.
    pub(super) fn log_in(&mut self, login: &RedisConnectionInfo) -> bool {
        let Some(password) = login.password() else {
            return false;
        };
        match login.username() {
            Some(user) => resp::words(&mut self.commands, &["AUTH", user, password]),
            None => resp::words(&mut self.commands, &["AUTH", password]),
        }
        true
    }

    /// Writes the commands there are.
    ///
    /// # Cancel safety
    ///
    /// None: a line that is dropped while it writes is to be given up.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.commands).await?;
        // What is encrypted waits in a buffer of its own.
        self.socket.flush().await?;
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
        self.socket.give_up();
    }

    /// The line, unless Redis has closed it while nothing was asked.
    pub(super) fn if_alive(mut self) -> Option<Self> {
        // Anything there would be an end, or an answer to no question.
        self.socket.is_quiet().then_some(self)
    }
}
