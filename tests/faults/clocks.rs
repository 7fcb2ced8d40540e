//! Peers whose clocks are wrong by hours.

use std::{
    path::PathBuf,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use redis::Connection;
use redisrpc_test_support::{RedisServer, example};

use crate::process::{Process, command};

/// Wrong by this much, in seconds.
const HOURS: i64 = 7 * 3600;

/// A program that believes in a time so many seconds away.
fn skewed(program: PathBuf, seconds: i64) -> Command {
    let mut command = command(program);
    command
        .env("LD_PRELOAD", libfaketime())
        .env("FAKETIME", format!("{seconds:+}"))
        // Time passes for it as for all.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

fn libfaketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a system as Debian's");
    let files = folders
        .filter_map(Result::ok)
        .map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    let mut files = files.filter(|file| file.exists());
    files
        .next()
        .expect("libfaketime is installed: tests/run.sh does that")
}

fn skewed_server(redis: &RedisServer, seconds: i64) -> Process {
    let mut server = skewed(example("calculator_server"), seconds);
    Process::start(server.env("REDIS_URL", redis.url())).prints("serving `calc`")
}

#[test]
fn a_skewed_program_is_hours_away() {
    for seconds in [HOURS, -HOURS] {
        let said = skewed("date".into(), seconds).arg("+%s").output().unwrap();
        let said: i64 = String::from_utf8(said.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let away = said - i64::try_from(now.as_secs()).unwrap();
        assert!((away - seconds).abs() < 600, "{away} s away");
    }
}

#[test]
fn client_and_server_whose_clocks_are_hours_apart_understand_each_other() {
    for seconds in [HOURS, -HOURS] {
        let redis = RedisServer::start();
        let _server = skewed_server(&redis, seconds);
        let mut client = skewed(example("calculator_client"), -seconds);
        let ended = Process::start(client.env("REDIS_URL", redis.url())).ends();
        assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    }
}

#[test]
fn a_server_whose_clock_is_hours_wrong_runs_what_is_in_time_and_nothing_else() {
    for seconds in [HOURS, -HOURS] {
        let redis = RedisServer::start();
        let mut peer = redis.connection();
        let (now, _): (i64, i64) = redis::cmd("TIME").query(&mut peer).unwrap();
        push(&mut peer, 1, 100, now - 10);
        push(&mut peer, 2, 5, now + 3600);
        let _server = skewed_server(&redis, seconds);
        let reply: (String, String) = redis::cmd("BLPOP")
            .arg(&["calc:rpc:{peer}", "20"])
            .query(&mut peer)
            .unwrap();
        assert_eq!(reply.1, r#"{"id":2,"return_value":5.0}"#);
        assert_eq!(redis.ask::<usize>("LLEN calc:rpc:{peer}"), 0);
    }
}

/// Asks for an addition, to be done until then in Redis' time.
fn push(peer: &mut Connection, id: u32, number: u32, until_seconds: i64) {
    let request = format!(
        r#"{{"function_call":{{"name":"add","args":[{number}]}},"response_queue":"calc:rpc:{{peer}}.{id}","context":{{"id":{id},"inbox":"calc:rpc:{{peer}}","deadline":{until_seconds}000}}}}"#
    );
    let pushed = redis::cmd("RPUSH").arg("calc").arg(request).query(peer);
    let _: usize = pushed.unwrap();
}
