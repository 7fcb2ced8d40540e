//! Certificates of the test's own, and a Redis that shows one.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use redisrpc::{Broker, BrokerBuilder};
use redisrpc_test_support::{RedisServer, free_port};

/// One that issues certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        Self::named("an authority")
    }

    pub fn named(name: &str) -> Self {
        let mut itself = CertificateParams::default();
        itself.distinguished_name.push(DnType::CommonName, name);
        itself.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(itself, key).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a server or a caller of this name.
    pub fn issue(&self, name: &str) -> Issued {
        self.issue_with(name, |_| ())
    }

    pub fn issue_with(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Issued {
            certificate: params.signed_by(&key, &self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A Redis with a port for TLS beside its plain one, by which tests look at it.
pub struct TlsRedis {
    pub server: RedisServer,
    pub port: u16,
    pub authority: Authority,
    _files: Files,
}

/// What servers show, where they read it.
pub struct Files {
    folder: PathBuf,
}

impl Files {
    pub fn new(authority: &Authority, shown: &Issued) -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("redisrpc-{}-tls-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        write("ca.pem", &authority.pem());
        write("redis.pem", &shown.certificate);
        write("redis.key", &shown.key);
        Self { folder }
    }

    /// Redis' options for them; whether it asks clients for certificates of their own.
    pub fn options(&self, asks: &str) -> Vec<String> {
        let file = |name: &str| self.folder.join(name).to_str().unwrap().to_owned();
        let options = [
            ("--tls-ca-cert-file", file("ca.pem")),
            ("--tls-cert-file", file("redis.pem")),
            ("--tls-key-file", file("redis.key")),
            ("--tls-auth-clients", asks.to_owned()),
        ];
        let options = options.into_iter();
        options
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl TlsRedis {
    /// One that lets everybody in.
    pub fn start() -> Self {
        let authority = Authority::new();
        let shown = authority.issue("127.0.0.1");
        Self::with(authority, &shown, "no")
    }

    /// One that lets in whoever shows a certificate issued by its authority.
    pub fn mutual() -> Self {
        let authority = Authority::new();
        let shown = authority.issue("127.0.0.1");
        Self::with(authority, &shown, "yes")
    }

    pub fn with(authority: Authority, shown: &Issued, asks: &str) -> Self {
        let port = free_port().to_string();
        let files = Files::new(&authority, shown);
        let options = files.options(asks);
        let options = options.iter().map(String::as_str);
        let options: Vec<_> = ["--tls-port", &port].into_iter().chain(options).collect();
        let server = RedisServer::with(&options);
        Self {
            port: server.tls_port(),
            server,
            authority,
            _files: files,
        }
    }

    pub fn url(&self) -> String {
        format!("rediss://127.0.0.1:{}/", self.port)
    }

    /// A broker to be that trusts this server.
    pub fn builder(&self) -> BrokerBuilder {
        Broker::builder(self.url()).ca_certificate(self.authority.pem())
    }

    pub async fn broker(&self) -> Broker {
        self.builder().connect().await.unwrap()
    }
}
