//! A Redis Cluster as the broker: lists at several nodes, slots that move, masters
//! that go.

use std::time::Duration;

use redisrpc::{Broker, Client, Server};
use redisrpc_test_support::{RedisServer, cluster::RedisCluster, shared::SharedCluster, until};
use tokio::task::{JoinSet, block_in_place};

use crate::{
    faults::load::Load,
    fixture::{Concurrent, ConcurrentClient, serve},
    recovery::{
        LONG, end, interrupted, ran,
        worker::{self, RECOVERY, WorkClient, worker_at},
    },
};

/// How long the calls of a load wait.
const TIMEOUT: Duration = Duration::from_secs(2);

async fn brokers(cluster: &RedisCluster) -> [Broker; 2] {
    let url = cluster.url();
    let (near, far) = (Broker::connect(&url), Broker::connect(&url));
    [near.await.unwrap(), far.await.unwrap()]
}

/// Queue names, one at each master.
fn queues(cluster: &RedisCluster, of: &str) -> Vec<String> {
    let queues = (0..3).map(|master| {
        let mut names = (0..).map(|n| format!("{of}-{n}"));
        names.find(|name| cluster.owner(cluster.slot_of(name)) == master)
    });
    queues.map(Option::unwrap).collect()
}

#[tokio::test]
async fn one_client_calls_services_at_every_master() {
    let cluster = SharedCluster::get();
    let [near, far] = brokers(&cluster).await;
    let queues = queues(&cluster, "everywhere");
    let servers: Vec<_> = queues
        .iter()
        .map(|queue| serve(Server::new(&far, queue, Concurrent)))
        .collect();
    let clients = queues
        .iter()
        .map(|queue| ConcurrentClient::new(&near, queue));
    let clients: Vec<_> = clients.collect();
    for round in 0..100 {
        let mut calls = JoinSet::new();
        for client in &clients {
            calls.spawn(client.add(round, 1).into_future());
        }
        for sum in calls.join_all().await {
            assert_eq!(sum.unwrap(), round + 1);
        }
    }
    for server in servers {
        server.stop().await;
    }
}

#[tokio::test]
async fn a_killed_servers_calls_are_answered_or_run_again() {
    let (cluster, counts) = (SharedCluster::get(), RedisServer::start());
    let broker = Broker::connect(cluster.url()).await.unwrap();
    let doomed = worker_at(&cluster.url(), &counts, "reported", RECOVERY);
    let client = WorkClient::new(&broker, "work");
    let once = client.once("once".to_owned()).timeout(LONG);
    let often = client.often("often".to_owned()).timeout(LONG);
    let [once, often] = [once, often].map(|call| tokio::spawn(call.into_future()));
    for mark in ["once", "often"] {
        ran(&counts, mark, 1).await;
    }
    doomed.signal("KILL");
    let other = serve(worker::server(&broker, &counts.url()).await);
    interrupted(once.await.unwrap());
    ran(&counts, "often", 2).await;
    end(&counts, "often");
    assert_eq!(often.await.unwrap().unwrap(), 2);
    ran(&counts, "once", 1).await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_while_slots_move() {
    let cluster = RedisCluster::start();
    let [near, far] = brokers(&cluster).await;
    let load = Load::start(&near, &far, Duration::from_secs(30)).await;
    let queue = cluster.slot_of("calc");
    for round in 1..=6 {
        let to = (cluster.owner(queue) + round % 2 + 1) % 3;
        block_in_place(|| cluster.move_slot(queue, to));
        load.flows().await;
        // Where replies wait, whatever the client is called.
        let inbox = cluster.slot_of(&inbox(&cluster));
        let to = (cluster.owner(inbox) + 1) % 3;
        block_in_place(|| cluster.move_slot(inbox, to));
        load.flows().await;
    }
    let counted = load.end().await;
    assert_eq!(counted.failures(), Vec::<String>::new());
}

/// The one reply list that a client waits for at a cluster.
fn inbox(cluster: &RedisCluster) -> String {
    let lists = cluster.nodes().iter().find_map(|node| {
        let clients: String = node.ask("CLIENT LIST");
        let (_, client) = clients.split_once("name=redisrpc:pop:replies:")?;
        Some(client.split_whitespace().next()?.to_owned())
    });
    format!("calc:rpc:{{{}}}", lists.expect("a client"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_wait_while_their_slot_is_on_its_way() {
    let cluster = RedisCluster::start();
    let [near, far] = brokers(&cluster).await;
    let load = Load::start(&near, &far, Duration::from_secs(30)).await;
    let slot = cluster.slot_of("calc");
    let to = (cluster.owner(slot) + 1) % 3;
    cluster.begin_move(slot, to);
    let refused = || {
        let stats = cluster
            .nodes()
            .iter()
            .map(|node| node.ask::<String>("INFO errorstats"));
        stats
            .into_iter()
            .any(|stats| stats.contains("errorstat_ASK"))
    };
    assert!(until(refused).await);
    block_in_place(|| cluster.end_move(slot));
    load.flows().await;
    let counted = load.end().await;
    assert_eq!(counted.failures(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_again_after_each_master_was_killed_and_restarted() {
    let mut cluster = RedisCluster::start();
    let [near, far] = brokers(&cluster).await;
    let load = Load::start(&near, &far, TIMEOUT).await;
    for master in 0..3 {
        cluster.kill(master);
        block_in_place(|| cluster.restart(master));
        load.flows().await;
    }
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_again_after_a_replica_took_over() {
    let mut cluster = RedisCluster::with_replicas();
    let [near, far] = brokers(&cluster).await;
    let load = Load::start(&near, &far, TIMEOUT).await;
    let slot = cluster.slot_of("calc");
    let owner = cluster.owner(slot);
    cluster.kill(owner);
    load.flows().await;
    block_in_place(|| cluster.restart(owner));
    load.flows().await;
    // What the old master had not told its replica yet is not known to have run.
    load.stop().await.check_told().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_again_while_the_old_master_answers_nobody() {
    let cluster = RedisCluster::with_replicas();
    let [near, far] = brokers(&cluster).await;
    let load = Load::start(&near, &far, TIMEOUT).await;
    let owner = cluster.owner(cluster.slot_of("calc"));
    cluster.nodes()[owner].freeze();
    load.flows().await;
    cluster.nodes()[owner].thaw();
    load.stop().await.check_told().unwrap();
}

#[tokio::test]
async fn a_queue_name_with_a_brace_is_refused() {
    let cluster = SharedCluster::get();
    let broker = Broker::connect(cluster.url()).await.unwrap();
    for queue in ["{calc}", "a}b", "a{b"] {
        let server = Server::new(&broker, queue, Concurrent).run().await;
        let call = Client::new(&broker, queue).call("add").arg(1).arg(2);
        let call = call.returning::<i64>().await;
        for error in [server.unwrap_err(), call.unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains("holds a brace"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_address_that_leads_to_no_cluster_is_an_error() {
    let redis = redisrpc_test_support::RedisServer::start();
    let alone = redis.url().replace("redis://", "redis+cluster://");
    for (url, what) in [
        (&*alone, "is not part of a cluster"),
        ("redis+cluster://one:1/3", "has one database"),
        ("redis+cluster://one:1?db=0", "has no parameters"),
        ("redis+cluster://one:x", "`one:x`"),
    ] {
        let error = Broker::connect(url).await.unwrap_err().to_string();
        assert!(error.contains(what), "{url}: {error}");
    }
    // Of several nodes one is enough.
    let cluster = SharedCluster::get();
    let url = cluster.url().replace("//", "//127.0.0.1:1,");
    Broker::connect(url).await.unwrap();
}
