//! Messages in the log, as an option of a client.

use super::Client;
use crate::messages::MessageLog;

impl Client {
    /// Whether the text of requests and replies is logged. Default no.
    ///
    /// It is logged with `tracing`, at the level `DEBUG` under the target
    /// `redisrpc::messages`, to subscribers that want that: see
    /// [the guide](crate::guide::observability#messages). Arguments and return values may
    /// hold what nobody should read in a log.
    ///
    /// ```
    /// # async fn example(broker: redisrpc::Broker) {
    /// let calc = redisrpc::Client::new(&broker, "calc").log_messages(true);
    /// # }
    /// ```
    #[must_use]
    pub fn log_messages(mut self, log: bool) -> Self {
        self.messages = MessageLog(log);
        self
    }
}
