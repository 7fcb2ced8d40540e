//! `redisrpc completions` and `redisrpc man`

use std::io;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{args::Arguments, failure::Failure, output::Output};

const COMPLETIONS: &str = "\
Examples:
  redisrpc completions bash > ~/.local/share/bash-completion/completions/redisrpc
  redisrpc completions zsh > ~/.zfunc/_redisrpc
  redisrpc completions fish > ~/.config/fish/completions/redisrpc.fish";

/// Print what makes a shell complete this command
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub(crate) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut Arguments::command(),
            "redisrpc",
            &mut script,
        );
        output.line(String::from_utf8_lossy(&script).trim_end())
    }
}

const MAN: &str = "\
Examples:
  redisrpc man | man -l -
  redisrpc man > ~/.local/share/man/man1/redisrpc.1";

/// Print the manual page, all commands in one
#[derive(Debug, Args)]
#[command(after_help = MAN)]
pub(crate) struct Man {}

impl Man {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut command = Arguments::command().disable_help_flag(true);
        command.build();
        let mut page = Vec::new();
        written(clap_mangen::Man::new(command.clone()).render(&mut page))?;
        for subcommand in command.get_subcommands() {
            let name = format!("redisrpc {}", subcommand.get_name());
            let man = clap_mangen::Man::new(subcommand.clone());
            page.extend_from_slice(format!(".SH \"{}\"\n", name.to_uppercase()).as_bytes());
            written(man.render_synopsis_section(&mut page))?;
            written(man.render_description_section(&mut page))?;
            written(man.render_options_section(&mut page))?;
        }
        output.line(String::from_utf8_lossy(&page).trim_end())
    }
}

fn written(written: io::Result<()>) -> Result<(), Failure> {
    written.map_err(|error| Failure::problem(error.to_string()))
}
