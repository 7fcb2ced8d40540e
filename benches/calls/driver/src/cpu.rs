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

    pub(crate) fn ticks(&self) -> Vec<u64> {
        self.0.iter().map(|&pid| ticks(pid)).collect()
    }

    /// The ticks between two looks, as the members of a JSON object.
    pub(crate) fn json(&self, begin: &[u64], end: &[u64]) -> String {
        let mut text = String::new();
        for (index, pid) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let used = end[index].saturating_sub(begin[index]);
            write!(text, r#"{comma}"{pid}":{used}"#).expect("a String takes all");
        }
        text
    }
}
