//! A way to a Redis on which bytes are lost, late, or cut off.

mod way;

use std::{
    io,
    net::TcpListener,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::{AbortHandle, JoinSet},
};

use self::way::{Coming, Direction, Way};
use crate::RedisServer;

/// All proxies of the process run here, whatever the tests do to their own runtimes.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder.build().expect("a runtime")
});

/// What happens to a connection, from then on until its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Both ends are told that it is over (`FIN`).
    Close,
    /// Both ends are told that it never was (`RST`).
    Reset,
    /// What goes to Redis vanishes, an end of the connection included.
    BlackHoleUp,
    /// What comes from Redis vanishes, an end of the connection included.
    BlackHoleDown,
    /// Every piece of what is sent, up to 16 KiB either way, waits for so long
    /// before it is passed on.
    Delay(Duration),
}

impl Fault {
    fn ends(self) -> bool {
        matches!(self, Self::Close | Self::Reset)
    }
}

/// A TCP proxy in front of a Redis, stopped when dropped.
///
/// It passes everything on until one of its connections is struck by a [`Fault`].
/// It knows them by the beginning of the name that they give themselves with
/// `CLIENT SETNAME`; the empty one is the beginning of all.
///
/// ```no_run
/// use redisrpc_test_support::{RedisServer, proxy::{Fault, Proxy}};
///
/// let redis = RedisServer::start();
/// let proxy = Proxy::start(&redis);
/// // ... something connects to `proxy.url()` ...
/// proxy.strike("redisrpc:pop:", Fault::BlackHoleDown);
/// // This one passes 100 more bytes first, whether to Redis or back.
/// proxy.strike_after("redisrpc:push:", 100, Fault::Close);
/// ```
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    /// The port of the Redis that new connections lead to.
    to: Mutex<u16>,
    ways: Mutex<Vec<Arc<Way>>>,
    struck: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy in front of a server.
    ///
    /// # Panics
    ///
    /// When the machine has no free port.
    #[must_use]
    pub fn start(redis: &RedisServer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        let shared = Arc::new(Shared {
            to: Mutex::new(redis.port),
            ways: Mutex::default(),
            struck: AtomicUsize::new(0),
        });
        let accepting = RUNTIME.spawn(accept(listener, Arc::clone(&shared)));
        Self {
            port,
            shared,
            accepting: accepting.abort_handle(),
        }
    }

    /// Its address as a broker's: `redis://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Leads new connections to another server.
    pub fn lead_to(&self, redis: &RedisServer) {
        *lock(&self.shared.to) = redis.port;
    }

    /// How many open connections have a name that begins so.
    #[must_use]
    pub fn connections(&self, name: &str) -> usize {
        self.shared.named(name).len()
    }

    /// Strikes the connections whose name begins so. Those that are opened later
    /// are not struck.
    pub fn strike(&self, name: &str, fault: Fault) {
        self.strike_after(name, 0, fault);
    }

    /// [`strike`](Self::strike) after so many more bytes have passed on a
    /// connection, either way.
    pub fn strike_after(&self, name: &str, bytes: usize, fault: Fault) {
        self.strike_when(name, bytes, None, fault);
    }

    /// [`strike`](Self::strike) in the next answer, after so many bytes of it: what
    /// it is an answer to has reached Redis.
    pub fn strike_in_answer(&self, name: &str, bytes: usize, fault: Fault) {
        self.strike_when(name, bytes, Some(Direction::Down), fault);
    }

    fn strike_when(&self, name: &str, left: usize, only: Option<Direction>, fault: Fault) {
        for way in self.shared.named(name) {
            way.strike(Coming { left, only, fault }, &self.shared.struck);
        }
    }

    /// How many connections have been struck so far. One that is to be struck after
    /// some bytes does not count before these have passed.
    #[must_use]
    pub fn struck(&self) -> usize {
        self.shared.struck.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn named(&self, name: &str) -> Vec<Arc<Way>> {
        let ways = lock(&self.ways);
        let named = ways.iter().filter(|way| way.is_named(name));
        named.cloned().collect()
    }
}

/// Accepts connections; they end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        let (near, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(near, Arc::clone(&shared)));
    }
}

/// One connection from its beginning to its end. Where Redis cannot be reached, it
/// is closed at once.
async fn connection(mut near: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let to = *lock(&shared.to);
    let mut far = TcpStream::connect(("127.0.0.1", to)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let way = Arc::new(Way::new());
    lock(&shared.ways).push(Arc::clone(&way));
    {
        let ((from_near, to_near), (from_far, to_far)) = (near.split(), far.split());
        // Whichever ends first ends the other.
        tokio::select! {
            _ = way.pass(from_near, to_far, Direction::Up, &shared.struck) => {}
            _ = way.pass(from_far, to_near, Direction::Down, &shared.struck) => {}
            () = way.is_ended() => {}
        }
    }
    if way.in_effect() == Some(Fault::Reset) {
        for end in [&near, &far] {
            SockRef::from(end).set_linger(Some(Duration::ZERO))?;
        }
    }
    lock(&shared.ways).retain(|other| !Arc::ptr_eq(other, &way));
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
