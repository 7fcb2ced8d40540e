//! How the command ends when it does not go well.

use std::{error::Error as _, fmt, process::ExitCode};

use redisrpc::{Error, Fault};
use serde_json::value::RawValue;

/// Exit codes; `--help` explains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was said and done: nobody reads on.
    Quiet = 0,
    Problem = 1,
    Usage = 2,
    NotRun = 3,
    Broker = 4,
    MayHaveRun = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What went wrong, in one line that says what to do, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) text: String,
    /// What a server answered, if it was one.
    pub(crate) fault: Option<Box<Fault>>,
    /// Whether Redis is there, and will not.
    pub(crate) refused: bool,
}

impl Failure {
    fn new(exit: Exit, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            exit,
            text,
            fault: None,
            refused: false,
        }
    }

    /// It cannot be done as it was asked for.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// Something is not as it should be.
    pub(crate) fn problem(text: impl Into<String>) -> Self {
        Self::new(Exit::Problem, text)
    }

    /// Nobody is there to do it.
    pub(crate) fn not_run(text: impl Into<String>) -> Self {
        Self::new(Exit::NotRun, text)
    }

    /// Redis refused, with this code and text.
    pub(crate) fn refused(code: &str, text: &str) -> Self {
        let hint = match code {
            "NOPERM" => "; have an administrator allow it (ACL SETUSER), or log in as another user",
            "NOAUTH" | "WRONGPASS" => "; give user and password in the address",
            _ => "",
        };
        let text = format!("Redis refuses: {code} {text}{hint}");
        Self {
            refused: true,
            ..Self::new(Exit::Broker, text)
        }
    }

    /// Nothing is to be said.
    pub(crate) fn quiet() -> Self {
        Self::new(Exit::Quiet, "")
    }

    /// The failure as JSON, for `--json`.
    pub(crate) fn json(&self) -> String {
        let code = match (&self.fault, self.exit) {
            (Some(fault), _) => fault.code().as_str(),
            (None, Exit::Usage) => "usage",
            (None, Exit::NotRun) => "not_run",
            (None, Exit::MayHaveRun) => "timeout",
            (None, Exit::Broker) => "broker",
            (None, Exit::Quiet | Exit::Problem) => "problem",
        };
        let may_have_run = match &self.fault {
            Some(fault) => fault.may_have_run(),
            None => self.exit == Exit::MayHaveRun,
        };
        let data = self.fault.as_ref().and_then(|fault| fault.data());
        let data = data.and_then(|data| serde_json::from_str::<&RawValue>(data).ok());
        let mut error = serde_json::json!({
            "code": code,
            "message": self.text,
            "may_have_run": may_have_run,
        });
        if let Some(fault) = &self.fault {
            error["message"] = fault.message().into();
        }
        let error = error.to_string();
        match data {
            Some(data) => format!(
                "{{\"error\":{},\"data\":{data}}}}}",
                &error[..error.len() - 1]
            ),
            None => format!("{{\"error\":{error}}}"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::Timeout(timeout) if timeout.may_have_run() => Exit::MayHaveRun,
            Error::Timeout(_) | Error::Overloaded(_) | Error::Unserved(_) => Exit::NotRun,
            Error::Fault(_) | Error::Decode(_) => Exit::Problem,
            Error::Transport(_) | Error::Closed => Exit::Broker,
            _ => Exit::Usage,
        };
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Some errors show their cause themselves.
            let cause_text = cause.to_string();
            if !text.ends_with(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        if let Error::Fault(fault) = &error {
            text = of_fault(fault);
        }
        text.push_str(what_to_do(&error));
        let fault = error.fault().cloned().map(Box::new);
        Self {
            fault,
            ..Self::new(exit, in_our_terms(text))
        }
    }
}

fn what_to_do(error: &Error) -> &'static str {
    match error {
        Error::Transport(error) if !error.may_have_been_sent() => {
            "; --url or REDIS_URL says where Redis is"
        }
        Error::Timeout(timeout) if !timeout.may_have_run() => {
            "; `redisrpc ls` shows which queues are served"
        }
        _ => "",
    }
}

fn of_fault(fault: &Fault) -> String {
    match fault.data().filter(|data| *data != "null") {
        Some(data) => format!("{} ({}, data {data})", fault.message(), fault.code()),
        None => format!("{} ({})", fault.message(), fault.code()),
    }
}

/// The library names functions; here there are options.
fn in_our_terms(text: String) -> String {
    [
        ("leaving out `fail_unserved`", "leaving out --fail-unserved"),
        (
            "`Broker::builder(…).ca_certificate(pem)`",
            "--ca-certificate",
        ),
        ("`Broker::builder(…).ca_certificate(…)`", "--ca-certificate"),
        (
            "`Broker::builder(…).client_certificate(certificate, key)`",
            "--client-certificate and --client-key",
        ),
    ]
    .iter()
    .fold(text, |text, (function, option)| {
        text.replace(function, option)
    })
}

#[cfg(test)]
mod tests {
    use redisrpc::FaultCode;

    use super::*;

    #[test]
    fn a_fault_is_shown_with_its_code_and_its_data_is_json() {
        let failure = Failure::from(Error::Fault(Fault::new(FaultCode::Panic, "it \"broke\"")));
        assert_eq!(failure.text, "it \"broke\" (panic)");
        assert_eq!(
            failure.json(),
            r#"{"error":{"code":"panic","may_have_run":true,"message":"it \"broke\""}}"#
        );
    }
}
