//! Messages in the log, as an option of a server.

use super::Server;
use crate::messages::MessageLog;

impl Server {
    /// Whether the text of requests and replies is logged. Default no.
    ///
    /// It is logged with `tracing`, at the level `DEBUG` under the target
    /// `redisrpc::messages`, to subscribers that want that: see
    /// [the guide](crate::guide::observability#messages). Arguments and return values may
    /// hold what nobody should read in a log.
    ///
    /// ```
    /// # use redisrpc::{Broker, Server};
    /// # struct Plain;
    /// # #[redisrpc::service]
    /// # impl Plain { pub fn one(&self) -> u32 { 1 } }
    /// # fn example(broker: Broker) {
    /// let server = Server::new(&broker, "plain", Plain).log_messages(true);
    /// # }
    /// ```
    pub fn log_messages(mut self, log: bool) -> Self {
        self.options.messages = MessageLog(log);
        self
    }
}
