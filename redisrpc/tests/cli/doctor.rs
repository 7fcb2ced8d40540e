//! `redisrpc doctor`

use std::thread;

use redisrpc::Server;
use redisrpc_test_support::{RedisServer, until};

use crate::{
    fixture::{Concurrent, redis, serve},
    process::Ended,
    tool::{run, run_at, serve_announced},
};

/// The severity of what was found in a check; the worst, if there is more.
fn severity(ended: &Ended, check: &str) -> String {
    let mut found = ended.out.lines().filter_map(|line| {
        let mut values = line.split('\t');
        let severity = values.next()?;
        (values.next()? == check).then(|| severity.to_owned())
    });
    found
        .next_back()
        .unwrap_or_else(|| panic!("no {check}: {}{}", ended.out, ended.err))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_well_is_told_so() {
    let redis = RedisServer::with(&["--appendonly", "yes"]);
    let broker = redisrpc::Broker::connect(redis.url()).await.unwrap();
    let server = serve_announced(&redis, &broker, "calc", Concurrent).await;
    let ended = run(&redis, &["doctor"]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    for check in [
        "version",
        "eviction",
        "persistence",
        "clock",
        "rights",
        "queue",
    ] {
        assert_eq!(severity(&ended, check), "ok", "{check}: {}", ended.out);
    }
    assert!(
        ended.out.contains("`calc`: 1 server, nothing waits"),
        "{}",
        ended.out
    );
    server.stop().await;
}

#[test]
fn settings_that_bite_are_found() {
    let redis = RedisServer::with(&["--maxmemory", "100mb", "--timeout", "60"]);
    let ended = run(&redis, &["doctor"]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(severity(&ended, "persistence"), "warning");
    assert_eq!(severity(&ended, "timeout"), "warning");
    redis.tell("CONFIG SET maxmemory-policy allkeys-lru");
    let ended = run(&redis, &["doctor"]);
    assert_eq!(
        (ended.code, &*ended.err),
        (Some(1), "error: there is a problem\n")
    );
    assert_eq!(severity(&ended, "eviction"), "problem");
    assert!(
        ended.out.contains("CONFIG SET maxmemory-policy noeviction"),
        "{}",
        ended.out
    );
    redis.tell("CONFIG SET maxmemory 0");
    assert_eq!(severity(&run(&redis, &["doctor"]), "eviction"), "warning");
    let found = run(&redis, &["doctor", "--json"]).out;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found[0]["severity"], "ok");
    assert!(found[0]["check"].is_string() && found[0]["found"].is_string());
}

#[test]
fn a_replica_takes_no_calls() {
    let master = RedisServer::start();
    let url = master.url();
    let port = url.rsplit(':').next().unwrap();
    let replica = RedisServer::with(&["--replicaof", "127.0.0.1", port]);
    assert_eq!(severity(&run(&replica, &["doctor"]), "role"), "problem");
}

#[test]
fn requests_that_nobody_takes_or_answers_for_are_found() {
    let redis = RedisServer::start();
    let _: u64 = redis.ask("RPUSH calc junk");
    let _: u64 = redis.ask("RPUSH redisrpc:{calc}:run:beef:2 junk");
    let _: u64 = redis.ask("RPUSH calc:rpc:X7Y2US junk");
    let _: u64 = redis.ask("LPUSH redisrpc:{calc}:dead junk");
    let _: u64 = redis.ask("HSET redisrpc:{calc}:servers decaf 1");
    let ended = run(&redis, &["doctor"]);
    assert_eq!(
        (ended.code, &*ended.err),
        (Some(1), "error: there are 2 problems\n")
    );
    for (check, expected) in [
        ("queue", "problem"),
        ("orphans", "problem"),
        ("expiry", "warning"),
        ("dead letters", "warning"),
        ("dead servers", "warning"),
    ] {
        assert_eq!(severity(&ended, check), expected, "{}", ended.out);
    }
    assert!(
        ended.out.contains("UNLINK 'calc:rpc:X7Y2US'"),
        "{}",
        ended.out
    );
    // What it advises makes it good.
    assert!(
        ended.out.contains("HSET redisrpc:{calc}:servers beef 3 "),
        "{}",
        ended.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_something_else_or_whose_servers_are_quiet_is_a_problem() {
    let (redis, broker) = redis().await;
    redis.tell("SET number 5");
    let ended = run(&redis, &["doctor", "number"]);
    assert!(
        ended.out.contains("there is a string of this name"),
        "{}",
        ended.out
    );
    assert_eq!(ended.code, Some(1));
    let server = Server::new(&broker, "calc", Concurrent);
    server.handle().quiet();
    let server = serve(server);
    let is_quiet = || run(&redis, &["ls", "calc"]).out.contains("\tquiet\t");
    assert!(until(is_quiet).await);
    let ended = run(&redis, &["doctor", "calc"]);
    assert!(
        ended.out.contains("redisrpc resume --all calc"),
        "{}",
        ended.out
    );
    server.stop().await;
}

#[test]
fn old_peers_are_seen() {
    let redis = RedisServer::start();
    let mut connection = redis.connection();
    let old = thread::spawn(move || {
        let mut pop = redis::cmd("BLPOP");
        pop.arg("calc")
            .arg(0)
            .query::<Option<(String, String)>>(&mut connection)
    });
    let seen = || {
        run(&redis, &["doctor"])
            .out
            .contains("old peers\t1 connection ")
    };
    assert!(redisrpc_test_support::wait_until(seen));
    let _: u64 = redis.ask("RPUSH calc bye");
    old.join().unwrap().unwrap();
}

#[test]
fn a_user_with_few_rights_is_told_what_was_not_looked_at() {
    let redis = RedisServer::start();
    redis.tell("ACL SETUSER ann on >secret +time");
    let url = redis.url().replace("://", "://ann:secret@");
    let ended = run_at(&url, &["doctor", "calc"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for check in ["info", "old peers", "keys", "rights", "queue"] {
        assert_eq!(severity(&ended, check), "note", "{}", ended.out);
    }
    redis.tell("ACL SETUSER ann +acl|whoami +acl|dryrun +rpush ~calc");
    let ended = run_at(&url, &["doctor", "calc"]);
    assert_eq!(severity(&ended, "rights"), "problem", "{}", ended.out);
    let missing = "Missing to call it: +blmpop on calc:rpc:x +lpos on calc +lrem on calc;";
    assert!(ended.out.contains(missing), "{}", ended.out);
}
