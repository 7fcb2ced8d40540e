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
    "EVAL return(1) 0",
    "FUNCTION LIST",
    "SUBSCRIBE news",
    "FLUSHALL",
    "SHUTDOWN",
    "SELECT 1",
];

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
    "DEL calc",
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

/// What a server may not do: call, read or take what others are answered, or
/// serve another service.
const SERVER: &[&str] = &[
    "RPUSH calc {}",
    "LPOP calc:rpc:x",
    "BLMPOP 1 1 calc:rpc:x LEFT",
    "LRANGE calc:rpc:x 0 -1",
    "DEL calc:rpc:x",
    "PEXPIRE calc 1",
    "BLMPOP 1 1 mail LEFT",
    "LPOP mail",
    "RPUSH mail:rpc:x {}",
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
        ("calc-caller", CALLER),
        ("calc-old-caller", CALLER),
        ("calc-server", SERVER),
        ("calc-old-server", SERVER),
    ] {
        let mut connection = guarded.connection(user);
        for command in NOBODY.iter().chain(kept_from) {
            let refusal = run(&mut connection, command).unwrap_err();
            assert_eq!(
                refusal.code(),
                Some("NOPERM"),
                "{user}: {command}: {refusal}"
            );
        }
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
