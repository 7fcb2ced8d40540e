//! The program, and how it is run.

use std::process::Command;

use redisrpc::{Broker, Server, Service};
use redisrpc_test_support::{RedisServer, until};

use crate::{
    fixture::{Serving, serve},
    process::{Ended, Process, command},
};

/// The program, to be given arguments.
pub fn redisrpc() -> Command {
    let mut program = command(env!("CARGO_BIN_EXE_redisrpc"));
    program.env_remove("NO_COLOR").env("TERM", "xterm");
    program
}

/// Runs it at this address: `redisrpc call calc add 2`, but for the first word.
pub fn run_at(url: &str, arguments: &[&str]) -> Ended {
    Process::start(redisrpc().env("REDIS_URL", url).args(arguments)).ends()
}

/// [`run_at`] this Redis.
pub fn run(redis: &RedisServer, arguments: &[&str]) -> Ended {
    run_at(&redis.url(), arguments)
}

/// What it printed, where all went well.
pub fn out(redis: &RedisServer, arguments: &[&str]) -> String {
    let ended = run(redis, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
    ended.out
}

/// What it printed as JSON, where all went well.
pub fn json(redis: &RedisServer, arguments: &[&str]) -> serde_json::Value {
    let out = out(redis, &[arguments, &["--json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{out:?}: {error}"))
}

/// Why it did not go well: the exit code and the one line.
pub fn failure(redis: &RedisServer, arguments: &[&str]) -> (i32, String) {
    let ended = run(redis, arguments);
    let code = ended.code.expect("it ended by itself");
    assert_ne!(code, 0, "{arguments:?}: {}", ended.out);
    let line = ended.err.trim_end().to_owned();
    assert_eq!(line.lines().count(), 1, "{line}");
    (code, line)
}

/// Serves this, from when it has announced itself.
pub async fn serve_announced(
    redis: &RedisServer,
    broker: &Broker,
    queue: &str,
    service: impl Service,
) -> Serving {
    let before = announced(redis, queue);
    let serving = serve(Server::new(broker, queue, service));
    // It says that it lives, and then that its queue is served.
    assert!(until(|| announced(redis, queue) > before && is_listed(redis, queue)).await);
    serving
}

fn is_listed(redis: &RedisServer, queue: &str) -> bool {
    let queues: Vec<String> = redis.ask("ZRANGE redisrpc:queues 0 -1");
    queues.iter().any(|it| it == queue)
}

fn announced(redis: &RedisServer, queue: &str) -> usize {
    let servers: Vec<String> = redis.ask(&format!("HKEYS redisrpc:{{{queue}}}:servers"));
    servers.len()
}
