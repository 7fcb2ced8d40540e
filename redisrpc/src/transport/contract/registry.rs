//! The contract of registries.

use std::{sync::Arc, time::Duration};

use super::{Broker, LONG, list};
use crate::transport::{List, registry::Holder};

fn server(queue: &List, id: &str) -> Holder {
    Holder {
        queue: Arc::clone(queue),
        id: id.into(),
        lists: 0,
    }
}

async fn live(broker: &Broker, queue: &List) -> Vec<(String, String)> {
    let servers = broker.registry().servers(queue).await.unwrap();
    let text = |about: &[u8]| String::from_utf8(about.to_vec()).unwrap();
    let mut live: Vec<_> = servers
        .into_iter()
        .map(|(id, about)| (id.to_string(), text(&about)))
        .collect();
    live.sort();
    live
}

fn named(id: &str, about: &str) -> (String, String) {
    (id.to_owned(), about.to_owned())
}

pub(super) async fn a_server_lives_until_it_leaves_or_falls_silent(broker: Broker) {
    let (queue, registry) = (list("calc"), broker.registry());
    assert!(!registry.is_served(&queue).await.unwrap());
    assert_eq!(live(&broker, &queue).await, []);
    let [one, two] = ["one", "two"].map(|id| server(&queue, id));
    let heard = registry.beat(&one, LONG, b"first").await.unwrap();
    assert!(!heard.was_known && heard.orders.is_empty());
    let heard = registry.beat(&one, LONG, b"again").await.unwrap();
    assert!(heard.was_known);
    let short = Duration::from_millis(200);
    registry.beat(&two, short, b"short").await.unwrap();
    assert!(registry.is_served(&queue).await.unwrap());
    assert!(live(&broker, &queue).await.contains(&named("one", "again")));
    let silent = async || live(&broker, &queue).await == [named("one", "again")];
    let mut fell_silent = false;
    for _ in 0..100 {
        fell_silent = silent().await;
        if fell_silent {
            break;
        }
        tokio::time::sleep(short / 4).await;
    }
    assert!(fell_silent, "{:?}", live(&broker, &queue).await);
    let other = list("other");
    assert!(!registry.is_served(&other).await.unwrap());
    registry.leave(&one).await.unwrap();
    assert!(!registry.is_served(&queue).await.unwrap());
    assert!(!registry.beat(&one, LONG, b"").await.unwrap().was_known);
    registry.leave(&one).await.unwrap();
}

pub(super) async fn a_server_hears_its_orders_once_and_in_turn(broker: Broker) {
    let (queue, registry) = (list("calc"), broker.registry());
    let [one, two] = ["one", "two"].map(|id| server(&queue, id));
    for server in [&one, &two] {
        registry.beat(server, LONG, b"").await.unwrap();
    }
    registry.order(&queue, "one", "quiet").await.unwrap();
    registry.order(&queue, "one", "stop").await.unwrap();
    let heard = async |server| registry.beat(server, LONG, b"").await.unwrap().orders;
    assert_eq!(heard(&two).await, [""; 0]);
    assert_eq!(heard(&one).await, ["quiet", "stop"]);
    assert_eq!(heard(&one).await, [""; 0]);
}

pub(super) async fn queues_that_are_enlisted_are_listed(broker: Broker) {
    let registry = broker.registry();
    let [one, two] = ["one", "two"].map(list);
    registry.enlist(&two).await.unwrap();
    registry.enlist(&one).await.unwrap();
    registry.enlist(&two).await.unwrap();
    let queues = registry.queues().await.unwrap();
    assert!(queues.is_sorted(), "{queues:?}");
    for queue in [one, two] {
        let times = queues.iter().filter(|it| **it == *queue).count();
        assert_eq!(times, 1, "{queues:?}");
    }
}
