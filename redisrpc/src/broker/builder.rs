//! A broker that needs more than its address.

use super::{Broker, Runtime};
#[cfg(feature = "tls")]
use crate::transport::address::Identity;
use crate::{
    error::Error,
    transport::{self, Address},
};

/// A [`Broker`] to be, made by [`Broker::builder`].
///
/// ```no_run
/// # // Not run: there is no such server.
/// # #[cfg(feature = "tls")]
/// # async fn connect() -> Result<redisrpc::Broker, Box<dyn std::error::Error>> {
/// let broker = redisrpc::Broker::builder("rediss://caller:secret@redis.example.org:6380/")
///     .ca_certificate(std::fs::read("ca.pem")?)
///     .client_certificate(std::fs::read("caller.pem")?, std::fs::read("caller.key")?)
///     .connect()
///     .await?;
/// # Ok(broker)
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder connects to nothing until `connect` is called"]
pub struct BrokerBuilder {
    address: Address,
}

impl BrokerBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            address: url.into(),
        }
    }

    /// Trusts servers with a certificate issued by this CA (PEM, one or more
    /// certificates) **instead of** by those that the machine trusts. May be
    /// called again to trust more.
    ///
    /// [`connect`](Self::connect) refuses it for an address that is not one for
    /// TLS; `memory://` ignores it.
    #[cfg(feature = "tls")]
    pub fn ca_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        let pem = pem.as_ref().to_owned();
        self.address.certificates.authorities.push(pem);
        self
    }

    /// Shows this certificate (PEM, followed by those between it and its CA, if
    /// there are any) to a server that asks who is calling. `key` is its private
    /// key: PEM, not encrypted. None is shown by default.
    ///
    /// [`connect`](Self::connect) refuses it for an address that is not one for
    /// TLS; `memory://` ignores it.
    #[cfg(feature = "tls")]
    pub fn client_certificate(
        mut self,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Self {
        self.address.certificates.client = Some(Identity {
            certificate: certificate.as_ref().to_owned(),
            key: key.as_ref().to_owned(),
        });
        self
    }

    /// Connects, as [`Broker::connect`] does.
    ///
    /// # Errors
    ///
    /// As [`Broker::connect`], and [`Error::Invalid`] for a certificate or a key
    /// that cannot be used.
    ///
    /// # Panics
    ///
    /// As [`Broker::connect`].
    ///
    /// # Cancel safety
    ///
    /// As [`Broker::connect`].
    pub async fn connect(self) -> Result<Broker, Error> {
        let transport = transport::connect(self.address).await?;
        Ok(Broker::on(transport, Runtime::current()))
    }

    /// Connects from a program without a runtime, as [`Broker::connect_blocking`]
    /// does.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), and [`Error::Invalid`] inside of a runtime
    /// or when the system gives no thread.
    #[cfg(feature = "blocking")]
    pub fn connect_blocking(self) -> Result<Broker, Error> {
        let runtime = Runtime::start()?;
        let connecting = transport::connect(self.address);
        let transport = runtime.handle().block_on(connecting)?;
        Ok(Broker::on(transport, runtime))
    }
}
