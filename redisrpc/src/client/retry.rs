//! Making calls again that failed with what will pass.

use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    call::Reply,
    outgoing::{LONGEST_TIMEOUT, Outgoing},
};
use crate::{
    error::{Error, Fault, FaultCode, Refusal, Timeout},
    metering,
    wire::reply::{self, Answer},
};

/// How often, and how fast, calls are made again that failed with what will pass.
///
/// Made again is a call that certainly did not run, because there was too much to do
/// ([`Error::is_overloaded`]), the server was stopping, Redis had no room for it, or
/// no server took it within an [attempt's time](Self::attempt_timeout); and, if it is
/// [idempotent](macro@crate::service), also one that was interrupted, or whose
/// attempt's time was up. Never made again is a call that the service itself answered:
/// with an error of its own, an exception, or that there is no such method or argument.
///
/// All attempts share the call's one deadline. When it would pass before the next one,
/// the call ends at once with what was wrong with the last; but if an earlier attempt
/// may have run and the last did not, with what was wrong with that, so that
/// [`may_have_run`](Error::may_have_run) holds for the call as a whole.
///
/// ```
/// # struct Plain;
/// # #[redisrpc::service]
/// # impl Plain { #[rpc(idempotent)] pub fn one(&self) -> u32 { 1 } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// # let broker = redisrpc::Broker::connect("memory://retry-example").await?;
/// # tokio::spawn(redisrpc::Server::new(&broker, "plain", Plain).run());
/// use std::time::Duration;
///
/// use redisrpc::{Client, Retry};
///
/// let retry = Retry::new(4)
///     .backoff(Duration::from_millis(100), Duration::from_secs(2))
///     .attempt_timeout(Duration::from_secs(1));
/// let client = Client::new(&broker, "plain").retry(retry);
/// let plain = PlainClient::from(client);
/// assert_eq!(plain.one().await?, 1);
/// assert_eq!(plain.one().retry(Retry::new(1)).await?, 1); // this one only once
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a `Retry` does nothing until a client or a call is given it"]
pub struct Retry {
    attempts: u32,
    first: Duration,
    longest: Duration,
    attempt_timeout: Option<Duration>,
}

impl Retry {
    /// At most so many attempts, the first included: with 1, or 0, none is made again.
    pub fn new(attempts: u32) -> Self {
        Self {
            attempts: attempts.max(1),
            first: Duration::from_millis(50),
            longest: Duration::from_secs(2),
            attempt_timeout: None,
        }
    }

    /// How long to wait before the second attempt, doubling from then on up to the
    /// longest wait. Default 50 ms and 2 s. Of each a random part is left out, up to a
    /// half, so that calls that failed together do not return together.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// Longest time one attempt may take. Default: what is left of the call's.
    ///
    /// A request that no server has taken by then is withdrawn, and the call made
    /// again; one that a server has only if it is idempotent. Of no meaning to calls
    /// whose reply nobody waits for.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Longest time one attempt at this call may take.
    fn timeout_of(&self, request: &Outgoing) -> Duration {
        let timeout = self.attempt_timeout.filter(|_| !request.oneway);
        timeout.unwrap_or(LONGEST_TIMEOUT)
    }

    /// How long to wait after so many attempts; `random` is of 0 to 65535.
    fn wait(&self, attempts: u32, random: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempts - 1).unwrap_or(u32::MAX);
        let full = self.first.saturating_mul(doubled).min(self.longest);
        full / 2 + (full / 2).mul_f64(f64::from(random) / 65536.0)
    }
}

/// Makes a call until it is answered, or fails for good.
pub(super) async fn run(mut request: Outgoing) -> Result<Reply, Error> {
    let retry = request.retry.take();
    let retry = retry.map_or_else(|| Retry::new(1), |retry| (*retry).clone());
    let timeout = request.timeout.min(LONGEST_TIMEOUT);
    let deadline = Instant::now() + timeout;
    let left = || deadline.saturating_duration_since(Instant::now());
    let made = |request: &Outgoing| {
        let mut made = request.clone();
        made.timeout = retry.timeout_of(request).min(left());
        made
    };
    let mut may_have_run = None;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let attempted = attempt(made(&request)).await;
        #[cfg(feature = "msgpack")]
        let attempted = match attempted {
            Ok(reply) if request.is_packed() && cannot_read_packed(&reply) => {
                request.queue.saw_packed_refused(Instant::now());
                request.unpack();
                attempt(made(&request)).await
            }
            attempted => attempted,
        };
        let error = match attempted {
            Ok(reply) => match fault_of(&reply) {
                Some(fault) => Error::Fault(fault),
                None => return Ok((reply, request.method)),
            },
            Err(error) => error,
        };
        let wait = retry.wait(attempts, getrandom::u32().unwrap_or(u32::MAX / 2) >> 16);
        let left = left();
        let last = attempts >= retry.attempts || wait >= left;
        if last || !will_pass(&error, request.idempotent) {
            let error = whole(error, may_have_run);
            return Err(if left.is_zero() {
                after(error, timeout)
            } else {
                error
            });
        }
        let (queue, method) = (&request.queue.name, &*request.method);
        metering::retried(queue, method);
        tracing::debug!(%queue, method, attempts, %error, ?wait, "a call is to be made again");
        if error.may_have_run() {
            may_have_run = Some(error);
        }
        request.engine.sleep(wait).await;
    }
}

async fn attempt(request: Outgoing) -> Result<Bytes, Error> {
    request.check_served().await?;
    let mut request = Some(request);
    let mut in_flight = None;
    poll_fn(move |cx| {
        if let Some(request) = request.take() {
            in_flight = Some(request.send(cx.waker())?);
            return Poll::Pending;
        }
        match &mut in_flight {
            Some(call) => call.poll(cx),
            None => Poll::Ready(Err(Error::Closed)),
        }
    })
    .await
}

/// Whether this answers a packed request that its server could not read: it is an old one,
/// or has no method of the name that stands for those.
#[cfg(feature = "msgpack")]
fn cannot_read_packed(reply: &[u8]) -> bool {
    let unknown = |fault: Fault| fault.code() == FaultCode::MethodNotFound;
    reply::reply_id(reply).is_none() || fault_of(reply).is_some_and(unknown)
}

/// The fault in this reply, unless it is the service's own error.
fn fault_of(reply: &[u8]) -> Option<Fault> {
    // Nothing is the reply to a call whose reply nobody waits for.
    if reply.is_empty() || reply::plain_value(reply).is_some() {
        return None;
    }
    #[cfg(feature = "msgpack")]
    if reply::packed_value(reply).is_some() {
        return None;
    }
    match Answer::read(reply) {
        Ok(Answer::Fault(fault)) => Some(fault).filter(|it| it.code() != FaultCode::ServiceError),
        _ => None,
    }
}

/// Whether the call may be made again: it did not run, or may run twice, and what was
/// wrong is not wrong for ever.
fn will_pass(error: &Error, idempotent: bool) -> bool {
    let passing = match error {
        Error::Overloaded(_) | Error::Unserved(_) | Error::Timeout(_) => true,
        Error::Fault(fault) => match fault.code() {
            FaultCode::Overloaded | FaultCode::ShuttingDown => true,
            // Servers that died running it may have died of it: they say how many.
            FaultCode::Interrupted => fault.data().is_none(),
            _ => false,
        },
        // One that could not be sent and was not refused waits in the outbox.
        Error::Transport(error) => error.may_have_been_sent() || error.refusal() != Refusal::None,
        Error::Mismatch(_)
        | Error::Encode(_)
        | Error::Decode(_)
        | Error::Invalid(_)
        | Error::Layer(_)
        | Error::Closed => false,
    };
    passing && (idempotent || !error.may_have_run())
}

/// What went wrong with the call as a whole.
fn whole(last: Error, may_have_run: Option<Error>) -> Error {
    match may_have_run {
        Some(earlier) if !last.may_have_run() => earlier,
        _ => last,
    }
}

/// A call whose time is up says how long all of it took, not its last attempt.
fn after(error: Error, after: Duration) -> Error {
    match error {
        Error::Timeout(timeout) => Error::Timeout(Timeout { after, ..timeout }),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Bound, Overloaded, Started, TransportError};

    #[test]
    fn waits_double_up_to_the_longest_and_leave_out_up_to_a_half() {
        let millis = Duration::from_millis;
        let retry = Retry::new(9).backoff(millis(100), millis(1000));
        let waits = [1, 2, 3, 4, 5, 40].map(|attempts| retry.wait(attempts, 0));
        assert_eq!(waits, [50, 100, 200, 400, 500, 500].map(millis));
        let longest = retry.wait(1, 65_535);
        assert!(longest < millis(100) && longest > millis(99), "{longest:?}");
        let endless = Retry::new(2).backoff(Duration::MAX, Duration::MAX);
        assert!(endless.wait(2, 65_535) > Duration::MAX / 2);
    }

    fn timeout(started: Started) -> Error {
        Error::Timeout(Timeout {
            method: "add".to_owned(),
            queue: "calc".to_owned(),
            after: Duration::from_millis(1),
            started,
        })
    }

    fn fault(code: FaultCode) -> Error {
        Error::Fault(Fault::new(code, ""))
    }

    #[test]
    fn what_did_not_run_is_made_again_and_what_may_have_only_if_it_is_idempotent() {
        let overloaded = Error::Overloaded(Overloaded {
            method: "add".to_owned(),
            queue: "calc".to_owned(),
            bound: Bound::InFlight,
            most: 1,
            found: 2,
        });
        let refused =
            |refusal| Error::Transport(TransportError::refused("write a request", refusal, "OOM"));
        let lost = Error::Transport(TransportError::unknown("write a request", "reset"));
        for (error, always, if_idempotent) in [
            (overloaded, true, true),
            (timeout(Started::No), true, true),
            (timeout(Started::Unknown), false, true),
            (fault(FaultCode::Overloaded), true, true),
            (fault(FaultCode::ShuttingDown), true, true),
            (fault(FaultCode::Interrupted), false, true),
            (fault(FaultCode::MethodNotFound), false, false),
            (fault(FaultCode::InvalidArguments), false, false),
            (fault(FaultCode::Panic), false, false),
            (fault(FaultCode::Exception), false, false),
            (refused(Refusal::Overloaded), true, true),
            (refused(Refusal::None), false, false),
            (lost, false, true),
            (Error::Closed, false, false),
        ] {
            let made_again = [false, true].map(|idempotent| will_pass(&error, idempotent));
            assert_eq!(made_again, [always, if_idempotent], "{error:?}");
        }
    }

    #[test]
    fn a_call_of_which_servers_died_is_not_made_again() {
        let reply =
            br#"{"id":1,"exception":"lost","error":{"code":"interrupted","data":{"runs":3}}}"#;
        let fault = fault_of(reply).unwrap();
        assert_eq!(fault.code(), FaultCode::Interrupted);
        assert!(!will_pass(&Error::Fault(fault), true));
    }

    #[test]
    fn the_services_own_error_is_no_failure_of_the_call() {
        let own = br#"{"id":1,"exception":"no","error":{"code":"service_error","data":1}}"#;
        assert_eq!(fault_of(own), None);
        assert_eq!(fault_of(br#"{"id":1,"return_value":1}"#), None);
        assert_eq!(fault_of(b""), None);
    }

    #[test]
    fn an_attempt_that_may_have_run_is_not_hidden_by_one_that_did_not() {
        let may_have_run = || Some(timeout(Started::Unknown));
        let hidden = whole(fault(FaultCode::Overloaded), may_have_run());
        assert_eq!(Some(hidden), may_have_run());
        let last = fault(FaultCode::Interrupted);
        assert_eq!(whole(last.clone(), may_have_run()), last);
        assert_eq!(whole(last.clone(), None), last);
    }
}
