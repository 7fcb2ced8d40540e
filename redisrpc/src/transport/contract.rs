//! The contract of [`Transport`], tested once for every broker.

mod registry;

use std::{cell::Cell, sync::Arc, time::Duration};

use bytes::Bytes;
use redisrpc_test_support::{
    RedisServer,
    shared::{SharedCluster, SharedSentinels},
};
use tokio::sync::mpsc;

use self::registry::{
    a_server_hears_its_orders_once_and_in_turn, a_server_lives_until_it_leaves_or_falls_silent,
    queues_that_are_enlisted_are_listed,
};
use super::{
    List, Notice, Pop, Popper, Push, Taken, Transport, Write, Written, connect, polling::Polling,
};

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(50);

thread_local! {
    /// The test that runs on this thread: its lists are its own.
    static TEST: Cell<&'static str> = const { Cell::new("") };
}

/// The name of a list in the test that runs.
fn named(name: &str) -> String {
    // Redis Cluster puts those with the same braces together, and others apart.
    format!("{name}:{}", TEST.get())
}

/// Each test runs against fresh lists of every broker.
macro_rules! contract {
    ($($name:ident)*) => {
        mod memory {$(
            #[tokio::test]
            async fn $name() {
                super::TEST.set(stringify!($name));
                let url = concat!("memory://contract-", stringify!($name));
                super::$name(super::connect(url.into()).await.unwrap()).await;
            }
        )*}

        mod redis {$(
            #[tokio::test]
            async fn $name() {
                super::TEST.set(stringify!($name));
                let server = super::RedisServer::start();
                super::$name(super::connect(server.url().into()).await.unwrap()).await;
            }
        )*}

        mod polling {$(
            #[tokio::test]
            async fn $name() {
                super::TEST.set(stringify!($name));
                let server = super::RedisServer::start();
                let redis = super::connect(server.url().into()).await.unwrap();
                let often = super::Duration::from_millis(1);
                super::$name(super::Arc::new(super::Polling::new(redis, often))).await;
            }
        )*}

        mod sentinel {$(
            #[tokio::test]
            async fn $name() {
                super::TEST.set(concat!("sentinel:", stringify!($name)));
                let sentinels = super::SharedSentinels::get();
                super::$name(super::connect(sentinels.url().into()).await.unwrap()).await;
            }
        )*}

        mod cluster {$(
            #[tokio::test]
            async fn $name() {
                super::TEST.set(stringify!($name));
                let cluster = super::SharedCluster::get();
                super::$name(super::connect(cluster.url().into()).await.unwrap()).await;
            }
        )*}

        mod polling_cluster {$(
            #[tokio::test]
            async fn $name() {
                super::TEST.set(concat!("polling:", stringify!($name)));
                let cluster = super::SharedCluster::get();
                let cluster_broker = super::connect(cluster.url().into()).await.unwrap();
                let often = super::Duration::from_millis(1);
                super::$name(super::Arc::new(super::Polling::new(cluster_broker, often))).await;
            }
        )*}

        mod unix_socket {$(
            #[tokio::test]
            async fn $name() {
                super::TEST.set(stringify!($name));
                let server = super::RedisServer::start();
                let url = format!("redis+unix://{}", server.socket().display());
                super::$name(super::connect(url.as_str().into()).await.unwrap()).await;
            }
        )*}
    };
}

contract! {
    messages_of_a_list_come_in_the_order_they_were_pushed
    a_pop_takes_no_more_than_it_may
    a_pop_serves_the_first_list_that_holds_something
    a_pop_waits_for_a_message
    a_pop_without_a_message_ends_after_its_wait
    an_interrupted_pop_returns_at_once_and_loses_nothing
    an_interrupt_between_two_pops_ends_the_next
    a_withdrawn_message_is_gone_and_the_others_stay
    a_list_expires_when_it_is_told_to
    a_watched_list_is_reported_once_when_it_changes
    only_watched_lists_are_reported
    all_who_asked_are_told_of_a_change
    a_list_that_is_unwatched_is_not_reported
    a_list_that_holds_something_is_not_watched
    taking_takes_what_is_there_and_no_more_than_it_may
    a_deleted_list_is_empty
    a_message_may_be_any_bytes
    ten_thousand_messages_leave_in_one_push
    what_is_pushed_before_a_pop_is_there_for_it
    what_is_pushed_is_told_before_the_pop_has_waited
    an_interrupted_pop_still_pushes
    a_server_lives_until_it_leaves_or_falls_silent
    a_server_hears_its_orders_once_and_in_turn
    queues_that_are_enlisted_are_listed
}

type Broker = Arc<dyn Transport>;

fn list(name: &str) -> List {
    List::from(named(name))
}

fn push(list: &str, message: impl Into<Bytes>) -> Push {
    Push {
        list: self::list(list),
        message: message.into(),
        expire: None,
    }
}

async fn pushed(broker: &Broker, batch: &[Push]) {
    let refused = broker.push(batch).await.unwrap().refused;
    assert!(refused.is_empty(), "{refused:?}");
}

/// A pop that nothing is pushed before.
async fn pop(popper: &mut Box<dyn Popper>, lists: &[List], max: usize, wait: Duration) -> Taken {
    let mut pushed = |_| unreachable!("nothing was pushed");
    let pop = Pop {
        lists,
        max,
        wait,
        keep: None,
    };
    popper
        .push_and_pop(Write::default(), &mut pushed, pop)
        .await
}

async fn taken(broker: &Broker, lists: &[&str], max: usize) -> Vec<Vec<Bytes>> {
    let lists: Vec<List> = lists.iter().copied().map(list).collect();
    let taken = broker.take(&lists, max).await.unwrap();
    taken.into_iter().map(Result::unwrap).collect()
}

async fn messages_of_a_list_come_in_the_order_they_were_pushed(broker: Broker) {
    pushed(&broker, &[push("a", "1"), push("b", "x"), push("a", "2")]).await;
    pushed(&broker, &[push("a", "3")]).await;
    let mut popper = broker.popper("test");
    let popped = pop(&mut popper, &[list("a")], 10, LONG).await.unwrap();
    assert_eq!(popped, ["1", "2", "3"]);
}

async fn a_pop_takes_no_more_than_it_may(broker: Broker) {
    pushed(&broker, &[push("a", "1"), push("a", "2"), push("a", "3")]).await;
    let mut popper = broker.popper("test");
    assert_eq!(
        pop(&mut popper, &[list("a")], 2, LONG).await.unwrap(),
        ["1", "2"]
    );
    assert_eq!(
        pop(&mut popper, &[list("a")], 2, LONG).await.unwrap(),
        ["3"]
    );
}

async fn a_pop_serves_the_first_list_that_holds_something(broker: Broker) {
    pushed(
        &broker,
        &[push("{pop}b", "from b"), push("{pop}c", "from c")],
    )
    .await;
    let lists = [list("{pop}a"), list("{pop}b"), list("{pop}c")];
    let mut popper = broker.popper("test");
    assert_eq!(
        pop(&mut popper, &lists, 10, LONG).await.unwrap(),
        ["from b"]
    );
    assert_eq!(
        pop(&mut popper, &lists, 10, LONG).await.unwrap(),
        ["from c"]
    );
}

async fn a_pop_waits_for_a_message(broker: Broker) {
    let mut popper = broker.popper("test");
    let waiting = tokio::spawn(async move { pop(&mut popper, &[list("a")], 1, LONG).await });
    tokio::task::yield_now().await;
    pushed(&broker, &[push("a", "1")]).await;
    assert_eq!(waiting.await.unwrap().unwrap(), ["1"]);
}

async fn a_pop_without_a_message_ends_after_its_wait(broker: Broker) {
    let mut popper = broker.popper("test");
    assert!(
        pop(&mut popper, &[list("a")], 1, SHORT)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn an_interrupted_pop_returns_at_once_and_loses_nothing(broker: Broker) {
    let mut popper = broker.popper("test");
    for round in 0..50 {
        let interrupt = popper.interrupt();
        let lists = [list("a")];
        let popping = pop(&mut popper, &lists, 1, LONG);
        let disturb = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            let kept = [push("a", "kept")];
            tokio::join!(interrupt.interrupt(), pushed(&broker, &kept));
        };
        let (popped, ()) = tokio::join!(popping, disturb);
        let mut kept = popped.unwrap();
        if kept.is_empty() {
            // An interrupt may still be on its way to the next pop.
            while kept.is_empty() {
                kept = pop(&mut popper, &lists, 1, LONG).await.unwrap();
            }
        }
        assert_eq!(kept, ["kept"], "round {round}");
    }
}

async fn an_interrupt_between_two_pops_ends_the_next(broker: Broker) {
    let mut popper = broker.popper("test");
    assert!(
        pop(&mut popper, &[list("a")], 1, SHORT)
            .await
            .unwrap()
            .is_empty()
    );
    popper.interrupt().interrupt().await;
    assert!(
        pop(&mut popper, &[list("a")], 1, LONG)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_withdrawn_message_is_gone_and_the_others_stay(broker: Broker) {
    let batch = [push("a", "1"), push("a", "2"), push("a", "3")];
    pushed(&broker, &batch).await;
    let wanted = [
        (list("a"), Bytes::from("2")),
        (list("a"), Bytes::from("4")),
        (list("none"), Bytes::from("1")),
    ];
    assert_eq!(
        broker.withdraw(&wanted).await.unwrap(),
        [true, false, false]
    );
    let mut popper = broker.popper("test");
    assert_eq!(
        pop(&mut popper, &[list("a")], 10, LONG).await.unwrap(),
        ["1", "3"]
    );
}

async fn a_list_expires_when_it_is_told_to(broker: Broker) {
    let brief = Push {
        expire: Some(Duration::from_millis(20)),
        ..push("brief", "1")
    };
    pushed(&broker, &[brief, push("lasting", "1")]).await;
    let lists = [list("brief")];
    let mut gone = false;
    for _ in 0..200 {
        gone = !broker.watch(&lists).await.unwrap()[0];
        if gone {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(gone);
    assert_eq!(broker.watch(&[list("lasting")]).await.unwrap(), [true]);
}

async fn a_watched_list_is_reported_once_when_it_changes(broker: Broker) {
    let (sender, mut notices) = mpsc::unbounded_channel();
    broker.notify(sender);
    let lists = [list("a"), list("b")];
    assert_eq!(broker.watch(&lists).await.unwrap(), [false, false]);
    pushed(&broker, &[push("other", "x"), push("b", "1")]).await;
    assert_eq!(notices.recv().await, Some(Notice::Changed(named("b"))));
    pushed(&broker, &[push("b", "2"), push("a", "3")]).await;
    assert_eq!(notices.recv().await, Some(Notice::Changed(named("a"))));
    assert_eq!(taken(&broker, &["b"], 9).await, [["1", "2"]]);
    assert!(notices.try_recv().is_err());
}

async fn only_watched_lists_are_reported(broker: Broker) {
    let (sender, mut notices) = mpsc::unbounded_channel();
    broker.notify(sender);
    assert_eq!(broker.watch(&[list("watched")]).await.unwrap(), [false]);
    pushed(&broker, &[push("queue", "1"), push("queue", "2")]).await;
    let wanted = [(list("queue"), Bytes::from("1"))];
    assert_eq!(broker.withdraw(&wanted).await.unwrap(), [true]);
    assert_eq!(taken(&broker, &["queue"], 1).await, [["2"]]);
    pushed(&broker, &[push("queue", "3"), push("watched", "4")]).await;
    assert_eq!(
        notices.recv().await,
        Some(Notice::Changed(named("watched")))
    );
    assert!(notices.try_recv().is_err());
}

async fn all_who_asked_are_told_of_a_change(broker: Broker) {
    let (first, mut to_first) = mpsc::unbounded_channel();
    let (second, mut to_second) = mpsc::unbounded_channel();
    broker.notify(first);
    broker.notify(second);
    assert_eq!(broker.watch(&[list("a")]).await.unwrap(), [false]);
    pushed(&broker, &[push("a", "1")]).await;
    let changed = Some(Notice::Changed(named("a")));
    assert_eq!(to_first.recv().await, changed);
    assert_eq!(to_second.recv().await, changed);
}

async fn a_list_that_is_unwatched_is_not_reported(broker: Broker) {
    let (sender, mut notices) = mpsc::unbounded_channel();
    broker.notify(sender);
    let lists = [list("a"), list("b")];
    assert_eq!(broker.watch(&lists).await.unwrap(), [false, false]);
    broker.unwatch(&[list("a")]).await.unwrap();
    pushed(&broker, &[push("b", "1")]).await;
    // Whatever comes of ending the watch comes before this.
    let changed = |name: &str| Some(Notice::Changed(named(name)));
    let mut notice = notices.recv().await;
    while notice == changed("a") {
        notice = notices.recv().await;
    }
    assert_eq!(notice, changed("b"));
    assert_eq!(broker.watch(&[list("c")]).await.unwrap(), [false]);
    pushed(&broker, &[push("a", "2"), push("c", "3")]).await;
    assert_eq!(notices.recv().await, changed("c"));
}

async fn a_list_that_holds_something_is_not_watched(broker: Broker) {
    pushed(&broker, &[push("a", "1")]).await;
    let lists = [list("a"), list("b")];
    assert_eq!(broker.watch(&lists).await.unwrap(), [true, false]);
}

async fn taking_takes_what_is_there_and_no_more_than_it_may(broker: Broker) {
    pushed(&broker, &[push("b", "1"), push("b", "2"), push("b", "3")]).await;
    let taken = taken(&broker, &["a", "b", "b"], 2).await;
    assert_eq!(taken, [vec![], vec!["1", "2"], vec!["3"]]);
}

async fn a_deleted_list_is_empty(broker: Broker) {
    pushed(&broker, &[push("a", "1")]).await;
    broker.delete(&[list("a"), list("b")]).await.unwrap();
    assert!(taken(&broker, &["a"], 1).await[0].is_empty());
}

async fn a_message_may_be_any_bytes(broker: Broker) {
    let bytes: Vec<u8> = (0..=255).collect();
    pushed(&broker, &[push("a", bytes.clone()), push("a", "")]).await;
    let mut popper = broker.popper("test");
    let popped = pop(&mut popper, &[list("a")], 2, LONG).await.unwrap();
    assert_eq!(popped, [Bytes::from(bytes), Bytes::new()]);
}

async fn ten_thousand_messages_leave_in_one_push(broker: Broker) {
    let batch: Vec<_> = (0..10_000)
        .map(|n| push(if n % 2 == 0 { "even" } else { "odd" }, n.to_string()))
        .collect();
    pushed(&broker, &batch).await;
    let mut popper = broker.popper("test");
    let odd = pop(&mut popper, &[list("odd")], 10_000, LONG)
        .await
        .unwrap();
    assert_eq!(odd.len(), 5_000);
    assert_eq!(
        (&odd[0], &odd[4_999]),
        (&Bytes::from("1"), &Bytes::from("9999"))
    );
}

async fn what_is_pushed_before_a_pop_is_there_for_it(broker: Broker) {
    let mut popper = broker.popper("test");
    let pushes = [push("a", "1"), push("b", "x"), push("a", "2")];
    let (mut outcomes, lists) = (Vec::new(), [list("a")]);
    let pop = Pop {
        lists: &lists,
        max: 9,
        wait: LONG,
        keep: None,
    };
    let mut pushed = |outcome| outcomes.push(outcome);
    let popped = popper
        .push_and_pop(Write::of(&pushes), &mut pushed, pop)
        .await;
    assert_eq!(popped.unwrap(), ["1", "2"]);
    let [Ok(Written { refused, .. })] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(refused, &[]);
    assert_eq!(taken(&broker, &["b"], 9).await, [["x"]]);
}

async fn what_is_pushed_is_told_before_the_pop_has_waited(broker: Broker) {
    let mut popper = broker.popper("test");
    let (sender, mut told) = mpsc::unbounded_channel();
    let interrupt = popper.interrupt();
    let waiting = tokio::spawn(async move {
        let mut pushed = |outcome: Result<_, _>| sender.send(outcome.is_ok()).unwrap();
        let pop = Pop {
            lists: &[list("a")],
            max: 1,
            wait: LONG,
            keep: None,
        };
        popper
            .push_and_pop(Write::of(&[push("b", "1")]), &mut pushed, pop)
            .await
    });
    assert_eq!(told.recv().await, Some(true));
    assert_eq!(taken(&broker, &["b"], 9).await, [["1"]]);
    interrupt.interrupt().await;
    assert!(waiting.await.unwrap().unwrap().is_empty());
}

async fn an_interrupted_pop_still_pushes(broker: Broker) {
    let mut popper = broker.popper("test");
    popper.interrupt().interrupt().await;
    let pop = Pop {
        lists: &[list("a")],
        max: 1,
        wait: LONG,
        keep: None,
    };
    let mut told = 0;
    let mut pushed = |_| told += 1;
    let pushes = [push("b", "1")];
    let popped = popper
        .push_and_pop(Write::of(&pushes), &mut pushed, pop)
        .await;
    assert!(popped.unwrap().is_empty());
    assert_eq!(told, 1);
    assert_eq!(taken(&broker, &["b"], 9).await, [["1"]]);
}
