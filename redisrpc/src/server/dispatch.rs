//! One request: read, checked, run, answered.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt as _;

use super::{
    Options,
    respond::{ReplyTo, Responder},
};
use crate::{
    deadline::RedisTime,
    error::{Fault, FaultCode},
    service::{self, Service},
    transport::{List, Transport},
    wire::{
        names,
        reply::Reply,
        request::{Malformed, Request},
    },
};

/// How long ago Redis' time may have been asked for a request to be dropped by it.
const CLOCK_TRUSTED: Duration = Duration::from_secs(1);

/// What running a request needs, shared by all requests of a server.
pub(super) struct Dispatcher<S: Service> {
    pub(super) cell: Arc<S::Cell>,
    pub(super) queue: List,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) options: Options,
    pub(super) responder: Responder,
}

impl<S: Service> Dispatcher<S> {
    /// Runs the request and answers it, whatever happens: also when this future is
    /// dropped half-way.
    pub(super) async fn run(&self, payload: Bytes) {
        let Some(request) = self.read(&payload) else {
            return;
        };
        // By the time that it is now: others may have run since it was taken.
        if has_expired(&*self.transport, &request).await {
            // Its caller has given up, and was told that it may not have run.
            tracing::debug!(method = request.method(), "dropped an expired request");
            return;
        }
        let mut answer = Answer {
            responder: &self.responder,
            to: ReplyTo::of(&request),
        };
        // In a block, so that making the future is part of what may panic.
        let ran = AssertUnwindSafe(async {
            if !service::may_have(request.method()) {
                return service::method_not_found(&request, S::DESCRIPTOR);
            }
            S::dispatch(&self.cell, &request).await
        });
        let dispatched = match ran.catch_unwind().await {
            Ok(dispatched) => dispatched,
            Err(panic) => Err(panicked(&request, &*panic)),
        };
        match dispatched {
            Ok(reply) => answer.send(reply),
            Err(fault) => answer.fault(&fault),
        }
    }

    /// The request in this payload. One that is none is answered if it can be.
    fn read<'a>(&self, payload: &'a Bytes) -> Option<Request<'a>> {
        let request = Request::read(payload)
            .map_err(|malformed| self.refuse(&malformed))
            .ok()?;
        if let Some(list) = self.foreign_list(&request) {
            let list = brief(list);
            tracing::warn!(queue = %self.queue, list, "dropped a request whose reply list is not its queue's");
            return None;
        }
        let (size, largest) = (payload.len(), self.options.max_request_bytes);
        if size > largest {
            let why = format!("the request has {size} bytes, more than the {largest} accepted");
            tracing::warn!(queue = %self.queue, why, "refused a request");
            if let Some(to) = ReplyTo::of(&request) {
                let fault = Fault::new(FaultCode::InvalidRequest, why);
                self.responder.send(to, Reply::fault(to.id, &fault));
            }
            return None;
        }
        Some(request)
    }

    /// The list to reply on that is none of this queue's, if there is one.
    fn foreign_list<'a>(&self, request: &'a Request<'_>) -> Option<&'a str> {
        let own = &*request.response_queue;
        let inbox = request.context.as_ref().map(|context| &*context.inbox);
        // The own queue of a native call is its inbox with a number.
        let own = match inbox {
            Some(inbox) if names::is_own_queue(inbox, own) => None,
            _ => Some(own),
        };
        let mut lists = [inbox, own].into_iter().flatten();
        lists.find(|list| !names::is_reply_list(&self.queue, list))
    }

    fn refuse(&self, malformed: &Malformed) {
        let why = brief(&malformed.why);
        tracing::warn!(queue = %self.queue, why, "a message is not a request");
        if let Some(list) = &malformed.response_queue
            && names::is_reply_list(&self.queue, list)
        {
            let fault = Fault::new(FaultCode::InvalidRequest, &*malformed.why);
            self.responder
                .send(ReplyTo::old(list), Reply::fault(None, &fault));
        }
    }
}

fn is_past(request: &Request<'_>, now: RedisTime) -> bool {
    let context = request.context.as_ref();
    let deadline = context.and_then(|context| context.deadline());
    deadline.is_some_and(|deadline| deadline < now)
}

/// Whether the request's deadline is past. Not without having asked Redis for
/// its time just now: a clock that was set back would otherwise expire all.
async fn has_expired(transport: &dyn Transport, request: &Request<'_>) -> bool {
    let clock = transport.clock();
    if !is_past(request, clock.now()) {
        return false;
    }
    if !clock.is_fresh(CLOCK_TRUSTED) {
        // One that cannot be reached now is believed as it was known last.
        let _ = transport.ask_time().await;
    }
    is_past(request, clock.now())
}

/// What a stranger wrote, fit for a log: short, and on one line.
fn brief(text: &str) -> String {
    let mut brief: String = text
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(200).is_some() {
        brief.push('…');
    }
    brief
}

/// A request taken from the queue that has not begun to run. If it is dropped so,
/// because the server was stopped, its caller is told that it did not run.
pub(super) struct Taken<S: Service> {
    dispatcher: Arc<Dispatcher<S>>,
    payload: Option<Bytes>,
}

impl<S: Service> Taken<S> {
    pub(super) fn new(dispatcher: Arc<Dispatcher<S>>, payload: Bytes) -> Self {
        Self {
            dispatcher,
            payload: Some(payload),
        }
    }

    pub(super) async fn run(mut self) {
        if let Some(payload) = self.payload.take() {
            self.dispatcher.run(payload).await;
        }
    }
}

impl<S: Service> Drop for Taken<S> {
    fn drop(&mut self) {
        let Some(payload) = self.payload.take() else {
            return;
        };
        let request = self.dispatcher.read(&payload);
        let mut answer = Answer {
            responder: &self.dispatcher.responder,
            to: request.as_ref().and_then(ReplyTo::of),
        };
        answer.fault(&Fault::new(
            FaultCode::ShuttingDown,
            "the server was stopped before it ran the call",
        ));
    }
}

/// The answer a request is owed. If it is dropped unsent, because the server was
/// stopped while the method ran, the caller is told so.
struct Answer<'a> {
    responder: &'a Responder,
    /// `None` when nobody waits, or once it is sent.
    to: Option<ReplyTo<'a>>,
}

impl Answer<'_> {
    fn send(&mut self, reply: Reply) {
        if let Some(to) = self.to.take() {
            self.responder.send(to, reply);
        }
    }

    fn fault(&mut self, fault: &Fault) {
        if let Some(to) = self.to.take() {
            let reply = Reply::fault(to.id, fault);
            self.responder.send(to, reply);
        }
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if self.to.is_some() {
            self.fault(&Fault::new(
                FaultCode::Interrupted,
                "the server was stopped while it ran the call",
            ));
        }
    }
}

fn panicked(request: &Request<'_>, panic: &(dyn Any + Send)) -> Fault {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let method = request.method();
    tracing::error!(method, panic = text, "a method panicked");
    Fault::new(
        FaultCode::Panic,
        match text {
            Some(text) => format!("`{method}` panicked: {text}"),
            None => format!("`{method}` panicked"),
        },
    )
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::{deadline::Clock, transport::memory::Memory};

    const HOUR: Duration = Duration::from_secs(3600);

    /// Whether a request with this deadline has expired on a server that believes
    /// Redis' clock to be an hour ahead, and learned so just now or long ago.
    async fn expired(deadline: RedisTime, just_now: bool) -> bool {
        let broker = Memory::named("an-hour-ahead");
        let ahead = broker.clock().now().after(HOUR);
        broker.clock().learn(ahead, Instant::now());
        if !just_now {
            broker.clock().grow_old();
        }
        let request = format!(
            r#"{{"function_call":{{"name":"add"}},"response_queue":"calc:rpc:X",
                "context":{{"v":1,"id":1,"inbox":"calc:rpc:X","deadline":{}}}}}"#,
            deadline.0
        );
        let request = Request::read(request.as_bytes()).unwrap();
        has_expired(&*broker, &request).await
    }

    #[tokio::test]
    async fn a_request_expires_by_no_clock_that_was_read_long_ago() {
        let now = Clock::new().now();
        let soon = now.after(Duration::from_secs(60));
        assert!(expired(soon, true).await);
        assert!(!expired(soon, false).await, "it is asked first");
        assert!(expired(RedisTime(now.0 - 1000), false).await);
    }
}
