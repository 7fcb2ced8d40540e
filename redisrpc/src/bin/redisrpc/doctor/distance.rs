//! How far away Redis is, in space and time.

use std::time::{Duration, Instant, SystemTime};

use redisrpc::__private::admin::{Admin, Reply};

use super::finding::Finding;
use crate::{
    failure::Failure,
    redis::{command, millis},
    time,
};

/// How often to ask: the median of few is no chance.
const TIMES: usize = 15;

/// A call makes four such trips: from here on one feels them.
const FAR: Duration = Duration::from_millis(5);

/// Clocks that differ more are worth a word.
const APART: u64 = 1_000;

pub(super) async fn look(
    admin: &Admin,
    node: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let mut trips = Vec::new();
    let mut time = Reply::Nil;
    for _ in 0..TIMES {
        let asked = Instant::now();
        let replies = admin.ask_node(node, &[command(["TIME"])]).await?;
        trips.push(asked.elapsed());
        time = replies.into_iter().next().unwrap_or(Reply::Nil);
    }
    trips.sort_unstable();
    let (least, median) = (trips[0], trips[TIMES / 2]);
    let found = format!(
        "a round trip to Redis takes {}, {} at best",
        time::short(median),
        time::short(least)
    );
    findings.push(match median < FAR {
        true => Finding::ok("distance", found),
        false => Finding::warning("distance", found)
            .means("A call makes two of them, one on each side: many calls at once hide that, one after the other do not.")
            .advice("Run Redis nearer, or call concurrently"),
    });
    findings.extend(clock(time));
    Ok(())
}

fn clock(time: Reply) -> Option<Finding> {
    if let Reply::Refused(code, _) = &time {
        let found = format!("this user may not ask for Redis' time ({code})");
        let finding = Finding::warning("clock", found)
            .means("Deadlines go by each machine's own clock, and are wrong where those are.");
        return Some(finding.advice("ACL SETUSER … +time"));
    }
    let here = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let here = u64::try_from(here.unwrap_or_default().as_millis()).unwrap_or(0);
    let apart = here.abs_diff(millis(time));
    Some(match apart <= APART {
        true => Finding::ok("clock", "this machine's clock goes with Redis'"),
        false => {
            let found = format!(
                "this machine's clock and Redis' are {} apart",
                time::long(apart)
            );
            Finding::note("clock", found)
                .means("No harm is done: deadlines go by Redis' clock alone.")
        }
    })
}
