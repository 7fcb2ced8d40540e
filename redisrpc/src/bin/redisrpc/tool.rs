//! What every command is given: the way to Redis, and how to print.

use redisrpc::{__private::admin::Admin, Broker, Client};
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
