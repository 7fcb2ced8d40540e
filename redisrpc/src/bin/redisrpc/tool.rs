//! What every command is given: the way to Redis, and how to print.

use redisrpc::{__private::admin::Admin, Broker, Client, discovery::Discovery};
use tokio::sync::OnceCell;

use crate::{connection::Connection, failure::Failure, output::Output};

pub(crate) struct Tool<'a> {
    connection: Connection,
    broker: OnceCell<Broker>,
    pub(crate) output: &'a Output,
}

impl<'a> Tool<'a> {
    pub(crate) fn new(connection: Connection, output: &'a Output) -> Self {
        Self {
            connection,
            broker: OnceCell::new(),
            output,
        }
    }

    /// The broker, connected to when it is first asked for.
    pub(crate) async fn broker(&self) -> Result<&Broker, Failure> {
        self.broker.get_or_try_init(|| self.connection.open()).await
    }

    /// A client of this queue.
    pub(crate) async fn client(&self, queue: &str) -> Result<Client, Failure> {
        let broker = self.broker().await?;
        self.admin_of(queue).await?;
        Ok(Client::new(broker, queue))
    }

    /// What knows who serves.
    pub(crate) async fn discovery(&self) -> Result<Discovery, Failure> {
        Ok(Discovery::new(self.broker().await?))
    }

    /// Makes sure that a server of this library serves the queue: an old one may end
    /// when it is asked for what it does not know.
    pub(crate) async fn check_native(&self, queue: &str) -> Result<(), Failure> {
        self.admin_of(queue).await?;
        match self.discovery().await?.servers(queue).await?.is_empty() {
            true => Err(Failure::not_run(format!(
                "no server of `{queue}` announces itself: it is not served, or by the old RedisRPC, \
                 which can only be called: `redisrpc call {queue} METHOD`"
            ))),
            false => Ok(()),
        }
    }

    /// What asks Redis about this queue.
    pub(crate) async fn admin_of(&self, queue: &str) -> Result<Admin, Failure> {
        let admin = self.admin().await?;
        admin.check_queue(queue)?;
        Ok(admin)
    }

    /// What asks Redis anything.
    pub(crate) async fn admin(&self) -> Result<Admin, Failure> {
        Admin::of(self.broker().await?).ok_or_else(|| {
            Failure::usage("a broker inside of a process is reached from there alone; give the address of a Redis")
        })
    }
}
