//! Where Redis is, the way there, and who asks.

use std::{
    fmt, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{
    ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo, RedisError,
    Value,
};

#[cfg(feature = "tls")]
use super::tls::Tls;
use super::{
    CLOCK_TRUSTED,
    patience::{Limits, Succession, Watch},
    redis_time,
    sentinel::Sentinels,
    socket::{self, Socket},
};
use crate::{
    deadline::Clock,
    error::{Error, TransportError},
    metering,
    transport::address::Address,
};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A Redis server's address, and the clock it keeps.
pub(super) struct Endpoint {
    way: Way,
    login: RedisConnectionInfo,
    pub(super) clock: Arc<Clock>,
    /// Whether the clock goes by this server. By one only, where several share it.
    keeps_time: AtomicBool,
    /// Whether it was told that lists do not expire.
    told: AtomicBool,
    /// Who knows whether another server has taken its place, where anybody does.
    succession: Option<Arc<dyn Succession>>,
}

/// How to reach a server.
pub(super) enum Way {
    Tcp {
        host: String,
        port: u16,
    },
    #[cfg(feature = "tls")]
    Tls {
        host: String,
        port: u16,
        tls: Box<Tls>,
    },
    #[cfg(unix)]
    Unix(PathBuf),
    /// By asking others where it is.
    Sentinels(Arc<Sentinels>),
}

/// Ways to servers that are reached and trusted alike.
pub(super) struct Ways {
    #[cfg(feature = "tls")]
    tls: Option<Box<Tls>>,
}

impl Ways {
    /// As this address says, which may begin with this host.
    pub(super) fn of(address: &Address, host: &str) -> Result<Self, Error> {
        let (scheme, _) = address.scheme_and_rest().unwrap_or_default();
        let encrypted = scheme.starts_with("rediss") || scheme.starts_with("valkeys");
        let way = match encrypted {
            true => Some(way_by_tls(host.to_owned(), 0, address)?),
            false => check_certificates(address).map(|()| None)?,
        };
        #[cfg(not(feature = "tls"))]
        let _ = way;
        Ok(Self {
            #[cfg(feature = "tls")]
            tls: way.and_then(|way| match way {
                Way::Tls { tls, .. } => Some(tls),
                _ => None,
            }),
        })
    }

    /// The one to this place.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a name that no certificate can be for.
    #[cfg_attr(
        not(feature = "tls"),
        expect(clippy::unnecessary_wraps, reason = "TLS may")
    )]
    pub(super) fn to(&self, host: String, port: u16) -> Result<Way, Error> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let tls = Box::new(tls.of(&host)?);
            return Ok(Way::Tls { host, port, tls });
        }
        Ok(Way::Tcp { host, port })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            #[cfg(feature = "tls")]
            Self::Tls { host, port, .. } => write!(f, "{host}:{port}"),
            #[cfg(unix)]
            Self::Unix(path) => path.display().fmt(f),
            Self::Sentinels(sentinels) => sentinels.fmt(f),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address alone: the rest of it holds the password.
        write!(f, "Endpoint({})", self.way)
    }
}

/// An address that is none. Not the address itself: it may hold a password.
fn invalid(why: impl fmt::Display) -> Error {
    Error::Invalid(format!(
        "the broker's address is not valid: {why}; write it as \
         redis://[[user]:password@]host[:port][/db], the same with rediss:// for TLS, or \
         redis+unix:///path?db=0"
    ))
}

impl Endpoint {
    /// The server that is reached so.
    pub(super) fn new(way: Way, login: RedisConnectionInfo, clock: Arc<Clock>) -> Self {
        Self {
            way,
            login: login.set_protocol(ProtocolVersion::RESP3),
            clock,
            keeps_time: AtomicBool::new(true),
            told: AtomicBool::new(false),
            succession: None,
        }
    }

    /// The same, of which others know whether it has been replaced.
    pub(super) fn replaced_by(self, succession: Arc<dyn Succession>) -> Self {
        Self {
            succession: Some(succession),
            ..self
        }
    }

    pub(super) fn parse(address: &Address) -> Result<Self, Error> {
        let (scheme, rest) = address.scheme_and_rest().unwrap_or_default();
        if scheme.ends_with("+sentinel") {
            let (sentinels, login) = Sentinels::parse(address)?;
            let way = Way::Sentinels(Arc::new(sentinels));
            return Ok(Self::new(way, login, Arc::default()));
        }
        let encrypted = matches!(scheme, "rediss" | "valkeys");
        let info = if encrypted {
            check_fragment(rest)?;
            // The `redis` crate reads it; TLS is this crate's own.
            format!("redis://{rest}").into_connection_info()
        } else {
            check_certificates(address)?;
            address.url.as_str().into_connection_info()
        };
        let info = info.map_err(|error: RedisError| invalid(error))?;
        let way = match info.addr().clone() {
            ConnectionAddr::Tcp(host, port) if encrypted => way_by_tls(host, port, address)?,
            ConnectionAddr::Tcp(host, port) => Way::Tcp { host, port },
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => Way::Unix(path),
            other => {
                return Err(invalid(format!(
                    "{other} is of a kind that is not supported"
                )));
            }
        };
        let login = info.redis_settings().clone();
        Ok(Self::new(way, login, Arc::default()))
    }

    /// Where the server is.
    #[cfg(feature = "cli")]
    pub(super) fn name(&self) -> String {
        self.way.to_string()
    }

    /// The user, his password and the database.
    pub(super) fn login(&self) -> &RedisConnectionInfo {
        &self.login
    }

    /// A new socket; [`opening`](Self::opening) bounds how long it takes.
    pub(super) async fn socket(&self) -> io::Result<Box<dyn Socket>> {
        match &self.way {
            Way::Sentinels(sentinels) => sentinels.socket().await,
            way => way.socket().await,
        }
    }

    /// Who knows whether the server is replaced that the connection leads to that was
    /// opened just now.
    pub(super) fn succession(&self) -> Option<Arc<dyn Succession>> {
        match &self.way {
            Way::Sentinels(sentinels) => Some(Arc::new(sentinels.reign())),
            _ => self.succession.clone(),
        }
    }

    /// Waits until a connection is open and greeted, for [`CONNECT`] at most.
    ///
    /// # Errors
    ///
    /// Those say what to do if that is known.
    pub(super) async fn opening<T>(
        &self,
        opening: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        let mut watch = Watch::over(self.succession.clone());
        let opened = watch.within(Limits::at_once(CONNECT), opening).await;
        let opened = opened.unwrap_or_else(|silence| Err(silence.into()));
        metering::connected(opened.is_ok());
        opened.map_err(|error| match self.way.likely_cause(error.kind()) {
            Some(cause) => io::Error::new(error.kind(), format!("{error}: {cause}")),
            None => error,
        })
    }

    /// The error of a connection that could not be opened: it says where to.
    pub(super) fn unreachable(
        &self,
        operation: &'static str,
        why: impl fmt::Display,
    ) -> TransportError {
        TransportError::not_sent(operation, format!("{}: {why}", self.way))
    }

    /// Redis refused to let a list expire. Said once: it does so for each.
    pub(super) fn lists_stay(&self, why: &dyn fmt::Display) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(redis = %self.way, error = %why, "lists that nobody reads stay in Redis: it lets none expire");
        }
    }

    /// Has the clock go by this server, or not.
    pub(super) fn keep_time(&self, keeps: bool) {
        self.keeps_time.store(keeps, Ordering::Relaxed);
    }

    /// Whether it is time to ask the server for its own.
    pub(super) fn wants_time(&self) -> bool {
        self.keeps_time.load(Ordering::Relaxed) && !self.clock.is_fresh(CLOCK_TRUSTED)
    }

    /// Takes over what `TIME` answered to a question asked at `asked`.
    pub(super) fn learn_time(&self, answer: Value, asked: Instant) {
        if let Some(time) = redis_time(answer)
            && self.keeps_time.load(Ordering::Relaxed)
        {
            self.clock.learn(time, asked);
        }
    }
}

impl Way {
    pub(super) async fn socket(&self) -> io::Result<Box<dyn Socket>> {
        Ok(match self {
            Self::Tcp { host, port } => Box::new(socket::tcp(host, *port).await?),
            #[cfg(feature = "tls")]
            Self::Tls { host, port, tls } => {
                Box::new(tls.encrypt(socket::tcp(host, *port).await?).await?)
            }
            #[cfg(unix)]
            Self::Unix(path) => Box::new(socket::unix(path).await?),
            Self::Sentinels(_) => return Err(io::ErrorKind::Unsupported.into()),
        })
    }

    /// What it mostly means when a server ends a connection before it answers,
    /// or keeps silent.
    fn likely_cause(&self, failure: io::ErrorKind) -> Option<&'static str> {
        use io::ErrorKind as Kind;
        let ended = matches!(
            failure,
            Kind::ConnectionReset | Kind::BrokenPipe | Kind::UnexpectedEof | Kind::InvalidData
        );
        match self {
            Self::Tcp { .. } if ended => {
                Some("so does a port for TLS; if it is one, begin the address with `rediss://`")
            }
            #[cfg(feature = "tls")]
            Self::Tls { tls, .. } if ended => tls.likely_cause(),
            #[cfg(feature = "tls")]
            Self::Tls { .. } if failure == Kind::TimedOut => Some(
                "so is a port that is not for TLS; if it is one, begin the address with `redis://`",
            ),
            _ => None,
        }
    }
}

#[cfg(feature = "tls")]
fn way_by_tls(host: String, port: u16, address: &Address) -> Result<Way, Error> {
    let tls = Box::new(Tls::new(&host, &address.certificates)?);
    Ok(Way::Tls { host, port, tls })
}

#[cfg(not(feature = "tls"))]
fn way_by_tls(_: String, _: u16, _: &Address) -> Result<Way, Error> {
    Err(Error::Invalid(
        "the broker's address is one for TLS, and redisrpc was built without it; add \
         `features = [\"tls\"]` to the dependency on redisrpc in Cargo.toml"
            .to_owned(),
    ))
}

fn check_certificates(address: &Address) -> Result<(), Error> {
    if address.certificates.is_empty() {
        return Ok(());
    }
    Err(Error::Invalid(
        "certificates were given, but the broker's address is not one for TLS; begin it with \
         `rediss://`"
            .to_owned(),
    ))
}

/// The `redis` crate and the tools know `#insecure`: anybody may then answer.
fn check_fragment(rest: &str) -> Result<(), Error> {
    match rest.split_once('#') {
        None => Ok(()),
        Some((_, "insecure")) => Err(Error::Invalid(
            "the broker's address ends in `#insecure`, and a server that anybody can pretend to \
             be is not supported; remove that, and give the certificate of the server's CA to \
             `Broker::builder(…).ca_certificate(pem)`"
                .to_owned(),
        )),
        // Not what it is: a `#` in a password looks like this.
        Some(_) => Err(invalid(
            "nothing may follow a `#`; a `#` in a password is written `%23`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        let parsed = Endpoint::parse(&url.into());
        parsed.expect_err("it is refused").to_string()
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn without_tls_an_address_for_it_names_the_feature() {
        let refusal = refusal("rediss://:secret@localhost/");
        assert!(refusal.contains(r#"features = ["tls"]"#), "{refusal}");
    }

    #[test]
    fn an_address_that_is_none_is_not_repeated() {
        for url in [
            "redis://:secret@",
            "rediss://:secret@",
            "redis://:secret@h/x",
            "redis://:sec#ret@h",
        ] {
            let refusal = refusal(url);
            assert!(refusal.contains("is not valid"), "{refusal}");
            assert!(!refusal.contains("sec"), "{refusal}");
        }
    }
}
