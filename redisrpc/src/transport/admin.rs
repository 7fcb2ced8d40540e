//! Any command, for the command-line tool: it goes the way that endpoints go, with
//! the same addresses, certificates, sentinels and nodes.

use futures_util::future::BoxFuture;

use crate::error::TransportError;

/// A command and its arguments.
pub type Command = Vec<Vec<u8>>;

/// What a command is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Nothing is there.
    Nil,
    /// A number, or a yes (1) or no (0).
    Integer(i64),
    /// A text.
    Bytes(Vec<u8>),
    /// Several; a map's keys and values in turn.
    List(Vec<Self>),
    /// A refusal: its code, and the text after it.
    Refused(String, String),
}

/// A broker that is made of servers, and can be asked anything.
pub(crate) trait Admin: Send + Sync {
    /// Asks the server that has this key; one reply for each command.
    fn ask<'a>(
        &'a self,
        key: &'a str,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Vec<Reply>, TransportError>>;

    /// The servers that have keys and take writes, by address: one, or the masters of
    /// a cluster.
    fn nodes(&self) -> Vec<String>;

    /// Asks the server of this name.
    fn ask_node<'a>(
        &'a self,
        node: &'a str,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Vec<Reply>, TransportError>>;
}
