//! Which Redis, and how to reach it.

use std::{fs, path::PathBuf};

use clap::Args;
use redisrpc::Broker;

use crate::failure::Failure;

#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Where Redis is
    ///
    /// `redis://[[user]:password@]host[:port][/db]`, the same with `rediss` for TLS,
    /// `redis+unix:///path`, `redis+sentinel://host,host/name` or
    /// `redis+cluster://host,host`. A password is better kept in REDIS_URL: others on
    /// this machine see what a command is given.
    #[arg(long, global = true, env = "REDIS_URL", hide_env_values = true)]
    #[arg(default_value = "redis://127.0.0.1/")]
    url: String,

    /// Trust servers with a certificate of this CA (PEM), and no others
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    ca_certificate: Option<PathBuf>,

    /// Show this certificate (PEM) to a server that asks who is calling
    #[arg(long, global = true, value_name = "FILE", requires = "client_key")]
    #[arg(hide_short_help = true)]
    client_certificate: Option<PathBuf>,

    /// The private key of the client certificate (PEM)
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        requires = "client_certificate"
    )]
    #[arg(hide_short_help = true)]
    client_key: Option<PathBuf>,
}

impl Connection {
    pub(crate) async fn open(&self) -> Result<Broker, Failure> {
        let mut builder = Broker::builder(&self.url);
        if let Some(path) = &self.ca_certificate {
            builder = builder.ca_certificate(read(path)?);
        }
        if let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) {
            builder = builder.client_certificate(read(certificate)?, read(key)?);
        }
        Ok(builder.connect().await?)
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, Failure> {
    fs::read(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))
}
