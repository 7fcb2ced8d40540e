//! The part of Redis' protocol that pushes and pops speak, as bytes: no I/O.
//!
//! Commands are written into one buffer; answers are cut out of another without
//! copying the messages they carry. Source: the Redis serialization protocol
//! specification, RESP2.

use std::io;

use bytes::{Buf as _, Bytes, BytesMut};

// ===== commands =====

/// Begins a command of this many parts.
pub(super) fn command(out: &mut Vec<u8>, parts: usize) {
    header(out, b'*', parts);
}

/// Adds a part of a command.
pub(super) fn part(out: &mut Vec<u8>, part: impl AsRef<[u8]>) {
    let part = part.as_ref();
    header(out, b'$', part.len());
    out.extend_from_slice(part);
    out.extend_from_slice(b"\r\n");
}

/// A whole command.
pub(super) fn words(out: &mut Vec<u8>, words: &[&str]) {
    command(out, words.len());
    for word in words {
        part(out, word);
    }
}

fn header(out: &mut Vec<u8>, kind: u8, number: usize) {
    out.push(kind);
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    out.extend_from_slice(b"\r\n");
}

// ===== answers =====

/// What Redis answers a command.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// A number.
    Number(i64),
    /// `OK`, or another word.
    Status,
    /// The strings of a string or an array, however deep, in order; none for nil.
    Strings(Vec<Bytes>),
    /// A refusal, with its text.
    Error(String),
}

/// Cuts answers out of a buffer that fills piece by piece.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Values still to come of the array being read; 0 between answers.
    left: u64,
    strings: Vec<Bytes>,
}

/// Longest line: an error's text is one.
const LONGEST_LINE: usize = 64 * 1024;

/// Most room made at once for strings that were only announced.
const ROOM: u64 = 1024;

/// Longest string, in bytes: Redis has none longer.
const LONGEST_STRING: usize = 512 * 1024 * 1024;

impl Answers {
    /// The next answer, or `None` if some of it is still to come; there is then
    /// room in the buffer for at least a part of that.
    ///
    /// # Errors
    ///
    /// When this is not how Redis answers.
    pub(super) fn next(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Answer>> {
        loop {
            let Some(end) = line_end(buffer)? else {
                return Ok(None);
            };
            let alone = self.left == 0;
            match buffer[0] {
                b'$' => match length(&buffer[1..end])? {
                    Some(length) if length > LONGEST_STRING => return Err(no_answer()),
                    Some(length) => {
                        let missing = (end + length + 4).saturating_sub(buffer.len());
                        if missing > 0 {
                            buffer.reserve(missing);
                            return Ok(None);
                        }
                        buffer.advance(end + 2);
                        self.strings.push(buffer.split_to(length).freeze());
                        if &buffer[..2] != b"\r\n" {
                            return Err(no_answer());
                        }
                        buffer.advance(2);
                    }
                    None => buffer.advance(end + 2),
                },
                b'*' => {
                    let elements = length(&buffer[1..end])?.unwrap_or(0) as u64;
                    self.left = self.left.checked_add(elements).ok_or_else(no_answer)?;
                    self.strings.reserve(elements.min(ROOM) as usize);
                    buffer.advance(end + 2);
                    if alone && elements > 0 {
                        continue;
                    }
                }
                b'_' => buffer.advance(end + 2),
                b'+' | b':' | b'-' if alone => {
                    let answer = line_answer(&buffer[..end])?;
                    buffer.advance(end + 2);
                    return Ok(Some(answer));
                }
                b'+' | b':' => {
                    let line = buffer.split_to(end).freeze();
                    self.strings.push(line.slice(1..));
                    buffer.advance(2);
                }
                _ => return Err(no_answer()),
            }
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return Ok(Some(Answer::Strings(std::mem::take(&mut self.strings))));
            }
        }
    }
}

/// Where the first line ends.
fn line_end(buffer: &[u8]) -> io::Result<Option<usize>> {
    match buffer.iter().position(|&byte| byte == b'\r') {
        Some(0) => Err(no_answer()),
        Some(end) if end + 1 < buffer.len() => {
            let ends = buffer[end + 1] == b'\n';
            ends.then_some(Some(end)).ok_or_else(no_answer)
        }
        None if buffer.len() > LONGEST_LINE => Err(no_answer()),
        _ => Ok(None),
    }
}

fn line_answer(line: &[u8]) -> io::Result<Answer> {
    let text = &line[1..];
    Ok(match line[0] {
        b':' => Answer::Number(number(text)?),
        b'-' => Answer::Error(String::from_utf8_lossy(text).into_owned()),
        _ => Answer::Status,
    })
}

/// How long something is; `None` for nil, whose length is -1.
fn length(digits: &[u8]) -> io::Result<Option<usize>> {
    Ok(usize::try_from(number(digits)?).ok())
}

fn number(digits: &[u8]) -> io::Result<i64> {
    let digits = std::str::from_utf8(digits).map_err(|_| no_answer())?;
    digits.parse().map_err(|_| no_answer())
}

fn no_answer() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "what came over the connection is not how Redis answers",
    )
}

/// The word an error's text begins with.
pub(super) fn code(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// All answers in these bytes, which come in pieces of so many.
#[cfg(any(test, fuzzing))]
fn read(bytes: &[u8], piece: usize) -> io::Result<Vec<Answer>> {
    let (mut answers, mut buffer) = (Answers::default(), BytesMut::new());
    let mut read = Vec::new();
    for piece in bytes.chunks(piece) {
        buffer.extend_from_slice(piece);
        while !buffer.is_empty()
            && let Some(answer) = answers.next(&mut buffer)?
        {
            read.push(answer);
        }
    }
    Ok(read)
}

/// Checks that these bytes are read alike in whichever pieces they come.
#[cfg(any(test, fuzzing))]
pub(crate) fn assert_cuts_do_not_matter(bytes: &[u8]) {
    let whole = read(bytes, bytes.len().max(1)).ok();
    for piece in [1, 2, 7] {
        assert_eq!(read(bytes, piece).ok(), whole, "in pieces of {piece}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strings(strings: &[&str]) -> Answer {
        let strings = strings.iter().map(|text| Bytes::from(text.to_string()));
        Answer::Strings(strings.collect())
    }

    #[test]
    fn a_command_is_an_array_of_its_parts() {
        let mut out = Vec::new();
        words(&mut out, &["RPUSH", "calc"]);
        command(&mut out, 1);
        part(&mut out, b"\xff");
        assert_eq!(
            out,
            b"*2\r\n$5\r\nRPUSH\r\n$4\r\ncalc\r\n*1\r\n$1\r\n\xff\r\n"
        );
    }

    #[test]
    fn answers_are_read_however_they_are_cut() {
        let bytes = b"+OK\r\n:17\r\n-OOM no memory\r\n*-1\r\n$-1\r\n_\r\n*0\r\n\
            *2\r\n$4\r\ncalc\r\n*2\r\n$1\r\na\r\n$4\r\nb\r\nc\r\n*2\r\n+x\r\n:5\r\n$0\r\n\r\n";
        for piece in 1..bytes.len() {
            let read = read(bytes, piece).unwrap();
            let expected = [
                Answer::Status,
                Answer::Number(17),
                Answer::Error("OOM no memory".into()),
                strings(&[]),
                strings(&[]),
                strings(&[]),
                strings(&[]),
                strings(&["calc", "a", "b\r\nc"]),
                strings(&["x", "5"]),
                strings(&[""]),
            ];
            assert_eq!(read, expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for bytes in [
            "x\r\n",
            "\r\n",
            "$1x\r\n",
            "$3\r\nabcde",
            ":\r\n",
            ":1\rx",
            "$9999999999\r\n",
            "*2\r\n-ERR\r\n",
        ] {
            assert!(read(bytes.as_bytes(), 1).is_err(), "{bytes:?}");
        }
        assert!(read(&vec![b'+'; LONGEST_LINE + 2], 4096).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_alike_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            assert_cuts_do_not_matter(&bytes);
        }

        #[test]
        fn bytes_of_answers_are_too(bytes in "([$*:+_-]-?[0-9]{0,3}\r\n|[a-z\r\n]{0,5}){0,20}") {
            assert_cuts_do_not_matter(bytes.as_bytes());
        }
    }
}
