//! `redisrpc contract`

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use redisrpc::contract::compare;
use serde_json::json;

use crate::{
    describe::{of_file, of_queue},
    failure::Failure,
    output::Paint,
    table::{Cell, Column, Table},
    time,
    tool::Tool,
};

const HELP: &str = "\
Examples:
  redisrpc describe calc --json > calc.contract.json
  redisrpc contract check calc.contract.json calc

Exit codes: 0 whoever relies on the file can call the service; 1 something would break.";

/// Compare services with the contracts that others rely on
#[derive(Debug, Args)]
pub(crate) struct Contract {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Check(Check),
}

/// Say what a running service does otherwise than a file says
#[derive(Debug, Args)]
#[command(after_help = HELP)]
struct Check {
    /// The contract that callers rely on
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The queue of the service
    #[arg(value_name = "QUEUE")]
    queue: String,

    /// Longest time to wait for a server
    #[arg(long, value_parser = time::parse, default_value = "5s", value_name = "TIME")]
    timeout: Duration,
}

impl Contract {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let What::Check(check) = self.what;
        check.run(tool).await
    }
}

impl Check {
    async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let relied_on = of_file(&self.file)?;
        let live = of_queue(&self.queue, self.timeout, tool).await?;
        let changes = compare(&relied_on, &live);
        let breaking = changes.iter().filter(|it| it.is_breaking()).count();
        if tool.output.is_json() {
            let all = changes
                .iter()
                .map(|it| json!({ "breaking": it.is_breaking(), "change": it.to_string() }));
            tool.output.value(&all.collect::<Vec<_>>())?;
        } else {
            let mut table = Table::new([Column::text("KIND"), Column::prose("CHANGE")]);
            for change in &changes {
                let kind = match change.is_breaking() {
                    true => Cell::painted(Paint::Bad, "breaking"),
                    false => Cell::painted(Paint::Good, "compatible"),
                };
                table.row([kind, Cell::new(change)]);
            }
            match changes.is_empty() {
                true => tool.output.remark("the service is what the file says"),
                false => table.print(tool.output)?,
            }
        }
        match breaking {
            0 => Ok(()),
            _ => Err(Failure::problem(format!(
                "{breaking} breaking: callers that rely on {} cannot call `{}` as it is",
                self.file.display(),
                self.queue
            ))),
        }
    }
}
