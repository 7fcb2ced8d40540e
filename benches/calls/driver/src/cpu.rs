//! What processes have used so far, as `/proc` tells it.

use std::{fmt::Write as _, fs, process};

/// Processor time a process has used, with all its threads, in clock ticks.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything: the numbers follow it.
    let (_, numbers) = stat.rsplit_once(')').unwrap_or_default();
    let numbers = numbers.split_ascii_whitespace().skip(11).take(2);
    numbers.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// Processor time all processes and the kernel have used, in clock ticks.
fn busy() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let all = stat.lines().next().unwrap_or_default();
    let ticks = all.split_ascii_whitespace().skip(1).take(8);
    // Of these, the fourth and the fifth are those in which nothing was done.
    let idle = [3, 4];
    ticks
        .enumerate()
        .filter(|(at, _)| !idle.contains(at))
        .filter_map(|(_, ticks)| ticks.parse::<u64>().ok())
        .sum()
}

/// What was used up to a moment.
pub(crate) struct Used {
    busy: u64,
    /// Of those that are watched, in their order.
    ticks: Vec<u64>,
}

/// This process, and those it was told of.
pub(crate) struct Watched(Vec<u32>);

impl Watched {
    /// `pids` are decimal numbers between spaces.
    pub(crate) fn new(pids: &str) -> Self {
        let others = pids
            .split_ascii_whitespace()
            .filter_map(|pid| pid.parse().ok());
        Self([process::id()].into_iter().chain(others).collect())
    }

    pub(crate) fn used(&self) -> Used {
        Used {
            busy: busy(),
            ticks: self.0.iter().map(|&pid| ticks(pid)).collect(),
        }
    }

    /// The ticks between two looks, as members of a JSON object.
    pub(crate) fn json(&self, begin: &Used, end: &Used) -> String {
        let mut text = format!(r#""busy":{},"ticks":{{"#, end.busy - begin.busy);
        for (index, pid) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let used = end.ticks[index].saturating_sub(begin.ticks[index]);
            write!(text, r#"{comma}"{pid}":{used}"#).expect("a String takes all");
        }
        text.push('}');
        text
    }
}
