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

/// The examples that tests here run, besides those of one process.
const RUN: [&str; 5] = [
    "calculator",
    "calculator_client",
    "calculator_server",
    "contract",
    "tracing",
];

/// Examples that are one process, and need nothing: what each prints.
const PRINTED: [(&str, &str); 14] = [
    ("blocking", BLOCKING),
    ("concurrency", CONCURRENCY),
    ("context", CONTEXT),
    ("deadlines_and_retries", DEADLINES_AND_RETRIES),
    ("discovery", DISCOVERY),
    ("dynamic", DYNAMIC),
    ("errors", ERRORS),
    ("middleware", MIDDLEWARE),
    ("named_arguments", NAMED_ARGUMENTS),
    ("own_loop", OWN_LOOP),
    ("payloads", PAYLOADS),
    ("shutdown", SHUTDOWN),
    ("streaming", STREAMING),
    ("testing", TESTING),
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
    assert_eq!(there, run_here().map(str::to_owned).collect());
}

#[test]
fn the_readme_lists_every_example() {
    for name in run_here() {
        let link = format!("(examples/{name}.rs)");
        assert!(README.contains(&link), "no {link} in the README");
    }
}

const README: &str = include_str!("../README.md");

fn run_here() -> impl Iterator<Item = &'static str> {
    RUN.into_iter().chain(PRINTED.map(|(name, _)| name))
}

fn built(name: &str) -> Command {
    assert!(run_here().any(|it| it == name), "{name} is not in a list");
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
fn examples_of_one_process_run_without_redis() {
    for (name, printed) in PRINTED {
        let ended = run(&mut built(name));
        assert_eq!(ended.out, printed, "{name}: {}", ended.err);
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.err);
        // It says how fast it was there.
        let silent = ended.err.is_empty() || name == "concurrency";
        assert!(silent, "{name}: {}", ended.err);
    }
}

#[test]
fn spans_of_a_shop_and_its_warehouse_are_in_one_trace() {
    let redis = RedisServer::start();
    for url in ["memory://shop".to_owned(), redis.url()] {
        let ended = run(built("tracing").env("REDIS_URL", &url));
        assert_eq!(ended.code, Some(0), "{url}: {}", ended.err);
        let (spans, trace) = ended.out.trim_end().rsplit_once("one trace: ").unwrap();
        assert_eq!(trace.len(), 32, "{trace}");
        let of = |label: &str| -> Vec<_> {
            let values = spans
                .lines()
                .filter_map(|line| line.trim().split_once(" : "));
            let values = values.filter(|(name, _)| name.trim() == label);
            values.map(|(_, value)| value.to_owned()).collect()
        };
        assert_eq!(of("TraceId"), [trace; 3], "{}", ended.out);
        let [run, call, order] = &of("SpanId")[..] else {
            panic!("{}", ended.out);
        };
        assert_ne!(run, order);
        let parents = [call.as_str(), order.as_str(), "None (root span)"];
        assert_eq!(of("ParentSpanId"), parents, "{}", ended.out);
    }
}

#[test]
fn examples_of_one_process_do_the_same_through_redis() {
    let redis = RedisServer::start();
    for (name, printed) in PRINTED {
        let ended = run(built(name).env("REDIS_URL", redis.url()));
        // It lists all queues that were served there.
        if name != "discovery" {
            assert_eq!(ended.out, printed, "{name}: {}", ended.err);
        }
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.err);
    }
}

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

const BLOCKING: &str = "ten threads counted to 10
and then to 42
";

const CONCURRENCY: &str = "3² + 4² = 25
the sum of ten thousand squares is 333283335000
1000 more, a hundred at a time
";

const CONTEXT: &str = r#"found: ["Emma on shelf 1", "Emma on shelf 2", "Emma on shelf 3"]
in a hurry: []
asked in vain: true
"#;

const DEADLINES_AND_RETRIES: &str = "before: no reply to `lend` on queue `library` within 50ms; no server took the request and it was withdrawn
  may have run: false
find: Persuasion is on shelf 7
lend: no reply to `lend` on queue `library` within 300ms; a server may have run it
  may have run: true
";

const MIDDLEWARE: &str = "`lend` is not for strangers; may have run: false
Emma is lent to Ann
Emma is as new
one at a time
";

const STREAMING: &str = "1000 ticks read, at most 100 more made: true
Ok([3, 2, 1])
15
14
the clock stopped at 13
";

const PAYLOADS: &str = "stored 8 bytes
Some(Picture { title: \"dot\", png: [137, 80, 78, 71, 13, 10, 26, 10] })
{\"png\":\"iVBORw0KGgo=\",\"title\":\"dot\"}
0.5
";

const DISCOVERY: &str = "Clock answers on queue `clock`
Tells the time.
  async fn hour(&self, zone: String) -> Result<u32, Error>  // The hour in this zone.
queues: clock
2 servers, 12 requests at once
the stubs of today: Ok(())
the stubs of before: the service on queue `clock` is not what this client was built for: `hour`: argument `zone: String` was added without a default (from what the client expects to what is served)
`hour` was not called: no server serves queue `sundial`; start one, or let calls wait for it by leaving out `fail_unserved`
";

const DYNAMIC: &str = r#"Atlas on queue `atlas`:
  async fn largest(&self, country: String) -> Option<City>
as JSON: {"name":"Oslo","people":717710}
typed: Oslo
wrong: Atlas has no method `smallest`; it has `largest`
"#;

const ERRORS: &str = "change: 20
its own error (may have run: true): 30 cents short
a panic (may have run: true): `pay` panicked: the till has no change for that
an exception (may have run: false): `pay`: unexpected argument `cent`, expected `cents`
a timeout (may have run: false): no reply to `pay` on queue `closed-till` within 50ms; no server took the request and it was withdrawn
";

const NAMED_ARGUMENTS: &str = r#"by their stubs:
  2 x a poster in red
  3 pages stapled at top left
  6
as others call them:
  5 x a map in black
  1 x a letter in blue
  9
what is wrong with these:
  `print`: missing argument `text` (position 1)
  `print`: unexpected argument `color`, expected `text`, `copies`, `colour`
  `print`: multiple values for `text`
  `print`: argument `copies` (position 2): invalid type: string "twice", expected u32
"#;

const OWN_LOOP: &str = "turn 1, 1 served
turn 2, 2 served
turn 3, 3 served
";

const SHUTDOWN: &str = "Ann is told to stop: she serves two, and four are waiting
Ann has answered what she had taken, and is gone
served by: Ann, Ann, Bob, Bob, Bob, Bob
";

const TESTING: &str = r#"a warm day: no coat, after noon("Oslo")
no forecast: an umbrella
the almanac: a coat
"#;
