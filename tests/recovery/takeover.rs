//! Servers that die while they answer for one that died.

use std::collections::HashMap;

use redis::{Connection, cmd};
use redisrpc_test_support::{RedisServer, until};

use super::{
    INTERRUPTED, kept,
    worker::{server, worker},
};
use crate::fixture::{redis, serve};

/// A server that died, as it stands in Redis: what it kept is written there.
pub struct Dead<'a> {
    redis: &'a RedisServer,
    peer: Connection,
    lists: usize,
}

impl<'a> Dead<'a> {
    pub fn new(redis: &'a RedisServer) -> Self {
        let peer = redis.connection();
        Self {
            redis,
            peer,
            lists: 0,
        }
    }

    /// Keeps these in a list of their own; its name.
    pub fn keeps(&mut self, requests: &[String]) -> String {
        let list = format!("redisrpc:{{work}}:run:dead:{}", self.lists);
        self.lists += 1;
        let mut push = cmd("RPUSH");
        let _: usize = push.arg(&list).arg(requests).query(&mut self.peer).unwrap();
        list
    }

    /// Makes it known, without a sign of life.
    pub fn dies(&mut self) {
        let known = format!("HSET redisrpc:{{work}}:servers dead {}", self.lists);
        assert_eq!(self.redis.ask::<usize>(&known), 1);
    }

    fn left(&self) -> usize {
        let lists: Vec<String> = self.redis.ask("KEYS redisrpc:{work}:run:dead:*");
        lists.len()
    }
}

/// A request of an old caller, which waits for its reply in a list of its own.
pub fn request(method: &str, mark: &str, more: &str) -> String {
    format!(
        r#"{{"function_call":{{"name":"{method}","args":["{mark}"]}},"response_queue":"work:rpc:{mark}"{more}}}"#
    )
}

pub fn replies(redis: &RedisServer, mark: &str) -> Vec<String> {
    redis.ask(&format!("LRANGE work:rpc:{mark} 0 -1"))
}

fn runs(redis: &RedisServer, mark: &str) -> u64 {
    let runs: Option<u64> = redis.ask(&format!("GET {mark}"));
    runs.unwrap_or(0)
}

const LISTS: usize = 500;

/// Servers that are killed while they take over.
const KILLS: usize = 5;

#[tokio::test]
async fn servers_that_die_while_they_take_over_lose_nothing() {
    let (redis, _broker) = redis().await;
    let mut dead = Dead::new(&redis);
    for n in 0..LISTS {
        let once = request("once", &format!("o{n}"), "");
        dead.keeps(&[once, request("quick", &format!("q{n}"), "")]);
    }
    dead.dies();
    for kill in 1..=KILLS {
        let reaper = worker(&redis, "reported");
        // Some are taken over, at whatever step it then is.
        let enough = LISTS - kill * LISTS / (KILLS + 2);
        assert!(until(|| dead.left() < enough).await, "{} left", dead.left());
        reaper.signal("KILL");
        assert!(dead.left() > 0, "none is left to take over");
    }
    let last = worker(&redis, "reported");
    let settled = until(|| kept(&redis).iter().all(|key| key.ends_with(":dead")));
    assert!(settled.await, "{:?}", kept(&redis));
    assert!(until(|| redis.ask::<usize>("LLEN work") == 0).await);
    for n in 0..LISTS {
        let once = format!("o{n}");
        assert_eq!(runs(&redis, &once), 0, "{once}");
        let told = replies(&redis, &once);
        let many = (1..=1 + KILLS).contains(&told.len());
        assert!(
            many && told.iter().all(|it| it == INTERRUPTED),
            "{once}: {told:?}"
        );
    }
    every_quick_one_ran(&redis).await;
    // Of those that were killed some may have kept nothing, and are struck off later.
    assert!(until(|| redis.ask::<usize>("HLEN redisrpc:{work}:servers") == 1).await);
    last.signal("TERM");
    assert_eq!(last.ends().code, Some(0));
    let dead = redis.kept_by_servers();
    assert!(
        dead.iter().all(|key| key.ends_with("{work}:dead")),
        "{dead:?}"
    );
}

/// Each ran and was answered; or its servers were killed, so that it is a dead letter.
async fn every_quick_one_ran(redis: &RedisServer) {
    let dead: Vec<String> = redis.ask("LRANGE redisrpc:{work}:dead 0 -1");
    let mut outcomes = HashMap::<_, usize>::new();
    for n in 0..LISTS {
        let quick = format!("q{n}");
        assert!(
            until(|| !replies(redis, &quick).is_empty()).await,
            "{quick}"
        );
        let (told, ran) = (replies(redis, &quick), runs(redis, &quick));
        let poison = dead.iter().any(|it| it.contains(&format!(r#""{quick}""#)));
        // The first of its three runs was that of the server that is written of.
        assert!(ran <= 2, "{quick} ran {ran} times");
        assert!(ran >= 1 || poison, "{quick} was lost: {told:?}");
        *outcomes.entry((ran, poison)).or_default() += 1;
    }
    let answered: usize = outcomes
        .iter()
        .filter(|((_, poison), _)| !poison)
        .map(|(_, many)| many)
        .sum();
    assert!(answered > LISTS / 2, "{outcomes:?}");
}

#[tokio::test]
async fn what_was_answered_and_not_released_is_answered_again_and_not_run() {
    let (redis, broker) = redis().await;
    let mut dead = Dead::new(&redis);
    let list = dead.keeps(&[
        request("once", "told", ""),
        request("quick", "done", ""),
        request("quick", "again", ""),
    ]);
    let done: usize = redis.ask(&format!("SADD {list}:done 1"));
    assert_eq!(done, 1);
    // As the server left it that died between two steps.
    let mut peer = redis.connection();
    let mut push = cmd("RPUSH");
    let _: usize = push
        .arg(&["work:rpc:told", INTERRUPTED])
        .query(&mut peer)
        .unwrap();
    dead.dies();
    let serving = serve(server(&broker, &redis.url()).await);
    assert!(until(|| !replies(&redis, "again").is_empty()).await);
    assert!(
        until(|| kept(&redis).is_empty()).await,
        "{:?}",
        kept(&redis)
    );
    assert_eq!(replies(&redis, "told"), [INTERRUPTED; 2]);
    assert_eq!(replies(&redis, "again"), [r#"{"return_value":1}"#]);
    assert_eq!(replies(&redis, "done"), [""; 0]);
    assert_eq!(
        ["told", "done", "again"].map(|mark| runs(&redis, mark)),
        [0, 0, 1]
    );
    serving.stop().await;
    assert_eq!(redis.kept_by_servers(), [""; 0]);
}
