//! Who is connected.

use redisrpc::__private::admin::{Admin, Reply};

use super::finding::Finding;
use crate::{
    failure::Failure,
    output::count,
    redis::{command, text},
};

pub(super) async fn look(
    admin: &Admin,
    node: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let replies = admin.ask_node(node, &[command(["CLIENT", "LIST"])]).await?;
    match replies.first() {
        Some(Reply::Refused(code, _)) => {
            let found = format!("this user may not list connections ({code})");
            let finding = Finding::note("old peers", found).means(
                "Whether servers or clients of the old RedisRPC are there was not looked at.",
            );
            findings.push(finding.advice("Ask as a user who may, or allow it: +client|list"));
        }
        Some(reply) => findings.extend(old_peers(&text(reply))),
        None => {}
    }
    Ok(())
}

/// Those who are blocked in `BLPOP`: nobody of this library is.
fn old_peers(list: &str) -> Option<Finding> {
    let field = |line: &str, name: &str| -> Option<String> {
        let mut fields = line.split(' ');
        fields.find_map(|it| it.strip_prefix(name).map(str::to_owned))
    };
    let old = list.lines().filter(|line| {
        let blocked = field(line, "flags=").is_some_and(|flags| flags.contains('b'));
        blocked && field(line, "cmd=").is_some_and(|it| it.eq_ignore_ascii_case("blpop"))
    });
    let places: Vec<_> = old.filter_map(|line| field(line, "addr=")).collect();
    if places.is_empty() {
        return None;
    }
    let shown = places
        .iter()
        .take(5)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let more = if places.len() > 5 { ", …" } else { "" };
    let found = format!(
        "{} blocked in BLPOP, as servers and clients of the old RedisRPC are: {shown}{more}",
        count(places.len(), "connection")
    );
    let finding = Finding::note("old peers", found).means(
        "Old Python and PHP servers delete what waits when they start, and run texts among \
         arguments as code.",
    );
    Some(
        finding.advice(
            "Know what they are; `guide::security` in the documentation says whom to trust",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_blocked_in_blpop_are_old_peers() {
        let list = "id=1 addr=10.0.0.1:1 flags=b cmd=blpop user=default\n\
                    id=2 addr=10.0.0.2:2 flags=b cmd=blmpop user=default\n\
                    id=3 addr=10.0.0.3:3 flags=N cmd=blpop user=default\n";
        let finding = old_peers(list).unwrap();
        assert!(
            finding.found.ends_with("are: 10.0.0.1:1"),
            "{}",
            finding.found
        );
        assert!(old_peers("id=3 addr=10.0.0.3:3 flags=N cmd=client|list\n").is_none());
    }
}
