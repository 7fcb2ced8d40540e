//! `redisrpc quiet`, `resume` and `stop`

use std::time::Duration;

use redisrpc::Server;
use redisrpc_test_support::until;

use crate::{
    fixture::{Concurrent, redis, serve},
    tool::{failure, json, run},
};

#[tokio::test(flavor = "multi_thread")]
async fn servers_do_what_they_are_told() {
    let (redis, broker) = redis().await;
    let beats_often = Duration::from_secs(3);
    let server = Server::new(&broker, "calc", Concurrent).recovery_time(beats_often);
    let server = serve(server);
    let there = || {
        json(&redis, &["ls", "calc"])["servers"]
            .as_array()
            .unwrap()
            .len()
            == 1
    };
    assert!(until(there).await);
    let found = json(&redis, &["ls", "calc"]);
    let name = found["servers"][0]["id"].as_str().unwrap();
    let short = &name[..8];

    let ended = run(&redis, &["quiet", short]);
    let told = format!("{short} of `calc` takes no more requests\n");
    assert_eq!((ended.code, ended.err), (Some(0), told));
    let call = ["call", "calc", "add", "1", "2", "--timeout", "300ms"];
    assert_eq!(failure(&redis, &call).0, 3);

    let ended = run(&redis, &["resume", "--all", "calc"]);
    assert_eq!(
        ended.err,
        format!("{short} of `calc` takes requests again\n")
    );
    assert_eq!(run(&redis, &["call", "calc", "add", "1", "2"]).out, "3\n");

    let ended = run(&redis, &["stop", name]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    server.task.await.unwrap().unwrap();

    let (code, why) = failure(&redis, &["stop", short]);
    assert_eq!(code, 2);
    assert!(why.contains("no server"), "{why}");
    assert_eq!(failure(&redis, &["stop", "--all", "calc"]).0, 2);
}
