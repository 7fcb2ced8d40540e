//! A master, a replica, and three sentinels that watch them.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use crate::{RedisServer, ask, binary, free_port, new_folder, wait_until};

/// What the sentinels call the master.
const NAME: &str = "main";

/// A master is gone when it was silent for this long. Long enough for a busy
/// machine, short for a test that waits for it.
const DOWN_AFTER_MILLIS: u64 = 2000;

/// How often a sentinel looks at the nodes, and tells others and is told, in
/// milliseconds: a tenth of the usual. Else a failover takes half a minute.
const HASTE: &str = "info-period 1000 publish-period 200 ask-period 200 tilt-period 2000";

/// One master, one replica and three sentinels, two of which must agree.
///
/// The two are known by their place: 0 is the master at first.
///
/// ```no_run
/// use redisrpc_test_support::sentinel::Sentinels;
///
/// let mut redis = Sentinels::start();
/// redis.failover();
/// assert_eq!(redis.master(), 1);
/// redis.kill_master();
/// redis.until_master(0);
/// redis.restart(1);
/// ```
#[derive(Debug)]
pub struct Sentinels {
    nodes: [RedisServer; 2],
    sentinels: Vec<Sentinel>,
}

impl Sentinels {
    /// Starts all five, and waits until they know each other.
    ///
    /// # Panics
    ///
    /// When they do not come up or do not find each other.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts all five, master and replica with further command-line options.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn with(options: &[&str]) -> Self {
        let nodes = [RedisServer::with(options), RedisServer::with(options)];
        let port = nodes[0].port;
        Self::watch(nodes, port, None)
    }

    /// Starts all five, who speak TLS with each other and with clients, as these
    /// options say: with which certificates.
    ///
    /// Where the master is, is not told by [`master`](Self::master).
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn encrypted(options: &[&str]) -> Self {
        let nodes = [(); 2].map(|()| {
            let port = free_port().to_string();
            let tls = ["--tls-port", &port, "--tls-replication", "yes"];
            RedisServer::with(&[&tls, options].concat())
        });
        let port = nodes[0].tls_port();
        let settings: Vec<_> = options.chunks(2).map(|it| it.join(" ")).collect();
        let settings = settings.join("\n").replace("--", "");
        Self::watch(nodes, port, Some(&settings))
    }

    fn watch(nodes: [RedisServer; 2], port: u16, tls: Option<&str>) -> Self {
        nodes[1].tell(&format!("REPLICAOF 127.0.0.1 {port}"));
        // A sentinel asks a replica every 10 s how it is.
        assert!(wait_until(|| follows(&nodes[1], port)), "no replica");
        let sentinels = (0..3).map(|_| Sentinel::start(port, tls)).collect();
        let redis = Self { nodes, sentinels };
        let met = wait_until(|| redis.sentinels.iter().all(Sentinel::knows_all));
        assert!(met, "the sentinels do not know each other and the replica");
        redis
    }

    /// The sentinels' addresses: `redis://127.0.0.1:port`.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(Sentinel::url).collect()
    }

    /// Their address as a broker's:
    /// `redis+sentinel://127.0.0.1:port,127.0.0.1:port,127.0.0.1:port/main`.
    #[must_use]
    pub fn url(&self) -> String {
        let ports = self.sentinels.iter().map(|sentinel| sentinel.port);
        let hosts: Vec<_> = ports.map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/{NAME}", hosts.join(","))
    }

    /// Their address as a broker's for [those](Self::encrypted) who speak TLS; each is
    /// from now on logged in at with this password.
    ///
    /// # Panics
    ///
    /// When a sentinel does not answer.
    #[must_use]
    pub fn guarded_url(&self, password: &str) -> String {
        let hosts = self.sentinels.iter().map(|sentinel| {
            sentinel.tell(&format!("ACL SETUSER default resetpass >{password}"));
            format!("127.0.0.1:{}", sentinel.tls_port.expect("it speaks TLS"))
        });
        let hosts = hosts.collect::<Vec<_>>().join(",");
        format!("rediss+sentinel://{hosts}/{NAME}?sentinelPassword={password}")
    }

    /// What the sentinels call the master.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// The master and the replica, to look at and to freeze.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// The place of the master that the first sentinel names.
    ///
    /// # Panics
    ///
    /// When the sentinel does not answer, or names neither.
    #[must_use]
    pub fn master(&self) -> usize {
        let port = self.sentinels[0].master();
        let place = self.nodes.iter().position(|node| Some(node.port) == port);
        place.expect("one of the two")
    }

    /// Has the sentinels make the replica the master and the master a replica, and
    /// waits until it is so and all three say so. Clients that block at the old
    /// master are answered `UNBLOCKED`.
    ///
    /// # Panics
    ///
    /// When they refuse, or it does not happen.
    pub fn failover(&self) {
        let (old, new) = (self.master(), 1 - self.master());
        self.sentinels[0].tell(&format!("SENTINEL FAILOVER {NAME}"));
        self.until_master(new);
        let followed = wait_until(|| follows(&self.nodes[old], self.nodes[new].port));
        assert!(followed, "the old master does not follow the new one");
    }

    /// Kills the master as `kill -9` does, and returns its place. The sentinels
    /// promote the other after a few seconds.
    ///
    /// # Panics
    ///
    /// As [`master`](Self::master).
    pub fn kill_master(&mut self) -> usize {
        let master = self.master();
        self.nodes[master].kill();
        master
    }

    /// Waits until the node at a place is a master and all three sentinels say so.
    ///
    /// # Panics
    ///
    /// When they do not within the [patience](crate::PATIENCE) of all tests.
    pub fn until_master(&self, place: usize) {
        let node = &self.nodes[place];
        let promoted = wait_until(|| {
            let named = |sentinel: &Sentinel| sentinel.master() == Some(node.port);
            self.sentinels.iter().all(named) && replication(node).contains("role:master")
        });
        assert!(promoted, "node {place} is no master");
    }

    /// Starts a node again after it was killed, and waits until the sentinels have
    /// made it a replica.
    ///
    /// # Panics
    ///
    /// When they do not.
    pub fn restart(&mut self, place: usize) {
        self.nodes[place].restart();
        let followed = wait_until(|| follows(&self.nodes[place], self.nodes[1 - place].port));
        assert!(followed, "node {place} does not follow the other");
    }
}

/// What a node says of its role; nothing where it answers nobody, as while a
/// sentinel closes all its connections.
fn replication(node: &RedisServer) -> String {
    node.try_ask("INFO replication").unwrap_or_default()
}

/// Whether a node is a replica of the other and has all that it has.
fn follows(replica: &RedisServer, master: u16) -> bool {
    let said = replication(replica);
    said.contains("role:slave")
        && said.contains("master_link_status:up")
        && said.contains(&format!("master_port:{master}\r"))
}

/// One sentinel's process, stopped when dropped.
#[derive(Debug)]
struct Sentinel {
    process: Child,
    port: u16,
    tls_port: Option<u16>,
    folder: PathBuf,
}

impl Sentinel {
    /// Starts a sentinel that watches the master at a port.
    fn start(master: u16, tls: Option<&str>) -> Self {
        let (port, tls_port) = (free_port(), tls.map(|_| free_port()));
        let tls = tls_port
            .zip(tls)
            .map(|(port, settings)| format!("tls-port {port}\ntls-replication yes\n{settings}\n"));
        let settings = tls.unwrap_or_default();
        let folder = new_folder(port);
        // It keeps in this file what it learns, and does not start without one.
        let file = folder.join("sentinel.conf");
        let config = format!(
            "port {port}\n\
             bind 127.0.0.1\n\
             sentinel monitor {NAME} 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MILLIS}\n\
             sentinel failover-timeout {NAME} 6000\n\
             {settings}"
        );
        fs::write(&file, config).expect("a file in a new folder");
        let process = Command::new(binary())
            .arg(&file)
            .arg("--sentinel")
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let sentinel = Self {
            process,
            port,
            tls_port,
            folder,
        };
        let up = wait_until(|| sentinel.ask::<String>("PING").is_ok());
        assert!(up, "a sentinel did not come up on port {port}");
        sentinel.tell(&format!("SENTINEL DEBUG {HASTE}"));
        sentinel
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn ask<T: redis::FromRedisValue>(&self, command: &str) -> redis::RedisResult<T> {
        ask(&self.url(), command)
    }

    fn tell(&self, command: &str) {
        // It may be busy with the failover before this one.
        let told = wait_until(|| self.ask::<String>(command).is_ok());
        assert!(told, "{command}: {:?}", self.ask::<String>(command));
    }

    /// The port of the master as it knows it.
    fn master(&self) -> Option<u16> {
        let command = format!("SENTINEL GET-MASTER-ADDR-BY-NAME {NAME}");
        let (_, port): (String, String) = self.ask(&command).ok()?;
        port.parse().ok()
    }

    /// Whether it knows the other two, and the replica as one that can be promoted.
    fn knows_all(&self) -> bool {
        type Facts = std::collections::HashMap<String, String>;
        let others: Vec<Facts> = self
            .ask(&format!("SENTINEL SENTINELS {NAME}"))
            .unwrap_or_default();
        let replicas: Vec<Facts> = self
            .ask(&format!("SENTINEL REPLICAS {NAME}"))
            .unwrap_or_default();
        let says = |facts: &Facts, name: &str, value: &str| {
            facts.get(name).is_some_and(|said| said == value)
        };
        others.len() == 2
            && others.iter().all(|other| says(other, "flags", "sentinel"))
            && replicas.iter().any(|replica| {
                says(replica, "flags", "slave") && says(replica, "master-link-status", "ok")
            })
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
