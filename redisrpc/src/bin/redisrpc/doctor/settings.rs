//! How Redis is set up.

use redisrpc::__private::admin::{Admin, Reply};

use super::finding::Finding;
use crate::{
    failure::Failure,
    redis::{command, text, texts},
};

/// What one node says of itself.
struct Facts {
    node: String,
    info: String,
    /// Settings, in pairs; none where it does not tell them.
    settings: Vec<String>,
}

impl Facts {
    /// A field of `INFO`.
    fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.info.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.map(str::trim)
    }

    fn number(&self, name: &str) -> u64 {
        self.field(name).and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    /// What `CONFIG GET` answers.
    fn setting(&self, name: &str) -> Option<&str> {
        let mut pairs = self.settings.chunks_exact(2);
        let pair = pairs.find(|pair| pair[0] == name)?;
        Some(&pair[1])
    }
}

pub(super) async fn look(
    admin: &Admin,
    node: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let commands = [
        command(["INFO"]),
        command(["CONFIG", "GET", "timeout"]),
        command(["CONFIG", "GET", "save"]),
    ];
    let mut replies = admin.ask_node(node, &commands).await?.into_iter();
    let info = match replies.next() {
        Some(Reply::Refused(code, why)) => {
            let found = format!("{node}: this user may not ask for INFO ({code} {why})");
            let finding = Finding::note("info", found)
                .means("Version, memory, persistence and role were not looked at.");
            findings.push(finding.advice("Ask as a user who may, or allow it: +info"));
            return Ok(());
        }
        info => info.as_ref().map(text).unwrap_or_default(),
    };
    let settings: Vec<_> = replies.flat_map(texts).collect();
    let facts = Facts {
        node: node.to_owned(),
        info,
        settings,
    };
    findings.push(version(&facts));
    findings.extend(role(&facts));
    findings.push(eviction(&facts));
    findings.extend(memory(&facts));
    findings.push(persistence(&facts));
    findings.extend(failed_writes(&facts));
    findings.extend(timeout(&facts));
    findings.extend(room_for_clients(&facts));
    Ok(())
}

fn version(facts: &Facts) -> Finding {
    let what = match facts.field("server_name") {
        Some("valkey") => format!("Valkey {}", facts.field("valkey_version").unwrap_or("?")),
        _ => format!("Redis {}", facts.field("redis_version").unwrap_or("?")),
    };
    let mode = facts.field("redis_mode").unwrap_or("standalone");
    Finding::ok("version", format!("{what} at {}, {mode}", facts.node))
}

fn role(facts: &Facts) -> Option<Finding> {
    (facts.field("role") == Some("slave")).then(|| {
        let found = format!("{} is a replica", facts.node);
        Finding::problem("role", found)
            .means("It takes no writes, so nothing can be called through it.")
            .advice("Give the master's address, or redis+sentinel:// to have it found")
    })
}

fn eviction(facts: &Facts) -> Finding {
    let policy = facts.field("maxmemory_policy").unwrap_or("?");
    let found = format!("maxmemory-policy is {policy}");
    let finding = match (policy, facts.number("maxmemory")) {
        ("noeviction", _) => return Finding::ok("eviction", found),
        (_, 0) => Finding::warning("eviction", format!("{found}, without a maxmemory yet")).means(
            "Once there is one, Redis deletes keys when it is full, requests and replies too.",
        ),
        _ => Finding::problem("eviction", found)
            .means("When Redis is full it deletes keys, requests and replies among them."),
    };
    finding.advice("CONFIG SET maxmemory-policy noeviction")
}

fn memory(facts: &Facts) -> Option<Finding> {
    let (used, most) = (facts.number("used_memory"), facts.number("maxmemory"));
    (most > 0 && used >= most / 10 * 9).then(|| {
        let found = format!("{} of {} MiB of memory are used", used >> 20, most >> 20);
        Finding::warning("memory", found)
            .means("A Redis that is full refuses calls, until servers have taken some.")
            .advice("Give it more memory, or find what fills it: redis-cli --bigkeys")
    })
}

fn persistence(facts: &Facts) -> Finding {
    if facts.field("aof_enabled") == Some("1") {
        return Finding::ok(
            "persistence",
            "every write is kept in a file (appendonly yes)",
        );
    }
    match facts.setting("save") {
        Some("") => Finding::warning("persistence", "nothing is kept in a file")
            .means("When Redis restarts, all requests that wait or run are lost.")
            .advice("Where that matters: CONFIG SET appendonly yes"),
        Some(_) => Finding::note("persistence", "snapshots alone are kept in a file")
            .means("When Redis crashes, requests since the last snapshot are lost, and older ones may run again.")
            .advice("Where that matters: CONFIG SET appendonly yes"),
        None => Finding::note("persistence", "no append-only file; this user may not ask for more")
            .advice("Where no request may be lost: CONFIG SET appendonly yes"),
    }
}

fn failed_writes(facts: &Facts) -> Option<Finding> {
    let files = ["rdb_last_bgsave_status", "aof_last_write_status"];
    let failed = files
        .into_iter()
        .find(|it| facts.field(it) == Some("err"))?;
    let finding = Finding::problem(
        "files",
        format!("Redis could not write its file ({failed}:err)"),
    )
    .means("It refuses all writes, and so all calls, until it can (stop-writes-on-bgsave-error).");
    Some(finding.advice("Look at its log and at the disk's free space"))
}

fn timeout(facts: &Facts) -> Option<Finding> {
    let seconds = facts.setting("timeout")?;
    (seconds != "0").then(|| {
        let found = format!("connections that are idle for {seconds} s are closed");
        Finding::warning("timeout", found)
            .means("This library connects again by itself; old clients fail with their next call.")
            .advice("CONFIG SET timeout 0")
    })
}

fn room_for_clients(facts: &Facts) -> Option<Finding> {
    let (there, most) = (
        facts.number("connected_clients"),
        facts.number("maxclients"),
    );
    (most > 0 && there >= most / 10 * 9).then(|| {
        let found = format!("{there} of {most} connections are taken");
        Finding::warning("connections", found)
            .means("Soon nobody can connect.")
            .advice("CONFIG SET maxclients to more, or find who has them: CLIENT LIST")
    })
}
