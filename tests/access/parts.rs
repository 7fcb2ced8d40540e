//! The parts of the job of callers and servers.

use std::time::{Duration, Instant};

use redisrpc::{
    Broker, CallError, Delivery, Error, Server, Service, Started,
    discovery::{Discovery, Order},
};
use redisrpc_test_support::{PATIENCE, until};
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    dialect::Dialect,
    fixture::{Concurrent, ConcurrentClient, Held, HeldClient, serve},
    guarded::Guarded,
    old_peer::OldServer,
};

/// A reply list such as old callers name.
const OLD_LIST: &str = "calc:rpc:X7Y2USAB";

/// The user of servers that deliver at most once.
pub const ONCE: &str = "calc-once-server";

/// How often one looks who polls.
const OFTEN: Duration = Duration::from_millis(10);

/// A part of the job of callers and servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A call is answered.
    Call,
    /// The same by a broker that polls.
    Polled,
    /// More calls wait for one that polls than it takes at once.
    Deep,
    /// A call is answered by a step.
    Stepped,
    /// A call that timed out is taken back.
    Withdrawal,
    /// One that is given up while it runs is dropped, and what was told of it expires.
    GivenUp,
    /// An old server's reply is read.
    OldReply,
    /// One that came too late is deleted.
    LateReply,
    /// Redis is not left watching a slow call's list.
    Unwatching,
    /// An old caller is answered, on a list that will expire.
    OldCaller,
    /// What a server has taken and not begun when it stops goes back to the queue.
    PutBack,
    /// What a server that died has left is settled.
    Recovery,
    /// One that died and kept nothing is struck off.
    Struck,
    /// A server is discovered, and hears its orders.
    Listed,
    /// A server that has stopped leaves nothing.
    Leaving,
    /// Nothing that shows: only Redis' log tells.
    Unseen,
}

impl Part {
    /// All that show.
    pub const ALL: [Self; 15] = [
        Self::Call,
        Self::Polled,
        Self::Deep,
        Self::Stepped,
        Self::Withdrawal,
        Self::GivenUp,
        Self::OldReply,
        Self::LateReply,
        Self::Unwatching,
        Self::OldCaller,
        Self::PutBack,
        Self::Recovery,
        Self::Struck,
        Self::Listed,
        Self::Leaving,
    ];

    /// Whether it is a part of the job where requests are delivered at most once.
    pub fn is_for_once(self) -> bool {
        !matches!(self, Self::PutBack | Self::Recovery)
    }

    /// Whether it works with the users there are, this one serving.
    pub async fn works(self, guarded: &Guarded, server: &str) -> bool {
        let at = Stage {
            guarded,
            caller: guarded.broker("calc-caller").await,
            server: guarded.broker(server).await,
            delivery: match server {
                ONCE => Delivery::AtMostOnce,
                _ => Delivery::Reported,
            },
        };
        match self {
            Self::Call | Self::Unseen => at.called(&at.caller, &at.server).await,
            Self::Polled => {
                let (caller, server) = (at.caller.polling(OFTEN), at.server.polling(OFTEN));
                at.called(&caller, &server).await
            }
            Self::Deep => at.deep().await,
            Self::Stepped => at.stepped().await,
            Self::Withdrawal => at.withdrawn().await,
            Self::GivenUp => at.given_up().await,
            Self::OldReply => at.answered_by_an_old_server().await,
            Self::LateReply => at.late_reply_deleted().await,
            Self::Unwatching => at.unwatched().await,
            Self::OldCaller => at.old_caller_answered().await,
            Self::PutBack => at.put_back().await,
            Self::Recovery => at.recovered().await,
            Self::Struck => at.struck_off().await,
            Self::Listed => at.listed().await,
            Self::Leaving => at.left_behind_nothing().await,
        }
    }
}

/// Where a part is played, and by whom.
struct Stage<'a> {
    guarded: &'a Guarded,
    caller: Broker,
    server: Broker,
    delivery: Delivery,
}

impl Stage<'_> {
    fn client(&self) -> ConcurrentClient {
        ConcurrentClient::new(&self.caller, "calc")
    }

    fn serving(&self, broker: &Broker, service: impl Service) -> Server {
        Server::new(broker, "calc", service)
            .delivery(self.delivery)
            .drain_timeout(self.guarded.patience)
    }

    fn ask<T: redis::FromRedisValue>(&self, command: &str) -> T {
        self.guarded.redis.ask(command)
    }

    async fn called(&self, caller: &Broker, server: &Broker) -> bool {
        let server = serve(self.serving(server, Concurrent));
        let client = ConcurrentClient::new(caller, "calc");
        let sum = client.add(1, 2).timeout(self.guarded.patience).await;
        server.stop().await;
        sum == Ok(3)
    }

    async fn deep(&self) -> bool {
        let patience = self.guarded.patience;
        let calls = (0..5).map(|n| self.client().add(n, 1).timeout(patience));
        let calls: Vec<_> = calls.map(|call| tokio::spawn(call.into_future())).collect();
        assert!(until(|| self.ask::<usize>("LLEN calc") == 5).await);
        let polling = self.server.polling(OFTEN);
        let server = serve(self.serving(&polling, Concurrent).concurrency(2));
        let mut all = true;
        for call in calls {
            all &= call.await.unwrap().is_ok();
        }
        server.stop().await;
        all
    }

    async fn stepped(&self) -> bool {
        self.client().add(1, 2).oneway().await.unwrap();
        let mut server = self.serving(&self.server, Concurrent).stepped().unwrap();
        // A step is not for other threads.
        let step = || Handle::current().block_on(server.step());
        matches!(block_in_place(step), Ok(1))
    }

    async fn withdrawn(&self) -> bool {
        let call = self.client().add(1, 2).timeout(Duration::from_secs(1));
        let error = call.await.unwrap_err();
        let withdrawn =
            matches!(&error, CallError::Rpc(Error::Timeout(t)) if t.started() == Started::No);
        assert!(error.is_timeout(), "{error:?}");
        withdrawn && self.ask::<usize>("LLEN calc") == 0
    }

    async fn given_up(&self) -> bool {
        let held = Held::default();
        let serving = self.serving(&self.server, held.clone()).concurrency(1);
        let server = serve(serving);
        // One that hears nothing.
        let _: i64 = self.ask("HSET redisrpc:{calc}:servers deaf 0");
        let _: String = self.ask("SET redisrpc:{calc}:beat:deaf {} EX 3600");
        let client = HeldClient::new(&self.caller, "calc");
        let call = || tokio::spawn(client.letters(1).timeout(PATIENCE).into_future());
        let first = call();
        held.has_begun(1).await;
        first.abort();
        let second = call();
        let dropped = self.guarded.comes_true(|| held.begun() == 2).await;
        second.abort();
        let expires = || self.ask::<i64>("PTTL redisrpc:{calc}:told:deaf") > 0;
        let expires = self.guarded.comes_true(expires).await;
        held.end();
        server.stop().await;
        dropped && expires
    }

    async fn answered_by_an_old_server(&self) -> bool {
        let old = OldServer::start(&self.guarded.redis, "calc", Dialect::Ruby, |_| {
            r#"{"return_value":3}"#.to_owned().into()
        });
        let sum = self.client().add(1, 2).timeout(self.guarded.patience).await;
        drop(old);
        sum == Ok(3)
    }

    async fn late_reply_deleted(&self) -> bool {
        let call = self.client().add(1, 2).timeout(PATIENCE);
        let call = tokio::spawn(call.into_future());
        assert!(until(|| self.watched() == 1).await);
        let request: String = self.ask("LPOP calc");
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        let request: serde_json::Value = serde_json::from_str(&request).unwrap();
        let list = request["response_queue"].as_str().unwrap();
        let _: i64 = self.ask(&format!(r#"RPUSH {list} {{"return_value":3}}"#));
        let gone = || self.ask::<i64>(&format!("EXISTS {list}")) == 0;
        self.guarded.comes_true(gone).await
    }

    async fn unwatched(&self) -> bool {
        let held = Held::default();
        let server = serve(self.serving(&self.server, held.clone()));
        let client = HeldClient::new(&self.caller, "calc");
        let call = tokio::spawn(client.letters(1).timeout(PATIENCE).into_future());
        held.has_begun(1).await;
        // The server has one watched for itself.
        assert!(until(|| self.watched() == 2).await);
        held.end();
        call.await.unwrap().unwrap();
        let forgotten = self.guarded.comes_true(|| self.watched() == 1).await;
        server.stop().await;
        forgotten
    }

    /// How many lists Redis watches.
    fn watched(&self) -> u64 {
        self.guarded.redis.number("tracking_total_keys")
    }

    async fn old_caller_answered(&self) -> bool {
        let server = serve(self.serving(&self.server, Concurrent));
        let _: i64 = self.ask(&format!("RPUSH calc {}", request(OLD_LIST, "")));
        let expires = || self.ask::<i64>(&format!("PTTL {OLD_LIST}")) > 0;
        let answered = self.guarded.comes_true(expires).await;
        server.stop().await;
        answered
    }

    async fn put_back(&self) -> bool {
        let held = Held::default();
        let client = OneByOneClient::new(&self.caller, "calc");
        let queued = |calls| self.ask::<usize>("LLEN calc") == calls;
        let mut calls = Vec::new();
        for count in 1..=3 {
            let call = client.letters(count).timeout(PATIENCE);
            calls.push(tokio::spawn(call.into_future()));
            assert!(until(|| queued(count)).await);
        }
        let server = serve(self.serving(&self.server, OneByOne(held.clone())));
        held.has_begun(1).await;
        assert!(until(|| queued(0)).await, "all are taken");
        server.handle.shutdown();
        held.end();
        server.stop().await;
        let back: Vec<String> = self.ask("LRANGE calc 0 -1");
        let kept = self.guarded.redis.kept_by_servers();
        // Only now: a call that is given up is taken back.
        calls.iter().for_each(|call| call.abort());
        let has = |request: &String, count: &str| request.contains(&format!(r#""args":[{count}]"#));
        let in_order = matches!(&back[..], [one, next] if has(one, "2") && has(next, "3"));
        in_order && kept.is_empty()
    }

    async fn recovered(&self) -> bool {
        let native = request(
            "calc:rpc:{c0ffee}.1",
            r#","context":{"id":1,"inbox":"calc:rpc:{c0ffee}","idempotent":true}"#,
        );
        let (old, done) = (request(OLD_LIST, ""), request("calc:rpc:done", ""));
        let kept = "redisrpc:{calc}:run:dead:0";
        let _: i64 = self.ask(&format!("RPUSH {kept} {old} {native} {done}"));
        let _: i64 = self.ask(&format!("SADD {kept}:done 2"));
        let _: i64 = self.ask("HSET redisrpc:{calc}:servers dead 16");
        let server = self.serving(&self.server, Concurrent);
        let server = serve(server.recovery_time(Duration::from_secs(2)));
        let says = |list: &str, what: &str| {
            let replies: Vec<String> = self.ask(&format!("LRANGE {list} 0 -1"));
            matches!(&replies[..], [reply] if reply.contains(what))
        };
        let gone = |key: &str| self.ask::<i64>(&format!("EXISTS {key}")) == 0;
        let settled = || {
            says(OLD_LIST, "was lost") && says("calc:rpc:{c0ffee}", r#""return_value":3"#)
                // When all that is said of it is said.
                && self.ask::<i64>("HEXISTS redisrpc:{calc}:servers dead") == 0
        };
        let settled = self.guarded.comes_true(settled).await;
        server.stop().await;
        settled && gone(kept) && gone("calc:rpc:done")
    }

    async fn struck_off(&self) -> bool {
        let _: i64 = self.ask("HSET redisrpc:{calc}:servers dead 0");
        let serving = self.serving(&self.server, Concurrent);
        let serving = serve(serving.recovery_time(Duration::from_secs(2)));
        let struck = || self.ask::<i64>("HEXISTS redisrpc:{calc}:servers dead") == 0;
        let struck = self.guarded.comes_true(struck).await;
        serving.stop().await;
        struck
    }

    async fn listed(&self) -> bool {
        let admin = Broker::connect(self.guarded.redis.url()).await;
        let discovery = Discovery::new(&admin.expect("Redis is up"));
        let serving = self.serving(&self.server, Concurrent);
        let serving = serve(serving.recovery_time(Duration::from_secs(2)));
        let give_up = Instant::now() + self.guarded.patience;
        while Instant::now() < give_up && !serving.task.is_finished() {
            let queues = discovery.queues().await.expect("Redis is up");
            let servers = discovery.servers("calc").await.expect("Redis is up");
            if let ([_], [server]) = (&queues[..], &servers[..]) {
                let stop = discovery.order("calc", &server.id, Order::Stop);
                // It may have obeyed the last one just now.
                let _ = stop.await;
            }
            tokio::time::sleep(OFTEN).await;
        }
        let heard = serving.task.is_finished();
        serving.stop().await;
        heard
    }

    async fn left_behind_nothing(&self) -> bool {
        let called = self.called(&self.caller, &self.server).await;
        let left = || self.guarded.redis.keys();
        called && self.guarded.comes_true(|| left().is_empty()).await
    }
}

/// A call of `add(1, 2)` as it stands in the queue.
fn request(list: &str, more: &str) -> String {
    let call = r#""function_call":{"name":"add","args":[1,2]}"#;
    format!(r#"{{{call},"response_queue":"{list}"{more}}}"#)
}

/// Its calls run one after the other, each until the test lets it end.
#[derive(Debug)]
pub struct OneByOne(pub Held);

#[redisrpc::service]
impl OneByOne {
    pub async fn letters(&mut self, count: usize) -> String {
        self.0.letters(count).await
    }
}
