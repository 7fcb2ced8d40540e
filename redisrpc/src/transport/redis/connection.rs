//! One supervised connection to Redis, for whoever wants it.
//!
//! The `redis` crate's own `ConnectionManager` is not used: it does not renew a
//! connection that stopped answering, nor one to a server that became a replica.
//! A [`Lane`] does, and never repeats a command by itself.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use redis::{
    AsyncConnectionConfig, ErrorKind, Pipeline, PushInfo, PushKind, RedisError, ServerError, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
};
use tokio::{sync::mpsc, task::AbortHandle};

pub(super) use super::endpoint::Endpoint;
use super::{
    patience::{Limits, Succession, Watch},
    socket::Socket,
};
use crate::{
    error::{Refusal, TransportError},
    transport::Notice,
};

/// A live connection and the sign that it has ended.
#[derive(Clone)]
pub(super) struct Live {
    connection: MultiplexedConnection,
    ended: Arc<AtomicBool>,
    tracking: Arc<AtomicBool>,
    succession: Option<Arc<dyn Succession>>,
    /// Ends with the last who may use the connection.
    _driver: Arc<Driver>,
}

/// The task that reads and writes for all.
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Live {
    /// Runs a pipeline: one answer per command, errors among them.
    ///
    /// # Errors
    ///
    /// When the connection failed before all answers came: the commands may have
    /// run. The lane's next command then opens a new connection.
    pub(super) async fn run(
        &mut self,
        operation: &'static str,
        pipe: &Pipeline,
        commands: usize,
    ) -> Result<Vec<Value>, TransportError> {
        let answers = self.connection.req_packed_commands(pipe, 0, commands);
        let mut watch = Watch::over(self.succession.clone());
        let answers = watch.within(Limits::ANSWER, answers).await;
        let answered = answers.map_err(|silence| {
            self.discard();
            TransportError::unknown(operation, silence)
        });
        let answers = answered?.map_err(|error| {
            if error.is_unrecoverable_error() {
                self.discard();
            }
            TransportError::unknown(operation, error)
        })?;
        let is_sent_away = answers
            .iter()
            .any(|answer| matches!(answer, Value::ServerError(error) if moved_away(error.code())));
        if is_sent_away {
            self.discard();
        }
        Ok(answers)
    }

    /// Gives the connection up: the lane's next command opens a new one.
    pub(super) fn discard(&self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// The connection for commands that answer at once, renewed when it fails.
pub(super) struct Lane {
    endpoint: Arc<Endpoint>,
    name: String,
    live: Mutex<Option<Live>>,
    /// Held while connecting, so that all who wait share one attempt.
    connecting: tokio::sync::Mutex<()>,
    notices: Arc<Notices>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Lane {
    pub(super) fn new(endpoint: Arc<Endpoint>, name: &str) -> Self {
        Self {
            endpoint,
            name: name.to_owned(),
            live: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            notices: Arc::default(),
        }
    }

    /// Where notices of watched lists go, too.
    pub(super) fn notify(&self, notices: mpsc::UnboundedSender<Notice>) {
        lock(&self.notices.0).push(notices);
    }

    fn current(&self) -> Option<Live> {
        let live = lock(&self.live).clone()?;
        (!live.ended.load(Ordering::Acquire)).then_some(live)
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
            .map_err(|error| self.endpoint.unreachable(operation, error))?;
        if lock(&self.live).replace(live.clone()).is_some() {
            tracing::info!(lane = %self.name, "connected to Redis again");
            // Whatever ended the old connection: Redis forgot its watches with it.
            self.notices.tell(&Notice::Forgotten);
        }
        Ok(live)
    }

    async fn open(&self) -> io::Result<Live> {
        let opening = async {
            let greeted = self.greet(self.endpoint.socket().await?).await;
            greeted.map_err(|error| io::Error::new(io_kind(&error), error))
        };
        self.endpoint.opening(opening).await
    }

    async fn greet(&self, socket: Box<dyn Socket>) -> Result<Live, RedisError> {
        let ended = Arc::new(AtomicBool::new(false));
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_push_sender(self.push_sender(Arc::clone(&ended)));
        let login = self.endpoint.login();
        let (mut connection, driver) =
            MultiplexedConnection::new_with_config(login, socket, config).await?;
        let driver = Driver(tokio::spawn(driver).abort_handle());
        let asked = Instant::now();
        let mut hello = redis::pipe();
        hello.cmd("TIME");
        // What an access list forbids of these is missed: deadlines are then told
        // by this machine's clock.
        hello.cmd("CLIENT").arg("SETNAME").arg(&self.name);
        let answers = connection.req_packed_commands(&hello, 0, 2).await?;
        if let Some(time) = answers.into_iter().next() {
            self.endpoint.learn_time(time, asked);
        }
        Ok(Live {
            connection,
            ended,
            tracking: Arc::default(),
            succession: self.endpoint.succession(),
            _driver: Arc::new(driver),
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
                PushKind::Disconnection => {
                    ended.store(true, Ordering::Release);
                    notices.tell(&Notice::Forgotten);
                }
                PushKind::Invalidate => {
                    for notice in changed(push.data) {
                        notices.tell(&notice);
                    }
                }
                _ => {}
            }
            Ok(())
        }
    }

    /// The connection, with Redis asked, once per connection, to tell of changes to keys that are read
    /// right after `CLIENT CACHING YES`. Not of all that are read: a search in a
    /// queue would otherwise bring a notice for each of its changes.
    pub(super) async fn tracking(&self) -> Result<Live, TransportError> {
        let operation = "watch a list";
        let mut live = self.connection(operation).await?;
        if live.tracking.load(Ordering::Acquire) {
            return Ok(live);
        }
        let mut pipe = redis::pipe();
        pipe.cmd("CLIENT").arg(&["TRACKING", "ON", "OPTIN"]);
        let answers = live.run(operation, &pipe, 1).await?;
        if let Some(Value::ServerError(error)) = answers.into_iter().next() {
            return Err(refused(operation, error));
        }
        live.tracking.store(true, Ordering::Release);
        Ok(live)
    }

    /// [`Live::run`] on the connection there is, or on a new one.
    ///
    /// # Errors
    ///
    /// When there is no connection (certainly not sent), or when it failed before
    /// the answers came (perhaps sent).
    pub(super) async fn run(
        &self,
        operation: &'static str,
        pipe: &Pipeline,
        commands: usize,
    ) -> Result<Vec<Value>, TransportError> {
        let mut live = self.connection(operation).await?;
        let answers = live.run(operation, pipe, commands).await;
        if live.ended.load(Ordering::Acquire) {
            // Whoever watches lists must renew the connection: nobody else may.
            self.notices.tell(&Notice::Forgotten);
        }
        answers
    }
}

/// What kind of failure it is when a server does not get as far as an answer.
fn io_kind(error: &RedisError) -> io::ErrorKind {
    match error.kind() {
        ErrorKind::Io => io::ErrorKind::ConnectionReset,
        ErrorKind::Parse => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    }
}

/// Whom to tell of changes. As many as brokers share the connection.
#[derive(Default)]
struct Notices(Mutex<Vec<mpsc::UnboundedSender<Notice>>>);

impl Notices {
    /// Tells all; those that are gone are told no more.
    fn tell(&self, notice: &Notice) {
        lock(&self.0).retain(|notices| notices.send(notice.clone()).is_ok());
    }
}

/// An error that Redis answered a command with.
pub(super) fn refused(operation: &'static str, error: ServerError) -> TransportError {
    let refusal = refusal(error.code());
    TransportError::refused(operation, refusal, RedisError::from(error))
}

/// Whether Redis will later do what it refused with this code.
pub(super) fn refusal(code: &str) -> Refusal {
    match code {
        "LOADING" | "READONLY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN" => Refusal::Failover,
        "MOVED" | "ASK" => Refusal::Moved,
        "OOM" | "MISCONF" | "BUSY" => Refusal::Overloaded,
        _ => Refusal::ForGood,
    }
}

/// Whether this code says that the server is no longer the one to talk to: it
/// became a replica, lost its master, or wants a new login.
pub(super) fn moved_away(code: &str) -> bool {
    matches!(code, "READONLY" | "MASTERDOWN" | "NOAUTH" | "UNBLOCKED")
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
