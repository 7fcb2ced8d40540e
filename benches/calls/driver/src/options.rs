//! The command line of every contender.

use std::{env, process, time::Duration};

use tokio::runtime::{Builder, Runtime};

/// Which end of the calls a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Server,
    Client,
    /// A client whose calls all wait.
    Pending,
}

/// What a process is told on its command line.
#[derive(Debug, Clone)]
pub struct Options {
    pub role: Role,
    /// Where the broker is, or the server itself.
    pub url: String,
    /// Worker threads; 0 is a runtime on the thread that starts it.
    pub workers: usize,
    /// Tasks that call, each one call at a time.
    pub in_flight: usize,
    /// Bytes of the argument: up to 8 a number, above a text.
    pub payload: usize,
    /// Items of each stream; 0 for calls that are answered at once.
    pub items: u32,
    pub warm_up: Duration,
    pub seconds: Duration,
    /// A contender's own choice between its ways to do it.
    pub variant: String,
}

impl Options {
    /// Those of this process.
    #[must_use]
    pub fn from_command_line() -> Self {
        Self::read(env::args().skip(1)).unwrap_or_else(|why| {
            eprintln!("{why}");
            process::exit(2)
        })
    }

    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let role = match words.next().as_deref() {
            Some("server") => Role::Server,
            Some("client") => Role::Client,
            Some("pending") => Role::Pending,
            _ => return Err("say `server URL`, `client URL` or `pending URL`".to_owned()),
        };
        let mut options = Self {
            role,
            url: words.next().ok_or("a URL is missing")?,
            workers: 0,
            in_flight: 1,
            payload: 8,
            items: 0,
            warm_up: Duration::from_millis(500),
            seconds: Duration::from_secs(2),
            variant: String::new(),
        };
        while let Some(option) = words.next() {
            let value = words.next().ok_or(format!("{option} has no value"))?;
            options.set(&option, &value)?;
        }
        Ok(options)
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), String> {
        match option {
            "--runtime" => self.workers = workers(value)?,
            "--in-flight" => self.in_flight = number(value)? as usize,
            "--payload" => self.payload = number(value)? as usize,
            "--items" => self.items = number(value)? as u32,
            "--warm-up" => self.warm_up = Duration::from_secs_f64(number(value)?),
            "--seconds" => self.seconds = Duration::from_secs_f64(number(value)?),
            "--variant" => value.clone_into(&mut self.variant),
            _ => return Err(format!("{option} is not known")),
        }
        Ok(())
    }

    pub(crate) fn runtime(&self) -> Runtime {
        let mut builder = match self.workers {
            0 => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        builder
            .worker_threads(self.workers.max(1))
            .enable_all()
            .build()
            .expect("a runtime can be built")
    }
}

fn workers(value: &str) -> Result<usize, String> {
    match value.strip_prefix("mt") {
        Some(count) => Ok(number(count)? as usize),
        None if value == "ct" => Ok(0),
        None => Err(format!("{value} is no runtime: ct, mt2")),
    }
}

fn number(value: &str) -> Result<f64, String> {
    let number: Option<f64> = value.parse().ok();
    number
        .filter(|number| *number >= 0.0)
        .ok_or(format!("{value} is no number"))
}
