//! The command in a real terminal: one of tmux, which this looks at as a person
//! would.

use std::{cell::Cell, process::Command};

use redisrpc_test_support::{RedisServer, wait_until};

use crate::{
    fixture::{Concurrent, ConcurrentClient, redis},
    tool::serve_announced,
};

/// A terminal of the test's own, with a shell in it. Dropping it ends it.
struct Terminal {
    /// Its own tmux server.
    name: String,
    /// How many lines were typed.
    lines: Cell<usize>,
}

impl Terminal {
    fn open(redis: &RedisServer, columns: u16, rows: u16) -> Self {
        let url = redis.url();
        let port = url.rsplit(':').next().unwrap();
        let terminal = Self {
            name: format!("redisrpc-{}-{port}", std::process::id()),
            lines: Cell::new(0),
        };
        let size = [columns, rows].map(|it| it.to_string());
        let mut program = Command::new("tmux");
        program.args(["-f", "/dev/null", "-L", &terminal.name, "new-session", "-d"]);
        program.args(["-x", &size[0], "-y", &size[1]]);
        program.arg("env -u NO_COLOR PS1='$ ' bash --norc --noprofile");
        program
            .env("REDIS_URL", redis.url())
            .env("LC_ALL", "C.UTF-8");
        let opened = program
            .status()
            .expect("tmux is there: tests/run.sh installs it");
        assert!(opened.success());
        terminal.shows(|screen| screen.starts_with('$'));
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        let ended = tmux
            .args(["-L", &self.name])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(ended.stdout).unwrap()
    }

    /// Types a line after a clear screen; `redisrpc` is the program under test.
    fn types(&self, line: &str) {
        let number = self.lines.get() + 1;
        self.lines.set(number);
        let line = line.replace("redisrpc", env!("CARGO_BIN_EXE_redisrpc"));
        // The quotes tell what is typed from what is printed.
        let line = format!("clear; {line}; echo line'' {number} is done");
        self.tmux(&["send-keys", &line, "Enter"]);
    }

    fn presses(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The screen with its colours.
    fn colors(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// Waits until the screen is so.
    fn shows(&self, what: impl Fn(&str) -> bool) -> String {
        let mut screen = String::new();
        let shown = wait_until(|| {
            screen = self.screen();
            what(&screen)
        });
        assert!(shown, "the screen stays so:\n{screen}");
        screen
    }

    /// Waits until the line that was typed last is done; what it printed.
    fn is_ready(&self, what: &str) -> String {
        let done = format!("line {} is done\n", self.lines.get());
        let screen = self.shows(|screen| screen.contains(&done));
        let (printed, _) = screen.split_once(&done).unwrap();
        assert!(printed.contains(what), "no {what}: {printed}");
        printed.to_owned()
    }

    fn becomes(&self, columns: u16, rows: u16) {
        let size = [columns, rows].map(|it| it.to_string());
        self.tmux(&["resize-window", "-x", &size[0], "-y", &size[1]]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_a_heading_and_fits() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Concurrent).await;
    let terminal = Terminal::open(&redis, 140, 24);
    terminal.types("redisrpc ls calc");
    let screen = terminal.is_ready("running");
    let heading = screen.lines().next().unwrap();
    assert!(heading.starts_with("SERVER  "), "{screen}");
    assert!(heading.ends_with(" LIBRARY"), "{screen}");
    terminal.becomes(60, 24);
    terminal.types("redisrpc ls calc");
    let screen = terminal.is_ready("running");
    assert_eq!(screen.lines().count(), 2, "no line is broken: {screen}");
    assert!(!screen.contains("LIBRARY"), "{screen}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_terminals_and_for_those_who_want_them() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Concurrent).await;
    let terminal = Terminal::open(&redis, 100, 24);
    for (command, coloured) in [
        ("redisrpc ls", true),
        ("NO_COLOR=1 redisrpc ls", false),
        ("redisrpc ls --color never", false),
        ("NO_COLOR=1 redisrpc ls --color always", true),
        ("TERM=dumb redisrpc ls", false),
        ("redisrpc ls --json", false),
        ("redisrpc ls | cat", false),
    ] {
        terminal.types(command);
        terminal.is_ready("calc");
        let line = terminal
            .colors()
            .lines()
            .find(|it| it.contains("calc"))
            .unwrap()
            .to_owned();
        // The sixth colour, in the form that is for palettes of any size.
        assert_eq!(line.contains("[38;5;6m"), coloured, "{command}: {line:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn top_is_live_fits_its_terminal_and_leaves_it_as_it_was() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Concurrent).await;
    let terminal = Terminal::open(&redis, 100, 24);
    terminal.types("echo before; redisrpc top --interval 100ms");
    terminal.shows(|screen| screen.contains("1 queue, 1 server") && screen.contains("q quits"));
    let client = ConcurrentClient::new(&broker, "calc");
    client.add(1, 2).await.unwrap();
    terminal.shows(|screen| screen.contains("  add "));
    let _: u64 = redis.ask("RPUSH redisrpc:{calc}:dead junk");
    terminal.becomes(50, 5);
    let screen = terminal.shows(|screen| !screen.contains("P50") && screen.contains("WAITING"));
    assert!(
        screen.lines().all(|line| line.chars().count() <= 50),
        "{screen}"
    );
    terminal.presses("q");
    let screen = terminal.is_ready("before");
    assert!(!screen.contains("WAITING"), "{screen}");
    // The shell is itself again: what is typed is seen.
    terminal.presses("xyz");
    terminal.shows(|screen| screen.contains("$ xyz"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bench_shows_how_far_it_is_and_ends_on_ctrl_c() {
    let (redis, broker) = redis().await;
    let server = serve_announced(&redis, &broker, "calc", Concurrent).await;
    let terminal = Terminal::open(&redis, 100, 24);
    terminal.types("redisrpc bench calc add 1 2 --seconds 600");
    terminal.shows(|screen| screen.contains("calls/s") && screen.contains('%'));
    terminal.presses("C-c");
    terminal.is_ready("latency  p50 ");
    terminal.types("redisrpc bench calc add 1 2 --seconds 1");
    terminal.shows(|screen| screen.contains('%') && !screen.contains("is done"));
    let screen = terminal.is_ready("latency  p50 ");
    assert!(!screen.contains('%'), "the bar is gone: {screen}");
    server.stop().await;
}

#[test]
fn somebody_is_asked_before_letters_are_deleted() {
    let redis = RedisServer::start();
    let _: u64 = redis.ask("LPUSH redisrpc:{calc}:dead junk");
    let terminal = Terminal::open(&redis, 100, 24);
    terminal.types("redisrpc dead purge calc all");
    terminal.shows(|screen| screen.contains("delete 1 dead letter for good? [y/N]"));
    terminal.presses("Enter");
    terminal.is_ready("nothing was deleted");
    assert_eq!(redis.ask::<u64>("LLEN redisrpc:{calc}:dead"), 1);
    terminal.types("redisrpc dead purge calc all");
    // Not the one from before.
    terminal.shows(|screen| screen.contains("[y/N]") && !screen.contains("is done"));
    terminal.presses("y");
    terminal.presses("Enter");
    terminal.is_ready("deleted 1");
    assert_eq!(redis.ask::<u64>("LLEN redisrpc:{calc}:dead"), 0);
}
