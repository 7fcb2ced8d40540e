//! `redisrpc stub`

use std::{fs, path::PathBuf};

use clap::{Args, ValueEnum};
use redisrpc::contract::stub;

use crate::{describe::Source, failure::Failure, tool::Tool};

const HELP: &str = "\
The Python client needs Python 3.9 and a connection of the package `redis`; `mypy
--strict` accepts it. The TypeScript client needs a connection of `ioredis` or
`node-redis`; `tsc --strict` accepts it. Both call old servers too.

Examples:
  redisrpc stub python calc --output calc.py
  redisrpc stub typescript ./calc.contract.json > calc.ts";

/// Write a typed client of a service for another language
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Stub {
    language: Language,

    #[command(flatten)]
    source: Source,

    /// The file to write, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Python,
    #[value(name = "typescript")]
    TypeScript,
}

impl Stub {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let contract = self.source.contract(tool).await?;
        let client = match self.language {
            Language::Python => stub::python(&contract),
            Language::TypeScript => stub::typescript(&contract),
        };
        let Some(file) = self.output else {
            return tool.output.line(client.trim_end());
        };
        fs::write(&file, client).map_err(|error| {
            Failure::usage(format!("{} cannot be written: {error}", file.display()))
        })?;
        let service = contract.service;
        tool.output
            .remark(&format!("the client of {service} is in {}", file.display()));
        Ok(())
    }
}
