//! Connections that end while Redis hands requests over: what it moved is found.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use redisrpc::Server;
use redisrpc_test_support::{RedisServer, until};

use crate::fixture::{redis, serve};

/// Counts how often each call ran.
#[derive(Clone, Default)]
struct Counting(Arc<Mutex<HashMap<u32, u32>>>);

#[redisrpc::service]
impl Counting {
    pub async fn once(&self, number: u32) -> u32 {
        *self.0.lock().unwrap().entry(number).or_default() += 1;
        number
    }
}

/// Ends the connections on which servers pop, those that block and those that are
/// being answered.
fn kill_pops(redis: &RedisServer) -> usize {
    let clients: String = redis.ask("CLIENT LIST TYPE normal");
    let pops = clients
        .lines()
        .filter(|client| client.contains("name=redisrpc:pop:calc "));
    let ids = pops.filter_map(|client| client.strip_prefix("id=")?.split(' ').next());
    ids.map(|id| redis.ask::<usize>(&format!("CLIENT KILL ID {id}")))
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_whose_pop_was_cut_off_run_once() {
    let (redis, broker) = redis().await;
    let service = Counting::default();
    let server = serve(Server::new(&broker, "calc", service.clone()));
    let client = CountingClient::new(&broker, "calc");
    let load = (0..20).map(|task| {
        let client = client.clone();
        tokio::spawn(async move {
            for n in (task..4000).step_by(20) {
                let answer = client.once(n).timeout(Duration::from_secs(60)).await;
                assert_eq!(answer.unwrap(), n);
            }
        })
    });
    let load: Vec<_> = load.collect();
    let mut killed = 0;
    while load.iter().any(|task| !task.is_finished()) {
        killed += kill_pops(&redis);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for task in load {
        task.await.unwrap();
    }
    assert!(killed > 5, "{killed}");
    let ran = service.0.lock().unwrap().clone();
    let twice: Vec<_> = ran.iter().filter(|(_, times)| **times > 1).collect();
    assert!(
        ran.len() == 4000 && twice.is_empty(),
        "{} ran, {twice:?}",
        ran.len()
    );
    server.stop().await;
    let left = || redis.left_behind();
    assert!(until(|| left().is_empty()).await, "{:?}", left());
}
