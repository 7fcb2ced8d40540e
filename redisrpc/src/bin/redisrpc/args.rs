//! What the command understands.

use clap::{Parser, Subcommand, builder::styling};

use crate::{
    bench::Bench,
    call::Call,
    completions::{Completions, Man},
    connection::Connection,
    contract::Contract,
    dead::Dead,
    describe::Describe,
    doctor::Doctor,
    ls::Ls,
    orders::Orders,
    output::Color,
    peek::Peek,
    ping::Ping,
    stub::Stub,
    top::Top,
};

const EXAMPLES: &str = "\
Examples:
  redisrpc call calc add 2 3
  redisrpc call calc add a=2 b=3 --timeout 500ms --json
  redisrpc --url rediss://me:secret@redis.example.org/ doctor

Exit codes:
  0  it went well
  1  the service answered with an error, or `doctor` found something bad
  2  the command cannot be understood, or not be done as it is
  3  nobody took the request in time: it did not run, and may be sent again
  4  Redis cannot be reached, or refuses
  5  no answer in time, and a server may have run the request

What is printed to a terminal is made for eyes. Elsewhere a table is lines of values
between tabs, without a heading, and nothing is cut off. With --json everything is
JSON, errors included; those go to standard error, one line each.";

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default())
    .placeholder(styling::AnsiColor::White.on_default().dimmed());

/// Call services over Redis, and look after them.
#[derive(Debug, Parser)]
#[command(name = "redisrpc", version, after_help = EXAMPLES, styles = STYLES)]
#[command(disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) connection: Connection,

    /// Print JSON, for programs
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,

    /// When to use colours; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Output", hide_short_help = true)]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Call(Call),
    Ls(Ls),
    Describe(Describe),
    Ping(Ping),
    Top(Top),
    Peek(Peek),
    Dead(Dead),
    Bench(Bench),
    /// Tell servers to take no more requests, and to go on living
    Quiet(Orders),
    /// Tell quiet servers to take requests again
    Resume(Orders),
    /// Tell servers to answer what they have taken, and to end
    Stop(Orders),
    Doctor(Doctor),
    Contract(Contract),
    Stub(Stub),
    Completions(Completions),
    Man(Man),
}
