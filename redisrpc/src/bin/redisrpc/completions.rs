//! `redisrpc completions` and `redisrpc man`

use std::io;

use clap::{Args, Command, CommandFactory as _};
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
        // What is not in the short help, clap_mangen names and does not explain.
        let command = command.mut_args(|it| it.hide_short_help(false));
        let mut page = Vec::new();
        let man = clap_mangen::Man::new(command.clone());
        written(man.render_title(&mut page))?;
        written(man.render_name_section(&mut page))?;
        written(man.render_synopsis_section(&mut page))?;
        written(man.render_description_section(&mut page))?;
        written(man.render_options_section(&mut page))?;
        written(man.render_extra_section(&mut page))?;
        add_commands(&command, "redisrpc", &mut page)?;
        let page = String::from_utf8_lossy(&page).replace("EXTRA", "NOTES");
        output.line(page.trim_end())
    }
}

/// Adds a section for each command below this one.
fn add_commands(of: &Command, path: &str, page: &mut Vec<u8>) -> Result<(), Failure> {
    for command in of.get_subcommands() {
        let name = format!("{path} {}", command.get_name());
        // Options that all have are told once.
        let own = command.clone().mut_args(|it| {
            let is_global = it.is_global_set();
            it.hide(is_global)
        });
        let man = clap_mangen::Man::new(own);
        page.extend_from_slice(format!(".SH \"{}\"\n", name.to_uppercase()).as_bytes());
        let mut section = Vec::new();
        written(man.render_synopsis_section(&mut section))?;
        written(man.render_description_section(&mut section))?;
        written(man.render_options_section(&mut section))?;
        written(man.render_extra_section(&mut section))?;
        // Sections of the page's own become parts of this one.
        let section = String::from_utf8_lossy(&section).replace(".SH ", ".SS ");
        page.extend_from_slice(section.as_bytes());
        add_commands(command, &name, page)?;
    }
    Ok(())
}

fn written(written: io::Result<()>) -> Result<(), Failure> {
    written.map_err(|error| Failure::problem(error.to_string()))
}
