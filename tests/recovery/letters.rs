//! Requests that are written again because their server died: what others read.

use std::sync::mpsc;

use redisrpc_test_support::{PATIENCE, until};

use super::{
    LONG, client, end, kept, ran,
    takeover::{Dead, replies, request},
    worker::{server, worker},
};
use crate::{
    dialect::Dialect,
    fixture::{redis, serve},
    old_peer::OldServer,
};

#[tokio::test]
async fn the_last_thousand_dead_letters_are_kept() {
    let (redis, broker) = redis().await;
    let mut dead = Dead::new(&redis);
    for n in 0..12 {
        let marks = (0..100).map(|m| format!("p{}", 100 * n + m));
        let requests = marks.map(|mark| request("poison", &mark, r#","attempt":3"#));
        dead.keeps(&requests.collect::<Vec<_>>());
    }
    dead.dies();
    let serving = serve(server(&broker, &redis.url()).await);
    let over = until(|| kept(&redis) == ["redisrpc:{work}:dead"]);
    assert!(over.await, "{:?}", kept(&redis));
    let letters: Vec<String> = redis.ask("LRANGE redisrpc:{work}:dead 0 -1");
    assert_eq!(letters.len(), 1000);
    // The newest is first; of those that came first, none is left.
    assert!(letters[0].contains(r#""p1199""#), "{}", letters[0]);
    assert!(letters[999].contains(r#""p200""#), "{}", letters[999]);
    for n in 0..1200 {
        let told = replies(&redis, &format!("p{n}"));
        assert!(
            matches!(&told[..], [one] if one.contains("dead letters")),
            "p{n}: {told:?}"
        );
    }
    serving.stop().await;
}

#[tokio::test]
async fn an_old_server_runs_what_a_dead_one_has_left() {
    let (redis, broker) = redis().await;
    let client = client(&broker);
    // One that answers for the dead and has no room for a call of its own.
    let full = serve(server(&broker, &redis.url()).await.concurrency(1));
    let busy = tokio::spawn(client.once("busy".into()).timeout(LONG).into_future());
    ran(&redis, "busy", 1).await;
    let doomed = worker(&redis, "reported");
    let call = tokio::spawn(client.often("a".into()).timeout(LONG).into_future());
    ran(&redis, "a", 1).await;
    doomed.signal("KILL");
    let (seen, requests) = mpsc::channel();
    // It does not delete its queue when it starts.
    let ruby = Dialect::Ruby;
    let old = OldServer::start(&redis, "work", ruby, move |call| {
        seen.send(call.raw.clone()).unwrap();
        ruby.returned("42").into()
    });
    assert_eq!(call.await.unwrap().unwrap(), 42);
    let raw = requests.recv_timeout(PATIENCE).unwrap();
    assert!(raw.ends_with(r#","attempt":2}"#), "{raw}");
    assert_eq!(old.stop(), 1);
    end(&redis, "busy");
    assert_eq!(busy.await.unwrap().unwrap(), 1);
    full.stop().await;
    ran(&redis, "a", 1).await;
}
