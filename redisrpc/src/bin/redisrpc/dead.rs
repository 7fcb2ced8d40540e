//! `redisrpc dead`

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use clap::{Args, Subcommand};
use redisrpc::__private::admin::{self, Admin};

use crate::{
    failure::Failure,
    output::{Paint, count},
    redis::{ask, command, integer, messages, millis},
    request::Request,
    table::{Cell, Column, Table},
    time,
    tool::Tool,
};

const HELP: &str = "\
A request that ended three servers, one after the other, is a dead letter: its caller was
told, and it is kept to be looked at, the last 1,000 of each queue. Letters are numbered
from the oldest, which is 1; new ones change no number, and taking one away moves those
after it.

Examples:
  redisrpc dead ls calc
  redisrpc dead show calc 1
  redisrpc dead retry calc 1
  redisrpc dead purge calc all --yes";

/// Look after requests that ended the servers that ran them
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Dead {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them
    Ls {
        /// The queue
        queue: String,
    },
    /// Show them whole
    Show(Letters),
    /// Put them back at the end of the queue. Their callers are gone: nobody is told
    /// what comes of it
    Retry(Letters),
    /// Delete them
    Purge {
        #[command(flatten)]
        letters: Letters,

        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Some letters of a queue.
#[derive(Debug, Args)]
struct Letters {
    /// The queue
    queue: String,

    /// Their numbers, or `all`
    #[arg(required = true, value_name = "N|all")]
    which: Vec<Which>,
}

#[derive(Debug, Clone, Copy)]
enum Which {
    All,
    Number(usize),
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("all", _) => Ok(Self::All),
            (_, Ok(number @ 1..)) => Ok(Self::Number(number)),
            _ => Err("write a number from 1 on, or `all`".to_owned()),
        }
    }
}

/// The dead letters of a queue, the oldest first.
struct Office {
    admin: Admin,
    queue: String,
    letters: Vec<Vec<u8>>,
    now: u64,
}

impl Dead {
    pub(crate) async fn run(self, tool: &Tool<'_>) -> Result<(), Failure> {
        match self.what {
            What::Ls { queue } => Office::open(queue, tool).await?.list(tool),
            What::Show(letters) => {
                let office = Office::open(letters.queue, tool).await?;
                for (_, letter) in office.pick(&letters.which)? {
                    tool.output.raw_json(&String::from_utf8_lossy(letter))?;
                }
                Ok(())
            }
            What::Retry(letters) => {
                let office = Office::open(letters.queue, tool).await?;
                office.retry(&office.pick(&letters.which)?, tool).await
            }
            What::Purge { letters, yes } => {
                let office = Office::open(letters.queue, tool).await?;
                let picked = office.pick(&letters.which)?;
                match yes || picked.is_empty() || confirmed(picked.len())? {
                    true => office.purge(&picked, tool).await,
                    false => Err(Failure::problem("nothing was deleted")),
                }
            }
        }
    }
}

impl Office {
    async fn open(queue: String, tool: &Tool<'_>) -> Result<Self, Failure> {
        let admin = tool.admin_of(&queue).await?;
        let commands = [
            command(["TIME"]),
            command(["LRANGE", &admin::dead(&queue), "0", "-1"]),
        ];
        let mut replies = ask(&admin, &queue, &commands).await?.into_iter();
        let now = replies.next().map_or(0, millis);
        // The newest is the first in Redis.
        let mut letters = replies.next().map(messages).unwrap_or_default();
        letters.reverse();
        Ok(Self {
            admin,
            queue,
            letters,
            now,
        })
    }

    fn list(&self, tool: &Tool<'_>) -> Result<(), Failure> {
        let requests: Vec<_> = self.letters.iter().map(|it| Request::read(it)).collect();
        if tool.output.is_json() {
            let all: Vec<_> = requests.iter().map(|it| it.json(self.now)).collect();
            return tool.output.value(&all);
        }
        if requests.is_empty() {
            tool.output
                .remark(&format!("`{}` has no dead letters", self.queue));
            return Ok(());
        }
        let mut table = Table::new([
            Column::number("N"),
            Column::number("SENT"),
            Column::text("METHOD"),
            Column::long("ARGUMENTS"),
            Column::text("CALLER").optional(),
        ]);
        let letters = tool.output.letters(200);
        for (number, request) in (1_usize..).zip(&requests) {
            let sent = request
                .age(self.now)
                .map(|age| format!("{} ago", time::long(age)));
            table.row([
                Cell::new(number),
                Cell::new(sent.unwrap_or_else(|| "-".to_owned())),
                Cell::painted(Paint::Name, request.method()),
                Cell::new(request.arguments(letters)),
                Cell::painted(Paint::Faint, request.caller()),
            ]);
        }
        table.print(tool.output)
    }

    /// The letters of these numbers, each once.
    fn pick(&self, which: &[Which]) -> Result<Vec<(usize, &[u8])>, Failure> {
        let mut picked = vec![false; self.letters.len()];
        for which in which {
            match which {
                Which::All => picked.fill(true),
                Which::Number(number) => match picked.get_mut(number - 1) {
                    Some(picked) => *picked = true,
                    None => return Err(self.no_such(*number)),
                },
            }
        }
        let numbered = (1..).zip(&self.letters).zip(picked);
        let picked = numbered.filter(|(_, picked)| *picked);
        Ok(picked
            .map(|((number, letter), _)| (number, &**letter))
            .collect())
    }

    fn no_such(&self, number: usize) -> Failure {
        let (queue, there) = (&self.queue, self.letters.len());
        Failure::usage(format!(
            "`{queue}` has no dead letter {number}: there are {there}; `redisrpc dead ls {queue}` lists them"
        ))
    }

    async fn retry(&self, letters: &[(usize, &[u8])], tool: &Tool<'_>) -> Result<(), Failure> {
        /// Puts a letter into the queue, if it is still there to be taken.
        const RETRY: &str = "if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[2])
return 1";
        let dead = admin::dead(&self.queue);
        for (number, letter) in letters {
            let request = Request::read(letter);
            let renewed = request.renewed(self.now).ok_or_else(|| {
                Failure::problem(format!(
                    "letter {number} cannot be retried: it is no request; `redisrpc dead show {} {number}` shows it",
                    self.queue
                ))
            })?;
            let words: [&[u8]; 7] = [
                b"EVAL",
                RETRY.as_bytes(),
                b"2",
                dead.as_bytes(),
                self.queue.as_bytes(),
                letter,
                &renewed,
            ];
            let replies = ask(&self.admin, &self.queue, &[command(words)]).await?;
            let call = format!("{}({})", request.method(), request.arguments(60));
            match replies.first().map(integer) {
                Some(1) => tool.output.remark(&format!("{call} is queued again")),
                _ => tool
                    .output
                    .remark(&format!("{call} was taken by somebody else meanwhile")),
            }
        }
        if !letters.is_empty() {
            tool.output
                .remark("nobody waits for the answers: look at what the calls do");
        }
        Ok(())
    }

    async fn purge(&self, letters: &[(usize, &[u8])], tool: &Tool<'_>) -> Result<(), Failure> {
        let dead = admin::dead(&self.queue);
        let commands = letters.iter().map(|(_, letter)| {
            let words: [&[u8]; 4] = [b"LREM", dead.as_bytes(), b"-1", letter];
            command(words)
        });
        let commands: Vec<_> = commands.collect();
        let replies = ask(&self.admin, &self.queue, &commands).await?;
        let deleted: u64 = replies.iter().map(integer).sum();
        tool.output.remark(&format!("deleted {deleted}"));
        Ok(())
    }
}

/// Asks whether to go on.
fn confirmed(letters: usize) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "nobody can be asked here; say --yes to delete",
        ));
    }
    // The answer tells whether it was seen.
    let _ = write!(
        io::stderr(),
        "delete {} for good? [y/N] ",
        count(letters, "dead letter")
    );
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}
