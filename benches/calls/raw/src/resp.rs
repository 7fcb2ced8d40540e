//! RESP, as much of it as pushes and pops need.

use std::{io, ops::Range};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::{TcpStream, UnixStream},
};

/// Room made for what is read: below the size from which `malloc` asks the kernel.
const ROOM: usize = 64 * 1024;
/// Room with which a read is made, no matter how little is missing.
const LITTLE: usize = 8 * 1024;

/// A connection's end to read from.
pub type Input = Box<dyn AsyncRead + Send + Sync + Unpin>;
/// A connection's end to write to.
pub type Output = Box<dyn AsyncWrite + Send + Sync + Unpin>;

/// Connects to `redis://host:port` or `redis+unix:///path`.
pub async fn connect(url: &str) -> (Answers, Output) {
    let (input, output): (Input, Output) = if let Some(path) = url.strip_prefix("redis+unix://") {
        let (input, output) = UnixStream::connect(path).await.expect(url).into_split();
        (Box::new(input), Box::new(output))
    } else {
        let address = url.trim_start_matches("redis://").trim_end_matches('/');
        let stream = TcpStream::connect(address).await.expect(url);
        stream.set_nodelay(true).expect("TCP_NODELAY");
        let (input, output) = stream.into_split();
        (Box::new(input), Box::new(output))
    };
    (Answers::new(input), output)
}

// ===== commands =====

/// Writes the head of a command with this many words in all.
pub fn command(out: &mut Vec<u8>, words: usize) {
    head(out, b'*', words);
}

pub fn word(out: &mut Vec<u8>, word: &[u8]) {
    head(out, b'$', word.len());
    out.extend_from_slice(word);
    out.extend_from_slice(b"\r\n");
}

/// Writes a whole command.
pub fn words(out: &mut Vec<u8>, words: &[&str]) {
    command(out, words.len());
    words.iter().for_each(|it| word(out, it.as_bytes()));
}

/// Writes a pop of up to `count` messages, which waits for one for a second.
pub fn blmpop(out: &mut Vec<u8>, list: &str, count: usize) {
    let count = count.to_string();
    words(out, &["BLMPOP", "1", "1", list, "LEFT", "COUNT", &count]);
}

fn head(out: &mut Vec<u8>, kind: u8, number: usize) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.push(kind);
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
}

// ===== answers =====

/// What Redis answers on one connection, read in order.
pub struct Answers {
    input: Input,
    buffer: BytesMut,
    /// How far the buffer has been understood.
    at: usize,
}

/// Messages of one pop, in the buffer they came in.
#[derive(Default)]
pub struct Popped {
    buffer: Bytes,
    places: Vec<Range<usize>>,
}

impl Popped {
    /// The messages, each a part of the one buffer.
    pub fn messages(&self) -> impl Iterator<Item = Bytes> {
        self.places
            .iter()
            .map(|place| self.buffer.slice(place.clone()))
    }

    /// The messages, lent.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.buffer[place.clone()])
    }
}

impl Answers {
    fn new(input: Input) -> Self {
        Self {
            input,
            buffer: BytesMut::new(),
            at: 0,
        }
    }

    /// A number.
    pub async fn integer(&mut self) -> io::Result<i64> {
        let answer = self.line().await?;
        self.forget();
        match answer {
            (b':', number) => Ok(number),
            other => Err(unexpected(other)),
        }
    }

    /// What `BLMPOP` answers: nothing, or a list and its messages. Takes what it
    /// answered before, for the room in it.
    pub async fn popped(&mut self, before: Popped) -> io::Result<Popped> {
        let Popped { buffer, mut places } = before;
        drop(buffer);
        places.clear();
        match self.line().await? {
            (b'*', -1) => {}
            (b'*', 2) => {
                self.bulk().await?;
                let (_, count) = self.line().await?;
                for _ in 0..count {
                    places.push(self.bulk().await?);
                }
            }
            other => return Err(unexpected(other)),
        }
        let buffer = self.buffer.split_to(self.at).freeze();
        self.at = 0;
        Ok(Popped { buffer, places })
    }

    /// An array of texts, as `TIME` answers.
    pub async fn texts(&mut self) -> io::Result<Vec<String>> {
        let (_, count) = self.line().await?;
        let mut texts = Vec::new();
        for _ in 0..count {
            let place = self.bulk().await?;
            texts.push(String::from_utf8_lossy(&self.buffer[place]).into_owned());
        }
        self.forget();
        Ok(texts)
    }

    fn forget(&mut self) {
        let _ = self.buffer.split_to(self.at);
        self.at = 0;
    }

    async fn bulk(&mut self) -> io::Result<Range<usize>> {
        let (b'$', length) = self.line().await? else {
            return Err(io::Error::other("a text was expected"));
        };
        let place = self.at..self.at + length as usize;
        while self.buffer.len() < place.end + 2 {
            self.read(place.end + 2 - self.buffer.len()).await?;
        }
        self.at = place.end + 2;
        Ok(place)
    }

    /// A line: its kind and its number.
    async fn line(&mut self) -> io::Result<(u8, i64)> {
        loop {
            if let Some((line, length)) = line(&self.buffer[self.at..]) {
                if line.0 == b'-' {
                    let text = String::from_utf8_lossy(&self.buffer[self.at..]);
                    return Err(io::Error::other(text.into_owned()));
                }
                self.at += length;
                return Ok(line);
            }
            self.read(1).await?;
        }
    }

    async fn read(&mut self, missing: usize) -> io::Result<()> {
        if self.buffer.capacity() - self.buffer.len() < missing.max(LITTLE) {
            self.buffer.reserve(missing.max(ROOM));
        }
        match self.input.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// A whole line at the beginning of `bytes`, and its length; its number is 0 where
/// it is none.
fn line(bytes: &[u8]) -> Option<((u8, i64), usize)> {
    let (&kind, rest) = bytes.split_first()?;
    let (mut number, mut sign) = (0, 1);
    for (at, &byte) in rest.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * 10 + i64::from(byte - b'0'),
            b'-' => sign = -1,
            b'\n' => return Some(((kind, sign * number), at + 2)),
            _ => {}
        }
    }
    None
}

fn unexpected((kind, number): (u8, i64)) -> io::Error {
    io::Error::other(format!("unexpected answer {}{number}", kind as char))
}
