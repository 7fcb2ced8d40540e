//! The way to Redis, and what all commands share.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use redisrpc::Server;
use redisrpc_test_support::{free_port, shared::SharedCluster};

use crate::{
    certificates::TlsRedis,
    fixture::{Concurrent, redis, serve},
    process::Process,
    tool::{redisrpc, run_at, serve_announced},
};

#[test]
fn a_redis_that_is_not_there_ends_with_4_and_says_where_it_was_looked_for() {
    let port = free_port();
    let ended = run_at(&format!("redis://:secret@127.0.0.1:{port}"), &["ls"]);
    assert_eq!((ended.code, &*ended.out), (Some(4), ""));
    assert!(
        ended.err.contains(&format!("127.0.0.1:{port}")),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("--url"), "{}", ended.err);
    assert!(!ended.err.contains("secret"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_forbids_ends_with_4_and_says_what_to_do() {
    let (redis, _broker) = redis().await;
    redis.tell("ACL SETUSER ann on >secret +@all -llen ~*");
    let url = redis.url().replace("://", "://ann:secret@");
    let ended = run_at(&url, &["peek", "calc"]);
    assert_eq!(ended.code, Some(4));
    assert!(ended.err.contains("NOPERM"), "{}", ended.err);
    assert!(ended.err.contains("ACL SETUSER"), "{}", ended.err);
}

const GUIDE: &str = include_str!("../../src/guide/cli.md");

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_watcher_may_look_and_nothing_else() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Concurrent).await;
    let mut lines = GUIDE.lines();
    let user = lines.find_map(|line| line.strip_prefix("user calc-watcher "));
    // What is in parentheses is one rule.
    let mut set = redis::cmd("ACL");
    set.arg("SETUSER").arg("calc-watcher");
    let (plain, selector) = user.unwrap().split_once(" (").unwrap();
    plain.split(' ').for_each(|rule| {
        set.arg(rule);
    });
    set.arg(format!("({selector}"));
    let _: String = set.query(&mut redis.connection()).unwrap();
    let _: u64 = redis.ask("ZADD redisrpc:queues 1 another");
    let url = redis.url().replace("://", "://calc-watcher:secret6@");
    for look in [
        &["ls"][..],
        &["ls", "calc"],
        &["top"],
        &["peek", "calc"],
        &["dead", "ls", "calc"],
    ] {
        let ended = run_at(&url, look);
        assert_eq!(ended.code, Some(0), "{look:?}: {}", ended.err);
        assert!(!ended.out.contains("another"), "{look:?}: {}", ended.out);
    }
    for change in [
        &["call", "calc", "add", "1", "2"][..],
        &["stop", "--all", "calc"],
    ] {
        assert_eq!(run_at(&url, change).code, Some(4), "{change:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_given_as_files() {
    let redis = TlsRedis::mutual();
    let broker = {
        let caller = redis.authority.issue("server");
        let builder = redis.builder();
        builder
            .client_certificate(&caller.certificate, &caller.key)
            .connect()
            .await
            .unwrap()
    };
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let issued = redis.authority.issue("caller");
    let folder = std::env::temp_dir().join(format!("redisrpc-cli-{}", redis.port));
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let ca = file("ca.pem", &redis.authority.pem());
    let certificate = file("caller.pem", &issued.certificate);
    let key = file("caller.key", &issued.key);
    let call = ["call", "calc", "add", "2", "3", "--ca-certificate", &ca];
    let shown = ["--client-certificate", &certificate, "--client-key", &key];
    let ended = run_at(&redis.url(), &[&call[..], &shown].concat());
    assert_eq!((ended.code, &*ended.out), (Some(0), "5\n"), "{}", ended.err);
    let ended = run_at(&redis.url(), &call);
    assert_eq!(ended.code, Some(4));
    assert!(
        ended.err.contains("--client-certificate"),
        "in its own terms: {}",
        ended.err
    );
    let missing = run_at(&redis.url(), &["ls", "--ca-certificate", "/nowhere.pem"]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.err.contains("/nowhere.pem cannot be read"),
        "{}",
        missing.err
    );
    fs::remove_dir_all(folder).unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_looked_after_like_any_redis() {
    let cluster = SharedCluster::get();
    let broker = redisrpc::Broker::connect(cluster.url()).await.unwrap();
    let server = serve(Server::new(&broker, "cli", Concurrent));
    let run = |arguments: &[&str]| run_at(&cluster.url(), arguments);
    assert_eq!(run(&["call", "cli", "add", "2", "3"]).out, "5\n");
    let listed = run(&["ls"]);
    assert!(listed.out.contains("cli\tConcurrent\t"), "{}", listed.out);
    assert_eq!(run(&["peek", "cli"]).code, Some(0));
    assert_eq!(run(&["dead", "ls", "cli"]).code, Some(0));
    let examined = run(&["doctor", "cli"]);
    assert_eq!(examined.code, Some(0), "{}", examined.err);
    let nodes = examined
        .out
        .lines()
        .filter(|it| it.starts_with("ok\tversion\t"));
    assert_eq!(nodes.count(), cluster.nodes().len(), "{}", examined.out);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_quietly_when_nobody_reads_on() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Concurrent).await;
    let program = env!("CARGO_BIN_EXE_redisrpc");
    let script = format!("{program} describe calc | true; echo ${{PIPESTATUS[0]}}");
    let mut shell = Command::new("bash");
    let shell = shell.args(["-c", &script]).env("REDIS_URL", redis.url());
    let ended = Process::start(shell).ends();
    assert_eq!((&*ended.out, &*ended.err), ("0\n", ""));
    server.stop().await;
}

#[test]
fn shells_read_their_completions_and_man_its_page() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = Process::start(redisrpc().args(["completions", shell])).ends();
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert!(ended.out.contains("doctor"), "{shell}: {}", ended.out);
        if shell == "bash" {
            let mut bash = Command::new("bash");
            let mut bash = bash.arg("-n").stdin(Stdio::piped()).spawn().unwrap();
            let mut script = bash.stdin.take().unwrap();
            script.write_all(ended.out.as_bytes()).unwrap();
            drop(script);
            assert!(bash.wait().unwrap().success());
        }
    }
    let page = Process::start(redisrpc().arg("man")).ends().out;
    assert!(page.contains(".TH redisrpc 1"), "{page}");
    for part in [
        "REDISRPC CALL",
        "REDISRPC DEAD RETRY",
        "Exit codes:",
        "CA (PEM)",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn every_command_explains_itself_with_examples() {
    let help = Process::start(redisrpc().arg("--help")).ends().out;
    assert!(help.contains("Exit codes:"), "{help}");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names: Vec<_> = commands
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 12, "{names:?}");
    for name in names {
        let mut help = Process::start(redisrpc().args([name, "--help"])).ends().out;
        if name == "contract" {
            help = Process::start(redisrpc().args([name, "check", "--help"]))
                .ends()
                .out;
        }
        assert!(help.contains("Examples:"), "{name}: {help}");
    }
}
