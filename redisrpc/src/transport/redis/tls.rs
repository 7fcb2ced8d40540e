//! TLS, by rustls with ring, for every connection alike.
//!
//! Trusted are the authorities that the machine trusts (`rustls-native-certs`): a
//! Redis server's certificate mostly comes from an authority of the house, which
//! is there and in no list compiled in.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        CertificateError, ClientConfig, Error as TlsError, RootCertStore, SignatureScheme,
        client::ResolvesClientCert,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
        sign::CertifiedKey,
    },
};

use super::socket::{Socket, leave_nothing, nothing_to_read};
use crate::{
    error::Error,
    transport::address::{Certificates, Identity},
};

/// How to tell that it is the right server, and to show who is calling.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
    caller: Arc<Caller>,
    /// Whether the user said whom to trust.
    own_authorities: bool,
}

impl Tls {
    /// For the server of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a certificate is of no use, or there is none.
    pub(super) fn new(server: &str, certificates: &Certificates) -> Result<Self, Error> {
        let name = server_name(server)?;
        let own_authorities = !certificates.authorities.is_empty();
        let trusted = if own_authorities {
            those_given(&certificates.authorities)
                .map_err(|why| invalid("the CA certificate", &why))?
        } else {
            those_of_the_system()?
        };
        let provider = Arc::new(ring::default_provider());
        let identity = certificates.client.as_ref().map(|identity| {
            certified_key(identity, &provider)
                .map_err(|why| invalid("the client certificate with its key", &why))
        });
        let caller = Arc::new(Caller {
            identity: identity.transpose()?.map(Arc::new),
            asked: AtomicBool::new(false),
        });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid("TLS", &error))?
            .with_root_certificates(trusted)
            .with_client_cert_resolver(Arc::clone(&caller) as _);
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            server: name,
            caller,
            own_authorities,
        })
    }

    /// The same for another server.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a name that no certificate can be for.
    pub(super) fn of(&self, server: &str) -> Result<Self, Error> {
        Ok(Self {
            server: server_name(server)?,
            ..self.clone()
        })
    }

    /// Encrypts what goes over the socket from now on.
    pub(super) async fn encrypt(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let handshake = self.connector.connect(self.server.clone(), socket);
        handshake.await.map_err(|error| self.explain(error))
    }

    /// What the end of a connection that was never answered is likely to mean.
    pub(super) fn likely_cause(&self) -> Option<&'static str> {
        // In TLS 1.3 the server refuses when the handshake is over for this side.
        if !self.caller.asked.load(Ordering::Relaxed) {
            None
        } else if self.caller.identity.is_some() {
            Some(
                "the server asks for a client certificate, and does not accept the one given; \
                 have one made by the CA that it trusts",
            )
        } else {
            Some(
                "the server asks for a client certificate, and there is none; give it to \
                 `Broker::builder(…).client_certificate(certificate, key)`",
            )
        }
    }

    /// Says what to do about a handshake that failed.
    fn explain(&self, error: io::Error) -> io::Error {
        let failure = error.get_ref().and_then(|inner| inner.downcast_ref());
        let text = match failure {
            Some(TlsError::InvalidCertificate(certificate)) => {
                self.explain_certificate(certificate)
            }
            Some(TlsError::InvalidMessage(_)) => {
                "what listens there does not speak TLS; give the port that Redis has for TLS, or \
                 begin the address with `redis://`"
                    .to_owned()
            }
            _ => return error,
        };
        io::Error::other(text)
    }

    fn explain_certificate(&self, error: &CertificateError) -> String {
        use CertificateError as Bad;
        match error {
            // A bad signature: of another CA with the name of one that is known.
            Bad::UnknownIssuer | Bad::BadSignature if self.own_authorities => {
                "the server's certificate was issued by none of the CAs that were given to \
                 `Broker::builder(…).ca_certificate(…)`; give the one that issued it"
                    .to_owned()
            }
            Bad::UnknownIssuer | Bad::BadSignature => {
                "the server's certificate was issued by no CA that this machine \
                 trusts; give the one that issued it to `Broker::builder(…).ca_certificate(pem)`"
                    .to_owned()
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => format!(
                "the server's certificate is for another name ({error}); write the address with \
                 a name that the certificate has"
            ),
            Bad::Expired | Bad::ExpiredContext { .. } => format!(
                "the server's certificate has expired ({error}); give the server a new one, or \
                 set this machine's clock"
            ),
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => format!(
                "the server's certificate is not valid yet ({error}); set this machine's clock"
            ),
            error if is_authority_as_server(error) => {
                "the server shows the certificate of a CA; give the server one of its own, issued \
                 by that CA"
                    .to_owned()
            }
            _ => format!("the server's certificate is not valid: {error}"),
        }
    }
}

/// Whether the server's own certificate is one to issue others with, as
/// `openssl req -x509` makes them.
fn is_authority_as_server(error: &CertificateError) -> bool {
    matches!(error, CertificateError::Other(_)) && error.to_string().contains("CaUsedAsEndEntity")
}

fn those_given(authorities: &[Vec<u8>]) -> Result<RootCertStore, String> {
    let mut trusted = RootCertStore::empty();
    for pem in authorities {
        for certificate in chain(pem)? {
            trusted
                .add(certificate)
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(trusted)
}

fn invalid(what: &str, why: &dyn fmt::Display) -> Error {
    Error::Invalid(format!("{what} cannot be used: {why}"))
}

fn server_name(server: &str) -> Result<ServerName<'static>, Error> {
    ServerName::try_from(server.to_owned())
        .map_err(|error| invalid("the host name of the broker's address", &error))
}

fn those_of_the_system() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(found.certs);
    if trusted.is_empty() {
        let errors = found.errors.iter().map(|error| format!(": {error}"));
        return Err(Error::Invalid(format!(
            "this machine has no CA certificates to know the server by (package \
             `ca-certificates`); install them, or give the server's CA to \
             `Broker::builder(…).ca_certificate(pem)`{}",
            errors.collect::<String>()
        )));
    }
    Ok(trusted)
}

fn certified_key(identity: &Identity, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    let chain = chain(&identity.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key)
        .map_err(|error| format!("no private key in PEM: {error}"))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| error.to_string())
}

/// The certificates in a PEM text: at least one.
fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err("it holds no certificate in PEM".to_owned()),
        Ok(chain) => Ok(chain),
        Err(error) => Err(format!("it is no PEM: {error}")),
    }
}

/// Who is calling, for servers that ask.
#[derive(Debug)]
struct Caller {
    identity: Option<Arc<CertifiedKey>>,
    /// Whether a server asked: one that does mostly wants an answer.
    asked: AtomicBool,
}

impl ResolvesClientCert for Caller {
    fn resolve(&self, _issuers: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.identity.clone()
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}

impl Socket for TlsStream<TcpStream> {
    fn give_up(&self) {
        leave_nothing(&SockRef::from(self.get_ref().0));
    }

    /// Bytes alone say nothing: TLS has messages of its own, such as tickets to
    /// come back with. They are taken in here.
    fn is_quiet(&mut self) -> bool {
        let (socket, session) = self.get_mut();
        let socket = SockRef::from(&*socket);
        while !nothing_to_read(&socket) {
            if !matches!(session.read_tls(&mut &*socket), Ok(1..)) {
                return false;
            }
            match session.process_new_packets() {
                Ok(state) if !state.peer_has_closed() && state.plaintext_bytes_to_read() == 0 => {}
                _ => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
