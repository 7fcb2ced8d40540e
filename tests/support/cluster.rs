//! A Redis Cluster of the test's own.

use std::fmt::Write as _;

use crate::{RedisServer, free_port, wait_until};

/// Masters in a cluster: the least that can agree that one of them is gone.
const MASTERS: usize = 3;

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

/// How long a node may be silent before the others say that it has failed. Long
/// enough for a busy machine, short for a test that waits for it.
const NODE_TIMEOUT: &str = "2000";

/// Three masters that share the slots evenly, and perhaps a replica of each.
///
/// Nodes are known by their place: 0 to 2 are the masters at first, and 3 to 5 the
/// replicas of these, in order. Nothing is stored on disk but who the nodes are: a
/// node that is killed and restarted comes back with its slots and without keys.
///
/// ```no_run
/// use redisrpc_test_support::cluster::RedisCluster;
///
/// let mut cluster = RedisCluster::start();
/// let slot = cluster.slot_of("calc");
/// let from = cluster.owner(slot);
/// cluster.move_slot(slot, (from + 1) % 3);
/// assert_eq!(cluster.owner(slot), (from + 1) % 3);
/// cluster.kill(from);
/// cluster.restart(from);
/// ```
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts three masters and waits until each of them says that all is well.
    ///
    /// # Panics
    ///
    /// When they do not come up or do not find each other.
    #[must_use]
    pub fn start() -> Self {
        Self::of_nodes(MASTERS, &[])
    }

    /// Starts three masters, with further command-line options.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn with(options: &[&str]) -> Self {
        Self::of_nodes(MASTERS, options)
    }

    /// Starts three masters that speak TLS with each other and with clients, as these
    /// options say: with which certificates.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn encrypted(options: &[&str]) -> Self {
        let nodes = (0..MASTERS).map(|_| {
            let port = free_port().to_string();
            let tls = ["--tls-port", &port, "--tls-cluster", "yes"];
            node(&[&tls, options].concat())
        });
        Self::join(nodes.collect())
    }

    /// Starts three masters and a replica of each, which takes over when its
    /// master has been gone for a few seconds.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn with_replicas() -> Self {
        let cluster = Self::of_nodes(2 * MASTERS, &[]);
        for (master, replica) in cluster.nodes.iter().zip(&cluster.nodes[MASTERS..]) {
            replica.tell(&format!("CLUSTER REPLICATE {}", id(master)));
        }
        let followed = wait_until(|| cluster.nodes[MASTERS..].iter().all(is_in_step));
        assert!(followed, "a replica does not follow its master");
        cluster
    }

    fn of_nodes(count: usize, options: &[&str]) -> Self {
        Self::join((0..count).map(|_| node(options)).collect())
    }

    fn join(nodes: Vec<RedisServer>) -> Self {
        let cluster = Self { nodes };
        for (place, node) in cluster.nodes.iter().enumerate() {
            // Two nodes of one epoch would have to settle who is first.
            node.tell(&format!("CLUSTER SET-CONFIG-EPOCH {}", place + 1));
            if place < MASTERS {
                let (first, end) = (place * SLOTS / MASTERS, (place + 1) * SLOTS / MASTERS);
                node.tell(&format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1));
            }
        }
        let bus: u16 = cluster.nodes[0].ask::<Vec<String>>("CONFIG GET cluster-port")[1]
            .parse()
            .expect("a port");
        let port = match cluster.nodes[0].tls_port() {
            0 => cluster.nodes[0].port,
            port => port,
        };
        for node in &cluster.nodes[1..] {
            node.tell(&format!("CLUSTER MEET 127.0.0.1 {port} {bus}"));
        }
        cluster.until_well();
        cluster
    }

    /// Its address as a broker's, naming the nodes that run:
    /// `redis+cluster://127.0.0.1:port,127.0.0.1:port,…`.
    #[must_use]
    pub fn url(&self) -> String {
        let mut url = "redis+cluster://".to_owned();
        for node in self.running() {
            let comma = if url.ends_with('/') { "" } else { "," };
            // Writing to a string does not fail.
            let _ = write!(url, "{comma}127.0.0.1:{}", node.port);
        }
        url
    }

    /// The nodes, to look at and to freeze. [`kill`](Self::kill) is the cluster's.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// The slot that a key is in.
    ///
    /// # Panics
    ///
    /// When no node runs.
    #[must_use]
    pub fn slot_of(&self, key: &str) -> u16 {
        self.any().ask(&format!("CLUSTER KEYSLOT {key}"))
    }

    /// The place of the master that has a slot, as a running node sees it.
    ///
    /// # Panics
    ///
    /// When no node runs, or none has the slot.
    #[must_use]
    pub fn owner(&self, slot: u16) -> usize {
        let port = owner_in(self.any(), slot).unwrap_or_else(|| panic!("nobody has slot {slot}"));
        let owner = self.nodes.iter().position(|node| node.port == port);
        owner.expect("a node of this cluster")
    }

    /// Moves a slot with its keys to the master at a place.
    ///
    /// # Panics
    ///
    /// When a node that takes part does not run, or refuses.
    pub fn move_slot(&self, slot: u16, to: usize) {
        self.begin_move(slot, to);
        self.end_move(slot);
    }

    /// Begins to move a slot and leaves it so: until the move is
    /// [ended](Self::end_move), its master answers for the keys it has and says `ASK`
    /// for all others.
    ///
    /// # Panics
    ///
    /// As [`move_slot`](Self::move_slot).
    pub fn begin_move(&self, slot: u16, to: usize) {
        let from = &self.nodes[self.owner(slot)];
        let to = &self.nodes[to];
        to.tell(&format!("CLUSTER SETSLOT {slot} IMPORTING {}", id(from)));
        from.tell(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", id(to)));
    }

    /// Moves the keys of a slot whose move was [begun](Self::begin_move), and then
    /// the slot; returns when every node knows.
    ///
    /// # Panics
    ///
    /// As [`move_slot`](Self::move_slot), and when no move was begun.
    pub fn end_move(&self, slot: u16) {
        let from = &self.nodes[self.owner(slot)];
        let to = self.target(from, slot);
        loop {
            let keys: Vec<String> = from.ask(&format!("CLUSTER GETKEYSINSLOT {slot} 100"));
            if keys.is_empty() {
                break;
            }
            for key in keys {
                // A key that has gone meanwhile is answered by NOKEY.
                let _: String = from.ask(&format!("MIGRATE 127.0.0.1 {} {key} 0 5000", to.port));
            }
        }
        let id = id(to);
        // In this order the slot is at no moment without a master.
        to.tell(&format!("CLUSTER SETSLOT {slot} NODE {id}"));
        from.tell(&format!("CLUSTER SETSLOT {slot} NODE {id}"));
        let known = wait_until(|| {
            self.running()
                .all(|node| owner_in(node, slot) == Some(to.port))
        });
        assert!(known, "not every node knows who has slot {slot} now");
    }

    /// Kills a node as `kill -9` does. The others notice after a few seconds.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].kill();
    }

    /// Starts a node again after a [`kill`](Self::kill), and waits until each that
    /// runs says that all is well.
    ///
    /// # Panics
    ///
    /// When they do not.
    pub fn restart(&mut self, node: usize) {
        self.nodes[node].restart();
        self.until_well();
    }

    /// Waits until each node that runs says that all slots are served, and by whom.
    ///
    /// # Panics
    ///
    /// When they do not within the [patience](crate::PATIENCE) of all tests.
    pub fn until_well(&self) {
        let well = wait_until(|| self.running().all(|node| self.is_well(node)));
        let states = self.running().map(|node| node.ask("CLUSTER INFO"));
        assert!(well, "{:?}", states.collect::<Vec<String>>());
    }

    fn is_well(&self, node: &RedisServer) -> bool {
        let info: String = node.ask("CLUSTER INFO");
        let says = |line: &str| info.lines().any(|said| said == line);
        says("cluster_state:ok") && says(&format!("cluster_known_nodes:{}", self.nodes.len()))
    }

    fn running(&self) -> impl Iterator<Item = &RedisServer> {
        self.nodes.iter().filter(|node| node.process.is_some())
    }

    fn any(&self) -> &RedisServer {
        self.running().next().expect("a node runs")
    }

    /// Where a slot of this master is on its way to.
    fn target(&self, from: &RedisServer, slot: u16) -> &RedisServer {
        // The node's own line ends in `[slot->-id]`.
        let nodes: String = from.ask("CLUSTER NODES");
        let (_, target) = nodes
            .split_once(&format!("[{slot}->-"))
            .expect("a move was begun");
        let target = target.split(']').next();
        let mut nodes = self.running();
        nodes
            .find(|node| Some(&*id(node)) == target)
            .expect("a node of this cluster")
    }
}

fn node(options: &[&str]) -> RedisServer {
    // By default it is the port and 10,000, which may be no port.
    let bus = free_port().to_string();
    let mut all = vec!["--cluster-enabled", "yes", "--cluster-port", &bus];
    all.extend(["--cluster-node-timeout", NODE_TIMEOUT]);
    all.extend(options);
    RedisServer::with(&all)
}

fn id(node: &RedisServer) -> String {
    node.ask("CLUSTER MYID")
}

/// Whether a replica follows its master and has all that it has.
fn is_in_step(replica: &RedisServer) -> bool {
    let info: String = replica.ask("INFO replication");
    info.contains("master_link_status:up")
}

/// The port of the master that has a slot, as a node sees it.
fn owner_in(node: &RedisServer, slot: u16) -> Option<u16> {
    type Range = (u16, u16, Vec<redis::Value>);
    let ranges: Vec<Vec<redis::Value>> = node.ask("CLUSTER SLOTS");
    let mut ranges = ranges.into_iter().filter_map(|mut range| {
        // First, last, its master; then its replicas.
        range.truncate(3);
        redis::from_redis_value(redis::Value::Array(range)).ok()
    });
    let (_, _, master) =
        ranges.find(|(first, last, _): &Range| (*first..=*last).contains(&slot))?;
    redis::from_redis_value(master.into_iter().nth(1)?).ok()
}
