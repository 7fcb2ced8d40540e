//! Metadata, as an option of a client.

use super::Client;

impl Client {
    /// Sends a named text with every call: a token, a tenant. See
    /// [`Metadata`](crate::Metadata).
    ///
    /// ```
    /// # async fn example(broker: redisrpc::Broker) {
    /// let calc = redisrpc::Client::new(&broker, "calc").metadata("tenant", "acme");
    /// # }
    /// ```
    #[must_use]
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name, value);
        self
    }
}
