//! Calls over TLS: nothing is different but the address.

use std::time::Duration;

use redisrpc::{Broker, Client, Server};
use redisrpc_test_support::{
    PATIENCE, RedisServer, cluster::RedisCluster, sentinel::Sentinels, until,
};

use crate::{
    certificates::{Authority, Files, TlsRedis},
    fixture::{Calculator, CalculatorClient, Concurrent, ConcurrentClient, serve},
};

#[tokio::test]
async fn a_thousand_calls_at_once_are_answered() {
    let redis = TlsRedis::start();
    let (serving, calling) = (redis.broker().await, redis.broker().await);
    let server = serve(Server::new(&serving, "calc", Concurrent));
    let client = ConcurrentClient::new(&calling, "calc");
    let calls: Vec<_> = (0..1000)
        .map(|n| tokio::spawn(client.add(n, 1).into_future()))
        .collect();
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), n + 1);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_call_over_tls_reaches_a_server_without_and_the_other_way_round() {
    let redis = TlsRedis::start();
    let encrypted = redis.broker().await;
    let plain = Broker::connect(redis.server.url()).await.unwrap();
    for (queue, serving, calling) in [("a", &plain, &encrypted), ("b", &encrypted, &plain)] {
        let server = serve(Server::new(serving, queue, Concurrent));
        let client = ConcurrentClient::new(calling, queue);
        assert_eq!(client.add(2, 3).await.unwrap(), 5);
        server.stop().await;
    }
}

/// Calls through a broker at this address, whose servers were made with these files.
async fn is_served_at(url: &str, authority: &Authority) {
    let builder = || Broker::builder(url).ca_certificate(authority.pem());
    let [serving, calling] = [builder().connect().await, builder().connect().await];
    let server = serve(Server::new(&serving.unwrap(), "calc", Concurrent).shards(4));
    let calling = Client::new(&calling.unwrap(), "calc").shards(4);
    let client = ConcurrentClient::from(calling);
    for n in 0..20 {
        assert_eq!(client.add(n, 1).await.unwrap(), n + 1);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_and_sentinels_with_a_password_are_called_over_tls() {
    let authority = Authority::new();
    let files = Files::new(&authority, &authority.issue("127.0.0.1"));
    let options = files.options("no");
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let cluster = RedisCluster::encrypted(&options);
    let nodes = cluster.nodes().iter();
    let hosts: Vec<_> = nodes
        .map(|node| format!("127.0.0.1:{}", node.tls_port()))
        .collect();
    is_served_at(&format!("rediss+cluster://{}", hosts.join(",")), &authority).await;
    drop(cluster);
    let sentinels = Sentinels::encrypted(&options);
    let url = sentinels.guarded_url("secret");
    is_served_at(&url, &authority).await;
    let (stranger, _) = url.split_once('?').unwrap();
    let stranger = Broker::builder(stranger).ca_certificate(authority.pem());
    let refused = stranger.connect().await.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("NOAUTH"), "{cause}");
}

/// How many connections there have been. Each look is one more.
fn made(redis: &TlsRedis) -> u64 {
    redis.server.number("total_connections_received")
}

#[tokio::test]
async fn large_requests_and_replies_arrive_whole() {
    let redis = TlsRedis::start();
    let before = made(&redis);
    let broker = redis.broker().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    let calls = (0..3).map(|n| {
        let text = char::from(b'a' + n).to_string().repeat(4 << 20);
        (text.clone(), client.echo(text).timeout(3 * PATIENCE))
    });
    let calls: Vec<_> = calls
        .map(|(text, call)| (text, tokio::spawn(call.into_future())))
        .collect();
    for (text, call) in calls {
        assert!(call.await.unwrap().unwrap() == text);
    }
    // Had some of it stayed behind, one of the five would have been given up.
    assert!(made(&redis) - before <= 5 + 1);
    server.stop().await;
}

#[tokio::test]
async fn after_kill_9_of_redis_the_next_call_succeeds() {
    let mut redis = TlsRedis::start();
    let broker = redis.broker().await;
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    assert_eq!(calculator.add(1.0).await.unwrap(), 1.0);
    for round in 2..4 {
        redis.server.kill();
        redis.server.restart();
        assert_eq!(calculator.add(1.0).await.unwrap(), f64::from(round));
    }
    server.stop().await;
}

#[tokio::test]
async fn connections_are_kept_while_they_are_not_used() {
    let redis = TlsRedis::start();
    let broker = redis.broker().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    assert_eq!(client.add(0, 1).await.unwrap(), 1);
    let before = made(&redis);
    for n in 1..20 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(client.add(n, 1).await.unwrap(), n + 1);
    }
    assert_eq!(made(&redis) - before, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_redis_closed_while_unused_is_not_written_to() {
    let redis = TlsRedis::start();
    let broker = redis.broker().await;
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    for round in 1..10 {
        kill_all(&redis.server).await;
        assert_eq!(calculator.add(1.0).await.unwrap(), f64::from(round));
    }
    server.stop().await;
}

/// Closes all connections, and waits until they are.
async fn kill_all(redis: &RedisServer) {
    let ids = || {
        let list: String = redis.ask("CLIENT LIST");
        let ids = list.lines().filter_map(|line| line.split(' ').next());
        ids.map(str::to_owned).collect::<Vec<_>>()
    };
    let old = ids();
    let _: i64 = redis.ask("CLIENT KILL TYPE normal SKIPME yes");
    assert!(until(|| ids().iter().all(|id| !old.contains(id))).await);
}

#[tokio::test]
async fn a_blocked_pop_is_ended_by_shutdown_at_once() {
    let redis = TlsRedis::start();
    let broker = redis.broker().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    assert!(until(|| redis.server.number("blocked_clients") == 1).await);
    server.stop().await;
    let commands: String = redis.server.ask("INFO commandstats");
    assert!(commands.contains("cmdstat_client|unblock"), "{commands}");
    // Nothing is lost by that: what comes now stays for others.
    let client = ConcurrentClient::new(&broker, "calc");
    let call = tokio::spawn(client.add(1, 2).into_future());
    assert!(until(|| redis.server.ask::<i64>("LLEN calc") == 1).await);
    let server = serve(Server::new(&broker, "calc", Concurrent));
    assert_eq!(call.await.unwrap().unwrap(), 3);
    server.stop().await;
}

#[tokio::test]
async fn both_show_a_certificate_where_redis_asks_for_it() {
    let redis = TlsRedis::mutual();
    let caller = redis.authority.issue("caller");
    let builder = redis.builder();
    let broker = builder.client_certificate(caller.certificate, caller.key);
    let broker = broker.connect().await.unwrap();
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    assert_eq!(client.add(2, 3).await.unwrap(), 5);
    server.stop().await;
}

#[test]
fn a_program_without_a_runtime_connects_too() {
    let redis = TlsRedis::start();
    let broker = redis.builder().connect_blocking().unwrap();
    let client = ConcurrentClient::new(&broker, "calc");
    let call = client.add(2, 3).timeout(Duration::from_millis(50));
    assert!(call.wait().unwrap_err().is_timeout());
}
