//! The clusters and sentinels that other tests stand on do what they say.

use redisrpc_test_support::{RedisServer, cluster::RedisCluster, sentinel::Sentinels, wait_until};

/// What one node answers to a command about keys: an error's code, or nothing.
fn refusal(node: &RedisServer, command: &str) -> Option<String> {
    let answer = node.try_ask::<redis::Value>(command);
    answer.err()?.code().map(str::to_owned)
}

#[test]
fn a_slot_of_a_cluster_moves_with_its_keys() {
    let cluster = RedisCluster::start();
    let slot = cluster.slot_of("calc");
    let from = cluster.owner(slot);
    let to = (from + 1) % 3;
    let [old, new] = [&cluster.nodes()[from], &cluster.nodes()[to]];
    assert_eq!(old.ask::<usize>("RPUSH calc one two"), 2);
    cluster.begin_move(slot, to);
    assert_eq!(refusal(old, "RPUSH {calc}:other x").as_deref(), Some("ASK"));
    cluster.end_move(slot);
    assert_eq!(cluster.owner(slot), to);
    assert_eq!(refusal(old, "LLEN calc").as_deref(), Some("MOVED"));
    assert_eq!(new.ask::<usize>("LLEN calc"), 2);
    assert!(cluster.url().starts_with("redis+cluster://127.0.0.1:"));
    assert_eq!(cluster.url().split(',').count(), 3);
}

#[test]
fn a_master_of_a_cluster_that_is_killed_comes_back_with_its_slots() {
    let mut cluster = RedisCluster::start();
    let slot = cluster.slot_of("calc");
    let owner = cluster.owner(slot);
    cluster.kill(owner);
    assert_eq!(cluster.url().split(',').count(), 2);
    let other = (owner + 1) % 3;
    let noticed = wait_until(|| {
        let key = format!("LLEN {}", key_of(&cluster, other));
        refusal(&cluster.nodes()[other], &key).as_deref() == Some("CLUSTERDOWN")
    });
    assert!(noticed, "the others notice");
    cluster.restart(owner);
    assert_eq!(cluster.owner(slot), owner);
    assert_eq!(cluster.nodes()[owner].ask::<usize>("LLEN calc"), 0);
}

/// A key in a slot of this master.
fn key_of(cluster: &RedisCluster, owner: usize) -> String {
    let keys = (0..).map(|n| format!("key{n}"));
    let mut owned = keys.filter(|key| cluster.owner(cluster.slot_of(key)) == owner);
    owned.next().expect("one in three")
}

#[test]
fn a_replica_in_a_cluster_takes_over_from_its_killed_master() {
    let mut cluster = RedisCluster::with_replicas();
    let slot = cluster.slot_of("calc");
    let owner = cluster.owner(slot);
    assert_eq!(cluster.nodes()[owner].ask::<usize>("RPUSH calc one"), 1);
    let copied = wait_until(|| cluster.nodes()[owner + 3].ask::<usize>("DBSIZE") == 1);
    assert!(copied, "the replica has what its master has");
    cluster.kill(owner);
    let replica = &cluster.nodes()[owner + 3];
    let promoted = wait_until(|| refusal(replica, "LLEN calc").is_none());
    assert!(promoted, "the replica takes over");
    assert_eq!(replica.ask::<usize>("LLEN calc"), 1);
    cluster.until_well();
    assert_eq!(cluster.owner(slot), owner + 3);
}

#[test]
fn sentinels_that_are_told_to_exchange_master_and_replica() {
    let redis = Sentinels::start();
    assert_eq!(redis.master(), 0);
    assert_eq!(redis.urls().len(), 3);
    assert!(redis.url().ends_with("/main"));
    redis.failover();
    assert_eq!(redis.master(), 1);
    let [old, new] = [0, 1].map(|place| refusal(&redis.nodes()[place], "SET key x"));
    assert_eq!((old.as_deref(), new), (Some("READONLY"), None));
    redis.failover();
    assert_eq!(redis.master(), 0);
}

#[test]
fn sentinels_promote_the_replica_when_the_master_is_killed() {
    let mut redis = Sentinels::start();
    assert_eq!(redis.kill_master(), 0);
    redis.until_master(1);
    redis.restart(0);
    assert_eq!(redis.master(), 1);
    let refused = refusal(&redis.nodes()[0], "SET key x");
    assert_eq!(refused.as_deref(), Some("READONLY"));
}
