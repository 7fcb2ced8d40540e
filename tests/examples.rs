//! Every example is run, and does what its first lines say.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use redisrpc_test_support::{RedisServer, example, free_port};

use crate::{
    dialect::Dialect,
    old_peer::OldServer,
    process::{Ended, Process, command},
};

/// The examples that tests here run.
const RUN: [&str; 4] = [
    "calculator",
    "calculator_client",
    "calculator_server",
    "contract",
];

#[test]
fn no_example_is_without_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let there: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(there, BTreeSet::from(RUN.map(str::to_owned)));
}

fn built(name: &str) -> Command {
    assert!(RUN.contains(&name), "{name} is not in the list above");
    command(example(name))
}

fn run(command: &mut Command) -> Ended {
    Process::start(command).ends()
}

const CALCULATED: &str = "a local calculator:
  add 5 -> 5
  sub 3 -> 2
  mul 4 -> 8
  div 2 -> 4
a remote calculator:
  add 5 -> 5
  sub 3 -> 2
  mul 4 -> 8
  div 2 -> 4
local 4, remote 4
div 0 is the calculator's own error: Service(DivisionByZero)
sqrt is an exception: Calculator has no method `sqrt`; it has `clr`, `add`, `sub`, `mul`, `div`, `val`
";

#[test]
fn calculator_runs_without_redis_and_without_a_word() {
    let ended = run(&mut built("calculator"));
    assert_eq!(ended.out, CALCULATED);
    assert_eq!((ended.code, &*ended.err), (Some(0), ""));
}

#[test]
fn calculator_runs_on_the_redis_it_is_given() {
    let redis = RedisServer::start();
    let ended = run(built("calculator").env("REDIS_URL", redis.url()));
    assert_eq!(ended.out, CALCULATED);
    assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    let pops: String = redis::cmd("INFO")
        .arg("commandstats")
        .query(&mut redis.connection())
        .unwrap();
    assert!(pops.contains("cmdstat_blmpop"), "it went through Redis");
}

#[test]
fn calculator_says_when_its_redis_is_not_there() {
    let nowhere = format!("redis://127.0.0.1:{}", free_port());
    let ended = run(built("calculator").env("REDIS_URL", nowhere));
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.out, "");
    assert!(ended.err.contains("connect to Redis"), "{}", ended.err);
}

/// The server, once it is ready.
fn start_server(redis: &RedisServer) -> Process {
    let server = Process::start(built("calculator_server").env("REDIS_URL", redis.url()));
    server.prints("serving `calc`")
}

#[test]
fn calculator_server_is_stopped_by_sigterm_and_by_sigint() {
    let redis = RedisServer::start();
    for signal in ["TERM", "INT"] {
        let server = start_server(&redis);
        let served = run(built("calculator_client").env("REDIS_URL", redis.url()));
        assert_eq!(served.code, Some(0), "{}", served.err);
        server.signal(signal);
        let ended = server.ends();
        assert_eq!(ended.code, Some(0), "SIG{signal}: {}", ended.err);
        assert_eq!((&*ended.out, &*ended.err), ("serving `calc`\n", ""));
    }
}

#[test]
fn calculator_server_serves_one_caller_after_the_other() {
    let redis = RedisServer::start();
    let _server = start_server(&redis);
    for _ in 0..3 {
        let ended = run(built("calculator_client").env("REDIS_URL", redis.url()));
        assert!(ended.out.contains("val   -> 4\n"), "{}", ended.out);
        assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    }
}

#[test]
fn calculator_client_fails_when_nobody_serves() {
    let redis = RedisServer::start();
    let asked = Instant::now();
    let ended = run(built("calculator_client").env("REDIS_URL", redis.url()));
    assert!(asked.elapsed() >= Duration::from_secs(10), "the default");
    assert_eq!((ended.code, &*ended.out), (Some(1), ""));
    assert!(ended.err.contains("Timeout"), "{}", ended.err);
    assert!(ended.err.contains("started: No"), "{}", ended.err);
}

#[test]
fn calculator_client_fails_when_the_answers_are_wrong() {
    let redis = RedisServer::start();
    let python = Dialect::Python3;
    // Also to the method that does not exist.
    let _server = OldServer::start(&redis, "calc", python, move |_| {
        python.returned("4.0").into()
    });
    let ended = run(built("calculator_client").env("REDIS_URL", redis.url()));
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.ends_with("missing -> 4.0\n"), "{}", ended.out);
    assert_eq!(ended.err, "expected 4 and an exception\n");

    let _three = OldServer::start(&redis, "three", python, move |call| {
        let three = python.returned("3.0");
        let none = r#"{"exception": "AttributeError('missing')"}"#.to_owned();
        if call.name == "missing" { none } else { three }.into()
    });
    let mut client = built("calculator_client");
    let ended = run(client.env("REDIS_URL", redis.url()).env("QUEUE", "three"));
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.err, "expected 4 and an exception\n");
}

#[test]
fn calculator_server_and_client_refuse_a_queue_that_has_no_name() {
    let redis = RedisServer::start();
    for name in ["calculator_server", "calculator_client"] {
        let mut nameless = built(name);
        nameless.env("REDIS_URL", redis.url()).env("QUEUE", "");
        let ended = run(&mut nameless);
        assert_eq!(ended.code, Some(1), "{name}");
        assert!(ended.err.contains("is empty"), "{name}: {}", ended.err);
    }
}
