//! Where Redis is, and one supervised connection to it.
//!
//! The `redis` crate's own `ConnectionManager` is not used: it does not renew a
//! connection that stopped answering, nor one to a server that became a replica.
//! A [`Lane`] does, and never repeats a command by itself.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo as _, Pipeline, ProtocolVersion,
    PushInfo, PushKind, RedisError, ServerErrorKind, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
    io::tcp::TcpSettings,
};
use socket2::TcpKeepalive;
use tokio::sync::mpsc;

use super::redis_time;
use crate::{
    deadline::Clock,
    error::{Error, TransportError},
    transport::Notice,
};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a command that does not block may take before the connection is
/// given up. Longer than pauses an operator makes (`CLIENT PAUSE`, a failover).
const ANSWER: Duration = Duration::from_secs(10);

/// A Redis server's address, and the clock it keeps.
pub(super) struct Endpoint {
    client: Client,
    pub(super) clock: Clock,
    learned: Mutex<Option<Instant>>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address alone: the rest of it holds the password.
        let address = self.client.get_connection_info().addr();
        write!(f, "Endpoint({address})")
    }
}

impl Endpoint {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let invalid = |error: RedisError| {
            // Not the address itself: it may hold a password.
            Error::Invalid(format!(
                "the broker's address is not valid: {error}; write it as \
                 redis://[[user]:password@]host[:port][/db] or redis+unix:///path?db=0"
            ))
        };
        let info = url.into_connection_info().map_err(invalid)?;
        let settings = info.redis_settings().clone();
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(10))
            .with_interval(Duration::from_secs(5));
        let tcp = TcpSettings::default()
            .set_nodelay(true)
            .set_keepalive(keepalive);
        let info = info
            .set_tcp_settings(tcp)
            .set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3));
        Ok(Self {
            client: Client::open(info).map_err(invalid)?,
            clock: Clock::new(),
            learned: Mutex::new(None),
        })
    }

    pub(super) fn clock_is_stale(&self, trusted: Duration) -> bool {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.is_none_or(|learned| learned.elapsed() > trusted)
    }

    pub(super) fn learn_time(&self, answer: Value, asked: Instant) {
        if let Some(time) = redis_time(answer) {
            self.clock.learn(time, asked);
            let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
            *learned = Some(Instant::now());
        }
    }
}

/// A live connection and the sign that it has ended.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) connection: MultiplexedConnection,
    ended: Arc<AtomicBool>,
    tracking: Arc<AtomicBool>,
}

/// One connection, renewed when it fails.
pub(super) struct Lane {
    endpoint: Arc<Endpoint>,
    name: String,
    /// Longest wait for an answer; none where commands block.
    answer: Option<Duration>,
    live: Mutex<Option<Live>>,
    /// Held while connecting, so that all who wait share one attempt.
    connecting: tokio::sync::Mutex<()>,
    notices: Arc<Mutex<Option<mpsc::UnboundedSender<Notice>>>>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Lane {
    /// For commands that answer at once.
    pub(super) fn shared(endpoint: Arc<Endpoint>, name: &str) -> Self {
        Self {
            endpoint,
            name: name.to_owned(),
            answer: Some(ANSWER),
            live: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            notices: Arc::default(),
        }
    }

    /// For commands that block. Without a limit of the client's own: a reply that
    /// came after one would have been popped for nobody.
    pub(super) fn blocking(endpoint: Arc<Endpoint>, name: &str) -> Self {
        Self {
            answer: None,
            ..Self::shared(endpoint, name)
        }
    }

    /// Where notices of watched lists go.
    pub(super) fn notify(&self, notices: mpsc::UnboundedSender<Notice>) {
        *lock(&self.notices) = Some(notices);
    }

    fn current(&self) -> Option<Live> {
        let live = lock(&self.live).clone()?;
        (!live.ended.load(Ordering::Acquire)).then_some(live)
    }

    /// Whether there is a connection and no sign that it ended.
    pub(super) fn is_open(&self) -> bool {
        self.current().is_some()
    }

    /// The connection; a new one if there is none. Tries once.
    pub(super) async fn connection(&self, operation: &'static str) -> Result<Live, TransportError> {
        if let Some(live) = self.current() {
            return Ok(live);
        }
        let _one_at_a_time = self.connecting.lock().await;
        if let Some(live) = self.current() {
            return Ok(live);
        }
        let live = self
            .open()
            .await
            .map_err(|error| TransportError::not_sent(operation, error))?;
        let renewed = lock(&self.live).replace(live.clone()).is_some();
        if renewed {
            tracing::info!(lane = %self.name, "connected to Redis again");
            self.tell(Notice::Forgotten);
        }
        Ok(live)
    }

    async fn open(&self) -> Result<Live, RedisError> {
        let ended = Arc::new(AtomicBool::new(false));
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(self.answer)
            .set_push_sender(self.push_sender(Arc::clone(&ended)));
        let mut connection = self
            .endpoint
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let asked = Instant::now();
        let mut hello = redis::pipe();
        hello.cmd("TIME");
        hello.cmd("CLIENT").arg("SETNAME").arg(&self.name);
        // What an access list forbids is not needed: it is a comfort for operators.
        let greeted = connection.req_packed_commands(&hello, 0, 2);
        let answers = tokio::time::timeout(CONNECT, greeted).await;
        let answers = answers.map_err(|_| RedisError::from((ErrorKind::Io, "no answer")))??;
        if let Some(time) = answers.into_iter().next() {
            self.endpoint.learn_time(time, asked);
        }
        Ok(Live {
            connection,
            ended,
            tracking: Arc::default(),
        })
    }

    /// Takes in what Redis says unasked: that the connection ended, so that the
    /// next command need not find out, and that watched keys changed.
    fn push_sender(
        &self,
        ended: Arc<AtomicBool>,
    ) -> impl Fn(PushInfo) -> Result<(), std::convert::Infallible> + Send + Sync + 'static {
        let notices = Arc::clone(&self.notices);
        move |push| {
            match push.kind {
                PushKind::Disconnection => ended.store(true, Ordering::Release),
                PushKind::Invalidate => {
                    if let Some(notices) = &*lock(&notices) {
                        for notice in changed(push.data) {
                            // A client that is gone needs no notice.
                            let _ = notices.send(notice);
                        }
                    }
                }
                _ => {}
            }
            Ok(())
        }
    }

    fn tell(&self, notice: Notice) {
        if let Some(notices) = &*lock(&self.notices) {
            let _ = notices.send(notice);
        }
    }

    /// Asks Redis, once per connection, to tell of changes to keys read from now on.
    pub(super) async fn start_tracking(&self) -> Result<(), TransportError> {
        let operation = "watch a list";
        let live = self.connection(operation).await?;
        if live.tracking.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut pipe = redis::pipe();
        pipe.cmd("CLIENT").arg("TRACKING").arg("ON");
        let answers = self.run(operation, &pipe, 1).await?;
        if let Some(Value::ServerError(error)) = answers.into_iter().next() {
            return Err(TransportError::not_sent(operation, RedisError::from(error)));
        }
        live.tracking.store(true, Ordering::Release);
        Ok(())
    }

    /// Runs a pipeline: one answer per command, errors among them.
    ///
    /// # Errors
    ///
    /// When there is no connection (certainly not sent), or when it failed before
    /// the answers came (perhaps sent). It is then renewed by the next command.
    pub(super) async fn run(
        &self,
        operation: &'static str,
        pipe: &Pipeline,
        commands: usize,
    ) -> Result<Vec<Value>, TransportError> {
        let mut live = self.connection(operation).await?;
        let answers = live.connection.req_packed_commands(pipe, 0, commands).await;
        match answers {
            Ok(answers) => {
                if answers.iter().any(moved_away) {
                    live.ended.store(true, Ordering::Release);
                }
                Ok(answers)
            }
            Err(error) => {
                if error.is_unrecoverable_error() || error.is_timeout() {
                    live.ended.store(true, Ordering::Release);
                }
                Err(TransportError::unknown(operation, error))
            }
        }
    }

    /// Gives the connection up: the next command opens a new one.
    pub(super) fn discard(&self) {
        if let Some(live) = &*lock(&self.live) {
            live.ended.store(true, Ordering::Release);
        }
    }
}

/// Whether this answer says that the server is no longer the one to talk to: it
/// became a replica, lost its master, or wants a new login.
pub(super) fn moved_away(answer: &Value) -> bool {
    let Value::ServerError(error) = answer else {
        return false;
    };
    matches!(
        error.kind(),
        Some(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
    ) || matches!(error.code(), "NOAUTH" | "UNBLOCKED")
}

/// The keys of an invalidation message; none are named when all were flushed.
fn changed(data: Vec<Value>) -> Vec<Notice> {
    let keys = data.into_iter().next();
    match keys {
        Some(Value::Array(keys)) => keys
            .into_iter()
            .filter_map(|key| redis::from_redis_value(key).ok())
            .map(Notice::Changed)
            .collect(),
        _ => vec![Notice::Forgotten],
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
