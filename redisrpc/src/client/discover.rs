//! What a client can ask about those who serve its queue.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redisrpc_contract::{Change, Contract, compare};

use super::{
    Client,
    outgoing::{LONGEST_TIMEOUT, Outgoing},
};
use crate::{
    descriptor::ServiceDescriptor,
    discovery::Pong,
    error::{Error, Mismatch, Started, Timeout, Unserved},
};

/// How long a queue that was served is taken to be.
const STILL_SERVED: Duration = Duration::from_secs(1);

impl Client {
    /// Asks whichever server takes the request which one it is.
    ///
    /// ```
    /// # struct Plain;
    /// # #[redisrpc::service]
    /// # impl Plain { pub fn one(&self) -> u32 { 1 } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redisrpc::Error> {
    /// # let broker = redisrpc::Broker::connect("memory://ping-example").await?;
    /// # tokio::spawn(redisrpc::Server::new(&broker, "plain", Plain).run());
    /// let pong = redisrpc::Client::new(&broker, "plain").ping().await?;
    /// assert_eq!((&*pong.service, &*pong.queue), ("Plain", "plain"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for any call. Servers of the old RedisRPC have no such method, and say so
    /// in an [`Error::Fault`].
    pub async fn ping(&self) -> Result<Pong, Error> {
        self.call("redisrpc.ping")
            .idempotent(true)
            .returning()
            .await
    }

    /// Asks for the service's contract: its methods, their arguments, types and
    /// documentation.
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub async fn describe(&self) -> Result<Contract, Error> {
        let contract = self.call("redisrpc.describe").idempotent(true);
        contract.returning().await
    }

    /// Checks that the service which is served now is one that stubs with this
    /// descriptor can call: at a program's start, before a call fails for it.
    ///
    /// ```
    /// # mod served {
    /// #     pub struct Weather;
    /// #     #[redisrpc::service]
    /// #     impl Weather { pub fn now(&self, city: String, unit: String) -> f64 { 20.0 } }
    /// # }
    /// // The service has another argument now.
    /// #[redisrpc::service]
    /// trait Weather {
    ///     async fn now(&self, city: String) -> f64;
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redisrpc::Error> {
    /// # let broker = redisrpc::Broker::connect("memory://check-example").await?;
    /// # tokio::spawn(redisrpc::Server::new(&broker, "weather", served::Weather).run());
    ///
    /// let weather = WeatherClient::new(&broker, "weather");
    /// let checked = weather.client().check(WeatherClient::DESCRIPTOR).await;
    /// let difference = checked.unwrap_err().to_string();
    /// assert!(difference.contains("argument `unit: String` was added"), "{difference}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] with each difference that breaks calls; and as
    /// [`ping`](Self::ping).
    pub async fn check(&self, descriptor: &ServiceDescriptor) -> Result<(), Error> {
        let mut changes = compare(&descriptor.into(), &self.describe().await?);
        changes.retain(Change::is_breaking);
        if changes.is_empty() {
            return Ok(());
        }
        Err(Error::Mismatch(Mismatch {
            queue: self.queue().to_owned(),
            changes,
        }))
    }

    /// Lets calls fail at once with [`Error::Unserved`] while no server serves the
    /// queue. Default: they wait for one, until their time is up.
    ///
    /// A call is preceded by a question to the broker, unless a server was seen within
    /// the last second. Servers of the old RedisRPC do not say that they are there, and
    /// one that was killed is believed to live for a third of its
    /// [`recovery_time`](crate::Server::recovery_time).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redisrpc::Error> {
    /// # let broker = redisrpc::Broker::connect("memory://unserved-example").await?;
    /// use redisrpc::{Client, Error};
    ///
    /// let calc = Client::new(&broker, "calc").fail_unserved(true);
    /// let error = calc.call("add").arg(1).arg(2).await.unwrap_err();
    /// assert!(matches!(error, Error::Unserved(_)));
    /// assert!(!error.may_have_run());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn fail_unserved(mut self, fail: bool) -> Self {
        self.fail_unserved = fail;
        self
    }
}

impl Outgoing {
    /// Whether the call is to be made, going by who serves its queue.
    ///
    /// # Errors
    ///
    /// [`Error::Unserved`] if nobody does, and what kept the broker from telling.
    pub(super) async fn check_served(&self) -> Result<(), Error> {
        if !self.fail_unserved || self.queue.was_served(STILL_SERVED, Instant::now()) {
            return Ok(());
        }
        let transport = Arc::clone(&self.engine.shared.transport);
        let queue = Arc::clone(&self.queue.name);
        // On the runtime of the engine: whoever awaits this may have none.
        let asked = self.engine.runtime.handle().spawn(async move {
            let served = transport.registry().is_served(&queue);
            served.await.map_err(Error::Transport)
        });
        let timeout = self.timeout.min(LONGEST_TIMEOUT);
        let served = tokio::select! {
            served = asked => served.unwrap_or(Err(Error::Closed))?,
            () = self.engine.sleep(timeout) => return Err(self.not_started(timeout)),
        };
        if !served {
            return Err(Error::Unserved(Unserved {
                method: self.method.to_string(),
                queue: self.queue.name.to_string(),
            }));
        }
        self.queue.saw_served(Instant::now());
        Ok(())
    }

    fn not_started(&self, after: Duration) -> Error {
        Error::Timeout(Timeout {
            method: self.method.to_string(),
            queue: self.queue.name.to_string(),
            after,
            started: Started::No,
        })
    }
}
