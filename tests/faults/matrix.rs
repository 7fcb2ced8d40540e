//! Each fault of the network, on each kind of connection, at each moment.
//!
//! Whatever breaks: no call runs twice, none says falsely that it did not run,
//! none is without an outcome after its deadline, and soon calls are answered again.

use std::{sync::Arc, time::Duration};

use redisrpc::{Broker, Server};
use redisrpc_test_support::{
    RedisServer,
    proxy::{Fault, Proxy},
    until,
};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

use super::ledger::{Counted, CountedClient, Kind};
use crate::fixture::{Serving, serve};

/// Rows that run at a time: each has some twenty open sockets.
const AT_ONCE: usize = 24;

/// The length of a message that takes several reads and writes.
const LARGE: usize = 300_000;

/// How long it may take until a call is answered again. A connection that is silent
/// is given up after some 10 s.
const RECOVERY: Duration = Duration::from_secs(60);

/// The connections of a client and a server: whose each is, and its name.
const CONNECTIONS: [(Side, &str); 6] = [
    (Side::Client, "redisrpc:push:calls:"),
    (Side::Client, "redisrpc:pop:replies:"),
    (Side::Client, "redisrpc:write"),
    (Side::Server, "redisrpc:pop:"),
    (Side::Server, "redisrpc:push:"),
    (Side::Server, "redisrpc:write"),
];

const FAULTS: [Fault; 5] = [
    Fault::Close,
    Fault::Reset,
    Fault::BlackHoleUp,
    Fault::BlackHoleDown,
    Fault::Delay(Duration::from_millis(50)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// When a connection is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While there are no calls: only the server waits, in a pop.
    Idle,
    /// While a call runs, and client and server wait in pops.
    Blocked,
    /// A few bytes into whatever is sent over it next.
    Begun,
    /// Before Redis' answer to whatever is sent over it next has come.
    Unanswered,
    /// In the middle of a large message.
    Amid,
}

const MOMENTS: [Moment; 5] = [
    Moment::Idle,
    Moment::Blocked,
    Moment::Begun,
    Moment::Unanswered,
    Moment::Amid,
];

#[derive(Debug, Clone, Copy)]
struct Row {
    side: Side,
    connection: &'static str,
    fault: Fault,
    moment: Moment,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_breaks_each_call_has_one_true_outcome_and_calls_flow_again() {
    let redis = Arc::new(RedisServer::start());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut rows = JoinSet::new();
    for (number, row) in rows_of_the_table().into_iter().enumerate() {
        let (redis, places) = (Arc::clone(&redis), Arc::clone(&places));
        rows.spawn(async move {
            let _place = places.acquire_owned().await;
            let outcome = row.run(&redis, number).await;
            outcome.map_err(|wrong| format!("{row:?}: {wrong}"))
        });
    }
    let outcomes = rows.join_all().await;
    assert!(outcomes.len() > 90, "only {} rows", outcomes.len());
    let wrong: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rows_of_the_table() -> Vec<Row> {
    let mut rows = Vec::new();
    for (side, connection) in CONNECTIONS {
        for fault in FAULTS {
            for moment in MOMENTS {
                let row = Row {
                    side,
                    connection,
                    fault,
                    moment,
                };
                rows.extend(row.makes_sense().then_some(row));
            }
        }
    }
    rows
}

impl Row {
    fn makes_sense(self) -> bool {
        match (self.side, self.connection, self.moment) {
            // A server says nothing over it before it stops.
            (Side::Server, "redisrpc:write", moment) => {
                matches!(moment, Moment::Idle | Moment::Blocked)
            }
            // Large messages go other ways.
            (_, "redisrpc:write", Moment::Amid) => false,
            _ => true,
        }
    }

    async fn run(self, redis: &RedisServer, number: usize) -> Result<(), String> {
        let rig = Rig::start(redis, number).await?;
        if self.moment != Moment::Blocked {
            self.strike(&rig);
        }
        let mut rounds = 0;
        loop {
            rig.calls(|| {
                if self.moment == Moment::Blocked {
                    self.strike(&rig);
                }
            })
            .await;
            rounds += 1;
            if rig.proxy(self.side).struck() > 0 {
                break;
            }
            // What is sent along with a pop leaves its own connection alone.
            ensure(rounds < 20, "nothing was struck")?;
        }
        rig.flow_again().await?;
        rig.stop().await
    }

    fn strike(self, rig: &Rig) {
        let (proxy, name, fault) = (rig.proxy(self.side), self.connection, self.fault);
        match self.moment {
            Moment::Idle | Moment::Blocked => proxy.strike(name, fault),
            Moment::Begun => proxy.strike_after(name, 8, fault),
            Moment::Unanswered => proxy.strike_in_answer(name, 0, fault),
            Moment::Amid => proxy.strike_after(name, LARGE / 3, fault),
        }
    }
}

/// A client and a server, each behind a proxy of its own.
struct Rig {
    counted: Counted,
    client: CountedClient,
    /// Of a queue that nobody serves.
    nobody: CountedClient,
    proxies: [Proxy; 2],
    server: Serving,
}

impl Rig {
    /// Starts both and makes calls until all their connections are open.
    async fn start(redis: &RedisServer, number: usize) -> Result<Self, String> {
        let proxies = [Proxy::start(redis), Proxy::start(redis)];
        let [near, far] = [&proxies[0], &proxies[1]].map(|proxy| Broker::connect(proxy.url()));
        let (near, far) = (near.await.unwrap(), far.await.unwrap());
        let counted = Counted::default();
        let queue = format!("calc{number}");
        let rig = Self {
            server: serve(Server::new(&far, &*queue, counted.clone())),
            client: CountedClient::new(&near, &*queue),
            nobody: CountedClient::new(&near, format!("nobody{number}")),
            counted,
            proxies,
        };
        for _ in 0..20 {
            rig.calls(|| ()).await;
            let open = |(side, name)| rig.proxy(side).connections(name) > 0;
            if CONNECTIONS.into_iter().all(open) {
                return Ok(rig);
            }
        }
        Err("not all connections were opened".into())
    }

    fn proxy(&self, side: Side) -> &Proxy {
        &self.proxies[side as usize]
    }

    /// Makes a call whose reply is large, and while it runs, one whose request is,
    /// and a small one; and one that nobody answers, which is withdrawn.
    async fn calls(&self, blocked: impl FnOnce()) {
        let small = Kind::SMALL;
        let mut calls = JoinSet::new();
        let mut make = |client: &CountedClient, kind| {
            let (counted, client, call) =
                (self.counted.clone(), client.clone(), self.counted.next());
            calls.spawn(async move { counted.call(&client, call, kind).await });
            call
        };
        self.counted.open(false);
        let running = make(
            &self.client,
            Kind {
                gated: true,
                reply: LARGE,
                ..small
            },
        );
        until(|| self.counted.has_begun(running)).await;
        blocked();
        make(
            &self.client,
            Kind {
                request: LARGE,
                ..small
            },
        );
        make(&self.client, small);
        make(
            &self.nobody,
            Kind {
                timeout: Duration::from_millis(200),
                ..small
            },
        );
        self.counted.open(true);
        calls.join_all().await;
    }

    async fn flow_again(&self) -> Result<(), String> {
        let answered = async {
            while !self
                .counted
                .call(&self.client, self.counted.next(), Kind::SMALL)
                .await
            {}
        };
        let answered = timeout(RECOVERY, answered).await;
        ensure(answered.is_ok(), "calls are not answered again")?;
        Ok(())
    }

    /// Stops the server, so that nothing runs any more, and looks at what did.
    async fn stop(self) -> Result<(), String> {
        self.server.handle.shutdown();
        let ended = timeout(RECOVERY, self.server.task).await;
        ensure(matches!(ended, Ok(Ok(Ok(())))), "the server does not stop")?;
        self.counted.check()
    }
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
