//! What the users of the guide's page on security are kept from.

use redis::{Connection, RedisError, Value};

use crate::guarded::{Guarded, line_of};

/// What no user may do: learn what others do, or end it.
const NOBODY: &[&str] = &[
    "KEYS *",
    "SCAN 0",
    "MONITOR",
    "CONFIG GET requirepass",
    "CLIENT LIST",
    "CLIENT KILL ID 1",
    "ACL LIST",
    "SCRIPT KILL",
    "SCRIPT FLUSH",
    "FUNCTION LIST",
    "SUBSCRIBE news",
    "FLUSHALL",
    "SHUTDOWN",
    "SELECT 1",
];

/// What only servers may do that keep requests while they run: run scripts, and
/// touch what they keep.
const KEEPING: &[&str] = &[
    "EVAL return(1) 0",
    "EVAL return(1) 1 calc",
    "LPUSH calc {}",
    "LRANGE redisrpc:{calc}:run:x:0 0 -1",
    "DEL redisrpc:{calc}:run:x:0",
];

/// What only servers may do: say who lives, and hear orders.
const LIVING: &[&str] = &[
    "HSET redisrpc:{calc}:servers x 16",
    "HGETALL redisrpc:{calc}:servers",
    "SET redisrpc:{calc}:beat:x 1",
    "LPOP redisrpc:{calc}:orders:x",
    "RPUSH redisrpc:{calc}:orders:x stop",
    "ZADD redisrpc:queues 1 calc",
];

/// What no server may do that keeps no requests.
const ORDERING: &[&str] = &["RPUSH redisrpc:{calc}:orders:x stop"];

/// What a caller may not do to a queue, be it that of its service: read it, take
/// from it, delete it, or copy it to where it may read.
const CALLER: &[&str] = &[
    "BLMPOP 1 1 calc LEFT",
    "BLPOP calc 1",
    "LPOP calc",
    "RPOP calc",
    "LMOVE calc calc:rpc:x LEFT LEFT",
    "RENAME calc calc:rpc:x",
    "COPY calc calc:rpc:x",
    "LRANGE calc 0 -1",
    "LINDEX calc 0",
    "LLEN calc",
    "SORT calc ALPHA",
    "DUMP calc",
    "SET calc x",
    "PEXPIRE calc 1",
    "EXISTS calc",
    // Answers for others.
    "RPUSH calc:rpc:x {}",
    // Another service.
    "RPUSH mail {}",
    "LPOS mail {}",
    "LREM mail 0 {}",
    "LPOP mail:rpc:x",
    "BLMPOP 1 2 calc:rpc:x mail:rpc:x LEFT",
];

/// What no server may do: read or take what others are answered, read its queue as
/// it stands, or serve another service.
const SERVER: &[&str] = &[
    "RPUSH calc {}",
    "LRANGE calc 0 -1",
    "SET calc x",
    "PEXPIRE calc 1",
    "LPOP calc:rpc:x",
    "BLMPOP 1 1 calc:rpc:x LEFT",
    "LRANGE calc:rpc:x 0 -1",
    "LMOVE calc:rpc:x calc LEFT LEFT",
    "RENAME calc:rpc:x calc",
    "RENAME calc calc:rpc:x",
    "DEL calc:rpc:x",
    "BLMPOP 1 1 mail LEFT",
    "BLMOVE mail calc LEFT RIGHT 1",
    "BLMOVE mail redisrpc:{calc}:run:x:0 LEFT RIGHT 1",
    "LPOP mail",
    "RPUSH mail:rpc:x {}",
    "EVAL return(1) 1 mail",
    "HGETALL redisrpc:{mail}:servers",
    "LRANGE redisrpc:{mail}:run:x:0 0 -1",
];

/// What only old servers may do: they flush their queue when they start.
const FLUSHING: &[&str] = &["DEL calc"];

/// What no script of a server may do, either.
const SCRIPTS: &[&str] = &[
    "redis.call('GET','mail')",
    "redis.call('LPOP','mail')",
    "redis.call('DEL','calc')",
    "redis.call('LRANGE','calc',0,-1)",
    "redis.call('LPOP','calc:rpc:x')",
    "redis.call('KEYS','*')",
];

fn run(connection: &mut Connection, command: &str) -> Result<Value, RedisError> {
    let mut words = command.split(' ');
    let mut it = redis::cmd(words.next().unwrap());
    words.for_each(|word| {
        it.arg(word);
    });
    it.query(connection)
}

#[test]
fn users_are_kept_from_what_is_not_their_job() {
    let guarded = Guarded::as_in_the_guide();
    let setup = ["RPUSH calc {}", "RPUSH mail {}", "RPUSH calc:rpc:x {}"];
    let mut everybody = guarded.redis.connection();
    for command in setup {
        run(&mut everybody, command).unwrap();
    }
    for (user, kept_from) in [
        ("calc-caller", [CALLER, KEEPING, LIVING, FLUSHING]),
        ("calc-old-caller", [CALLER, KEEPING, LIVING, FLUSHING]),
        ("calc-server", [SERVER, FLUSHING, &[], &[]]),
        ("calc-once-server", [SERVER, KEEPING, ORDERING, FLUSHING]),
        ("calc-old-server", [SERVER, KEEPING, LIVING, &[]]),
    ] {
        let mut connection = guarded.connection(user);
        for command in NOBODY.iter().chain(kept_from.into_iter().flatten()) {
            let refusal = run(&mut connection, command).unwrap_err();
            assert_eq!(
                refusal.code(),
                Some("NOPERM"),
                "{user}: {command}: {refusal}"
            );
        }
    }
    let mut connection = guarded.connection("calc-server");
    for script in SCRIPTS {
        let refusal = run(&mut connection, &format!("EVAL {script} 0")).unwrap_err();
        let refusal = refusal.to_string();
        assert!(
            refusal.contains("executing the script"),
            "{script}: {refusal}"
        );
    }
    for list in ["calc", "mail", "calc:rpc:x"] {
        assert_eq!(
            guarded.redis.ask::<i64>(&format!("LLEN {list}")),
            1,
            "{list}"
        );
    }
}

#[test]
fn old_peers_can_do_their_whole_job() {
    let guarded = Guarded::as_in_the_guide();
    for (user, command) in [
        ("calc-old-server", "DEL calc"),
        ("calc-old-caller", "RPUSH calc {}"),
        ("calc-old-server", "BLPOP calc 1"),
        ("calc-old-server", "RPUSH calc:rpc:x {}"),
        ("calc-old-caller", "BLPOP calc:rpc:x 1"),
    ] {
        let done = run(&mut guarded.connection(user), command).unwrap();
        assert_ne!(done, Value::Nil, "{command}");
    }
}

#[test]
fn who_does_not_log_in_may_do_nothing() {
    let guarded = Guarded::as_in_the_guide();
    let rule = line_of("default").replace("user ", "");
    let mut everybody = guarded.redis.connection();
    run(&mut everybody, &format!("ACL SETUSER {rule}")).unwrap();
    drop(everybody);
    let stranger = redis::Client::open(guarded.redis.url()).unwrap();
    let mut stranger = stranger.get_connection().unwrap();
    let refusal = run(&mut stranger, "LPOP calc").unwrap_err();
    assert_eq!(refusal.code(), Some("NOAUTH"), "{refusal}");
    run(&mut guarded.connection("calc-caller"), "LPOS calc {}").unwrap();
}
