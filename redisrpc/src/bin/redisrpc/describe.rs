//! `redisrpc describe`

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use clap::Args;
use redisrpc::{
    Error, FaultCode,
    contract::{Contract, Method},
};

use crate::{
    failure::Failure,
    output::{Output, Paint},
    time,
    tool::Tool,
};

const HELP: &str = "\
With --json it prints the contract, in the form of the file that a service can be held
to and stubs be made of.

Examples:
  redisrpc describe calc
  redisrpc describe calc --json > calc.contract.json
  redisrpc describe ./calc.contract.json";

/// Show what a service offers: its methods, as one reads them in Rust
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Describe {
    #[command(flatten)]
    source: Source,
}

/// Where a contract comes from.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The queue of a service that runs, or the file of its contract: what ends in
    /// `.json`, or has a `/`
    #[arg(value_name = "QUEUE|FILE")]
    from: String,

    /// Longest time to wait for a server
    #[arg(long, value_parser = time::parse, default_value = "5s", value_name = "TIME")]
    timeout: Duration,
}

impl Describe {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        let contract = self.source.contract(tool).await?;
        let output = tool.output;
        output.line(match output.is_json() {
            true => contract.to_json().trim_end().to_owned(),
            false => in_rust(&contract, output),
        })
    }
}

impl Source {
    pub(crate) async fn contract(&self, tool: &Tool<'_>) -> Result<Contract, Failure> {
        match self.from.ends_with(".json") || self.from.contains('/') {
            true => of_file(Path::new(&self.from)),
            false => of_queue(&self.from, self.timeout, tool).await,
        }
    }
}

/// The contract in a file.
pub(crate) fn of_file(path: &Path) -> Result<Contract, Failure> {
    let text = fs::read_to_string(path);
    let text = text
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    Contract::from_json(&text)
        .map_err(|error| Failure::usage(format!("{} is no contract: {error}", path.display())))
}

/// The contract that a server of this queue tells.
pub(crate) async fn of_queue(
    queue: &str,
    timeout: Duration,
    tool: &Tool<'_>,
) -> Result<Contract, Failure> {
    tool.check_native(queue).await?;
    let client = tool.client(queue).await?.timeout(timeout);
    client.describe().await.map_err(|error| match &error {
        Error::Fault(fault) if fault.code() == FaultCode::Exception => Failure::problem(format!(
            "the server that answered is one of the old RedisRPC, and cannot describe its \
             service: {}",
            fault.message()
        )),
        _ => error.into(),
    })
}

/// The contract as a trait.
fn in_rust(contract: &Contract, output: &Output) -> String {
    let mut text = String::new();
    add_doc(&mut text, "", &contract.doc, output);
    let service = output.paint(Paint::Name, &contract.service);
    // Writing to a text cannot fail, here and below.
    let _ = writeln!(text, "trait {service} {{");
    for (place, method) in contract.methods.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        add_method(&mut text, method, output);
    }
    text.push('}');
    text
}

fn add_method(text: &mut String, method: &Method, output: &Output) {
    add_doc(text, "    ", &method.doc, output);
    let options = options(method);
    if !options.is_empty() {
        let attribute = format!("#[rpc({})]", options.join(", "));
        let _ = writeln!(text, "    {}", output.paint(Paint::Warning, attribute));
    }
    let signature = method.to_string();
    let (before, after) = signature
        .split_once(&method.name)
        .unwrap_or((&signature, ""));
    let _ = writeln!(
        text,
        "    {}{}{};",
        output.paint(Paint::Plain, before),
        output.paint(Paint::Strong, &method.name),
        output.paint(Paint::Plain, after)
    );
}

fn options(method: &Method) -> Vec<String> {
    let mut options = Vec::new();
    options.extend(method.aliases.iter().map(|it| format!("alias = {it:?}")));
    let timeout = method.timeout_ms;
    options.extend(timeout.map(|it| match it % 1000 {
        0 => format!("timeout = \"{}s\"", it / 1000),
        _ => format!("timeout = \"{it}ms\""),
    }));
    options.extend(method.oneway.then(|| "oneway".to_owned()));
    options.extend(method.idempotent.then(|| "idempotent".to_owned()));
    options
}

fn add_doc(text: &mut String, indent: &str, doc: &str, output: &Output) {
    for line in doc.lines() {
        let line = format!("/// {line}");
        let line = output.paint(Paint::Good, line.trim_end());
        let _ = writeln!(text, "{indent}{line}");
    }
}
