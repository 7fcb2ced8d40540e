//! What the command-line tool does at Redis beside calling: it looks into queues,
//! and mends what lies in them.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::value::RawValue;

pub use crate::transport::admin::{Command, Reply};
use crate::{
    Broker, Error,
    transport::Transport,
    wire::{names, request::Request},
};

/// A call with arguments in MessagePack, in JSON.
#[derive(Debug)]
pub struct Unpacked {
    /// The method's name.
    pub method: String,
    /// All arguments by position.
    pub args: Vec<Box<RawValue>>,
    /// All arguments by name.
    pub kwargs: BTreeMap<String, Box<RawValue>>,
}

/// The call in a request, if it has arguments in MessagePack.
#[must_use]
pub fn unpacked(message: &[u8]) -> Option<Unpacked> {
    let request = Request::read(message).ok()?;
    let (args, kwargs) = request.packed.all_in_json(&request)?;
    Some(Unpacked {
        method: request.method.into_owned(),
        args,
        kwargs,
    })
}

/// A way to ask a broker's Redis anything.
#[derive(Debug, Clone)]
pub struct Admin(Arc<dyn Transport>);

impl Admin {
    /// That of this broker; `None` if it is inside this process.
    #[must_use]
    pub fn of(broker: &Broker) -> Option<Self> {
        let transport = Arc::clone(broker.transport());
        transport.admin().is_some().then_some(Self(transport))
    }

    /// Asks the server that has this key; one reply for each command.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] when it does not answer.
    pub async fn ask(&self, key: &str, commands: &[Command]) -> Result<Vec<Reply>, Error> {
        match self.0.admin() {
            Some(admin) => admin.ask(key, commands).await.map_err(Error::Transport),
            None => Ok(Vec::new()),
        }
    }

    /// The servers that have keys and take writes, by address.
    #[must_use]
    pub fn nodes(&self) -> Vec<String> {
        self.0
            .admin()
            .map(|admin| admin.nodes())
            .unwrap_or_default()
    }

    /// Asks the server of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] when it does not answer.
    pub async fn ask_node(&self, node: &str, commands: &[Command]) -> Result<Vec<Reply>, Error> {
        match self.0.admin() {
            Some(admin) => admin
                .ask_node(node, commands)
                .await
                .map_err(Error::Transport),
            None => Ok(Vec::new()),
        }
    }

    /// Checks the name of a queue.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for one that is not valid.
    pub fn check_queue(&self, queue: &str) -> Result<(), Error> {
        names::check_queue(queue)?;
        self.0.check_queue(queue)
    }
}

/// The key of the dead letters of a queue.
#[must_use]
pub fn dead(queue: &str) -> String {
    names::dead(queue)
}

/// The key of the servers of a queue.
#[must_use]
pub fn servers(queue: &str) -> String {
    names::servers(queue)
}

/// The key that exists while a server lives.
#[must_use]
pub fn beat(queue: &str, server: &str) -> String {
    names::beat(queue, server)
}

/// A list in which a server keeps requests in progress.
#[must_use]
pub fn in_progress(queue: &str, server: &str, number: usize) -> String {
    names::in_progress(queue, server, number)
}

/// The queue that a key is beside, and what it is there: `servers`, `run:c0ffee:0`.
#[must_use]
pub fn beside_which(key: &str) -> Option<(&str, &str)> {
    names::beside_which(key)
}

/// The key of the queues that are served.
pub const QUEUES: &str = names::QUEUES;
