//! Writing a request.

use serde::Serialize;

use super::Context;
#[cfg(feature = "msgpack")]
use super::packed::Packing;
use crate::wire::value;

/// Writes one request into one buffer, front to back: the call first, then, when
/// the call is made and its id and deadline are known, where to answer.
#[derive(Debug, Clone)]
pub(crate) struct RequestWriter {
    pub(super) buffer: Vec<u8>,
    /// The inside of `kwargs`, apart because it follows all of `args`.
    kwargs: Vec<u8>,
    has_args: bool,
    /// Set where arguments may be packed.
    #[cfg(feature = "msgpack")]
    pub(super) packing: Option<Packing>,
}

impl RequestWriter {
    /// Begins a call of `method`.
    pub(crate) fn new(method: &str) -> Self {
        let mut buffer = Vec::with_capacity(256);
        buffer.extend_from_slice(br#"{"function_call":{"name":"#);
        write_text(&mut buffer, method);
        Self {
            buffer,
            kwargs: Vec::new(),
            has_args: false,
            #[cfg(feature = "msgpack")]
            packing: None,
        }
    }

    /// Adds a positional argument; one that cannot be written leaves no trace.
    pub(crate) fn positional<T: Serialize + ?Sized>(
        &mut self,
        argument: &T,
    ) -> Result<(), serde_json::Error> {
        #[cfg(feature = "msgpack")]
        if self.pack_positional(argument)? {
            return Ok(());
        }
        self.put_positional(|out| value::write(out, argument).map(|()| true))
            .map(drop)
    }

    /// Adds what this writes as a positional argument; if it says that it wrote none, or
    /// fails, that leaves no trace.
    pub(super) fn put_positional(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<bool, serde_json::Error>,
    ) -> Result<bool, serde_json::Error> {
        let before = self.buffer.len();
        self.buffer.extend_from_slice(match self.has_args {
            false => br#","args":["#,
            true => b",",
        });
        let written = write(&mut self.buffer);
        match written {
            Ok(true) => self.has_args = true,
            _ => self.buffer.truncate(before),
        }
        written
    }

    /// Adds a named argument; one that cannot be written leaves no trace.
    pub(crate) fn named<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        argument: &T,
    ) -> Result<(), serde_json::Error> {
        #[cfg(feature = "msgpack")]
        if self.pack_named(name, argument)? {
            return Ok(());
        }
        self.put_named(name, |out| value::write(out, argument).map(|()| true))
            .map(drop)
    }

    /// Adds what this writes as a named argument, as
    /// [`put_positional`](Self::put_positional).
    pub(super) fn put_named(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Vec<u8>) -> Result<bool, serde_json::Error>,
    ) -> Result<bool, serde_json::Error> {
        let before = self.kwargs.len();
        if before > 0 {
            self.kwargs.push(b',');
        }
        write_text(&mut self.kwargs, name);
        self.kwargs.push(b':');
        let written = write(&mut self.kwargs);
        if !matches!(written, Ok(true)) {
            self.kwargs.truncate(before);
        }
        written
    }

    /// Ends the request with where to answer: an old server on the call's
    /// [own queue](crate::wire::names::own_queue), a native one as the context says.
    pub(crate) fn finish(mut self, context: &Context<'_>) -> Vec<u8> {
        let mut digits = itoa::Buffer::new();
        let id = digits.format(context.id);
        #[cfg(feature = "msgpack")]
        let packed = self.take_packed();
        self.end_call();
        write_inside(&mut self.buffer, &context.inbox);
        self.push(b".");
        self.push(id.as_bytes());
        self.push(br#"","context":{"id":"#);
        self.push(id.as_bytes());
        self.push(br#","inbox":"#);
        write_text(&mut self.buffer, &context.inbox);
        if let Some(deadline) = context.deadline {
            self.push(br#","deadline":"#);
            self.push(digits.format(deadline).as_bytes());
        }
        if let Some(sent) = context.sent {
            self.push(br#","sent":"#);
            self.push(digits.format(sent).as_bytes());
        }
        if context.idempotent {
            self.push(br#","idempotent":true"#);
        }
        if context.oneway {
            self.push(br#","oneway":true"#);
        }
        if context.msgpack {
            self.push(br#","msgpack":true"#);
        }
        if let Some(credit) = context.credit {
            self.push(br#","credit":"#);
            self.push(digits.format(credit).as_bytes());
        }
        if let Some(metadata) = &context.metadata {
            self.push(br#","metadata":"#);
            self.push(metadata.get().as_bytes());
        }
        #[cfg(feature = "msgpack")]
        if let Some(packed) = packed {
            self.push(br#"},"packed":"#);
            self.push(&packed);
            self.push(b"}");
            return self.buffer;
        }
        self.push(b"}}");
        self.buffer
    }

    /// Ends the request as an old client does.
    #[cfg(test)]
    pub(crate) fn finish_old(mut self, response_queue: &str) -> Vec<u8> {
        self.end_call();
        write_inside(&mut self.buffer, response_queue);
        self.push(b"\"}");
        self.buffer
    }

    /// Writes what stands between the call and the inside of `response_queue`.
    fn end_call(&mut self) {
        self.end_arguments();
        self.push(br#"},"response_queue":""#);
    }

    /// Ends the arguments there are; there are none then.
    pub(super) fn end_arguments(&mut self) {
        if std::mem::take(&mut self.has_args) {
            self.push(b"]");
        }
        if !self.kwargs.is_empty() {
            self.buffer.extend_from_slice(br#","kwargs":{"#);
            self.buffer.append(&mut self.kwargs);
            self.push(b"}");
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }
}

/// Writes a text as a JSON string.
pub(in crate::wire) fn write_text(buffer: &mut Vec<u8>, text: &str) {
    buffer.push(b'"');
    write_inside(buffer, text);
    buffer.push(b'"');
}

/// Writes the inside of a JSON string.
fn write_inside(buffer: &mut Vec<u8>, text: &str) {
    // Without an early end, so that many bytes are compared at once.
    let plain = text.bytes().fold(true, |plain, byte| {
        plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\')
    });
    if plain {
        buffer.extend_from_slice(text.as_bytes());
        return;
    }
    let quoted = buffer.len();
    serde_json::to_writer(&mut *buffer, text).expect("a text fits in a Vec");
    buffer.remove(quoted);
    buffer.pop();
}
