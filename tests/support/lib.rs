//! Parts the test suites share: a real `redis-server`, and waiting with a bound.

pub mod cluster;
pub mod proxy;
pub mod sentinel;
pub mod shared;

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// Longest wait for anything that is expected to happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A `redis-server` of the test's own, on a free port, stopped when dropped.
///
/// The binary is `redis-server` from the `PATH`, or what `REDIS_SERVER` names.
#[derive(Debug)]
pub struct RedisServer {
    process: Option<Child>,
    port: u16,
    folder: PathBuf,
    options: Vec<String>,
}

impl RedisServer {
    /// Starts a server with an empty database and no persistence.
    ///
    /// # Panics
    ///
    /// When there is no `redis-server`, or it does not come up.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with further command-line options.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn with(options: &[&str]) -> Self {
        // Another process may have taken the port meanwhile.
        let mut servers = (0..5).map(|_| {
            let port = free_port();
            Self {
                process: None,
                port,
                folder: new_folder(port),
                options: options.iter().copied().map(str::to_owned).collect(),
            }
        });
        let server = servers.find_map(|mut server| server.comes_up().then_some(server));
        server.expect("redis-server comes up")
    }

    /// Its address as a broker's: `redis://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port of its own where it is spoken to over TLS; 0 if there is none.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn tls_port(&self) -> u16 {
        let port: Vec<String> = self.ask("CONFIG GET tls-port");
        port.last().and_then(|port| port.parse().ok()).unwrap_or(0)
    }

    /// Its unix socket's path.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it on the same port, after a [`kill`](Self::kill).
    ///
    /// # Panics
    ///
    /// When it does not come up.
    pub fn restart(&mut self) {
        let up = self.comes_up();
        assert!(up, "redis-server did not come up on port {}", self.port);
    }

    /// Starts it; whether it, and no other server, then answers at its port.
    fn comes_up(&mut self) -> bool {
        self.kill();
        // It makes its socket after it has got its port.
        let _ = std::fs::remove_file(self.socket());
        let binary = binary();
        let process = Command::new(&binary)
            .args(["--port", &self.port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--unixsocket")
            .arg(self.socket())
            .arg("--dir")
            .arg(&self.folder)
            .args(&self.options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} could not be started: {error}", binary.display());
            });
        let process = self.process.insert(process);
        let mut ended = false;
        let (socket, port) = (self.folder.join("redis.sock"), self.port);
        wait_until(|| {
            ended = !matches!(process.try_wait(), Ok(None));
            ended || socket.exists() && is_up(port)
        }) && !ended
    }

    /// Stops its process where it is: its sockets stay open and nobody is answered
    /// until it is [thawed](Self::thaw).
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on after a [`freeze`](Self::freeze).
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("it runs");
        let sent = Command::new("kill")
            .args([signal, &process.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "kill {signal}");
    }

    /// The answer to a command without spaces in its arguments: `LLEN calc`.
    ///
    /// # Panics
    ///
    /// When it is an error or of another type.
    #[must_use]
    pub fn ask<T: redis::FromRedisValue>(&self, command: &str) -> T {
        self.try_ask(command)
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// [`ask`](Self::ask) for what may fail.
    ///
    /// # Errors
    ///
    /// When the server does not answer, answers an error, or something of another
    /// type.
    pub fn try_ask<T: redis::FromRedisValue>(&self, command: &str) -> redis::RedisResult<T> {
        ask(&self.url(), command)
    }

    /// Runs a command that answers OK.
    ///
    /// # Panics
    ///
    /// When it answers anything else.
    pub fn tell(&self, command: &str) {
        assert_eq!(self.ask::<String>(command), "OK", "{command}");
    }

    /// A number of its `INFO`: `tracking_total_keys`.
    ///
    /// # Panics
    ///
    /// When there is no such number.
    #[must_use]
    pub fn number(&self, field: &str) -> u64 {
        let info: String = self.ask("INFO everything");
        let number = info
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        number
            .and_then(|number| number.trim().parse().ok())
            .unwrap_or_else(|| panic!("INFO has no number `{field}`"))
    }

    /// The keys there are, but for those that say which servers live.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn left_behind(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.ask("KEYS *");
        keys.retain(|key| !is_sign_of_life(key));
        keys
    }

    /// The keys of servers that live or have died.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn kept_by_servers(&self) -> Vec<String> {
        let mut keys = self.keys();
        keys.retain(|key| key.starts_with("redisrpc:"));
        keys
    }

    /// The keys there are, but for the one that lists the queues, which stays.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.ask("KEYS *");
        keys.retain(|key| key != QUEUES);
        keys
    }

    /// A plain connection of its own, to look at the server and to act as an old peer.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn connection(&self) -> redis::Connection {
        let client = redis::Client::open(self.url()).expect("an address");
        client.get_connection().expect("the server answers")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Whether a server that lives keeps this key.
#[must_use]
pub fn is_sign_of_life(key: &str) -> bool {
    let beside = key.strip_prefix("redisrpc:{");
    let says_so = |key: &str| key.ends_with("}:servers") || key.contains("}:beat:");
    key == QUEUES || beside.is_some_and(says_so)
}

/// Lists the queues that are served, or were.
const QUEUES: &str = "redisrpc:queues";

fn is_up(port: u16) -> bool {
    match ask::<String>(&format!("redis://127.0.0.1:{port}"), "PING") {
        Ok(_) => true,
        // It is up, and asks for a password or loads its data.
        Err(error) => matches!(error.code(), Some("NOAUTH" | "LOADING")),
    }
}

/// The answer of the server at `url` to a command without spaces in its arguments.
fn ask<T: redis::FromRedisValue>(url: &str, command: &str) -> redis::RedisResult<T> {
    let mut asked = redis::Cmd::new();
    for word in command.split(' ') {
        asked.arg(word);
    }
    asked.query(&mut redis::Client::open(url)?.get_connection()?)
}

/// A port nobody listens on, given to nobody else in this process. Another one may
/// take it before its use; tests that lose that race say so by the server not
/// coming up.
///
/// # Panics
///
/// When the machine has no free port.
#[must_use]
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
        if given.insert(port) {
            return port;
        }
    }
}

fn binary() -> OsString {
    std::env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
}

fn new_folder(port: u16) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("redisrpc-{}-{port}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    folder
}

/// Waits until the condition holds, looking every few milliseconds; `false` when
/// it still does not after [`PATIENCE`].
pub fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// [`wait_until`] for async tests: other tasks go on meanwhile.
pub async fn until(mut condition: impl FnMut() -> bool) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

/// A program built from this workspace's examples.
///
/// # Panics
///
/// When it was not built: the tests of a package build its examples.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps");
    let program = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "{} is not built; run `cargo build --examples` first",
        program.display()
    );
    program
}

/// Reads a whole stream as text, for the output of child processes.
///
/// # Errors
///
/// When it cannot be read or is not UTF-8.
pub fn text(mut stream: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}
