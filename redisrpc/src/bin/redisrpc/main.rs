//! The command `redisrpc`: it calls services, looks at their queues and servers,
//! and finds what is wrong with a Redis that carries them.
//!
//! `args` is what it understands, each command has a file of its own, and what
//! commands share is in `tool` (the way to Redis), `output` (how things look),
//! `request` (what lies in queues) and `failure` (how it ends).

mod args;
mod bench;
mod call;
mod completions;
mod connection;
mod contract;
mod dead;
mod describe;
mod doctor;
mod failure;
mod json;
mod ls;
mod orders;
mod output;
mod peek;
mod ping;
mod redis;
mod request;
mod stub;
mod survey;
mod table;
mod time;
mod tool;
mod top;
mod value;

use std::process::ExitCode;

use clap::Parser as _;
use redisrpc::discovery::Order;

use crate::{
    args::{Arguments, Command},
    failure::Failure,
    output::Output,
    tool::Tool,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.color, arguments.json);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments, &output)),
        Err(error) => Err(Failure::usage(format!("no runtime: {error}"))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.complain(&failure);
            failure.exit.into()
        }
    }
}

async fn run(arguments: Arguments, output: &Output) -> Result<(), Failure> {
    let tool = Tool::new(arguments.connection, output);
    match arguments.command {
        Command::Call(call) => call.run(&tool).await,
        Command::Peek(peek) => peek.run(&tool).await,
        Command::Dead(dead) => dead.run(&tool).await,
        Command::Bench(bench) => bench.run(&tool).await,
        Command::Ls(ls) => ls.run(&tool).await,
        Command::Describe(describe) => describe.run(&tool).await,
        Command::Ping(ping) => ping.run(&tool).await,
        Command::Top(top) => top.run(&tool).await,
        Command::Quiet(orders) => orders.give(Order::Quiet, &tool).await,
        Command::Resume(orders) => orders.give(Order::Resume, &tool).await,
        Command::Stop(orders) => orders.give(Order::Stop, &tool).await,
        Command::Doctor(doctor) => doctor.run(&tool).await,
        Command::Contract(contract) => contract.run(&tool).await,
        Command::Stub(stub) => stub.run(&tool).await,
        Command::Completions(completions) => completions.run(output),
        Command::Man(man) => man.run(output),
    }
}
