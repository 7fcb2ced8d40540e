//! Programs run by tests: examples, and peers in other languages.

use std::{
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use redisrpc_test_support::wait_until;

/// A running program. Dropping it kills it.
pub struct Process {
    child: Child,
    out: Output,
    err: Output,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// `None` when a signal killed it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A command without the variables that examples and peers read.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove("REDIS_URL").env_remove("QUEUE");
    command
}

/// Runs a program that may take its time, such as a compiler.
pub fn finished(command: &mut Command) -> Ended {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    Ended {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
        Self {
            out: Output::of(child.stdout.take().expect("it is piped")),
            err: Output::of(child.stderr.take().expect("it is piped")),
            child,
        }
    }

    /// Waits until it has printed this line.
    pub fn prints(self, line: &str) -> Self {
        let printed = wait_until(|| self.out.so_far().lines().any(|said| said == line));
        let (out, err) = (self.out.so_far(), self.err.so_far());
        assert!(printed, "no {line:?} in {out:?}; it complained: {err:?}");
        self
    }

    /// Sends it a signal: `TERM`, `INT`.
    pub fn signal(&self, signal: &str) {
        // The shell's own `kill`: a bare machine may have no other.
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success(), "{kill}");
    }

    /// Waits until it has ended by itself.
    pub fn ends(mut self) -> Ended {
        let mut status = None;
        let ended = wait_until(|| {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let (out, err) = (self.out.so_far(), self.err.so_far());
        assert!(ended, "it does not end; it said {out:?} and {err:?}");
        Ended {
            code: status.and_then(|status| status.code()),
            out: self.out.whole(),
            err: self.err.whole(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program prints, read as it comes so that it never blocks.
struct Output {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Output {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&text);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                let mut text = written.lock().unwrap_or_else(PoisonError::into_inner);
                text.extend_from_slice(&buffer[..read]);
            }
        });
        Self {
            text,
            reader: Some(reader),
        }
    }

    fn so_far(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// All of it, once the program has ended.
    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("reading does not panic");
        }
        self.so_far()
    }
}

/// Debian's own, for which Debian's packages are installed, where there is one.
pub fn python() -> &'static str {
    let debians = "/usr/bin/python3";
    if Path::new(debians).exists() {
        debians
    } else {
        "python3"
    }
}
