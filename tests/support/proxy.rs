//! A way to a Redis on which bytes are lost, late, or cut off.

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
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    runtime::{Builder, Runtime},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use crate::RedisServer;

/// All proxies of the process run here, whatever the tests do to their own runtimes.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder.build().expect("a runtime")
});

/// How many of a connection's first bytes are searched for its name.
const SEARCHED: usize = 4096;

/// Most bytes passed on at once.
const PIECE: usize = 16 * 1024;

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
            *lock(&way.coming) = Some(Coming { left, only, fault });
            if left == 0 && only.is_none() {
                way.before_fault(0, None, &self.shared);
            }
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
        let named = ways.iter().filter(|way| lock(&way.name).is(name));
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
        let mut fault = way.fault.subscribe();
        // Whichever ends first ends the other.
        tokio::select! {
            _ = way.pass(from_near, to_far, Direction::Up, &shared) => {}
            _ = way.pass(from_far, to_near, Direction::Down, &shared) => {}
            _ = fault.wait_for(|fault| fault.is_some_and(Fault::ends)) => {}
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// A fault to come.
#[derive(Debug, Clone, Copy)]
struct Coming {
    fault: Fault,
    /// The bytes to pass before it.
    left: usize,
    /// In which direction they are counted; both if none is named.
    only: Option<Direction>,
}

/// An open connection.
#[derive(Debug)]
struct Way {
    name: Mutex<Name>,
    coming: Mutex<Option<Coming>>,
    /// The fault in effect.
    fault: watch::Sender<Option<Fault>>,
}

impl Way {
    fn new() -> Self {
        Self {
            name: Mutex::new(Name::Searched(Vec::new())),
            coming: Mutex::default(),
            fault: watch::Sender::new(None),
        }
    }

    fn in_effect(&self) -> Option<Fault> {
        *self.fault.borrow()
    }

    /// How many of these next bytes pass before a fault; if not all do, it is in
    /// effect from now on.
    fn before_fault(&self, bytes: usize, direction: Option<Direction>, shared: &Shared) -> usize {
        let mut coming = lock(&self.coming);
        let Some(next) = &mut *coming else {
            return bytes;
        };
        if next.only.is_some() && next.only != direction {
            return bytes;
        }
        if next.left > bytes {
            next.left -= bytes;
            return bytes;
        }
        let Coming { left, fault, .. } = *next;
        *coming = None;
        shared.struck.fetch_add(1, Ordering::SeqCst);
        self.fault.send_replace(Some(fault));
        left
    }

    /// Passes on what comes, as far as the faults let it, until its end.
    async fn pass(
        &self,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
        direction: Direction,
        shared: &Shared,
    ) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let read = from.read(&mut piece).await;
            let piece = &piece[..*read.as_ref().unwrap_or(&0)];
            if direction == Direction::Up {
                lock(&self.name).look_in(piece);
            }
            let fault_before = self.in_effect();
            let passing = self.before_fault(piece.len(), Some(direction), shared);
            let (before, after) = piece.split_at(passing);
            apply(fault_before, before, &mut to, direction).await?;
            apply(self.in_effect(), after, &mut to, direction).await?;
            if piece.is_empty() {
                match self.in_effect() {
                    Some(fault) if vanishes(fault, direction) => std::future::pending().await,
                    _ => return read.map(|_| ()),
                }
            }
        }
    }
}

/// Does to a piece what the fault in effect does.
async fn apply(
    fault: Option<Fault>,
    piece: &[u8],
    to: &mut WriteHalf<'_>,
    direction: Direction,
) -> io::Result<()> {
    match fault {
        Some(fault) if fault.ends() || vanishes(fault, direction) => return Ok(()),
        Some(Fault::Delay(delay)) if !piece.is_empty() => tokio::time::sleep(delay).await,
        _ => {}
    }
    to.write_all(piece).await
}

fn vanishes(fault: Fault, direction: Direction) -> bool {
    match direction {
        Direction::Up => fault == Fault::BlackHoleUp,
        Direction::Down => fault == Fault::BlackHoleDown,
    }
}

/// What a connection calls itself.
#[derive(Debug)]
enum Name {
    /// It has said this much, and no name yet.
    Searched(Vec<u8>),
    Found(Vec<u8>),
}

impl Name {
    fn is(&self, beginning: &str) -> bool {
        match self {
            Self::Searched(_) => beginning.is_empty(),
            Self::Found(name) => name.starts_with(beginning.as_bytes()),
        }
    }

    /// Looks for the name in what is sent to Redis.
    fn look_in(&mut self, piece: &[u8]) {
        let Self::Searched(said) = self else {
            return;
        };
        if said.len() < SEARCHED {
            said.extend_from_slice(piece);
            if let Some(name) = name_in(said) {
                *self = Self::Found(name.to_vec());
            }
        }
    }
}

/// The argument of `CLIENT SETNAME` in RESP: `…SETNAME\r\n$4\r\nname\r\n`.
fn name_in(said: &[u8]) -> Option<&[u8]> {
    const COMMAND: &[u8] = b"SETNAME\r\n$";
    let at = said
        .windows(COMMAND.len())
        .position(|window| window == COMMAND)?;
    let mut parts = said[at + COMMAND.len()..].splitn(3, |&byte| byte == b'\n');
    let length = std::str::from_utf8(parts.next()?).ok()?;
    let length: usize = length.trim_end().parse().ok()?;
    parts.next()?.get(..length)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
