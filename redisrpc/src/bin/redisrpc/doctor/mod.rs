//! `redisrpc doctor`
//!
//! Each of the modules looks at one thing and says what it found.

mod clients;
mod distance;
mod finding;
mod keys;
mod queues;
mod rights;
mod settings;

use clap::Args;

use self::finding::{Finding, Severity};
use crate::{
    failure::Failure,
    output::Paint,
    table::{Cell, Column, Table},
    tool::Tool,
};

const HELP: &str = "\
It changes nothing. It looks at Redis' settings, at what this user may do, at the way to
Redis, and, by SCAN, at the keys of all queues. What this user may not look at is said.

Elsewhere than on a terminal each finding is a line: severity (ok, note, warning,
problem), what it is about, how it is, what to do.

Examples:
  redisrpc doctor
  redisrpc doctor calc
  redisrpc --url redis://calc-caller:secret@localhost/ doctor calc
  redisrpc doctor --json | jq '.[] | select(.severity == \"problem\")'

Exit codes: 0 no problem was found; 1 one was.";

/// Look for what is wrong, and say what to do
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Doctor {
    /// Queues to look at [default: all that there are signs of]
    #[arg(value_name = "QUEUE")]
    queues: Vec<String>,
}

impl Doctor {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let admin = tool.admin().await?;
        for queue in &self.queues {
            admin.check_queue(queue)?;
        }
        let mut findings = Vec::new();
        for node in admin.nodes() {
            settings::look(&admin, &node, &mut findings).await?;
            distance::look(&admin, &node, &mut findings).await?;
            clients::look(&admin, &node, &mut findings).await?;
        }
        let keys = keys::Keys::scan(&admin, &mut findings).await?;
        let names = match &*self.queues {
            [] => keys.queues(tool.discovery().await?.queues().await.unwrap_or_default()),
            names => names.to_vec(),
        };
        rights::look(&admin, &names, !self.queues.is_empty(), &mut findings).await?;
        keys.look(&admin, &mut findings).await?;
        for name in &names {
            queues::look(tool, &admin, name, &keys, &mut findings).await?;
        }
        report(findings, tool)
    }
}

fn report(mut findings: Vec<Finding>, tool: &Tool<'_>) -> Result<(), Failure> {
    findings.sort_by_key(|finding| finding.severity);
    let problems = findings.iter();
    let problems = problems
        .filter(|it| it.severity == Severity::Problem)
        .count();
    if tool.output.is_json() {
        tool.output.value(&findings)?;
    } else if tool.output.is_terminal() {
        for finding in &findings {
            show(finding, tool)?;
        }
    } else {
        let columns = ["SEVERITY", "CHECK", "FOUND", "ADVICE"].map(Column::text);
        let mut table = Table::new(columns);
        for finding in &findings {
            let means = [finding.means, &finding.advice];
            let means = means.into_iter().filter(|text| !text.is_empty());
            table.row([
                Cell::new(word(finding.severity)),
                Cell::new(finding.check),
                Cell::new(&finding.found),
                Cell::new(means.collect::<Vec<_>>().join(" ")),
            ]);
        }
        table.print(tool.output)?;
    }
    match problems {
        0 => Ok(()),
        1 => Err(Failure::problem("there is a problem")),
        _ => Err(Failure::problem(format!("there are {problems} problems"))),
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Problem => "problem",
    }
}

/// One finding for eyes: how it is, and under that what it means and what to do.
fn show(finding: &Finding, tool: &Tool<'_>) -> Result<(), Failure> {
    let paint = match finding.severity {
        Severity::Ok => Paint::Good,
        Severity::Note => Paint::Name,
        Severity::Warning => Paint::Warning,
        Severity::Problem => Paint::Bad,
    };
    let word = format!("{:9}", word(finding.severity));
    let word = tool.output.paint(paint, word);
    let found = tool.output.wrapped(&finding.found, 9);
    tool.output.line(format!("{word}{found}"))?;
    if !finding.means.is_empty() {
        let means = tool.output.wrapped(finding.means, 9);
        tool.output.line(format!("{:9}{means}", ""))?;
    }
    if !finding.advice.is_empty() {
        let advice = tool.output.wrapped(&format!("→ {}", finding.advice), 9);
        tool.output.line(format!("{:9}{advice}", ""))?;
    }
    Ok(())
}
