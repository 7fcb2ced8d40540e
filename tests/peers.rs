//! The calculator's examples and peers that keep to the old wire, each a process
//! of its own, in every pairing that has one of ours.

use std::path::Path;

use redis::cmd;
use redisrpc_test_support::{RedisServer, example, is_sign_of_life};

use crate::process::{Ended, Process, command};

/// Where a pairing meets.
struct Meeting {
    redis: RedisServer,
    /// Appended to the address: `/2` for database 2.
    database: &'static str,
    /// `None` for the default.
    queue: Option<&'static str>,
}

/// Once with as little said as possible, once with all there is to say.
const MEETINGS: [(&str, Option<&str>); 2] = [("", None), ("/2", Some("math/rechner é"))];

impl Meeting {
    fn all() -> impl Iterator<Item = Self> {
        MEETINGS.into_iter().map(|(database, queue)| Self {
            redis: RedisServer::start(),
            database,
            queue,
        })
    }

    /// Starts one of the two.
    fn start(&self, program: &Program) -> Process {
        let mut command = program.command();
        command.env("REDIS_URL", self.redis.url() + self.database);
        if let Some(queue) = self.queue {
            command.env("QUEUE", queue);
        }
        Process::start(&mut command)
    }

    /// Lets a client run against a server, then looks at what they left.
    fn pair(&self, server: &Program, client: &Program) -> Ended {
        let queue = self.queue.unwrap_or("calc");
        let _server = self.start(server).prints(&format!("serving `{queue}`"));
        let ended = self.start(client).ends();
        let mut look = self.redis.connection();
        for database in [0, 2] {
            let _: () = cmd("SELECT").arg(database).query(&mut look).unwrap();
            let mut keys: Vec<String> = cmd("KEYS").arg("*").query(&mut look).unwrap();
            keys.retain(|key| !is_sign_of_life(key));
            assert!(keys.is_empty(), "they left {keys:?}");
        }
        ended
    }
}

enum Program {
    Example(&'static str),
    Python(&'static str),
}

impl Program {
    fn command(&self) -> std::process::Command {
        match self {
            Self::Example(name) => command(example(name)),
            Self::Python(script) => {
                let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
                let mut python = command("python3");
                python.arg("-B").arg(peers.join(script));
                python
            }
        }
    }
}

#[test]
fn an_old_python_client_is_served_by_the_calculator_server() {
    for meeting in Meeting::all() {
        let ended = meeting.pair(
            &Program::Example("calculator_server"),
            &Program::Python("old_client.py"),
        );
        let replies = r#"clr {"return_value":null}
add {"return_value":5.0}
sub {"return_value":2.0}
mul {"return_value":8.0}
div {"return_value":4.0}
val {"return_value":4.0}
missing {"exception":"Calculator has no method `missing`; it has `clr`, `add`, `sub`, `mul`, `div`, `val`"}
"#;
        assert_eq!(ended.out, replies, "{}", ended.err);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
}

#[test]
fn the_calculator_client_is_served_by_an_old_python_server() {
    for meeting in Meeting::all() {
        let ended = meeting.pair(
            &Program::Python("old_server.py"),
            &Program::Example("calculator_client"),
        );
        let steps = "add 5 -> 5\nsub 3 -> 2\nmul 4 -> 8\ndiv 2 -> 4\nval   -> 4\n\
            missing: AttributeError(\"'Calculator' object has no attribute 'missing'\")\n";
        assert_eq!(ended.out, steps, "{}", ended.err);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
}

const BY_CONTRACT: &str = "add 5 -> 5\nsub 3 -> 2\nmul 4 -> 8\n";

#[test]
fn a_client_made_of_a_contract_is_served_by_an_old_python_server() {
    for meeting in Meeting::all() {
        let ended = meeting.pair(
            &Program::Python("old_server.py"),
            &Program::Example("contract"),
        );
        let steps = "div 0: ZeroDivisionError('float division by zero')\nval   -> 8\n";
        assert_eq!(ended.out, format!("{BY_CONTRACT}{steps}"), "{}", ended.err);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
}

#[test]
fn a_client_made_of_a_contract_is_served_by_the_server_that_keeps_it() {
    for meeting in Meeting::all() {
        let ended = meeting.pair(
            &Program::Example("calculator_server"),
            &Program::Example("contract"),
        );
        let steps = "div 0: the calculator's own error\nval   -> 8\n";
        assert_eq!(ended.out, format!("{BY_CONTRACT}{steps}"), "{}", ended.err);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
}

#[test]
fn the_calculator_client_is_served_by_the_calculator_server() {
    for meeting in Meeting::all() {
        let ended = meeting.pair(
            &Program::Example("calculator_server"),
            &Program::Example("calculator_client"),
        );
        let steps = "add 5 -> 5\nsub 3 -> 2\nmul 4 -> 8\ndiv 2 -> 4\nval   -> 4\n\
            missing: Calculator has no method `missing`; \
            it has `clr`, `add`, `sub`, `mul`, `div`, `val`\n";
        assert_eq!(ended.out, steps, "{}", ended.err);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
}
